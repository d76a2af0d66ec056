"""What a row of a check-in means: its lists, its rhythm, when a round of it closes."""

import json
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.context import Scope
from bot.domain import checkin
from bot.domain.recurring import Recurrence
from bot.domain.workdays import in_land
from bot.store.tables import CheckIn


def as_list(values: Iterable[str]) -> str:
    """A list as it is stored."""
    return json.dumps(list(values), ensure_ascii=False)


def people_of(check_in: CheckIn) -> list[str]:
    """The people of a check-in put to a list (Matrix IDs)."""
    return [str(each) for each in json.loads(check_in.people)]


def phases_of(check_in: CheckIn) -> list[str]:
    """The phases of projects that it is limited to; none: all that are asked about."""
    return [str(each) for each in json.loads(check_in.phases)]


def questions_of(check_in: CheckIn) -> list[str]:
    """Its own questions; none: those of the template."""
    return [str(each) for each in json.loads(check_in.questions)]


def rhythm(check_in: CheckIn) -> Recurrence:
    """When it is put."""
    return Recurrence(check_in.rule, datetime.fromisoformat(check_in.first), check_in.zone)


def closes(check_in: CheckIn, at: datetime, scope: Scope) -> datetime:
    """When a round put at `at` (UTC) closes (UTC). Holidays are those of the network's Land."""
    works = in_land(scope.land_of(check_in.network_id))
    return checkin.deadline(at, check_in.deadline_days, ZoneInfo(check_in.zone), works)


def nudges(check_in: CheckIn, at: datetime, scope: Scope) -> datetime | None:
    """When those who have not answered a round put at `at` (UTC) are reminded (UTC)."""
    deadline, land = closes(check_in, at, scope), scope.land_of(check_in.network_id)
    return checkin.nudge(at, deadline, check_in.nudge_days, ZoneInfo(check_in.zone), land)

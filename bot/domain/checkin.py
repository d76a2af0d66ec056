"""Check-ins (Rückfragen): whom a recurring question is put to, when it is due, and how one of its rounds stands.

Nobody is waited for: a round ends at its deadline, whoever has answered by then. People are asked and reminded in their
working time, so spans are working days, and all times are those of the day (local) on which they fall.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.domain.project import Phase
from bot.domain.workdays import Works, in_land, is_weekday, working_day_from, working_days_after, working_days_before

DEADLINE_AT = time(18, 0)
NO_NUDGE = -1  # days
SELDOM = timedelta(days=28)  # „at most once a month“, on the same weekday
ASKED_ABOUT = frozenset({None, Phase.FUTURE, Phase.PLANNED, Phase.RUNNING})


class Whom(StrEnum):
    """Who is asked."""

    OWNERS = "owners"  # of projects, of those in certain phases, of a group's
    EVERYWHERE = "everywhere"  # owners of projects in any room of the network
    ACTIVE = "active"  # the Aktive of a group
    TASKS = "tasks"  # who is responsible for open tasks
    LIST = "list"


class State(StrEnum):
    """Whether it is put."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Place(StrEnum):
    """Where it is put."""

    ROOM = "room"
    DIRECT = "direct"


class Skipped(StrEnum):
    """Why somebody was not asked in a round."""

    AWAY = "away"
    LEFT = "left"


def deadline(at: datetime, days: int, zone: ZoneInfo, works: Works) -> datetime:
    """When a round put at `at` (UTC) closes (UTC): at 18:00 on the `days`-th working day after it.

    0 is the same day, or the next working day after a day off. `works` says whether a local day is a working day.
    """
    asked = at.astimezone(zone).date()
    day = working_days_after(asked, days, works) if days else working_day_from(asked, works)
    return datetime.combine(day, DEADLINE_AT, zone).astimezone(UTC)


def nudge(at: datetime, closes: datetime, days: int, zone: ZoneInfo, state: str | None) -> datetime | None:
    """When those are reminded who have not answered (UTC): `days` working days before the deadline, 0 on its day.

    At the time of day at which people were asked. None if that would not be between the question and the deadline: who
    was asked just now is not reminded. `state` is the Land („BW“) whose holidays count.
    """
    if days == NO_NUDGE:
        return None
    day = working_days_before(closes.astimezone(zone).date(), days, in_land(state))
    found = datetime.combine(day, at.astimezone(zone).time(), zone).astimezone(UTC)
    return found if at < found < closes else None


def nudge_for(days: int) -> int:
    """How many working days before the deadline people are reminded where nobody set it, for a deadline of `days`."""
    return min(1, days - 1)  # -1 is `NO_NUDGE`: on the same day nobody is


def overlaps(times: Iterable[datetime], days: int, zone: ZoneInfo) -> bool:
    """Whether a deadline of so many working days would come after the next of these times (UTC, in order).

    Public holidays are left out of account: what they put off is no reason to refuse a rhythm for the whole year.
    """
    return any(deadline(at, days, zone, is_weekday) > following for at, following in pairwise(times))


def is_still_worth(at: datetime, closes: datetime, now: datetime) -> bool:
    """Whether a question missed at `at` is put late: less than half of the time to its deadline must be gone (UTC)."""
    return now - at < (closes - at) / 2


def is_asked_about(phase: str | None, last: datetime | None, at: datetime, zone: ZoneInfo) -> bool:
    """Whether a project is asked about at `at` (UTC): a Zukunftsprojekt once in four weeks, a finished one never.

    `last` is when it last was (UTC). Days count, not hours: clocks are changed in between.
    """
    if phase not in ASKED_ABOUT:
        return False
    if phase != Phase.FUTURE or last is None:
        return True
    return at.astimezone(zone).date() - last.astimezone(zone).date() >= SELDOM

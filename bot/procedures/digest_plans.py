"""When a digest comes: of a room, or of the network to everybody in a role.

A room where nobody set anything has its digest on Mondays at 8:00 in its own zone, without a row. Whoever sets that
expressly gets a row: what was missed before it is not made up for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.context import Scope
from bot.domain.digest import Audience, is_too_late, weekly
from bot.domain.recurring import MONDAY_MORNING, Recurrence
from bot.store import digests, rooms
from bot.store.tables import DigestPlan, Room

MONDAY = 0
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timing:
    """When a digest comes: by which rule (None: not at all) and when next (UTC). `usual`: nobody set anything else."""

    recurrence: Recurrence | None
    next_at: datetime | None
    usual: bool = False


def recurrence_of(plan: DigestPlan) -> Recurrence | None:
    """The rule of a plan; None where none comes."""
    return Recurrence(plan.rule, datetime.fromisoformat(plan.first), plan.zone) if plan.rule else None


def of_room(room: Room, scope: Scope) -> Timing:
    """When the digest of a room comes."""
    plan = digests.of_room(scope.session, room.room_id)
    if plan is not None:
        return Timing(recurrence_of(plan), plan.next_at)
    usual = weekly(scope.zone_of(room.room_id))
    return Timing(usual, usual.next(scope.now), usual=True)


def of_audience(network_id: int, audience: Audience, scope: Scope) -> Timing:
    """When a network's digest for everybody in a role comes."""
    plan = digests.of_audience(scope.session, network_id, audience)
    return Timing(recurrence_of(plan), plan.next_at) if plan else Timing(None, None, usual=True)


def set_room(room: Room, recurrence: Recurrence | None, by: str, scope: Scope) -> Timing:
    """From now on the digest of a room comes then; None: never, unless somebody asks for it."""
    plan = digests.of_room(scope.session, room.room_id)
    plan = plan or DigestPlan(
        network_id=room.network_id or 0, room_id=room.room_id, created_by=by, created_at=scope.now
    )
    return _set(plan, recurrence, by, scope)


def set_audience(network_id: int, audience: Audience, recurrence: Recurrence, by: str, scope: Scope) -> Timing:
    """From now on everybody in a role gets the network's digest then."""
    plan = digests.of_audience(scope.session, network_id, audience)
    plan = plan or DigestPlan(network_id=network_id, audience=audience, created_by=by, created_at=scope.now)
    return _set(plan, recurrence, by, scope)


def end_audience(network_id: int, audience: Audience, scope: Scope) -> bool:
    """There is no such digest any more; False if there was none."""
    plan = digests.of_audience(scope.session, network_id, audience)
    if plan is not None:
        digests.remove(scope.session, plan)
    return plan is not None


def _set(plan: DigestPlan, recurrence: Recurrence | None, by: str, scope: Scope) -> Timing:
    plan.created_by = by
    plan.rule = recurrence.rule if recurrence else None
    plan.first = recurrence.first.isoformat() if recurrence else ""
    plan.zone = recurrence.zone if recurrence else ""
    plan.next_at = recurrence.next(scope.now) if recurrence else None
    digests.save(scope.session, plan)
    return Timing(recurrence, plan.next_at)


def latest(plan: DigestPlan, scope: Scope) -> datetime:
    """The last time up to now (UTC) that a plan which is due was to be carried out: of several missed ones the last."""
    assert plan.next_at is not None  # noqa: S101 - it is due
    recurrence = recurrence_of(plan)
    found = recurrence.latest(scope.now) if recurrence else None
    return max(found, plan.next_at) if found else plan.next_at


def advance(plan: DigestPlan, at: datetime, scope: Scope) -> bool:
    """Wait for the next time; whether the one at `at` (UTC) is still to be carried out."""
    recurrence = recurrence_of(plan)
    plan.next_at = recurrence.next(scope.now) if recurrence else None
    digests.save(scope.session, plan)
    return not is_too_late(at, scope.now)


def usual_ones_due(scope: Scope) -> Iterator[tuple[str, datetime]]:
    """The rooms without a plan whose digest is due, each with the time it was due at (UTC)."""
    own = digests.zones(scope.session) if _may_be_due(scope) else set()
    for zone in (None, *sorted(own)):
        at = MONDAY_MORNING.latest(scope.now, ZoneInfo(zone) if zone else scope.house.zone)
        if not is_too_late(at, scope.now):
            for room_id in digests.awaited(scope.session, zone, at):
                yield room_id, at


def _may_be_due(scope: Scope) -> bool:
    """Whether it is Monday to Thursday somewhere on earth: else nobody need be asked which zones there are."""
    return scope.now.astimezone(ZoneInfo("UTC")).weekday() not in (4, 5)


def rooms_that_day(network_id: int, at: datetime, scope: Scope) -> set[str]:
    """The rooms of a network in which a digest stands, or will, on the local day of `at` (UTC)."""
    zone = scope.network_zone(network_id)
    day = at.astimezone(zone).date()
    plans = digests.plans_of_rooms(scope.session, network_id)
    return {
        room.room_id
        for room in rooms.groups_of_network(scope.session, network_id)
        if _comes(plans.get(room.room_id), day, zone)
        or (room.last_digest_at is not None and room.last_digest_at.astimezone(zone).date() == day)
    }


def falls_on(network_id: int, audience: Audience, at: datetime, scope: Scope) -> bool:
    """Whether a network's digest for a role comes on the local day of `at` (UTC)."""
    zone = scope.network_zone(network_id)
    plan = digests.of_audience(scope.session, network_id, audience)
    return plan is not None and _comes(plan, at.astimezone(zone).date(), zone)


def _comes(plan: DigestPlan | None, day: date, zone: ZoneInfo) -> bool:
    if plan is None:
        return day.weekday() == MONDAY
    recurrence = recurrence_of(plan)
    if recurrence is None:
        return False
    begins = datetime.combine(day, time(), zone).astimezone(ZoneInfo("UTC"))
    found = recurrence.next(begins - timedelta(seconds=1))
    return found is not None and found.astimezone(zone).date() == day


def joined(room_id: str, scope: Scope) -> Room | None:
    """The room, if we are in it."""
    room = rooms.find(scope.session, room_id)
    return room if room is not None and room.joined else None

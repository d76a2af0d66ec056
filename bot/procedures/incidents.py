"""How the bot is, put on record and told: to the room for that, or to each coordinator alone.

Each trouble has one message when it begins and one when it is over; what nobody could be told while it lasted has one.
Record and message are one transaction, and the message's key is the record's ID.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bot.context import Scope
from bot.domain.health import TOLD_AFTERWARDS, Signs, Step, Trouble, next_change
from bot.effects import Direct, Effect, Say
from bot.procedures import standing, underway
from bot.store import backlog, incidents, rooms
from bot.store.outbox import FOR_OPERATORS
from bot.store.tables import Incident
from bot.texts import Text, text
from bot.vitals import Vitals

NAMED = 3
"""So many rooms with parked posts are named in a message."""

MayKnow = Callable[[int | None], bool]
"""Whether a reader may know of this network's rooms."""
Said = Callable[[MayKnow], Text]
"""What is said to a reader."""


def signs(vitals: Vitals, folder: Path | None, scope: Scope) -> Signs:
    """How it is now. `folder` is where the database lies, if that is on a disk of ours."""
    oldest, count = backlog.unsent(scope.session, scope.house.us.partition(":")[2])
    return replace(
        bare_signs(vitals, folder, scope.now),
        oldest_unsent=oldest,
        unsent=count,
        oldest_untold=backlog.oldest_untold(scope.session),
    )


def bare_signs(vitals: Vitals, folder: Path | None, now: datetime) -> Signs:
    """The same without what the database says."""
    space = _space(folder) if folder else None
    return Signs(
        now=now,
        reachable_since=vitals.homeserver.answering_since,
        homeserver=vitals.homeserver.away,
        database=vitals.database.away,
        skew=vitals.skew,
        space=space[0] if space else None,
        free=space[1] if space else None,
    )


def _space(folder: Path) -> tuple[int, int] | None:
    """The whole and what is free, in bytes; None if the system does not tell."""
    try:
        total, _, free = shutil.disk_usage(folder)
    except OSError:
        return None
    return total, free


def is_due(trouble: Trouble, found: Signs, scope: Scope) -> bool:
    """Whether something of this kind is to be put on record."""
    last = incidents.latest(scope.session, trouble)
    return next_change(trouble, found, incidents.known(last)) is not None


def recorded(trouble: Trouble, found: Signs, room_id: str | None, scope: Scope) -> tuple[Effect, ...]:
    """Put on record what has changed, and tell it: in that room if we are in it, else to each coordinator alone."""
    effects: list[Effect] = []
    incident = incidents.latest(scope.session, trouble)
    for _ in Step:  # what was over before we could look begins and calms down in one go
        change = next_change(trouble, found, incidents.known(incident))
        if change is None:
            break
        if change.step is Step.BEGINS:
            incident = incidents.begin(scope.session, trouble, change.at)
        assert incident is not None  # noqa: S101 - only what began goes on
        said = _taken(change.step, change.at, trouble, incident, found, scope)
        if said is not None:
            incident.told_at = scope.now
            effects += _told(f"{FOR_OPERATORS}{incident.id}/{change.step}", said, room_id, scope)
    return tuple(effects)


def _taken(step: Step, at: datetime, trouble: Trouble, incident: Incident, found: Signs, scope: Scope) -> Said | None:
    """Put a step on record; what is to be said of it."""
    match step:
        case Step.BEGINS if trouble is Trouble.PARKED:
            incident.ended_at = scope.now
            return _parked(scope)
        case Step.BEGINS if trouble not in TOLD_AFTERWARDS:
            begun = _beginning(trouble, incident, found, scope)
            return lambda _: begun
        case Step.CALMS:
            incident.calm_since = at
        case Step.RELAPSES:
            incident.calm_since = None
        case Step.ENDS:
            incident.ended_at = at
            ended = _end(trouble, incident)
            return lambda _: ended
    return None


def _beginning(trouble: Trouble, incident: Incident, found: Signs, scope: Scope) -> Text:
    if trouble is Trouble.CLOCK:
        skew = found.skew.total_seconds() if found.skew else 0.0
        return text("health.clock", seconds=round(abs(skew)), fast=skew > 0)
    if trouble is Trouble.DISK:
        return text("health.disk", megabytes=(found.free or 0) // 1_000_000)
    return text("health.unsent", since=incident.began_at, count=found.unsent, left=underway.left(scope))


def _end(trouble: Trouble, incident: Incident) -> Text:
    since, over = incident.began_at, incident.ended_at
    match trouble:
        case Trouble.HOMESERVER:
            return text("health.unfollowed", since=since, over=over)
        case Trouble.DATABASE:
            return text("health.unwritten", since=since, over=over)
        case Trouble.CLOCK:
            return text("health.clock_over", since=since, over=over)
        case Trouble.DISK:
            return text("health.disk_over", since=since, over=over)
        case _:
            return text("health.unsent_over", since=since, over=over)


def _parked(scope: Scope) -> Said:
    """How many, and where: rooms by their names, people not at all."""
    found = backlog.take_untold(scope.session)
    known = [rooms.find(scope.session, room_id) for room_id, _ in found if room_id is not None]

    def said(may_know: MayKnow) -> Text:
        names = [room.name for room in known if room and room.name and may_know(room.network_id)]
        count = sum(count for _, count in found)
        return text("health.parked", count=count, names=names[:NAMED], more=len(found) > len(names[:NAMED]))

    return said


def _told(key: str, said: Said, room_id: str | None, scope: Scope) -> list[Effect]:
    """Nothing of one network reaches another."""
    room = rooms.find(scope.session, room_id) if room_id else None
    if room is not None and room.joined:
        return [Say(room_id=room.room_id, key=key, text=said(lambda network_id: network_id == room.network_id))]

    def to(person: str) -> Direct:
        def coordinates(network_id: int | None) -> bool:
            return network_id is not None and person in standing.coordinators(network_id, scope)

        return Direct(person=person, key=f"{key}/{person}", text=said(coordinates))

    return [to(person) for person in scope.house.coordinators]

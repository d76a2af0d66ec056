"""People sign up for a workshop's fields of action (Freiburg 2019): Aktive drive one, Interessierte follow it.

A field that nobody drives is named as long as that is so. Until a field becomes a group, who signed up is kept with
the field; from then on they take part in the group.
"""

import re
from collections.abc import Sequence
from typing import Final

from bot.context import Context, Scope
from bot.domain.groups import Part
from bot.effects import Edit, Effect, OpenRoom, Say
from bot.errors import UserError
from bot.events import Event, Reaction, Redacted
from bot.language.ballot_signs import number_of
from bot.language.names import fold
from bot.procedures import grouping, participation, standing
from bot.procedures.clustering import Field, called, field_called, fields, group_of
from bot.procedures.groups import open_room
from bot.store import groups, meetings, moves, outbox, participations, workshops
from bot.store.tables import Cluster, Group, Meeting
from bot.texts import Text, text

SIGN_UP: Final = re.compile(r"workshop/(?P<meeting>\d+)/fields/(?P<kind>active|follower)(?:/in .+)?")


def offer(meeting: Meeting, scope: Scope) -> tuple[Effect, ...]:
    """The two messages to sign up with, for Aktive and for Interessierte; once, and again in a room that came after.

    Raises UserError without any field.
    """
    found, _ = fields(meeting, scope)
    if not found:
        raise UserError("clustering.no_fields", meeting=meeting, prefix=scope.house.prefix)
    return tuple(
        Say(room_id=meeting.room_id, key=_unused(meeting, part, scope), text=_offer(meeting, found, part, scope))
        for part in (Part.ACTIVE, Part.FOLLOWER)
    )


def is_offered(meeting: Meeting, scope: Scope) -> bool:
    """Whether people can sign up by reaction, in the room where the meeting's group is now."""
    return any(_standing(meeting, Part.ACTIVE, scope))


def on_event(event: Event, scope: Scope) -> tuple[Effect, ...] | None:
    """A reaction on a message to sign up with, or one that is taken back; None for all else."""
    match event:
        case Reaction():
            return _tapped(event, scope)
        case Redacted():
            row = workshops.signed_up_by(scope.session, event.target, event.sender)
            if row is None:
                return None
            cluster = workshops.cluster(scope.session, row.cluster_id)
            return take_back(cluster, event.sender, event.event_id, scope)[1]
    return None


def _tapped(event: Reaction, scope: Scope) -> tuple[Effect, ...] | None:
    found = SIGN_UP.fullmatch(outbox.key_of(scope.session, event.target) or "")
    if found is None:
        return None
    meeting = meetings.by_id(scope.session, int(found["meeting"]))
    number = number_of(event.key)
    cluster = next((one for one in workshops.clusters(scope.session, meeting.id or 0) if one.number == number), None)
    if (
        cluster is None
        or meeting.cancelled_at is not None
        or event.room_id != meeting.room_id
        or event.sender in standing.guests(meeting.room_id, meeting.network_id, scope)
    ):
        return ()
    return enter(cluster, event.sender, Part(found["kind"]), event.event_id, scope)[1]


def enter(
    cluster: Cluster, person: str, part: Part, event_id: str, scope: Scope
) -> tuple[Part | None, tuple[Effect, ...]]:
    """Somebody signs up for a field; what they had said before, and what is to be done.

    Once the field is a group they take part in that at once.
    """
    driven = _is_driven(cluster, scope)
    before = workshops.sign_up(scope.session, cluster.id or 0, person, part, event_id, scope.now)
    group = group_of(cluster, scope)
    if group is not None:
        return before, _take_part(group, person, part, scope)
    return before, _if_changed(cluster, driven, event_id, scope)


def take_back(cluster: Cluster, person: str, event_id: str, scope: Scope) -> tuple[bool, tuple[Effect, ...]]:
    """Somebody wants neither any more; False if they did not before. A group that it became is left."""
    driven = _is_driven(cluster, scope)
    was_in = workshops.sign_off(scope.session, cluster.id or 0, person)
    group = group_of(cluster, scope)
    row = participations.current(scope.session, group.id or 0, person) if group else None
    if group is not None and row is not None:
        return was_in, participation.leave(group, row, person, scope)
    return was_in, _if_changed(cluster, driven, event_id, scope)


def named(name: str, ctx: Context) -> Cluster | None:
    """The field of action of this name that is no group yet; None where a group is called so."""
    if groups.by_folded(ctx.session, ctx.network_id, fold(name)) is not None:
        return None
    return called(name, [cluster for cluster, _ in workshops.open_clusters(ctx.session, ctx.network_id)])


def found_group(meeting: Meeting, name: str, ctx: Context) -> tuple[Field, OpenRoom | None, tuple[Effect, ...]]:
    """Let a field become a working group, or join the one that is called so; who signed up takes part in it.

    Raises UserError for a field that is not known, or that is a group already.
    """
    field = field_called(meeting, name, ctx)
    group = groups.by_folded(ctx.session, ctx.network_id, fold(field.cluster.name))
    opening = None
    if group is None:
        group = grouping.create(
            grouping.free_name(field.cluster.name, ctx), ctx, topic=None, language=ctx.room.language
        )
        opening = open_room(group, ctx)
    field.cluster.group_id = group.id
    effects = [
        effect
        for part, people in ((Part.FOLLOWER, field.followers), (Part.ACTIVE, field.active))
        for person in people
        for effect in _take_part(group, person, part, ctx)
    ]
    shown = Field(field.cluster, field.results, field.active, field.followers, group)
    return (
        shown,
        opening,
        (*((opening,) if opening else ()), *effects, *shown_again(meeting, ctx.message.event_id, ctx)),
    )


def _take_part(group: Group, person: str, part: Part, scope: Scope) -> tuple[Effect, ...]:
    if part is Part.ACTIVE:
        return participation.join(group, person, person, scope).effects
    return participation.follow(group, person, None, person, scope).effects


def _is_driven(cluster: Cluster, scope: Scope) -> bool:
    """Whether anybody wants to drive a field."""
    return bool(workshops.signed_up(scope.session, [cluster.id or 0])[cluster.id or 0][Part.ACTIVE])


def _if_changed(cluster: Cluster, driven: bool, cause: str, scope: Scope) -> tuple[Effect, ...]:
    """The message names the fields that nobody drives: it is edited where one comes or goes, not for each reaction."""
    if _is_driven(cluster, scope) == driven:
        return ()
    return shown_again(meetings.by_id(scope.session, cluster.meeting_id), cause, scope, (Part.ACTIVE,))


def _key(meeting: Meeting, part: Part) -> str:
    return f"workshop/{meeting.id}/fields/{part}"


def _unused(meeting: Meeting, part: Part, scope: Scope) -> str:
    return moves.unused(scope.session, _key(meeting, part), meeting.room_id, scope.house.us)


def _standing(meeting: Meeting, part: Part, scope: Scope) -> tuple[str | None, bool]:
    """The key of the message in the meeting's room, which may not be the one it was first posted in.

    None if it is not ours, and whether it is another account's then: people may still tap on it, nobody can edit it.
    """
    return moves.own(scope.session, _key(meeting, part), meeting.room_id, scope.house.us)


def shown_again(meeting: Meeting, cause: str, scope: Scope, parts: Sequence[Part] = tuple(Part)) -> tuple[Effect, ...]:
    """Put the messages right, where they were posted. `cause` is the event that has changed something."""
    room_id, effects = meeting.room_id, list[Effect]()
    for part in parts:
        ours, is_anothers = _standing(meeting, part, scope)
        if ours is None and not is_anothers:
            continue
        said = _offer(meeting, fields(meeting, scope)[0], part, scope)
        if ours is not None:
            effects.append(Edit(room_id=room_id, key=f"{_key(meeting, part)}/{cause}", of=ours, text=said))
        else:
            effects.append(Say(room_id=room_id, key=_unused(meeting, part, scope), text=said))
    return tuple(effects)


def _offer(meeting: Meeting, found: Sequence[Field], part: Part, scope: Scope) -> Text:
    resting = [field for field in found if not field.active]
    return text(
        "clustering.offer", meeting=meeting, fields=found, part=part, resting=resting, prefix=scope.house.prefix
    )

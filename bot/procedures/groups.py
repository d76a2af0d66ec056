"""The rooms of working groups: opened or tied, who is invited, and the board that stands pinned there."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.context import Scope
from bot.domain.groups import GroupState, Part, state_of
from bot.domain.refusals import obstacle_of
from bot.effects import AGAIN, Decline, Direct, Edit, Effect, Invite, OpenRoom, Pin, Say
from bot.events import Failed, Opened, Power
from bot.language.slugs import slug
from bot.procedures import spaces, standing
from bot.store import groups, moves, networks, participations, rooms
from bot.store.tables import Group, Room
from bot.texts import Text, text

KEY = "group/"
NETWORK_IN_ALIAS = 30  # characters of its name: what follows is the group's


@dataclass(frozen=True, slots=True)
class Overview:
    """A group in a line."""

    group: Group
    state: GroupState
    active: int
    followers: int


def overviews(network_id: int, scope: Scope) -> list[Overview]:
    """A network's living groups by name."""
    counts = groups.counts(scope.session, network_id)
    begun = groups.begun(scope.session, network_id)
    return [_overview(group, counts, begun) for group in groups.of_network(scope.session, network_id)]


def overview(group: Group, scope: Scope) -> Overview:
    """One group."""
    counts = groups.counts(scope.session, group.network_id)
    begun = groups.begun(scope.session, group.network_id, group.room_id) if group.room_id else set[str]()
    return _overview(group, counts, begun)


def _overview(group: Group, counts: dict[int, tuple[int, int]], begun: set[str]) -> Overview:
    active, followers = counts.get(group.id or 0, (0, 0))
    return Overview(group, state_of(active, begun=group.room_id in begun), active, followers)


def key_of(group: Group) -> str:
    """What names the group's room before there is one, and begins the keys of all that is said there."""
    return f"{KEY}{group.token}"


def place_of(group: Group) -> str:
    """Where its work belongs: its room, and what names that before there is one (see `settle`)."""
    return group.room_id or key_of(group)


def _named_by(key: str, scope: Scope) -> Group | None:
    return groups.by_token(scope.session, key.removeprefix(KEY).partition("/")[0]) if key.startswith(KEY) else None


def open_room(group: Group, scope: Scope, *, again: tuple[str, str] | None = None) -> OpenRoom:
    """Open the group's room. `again` is who asks once more after it failed, and the event they ask in."""
    coordinators = standing.coordinators(group.network_id, scope)
    return OpenRoom(
        key=f"{key_of(group)}{AGAIN}{' '.join(again)}" if again else key_of(group),
        name=group.name,
        alias=_alias(group, scope),
        topic=group.topic or "",
        encrypted=scope.house.encrypted,
        powers=dict.fromkeys(coordinators, 100),
    )


def _alias(group: Group, scope: Scope) -> str:
    network = slug(networks.by_id(scope.session, group.network_id).name, otherwise="verbund")
    return f"{network[:NETWORK_IN_ALIAS].rstrip('-')}-{slug(group.name, otherwise='gruppe')}"


def opened(event: Opened, scope: Scope) -> tuple[Effect, ...]:
    """A group's room is there. One that it needs no longer is left again."""
    group = _named_by(event.key, scope)
    if group is None or group.room_id == event.room_id:
        return ()
    if group.ended_at is not None or group.room_id is not None:
        return (Decline(event.room_id, text("groups.not_needed", group=group)),)
    room = Room(
        room_id=event.room_id,
        network_id=group.network_id,
        name=group.name,
        language=group.language,
        invited_by=scope.house.us,
        since=scope.now,
        last_digest_at=scope.now,
    )
    rooms.save(scope.session, room)
    return settle(group, room.room_id, scope)


def settle(group: Group, room_id: str, scope: Scope) -> tuple[Effect, ...]:
    """This room is the group's from now on: a welcome and the board, pinned, and everybody who belongs there."""
    before = () if group.room_id is None else rooms.members(scope.session, group.room_id)
    founder = (group.created_by,) if group.room_id is None or group.created_by in before else ()
    if group.room_id is None:
        groups.move_work(scope.session, group.network_id, place_of(group), room_id)
    group.room_id, group.suspended_at = room_id, None
    welcome, board = _key(group, "welcome", scope), _key(group, "board", scope)
    said = text("groups.welcome", group=group, prefix=scope.house.prefix)
    active = [row.person for row in participations.active(scope.session, group.id or 0)]
    people = (*founder, *groups.invited(scope.session, group.id or 0), *active)
    wanted = _invitations(group, people, scope, "" if welcome == f"{key_of(group)}/welcome" else room_id)
    return (
        Say(room_id=room_id, key=welcome, text=said),
        Say(room_id=room_id, key=board, text=_board(group, scope)),
        Pin(room_id=room_id, key=f"{board}/pin", of=(board, welcome)),
        *board_changed(group, scope),  # back in a room that it had before, where all this stands already
        *spaces.with_room(networks.by_id(scope.session, group.network_id), room_id, scope),
        *(wanted if may_invite(room_id, scope) else _by_hand(group, wanted, scope)),
    )


def pinned(group: Group, scope: Scope) -> tuple[str, ...]:
    """The keys of what is to be pinned in the group's room and stands there: the latest board, the welcome."""
    room_id, found = group.room_id or "", []
    for what in ("board", "welcome"):
        base = f"{key_of(group)}/{what}"
        mine, is_anothers = moves.own(scope.session, base, room_id, scope.house.us)
        found += [mine] if mine else [base] if is_anothers else []
    return tuple(found)


def _key(group: Group, what: str, scope: Scope) -> str:
    """The key of the welcome or board in the room that the group has now; each further room has one of its own."""
    base, room_id, us = f"{key_of(group)}/{what}", group.room_id or "", scope.house.us
    here, _ = moves.own(scope.session, base, room_id, us)
    return here or moves.unused(scope.session, base, room_id, us)


def said_anew(group: Group, scope: Scope) -> tuple[Effect, ...]:
    """Its room has come to us from another account, whose board we cannot edit: it gets one of ours, pinned instead."""
    room_id, base = group.room_id or "", f"{key_of(group)}/board"
    before = moves.all_in(scope.session, base, room_id)
    if not before or group.suspended_at:
        return ()
    board = _key(group, "board", scope)
    without = tuple(key for key in before if key != board)
    pinned = Pin(room_id=room_id, key=f"{board}/pin {scope.now.isoformat()}", of=(board,), without=without)
    if board in before:  # it was with us before
        return (*board_changed(group, scope), pinned)
    return (Say(room_id=room_id, key=board, text=_board(group, scope)), pinned)


def invite(group: Group, people: Iterable[str], by: str, scope: Scope, cause: str) -> tuple[Effect, ...]:
    """Ask people to the group's room, as soon as there is one. `cause` is the event that asks."""
    wanted = list(people)
    for person in wanted:
        groups.note_invitation(scope.session, group, person, by, scope.now)
    return _invitations(group, wanted, scope, cause) if group.room_id and not group.suspended_at else ()


def entered(group: Group, person: str, scope: Scope) -> tuple[Effect, ...]:
    """Somebody has become active: invited to the room, if there is one; one that is being opened invites by itself."""
    return entered_many([(group, (person,))], scope)


def entered_many(entering: Iterable[tuple[Group, Sequence[str]]], scope: Scope) -> tuple[Effect, ...]:
    """The same for many people at once, group by group: who is in a room is asked once."""
    at = scope.now.isoformat()
    return tuple(
        invitation
        for group, people in entering
        if people and group.room_id is not None and group.suspended_at is None
        for invitation in _invitations(group, people, scope, at)
    )


def appointed(room_id: str, person: str, by: str, scope: Scope, cause: str) -> tuple[Effect, ...]:
    """Somebody moderates the group of this room from now on: invited, unless they are there. `cause` is the event."""
    group = groups.of_room(scope.session, room_id)
    if group is None or rooms.is_member(scope.session, room_id, person):
        return ()
    return invite(group, (person,), by, scope, cause)


def may_invite(room_id: str, scope: Scope) -> bool:
    """Whether we have the right to invite people to a room, as far as we know."""
    room = rooms.find(scope.session, room_id)
    return room is None or Power.INVITE not in room.lacks.split(",")


def _by_hand(group: Group, wanted: Sequence[Invite], scope: Scope) -> tuple[Effect, ...]:
    """Where we may not invite: named once and together, to the people there."""
    if not wanted:
        return ()
    room_id, people = group.room_id or "", [invitation.person for invitation in wanted]
    said = text("groups.by_hand", group=group, people=people, prefix=scope.house.prefix)
    return (Say(room_id=room_id, key=f"{key_of(group)}/by hand/{room_id}/{scope.now.isoformat()}", text=said),)


def _invitations(group: Group, people: Iterable[str], scope: Scope, cause: str) -> tuple[Invite, ...]:
    """For those who are not in the room. `cause` tells one invitation of the same person from another.

    Who has had their data erased is invited nowhere: a pseudonym is no address.
    """
    room_id, about = group.room_id or "", f" {cause}" if cause else ""
    there = {*rooms.members(scope.session, room_id), scope.house.us}
    return tuple(
        Invite(room_id=room_id, person=person, key=f"{key_of(group)}/invite/{person}{about}")
        for person in dict.fromkeys(people)
        if ":" in person and person not in there
    )


def board_changed(group: Group, scope: Scope) -> tuple[Effect, ...]:
    """Put the pinned board right, where there is one."""
    if group.room_id is None or group.suspended_at:
        return ()
    board = _key(group, "board", scope)
    if not moves.is_said(scope.session, board):
        return ()  # it is about to be said, as things are now
    shows = _board(group, scope)
    seen = hashlib.sha256(repr(sorted(shows.values.items())).encode()).hexdigest()[:8]
    key = f"{board}/{scope.now.isoformat()}/{seen}"  # two changes may fall into one moment
    return (Edit(room_id=group.room_id, key=key, of=board, text=shows),)


def work_changed(room_id: str, scope: Scope) -> tuple[Effect, ...]:
    """A room has got work or lost some: the first of it, or the last, may change its group's state."""
    group = groups.of_room(scope.session, room_id)
    if group is None or groups.holdings(scope.session, group.network_id, room_id) > 1:
        return ()
    return board_changed(group, scope)


def _board(group: Group, scope: Scope) -> Text:
    if group.ended_at is not None:
        successor = groups.by_id(scope.session, group.merged_into_id) if group.merged_into_id else None
        return text("groups.board_ended", group=group, successor=successor)
    seen = overview(group, scope)
    return text(
        "groups.board",
        group=group,
        state=seen.state,
        active=[row.person for row in participations.active(scope.session, group.id or 0)],
        followers=seen.followers,
        prefix=scope.house.prefix,
    )


def not_opened(event: Failed, scope: Scope) -> tuple[Effect, ...]:
    """A group's room cannot be opened: who asked for it hears why, and how to go on; else the coordinators do."""
    group = _named_by(event.key, scope)
    if group is None or group.room_id is not None or group.ended_at is not None:
        return ()
    asked = event.key.split(" ")
    asker = asked[1] if len(asked) > 1 else group.created_by
    obstacle = obstacle_of(event.problem)
    said = text("groups.not_opened", group=group, obstacle=obstacle, prefix=scope.house.prefix)
    told = _told(asker, group, scope)
    return tuple(_direct(group, person, f"{event.key}/failed/{person}", said) for person in told)


def not_invited(event: Failed, scope: Scope) -> tuple[Effect, ...]:
    """Somebody could not be invited to a group's room: told to who wanted it.

    Where many were invited at once and fail for the same reason, the first of them is told of, and that there may be
    more: one missing right would otherwise be a flood of messages.
    """
    group = _named_by(event.key, scope)
    if group is None or event.person is None or group.ended_at is not None:
        return ()
    cause, obstacle = event.key.partition(" ")[2], obstacle_of(event.problem)
    together = groups.invited_together(scope.session, event.room_id or "", cause)
    values = {"person": event.person, "together": together, "obstacle": obstacle, "prefix": scope.house.prefix}
    said = text("groups.not_invited", group=group, **values)
    about = f"{key_of(group)}/invite/failed/{obstacle}/{cause}"
    told = _inviters(group, event.person, scope)
    return tuple(_direct(group, person, f"{about}/{person}", said) for person in told)


def declined(group: Group, person: str, by: str, scope: Scope) -> tuple[Effect, ...]:
    """Somebody does not follow the invitation, or it was withdrawn `by` somebody else.

    They are no longer one of the Aktive, and the coordinators know. If they were the last, the same message says so.
    """
    asked = groups.invitation(scope.session, group.id or 0, person)
    current = participations.current(scope.session, group.id or 0, person)
    active = current if current is not None and current.kind == Part.ACTIVE else None
    entry = max((row.id or 0 for row in (asked, active) if row is not None), default=None)
    if entry is None:
        return ()  # not invited by us, or heard before
    groups.end_invitation(scope.session, group.id or 0, person, by)
    if active is not None:
        participations.end(scope.session, active, by, scope.now)
    dormant = active is not None and not participations.active(scope.session, group.id or 0)
    if dormant:
        group.dormant_since, group.dormant_told_at = group.dormant_since or scope.now, scope.now
    withdrawn_by = by if by != person else None
    values = {"person": person, "withdrawn_by": withdrawn_by, "dormant": dormant, "prefix": scope.house.prefix}
    said = text("groups.declined", group=group, **values)
    about = f"{key_of(group)}/declined/{person}/{entry}"
    told = [each for each in standing.coordinators(group.network_id, scope) if dormant or each != withdrawn_by]
    return (
        *(_direct(group, coordinator, f"{about}/{coordinator}", said) for coordinator in told),
        *board_changed(group, scope),
    )


def _inviters(group: Group, person: str, scope: Scope) -> Sequence[str]:
    """Who wanted somebody in the room: who invited them, else the coordinators."""
    entry = groups.latest_entry(scope.session, group.id or 0, person)
    invited_by = entry.entered_by if entry is not None and entry.kind == groups.INVITED else None
    return _told(invited_by if invited_by != person else None, group, scope)


def _told(asker: str | None, group: Group, scope: Scope) -> Sequence[str]:
    """Who asked for something; the coordinators where nobody did, or that person's data were erased."""
    if asker is not None and ":" in asker:
        return [asker]
    return standing.coordinators(group.network_id, scope)


def _direct(group: Group, person: str, key: str, said: Text) -> Direct:
    return Direct(person=person, key=key, text=said, network_id=group.network_id, language=group.language)

"""What working groups become: made, renamed, tied to a room, split, merged, ended. Their history stays on record."""

import secrets
from collections.abc import Sequence

from bot.context import Context
from bot.domain.consultation import State
from bot.domain.groups import Part
from bot.effects import Effect, Say, SetState
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.procedures.groups import board_changed, entered, invite, key_of, open_room, place_of, settle
from bot.store import boards, consultations, groups, participations, rooms
from bot.store.tables import Group, Participation
from bot.texts import Text, text

LONGEST_NAME = 100
VERBS_DE = {"neu", "liste", "umbenennen", "einladen", "oeffnen", "verbinden", "teilen", "zusammenlegen", "beenden"}
VERBS_EN = {"new", "list", "rename", "invite", "reopen", "tie", "split", "merge", "end"}
RESERVED = frozenset(VERBS_DE | VERBS_EN)
"""First words that a name may not have: what comes behind `!gruppe` would be read as the verb."""
VOTING = (State.SCHEDULED, State.OPEN, State.CLOSED)


def free_name(words: str, ctx: Context, *mine: Group) -> str:
    """A name that a group may take, in the spelling it will have; `mine` are groups whose names may be used.

    Raises UserError for one that is taken, too long, or would not be understood.
    """
    name = " ".join(words.split())
    if len(name) > LONGEST_NAME:
        raise UserError("inbox.too_long", length=len(name), longest=LONGEST_NAME, what="name")
    first = next(iter(fold(name).split()), "").strip(".,:;!")
    if not any(char.isalnum() for char in name) or first in RESERVED:
        raise UserError("groups.bad_name", name=name)
    taken = groups.by_folded(ctx.session, ctx.network_id, fold(name))
    if taken is not None and taken.id not in {group.id for group in mine}:
        raise UserError("groups.taken", group=taken, prefix=ctx.house.prefix)
    return name


def like(group: Group, ctx: Context) -> str | None:
    """Another living group that may be the same: its name resembles, or it once had this one."""
    former = groups.formerly(ctx.session, ctx.network_id, group.folded or "")
    if former is not None and former.ended_at is None and former.id != group.id:
        return former.name
    others = [other.name for other in groups.of_network(ctx.session, ctx.network_id) if other.id != group.id]
    return next(iter(nearest(group.name, others)), None)


def create(name: str, ctx: Context, *, topic: str | None, language: str | None, origin: Group | None = None) -> Group:
    """A new group without a room. `name` is a free one."""
    group = Group(
        network_id=ctx.network_id,
        name=name,
        folded=fold(name),
        token=secrets.token_hex(8),
        topic=topic,
        language=language,
        created_by=ctx.person,
        created_at=ctx.now,
        origin_id=origin.id if origin else None,
    )
    return groups.add(ctx.session, group)


def change(
    group: Group, ctx: Context, *, name: str | None = None, topic: str | None = None, language: str | None = None
) -> tuple[Effect, ...]:
    """Give a group another name (a free one), topic or language; its room follows."""
    effects: list[Effect] = []
    room = rooms.find(ctx.session, group.room_id) if group.room_id else None
    if name is not None and name != group.name:
        if fold(name) != group.folded:
            groups.remember_name(ctx.session, group, ctx.person, ctx.now)
        group.name, group.folded = name, fold(name)
        if room is not None:
            boards.want(ctx.session, (room.room_id,), ctx.now)
            effects.append(_state(group, room.room_id, "m.room.name", {"name": name}, ctx))
    if topic is not None:
        group.topic = topic
        if room is not None:
            effects.append(_state(group, room.room_id, "m.room.topic", {"topic": topic}, ctx))
    if language is not None:
        group.language = language
        if room is not None:
            room.language = language
    ctx.session.flush()
    return (*effects, *board_changed(group, ctx))


def _state(group: Group, room_id: str, kind: str, content: dict[str, str], ctx: Context) -> SetState:
    key = f"{key_of(group)}/{kind}/{ctx.message.event_id}"
    return SetState(room_id=room_id, key=key, event_type=kind, content=content)


def tie(group: Group, ctx: Context) -> tuple[Effect, ...]:
    """This room is the group's from now on; what it has in another room comes along.

    Raises UserError where the room is another group's, or a vote is under way in the old one.
    """
    taken = groups.of_room(ctx.session, ctx.room.room_id)
    if taken is not None:
        raise UserError("groups.room_taken", group=taken)
    before = None if group.suspended_at else group.room_id
    if group.room_id is not None:
        _require_no_vote(group, ctx)
        groups.move_work(ctx.session, ctx.network_id, group.room_id, ctx.room.room_id)
        boards.want(ctx.session, (group.room_id, ctx.room.room_id), ctx.now)
    ctx.room.language = group.language or ctx.room.language
    effects = settle(group, ctx.room.room_id, ctx)
    return (*effects, *_farewell(group, group, before, ctx))


def _farewell(group: Group, into: Group, room_id: str | None, ctx: Context) -> tuple[Effect, ...]:
    """Say in a room that we are still in where its group goes on."""
    if room_id is None:
        return ()
    said = text("groups.goes_on", group=group, into=into, prefix=ctx.house.prefix)
    return (_say(group, room_id, "goes on", said, ctx),)


def split(group: Group, names: Sequence[str], ctx: Context) -> tuple[list[Group], tuple[Effect, ...]]:
    """Make several groups of one; the new ones, and what is to be done. Its followers follow the new ones, too.

    The old one keeps its name if that is among `names`, else it takes the first. Raises UserError for names that
    cannot be taken, or fewer than two.
    """
    unlike = {fold(name): name for name in names}
    if len(unlike) < 2:
        raise UserError("groups.split_needs_two", group=group, prefix=ctx.house.prefix)
    free = {folded: free_name(name, ctx, group) for folded, name in unlike.items()}
    stays = group.folded if group.folded in free else next(iter(free))
    effects = list(change(group, ctx, name=free.pop(stays)))
    made = [create(name, ctx, topic=None, language=group.language, origin=group) for name in free.values()]
    following = participations.followers(ctx.session, group.id or 0)
    for new in made:
        for row in following:
            _enter(new, row.person, Part.FOLLOWER, row.email, ctx)
        effects.append(open_room(new, ctx))
    if group.room_id is not None and group.room_id != ctx.room.room_id:
        said = text("groups.split", group=group, made=made, prefix=ctx.house.prefix)
        effects.append(_say(group, group.room_id, "split", said, ctx))
    return made, tuple(effects)


def require_mergeable(into: Group, other: Group, ctx: Context) -> None:
    """Raises UserError where the second group cannot go up in the first.

    What went into a room that we are out of would be out of everybody's reach.
    """
    if into.id == other.id:
        raise UserError("groups.merge_itself", group=into)
    if into.suspended_at is not None or (into.room_id is None and other.suspended_at is not None):
        out_of = into if into.suspended_at is not None else other
        turned = into.suspended_at is not None and other.room_id is not None and other.suspended_at is None
        raise UserError(
            "groups.merge_suspended", group=out_of, other=other if turned else None, prefix=ctx.house.prefix
        )
    _require_no_vote(other, ctx)


def merge(into: Group, other: Group, name: str | None, ctx: Context) -> tuple[Effect, ...]:
    """Let one group go up in another: people, projects and all else go over, the old name leads there."""
    require_mergeable(into, other, ctx)
    groups.remember_name(ctx.session, other, ctx.person, ctx.now)
    other.ended_at, other.folded, other.merged_into_id = ctx.now, None, into.id
    ctx.session.flush()
    newly_active = _hand_over(other, into, ctx)
    if other.room_id is None:
        groups.move_work(ctx.session, ctx.network_id, place_of(other), place_of(into))
        effects = list(invite(into, groups.invited(ctx.session, other.id or 0), ctx.person, ctx, ctx.message.event_id))
    elif into.room_id is None:  # the only room that there is
        called = _state(into, other.room_id, "m.room.name", {"name": name or into.name}, ctx)
        return (*change(into, ctx, name=name), *settle(into, other.room_id, ctx), called)
    else:
        groups.move_work(ctx.session, ctx.network_id, other.room_id, into.room_id)
        boards.want(ctx.session, (other.room_id, into.room_id), ctx.now)
        left = None if other.suspended_at else other.room_id
        effects = [*board_changed(other, ctx), *_farewell(other, into, left, ctx)]
    effects += change(into, ctx, name=name)
    for person in newly_active:
        effects += entered(into, person, ctx)
    return tuple(effects)


def _hand_over(other: Group, into: Group, ctx: Context) -> list[str]:
    """Everybody takes part there as they did here, who is active in one in both; those who are newly active."""
    newly_active = []
    here = (*participations.active(ctx.session, other.id or 0), *participations.followers(ctx.session, other.id or 0))
    for row in here:
        there = participations.current(ctx.session, into.id or 0, row.person)
        participations.end(ctx.session, row, ctx.person, ctx.now)
        if there is not None and (there.kind == Part.ACTIVE or row.kind == Part.FOLLOWER):
            continue
        if there is not None:
            participations.end(ctx.session, there, ctx.person, ctx.now)
        _enter(into, row.person, Part(row.kind), row.email, ctx)
        if row.kind == Part.ACTIVE:
            newly_active.append(row.person)
    if newly_active:
        into.dormant_since = into.dormant_told_at = None
    return newly_active


def _enter(group: Group, person: str, part: Part, email: str | None, ctx: Context) -> None:
    participations.enter(
        ctx.session,
        Participation(
            network_id=group.network_id,
            group_id=group.id or 0,
            person=person,
            kind=part,
            email=email,
            since=ctx.now,
            entered_by=ctx.person,
        ),
    )


def end(group: Group, ctx: Context) -> tuple[Effect, ...]:
    """The group is at an end; its room and what it holds stay."""
    groups.remember_name(ctx.session, group, ctx.person, ctx.now)
    group.ended_at, group.folded = ctx.now, None
    for row in (
        *participations.active(ctx.session, group.id or 0),
        *participations.followers(ctx.session, group.id or 0),
    ):
        participations.end(ctx.session, row, ctx.person, ctx.now)
    ctx.session.flush()
    if group.room_id in (None, ctx.room.room_id) or group.suspended_at is not None:
        return board_changed(group, ctx)
    said = text("groups.board_ended", group=group, successor=None)
    return (*board_changed(group, ctx), _say(group, group.room_id or "", "ended", said, ctx))


def _require_no_vote(group: Group, ctx: Context) -> None:
    voting = consultations.of_room(ctx.session, group.room_id, VOTING) if group.room_id else ()
    if voting:
        raise UserError("groups.still_voting", group=group, consultations=voting)


def server_of(ctx: Context) -> str:
    """Our server: over it, everybody can reach the rooms that we are in."""
    return ctx.house.us.partition(":")[2]


def _say(group: Group, room_id: str, what: str, said: Text, ctx: Context) -> Say:
    return Say(room_id=room_id, key=f"{key_of(group)}/{what}/{ctx.message.event_id}", text=said)

"""A workshop's rounds at tables (Freiburg 2019): who takes part, who sits where, what a table found out.

The plan is made of who is there, and made anew when people come or leave; a round that has begun is never moved.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.context import Context, Scope
from bot.domain import seating
from bot.domain.meeting import Kind
from bot.domain.seating import Guest, Round
from bot.effects import Effect, Say
from bot.errors import UserError
from bot.procedures import results as captured
from bot.procedures.finding import require_lead_in
from bot.store import meetings, organisations, outbox, people, rooms, workshops
from bot.store.tables import Meeting, Result, ResultVersion
from bot.texts import text

MOST_ROUNDS: Final = 12
MOST_TABLES: Final = 40
MOST_PEOPLE: Final = 400
JUST: Final = timedelta(minutes=1)
AT_TABLE: Final = re.compile(r"workshop/(?P<meeting>\d+)/round/(?P<round>\d+)/table/(?P<table>\d+)")


@dataclass(frozen=True, slots=True)
class Planned:
    """A workshop's plan. `came` and `left` are people for whom it had to be changed; `people` how many take part."""

    meeting: Meeting
    rounds: Sequence[Round]
    people: int
    repeats: int
    came: Sequence[str] = ()
    left: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AtTable:
    """What one table found out in one round; without numbers: what was captured elsewhere."""

    round: int | None
    table: int | None
    found: Sequence[tuple[Result, ResultVersion]]


def arrange(meeting: Meeting, number: int, tables: int, scope: Scope) -> Planned:
    """Plan so many rounds at so many tables; those that have begun stay. Raises UserError for what cannot be."""
    guests = _guests(meeting, scope)
    if not 1 <= number <= MOST_ROUNDS or number < meeting.round:
        raise UserError("workshop.bad_rounds", rounds=number, most=MOST_ROUNDS, running=meeting.round)
    _require_tables(tables, len(guests))
    meeting.kind, meeting.rounds, meeting.tables = Kind.WORKSHOP, number, tables
    return _seat(meeting, guests, workshops.rounds(scope.session, meeting)[: meeting.round], (), scope)


def planned(meeting: Meeting, scope: Scope) -> Planned:
    """The plan as it is. Raises UserError where there is none."""
    rounds = workshops.rounds(scope.session, meeting)
    if not meeting.rounds:
        raise UserError("workshop.no_plan", meeting=meeting, prefix=scope.house.prefix)
    count = len({person for seated in rounds for table in seated for person in table})
    return Planned(meeting, rounds, count, seating.repeats(rounds))


def begin(meeting: Meeting, number: int | None, scope: Scope) -> tuple[Planned, tuple[Effect, ...]]:
    """Begin a round, the next one if None: a message for each table, under which its results belong.

    Who has come or left since is taken into account first. Raises UserError for a round that is not the next one, and
    for „the next one“ right after another began: two moderators may have said the same.
    """
    before = planned(meeting, scope)
    _require_next(meeting, meeting.round + 1 if number is None else number, scope)
    if number is None and _has_just_begun(meeting, scope):
        raise UserError("workshop.just_begun", meeting=meeting, prefix=scope.house.prefix)
    guests = _guests(meeting, scope)
    seated = {person for table in before.rounds[meeting.round] for person in table}
    here = {guest.person for guest in guests}
    plan = before
    if here != seated:
        meeting.tables = min(meeting.tables or 1, max(len(guests) // 2, 1))  # the round begins, with fewer tables
        _require_tables(meeting.tables, len(guests))
        past, ahead = before.rounds[: meeting.round], before.rounds[meeting.round :]
        plan = _seat(meeting, guests, past, ahead, scope, sorted(here - seated), sorted(seated - here))
    meeting.round += 1
    return plan, tuple(
        _said(meeting, table, people, scope) for table, people in enumerate(plan.rounds[meeting.round - 1], 1)
    )


def take_part(meeting: Meeting, person: str, by: str, scope: Scope) -> int | None:
    """Somebody takes part from now on; the table where they sit down, if a round is running."""
    workshops.attend(scope.session, meeting.id or 0, person, by, scope.now, takes_part=True)
    if not meeting.round:
        return None
    found = workshops.table_of(scope.session, meeting.id or 0, meeting.round, person)
    if found is None:
        tables = workshops.rounds(scope.session, meeting)[meeting.round - 1]
        found = min(range(len(tables)), key=lambda table: len(tables[table])) + 1
        workshops.join_table(scope.session, meeting, meeting.round, person, found)
    return found


def stay_away(meeting: Meeting, person: str, by: str, scope: Scope) -> None:
    """Somebody does not take part, or no longer: from the next round on."""
    workshops.attend(scope.session, meeting.id or 0, person, by, scope.now, takes_part=False)


def seats_of(meeting: Meeting, person: str, scope: Scope) -> list[tuple[int, int]]:
    """At which table somebody sits, round by round."""
    return [
        (number, table)
        for number, seated in enumerate(planned(meeting, scope).rounds, 1)
        for table, people_ in enumerate(seated, 1)
        if person in people_
    ]


def table_of_thread(thread: str | None, room_id: str, scope: Scope) -> tuple[Meeting, int, int] | None:
    """The meeting, round and table whose thread in this room begins with this event, if one does.

    Somebody may name an event of another room, and so of another network: that is no thread.
    """
    key = outbox.key_of(scope.session, thread) if thread else None
    found = AT_TABLE.fullmatch(key or "")
    if found is None:
        return None
    meeting = meetings.by_id(scope.session, int(found["meeting"]))
    return (meeting, int(found["round"]), int(found["table"])) if meeting.room_id == room_id else None


def require_seat(place: tuple[Meeting, int, int], ctx: Context) -> None:
    """Only who sits at that table in that round, or leads the room, may keep what it found out. Raises UserError."""
    meeting, number, table = place
    own = workshops.table_of(ctx.session, meeting.id or 0, number, ctx.person)
    if own == table:
        return
    try:
        require_lead_in(meeting.room_id, ctx)
    except UserError as refusal:
        raise UserError("workshop.other_table", number=number, table=table, own=own) from refusal


def by_table(meeting: Meeting, scope: Scope) -> list[AtTable]:
    """A meeting's results by round and table; first those of no table."""
    found = workshops.results(scope.session, meeting.id or 0)
    places = dict.fromkeys((result.round, result.table_number) for result, _ in found)
    return [
        AtTable(number, table, [each for each in found if (each[0].round, each[0].table_number) == (number, table)])
        for number, table in places
    ]


def capture(place: tuple[Meeting, int, int], kind: str, words: str, ctx: Context) -> tuple[Result, ResultVersion]:
    """Store what a table found out. Raises UserError as `bot.procedures.results.capture` does."""
    meeting, number, table = place
    result, version = captured.capture(kind, words, meeting, meeting.room_id, ctx)
    result.round, result.table_number = number, table
    return result, version


def _seat(
    meeting: Meeting,
    guests: Sequence[Guest],
    past: Sequence[Round],
    ahead: Sequence[Round],
    scope: Scope,
    came: Sequence[str] = (),
    left: Sequence[str] = (),
) -> Planned:
    """Make the plan and keep it."""
    seed = f"{meeting.number}"  # the same on any bot: not the network's number
    rounds = seating.plan(guests, meeting.tables or 0, meeting.rounds or 0, seed, past=past, ahead=ahead)
    workshops.forget_rounds(scope.session, meeting, len(past))
    for number, seated in enumerate(rounds[len(past) :], len(past) + 1):
        workshops.seat(scope.session, meeting, number, seated)
    return Planned(meeting, rounds, len(guests), seating.repeats(rounds), came, left)


def _guests(meeting: Meeting, scope: Scope) -> list[Guest]:
    """Who takes part: everybody in the room and who said so, without us and who said that they do not."""
    said = workshops.attendance(scope.session, meeting.id or 0)
    there = {*rooms.members(scope.session, meeting.room_id), *said}
    present = [person for person in sorted(there) if said.get(person, True) and person != scope.house.us]
    if len(present) > MOST_PEOPLE:
        raise UserError("workshop.too_many", people=len(present), most=MOST_PEOPLE)
    homes = homes_of(meeting.network_id, scope)
    return [Guest(person, *homes.get(person, (None, None))) for person in present]


def homes_of(network_id: int, scope: Scope) -> dict[str, tuple[str, str | None]]:
    """Everybody's organisation and its bench, as far as known: the one they speak for now, else where they belong."""
    session = scope.session
    every = {row.id or 0: row for row in organisations.of_network(session, network_id)}
    mandates = organisations.mandates_of_network(session, network_id, scope.now)
    of = people.belonging(session, network_id)
    of |= {each.person: each.organisation_id for each in mandates if each.starts_at <= scope.now}
    return {person: (every[home].name, every[home].bench) for person, home in of.items() if home in every}


def _require_tables(tables: int, guests: int) -> None:
    if not 1 <= tables <= MOST_TABLES or (tables > 1 and guests < 2 * tables) or not guests:
        raise UserError("workshop.bad_tables", tables=tables, people=guests, most=min(MOST_TABLES, max(guests // 2, 1)))


def _require_next(meeting: Meeting, number: int, scope: Scope) -> None:
    if number != meeting.round + 1 or number > (meeting.rounds or 0):
        raise UserError("workshop.not_next", meeting=meeting, number=number, prefix=scope.house.prefix)


def _has_just_begun(meeting: Meeting, scope: Scope) -> bool:
    since = outbox.stored_at(scope.session, _key(meeting, 1)) if meeting.round else None
    return since is not None and scope.now - since < JUST


def _key(meeting: Meeting, table: int) -> str:
    return f"workshop/{meeting.id}/round/{meeting.round}/table/{table}"


def _said(meeting: Meeting, table: int, seated: Sequence[str], scope: Scope) -> Say:
    """The message of one table: the only time in a round that its people are mentioned."""
    said = text("workshop.table", meeting=meeting, table=table, people=seated, prefix=scope.house.prefix)
    return Say(room_id=meeting.room_id, key=_key(meeting, table), text=said, mentions=tuple(seated))

"""Whose turn it is: a flood waits, others do not, and no room's order changes."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.events import Batch, Echo, Happening, Invited, Members, Message
from bot.store import progress
from bot.store.database import Database
from bot.turns import Turns
from tests.fakes import ANNA, BEN, CEM, ROOM, START, US, Bot

OTHER = "!anderswo:example.org"


def message(number: int, sender: str = BEN, room_id: str = ROOM, body: str = "!idee x") -> Message:
    return Message(room_id=room_id, event_id=f"${number}", sender=sender, body=body, sent_at=START, received_at=START)


def ids(happenings: Iterable[Happening]) -> list[str]:
    return [each.event_id for each in happenings if isinstance(each, Message)]


def batch(token: str, *happenings: Happening) -> Batch:
    return Batch(happenings, token, START)


def test_a_quiet_day_is_one_turn() -> None:
    turns, came = Turns(), batch("t1", message(1), message(2, ANNA), message(3, room_id=OTHER))
    assert turns.take(came) == [came]
    assert not turns.waiting
    assert turns.take(batch("t2")) == [batch("t2")]


def test_a_flood_waits_and_others_are_heard_first() -> None:
    turns = Turns(at_once=3)
    flood = [message(number) for number in range(8)]
    [first] = turns.take(batch("t1", *flood, message(8, ANNA, OTHER)))
    assert ids(first.happenings) == ["$0", "$1", "$2", "$8"]
    assert first.token is None, "the flood would be lost"
    assert turns.waiting
    earlier, later = turns.take(batch("t2", message(9, CEM, OTHER)))
    assert (ids(earlier.happenings), ids(later.happenings)) == (["$3", "$4", "$5"], ["$9"])
    assert (earlier.token, later.token, earlier.first) == (None, None, 4)
    *_, last = parts = turns.take(batch("t3"))
    assert ids(parts[0].happenings) == ["$6", "$7"]
    assert last.token == "t3", "all is handed out"
    assert not turns.waiting


def test_whoever_speaks_after_a_flood_in_its_room_is_heard_after_it() -> None:
    turns = Turns(at_once=2)
    order = ids(turns.take(batch("t1", *(message(n) for n in range(3)), message(3, ANNA)))[0].happenings)
    order += [each for part in turns.take(batch("t2", message(4, ANNA))) for each in ids(part.happenings)]
    assert order == ["$0", "$1", "$2", "$3", "$4"]


def test_a_flood_over_many_rooms_is_one_flood() -> None:
    turns = Turns(at_once=5)
    [first] = turns.take(batch("t1", *(message(n, room_id=f"!{n}:example.org") for n in range(9)), message(9, ANNA)))
    assert ids(first.happenings) == ["$0", "$1", "$2", "$3", "$4", "$9"]


def test_invitations_count_for_who_invites() -> None:
    rooms = [f"!{number}:example.org" for number in range(5)]
    invited = [Invited(room_id=room, inviter=BEN, direct=True, received_at=START) for room in rooms]
    turns = Turns(at_once=2)
    [first] = turns.take(batch("t1", *invited, Members(room_id=rooms[4], joined=frozenset())))
    assert first.happenings == tuple(invited[:2]), "what is told of a room comes after its invitation"


def test_what_is_not_for_us_counts_for_nothing() -> None:
    turns = Turns(lambda each: isinstance(each, Message) and each.body.startswith("!"), at_once=1)
    [first] = turns.take(batch("t1", *(message(n, body="Guten Morgen") for n in range(9)), message(9)))
    assert len(first.happenings) == 10
    assert not turns.waiting


def test_our_own_events_never_wait() -> None:
    turns = Turns(at_once=1)
    turns.take(batch("t1", message(1), message(2), message(3)))
    echo = Echo(room_id=ROOM, event_id="$e", sender=US, sent_at=START, received_at=START, transaction="x")
    parts = turns.take(batch("t2", echo))
    assert [each for part in parts for each in part.happenings] == [message(2), echo]


async def test_the_token_waits_for_the_flood(database: Database) -> None:
    """Killed in between, the bot is told everything again, and repeats nothing."""
    bot = Bot(database)
    await bot.enter()
    flood, turns = [message(number) for number in range(50)], Turns(at_once=20)
    before = (await database.run(lambda session: progress.account(session, US))).token  # type: ignore[union-attr]
    for part in turns.take(Batch(tuple(flood), "late", START + timedelta(hours=1))):
        await bot.inbox.handle(part)
    assert (await database.run(lambda session: progress.account(session, US))).token == before  # type: ignore[union-attr]
    again = Bot(database)
    assert len(await again.handle(*flood)) == 30, "the first 20 are answered already"


async def test_talk_in_a_known_room_costs_the_database_nothing(database: Database) -> None:
    """A bot that has just been started learns from a room's first words what the room is."""
    await Bot(database).enter()
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    async def cost_of(talk: int) -> int:
        statements.clear()
        await Bot(database).handle(*(message(number, body="Guten Morgen") for number in range(talk)))
        return len(statements)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert await cost_of(300) == await cost_of(900)
    finally:
        event.remove(Engine, "before_cursor_execute", note)

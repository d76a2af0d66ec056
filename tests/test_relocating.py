"""A room on its way from one account to another: what each of the two bots hears there, and what it leaves alone."""

from datetime import timedelta
from typing import Any

import pytest

from bot import keeping
from bot.context import Scope
from bot.effects import Say
from bot.errors import StoreDown
from bot.events import (
    Batch,
    CaughtUp,
    Echo,
    Event,
    Happening,
    Invited,
    Left,
    Members,
    Membership,
    Message,
    Reaction,
    Undecryptable,
    Unsealed,
)
from bot.keeping import Arrived
from bot.others import Others
from bot.posting import Posting
from bot.procedures import belonging
from bot.store import Session, outbox, progress, rooms, sealed
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.relocation import marks, relocations
from bot.store.relocation.relocations import Relocation, State
from bot.store.tables import Room
from bot.texts import text
from bot.turns import Turns, is_of_others
from schedules import JOBS
from schedules import relocations as relocations_job
from tests.fakes import ANNA, BEN, DEVICE, HOUSE, ROOM, START, TEXTS, US, Bot, plain
from tests.statements import statements

SUED = "@sued:example.org"
ELSEWHERE = "!elsewhere:example.org"
KEY = f"relocation/1/{START.isoformat()}/mark {ROOM}"
MARK = "$mark"


def said(number: int, words: str = "!idee", room_id: str = ROOM, sender: str = BEN) -> Message:
    body = f"{words} {number}" if words == "!idee" else words
    frame: dict[str, Any] = {"sent_at": START, "received_at": START}
    return Message(room_id=room_id, event_id=f"$said{number}", sender=sender, body=body, **frame)


def tapped(number: int, sender: str = BEN) -> Reaction:
    frame: dict[str, Any] = {"sent_at": START, "received_at": START}
    return Reaction(room_id=ROOM, event_id=f"$tap{number}", sender=sender, target="$bot1", key="✅", **frame)


async def _room(database: Database) -> Room:
    return await database.run(lambda session: session.get_one(Room, ROOM))


async def _deaf(database: Database) -> str | None:
    return (await _room(database)).reads_after


async def _claimed(database: Database, *events: Event) -> set[str]:
    asked = {event.event_id for event in events}
    return asked - await database.run(lambda session: progress.unclaimed(session, asked))


@pytest.fixture
def others() -> Others:
    return Others(accounts=frozenset({SUED}), marking=True)


@pytest.fixture
async def old(database: Database, others: Others) -> Bot:
    """The old bot, which has posted its mark in the room; the answers of two rooms."""
    bot = Bot(database, others=others)
    await bot.enter()
    await bot.enter(ELSEWHERE)
    await database.run(_post_mark)
    return bot


def _post_mark(session: Session) -> None:
    say = Say(room_id=ROOM, key=KEY, text=text("relocating.mark", target=SUED))
    Posting(TEXTS, DEVICE).store(Scope(session, START, HOUSE), (say,), "cause")


async def _echo(database: Database) -> Echo:
    row = await database.run(lambda session: next(row for row in outbox.waiting(session) if row.key == KEY))
    frame: dict[str, Any] = {"sent_at": START, "received_at": START, "transaction": row.transaction}
    return Echo(room_id=ROOM, event_id=MARK, sender=US, **frame)


# the old bot


async def test_what_stands_after_the_mark_is_left_alone(old: Bot) -> None:
    echo = await _echo(old.database)
    rows = await old.handle(said(1), tapped(1), echo, said(2), tapped(2), said(3, room_id=ELSEWHERE))
    assert [row.room_id for row in rows] == [ROOM, ELSEWHERE]
    assert await _deaf(old.database) == MARK
    assert await _claimed(old.database, said(1), tapped(1), said(2), tapped(2)) == {"$said1", "$tap1"}
    assert await old.handle(said(4), Members(room_id=ROOM, joined=frozenset({US}))) == []
    assert await old.database.run(lambda session: rooms.is_member(session, ROOM, BEN)), "the new one is told of that"
    assert len(await old.handle(said(5, room_id=ELSEWHERE))) == 1


async def test_of_two_marks_the_first_counts(old: Bot) -> None:
    echo = await _echo(old.database)
    await old.handle(echo)
    await old.handle(Echo(**{**{f: getattr(echo, f) for f in echo.__dataclass_fields__}, "event_id": "$again"}))
    assert await _deaf(old.database) == MARK


async def test_another_post_is_no_mark(old: Bot, database: Database) -> None:
    (answer,) = await old.handle(said(1))
    frame: dict[str, Any] = {"sent_at": START, "received_at": START, "transaction": answer.transaction}
    await old.handle(Echo(room_id=ROOM, event_id="$answer", sender=US, **frame))
    assert await _deaf(database) is None
    assert len(await old.handle(said(2))) == 1


async def test_a_chunk_that_failed_is_handled_from_its_beginning(
    old: Bot, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stood before the mark must be heard again: the mark was not kept either."""
    batch = Batch((said(1), await _echo(database), said(2)), "t9", START)
    save = progress.save_token

    def down(*_: object) -> None:
        monkeypatch.setattr(progress, "save_token", save)
        raise StoreDown("gone")

    monkeypatch.setattr(progress, "save_token", down)
    with pytest.raises(StoreDown):
        await old.inbox.handle(batch)
    assert await _deaf(database) is None
    (answer,) = await old.handle(*batch.happenings)
    assert plain(answer) == "I1 notiert: 1", "the first attempt has left nothing behind"
    assert await _deaf(database) == MARK


async def test_after_a_restart_the_room_is_as_deaf(old: Bot, database: Database, others: Others) -> None:
    happenings = (said(1), await _echo(database), said(2), tapped(2))
    await old.handle(*happenings)
    again = Bot(database, others=others)
    assert await again.handle(*happenings, said(3)) == []
    assert await _claimed(database, *happenings, said(3)) == {"$said1"}


async def test_what_was_locked_before_the_mark_is_heard_when_its_key_comes(old: Bot, database: Database) -> None:
    frame: dict[str, Any] = {"room_id": ROOM, "sender": BEN, "sent_at": START, "received_at": START}
    locked = [Undecryptable(event_id=f"$said{n}", session_id="s", content={"x": 1}, **frame) for n in (1, 2)]
    await old.handle(locked[0], await _echo(database), locked[1])
    kept = await database.run(lambda session: sealed.of(session, [(ROOM, "s")]))
    assert [each.event_id for each in kept] == ["$said1"]
    rows = await old.handle(Unsealed(room_id=ROOM, event_id="$said1", event=said(1)))
    assert len(rows) == 1


async def test_whoever_shuts_the_old_bot_out_changes_nothing(old: Bot, database: Database) -> None:
    await old.handle(await _echo(database))
    assert await old.handle(Left(room_id=ROOM, received_at=START, by=ANNA)) == []
    room = await _room(database)
    assert room.joined


def test_a_mark_keeps_its_place_among_what_waits_for_its_turn(others: Others) -> None:
    """Nobody is heard too often in one turn; our own posts wait for nothing, unless one may be a mark."""
    frame: dict[str, Any] = {"sent_at": START, "received_at": START, "transaction": "t"}
    echo = Echo(room_id=ROOM, event_id=MARK, sender=US, **frame)
    batch = Batch((said(1), said(2), echo, said(3)), "t1", START)
    for marking, expected in ((True, [said(1), said(2), echo, said(3)]), (False, [echo, said(1), said(2), said(3)])):
        turns = Turns((lambda _: True) if marking else is_of_others, at_once=1)
        parts = turns.take(batch)
        while turns.waiting:
            parts += turns.take(Batch((), None, START))
        assert [each for part in parts for each in part.happenings] == expected


async def test_who_is_alone_asks_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    bot = Bot(database)
    await bot.enter()

    def asked(*_: object) -> None:
        raise AssertionError("a question more")

    monkeypatch.setattr(rooms, "find", asked)
    assert belonging.is_ours(said(1), Others(), Scope(None, START, HOUSE))  # type: ignore[arg-type]
    echo = Echo(room_id=ROOM, event_id=MARK, sender=US, sent_at=START, received_at=START, transaction="t")
    assert not bot.inbox.matters(echo)


@pytest.mark.sqlite_only("PostgreSQL is asked who is there, every ten seconds")
async def test_with_sqlite_the_clock_asks_nothing(database: Database) -> None:
    await Bot(database).tick()  # what is done once a day
    asked = []
    for jobs in (JOBS, (*JOBS, relocations_job.job(Others()))):
        with statements() as found:
            await Bot(database, jobs=jobs).tick()
        asked.append(found)
    assert asked[0] == asked[1]
    assert len(asked[0]) > 1


# nobody hears the other account


@pytest.mark.parametrize("happening", [said(1, "!hilfe", sender=SUED), tapped(1, sender=SUED)])
async def test_the_other_account_is_not_obeyed(database: Database, happening: Event, others: Others) -> None:
    bot = Bot(database, others=others)
    await bot.enter()
    assert await bot.handle(happening) == []
    assert await _claimed(database, happening) == set()
    unknown = Bot(database)
    rows = await unknown.handle(happening)
    assert len(rows) == (1 if isinstance(happening, Message) else 0), "that is what it would be without"


async def test_what_was_read_back_of_the_other_account_is_not_obeyed_either(new: Bot) -> None:
    assert await _read(new, said(1, "!hilfe", sender=SUED)) == []


async def test_that_the_other_account_comes_and_goes_is_seen(database: Database, others: Others) -> None:
    bot = Bot(database, others=others)
    await bot.enter()
    frame: dict[str, Any] = {
        "room_id": ROOM,
        "event_id": "$came",
        "sender": SUED,
        "sent_at": START,
        "received_at": START,
    }
    await bot.handle(Membership(person=SUED, state="join", **frame))
    assert await database.run(lambda session: rooms.is_member(session, ROOM, SUED))


# the new bot

COMING = Relocation(network_id=1, name="Verbund", source=SUED, target=US, state=State.INVITING, asked_at=START)


async def test_the_new_bot_comes_without_a_word(
    database: Database, others: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No greeting, no row of the room; and nothing that is said there is even claimed, as it will be read."""
    monkeypatch.setattr(relocations, "coming", lambda *_: [COMING])
    monkeypatch.setattr(marks, "belongs_there", lambda *_: True)
    bot = Bot(database, others=others)
    (join,) = await bot.handle(Invited(room_id=ROOM, inviter=SUED, direct=False, received_at=START))
    assert (join.action, join.room_id) == ("join", ROOM)
    assert await bot.handle(Members(room_id=ROOM, joined=frozenset({US, BEN})), said(1, "!hilfe"), tapped(1)) == []
    assert await database.run(lambda session: rooms.find(session, ROOM)) is None
    assert await _claimed(database, said(1), tapped(1)) == set()


@pytest.mark.parametrize("coming", [[], [Relocation(1, "Verbund", SUED, US, State.STOPPED, START)]])
async def test_any_other_invitation_is_judged_as_ever(
    database: Database, others: Others, coming: list[Relocation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relocations, "coming", lambda *_: coming)
    monkeypatch.setattr(marks, "belongs_there", lambda *_: True)
    (row,) = await Bot(database, others=others).handle(
        Invited(room_id=ROOM, inviter=SUED, direct=False, received_at=START)
    )
    assert row.action == "leave"


@pytest.fixture
async def new(database: Database, others: Others) -> Bot:
    """The new bot: the room's records have come, and it is still to be read."""
    bot = Bot(database, others=others)
    await bot.enter()
    await database.run(_comes)
    return bot


def _comes(session: Session) -> None:
    room = session.get_one(Room, ROOM)
    room.reads_after, room.lacks = MARK, rooms.UNSEEN


async def _read(bot: Bot, *happenings: Happening) -> list[Row]:
    """A room is read back to its mark."""
    caught_up = CaughtUp(room_id=ROOM, mark=MARK)
    members = Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN}))
    await bot.inbox.handle(Batch((*happenings, members, caught_up), None, bot.now, unread=True))
    return await bot.tick()


async def test_until_it_has_read_the_room_it_hears_nothing_new(new: Bot, database: Database) -> None:
    assert await new.handle(said(2), tapped(2)) == []
    rows = await _read(new, said(1), tapped(1), said(2), tapped(2))
    assert [plain(row) for row in rows] == ["I1 notiert: 1", "I2 notiert: 2"]
    assert await _deaf(database) is None
    room = await _room(database)
    assert rooms.is_seen(room)
    assert len(await new.handle(said(1), said(2), said(3), tapped(2))) == 1, "the same once more, and something new"


async def test_what_the_old_one_has_handled_is_not_handled_again(new: Bot, database: Database) -> None:
    """It reads a little further back than the mark; the claims have come with the records."""
    await database.run(lambda session: progress.claim_event(session, "$said1", START))
    (answer,) = await _read(new, said(1), said(2))
    assert plain(answer) == "I1 notiert: 2"


async def test_killed_while_it_reads(
    new: Bot, database: Database, others: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    """150 commands are two commits. Killed between them, the room is read again, and nothing is done twice."""
    everything = [said(number) for number in range(150)]
    commit, commits = new.inbox._commit, [0]

    def dies(*args: Any) -> list[Row]:
        commits[0] += 1
        if commits[0] == 2:
            raise KeyboardInterrupt
        return commit(*args)

    monkeypatch.setattr(new.inbox, "_commit", dies)
    with pytest.raises(KeyboardInterrupt):
        await _read(new, *everything)
    first = await new.tick()
    assert (len(first), await _deaf(database)) == (100, MARK)
    again = Bot(database, others=others)
    assert await again.handle(said(151)) == [], "still deaf"
    rows = [*first, *await _read(again, *everything, said(151))]
    assert [plain(row) for row in rows] == [f"I{n} notiert: {words}" for n, words in enumerate([*range(150), 151], 1)]


async def test_the_clock_waits_for_a_room_that_has_just_come(
    database: Database, others: Others, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people said there may change what is due; but other networks do not wait for it for ever."""
    monkeypatch.setattr(marks, "arrived", lambda *_: [(ROOM, MARK)])
    arrived = Arrived(database, US, others)
    assert (await arrived.rooms(), await arrived.awaited()) == ((), False), "nothing is expected"
    others.expecting = True
    (first,) = await arrived.rooms()
    assert (first.room_id, first.mark, await arrived.awaited()) == (ROOM, MARK, True)
    assert await arrived.rooms() == [first], "known since then"
    monkeypatch.setattr(keeping, "AWAITED_FOR", timedelta())
    assert not await arrived.awaited()


async def test_a_mark_of_another_move_clears_nothing(new: Bot, database: Database) -> None:
    await new.inbox.handle(Batch((CaughtUp(room_id=ROOM, mark="$older"),), None, START, unread=True))
    assert await _deaf(database) == MARK


async def test_shut_out_before_it_has_read(new: Bot, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to be read any more; the coordinators are told as ever."""
    monkeypatch.setattr(relocations, "coming", lambda *_: [COMING])
    rows = await new.handle(Left(room_id=ROOM, received_at=START + timedelta(minutes=1), by=BEN))
    assert [row.person for row in rows] == [ANNA]

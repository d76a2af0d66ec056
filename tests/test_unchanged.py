"""What a start tells us that we know already is not handled, and nothing would have come of it."""

import asyncio
import random
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlmodel import col, select

from bot.events import Happening, Members, Message, Named, Power, Powers
from bot.procedures import unchanged
from bot.store import Session, dump, outbox, rooms
from bot.store.database import Database
from bot.store.tables import Group, OutboxRow, Room
from tests.fakes import ANNA, BEN, CEM, ROOM, START, US, Bot
from tests.roomlife import EVE, House
from tests.statements import statements

HELD, UNSEEN, LEFT, CHAT, CROWD = (f"!{name}:example.org" for name in ("held", "unseen", "left", "chat", "crowd"))
NAMELESS, UNKNOWN = "!nameless:example.org", "!unknown:example.org"
ODD = (HELD, UNSEEN, LEFT, CHAT, CROWD, NAMELESS)
PEOPLE = [ANNA, BEN, CEM, EVE]
LACKS = {UNSEEN: rooms.UNSEEN, NAMELESS: "", HELD: "invite,pin"}


class Prepared(NamedTuple):
    """A database with a room of every kind, and the rooms of its two groups, of which the second is suspended."""

    file: Path
    traffic: str
    environment: str


def _members(room_id: str, *people: str) -> Members:
    return Members(room_id=room_id, joined=frozenset({US, *people}))


def _named(room_id: str, name: str, event_id: str) -> Named:
    return Named(room_id=room_id, event_id=event_id, sender=BEN, sent_at=START, received_at=START, name=name)


def _powers(room_id: str, *lacks: Power) -> Powers:
    seen = {"sender": BEN, "sent_at": START, "received_at": START}
    return Powers(room_id=room_id, event_id=f"$powers{room_id}", lacks=frozenset(lacks), **seen)  # type: ignore[arg-type]


def _odd_rooms(session: Session) -> None:
    """As they seldom are, all at once."""
    for room_id in ODD:
        room = Room(room_id=room_id, invited_by=ANNA, since=START, lacks=LACKS.get(room_id, "-"))
        room.direct_with = BEN if room_id in (CHAT, CROWD) else None
        room.name = None if room_id == NAMELESS else f"Raum {room_id}"
        room.joined = room_id != LEFT
        rooms.save(session, room)
        rooms.replace_members(session, room_id, {BEN, CEM} if room_id == CROWD else {BEN})
    rooms.replace_members(session, UNKNOWN, {BEN})
    for room_id, state in ((HELD, "held"), (CHAT, "waiting"), (NAMELESS, "parked")):
        row = OutboxRow(key=f"k{room_id}", transaction=f"t{room_id}", room_id=room_id, action="send", device_id="D")
        row.first_attempt_at = row.created_at = START
        row.state = state
        session.add(row)
    session.exec(select(Group).where(Group.name == "Umwelt")).one().suspended_at = START


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """One database for all; each test has a copy."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(_prepare(tmp_path_factory.mktemp("unchanged") / "bot.db"))


async def _prepare(file: Path) -> Prepared:
    database = Database(f"sqlite:///{file}")
    database.migrate()
    bot = House(database)
    await bot.settle()
    await bot.say(ANNA, "!gruppe neu Umwelt")
    groups = bot.ask(lambda s: s.exec(select(Group.room_id).order_by(col(Group.id))).all())
    traffic, environment = (room_id or "" for room_id in groups)
    await bot.handle(_named(ROOM, "Digitales", "$name"), _powers(ROOM, Power.PIN), _members(environment, ANNA, CEM))
    await bot.handle(_named(traffic, "Verkehr", "$traffic"))
    database.run_now(_odd_rooms)
    database.close()
    return Prepared(file, traffic, environment)


def _told(chance: random.Random, there: Prepared) -> list[Happening]:
    """What a start may say of these rooms: mostly what is known, sometimes something else, some of it twice."""
    here: dict[str, tuple[set[str], tuple[str, str], list[Power]]] = {
        ROOM: ({ANNA, BEN, CEM}, ("Digitales", "$name"), [Power.PIN]),
        there.traffic: ({ANNA, BEN}, ("Verkehr", "$traffic"), []),
        there.environment: ({ANNA, CEM}, ("Umwelt", "$environment"), []),
        UNKNOWN: ({BEN}, ("Raum", "$unknown"), []),
        **{each: ({BEN}, (f"Raum {each}", f"$name{each}"), []) for each in ODD},
    }
    here[HELD] = ({BEN}, (f"Raum {HELD}", "$held"), [Power.PIN, Power.INVITE])
    here[CROWD] = ({BEN, CEM}, (f"Raum {CROWD}", "$crowd"), [])
    told: list[Happening] = []
    for room_id, (people, (name, event_id), lacks) in here.items():
        known: list[Happening] = [_members(room_id, *people), _named(room_id, name, event_id), _powers(room_id, *lacks)]
        other: list[Happening] = [
            _members(room_id, *chance.sample(PEOPLE, 2)),
            _named(room_id, "Neu", f"$new{room_id}"),
            _powers(room_id, *chance.sample(list(Power), 2)),
        ]
        told += [old if chance.random() < 0.7 else new for old, new in zip(known, other, strict=True)]
        told += known if chance.random() < 0.3 else []
    if chance.random() < 0.5:  # the kinds one after the other
        told.sort(key=lambda each: type(each).__name__)
    if chance.random() < 0.3:
        said = {"sender": ANNA, "sent_at": START, "received_at": START, "body": "!gruppe neu Kultur"}
        told.insert(chance.randrange(len(told)), Message(room_id=ROOM, event_id="$said", **said))  # type: ignore[arg-type]
    return told


async def _after(file: Path, told: Sequence[Happening]) -> list[str]:
    """All that the database holds once this was handled, and what was sent."""
    database = Database(f"sqlite:///{file}")
    sent = [f"{row.action} {row.key} {row.content}" for row in await Bot(database).handle(*told)]
    lines = database.run_now(lambda s: [line for table in dump.tables() for line in dump.lines(s, table)])
    database.close()
    return [*lines, *sent]


@pytest.mark.parametrize("seed", range(24))
async def test_nothing_would_have_come_of_it(
    seed: int, prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.procedures.grouping.secrets.token_hex", lambda _: "the same")
    told = _told(random.Random(seed), prepared)
    with_it, without = tmp_path / "with.db", tmp_path / "without.db"
    for copy in (with_it, without):
        shutil.copy(prepared.file, copy)
    left_out = await _after(with_it, told)
    monkeypatch.setattr(unchanged, "among", lambda *_: frozenset())
    assert left_out == await _after(without, told)


def test_what_is_known_is_left_out_and_nothing_else(prepared: Prepared) -> None:
    database = Database(f"sqlite:///{prepared.file}")

    def left_out(*told: Happening) -> set[int]:
        return set(database.run_now(lambda s: unchanged.among(told, US, s)))

    known = (_members(ROOM, ANNA, BEN, CEM), _named(ROOM, "Digitales", "$name"), _powers(ROOM, Power.PIN))
    of_chat = (_members(CHAT, BEN), _powers(CHAT))
    assert left_out(*known, *of_chat) == {0, 1, 2, 3, 4}
    assert left_out(*known) == set()  # three cost less one by one
    assert left_out(*of_chat, _members(ROOM, ANNA), *known) == {0, 1}  # what comes after something new may be news
    assert left_out(*of_chat, _named(ROOM, "Digitales", "$another"), known[0]) == {0, 1}  # to be claimed
    assert left_out(_members(HELD, BEN), _members(UNSEEN, BEN), _members(CROWD, BEN, CEM), *of_chat) == {3, 4}
    assert left_out(_members(prepared.environment, ANNA, CEM), *known) == {1, 2, 3}
    of_others = (_members(LEFT, EVE), _named(LEFT, "Neu", "$n"), _powers(UNKNOWN, Power.PIN), _members(UNKNOWN, BEN))
    assert left_out(*of_others) == {0, 1, 2, 3}
    assert left_out(_members(UNKNOWN), *known) == {1, 2, 3}
    database.close()


async def test_a_start_with_many_rooms_asks_a_few_questions(database: Database) -> None:
    database.migrate()
    bot = Bot(database)
    names = [f"!room{number}:example.org" for number in range(90)]
    for name in names:
        await bot.enter(name)
    told = [_members(name, ANNA, BEN, CEM) for name in names]
    with statements() as asked:
        assert await bot.handle(*told) == []
    assert len(asked) < 12
    bot.now += timedelta(minutes=1)
    database.run_now(lambda s: outbox.hold(s, s.exec(select(col(OutboxRow.id))).all()[0] or 0, "403"))
    with statements() as asked:
        await bot.handle(*told, _members(names[7], ANNA))
    assert database.run_now(lambda s: rooms.members(s, names[7])) == [ANNA]
    assert len(asked) < 40

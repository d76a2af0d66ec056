"""What cannot be read: kept, asked for, and its sender told once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

import bot.keeping as keeping_module
from bot.errors import StoreDown
from bot.events import Left, Members, Membership, Redacted, Unsealed, Withheld
from bot.keeping import Keeping
from bot.store import sealed
from bot.store.database import Database
from bot.store.tables import Occurrence
from tests.ballotbox import direct
from tests.fakes import ANNA, BEN, CEM, ROOM, START, US, Bot, plain
from tests.locked import KEY, NOW, SESSION, TOLD, after, locked, message, opened_by, waiting, words


@pytest.fixture
async def bot(database: Database) -> Bot:
    made = Bot(database)
    await made.enter()
    return made


# keeping and handling


async def test_it_is_kept_once_and_handled_once(bot: Bot) -> None:
    assert await bot.handle(locked("$1")) == []
    assert await bot.handle(locked("$1"), locked("$2")) == []
    assert waiting(bot.database) == {"$1", "$2"}
    (kept, _) = await Keeping(bot.database).of([(ROOM, SESSION)])
    assert kept == locked("$1")

    bot.now = NOW
    inside = message("$1", "!hilfe")
    (answer,) = await bot.handle(*await opened_by(bot.database, inside))
    assert json.loads(answer.content)["m.relates_to"]["m.in_reply_to"]["event_id"] == "$1"
    assert waiting(bot.database) == set(), "what is inside of the other one does not interest us"
    assert await bot.handle(Unsealed(room_id=ROOM, event_id="$1", event=inside)) == []
    assert await bot.handle(inside) == [], "an ordinary replay"
    assert await Keeping(bot.database).to_ask(NOW) == []
    assert words(await after(bot, timedelta(hours=1))) == []


async def test_the_process_dies_between_key_and_handling(bot: Bot, database: Database) -> None:
    """The key is in the store, and nothing else happened: the next life begins with it."""
    await bot.handle(locked("$1"))
    assert await Keeping(database).begin(NOW) == {(ROOM, SESSION)}
    again = Bot(database, now=NOW)
    assert len(await again.handle(*await opened_by(database, message("$1", "!hilfe")))) == 1
    assert await Keeping(database).begin(NOW) == set()


async def test_a_failure_inside_ends_the_waiting_too(bot: Bot) -> None:
    await bot.handle(locked("$1"))
    rows = await bot.handle(*await opened_by(bot.database, message("$1", "!status gibtsnicht")))
    assert "kenne ich hier nicht" in plain(rows[0])
    assert waiting(bot.database) == set()


async def test_what_was_offline_stays_so(bot: Bot) -> None:
    away = START - timedelta(hours=3)
    await bot.handle(locked("$1", offline_since=away, sent_at=away))
    (kept,) = await Keeping(bot.database).of([(ROOM, SESSION)])
    assert (kept.sent_at, kept.received_at, kept.offline_since) == (away, START, away)


async def test_nothing_is_kept_of_rooms_that_are_not_ours(bot: Bot) -> None:
    await bot.handle(locked("$1", room_id="!fremd:example.org"))
    assert waiting(bot.database) == set()


async def test_left_and_taken_back_is_gone(bot: Bot) -> None:
    await bot.handle(locked("$1"), locked("$2"), locked("$3"))
    taken: dict[str, Any] = {"room_id": ROOM, "sent_at": START, "received_at": START}
    await bot.handle(Redacted(event_id="$r1", sender=BEN, target="$1", **taken))
    await bot.handle(Redacted(event_id="$r2", sender=ANNA, target="$2", **taken))
    assert waiting(bot.database) == {"$2", "$3"}, "a moderator cannot unmake what may be a vote"
    assert words(await after(bot, timedelta(minutes=3))) == []
    await bot.handle(Left(room_id=ROOM, received_at=START))
    assert waiting(bot.database) == set()


async def test_it_is_forgotten_after_a_month(bot: Bot) -> None:
    await bot.handle(locked("$1"), locked("$2", sender=CEM, session_id="other"))
    await after(bot, timedelta(minutes=3))
    bot.database.run_now(lambda s: sealed.forget(s, START))
    assert waiting(bot.database) == {"$1", "$2"}
    bot.now = START + timedelta(days=31)
    await bot.tick()
    assert waiting(bot.database) == set()
    assert bot.database.run_now(lambda s: sealed.find(s, ROOM, SESSION, BEN)) is None


async def test_nobody_fills_the_database(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "MOST_OF_ONE", 3)
    await bot.handle(*(locked(f"${n}", session_id=f"s{n}") for n in range(10)))
    await bot.handle(locked("$cem", CEM))
    notes = (
        Withheld(room_id=ROOM, session_id=f"w{n}", sender=BEN, sender_key=KEY, code="m.unverified", received_at=START)
        for n in range(10)
    )
    await bot.handle(*notes)
    assert waiting(bot.database) == {"$0", "$1", "$2", "$cem"}
    assert bot.database.run_now(lambda s: sealed.find(s, ROOM, "w0", BEN)) is None


# asking


async def test_a_key_is_asked_for_a_few_times_with_growing_pauses(bot: Bot) -> None:
    keeping = Keeping(bot.database)
    await bot.handle(locked("$1"), locked("$2"))
    asked, now = [], START
    while now < START + timedelta(days=3):
        for kept, number in await keeping.to_ask(now):
            assert kept.event_id == "$1", "one of a session"
            asked.append((number, now - START))
        now += timedelta(seconds=30)
    minute = timedelta(minutes=1)
    assert [number for number, _ in asked] == [1, 2, 3, 4, 5]
    assert [gap // minute for _, gap in asked] == [0, 1, 11, 131, 131 + 24 * 60]
    await bot.handle(locked("$3"))
    assert await keeping.to_ask(now) == [], "not anew for each message of the session"


# telling


async def test_its_sender_is_told_once(bot: Bot) -> None:
    await bot.handle(locked("$1"), locked("$2"))
    assert words(await after(bot, timedelta(seconds=119))) == []
    (row,) = await after(bot, timedelta(seconds=2))
    content = json.loads(row.content)
    assert TOLD in plain(row)
    assert (content["msgtype"], content["m.mentions"]) == ("m.notice", {})
    assert content["m.relates_to"] == {"m.in_reply_to": {"event_id": "$1"}}
    await bot.handle(locked("$3"), locked("$4", session_id="second"), locked("$5", CEM, session_id="third"))
    (other,) = words(await after(bot, timedelta(minutes=3)))
    await bot.handle(locked("$6", session_id="fourth", at=bot.now))
    assert words(await after(bot, timedelta(minutes=3))) == [], "at most once a day"
    bot.now = START + timedelta(days=1, minutes=10)
    await bot.handle(locked("$7", session_id="fifth", at=bot.now))
    assert words(await after(bot, timedelta(minutes=3))) == [other]


async def test_where_nobody_can_be_read_it_is_not_said_to_each(bot: Bot) -> None:
    """A room of 200 people whose apps all exclude us: they talk with each other, and that is to be borne."""
    people = [f"@p{n}:example.org" for n in range(200)]
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, *people})))
    await bot.handle(*(locked(f"${n}", who, session_id=f"s{n}") for n, who in enumerate(people)))
    rows = await after(bot, timedelta(minutes=3))
    for _ in range(10):
        rows += await bot.tick()
    *one_by_one, to_all = words(rows)
    assert len(one_by_one) == 3
    assert "Die Nachrichten mehrerer Personen in diesem Raum kann ich nicht lesen" in to_all
    assert "m.in_reply_to" not in rows[-1].content
    assert not any(who in row.content for row in rows for who in people), "it names nobody"

    marks = select(Occurrence).where(col(Occurrence.schedule).startswith("unreadable"))
    before = bot.database.run_now(lambda s: len(s.exec(marks).all()))
    await bot.handle(*(locked(f"$again{n}", who, session_id=f"a{n}", at=bot.now) for n, who in enumerate(people)))
    assert words(await after(bot, timedelta(hours=20))) == []
    assert bot.database.run_now(lambda s: len(s.exec(marks).all())) == before, "it costs nothing either"
    bot.now += timedelta(hours=5)
    await bot.handle(locked("$next", people[150], session_id="next", at=bot.now))
    assert len(words(await after(bot, timedelta(minutes=3)))) == 1


async def test_nothing_is_said_of_what_is_read_in_time(bot: Bot) -> None:
    await bot.handle(locked("$1"))
    bot.now = START + timedelta(seconds=100)
    await bot.handle(*await opened_by(bot.database, message("$1", "guten Morgen")))
    assert words(await after(bot, timedelta(minutes=5))) == []


async def test_nothing_is_said_of_what_was_said_before_us(bot: Bot) -> None:
    await bot.handle(locked("$1", before_us=True))
    assert words(await after(bot, timedelta(minutes=5))) == []
    assert waiting(bot.database) == {"$1"}


async def test_after_a_start_the_keys_have_time_once_more(bot: Bot) -> None:
    await bot.handle(locked("$1"))
    bot.now = START + timedelta(hours=8)
    await Keeping(bot.database).begin(bot.now)
    assert words(await bot.tick()) == []
    assert len(words(await after(bot, timedelta(minutes=3)))) == 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("m.unverified", "nur an verifizierte Sitzungen"),
        ("m.blacklisted", "gesperrt"),
        ("m.unauthorised", "nicht für berechtigt"),
        ("m.unavailable", "hat den Schlüssel selbst nicht"),
        ("m.no_olm", "keine sichere Verbindung"),
        ("org.example.erfunden", TOLD),
    ],
)
async def test_it_says_why(bot: Bot, code: str, said: str) -> None:
    place = ("", "") if code == "m.no_olm" else (ROOM, SESSION)
    note: dict[str, Any] = {"sender_key": KEY, "code": code, "received_at": START}
    await bot.handle(Withheld(room_id=place[0], session_id=place[1], sender=BEN, **note))
    await bot.handle(Withheld(room_id=ROOM, session_id=SESSION, sender=CEM, **note | {"code": "m.blacklisted"}))
    await bot.handle(Withheld(room_id=ROOM, session_id=SESSION, sender="@fremd:x", **note))
    assert words(await after(bot, timedelta(minutes=5))) == [], "nothing was said that could not be read"
    await bot.handle(locked("$1"))
    (word,) = words(await after(bot, timedelta(minutes=3)))
    assert said in word


async def test_in_a_direct_chat_and_in_english(bot: Bot) -> None:
    await bot.say(ANNA, "!sprache en")
    box = direct(CEM)
    bot.database.run_now(lambda s: bot._direct_room(s, CEM))
    await bot.handle(Members(room_id=box, joined=frozenset({US, CEM})))
    await bot.handle(locked("$1"), locked("$2", CEM, room_id=box))
    told = {row.room_id: plain(row) for row in await after(bot, timedelta(minutes=3))}
    assert told[ROOM].startswith("I cannot read this message: its key has not reached me.")
    assert told[box].startswith("Ihre Nachricht kann ich nicht lesen:")


async def test_who_has_left_is_not_told(bot: Bot) -> None:
    await bot.handle(locked("$1"))
    left: dict[str, Any] = {"sent_at": START, "received_at": START}
    await bot.handle(Membership(room_id=ROOM, event_id="$left", sender=BEN, person=BEN, state="leave", **left))
    assert words(await after(bot, timedelta(minutes=3))) == []


async def test_while_the_database_is_down_nothing_is_lost(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await bot.handle(locked("$1"))
    monkeypatch.setattr(keeping_module, "FIRST_PAUSE", 0.01)
    real, failures = bot.database.run, 2

    async def failing(work: Any) -> Any:
        nonlocal failures
        if failures:
            failures -= 1
            raise StoreDown("disk full")
        return await real(work)

    monkeypatch.setattr(bot.database, "run", failing)
    assert await Keeping(bot.database).begin(START) == {(ROOM, SESSION)}
    assert caplog.text.count("the database does not answer: disk full") == 2

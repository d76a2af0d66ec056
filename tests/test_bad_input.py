"""What people, other bots, servers and disks do to a bot that only wants to help."""

import asyncio
import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.command import Command, Form, W, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import UserError
from bot.events import Members, Message, Reaction, Redacted, Vote
from bot.matrix.clean import clean
from bot.matrix.decode import decode
from bot.parsing import Commands
from bot.store import outbox, projects
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Idea
from bot.texts import text
from commands import ALL
from tests.fakes import ANNA, BEN, CEM, ROOM, START, US, Bot, plain

MARKUP = [
    "<script>alert(1)</script><b>fett</b> &amp; &lt;",
    "**fett** [Verweis](https://example.org) `Code` # Titel",
    "@room alle mal herhören",
    "{{ 7*7 }} {% for x in range(9) %}{{ x }}{% endfor %} {# weg #}",
    "{answer} {0} %s %(name)s ${HOME}",
    "👩‍💻 🏳️‍🌈 ﷽ 🇩🇪",
    "'; DROP TABLE project; --",
    "null",
    "</code></pre></blockquote>",
]


async def test_unknown_commands_and_projects_are_answered_once(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    assert "Meinten Sie !status?" in await bot.hear(BEN, "!stauts")
    assert "kenne ich nicht" in await bot.hear(BEN, "!" + "x" * 500)
    assert "Schwimmbad" in await bot.hear(BEN, "!status Schwimmbad gelb")
    assert "nicht" in await bot.hear(BEN, "!antwort F999999999 angenommen Gern.")
    assert "keine Fassung" in await _with_result(bot, "E1/99999999999999999999")
    assert "E1 Fassung 1" in await _with_result(bot, "E1/²"), "no number: the latest"


async def _with_result(bot: Bot, version: str) -> str:
    await bot.say(ANNA, "!ergebnis Leitsatz: Offen.")
    command = f"!konsultation neu Titel\nFrage: Ja?\nSchluss: 12.12.2026 12:00\nFassung: {version}"
    return "\n".join(plain(row) for row in await bot.say(ANNA, command))


@pytest.mark.parametrize("body", ["", " ", "!", "! ", "!!", "!\n", "!!!", "\n\n", "?", "hallo", "ja", "…"])
async def test_what_is_not_for_us_stays_unanswered(body: str, database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    assert await bot.say(BEN, body) == []


@pytest.mark.parametrize(
    "command",
    [
        "!idee {}",
        "!feedback eAkte {}",
        "!status eAkte {}",
        "!{}",
        "!hilfe {}",
        "!ergebnis Art: {}",
        "!konsultation neu {}",
        "!konsultation neu T\nFrage: {}\nSchluss: 12.12.2026",
        "!konsultation neu T\nFrage: ?\nText: {}\nSchluss: 12.12.2026",
        "!konsultation neu T\nFrage: ?\nSchluss: {}",
        "!projekt neu {}",
        "!projekt eAkte\nZiel: {}",
        "!stimme K1 ja weil {}",
        "!antwort F1 abgelehnt {}",
    ],
)
async def test_a_giant_text_is_answered_with_a_small_one(command: str, database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, "!projekt neu eAkte")
    await bot.say(ANNA, "!feedback eAkte Frage: wie?")
    await bot.say(ANNA, "!konsultation neu Erste\nFrage: Ja?\nSchluss: 12.12.2026")
    for filler in ("ä" * 60_000, "wort " * 12_000, "a: b\n" * 12_000, "x" * 15_000):
        rows = await bot.say(ANNA, command.format(filler))
        assert len(answers(rows)) == 1
        assert all(len(row.content.encode()) < 60_000 for row in rows)
        assert "Nummer" not in plain(rows[0]), "no mistake of ours"


@pytest.mark.parametrize("words", MARKUP)
async def test_what_people_type_stays_text(words: str, database: Database) -> None:
    """It is stored as typed, shown as typed, formats nothing, fills no template and notifies nobody."""
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, "!projekt neu eAkte")
    commands = (
        f"!idee {words}",
        "!ideen",
        f"!feedback eAkte Lob: {words}",
        "!feedback eAkte",
        f"!status eAkte {words}",
        "!status eAkte",
        f"!ergebnis Art: {words}",
        "!ergebnis E1",
        f"!projekt eAkte\nZiel: {words}",
    )
    for command in commands:
        (row,) = await bot.say(ANNA, command)
        content = json.loads(row.content)
        assert words.removeprefix("# ") in content["body"], command
        assert "<script" not in content["formatted_body"]
        assert "<b>fett" not in content["formatted_body"]
        assert content["m.mentions"] == {}
    kept = await database.run(lambda session: projects.ideas(session, 1, ROOM))
    assert [idea.text for idea in kept] == [words]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("!idee ab\u202ecd\u202c", "abcd"),
        ("!idee\u200b Ka\u00adlen\u200bder\ufeff", "Kalender"),
        ("\u2067!idee Karte\u2069", "Karte"),
        ("!idee Cafe\u0301\x00\x07", "Café"),
        ("!idee eins\u2028zwei", "eins\nzwei"),
        ("!idee 👩\u200d💻", "👩\u200d💻"),
        ("!idee \ud83d kaputt", "\ufffd kaputt"),
    ],
)
async def test_invisible_characters_are_removed_at_the_door(typed: str, kept: str, database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    rows = await bot.handle(_from_outside({"msgtype": "m.text", "body": typed}))
    assert len(rows) == 1
    assert [idea.text for idea in await database.run(lambda session: projects.ideas(session, 1, ROOM))] == [kept]


def _from_outside(content: dict[str, Any], event_id: str = "$outside") -> Message:
    source = {"type": "m.room.message", "event_id": event_id, "sender": BEN, "origin_server_ts": 1, "content": content}
    event = decode(source, ROOM, us=US, received_at=START, offline_since=None, decrypted=True)
    assert isinstance(event, Message)
    return event


@pytest.mark.parametrize("msgtype", ["m.notice", "m.emote", "m.image", "m.bad.encrypted", None, 7])
def test_other_bots_are_not_answered(msgtype: object) -> None:
    content = {"msgtype": msgtype, "body": "!status"}
    source = {"type": "m.room.message", "event_id": "$1", "sender": BEN, "origin_server_ts": 1, "content": content}
    assert decode(source, ROOM, us=US, received_at=START, offline_since=None, decrypted=True) is None


def test_we_never_answer_ourselves() -> None:
    content = {"msgtype": "m.text", "body": "!status"}
    source = {"type": "m.room.message", "event_id": "$1", "sender": US, "origin_server_ts": 1, "content": content}
    assert decode(source, ROOM, us=US, received_at=START, offline_since=None, decrypted=True) is None


async def test_an_event_that_comes_twice_is_handled_once(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    idea = bot.message(BEN, "!idee Ein Kalender")
    nonsense = bot.message(BEN, "!kaffee")
    assert len(await bot.handle(idea, nonsense)) == 2
    assert await bot.handle(idea, nonsense) == []
    assert await bot.handle(idea, idea, nonsense) == []
    assert await Bot(database).handle(nonsense, idea) == [], "after a restart"
    assert len(await database.run(lambda session: projects.ideas(session, 1, ROOM))) == 1


async def test_strange_events_do_no_harm(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    common: dict[str, Any] = {"room_id": ROOM, "sender": BEN, "sent_at": START, "received_at": START}
    rows = await bot.handle(
        Vote(event_id="$1", poll="$nie", answers=("yes",), **common),
        Vote(event_id="$2", poll="", answers=(), **common),
        Reaction(event_id="$3", target="$nie", key="👍", **common),
        Reaction(event_id="$4", target="$nie", key="x" * 10_000, **common),
        Redacted(event_id="$5", target="$nie", **common),
        Members(room_id="!unbekannt:x", joined=frozenset({BEN})),
        bot.message(BEN, "!status", room_id="!unbekannt:x"),
    )
    assert rows == []


# Mistakes of ours


@dataclass(frozen=True)
class Words:
    """Anything."""

    words: str = rest(W("Text", "text"), default="")


def breaks(args: Words, ctx: Context) -> Answer:
    """Store something, then fail."""
    projects.add_idea(
        ctx.session,
        Idea(network_id=ctx.network_id, number=99, room_id=ROOM, text="halb", author=BEN, at=ctx.now, event_id="$halb"),
    )
    raise ZeroDivisionError(args.words)


def speechless(args: Words, ctx: Context) -> Answer:
    """Answer with a text that nobody has written."""
    return text("inbox.nobody_wrote_this")


def chatty(args: Words, ctx: Context) -> Answer:
    """Answer with more than a message can hold."""
    return text("inbox.unexpected", reference="x" * 70_000)


def _broken(name: str, run: Any) -> Command:
    return Command(
        W(name, name), (Form(args=Words, run=run, needs=Role.MEMBER, does=W("-", "-"), examples=(W(name, name),)),)
    )


BROKEN = (_broken("kaputt", breaks), _broken("stumm", speechless), _broken("lang", chatty))


async def test_an_unexpected_failure_shows_a_number_and_nothing_else(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot(database, commands=(*ALL, *BROKEN))
    await bot.enter()
    rows = await bot.handle(
        bot.message(BEN, "!idee davor"), bot.message(BEN, "!kaputt geheim"), bot.message(BEN, "!idee danach")
    )
    first, failed, last = (plain(row) for row in rows)
    assert (first, last) == ("I1 notiert: davor", "I2 notiert: danach")
    found = re.fullmatch(r"Das hat leider nicht geklappt\. .* Nummer ([0-9a-f]{4})\.", failed)
    assert found is not None
    assert f"reference {found[1]}" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    ideas = await database.run(lambda session: projects.ideas(session, 1, ROOM))
    assert [idea.text for idea in ideas] == ["davor", "danach"], "nothing of the failed command is kept"
    assert await bot.hear(CEM, "!ideen")


@pytest.mark.parametrize("command", ["!stumm", "!lang"])
async def test_an_answer_that_cannot_be_written_is_excused(command: str, database: Database) -> None:
    bot = Bot(database, commands=(*ALL, *BROKEN))
    await bot.enter()
    assert re.search("nicht geklappt|zu lang", await bot.hear(BEN, command))
    assert await bot.hear(BEN, "!ideen")


# Whatever people type

WORDS = sorted({name for command in ALL for name in (command.name.de, command.name.en, *command.name.also)})
VERBS = sorted({form.verb[language] for c in ALL for form in c.forms if form.verb for language in ("de", "en")})
MORE = ["Titel:", "12.12.2026", "Montag", "aus", "weil", BEN, "{answer}", "101%", "🟢", ":", "<b>", "Text: a\nText: b"]
TOKENS = st.sampled_from(
    [
        *VERBS,
        *MORE,
        "\n",
        "K1",
        "F1",
        "E1",
        "E1/1",
        "I1",
        "K1.1",
        "eAkte",
        "ja",
        "nein",
        "gelb",
        "60%",
        "Frage:",
        "Schluss:",
    ]
)
TYPED = st.one_of(
    st.text(max_size=60),
    st.builds(lambda name, words: f"{name} {' '.join(words)}", st.sampled_from(WORDS), st.lists(TOKENS, max_size=6)),
    st.builds(lambda name, words: f"{name} {words}", st.sampled_from(WORDS), st.text(max_size=40)),
)


@pytest.fixture(scope="module")
def busy_file(migrated: Path) -> Path:
    """A database with one of everything, for many tries."""
    file = Path(tempfile.mkdtemp(prefix="zwischenstand-", dir=migrated.parent)) / "busy.db"
    shutil.copyfile(migrated, file)
    database = Database(f"sqlite:///{file}")
    asyncio.run(_one_of_everything(Bot(database)))
    database.close()
    return file


async def _one_of_everything(bot: Bot) -> None:
    await bot.enter()
    for command in (
        f"!projekt neu eAkte\nVerantwortlich: {BEN}",
        "!feedback eAkte Frage: wie?",
        "!idee Karte",
        "!ergebnis Leitsatz: Offen.",
        "!konsultation neu Erste\nFrage: Ja?\nSchluss: 12.12.2026",
    ):
        assert await bot.say(ANNA, command)


@pytest.fixture(scope="module")
def busy(busy_file: Path) -> Any:
    database = Database(f"sqlite:///{busy_file}")
    yield Bot(database)
    database.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=TYPED, sender=st.sampled_from([ANNA, BEN, "@fremd:example.org"]))
@example(typed="projekt neu \u0130", sender=ANNA)
@example(typed="konsultation neu x\nFrage: ?\nSchluss: 31.12.9999 23:59", sender=ANNA)
@example(typed="konsultation neu x\nFrage: ?\nSchluss: in 99999999 Tagen", sender=ANNA)
@example(typed="konsultation neu x\nFrage: ?\nSchluss: 12.12.2026\nErinnerung: 99999999999 Tage", sender=ANNA)
@example(typed="status eAkte 99999999999999999999%", sender=ANNA)
@example(typed="feedback E" + "9" * 30, sender=ANNA)
@example(typed="sprache en", sender=ANNA)
def test_whatever_is_typed_gets_one_answer_and_harms_nothing(busy: Bot, typed: str, sender: str) -> None:
    """What reaches the inbox has been cleaned; nothing of it may raise or reach the people as a mistake of ours."""
    body = "!" + clean(typed)
    rows = asyncio.run(busy.say(sender, body))
    speaks = body[1:] and not body[1].isspace() and body[1] != "!"
    assert len(answers(rows)) == (1 if speaks else 0), [plain(row) for row in rows]
    assert not any("nicht geklappt" in plain(row) or "did not work" in plain(row) for row in rows)


def answers(rows: Sequence[Row]) -> list[Row]:
    """The rows that relate to what somebody wrote."""
    return [row for row in rows if "m.in_reply_to" in row.content or "m.annotation" in row.content]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_reading_a_command_only_ever_fails_politely(typed: str) -> None:
    table = Commands(ALL)
    for name in ("konsultation neu", "projekt neu", "stimme", ""):
        with contextlib.suppress(UserError):
            table.read(f"{name} {typed}", "de", "!")


async def test_time_passes_after_all_that(busy: Bot) -> None:
    """The clock goes through whatever was stored above."""
    busy.now += timedelta(days=40)
    assert await busy.tick(), "at least the first consultation ends"
    assert await busy.database.run(outbox.waiting) == []

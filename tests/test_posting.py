"""What is posted is never too large for an event: long messages come in parts, related to what asked only once."""

import json
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.context import Scope
from bot.effects import Direct, Edit, Effect, Reply, Say
from bot.events import Message, Vote
from bot.posting import Posting
from bot.store import questions
from bot.store.database import Database
from bot.store.outbox import Row
from bot.texts import Texts, text
from tests.fakes import ANNA, BEN, CEM, DEVICE, HOUSE, ROOM, START, Bot

MEGOLM = 4 / 3
LARGEST_PDU = 65_536
NEW = "!konsultation neu Obst\nFrage: Obst?\nSchluss: 4.12.2026 12:00"
SHORT, LONG = ["kurz"], [f"Satz{number}: {'äöü 🟢 ' * 40}" for number in range(120)]


@pytest.fixture
def posting(tmp_path: Path) -> Posting:
    own = tmp_path / "de" / "own.html"
    own.parent.mkdir()
    own.write_text("{% macro said(lines) %}{% for line in lines %}<p>{{ line }}</p>{% endfor %}{% endmacro %}")
    return Posting(Texts(tmp_path), DEVICE)


async def stored(database: Database, posting: Posting, *effects: Effect, asked: Message | None = None) -> list[Row]:
    return await database.run(lambda session: posting.store(Scope(session, START, HOUSE), effects, "cause", asked))


def asked(thread: str | None = None) -> Message:
    return Message(
        room_id=ROOM, event_id="$asked", sender=BEN, sent_at=START, received_at=START, body="!x", thread=thread
    )


def contents(rows: list[Row]) -> list[dict[str, Any]]:
    return [json.loads(row.content) for row in rows]


def assert_small(rows: list[Row]) -> None:
    """Even encrypted, as nio does it: ASCII, then base64, with room for keys and signatures."""
    for content in contents(rows):
        assert len(json.dumps(content)) * MEGOLM + 2_000 < LARGEST_PDU


async def test_only_the_first_part_of_a_reply_is_related_to_the_command(database: Database, posting: Posting) -> None:
    rows = await stored(database, posting, Reply(text("own.said", lines=LONG)), asked=asked())
    first, *others = contents(rows)
    assert [row.key for row in rows] == ["cause/0", *(f"cause/0/{number}" for number in range(1, len(rows)))]
    assert first["m.relates_to"] == {"m.in_reply_to": {"event_id": "$asked"}}
    assert others
    assert not any("m.relates_to" in content for content in others)
    assert re.findall(r"Satz\d+", " ".join(content["body"] for content in contents(rows))) == [
        line.partition(":")[0] for line in LONG
    ]
    assert len({row.transaction for row in rows}) == len(rows)
    assert_small(rows)


async def test_the_parts_stay_in_the_thread(database: Database, posting: Posting) -> None:
    rows = await stored(database, posting, Reply(text("own.said", lines=LONG)), asked=asked("$root"))
    first, *others = (content["m.relates_to"] for content in contents(rows))
    thread = {"rel_type": "m.thread", "event_id": "$root", "is_falling_back": False}
    assert first == {**thread, "m.in_reply_to": {"event_id": "$asked"}}
    assert others == [thread] * (len(rows) - 1)


async def test_a_long_message_notifies_once_and_is_said_once(database: Database, posting: Posting) -> None:
    say = Say(room_id=ROOM, key="neu", text=text("own.said", lines=LONG), mentions=(BEN,))
    rows = await stored(database, posting, say)
    first, *others = (content["m.mentions"] for content in contents(rows))
    assert first == {"user_ids": [BEN]}
    assert others == [{}] * (len(rows) - 1)
    assert await stored(database, posting, say) == []


async def test_what_was_said_short_is_not_gone_on_with(database: Database, posting: Posting) -> None:
    assert len(await stored(database, posting, Say(room_id=ROOM, key="neu", text=text("own.said", lines=SHORT)))) == 1
    assert await stored(database, posting, Say(room_id=ROOM, key="neu", text=text("own.said", lines=LONG))) == []


async def test_a_long_direct_message_keeps_one_question(database: Database, posting: Posting) -> None:
    direct = Direct(person=BEN, key="erinnert", text=text("own.said", lines=LONG), resume="stimme K1 {answer}")
    rows = await stored(database, posting, direct)
    assert [row.person for row in rows] == [BEN] * len(rows)
    assert {content["msgtype"] for content in contents(rows)} == {"m.text"}
    assert_small(rows)
    kept = await database.run(lambda s: [questions.asked_by(s, row.key, BEN, START) is not None for row in rows])
    assert kept == [True] + [False] * (len(rows) - 1)


async def test_an_edit_is_one_event_whatever_its_length(database: Database, posting: Posting) -> None:
    lines = ["Anfang", "Wort " * 20_000, "Ende"]
    rows = await stored(database, posting, Edit(room_id=ROOM, key="neu", of="alt", text=text("own.said", lines=lines)))
    (content,) = contents(rows)
    assert_small(rows)
    new = content["m.new_content"]["body"]
    assert new.startswith("Anfang\n\nWort Wort")
    assert new.endswith("Wort … (gekürzt)\n\nEnde")
    assert content["body"] == f"* {new}"


async def published(database: Database, people: list[str], *happenings: Message | Vote) -> list[Row]:
    """What is posted when a consultation of these people is over in which this happened."""
    bot = Bot(database)
    await bot.enter(ROOM, ANNA, *people)
    assert "$bot6" in [row.event_id for row in await bot.say(ANNA, NEW) if row.event_type.endswith("poll.start")]
    await bot.handle(*happenings)
    bot.now += timedelta(days=30)
    return [row for row in await bot.tick() if "/result" in row.key]


async def test_a_result_with_60_reasons_comes_in_parts(database: Database) -> None:
    """With more voters the table is in the minutes."""
    people = [f"@wähler-{number:03}:example.org" for number in range(59)]
    reason = "weil " + "Fristen äöü 🟢 " * 142
    votes = [
        Message(
            room_id=ROOM,
            event_id=f"$vote{number}",
            sender=person,
            sent_at=START,
            received_at=START,
            body=f"!stimme K1 ja {reason}",
        )
        for number, person in enumerate(people)
    ]
    assert len(reason) > 1_950
    *parts, chart = await published(database, people, *votes)
    assert_small(parts)
    assert [row.key for row in parts] == [
        f"consultation/1/result{f'/{number}' if number else ''}" for number in range(len(parts))
    ]
    assert [row.id for row in (*parts, chart)] == sorted(row.id for row in (*parts, chart))
    assert chart.action == "chart"
    bodies = [content["body"] for content in contents(parts)]
    assert len(parts) > 1
    assert bodies[0].startswith("K1 · Obst: angenommen · 59 Ja")
    assert all(re.match(r"(Wer +Stimme +Begründung|Nach Schluss|Gezählt wird)", body) for body in bodies[1:])
    assert "Prüfsumme" in bodies[-1]
    listed = re.findall(r"@\S+", "\n".join(bodies))
    assert listed == [ANNA, *people]
    assert "gekürzt" not in "".join(bodies)


def click(number: int, sender: str, minute: int = 0) -> Vote:
    at = START + timedelta(minutes=minute)
    return Vote(
        room_id=ROOM,
        event_id=f"$click{number}",
        sender=sender,
        sent_at=at,
        received_at=at,
        poll="$bot6",
        answers=("yes",),
    )


async def test_one_person_cannot_flood_the_result(database: Database) -> None:
    clicks = [click(number, CEM, number) for number in range(250)]
    rows = await published(database, [BEN], *clicks, click(250, "@dora:example.org"))
    result, _ = rows
    body = contents([result])[0]["body"]
    assert (
        "@cem:example.org, 250-mal eingegangen, zuerst Fr., 20. November 2026, 09:00 Uhr, "
        "zuletzt Fr., 20. November 2026, 13:09 Uhr: war nicht stimmberechtigt\n"
    ) in body
    assert "@dora:example.org, eingegangen Fr., 20. November 2026, 09:00 Uhr: war nicht" in body
    assert Counter(re.findall(r"@\w+", body))["@cem"] == 1


async def test_many_strangers_are_counted_together(database: Database) -> None:
    result, _ = await published(database, [BEN], *(click(n, f"@fremd{n}:example.org") for n in range(62)))
    body = contents([result])[0]["body"]
    assert len(re.findall("@fremd", body)) == 50
    assert "* und 12 weitere (im Protokoll)\n" in body


async def test_what_stands_in_a_thread_of_ours_names_its_root_by_key(database: Database, posting: Posting) -> None:
    said = Say(room_id=ROOM, key="line", text=text("own.said", lines=LONG), mentions=(BEN,), thread="root")
    rows = await stored(database, posting, said)
    assert len(rows) > 1
    for row, content in zip(rows, contents(rows), strict=True):
        assert row.refers_to == "root"
        assert content["m.relates_to"] == {"rel_type": "m.thread", "is_falling_back": True}
    assert [content["m.mentions"] for content in contents(rows)] == [{"user_ids": [BEN]}] + [{}] * (len(rows) - 1)


async def test_a_quiet_direct_message_is_a_notice(database: Database, posting: Posting) -> None:
    loud, quiet = (
        Direct(person=BEN, key=f"{quiet}", text=text("own.said", lines=SHORT), quiet=quiet) for quiet in (False, True)
    )
    rows = await stored(database, posting, loud, quiet)
    assert [content["msgtype"] for content in contents(rows)] == ["m.text", "m.notice"]

"""What people and the bot say and send each other in encrypted rooms; the real process, the real SDK."""

import pytest

from bot.demo.connection import Json
from bot.demo.person import relates_to
from tests.crash.process import PATIENCE
from tests.independent.conftest import NewSealedGroup
from tests.independent.group import SealedGroup

TABLE = "Organisation;Ebene\nTannengrund;Gemeinde\n"


def is_file(event: Json, name: str) -> bool:
    return bool(event["content"].get("filename") == name)


@pytest.mark.timeout(180)
async def test_both_directions(new_sealed_group: NewSealedGroup) -> None:
    group = await new_sealed_group(2)
    anna, ben = group.people
    async with group.running() as bot:
        room = await group.founded(bot)
        await in_a_thread(group, room)
        await files_of_the_bot(group, room)
        await in_a_direct_chat(group)
        assert await group.all_is_readable() > 10
        assert await anna.unread() == await ben.unread() == {}


async def in_a_thread(group: SealedGroup, room: str) -> None:
    """The answer stands in the thread; for the homeserver, too, which knows nothing else of it."""
    anna, ben = group.people
    start = await anna.say(room, "Wie steht es?")
    answer = await ben.ask(room, "!status eAkte gelb 40% Vergabe läuft", thread=start)
    assert answer["content"]["m.relates_to"]["rel_type"] == "m.thread"
    assert start in relates_to(answer)
    assert "40 %" in answer["content"]["body"]
    assert answer["sender"] == group.installation.user_id
    assert (answer["sealed"], answer["shield"]) == (True, 0)


async def files_of_the_bot(group: SealedGroup, room: str) -> None:
    """They lie encrypted on the homeserver."""
    anna, ben = group.people
    await anna.ask(room, "!treffen neu Werkstatt\nDatum: morgen 10:00–12:00\nOrt: Rathaus")
    posted = await ben.wait_for(room, lambda event: is_file(event, "T1.ics"), timeout=PATIENCE)
    calendar = await ben.attachment(posted)
    assert calendar.startswith(b"BEGIN:VCALENDAR")
    assert b"Werkstatt" in calendar
    assert "url" not in posted["content"]
    assert b"VCALENDAR" not in await ben.download(posted["content"]["file"]["url"])


async def in_a_direct_chat(group: SealedGroup) -> None:
    """A person opens it; a file that is dropped there is read."""
    anna, us = group.anna, group.installation.user_id
    chat = await anna.create_room("", invite=[us], direct=True)
    await anna.wait_for(chat, lambda event: event.get("state_key") == us and event["content"]["membership"] == "join")
    await anna.ask(chat, "import", timeout=PATIENCE)
    await anna.wait_for(chat, lambda event: is_file(event, "personen.csv"), timeout=PATIENCE)
    dropped = await anna.drop(chat, "orte.csv", TABLE.encode(), "text/csv")
    preview = await anna.answer_to(chat, dropped, timeout=PATIENCE)
    assert "Tannengrund" in preview["content"]["body"]
    assert (preview["sealed"], preview["shield"]) == (True, 0)
    await anna.ask(chat, "ja", reply_to=preview["event_id"])
    listed = await anna.ask(chat, "organisation liste")
    assert "Tannengrund" in listed["content"]["body"]

"""All that the bot sends, in an encrypted room: what is locked and what stands outside, and files both ways."""

import io
from datetime import UTC, datetime
from typing import Any

import nio  # type: ignore[import-untyped]
import pytest
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment  # type: ignore[import-untyped]

from bot import contents
from bot.effects import Poll
from bot.errors import Rejected
from bot.events import Dropped, Message, Reaction, Vote
from bot.matrix.decode import CONTENT_KEY
from bot.post import Post, Upload
from bot.texts import Rendered
from tests.matrix.anna import Anna
from tests.matrix.conftest import NewBot, encrypted_room
from tests.matrix.sealed import on_server, post, read, set_state

START, RESPONSE, END = (f"org.matrix.msc3381.poll.{kind}" for kind in ("start", "response", "end"))
SECRET = "Vergabe verzögert sich"
OUTSIDE = {"algorithm", "ciphertext", "session_id", "sender_key", "device_id", CONTENT_KEY, "m.relates_to"}


def relation(kind: str, event_id: str, **more: Any) -> dict[str, Any]:
    return {"m.relates_to": {"rel_type": kind, "event_id": event_id, **more}}


async def test_words_are_inside_and_relations_outside(new_bot: NewBot, anna: Anna) -> None:
    """What the server must know to sort it (spec: Relationships API), and not a word more."""
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    root = await bot.account.send(post(room, SECRET))
    new = Rendered(html=f"<p>{SECRET} nicht</p>", plain=f"{SECRET} nicht")
    reply = {"m.relates_to": {"m.in_reply_to": {"event_id": root}}}
    thread = relation("m.thread", root, is_falling_back=True, **{"m.in_reply_to": {"event_id": root}})
    edit = contents.replacing(new)
    edit["m.relates_to"]["event_id"] = root
    cases = {"reply": (SECRET, reply), "thread": (SECRET, thread), "edit": (edit["body"], edit)}
    for name, (body, content) in cases.items():
        sent = await bot.account.send(Post(room, "m.room.message", post(room, body).content | content, name, _now()))
        sealed = await on_server(anna, room, sent)
        assert sealed["type"] == "m.room.encrypted"
        assert sealed["content"].keys() == OUTSIDE
        assert sealed["content"]["m.relates_to"] == content["m.relates_to"]
        assert sealed["content"][CONTENT_KEY] == name
        seen = await read(anna, sent)
        assert seen.decrypted
        assert seen.source["content"]["m.relates_to"] == content["m.relates_to"]
        if name == "edit":
            assert seen.source["content"]["m.new_content"]["body"] == f"{SECRET} nicht"
        assert SECRET not in str(sealed)


async def test_a_poll_from_its_start_to_its_end(new_bot: NewBot, anna: Anna) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    poll = Poll(room_id=room, key="K1/poll", question=SECRET, answers=(("yes", "Ja"), ("no", "Nein")))
    started = await bot.account.send(Post(room, START, contents.poll(poll), "start", _now()))
    assert (await read(anna, started)).source["content"][START]["question"]["body"] == SECRET
    vote = relation("m.reference", started) | {RESPONSE: {"answers": ["yes"]}}
    await anna.client.room_send(room, RESPONSE, vote, ignore_unverified_devices=True)
    await bot.until(lambda: any(isinstance(event, Vote) for event in bot.events(room)))
    (voted,) = [event for event in bot.events(room) if isinstance(event, Vote)]
    assert (voted.poll, voted.answers) == (started, ("yes",))

    end = contents.end_poll("K1 ist zu Ende.")
    end["m.relates_to"]["event_id"] = started
    ended = await bot.account.send(Post(room, END, end, "end", _now()))
    for event_id in (started, ended):
        sealed = await on_server(anna, room, event_id)
        assert sealed["type"] == "m.room.encrypted"
        assert sealed["content"].keys() <= OUTSIDE
    assert (await on_server(anna, room, ended))["content"]["m.relates_to"] == end["m.relates_to"]
    seen = (await read(anna, ended)).source
    assert (seen["type"], seen["content"][END]) == (END, {})


async def test_reactions_pins_and_redactions_are_in_clear(new_bot: NewBot, anna: Anna) -> None:
    """No client reads an encrypted reaction, and what a redaction takes back the server must know."""
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    await anna.say(room, "!status")
    await bot.until_said(room, "!status")
    (asked,) = [event for event in bot.events(room) if isinstance(event, Message)]
    done = await bot.account.send(Post(room, "m.reaction", contents.reaction(asked.event_id, "✅"), "react", _now()))
    assert (await on_server(anna, room, done))["type"] == "m.reaction"
    assert await bot.account.find(Post(room, "m.reaction", {}, "react", _now())) == done
    own = await bot.account.send(post(room, "angeheftet"))
    answer = await anna.client.room_send(room, "m.reaction", relation("m.annotation", own, key="👍"))
    await bot.until(lambda: any(isinstance(event, Reaction) for event in bot.events(room)))
    (reaction,) = [event for event in bot.events(room) if isinstance(event, Reaction)]
    assert (reaction.event_id, reaction.target, reaction.key) == (answer.event_id, own, "👍")
    await set_state(anna, room, "m.room.power_levels", {"users": {bot.account.user_id: 50}})  # Anna is its creator
    await bot.account.pin(room, [own])
    assert await bot.account._parts.state.content(room, "m.room.pinned_events") == {"pinned": [own]}
    await anna.client.room_redact(room, answer.event_id)
    (taken_back,) = await bot.account.redactions([room], [answer.event_id])
    assert taken_back.target == answer.event_id


@pytest.mark.parametrize(
    ("kind", "mimetype", "name"),
    [("m.image", "image/png", "stand.png"), ("m.file", "text/html", "K1.html"), ("m.file", "text/calendar", "T2.ics")],
)
async def test_files_that_we_send(new_bot: NewBot, anna: Anna, kind: str, mimetype: str, name: str) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    content = SECRET.encode() * 1000
    part = await bot.account.upload(room, Upload(content, mimetype, name))
    assert part.keys() == {"file"}
    content_of = {"msgtype": kind, "body": name, "info": {"mimetype": mimetype, "size": len(content)}, **part}
    sent = await bot.account.send(Post(room, "m.room.message", content_of, "t1", _now()))
    seen = (await read(anna, sent)).source["content"]
    file = seen["file"]
    stored = await anna.client.download(file["url"])
    assert isinstance(stored, nio.DownloadResponse)
    assert SECRET.encode() not in stored.body
    assert (stored.content_type, stored.filename) == ("application/octet-stream", None), "its name says enough"
    assert decrypt_attachment(stored.body, file["key"]["k"], file["hashes"]["sha256"], file["iv"]) == content
    assert name not in str(await on_server(anna, room, sent))


async def test_files_that_people_drop(new_bot: NewBot, anna: Anna) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    table = b"Verbund;Organisation\r\nWest;Lindenstadt\r\n"
    locked, keys = encrypt_attachment(table)

    answer, _ = await anna.client.upload(
        io.BytesIO(locked), content_type="application/octet-stream", filesize=len(locked)
    )
    content = {"msgtype": "m.file", "body": "personen.csv", "file": {**keys, "url": answer.content_uri}}
    await anna.client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
    await bot.until(lambda: any(isinstance(event, Dropped) for event in bot.events(room)))
    (dropped,) = [event for event in bot.events(room) if isinstance(event, Dropped)]
    assert dropped.name == "personen.csv"
    assert await bot.account.download(dropped.source, 1000) == table
    forged = {**dropped.source, "file": {**dropped.source["file"], "hashes": {"sha256": "A" * 43}}}
    with pytest.raises(Rejected, match="cannot be decrypted"):
        await bot.account.download(forged, 1000)


def _now() -> datetime:
    return datetime.now(UTC)

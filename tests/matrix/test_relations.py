"""What a real homeserver lists for a post: all pages, encrypted or not, without what was taken back."""

import json
from collections.abc import Collection
from datetime import UTC, datetime

import pytest

import bot.matrix.relations as module
from bot.contents import poll
from bot.demo.homeserver import Homeserver
from bot.effects import Poll
from bot.errors import TryAgain
from bot.events import Reaction, Undecryptable, Vote
from bot.post import Post
from tests.conftest import Newcomer
from tests.matrix.admin import create, remove
from tests.matrix.anna import Anna
from tests.matrix.conftest import NewBot, Recorder, encrypted_room, in_room

POLL = poll(Poll(room_id="!r", key="p", question="Mehr Kaffee?", answers=(("yes", "Ja"), ("no", "Nein"))))
START = "org.matrix.msc3381.poll.start"
RESPONSE = "org.matrix.msc3381.poll.response"


async def everything(event_ids: Collection[str]) -> set[str]:
    return set(event_ids)


async def posted(bot: Recorder, room: str) -> str:
    return await bot.account.send(Post(room, START, dict(POLL), "poll", datetime.now(UTC)))


async def test_all_pages_in_the_order_of_sending(
    new_bot: NewBot, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    bot, person = await new_bot(), await newcomer("boris")
    room = await create(person, invite=[bot.account.user_id])
    await in_room(bot, room)
    event_id = await posted(bot, room)
    sent = [await person.vote(room, event_id, "yes" if number % 2 else "no") for number in range(10)]
    thumb = await person.react(room, event_id, "👍")
    other = await person.say(room, "Ich bin dafür.", reply_to=event_id)

    found = await bot.account.relations([(room, event_id)], everything)
    assert found.listed == {*sent, thumb}
    assert other not in found.listed
    votes = [each for each in found.votes if isinstance(each, Vote)]
    assert [(each.event_id, each.sender, each.poll) for each in votes] == [
        (each, person.user_id, event_id) for each in sent
    ]
    assert [each.answers for each in votes[:2]] == [("no",), ("yes",)]
    assert [each.key for each in found.votes if isinstance(each, Reaction)] == ["👍"]
    assert (found.unread, found.problem) == ((), "")


async def test_what_we_know_is_listed_and_not_read(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, person = await new_bot(), await newcomer("boris")
    room = await create(person, invite=[bot.account.user_id])
    await in_room(bot, room)
    event_id = await posted(bot, room)
    known, new = await person.vote(room, event_id, "yes"), await person.vote(room, event_id, "no")

    async def but_one(event_ids: Collection[str]) -> set[str]:
        return set(event_ids) - {known}

    found = await bot.account.relations([(room, event_id)], but_one)
    assert found.listed == {known, new}
    assert [each.event_id for each in found.votes] == [new]


async def test_who_took_a_vote_back(new_bot: NewBot, newcomer: Newcomer) -> None:
    """The list forgets a redacted vote; the event tells who did it."""
    bot, person, moderator = await new_bot(), await newcomer("boris"), await newcomer("mona")
    room = await create(moderator, invite=[bot.account.user_id, person.user_id])
    await in_room(bot, room)
    await person.join(room)
    event_id = await posted(bot, room)
    own, removed, stays = [await person.vote(room, event_id, "yes") for _ in range(3)]
    first = await person.redact(room, own)
    second = await moderator.redact(room, removed)

    found = await bot.account.relations([(room, event_id)], everything)
    assert found.listed == {stays}
    unknown = "$gibt_es_nicht"
    gone = await bot.account.redactions(["!anderswo:example.org", room], [own, removed, stays, unknown])
    assert [(each.event_id, each.sender, each.target) for each in gone] == [
        (first, person.user_id, own),
        (second, moderator.user_id, removed),
    ]
    assert all(abs((each.sent_at - datetime.now(UTC)).total_seconds()) < 60 for each in gone)


async def test_a_post_that_cannot_be_read_is_a_problem_and_the_others_are_read(
    new_bot: NewBot, newcomer: Newcomer
) -> None:
    bot, person = await new_bot(), await newcomer("boris")
    rooms = [await create(person, invite=[bot.account.user_id]) for _ in range(2)]
    posts = []
    for room in rooms:
        await in_room(bot, room)
        posts.append((room, await posted(bot, room)))
    vote = await person.vote(*posts[1], "yes")
    await remove(person, rooms[0], bot.account.user_id)
    found = await bot.account.relations([(rooms[0], "$nie"), *posts], everything)
    assert vote in found.listed
    assert "$nie" in found.problem


async def test_when_the_homeserver_is_away(new_bot: NewBot, newcomer: Newcomer, homeserver: Homeserver) -> None:
    bot, person = await new_bot(), await newcomer("boris")
    room = await create(person, invite=[bot.account.user_id])
    await in_room(bot, room)
    event_id = await posted(bot, room)
    await homeserver.stop()
    with pytest.raises(TryAgain):
        await bot.account.relations([(room, event_id)], everything)
    with pytest.raises(TryAgain):
        await bot.account.redactions([room], [event_id])
    await homeserver.start()
    await bot.account.reached()  # until then, nothing goes out
    assert (await bot.account.relations([(room, event_id)], everything)).problem == ""


async def test_encrypted_votes(new_bot: NewBot, anna: Anna) -> None:
    bot = await new_bot()
    room = await encrypted_room(anna, bot)
    event_id = await posted(bot, room)
    await anna.until(lambda: any(each.event_id == event_id for each in anna.events))
    content = {"m.relates_to": {"rel_type": "m.reference", "event_id": event_id}, RESPONSE: {"answers": ["yes"]}}
    sent = await anna.client.room_send(room, RESPONSE, content, ignore_unverified_devices=True)
    await bot.until(lambda: any(isinstance(each, Vote) for each in bot.events(room)))

    found = await bot.account.relations([(room, event_id)], everything)
    (vote,) = found.votes
    assert isinstance(vote, Vote)
    assert (vote.event_id, vote.answers, vote.poll) == (sent.event_id, ("yes",), event_id)

    sealed = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "ciphertext": "AwgAEnACgAkLmt6qF84IK++J7UDH2Za1YVchHyprqTqsg2yyO",
        "device_id": "ANNA",
        "sender_key": "k",
        "session_id": "unbekannt",
        "m.relates_to": content["m.relates_to"],
    }
    path = f"/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/sealed"
    headers = {"Authorization": f"Bearer {anna.client.access_token}", "Content-Type": "application/json"}
    answer = await anna.client.send("PUT", path, data=json.dumps(sealed), headers=headers)
    own = (await answer.json())["event_id"]
    found = await bot.account.relations([(room, event_id)], everything)
    assert found.listed == {sent.event_id, own}
    assert [each.event_id for each in found.unread] == [own]
    assert all(isinstance(each, Undecryptable) for each in found.unread)
    assert len(found.votes) == 1

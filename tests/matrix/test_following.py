"""Following a real homeserver: nothing is lost, nothing from before our time is handled."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import nio  # type: ignore[import-untyped]
import pytest

from bot.demo.homeserver import Homeserver
from bot.errors import OperatorError
from bot.events import Batch, Invited, Left, Members, Membership, Message, Named, Powers, Reaction, Redacted, Vote
from bot.matrix.batches import Moment, Reader
from tests.conftest import Newcomer
from tests.matrix.conftest import NewBot, in_room, settled


async def test_an_invitation_a_join_and_everything_people_do(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    us = bot.account.user_id
    room = await anna.create_room("Netzwerk Süd", invite=[us])
    await bot.until(lambda: any(isinstance(h, Invited) for h in bot.happenings))
    (invited,) = [h for h in bot.happenings if isinstance(h, Invited)]
    assert (invited.room_id, invited.inviter, invited.direct) == (room, anna.user_id, False)

    await in_room(bot, room)
    members = next(h for h in bot.happenings if isinstance(h, Members) and h.room_id == room)
    assert members.joined == {us, anna.user_id}
    assert any(isinstance(e, Named) and e.name == "Netzwerk Süd" for e in bot.events(room))

    said = await anna.say(room, "!help", mentions=[us])
    poll = {"rel_type": "m.reference", "event_id": said}
    await anna.react(room, said, "👍")
    await anna.vote(room, said, "a1")
    await anna.vote(room, said)
    await anna.redact(room, said)
    await anna.send(room, "m.poll.response", {"m.relates_to": poll, "m.selections": ["a2"]})
    await anna.say(room, "Ende")
    await bot.until_said(room, "Ende")

    events = bot.events(room)
    message = next(e for e in events if isinstance(e, Message))
    assert (message.event_id, message.body, message.mentions_us, message.offline_since) == (said, "!help", True, None)
    assert [(e.target, e.key) for e in events if isinstance(e, Reaction)] == [(said, "👍")]
    assert [e.answers for e in events if isinstance(e, Vote)] == [("a1",), (), ("a2",)]
    assert [e.target for e in events if isinstance(e, Redacted)] == [said]


async def test_what_was_missed_comes_in_order_and_whole(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna, boris = await new_bot(), await newcomer("anna"), await newcomer("boris")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    await anna.say(room, "vorher")
    await bot.until_said(room, "vorher")
    await bot.stop()

    away = datetime.now(UTC)
    await anna.invite(room, boris.user_id)
    await boris.join(room)
    for number in range(300):
        await (boris if number % 2 else anna).say(room, f"Nr. {number}")
    await boris.leave(room)
    await bot.start(alive_at=away)

    await bot.until_said(room, "Nr. 299")
    numbers = [body for body in bot.bodies(room) if body.startswith("Nr.")]
    assert numbers == [f"Nr. {number}" for number in range(300)]
    late = [e for e in bot.events(room) if isinstance(e, Message) and e.body.startswith("Nr.")]
    assert {e.offline_since for e in late} == {away}
    changes = [e.state for e in bot.events(room) if isinstance(e, Membership) and e.person == boris.user_id]
    assert changes == ["invite", "join", "leave"]


async def test_what_comes_while_the_first_answer_is_handled_was_missed_as_well(
    new_bot: NewBot, newcomer: Newcomer
) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    await bot.stop()
    away = datetime.now(UTC)
    await bot.sign_in()
    blocked = asyncio.Event()

    async def slow(batch: Batch) -> None:
        await blocked.wait()
        await bot.handle(batch)

    bot.follow(slow, alive_at=away)
    await asyncio.sleep(0.5)
    await anna.say(room, "knapp")
    blocked.set()
    await bot.until_said(room, "knapp")
    await anna.say(room, "danach")
    await bot.until_said(room, "danach")
    offline = {e.body: e.offline_since for e in bot.events(room) if isinstance(e, Message)}
    assert offline == {"knapp": away, "danach": None}


async def test_a_burst_while_running_is_whole_as_well(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    await bot.stop()
    await bot.sign_in()
    blocked = asyncio.Event()

    async def slow(batch: Batch) -> None:
        await blocked.wait()
        await bot.handle(batch)

    bot.follow(slow)
    for number in range(150):
        await anna.say(room, f"Nr. {number}")
    blocked.set()
    await bot.until_said(room, "Nr. 149")
    assert [b for b in bot.bodies(room) if b.startswith("Nr.")] == [f"Nr. {n}" for n in range(150)]


async def test_the_very_first_start_drops_history_but_knows_the_rooms(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Alt", invite=[bot.account.user_id])
    await in_room(bot, room)
    await anna.say(room, "!open Altes")
    await bot.until_said(room, "!open Altes")
    await bot.stop()

    bot.token, bot.batches = None, []
    await bot.start()
    assert [type(h) for h in bot.batches[0].happenings] == [Members, Named, Powers]
    assert bot.bodies(room) == []


@pytest.mark.parametrize("offline", [False, True], ids=["running", "stopped between join and sync"])
@pytest.mark.parametrize("noise", [3, 130], ids=["short", "longer than a timeline"])
async def test_a_new_room_counts_from_the_invitation_on(
    new_bot: NewBot, newcomer: Newcomer, offline: bool, noise: int
) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Neu")
    await anna.say(room, "!open zu früh")
    await anna.invite(room, bot.account.user_id)
    await anna.say(room, "!help eingeladen")
    await bot.until(lambda: any(isinstance(h, Invited) for h in bot.happenings))
    for number in range(noise):
        await anna.say(room, f"Nr. {number}")
    if offline:
        await bot.unfollow()
        await bot.account.join(room)
        await anna.say(room, "nach dem Beitritt")
        await bot.stop()
        await bot.start(alive_at=datetime.now(UTC))
    else:
        await bot.account.join(room)
        await anna.say(room, "nach dem Beitritt")
    await bot.until_said(room, "nach dem Beitritt")
    assert bot.bodies(room) == ["!help eingeladen", *(f"Nr. {n}" for n in range(noise)), "nach dem Beitritt"]


async def test_a_batch_that_failed_comes_again(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    token = bot.token
    await bot.stop()
    await anna.say(room, "!tally")
    await bot.start()
    await bot.until_said(room, "!tally")
    await bot.stop()

    bot.token, bot.batches = token, []
    await bot.sign_in()

    async def broken(_batch: Batch) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await bot.account.listen(broken, token, None)
    bot.follow()
    await bot.until_said(room, "!tally")


async def test_being_removed_and_left(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    await bot.account.leave(room, "Diese Gruppe kenne ich nicht.")
    await bot.until(lambda: any(isinstance(h, Left) and h.room_id == room for h in bot.happenings))
    left = await anna.wait_for(room, lambda e: e["type"] == "m.room.member" and e["content"]["membership"] == "leave")
    assert left["content"]["reason"] == "Diese Gruppe kenne ich nicht."
    await bot.account.leave(room, "noch einmal")

    await anna.invite(room, bot.account.user_id)
    await anna.say(room, "wieder da?")
    await bot.account.join(room)
    await bot.until_said(room, "wieder da?")


async def test_who_forges_an_invitation_is_not_believed(new_bot: NewBot, newcomer: Newcomer) -> None:
    """The inviter's server fills this list; the homeserver appends the event that it has checked."""
    bot, anna = await new_bot(), await newcomer("anna")

    def invitation(sender: str, **content: Any) -> dict[str, Any]:
        event = {"type": "m.room.member", "state_key": bot.account.user_id, "sender": sender}
        return event | {"content": {"membership": "invite"} | content}

    chief, mallory, us = "@chef:netz.example", "@mallory:fern.example", bot.account.user_id
    join = {"type": "m.room.member", "state_key": us, "sender": us, "content": {"membership": "join"}}
    other = invitation(chief) | {"state_key": anna.user_id}
    for events, inviter in (
        ([invitation(chief, is_direct=True), join, invitation(mallory), other], mallory),
        ([invitation(chief), invitation("@" + "x" * 300 + ":fern.example")], None),
        ([join, other], None),
    ):
        info = nio.InviteInfo([nio.InviteEvent.parse_event(event) for event in events])
        moment = Moment(since="s1", full=False, received_at=datetime.now(UTC), offline_since=None)
        found = Reader(bot.account._client, us)._invited("!r", info, moment)
        assert [(h.inviter, h.direct) for h in found if isinstance(h, Invited)] == (
            [(inviter, False)] if inviter else []
        )


async def test_malformed_messages_to_the_device_do_not_stop_the_sync(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna, mallory = await new_bot(), await newcomer("anna"), await newcomer("mallory")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    olm = "m.olm.v1.curve25519-aes-sha2"
    own = bot.account._client.olm.account.identity_keys["curve25519"]
    head = {"algorithm": olm, "sender_key": "A" * 43}
    contents: list[tuple[str, dict[str, Any]]] = [
        ("m.room.encrypted", {}),
        ("m.room.encrypted", {"algorithm": 3}),
        ("m.room.encrypted", head | {"ciphertext": {own: {"type": 0, "body": "xx"}}}),
        ("m.room.encrypted", head | {"ciphertext": {own: {"type": 1, "body": ""}}}),
        ("m.room.encrypted", {"algorithm": olm, "sender_key": "", "ciphertext": {own: {"type": 0, "body": "A" * 200}}}),
        ("m.room.encrypted", head | {"ciphertext": {own: {"body": "xx"}}}),
        ("m.room.encrypted", head | {"ciphertext": {own: []}}),
        ("m.room.encrypted", head | {"ciphertext": {own: {"type": 9, "body": "x"}}}),
        ("m.room_key_request", {"action": "request", "request_id": "1", "requesting_device_id": "X", "body": {}}),
        ("m.room_key_request", {"action": "request_cancellation", "request_id": [], "requesting_device_id": "X"}),
        ("m.room_key_request", {"action": []}),
        ("m.key.verification.start", {"transaction_id": "1", "from_device": "X", "method": "m.sas.v1"}),
        ("m.key.verification.key", {"transaction_id": "1", "key": "%%%"}),
        ("m.key.verification.mac", {"transaction_id": "nie begonnen", "mac": {}, "keys": ""}),
        ("m.dummy", {}),
    ]  # fmt: skip
    for number, (kind, content) in enumerate(contents):
        body = {"messages": {bot.account.user_id: {"*": content}}}
        await mallory._connection.call("PUT", f"/sendToDevice/{kind}/{number}", body)
    await anna.say(room, "lebst du noch?")
    await bot.until_said(room, "lebst du noch?")


async def test_after_an_outage_it_goes_on_by_itself(
    new_bot: NewBot, newcomer: Newcomer, homeserver: Homeserver
) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    stopped = datetime.now(UTC)
    await homeserver.stop()
    assert not await settled(bot)
    await homeserver.start()
    await anna.say(room, "wieder da")
    await bot.until_said(
        room,
        "wieder da",
    )
    message = next(e for e in bot.events(room) if isinstance(e, Message))
    assert message.offline_since is not None
    assert stopped - timedelta(seconds=60) < message.offline_since <= stopped


async def test_a_session_ended_by_the_server_stops_the_loop(new_bot: NewBot, homeserver: Homeserver) -> None:
    bot = await new_bot()
    headers = {"Authorization": f"Bearer {bot.account._client.access_token}"}
    async with aiohttp.ClientSession(homeserver.url, headers=headers) as session:
        await session.post("/_matrix/client/v3/logout", json={})
    assert bot.task is not None
    with pytest.raises(OperatorError, match="ended our session"):
        await asyncio.wait_for(bot.task, 40)
    bot.task = None

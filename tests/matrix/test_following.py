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
from tests.matrix.conftest import NewBot, Recorder, in_room


async def quiet(bot: Recorder) -> None:
    async with asyncio.timeout(10):
        while not await settled(bot):
            pass


async def settled(bot: Recorder) -> bool:
    return await bot.account.nothing_waiting(datetime.now(UTC))


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


async def test_nothing_waiting_sees_what_the_loop_has_not_handled(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    await quiet(bot)
    gate = asyncio.Event()

    async def held(batch: Batch) -> None:
        await gate.wait()
        await bot.handle(batch)

    await bot.stop()
    await bot.sign_in()
    assert not await settled(bot)  # no token is handled yet
    bot.follow(held)
    await asyncio.sleep(0.3)
    assert await settled(bot)
    await anna.say(room, "!vote ja")
    assert not await settled(bot)
    assert not await settled(bot)
    gate.set()
    await bot.until_said(room, "!vote ja")
    await quiet(bot)


async def test_constant_talk_holds_nothing_up_and_a_vote_before_the_close_is_handled_first(
    new_bot: NewBot, newcomer: Newcomer
) -> None:
    bot, anna, boris = await new_bot(), await newcomer("anna"), await newcomer("boris")
    room, noisy = [await anna.create_room(name, invite=[bot.account.user_id]) for name in ("Runde", "Lärm")]
    await in_room(bot, room)
    await in_room(bot, noisy)
    await anna.invite(noisy, boris.user_id)
    await boris.join(noisy)
    await bot.unfollow()

    async def slow(batch: Batch) -> None:
        await asyncio.sleep(0.2)
        await bot.handle(batch)

    async def chat() -> None:
        while True:
            await boris.say(noisy, "bla")

    bot.follow(slow)
    talk = asyncio.create_task(chat())
    try:
        for number in range(3):
            await anna.say(room, f"!stimme {number}")
            close, busy = datetime.now(UTC), 0
            async with asyncio.timeout(10):
                while not await bot.account.nothing_waiting(close):
                    busy += 1
            assert f"!stimme {number}" in bot.bodies(room)
            assert busy, "somebody talked"
    finally:
        talk.cancel()
        await asyncio.wait({talk})


async def test_an_answer_that_took_its_time_proves_nothing(
    new_bot: NewBot, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It arrives after the vote and does not hold it: the homeserver had begun with it before."""
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Runde", invite=[bot.account.user_id])
    await in_room(bot, room)
    listener = bot.account._parts.listener
    real, on_its_way, arrived = listener._sync, asyncio.Event(), asyncio.Event()

    async def late(token: str | None, *, full: bool, at_once: bool) -> Any:
        answer = await real(token, full=full, at_once=at_once)
        on_its_way.set()
        await arrived.wait()
        return answer

    monkeypatch.setattr(listener, "_sync", late)
    await anna.say(room, "vorher")
    await bot.until_said(room, "vorher")
    await anna.say(room, "noch etwas")
    await on_its_way.wait()
    await anna.say(room, "!stimme ja")
    close = datetime.now(UTC)
    await asyncio.sleep(1.2)
    arrived.set()
    async with asyncio.timeout(10):
        while not await bot.account.nothing_waiting(close):
            pass
    assert "!stimme ja" in bot.bodies(room)


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


async def test_while_something_waits_for_its_turn_nobody_counts_it_as_handled(
    new_bot: NewBot, newcomer: Newcomer
) -> None:
    """The next batch comes at once, although nothing is new; what is due waits, as after a missed vote."""
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Flut", invite=[bot.account.user_id])
    await in_room(bot, room)
    await bot.unfollow()
    seen: list[bool] = []

    async def handle(batch: Batch) -> bool:
        if len(bot.batches) > started:
            seen.append(await bot.account.nothing_waiting(datetime.now(UTC)))
        await bot.handle(batch)
        return started < len(bot.batches) < started + 4

    started = len(bot.batches) + 1
    bot.follow(handle)
    await bot.until(lambda: len(bot.batches) == started)
    await anna.say(room, "!help")
    await bot.until(lambda: len(bot.batches) == started + 4)
    assert seen == [False] * 3
    await quiet(bot)

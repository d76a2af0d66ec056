"""Opening a room on a real homeserver: one room for one key, whatever happens in between."""

import dataclasses
import secrets
from typing import Any

import aiohttp
import pytest

from bot.demo.connection import quoted
from bot.demo.person import Person
from bot.errors import Rejected, TryAgain
from bot.events import Members, Powers
from bot.matrix import opening
from bot.matrix.client import Account
from bot.post import NewRoom
from tests.conftest import Newcomer
from tests.matrix.admin import call, create, get_state
from tests.matrix.conftest import NewBot, Recorder


def ordered(**wishes: Any) -> NewRoom:
    """A room under an alias of its own."""
    values: dict[str, Any] = {
        "key": "gruppe:1",
        "alias": f"verbund-bildung-{secrets.token_hex(4)}",
        "name": "Bildung",
        "topic": "Was wir in der Bildung vorhaben",
        "space": False,
        "encrypted": False,
        "powers": {},
    }
    return NewRoom(**(values | wishes))


async def rooms_of(bot: Recorder) -> set[str]:
    return set((await bot.account._client.joined_rooms()).rooms)


async def state(bot: Recorder, room_id: str, kind: str) -> dict[str, Any] | None:
    return await bot.account._parts.state.content(room_id, kind)


def alias_of(bot: Recorder, local: str) -> str:
    return f"#{local}:{bot.settings.server}"


def losing_the_answer(account: Account, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """The homeserver does what it is asked once, and nobody hears of it."""
    client = account._client
    real, lost = client.send, [part]

    async def send(method: str, path: str, *rest: Any, **more: Any) -> Any:
        answer = await real(method, path, *rest, **more)
        if lost and method != "GET" and lost[0] in path:
            lost.clear()
            await answer.read()
            raise aiohttp.ServerDisconnectedError
        return answer

    monkeypatch.setattr(client, "send", send)


async def test_a_room_is_opened_once_and_as_ordered(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna, boris = await new_bot(), await newcomer("anna"), await newcomer("boris")
    order = ordered(powers={anna.user_id: 100, boris.user_id: 50})
    room = await bot.account.open_room(order)
    assert await bot.account.open_room(order) == room
    assert await rooms_of(bot) == {room}
    assert await state(bot, room, "m.room.name") == {"name": "Bildung"}
    assert (await state(bot, room, "m.room.topic") or {})["topic"] == order.topic
    assert await state(bot, room, "m.room.history_visibility") == {"history_visibility": "shared"}
    assert await state(bot, room, "m.room.guest_access") == {"guest_access": "forbidden"}
    assert (await state(bot, room, "m.room.join_rules") or {})["join_rule"] == "invite"
    assert await state(bot, room, "m.room.encryption") is None
    assert (await state(bot, room, "m.room.create") or {})["de.zwischenstand.key"] == order.key
    levels = await state(bot, room, "m.room.power_levels") or {}
    assert levels["users"] | {anna.user_id: 100, boris.user_id: 50} == levels["users"]
    assert [levels[what] for what in ("state_default", "events_default", "invite", "kick", "ban", "redact")] == (
        [50, 0, 50, 50, 50, 50]
    )
    assert levels["events"]["m.room.tombstone"] == levels["events"]["m.room.power_levels"] == 100
    assert levels["events"]["m.room.pinned_events"] == levels["events"]["m.room.name"] == 50
    await bot.until(lambda: any(isinstance(h, Members) and h.room_id == room for h in bot.happenings))
    assert [e.lacks for e in bot.events(room) if isinstance(e, Powers)][-1:] == [frozenset()]

    await bot.account.invite(room, anna.user_id)
    await anna.join(room)
    await anna.say(room, "Guten Tag")
    assert (await get_state(anna, room, "m.room.canonical_alias"))["alias"] == alias_of(bot, order.alias)


@pytest.mark.parametrize("space", [False, True])
async def test_spaces_and_encrypted_rooms(new_bot: NewBot, space: bool) -> None:
    bot = await new_bot()
    room = await bot.account.open_room(ordered(space=space, encrypted=not space, topic=""))
    assert (await state(bot, room, "m.room.create") or {}).get("type") == ("m.space" if space else None)
    assert (await state(bot, room, "m.room.encryption") is None) is space
    assert (await state(bot, room, "m.room.power_levels") or {})["events_default"] == (100 if space else 0)
    assert await state(bot, room, "m.room.topic") is None
    await bot.until(lambda: any(isinstance(e, Powers) for e in bot.events(room)))
    assert all(not e.lacks for e in bot.events(room) if isinstance(e, Powers))


@pytest.mark.parametrize("part", ["/createRoom", "/state/m.room.power_levels"])
async def test_after_a_lost_answer_the_same_room_is_found(
    new_bot: NewBot, newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    order = ordered(powers={anna.user_id: 50})
    losing_the_answer(bot.account, monkeypatch, part)
    with pytest.raises(TryAgain):
        await bot.account.open_room(order)
    (made,) = await rooms_of(bot)
    assert await bot.account.open_room(order) == made
    assert await rooms_of(bot) == {made}
    assert (await state(bot, made, "m.room.power_levels") or {})["users"][anna.user_id] == 50


async def test_a_room_that_is_still_being_made_is_waited_for_and_a_half_made_one_completed(
    new_bot: NewBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The homeserver is killed between the events of a new room, or a bot looks while it is at it."""
    bot = await new_bot()
    order = ordered(topic="")
    made = await bot.account.open_room(order)
    states, hidden = bot.account._parts.opening._state, [True]
    real = states.content

    async def content(room_id: str, kind: str, state_key: str = "") -> Any:
        return None if kind == "m.room.power_levels" and hidden else await real(room_id, kind, state_key)

    monkeypatch.setattr(states, "content", content)
    with pytest.raises(TryAgain, match="still being made"):
        await bot.account.open_room(order)
    monkeypatch.setattr(opening, "STILL_MADE", 0)
    whole = dataclasses.replace(order, topic="Jetzt ganz", encrypted=True)
    assert await bot.account.open_room(whole) == made
    hidden.clear()
    assert (await state(bot, made, "m.room.topic") or {})["topic"] == "Jetzt ganz"
    assert await state(bot, made, "m.room.encryption") is not None
    assert (await state(bot, made, "m.room.power_levels") or {})["events"]["m.room.tombstone"] == 100


async def test_a_room_that_is_not_to_be_seen_yet_is_looked_at_again(
    new_bot: NewBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Synapse gives out the alias first: a room behind it that shows nothing may be ours in a moment."""
    bot = await new_bot()
    order = ordered()
    made = await bot.account.open_room(order)
    states, looks = bot.account._parts.opening._state, [1, 2]
    real = states.membership

    async def membership(room_id: str, person: str) -> Any:
        return {} if looks and looks.pop() else await real(room_id, person)

    monkeypatch.setattr(states, "membership", membership)
    monkeypatch.setattr(opening, "LOOK_AGAIN", 0.01)
    assert await bot.account.open_room(order) == made
    assert await rooms_of(bot) == {made}


async def test_nobody_is_lowered_by_a_repetition(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    order = ordered(powers={anna.user_id: 50})
    room = await bot.account.open_room(order)
    await bot.account.empower(room, anna.user_id, 100)
    await bot.account.open_room(order)
    await bot.account.empower(room, anna.user_id, 50)
    assert (await state(bot, room, "m.room.power_levels") or {})["users"][anna.user_id] == 100


async def test_an_alias_that_a_stranger_holds(new_bot: NewBot, newcomer: Newcomer) -> None:
    """Also if the stranger knows our key and lets us in, and also if he lets the alias go in the end."""
    bot, mallory = await new_bot(), await newcomer("mallory")
    order = ordered()
    trap = await create(
        mallory,
        room_alias_name=order.alias,
        creation_content={"de.zwischenstand.key": order.key},
        invite=[bot.account.user_id],
    )
    await bot.account.join(trap)
    room = await bot.account.open_room(order)
    assert room != trap
    assert (await state(bot, room, "m.room.canonical_alias") or {})["alias"] == alias_of(bot, f"{order.alias}-2")
    assert await bot.account.open_room(order) == room
    await call(mallory, "DELETE", f"/directory/room/{quoted(alias_of(bot, order.alias))}")
    assert await bot.account.open_room(order) == room
    assert await rooms_of(bot) == {trap, room}


async def test_another_key_is_another_room_and_one_that_we_left_is_none(new_bot: NewBot) -> None:
    bot = await new_bot()
    first = ordered()
    second = ordered(alias=first.alias, key="gruppe:2")
    rooms = [await bot.account.open_room(order) for order in (first, second, first, second)]
    assert rooms[:2] == rooms[2:]
    assert rooms[0] != rooms[1]
    await bot.account.leave(rooms[0], "")
    again = await bot.account.open_room(first)
    assert again not in rooms
    assert await bot.account.open_room(first) == again


async def test_no_alias_left(new_bot: NewBot, newcomer: Newcomer) -> None:
    bot, mallory = await new_bot(), await newcomer("mallory")
    order = ordered()
    room = await create(mallory)
    for local in (order.alias, *(f"{order.alias}-{number}" for number in range(2, 21))):
        await take(mallory, bot, local, room)
    with pytest.raises(Rejected, match="taken"):
        await bot.account.open_room(order)
    assert await rooms_of(bot) == set()


async def take(person: Person, bot: Recorder, local: str, room_id: str) -> None:
    await call(person, "PUT", f"/directory/room/{quoted(alias_of(bot, local))}", {"room_id": room_id})

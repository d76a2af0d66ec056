"""Answers that a healthy Synapse does not give: refusals of all kinds, proxies, and events that nio chokes on."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nio  # type: ignore[import-untyped]
import pytest
from aiohttp import web

from bot.errors import Barred, NotSent, Rejected, TryAgain
from bot.events import Message
from bot.matrix import asking
from bot.matrix.batches import Moment, Reader
from bot.matrix.listening import Listener
from bot.matrix.safe import SafeClient
from bot.matrix.sender import Poster
from bot.post import Post
from bot.vitals import Vitals

US = "@bot:x.example"
ROOM = "!runde:x.example"
POST = Post(ROOM, "m.room.message", {"msgtype": "m.text", "body": "x"}, "t1", datetime.now(UTC))

Answer = Callable[..., Awaitable[SafeClient]]


@pytest.fixture
async def answered(tmp_path: Path) -> AsyncIterator[Answer]:
    """A client whose server gives one answer to everything."""
    clients: list[SafeClient] = []
    runners: list[web.AppRunner] = []

    async def make(status: int, body: object, headers: dict[str, str] | None = None) -> SafeClient:
        text = body if isinstance(body, str) else json.dumps(body)
        kind = "text/html" if isinstance(body, str) else "application/json"

        async def respond(_request: web.Request) -> web.Response:
            return web.Response(status=status, text=text, content_type=kind, headers=headers)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", respond)
        runner = web.AppRunner(app)
        await runner.setup()
        runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        client = SafeClient(f"http://127.0.0.1:{runner.addresses[0][1]}", US, "DEVICE", tmp_path, "key")
        clients.append(client)
        client.restore_login(US, "DEVICE", "token")
        client.rooms[ROOM] = nio.MatrixRoom(ROOM, US)
        return client

    yield make
    for client in clients:
        await client.close()
        assert client.store
        client.store.database.close()
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "body", "headers", "verdict", "after"),
    [
        (429, {"errcode": "M_LIMIT_EXCEEDED", "error": "x", "retry_after_ms": 1500}, {}, TryAgain, 1.5),
        (429, {"errcode": "M_LIMIT_EXCEEDED", "error": "x"}, {"Retry-After": "7"}, TryAgain, 7),
        (429, {"errcode": "M_LIMIT_EXCEEDED", "error": "x", "retry_after_ms": 0}, {}, TryAgain, None),
        (503, "<html>nginx</html>", {"Retry-After": "0"}, TryAgain, None),
        (500, {"errcode": "M_UNKNOWN", "error": "x"}, {}, TryAgain, None),
        (502, "<html>Bad Gateway</html>", {}, TryAgain, None),
        (404, "<html>nginx</html>", {}, TryAgain, None),
        (413, "<html>nginx</html>", {}, Rejected, None),
        (413, {"errcode": "M_TOO_LARGE", "error": "x"}, {}, Rejected, None),
        (403, {"errcode": "M_FORBIDDEN", "error": "x"}, {}, Barred, None),
        (400, {"errcode": "M_BAD_JSON", "error": "x"}, {}, Rejected, None),
        (401, {"errcode": "M_UNKNOWN_TOKEN", "error": "x"}, {}, TryAgain, None),
        (200, {"nonsense": 1}, {}, TryAgain, None),
    ],
)
async def test_verdicts_on_a_post(
    answered: Answer, status: int, body: object, headers: dict[str, str], verdict: type[NotSent], after: float | None
) -> None:
    client = await answered(status, body, headers)
    poster = Poster(client, US)
    poster._arriving._seen[POST.room_id] = client.rooms[POST.room_id]  # so that the first answer is to the post
    with pytest.raises(verdict) as caught:
        await poster.send(POST)
    assert getattr(caught.value, "after", None) == after


@pytest.mark.parametrize(
    ("status", "body", "ours"),
    [
        (502, "<html>Bad Gateway</html>", True),
        (401, {"errcode": "M_UNKNOWN_TOKEN", "error": "x"}, True),
        (502, {"errcode": "M_UNKNOWN", "error": "Failed to send the invitation"}, False),
    ],
)
async def test_what_is_our_homeservers_own_trouble(answered: Answer, status: int, body: object, ours: bool) -> None:
    """It says nothing about the post, the invitation, the file."""
    with pytest.raises(TryAgain) as caught:
        await Poster(await answered(status, body, {}), US).send(POST)
    assert caught.value.ours is ours


async def test_a_homeserver_that_is_not_there(answered: Answer) -> None:
    client = await answered(200, {}, {})
    client.homeserver = "http://127.0.0.1:9"
    with pytest.raises(TryAgain) as caught:
        await Poster(client, US).send(POST)
    assert (caught.value.ours, caught.value.after) == (True, None)
    with pytest.raises(TryAgain) as caught:
        await asking.told(client, "GET", "profile", US)
    assert caught.value.ours


def _said(event_id: str, body: str) -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": body}
    return {"type": "m.room.message", "event_id": event_id, "sender": "@anna:x.example", "origin_server_ts": 1} | {
        "content": content
    }


POISON: list[dict[str, Any]] = [
    {"to_device": {"events": [None]}},
    {"to_device": {"events": [{"type": "m.room.encrypted", "sender": "@a:b", "content": []}]}},
    {"rooms": {"invite": {"!b:x.example": {"invite_state": {"events": [None, {"type": 3}]}}}}},
    {"rooms": {"leave": {"!b:x.example": {"timeline": {"events": [None, 3]}}}}},
    {"rooms": {"join": {"!b:x.example": {"state": {"events": [None, 3]}}}}},
    {"rooms": {"join": {"!b:x.example": {"timeline": {"events": [_said("$x", "x") | {"unsigned": []}]}}}}},
    {"rooms": {"join": {"!b:x.example": {"timeline": {"events": [_said("$x", "x") | {"unsigned": 3}]}}}}},
]


@pytest.mark.parametrize("poison", POISON, ids=json.dumps)
async def test_one_bad_part_does_not_hide_the_others(answered: Answer, poison: dict[str, Any]) -> None:
    good = {"timeline": {"events": [_said("$a", "hallo")], "limited": False, "prev_batch": "s0"}}
    rooms = poison.get("rooms", {})
    join = {ROOM: good} | rooms.get("join", {})
    client = await answered(200, poison | {"next_batch": "s2", "rooms": rooms | {"join": join}})
    response = await client.sync(since="s1")
    assert isinstance(response, nio.SyncResponse)
    now = datetime.now(UTC)
    batch = await Reader(client, US).batch(response, Moment(since="s1", full=True, received_at=now, offline_since=None))
    heard = [h.body for h in batch.happenings if isinstance(h, Message) and h.room_id == ROOM]
    assert (batch.token, heard) == ("s2", ["hallo"])


async def test_a_soft_logout_leaves_the_token_to_us(answered: Answer) -> None:
    """nio would drop it, and the next request would raise "Not logged in" instead of the homeserver's reason."""
    client = await answered(401, {"errcode": "M_USER_LOCKED", "error": "x", "soft_logout": True})
    for _ in range(2):
        answer = await client.sync(timeout=0)
        assert (answer.status_code, client.access_token) == ("M_USER_LOCKED", "token")
        assert answer.soft_logout  # who signs in anew goes by it


@pytest.mark.parametrize(("asked", "known"), [(timedelta(minutes=-1), True), (timedelta(hours=1), False)])
async def test_an_answer_from_before_the_clock_was_put_back_says_nothing(
    answered: Answer, asked: timedelta, known: bool
) -> None:
    """What came since would count as read."""
    listener = Listener(await answered(502, "<html>"), US, Vitals())
    now = datetime.now(UTC)
    listener._handled, listener._complete_to = "t1", now + asked
    assert await listener.nothing_waiting(now - timedelta(minutes=5)) is known

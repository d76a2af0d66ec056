"""Whether the homeserver is there: one finds out, all know."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from bot.matrix import reach as module
from bot.matrix.answers import LONGEST_WISH
from bot.matrix.reach import Away, Reach
from bot.matrix.safe import SafeClient


@dataclass
class Answer:
    """As far as it is looked at."""

    status: int
    told: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    async def json(self, **_: Any) -> Any:
        """A proxy's page is none."""
        if self.told is None:
            raise ValueError
        return self.told


class Server:
    """A homeserver, there or not, and a clock that only moves when somebody moves it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.looks: list[float] = []
        self.answers: Callable[[], Answer] = lambda: Answer(200, {})
        self.reach = Reach(self._look, lambda: self.now)

    async def ask(self, answers: Callable[[], Answer] | None = None) -> Answer:
        """A request, and what came of it."""

        async def request() -> Any:
            return (answers or self.answers)()

        return cast("Answer", await self.reach.heard(request()))

    async def _look(self) -> None:
        self.looks.append(self.now)
        await self.ask()


@pytest.fixture
def server() -> Server:
    """A new one."""
    return Server()


def reset() -> Answer:
    """The connection breaks off."""
    raise aiohttp.ServerDisconnectedError


def silence() -> Answer:
    """Nobody answers."""
    raise TimeoutError


def proxy(**headers: str) -> Callable[[], Answer]:
    """A proxy that cannot reach the homeserver."""
    return lambda: Answer(502, headers=headers)


@pytest.mark.parametrize("way", [reset, silence, proxy()])
async def test_one_finds_out_and_nobody_asks_any_more(server: Server, way: Callable[[], Answer]) -> None:
    server.answers = way
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        await server.ask()
    for _ in range(20):
        with pytest.raises(Away):
            await server.reach.require()
    assert len(server.looks) == 1, "one look at once, and none of the others"


async def test_it_is_looked_for_at_longer_and_longer_intervals(server: Server) -> None:
    server.answers = reset
    server.reach.silent()
    for _ in range(6000):  # ten minutes, somebody asks for something ten times a second
        server.now += 0.1
        with pytest.raises(Away):
            await server.reach.require()
    pauses = [later - earlier for earlier, later in itertools.pairwise(server.looks)]
    assert pauses[:3] == sorted(pauses[:3])
    assert max(pauses) < 1.2 * module.LONGEST_PAUSE + 0.2
    assert 20 < len(server.looks) < 32


async def test_when_it_is_back_all_go_on_at_once(server: Server) -> None:
    server.answers = reset
    server.reach.silent()
    with pytest.raises(Away):
        await server.reach.require()
    waiting = [asyncio.create_task(server.reach.back()) for _ in range(20)]
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)
    server.answers = lambda: Answer(200, {})
    await server.ask()  # a long poll, say, that was under way
    await asyncio.wait_for(asyncio.gather(*waiting), 1)
    await server.reach.require()
    assert len(server.looks) == 1, "nobody had to look"


async def test_whoever_waits_looks_and_who_waits_for_that_one_may_go(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.0)
    server.answers = reset
    server.reach.silent()
    first, others = (
        asyncio.create_task(server.reach.back()),
        [asyncio.create_task(server.reach.back()) for _ in range(5)],
    )
    while len(server.looks) < 3:  # noqa: ASYNC110 - a look is no event
        await asyncio.sleep(0)
    first.cancel()
    server.answers = lambda: Answer(200, {})
    await asyncio.wait_for(asyncio.gather(*others), 1)
    assert (await asyncio.gather(first, return_exceptions=True))[0].__class__ is asyncio.CancelledError


async def test_a_single_answer_that_did_not_come_costs_nobody_anything(server: Server) -> None:
    """A far server kept ours waiting: the next to ask looks first, and goes on."""
    with pytest.raises(TimeoutError):
        await server.ask(silence)
    await server.reach.require()
    await asyncio.wait_for(server.reach.back(), 1)
    assert len(server.looks) == 1


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_what_the_homeserver_says_itself_is_an_answer(server: Server, status: int) -> None:
    """It has a code of Matrix: a far server is away, say, or something is wrong with this one request."""
    await server.ask(lambda: Answer(status, {"errcode": "M_UNKNOWN"}))
    await server.reach.require()
    assert not server.looks


async def test_a_proxy_that_wants_us_to_wait_is_obeyed(server: Server) -> None:
    server.answers = proxy(**{"Retry-After": "120"})
    await server.ask()
    for _ in range(119):
        server.now += 1
        with pytest.raises(Away):
            await server.reach.require()
    assert not server.looks
    server.now += 1
    server.answers = lambda: Answer(200, {})
    await server.reach.require()
    assert len(server.looks) == 1


async def test_but_not_for_days(server: Server) -> None:
    await server.ask(proxy(**{"Retry-After": "1000000"}))
    server.now += LONGEST_WISH
    await server.reach.require()


async def test_after_the_end_nobody_looks(tmp_path: Path) -> None:
    """nio would open a new connection for it, and nobody would close that one."""
    client = SafeClient("http://127.0.0.1:9", "@bot:example.org", "DEVICE", tmp_path, "key")
    client.reach.silent()
    await client.close()
    waits = asyncio.create_task(client.reach.back())
    await asyncio.sleep(0.05)
    waits.cancel()
    await asyncio.gather(waits, return_exceptions=True)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.send("GET", "/")
    assert client.client_session is None

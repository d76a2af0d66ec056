"""What stands between the bot and its homeserver, and breaks as it is told."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

import aiohttp
from aiohttp import web

PART = 64  # bytes of a dripping answer at once
NOT_HANDED_ON = frozenset({"host", "content-length", "transfer-encoding", "connection", "keep-alive"})


class How(Enum):
    """How a request goes wrong."""

    STATUS = "is refused with a status, and never reaches the homeserver"
    RESET_BEFORE = "breaks off before it reaches the homeserver"
    CUT_AFTER = "is carried out, and its answer never comes: the connection breaks off"
    SILENT_AFTER = "is carried out, and its answer never comes: the connection stays open"
    SILENT = "never reaches the homeserver, and nobody says so"
    TRUNCATED = "is carried out, and half of its answer comes"
    DRIP = "is carried out, and its answer comes slowly"
    DELAY = "waits for a while, and is carried out"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: when it came (seconds, monotonic), and what it was.

    `what` is its path behind the version; in the media store it begins with „media“.
    """

    at: float
    method: str
    what: str

    @property
    def changes(self) -> bool:
        """Whether it is one that changes something."""
        return self.method != "GET"

    @property
    def sends(self) -> bool:
        """Whether it posts an event."""
        return self.method == "PUT" and "/send/" in self.what


@dataclass
class Fault:
    """What goes wrong: to requests that are `meant`, `times` of them (None: until it is taken away), by chance."""

    how: How
    meant: Callable[[Asked], bool]
    times: int | None = None
    chance: float = 1.0
    status: int = 502
    seconds: float = 1.0
    body: bytes = b"<html>Bad Gateway</html>"
    headers: Mapping[str, str] = field(default_factory=dict)
    hits: int = 0

    def strikes(self, asked: Asked, dice: random.Random) -> bool:
        """Whether this request is hit; counts it."""
        spent = self.times is not None and self.hits >= self.times
        if spent or not self.meant(asked) or dice.random() >= self.chance:
            return False
        self.hits += 1
        return True


@dataclass
class Proxy:
    """Hands requests through, except where a fault strikes; `asked` keeps what came, `faults` may change any time."""

    homeserver: str
    dice: random.Random
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    _client: aiohttp.ClientSession | None = None

    def breaks(
        self,
        how: How,
        meant: Callable[[Asked], bool] = lambda _: True,
        *,
        times: int | None = None,
        chance: float = 1.0,
        status: int = 502,
        seconds: float = 1.0,
        body: bytes = b"<html>Bad Gateway</html>",
        headers: Mapping[str, str] | None = None,
    ) -> Fault:
        """From now on."""
        fault = Fault(how, meant, times, chance, status, seconds, body, headers or {})
        self.faults.append(fault)
        return fault

    def heals(self) -> None:
        """Nothing breaks any more."""
        self.faults.clear()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request, on its way there and back."""
        what = request.path.partition("/client/")[2].partition("/")[2] or request.path.removeprefix("/_matrix/")
        asked = Asked(time.monotonic(), request.method, what)
        self.asked.append(asked)
        content = await request.read()
        fault = next((each for each in self.faults if each.strikes(asked, self.dice)), None)
        match fault and fault.how:
            case How.STATUS if fault:
                return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
            case How.RESET_BEFORE:
                return _broken(request)
            case How.SILENT:
                await asyncio.Event().wait()
            case How.DELAY if fault:
                await asyncio.sleep(fault.seconds)
        status, headers, body = await self._really(request, content)
        match fault and fault.how:
            case How.CUT_AFTER:
                return _broken(request)
            case How.SILENT_AFTER:
                await asyncio.Event().wait()
            case How.TRUNCATED:
                return await _partly(request, status, headers, body)
            case How.DRIP if fault:
                return await _dripping(request, status, headers, body, fault.seconds)
        return web.Response(status=status, headers=headers, body=body)

    async def _really(self, request: web.Request, content: bytes) -> tuple[int, dict[str, str], bytes]:
        """Ask the homeserver; one that is away breaks the connection, as it would without us."""
        assert self._client is not None
        headers = {name: value for name, value in request.headers.items() if name.lower() not in NOT_HANDED_ON}
        address = self.homeserver + request.raw_path
        try:
            async with self._client.request(request.method, address, data=content, headers=headers) as real:
                return real.status, _handed_on(real), await real.read()
        except aiohttp.ClientError:
            _broken(request)
            raise

    @classmethod
    @asynccontextmanager
    async def before(cls, homeserver: str, dice: random.Random) -> AsyncIterator["Proxy"]:
        """A proxy on a free port of the loopback interface; that stays the same as long as the block runs."""
        proxy = cls(homeserver, dice)
        app = web.Application(client_max_size=2**27)
        app.router.add_route("*", "/{path:.*}", proxy.handle)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        connections = aiohttp.TCPConnector(limit=0, force_close=True)
        timeout = aiohttp.ClientTimeout(total=180)
        async with aiohttp.ClientSession(connector=connections, timeout=timeout, auto_decompress=False) as client:
            proxy._client = client
            try:
                yield proxy
            finally:
                await runner.cleanup()


def _handed_on(real: aiohttp.ClientResponse) -> dict[str, str]:
    return {name: value for name, value in real.headers.items() if name.lower() not in NOT_HANDED_ON}


def _broken(request: web.Request) -> web.StreamResponse:
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
    return web.Response()


async def _partly(request: web.Request, status: int, headers: dict[str, str], body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers=headers | {"Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    return _broken(request) and response


async def _dripping(
    request: web.Request, status: int, headers: dict[str, str], body: bytes, seconds: float
) -> web.StreamResponse:
    """The whole answer, over so many seconds."""
    response = web.StreamResponse(status=status, headers=headers | {"Content-Length": str(len(body))})
    await response.prepare(request)
    parts = [body[start : start + PART] for start in range(0, len(body), PART)]
    for part in parts:
        await response.write(part)
        await asyncio.sleep(seconds / len(parts))
    return response

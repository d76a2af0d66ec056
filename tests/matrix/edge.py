"""What stands in front of a homeserver: everything is handed through, except what a test wants otherwise."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from bot.config import Matrix

Json = dict[str, Any]
Instead = Callable[[Json], web.Response | None]
"""Answers instead of the homeserver; None lets the request through."""


@dataclass
class Edge:
    """`seen` lists the requests by the end of their path. `instead` is asked first, by the end of the path."""

    homeserver: str
    url: str = ""
    seen: list[str] = field(default_factory=list)
    instead: dict[str, Instead] = field(default_factory=dict)
    change: dict[str, Callable[[Json], Json]] = field(default_factory=dict)
    """What the homeserver answers, changed on the way back."""
    rewrite: dict[str, Callable[[Json], Json]] = field(default_factory=dict)
    """What is asked, changed on the way there."""

    def before(self, settings: Matrix) -> Matrix:
        """The same account, reached through here."""
        return settings.model_copy(update={"homeserver": self.url})

    def cut(self, path: str, *, after: bool = False) -> None:
        """The connection breaks at this request: before it reaches the homeserver, or before its answer reaches us."""
        (self.cut_after if after else self.cut_before).add(path)

    held: dict[str, asyncio.Event] = field(default_factory=dict)
    """Requests that nobody ever answers; the event says that one has come."""
    cut_before: set[str] = field(default_factory=set)
    cut_after: set[str] = field(default_factory=set)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path, content = request.path, await request.read()
        self.seen.append(path.removeprefix("/_matrix/client/v3/"))
        if self._among(path, self.cut_before):
            return self._broken(request)
        for end, arrived in self.held.items():
            if path.endswith(end):
                arrived.set()
                await asyncio.Event().wait()
        for end, answer in self.instead.items():
            if path.endswith(end):
                response = answer(await request.json())
                if response is not None:
                    return response
        for end, rewrite in self.rewrite.items():
            if path.endswith(end):
                content = json.dumps(rewrite(await request.json())).encode()
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        async with (
            aiohttp.ClientSession() as client,
            client.request(request.method, self.homeserver + request.path_qs, data=content, headers=headers) as real,
        ):
            status, body = real.status, await real.json()
        if self._among(path, self.cut_after):
            return self._broken(request)
        for end, change in self.change.items():
            if path.endswith(end) and status == 200:
                body = change(body)
        return web.json_response(body, status=status)

    @staticmethod
    def _among(path: str, ends: set[str]) -> bool:
        return any(path.endswith(end) for end in ends)

    @staticmethod
    def _broken(request: web.Request) -> web.StreamResponse:
        assert isinstance(request.transport, asyncio.Transport)
        request.transport.abort()
        return web.Response()


@asynccontextmanager
async def edge_of(homeserver: str) -> AsyncIterator[Edge]:
    """An edge on a free port of the loopback interface."""
    edge = Edge(homeserver)
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", edge.handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    edge.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield edge
    finally:
        await runner.cleanup()

"""The overview pages, served in the bot's own event loop, on a port of their own; see `bot.web`."""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import uvicorn

from bot.config import Web
from bot.errors import OperatorError
from bot.web.application import Setting, application
from bot.web.connection import Connection

log = logging.getLogger(__name__)
BACKLOG: Final = 128
CONNECTIONS: Final = 200
"""At a time; more would take files from the database and the homeserver's connections."""
STOP: Final = 2
"""Seconds that answers under way may take when the bot ends."""


class _Quiet(uvicorn.Server):
    """Leaves signals to the bot, and says when it is `up`."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Server:
    """The pages on their port."""

    def __init__(self, setting: Setting) -> None:
        self._settings = settings = setting.settings
        config = uvicorn.Config(
            application(setting),
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=list(settings.proxies),
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=STOP,
        )
        self._server = _Quiet(config)
        self._serving: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the port. Raises OperatorError where that is impossible."""
        taken = _bound(self._settings)
        self._serving = asyncio.create_task(self._server.serve([taken]), name="web")
        await self._server.up.wait()
        log.info("overview pages: %(url)s", {"url": self._settings.base})
        if _in_the_clear(self._settings.base or ""):
            log.warning("web.url: links and sessions travel in the clear; put a proxy that speaks HTTPS in front")

    async def close(self) -> None:
        """Finish what is under way, as far as that takes no longer than `STOP`, and close the port."""
        if self._serving is not None:
            self._server.should_exit = True
            await self._serving


def _in_the_clear(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1")


def _bound(settings: Web) -> socket.socket:
    address, port = settings.address, settings.port or 0
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise OperatorError(
                f"web.port: another program has port {port} on {address}; give another one, or leave it out"
            ) from error
        problem = error.strerror or error
        raise OperatorError(f"web.address, web.port: {address}, {port} cannot be opened: {problem}") from error
    made.setblocking(False)
    return made

"""The real server on a real port, beside a bot whose homeserver is faked."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from bot.config import Web
from bot.context import Scope
from bot.procedures import logins
from bot.web.application import Setting
from bot.web.page import Page
from bot.web.server import Server
from bot.web.views import ROUTES
from tests.fakes import HOUSE, Bot


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Any
    text: str


@dataclass(frozen=True)
class Served:
    """The pages of a bot, at `url`. The time on them is the bot's (`bot.now`)."""

    bot: Bot
    url: str
    browser: aiohttp.ClientSession

    async def link(self, person: str, network_id: int = 1) -> str:
        """The path of a login link for somebody."""
        token = await self.bot.database.run(
            lambda session: logins.link(person, network_id, Scope(session, self.bot.now, self.bot.house))
        )
        return f"/anmelden/{token}"

    async def session(self, person: str, network_id: int = 1) -> str:
        """A session of somebody, as the cookie's value."""
        return await self.bot.database.run(
            lambda session: logins.open_session(person, network_id, None, Scope(session, self.bot.now, self.bot.house))
        )

    async def ask(self, path: str, *, method: str = "GET", cookie: str | None = None, **more: Any) -> Answer:
        """One request, in a browser that shows this session; redirects are not followed, forms come from our page."""
        headers = more.pop("headers", {})
        if method == "POST":
            headers = {"Origin": self.url} | headers
        if cookie is not None:
            headers = {"Cookie": f"zwischenstand={cookie}"} | headers
        async with self.browser.request(
            method, self.url + path, headers=headers, allow_redirects=False, **more
        ) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.text())

    async def page(self, path: str, person: str, network_id: int = 1) -> Answer:
        """A page as somebody sees it."""
        return await self.ask(path, cookie=await self.session(person, network_id))


@asynccontextmanager
async def serving(
    bot: Bot, routes: tuple[Page, ...] = ROUTES, homeserver: str = "http://127.0.0.1:9", **settings: Any
) -> AsyncIterator[Served]:
    """With the pages of this bot. `settings` are those of `[web]`; nobody answers at the usual homeserver."""
    web = Web(**({"port": free_port()} | settings))
    bot.house = replace(bot.house, web=web.base)
    bot.inbox._house = bot.house  # the port is free only now
    setting = Setting(
        settings=web,
        database=bot.database,
        house=bot.house,
        homeserver=homeserver,
        clock=lambda: bot.now,
        routes=routes,
    )
    server = Server(setting)
    await server.open()
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
            yield Served(bot, f"http://127.0.0.1:{web.port}", browser)
    finally:
        await server.close()


WITH_PAGES = replace(HOUSE, web="http://127.0.0.1:8480")
"""The house of a bot whose pages are set up, for commands that only name the address."""

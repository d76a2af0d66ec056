"""The pages themselves: the real server on a real port, over the filled network."""

import dataclasses
import itertools
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.config import Web
from bot.store.database import Database
from bot.web import gate, guard
from bot.web.application import Setting
from bot.web.limits import Rate
from bot.web.server import Server
from commands.overview import WIDGET
from tests.browser.network import PLACE
from tests.browser.story import direct
from tests.fakes import Bot
from tests.web.serving import free_port


class Site:
    """The pages at `base`, over `database`. `now` (UTC) is the time for the bot and for the pages."""

    def __init__(self, database: Database, base: str, now: datetime) -> None:
        self.database = database
        self.base = base
        self.now = now
        self._house = dataclasses.replace(PLACE, web=base, widget=True)
        self._count = itertools.count()

    @contextmanager
    def later(self, **time: float) -> Iterator[None]:
        """Let so much time pass (as `timedelta` says it) until the end of the block."""
        passed = timedelta(**time)
        self.now += passed
        try:
            yield
        finally:
            self.now -= passed

    async def link(self, person: str) -> str:
        """Ask the bot for the overview in a direct chat; the link that it gives. Takes a second."""
        self.now += timedelta(seconds=1)
        bot = Bot(self.database, house=self._house, now=self.now)
        asked = {"room_id": direct(person), "event_id": self._event()}
        answer = await bot.hear(person, "übersicht", **asked)
        found = set(re.findall(rf"{re.escape(self.base)}/\S+", answer))
        assert len(found) == 1, answer
        return str(found.pop())

    def _event(self) -> str:
        """An ID that no event in this database has yet, whoever else has asked over it."""
        return f"${self.base}/{next(self._count)}"

    async def widget(self, person: str, room: str) -> dict[str, Any]:
        """Have somebody put the overview into a room; how the bot describes the widget to Element."""
        bot = Bot(self.database, house=self._house, now=self.now)
        rows = await bot.say(person, "!übersicht widget", room_id=room, event_id=self._event())
        (told,) = [json.loads(row.content) for row in rows if row.event_type == WIDGET]
        return dict(told["content"])


@asynccontextmanager
async def served(
    database: Database,
    now: datetime,
    element: tuple[str, ...] = (),
    homeserver: str | None = None,
    url: str | None = None,
    port: int | None = None,
) -> AsyncIterator[Site]:
    """The pages, until the end of the block. `element`: the origins of Element; `homeserver`: who knows its people.

    `url` is where people reach them, by a proxy before `port`.
    """
    settings = Web(port=port or free_port(), element=element, url=url)
    base = settings.base
    assert base is not None
    site = Site(database, base, now)
    with pytest.MonkeyPatch.context() as patch:  # all visitors come from one address here, and more often than people
        for module, limit in ((guard, "OFTEN"), (guard, "LOGINS"), (gate, "READING")):
            patch.setattr(module, limit, Rate(burst=100_000, second=1_000))
        house = dataclasses.replace(PLACE, web=base)
        server = Server(
            Setting(
                settings=settings, database=database, house=house, homeserver=homeserver or base, clock=lambda: site.now
            )
        )
    await server.open()
    try:
        yield site
    finally:
        await server.close()

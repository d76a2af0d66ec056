"""What a page is. `bot.web.views` lists them, `bot.web.gate` is the one way to them."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from bot.context import House, Scope
from bot.domain.roles import Role
from bot.errors import Problem
from bot.store.database import Database
from bot.texts.pages import Pages
from bot.web.kept import Kept
from bot.web.reader import Reader

T = TypeVar("T")


class Absent(Problem):
    """There is no such thing, or not for this reader: nobody can tell which."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What views work with. `now` gives the time (UTC); `kept` is what need not be gathered for each request."""

    database: Database
    pages: Pages
    house: House
    now: Callable[[], datetime]
    kept: Kept = field(default_factory=Kept)

    async def run(self, work: Callable[[Scope], T]) -> T:
        """Run `work` in one transaction. Raises StoreDown, and what `work` raises."""
        now = self.now()
        return await self.database.run(lambda session: work(Scope(session, now, self.house)))

    async def recent(self, key: Hashable, work: Callable[[Scope], T]) -> T:
        """The same for what takes long: what was found under this key within the last minute (see `Kept`) is enough."""
        async with self.kept.making:
            known: tuple[T] | None = self.kept.get(key, self.now())
            if known is None:
                known = (await self.run(work),)
                self.kept.put(key, known[0], self.now())
        return known[0]


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: the template (`projects` for `projects.html`) and what fills it.

    Every template also has `reader`, `t` (words by key), `to("/projekte", phase="planned")` (the address of a page; a
    parameter that is None is left out), `static("style.css")`, `here` (path and parameters of this page), `menu`,
    `links` (the operator's: imprint …), `now`.
    """

    template: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """Anything that is no page: a chart as SVG, minutes to keep. With a `name` it is downloaded, not shown."""

    content: bytes
    mimetype: str
    name: str | None = None


Answer = Shown | File
View = Callable[[Mapping[str, str], Reader, Tools], Awaitable[Answer]]
"""Gets what stands in the address (`/projekte/{key}`) and behind its `?`, of which the address wins.

Raises Absent. What a reader may see is the view's to ask, in their network; whether somebody reads at all is not.
"""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page is and what shows it.

    Who has less than `needs` does not learn that it is there. In the menu (`in_menu`) it is called what the words
    `menu.NAME` say.
    """

    path: str
    name: str
    view: View
    needs: Role = Role.GUEST
    in_menu: bool = False

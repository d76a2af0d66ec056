"""The one way to a page: who asks, whether they may, and how what the page says becomes an answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Any, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.domain.roles import suffices
from bot.web.limits import Limit, Rate
from bot.web.page import Absent, Answer, File, Page, Tools
from bot.web.reader import Reader
from bot.web.site import Site
from bot.web.visits import Visits

Endpoint = Callable[[Request], Awaitable[Response]]
READING: Final = Rate(burst=60, second=2)
"""In one browser; nobody reads faster."""
LONGEST: Final = 500
"""Characters that one value in an address may have; nobody types more into a filter."""


class Gate:
    """Makes endpoints of pages: for a browser, or in Element's frame (`base` is then `WIDGET`)."""

    def __init__(self, pages: tuple[Page, ...], tools: Tools, site: Site, visits: Visits, base: str = "") -> None:
        self._menu = tuple(page for page in pages if page.in_menu)
        self._tools = tools
        self._site = site
        self._visits = visits
        self._base = base
        self._reading = Limit(READING)

    def endpoint(self, page: Page) -> Endpoint:
        """What answers a request for the page; nothing else leads to its view."""

        async def answer(request: Request) -> Response:
            values = _values(request)
            reader = await self._visits.reader(request)
            if reader is None:
                return self.stranger(request)
            if not suffices(reader.role, page.needs):
                raise Absent
            if wait := self._reading.wait(self._visits.token(request) or "", monotonic()):
                raise HTTPException(429, headers={"Retry-After": str(wait)})
            found = await page.view(values, reader, self._tools)
            return await asyncio.to_thread(self._response, found, reader, request)  # a long list takes its time

        return answer

    def stranger(self, request: Request) -> Response:
        """For who is not logged in: how they get here.

        Cookies are not sent where a link on somebody else's page leads to us (SameSite), and Element is somebody else:
        then one more click, on our own page, does it.
        """
        foreign = request.headers.get("sec-fetch-site") == "cross-site"
        template = "widget" if self._base else "stranger"
        return HTMLResponse(self.render(template, request, None, again=foreign), status_code=403)

    def _response(self, answer: Answer, reader: Reader, request: Request) -> Response:
        if isinstance(answer, File):
            headers = (
                {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(answer.name)}"} if answer.name else {}
            )
            return Response(answer.content, media_type=answer.mimetype, headers=headers)
        return HTMLResponse(self.render(answer.template, request, reader, **answer.values))

    def render(self, template: str, request: Request, reader: Reader | None, **values: Any) -> str:
        """A page with all that the layout needs."""
        language = reader.language if reader else language_of(request, self._tools.house.language)
        here = request.url.path.removeprefix(self._base) or "/"
        house = self._tools.house
        usual = reader.usual if reader else house.zone
        given = {
            "reader": reader,
            "to": lambda path, **parameters: self._site.to(path, self._base, **parameters),
            "static": self._site.static,
            "here": f"{here}?{request.url.query}" if request.url.query else here,
            "path": here,
            "menu": [page for page in self._menu if reader and suffices(reader.role, page.needs)],
            "prefix": house.prefix,
            "framed": bool(self._base),
            "elements": self._site.elements,
            "links": self._site.settings.links,
            "now": self._tools.now(),
        }
        zone = reader.zone if reader else usual
        return self._tools.pages.render(template, language, zone, usual, **(given | values))


def language_of(request: Request, usual: str) -> str:
    """The first of our languages that a browser asks for."""
    wished = request.headers.get("accept-language", "")[:LONGEST].lower()
    found = (part.strip()[:2] for part in wished.split(","))
    return next((language for language in found if language in ("de", "en")), usual)


def _values(request: Request) -> Mapping[str, str]:
    """What stands in the address. Raises Absent for what nobody has typed, and no database takes."""
    given = {**request.query_params, **request.path_params}
    if any(len(value) > LONGEST or not value.isprintable() for value in given.values()):
        raise Absent
    return given

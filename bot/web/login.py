"""Logging in by a link, logging out, and the language: the only forms there are."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.context import Scope
from bot.procedures import logins
from bot.store import visits as rows
from bot.web.forms import fields
from bot.web.gate import Gate
from bot.web.page import Tools
from bot.web.site import Site
from bot.web.visits import Visits


class Login:
    """For the pages in a browser, or for those in Element's frame (`base` is then `WIDGET`), where no link leads."""

    def __init__(self, tools: Tools, site: Site, visits: Visits, gate: Gate, base: str = "") -> None:
        self._tools = tools
        self._site = site
        self._visits = visits
        self._gate = gate
        self._base = base

    def routes(self) -> list[Route]:
        """Where the forms are sent to."""
        both = [
            Route("/abmelden", self.leave, methods=["POST"], name="leave"),
            Route("/sprache", self.speak, methods=["POST"], name="speak"),
        ]
        if self._base:
            return both
        return [
            Route("/anmelden/{token}", self.ask, methods=["GET"], name="ask"),
            Route("/anmelden", self.enter, methods=["POST"], name="enter"),
            *both,
        ]

    async def ask(self, request: Request) -> Response:
        """Where the link leads: a button. Looking must not use the link, see `logins.holder`.

        It says who one will be then: somebody might have sent their own link.
        """
        token = request.path_params["token"]
        person = await self._tools.run(lambda scope: logins.holder(token, scope))
        if person is None:
            return self._useless(request)
        return HTMLResponse(self._gate.render("login", request, None, token=token, person=person))

    async def enter(self, request: Request) -> Response:
        """The button was pressed: exactly one wins, however often it is."""
        token, before = (await fields(request)).get("token", ""), self._visits.token(request)
        opened = await self._tools.run(lambda scope: logins.log_in(token, before, scope))
        if opened is None:
            return self._useless(request)
        response = RedirectResponse(self._site.to("/", self._base), status_code=303)
        self._visits.keep(response, opened)
        return response

    def _useless(self, request: Request) -> Response:
        """Used, expired, or never given: the same answer."""
        return HTMLResponse(self._gate.render("useless", request, None), status_code=403)

    async def leave(self, request: Request) -> Response:
        """Log out. Also what is kept in the browser's cache goes."""
        await fields(request)
        if token := self._visits.token(request):
            await self._tools.run(lambda scope: logins.log_out(token, scope))
        response = HTMLResponse(self._gate.render("left", request, None))
        self._visits.drop(response)
        if self._site.secure:
            response.headers["Clear-Site-Data"] = '"cache"'
        return response

    async def speak(self, request: Request) -> Response:
        """Choose the language, for as long as one is logged in; then back to where one was."""
        given, token = await fields(request), self._visits.token(request)
        language = given.get("language")

        def work(scope: Scope) -> None:
            session = logins.visit(token, scope) if token else None
            if session is not None and language in ("de", "en"):
                rows.speak(session, language)

        await self._tools.run(work)
        return RedirectResponse(self._site.to(_own(given.get("here", "")), self._base), status_code=303)


def _own(address: str) -> str:
    """A path of ours; whatever else it is that was sent, the start."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or not address.startswith("/") or address.startswith(("//", "/\\")):
        return "/"
    return address if address.isprintable() and "\\" not in address else "/"

"""Whose browser it is: the session cookie, and who its person is now."""

from starlette.requests import Request
from starlette.responses import Response

from bot.context import Scope
from bot.procedures import logins
from bot.store import rooms
from bot.store.tables import WebSession
from bot.web.page import Tools
from bot.web.reader import Reader, reader
from bot.web.site import WIDGET, Site


class Visits:
    """Reads and sets the cookie of the pages, or of those in Element's frame (`base` is then `WIDGET`).

    The cookie of the pages is for requests that our own pages make (SameSite=Strict). Within Element's frame there is
    no such request: all of them are another site's. So those pages have a cookie of their own, sent there only, which
    the browser keeps apart by the page around it (Partitioned); what it opens can be read and nothing else.
    """

    def __init__(self, tools: Tools, site: Site, base: str = "") -> None:
        self._tools = tools
        self._site = site
        self._framed = base == WIDGET

    @property
    def name(self) -> str:
        """What the cookie is called: with `__Host-` no other host of the domain can set it."""
        if self._framed:
            return "__Secure-zwischenstand-widget" if self._site.secure else "zwischenstand-widget"
        return "__Host-zwischenstand" if self._site.secure else "zwischenstand"

    def token(self, request: Request) -> str | None:
        """What the browser says that its session is."""
        return request.cookies.get(self.name)

    async def reader(self, request: Request) -> Reader | None:
        """Who looks; None for nobody, and for who has left."""
        token = self.token(request)
        if not token:
            return None

        def work(scope: Scope) -> Reader | None:
            session = logins.visit(token, scope)
            if session is None or not self._is_for(session, request, scope):
                return None
            found = reader(session.person, session.network_id, session.language, scope)
            if found is None:  # who comes back logs in anew
                logins.log_out(token, scope)
            return found

        return await self._tools.run(work)

    def _is_for(self, session: WebSession, request: Request, scope: Scope) -> bool:
        """Whether Element has opened a widget (`commands.overview`) of this session's network for its person.

        The cookie is the browser's: somebody else may sit at it now, or the widget may stand in another network's room.
        What the address says proves nothing; where it does not fit, the homeserver is asked anew.
        """
        if not self._framed:
            return True
        room_id, person = request.query_params.get("raum"), request.query_params.get("person")
        if person and person != session.person:
            return False
        room = rooms.find(scope.session, room_id) if room_id else None
        return not room_id or (room is not None and room.network_id == session.network_id)

    def keep(self, response: Response, token: str) -> None:
        """Give the browser its session."""
        self._set(response, token, int(logins.LONGEST.total_seconds()))

    def drop(self, response: Response) -> None:
        """Take it away."""
        self._set(response, "", 0)

    def _set(self, response: Response, token: str, seconds: int) -> None:
        """Written by hand: the library knows `Partitioned` from Python 3.14 on only."""
        secure = self._site.secure
        parts = [f"{self.name}={token}", f"Max-Age={seconds}", "HttpOnly"]
        if self._framed:
            parts.append(f"Path={self._site.prefix}{WIDGET}")
            parts += ["SameSite=None", "Secure", "Partitioned"] if secure else ["SameSite=Lax"]
        else:
            parts += ["Path=/", "SameSite=Strict", *(["Secure"] if secure else [])]
        response.headers.append("Set-Cookie", "; ".join(parts))

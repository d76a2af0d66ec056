"""The pages inside Element: a room's widget, whose reader Element's homeserver vouches for (Matrix OpenID).

The script (`static/widget.js`) asks Element for a token and sends it here; what it opens is a session like any other,
in a cookie of its own (`Visits`). The network is that of the room in the widget's address; one that is not the reader's
opens nothing.
"""

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.context import Scope
from bot.procedures import logins, standing
from bot.store import rooms
from bot.web.forms import body
from bot.web.openid import OpenId
from bot.web.page import Tools
from bot.web.site import WIDGET, Site
from bot.web.visits import Visits


class Widget:
    """Logging in within Element."""

    def __init__(self, tools: Tools, site: Site, visits: Visits, openid: OpenId) -> None:
        self._tools = tools
        self._site = site
        self._visits = visits
        self._openid = openid

    def route(self) -> Route:
        """Where the script sends its token."""
        return Route("/anmelden", self.enter, methods=["POST"], name="enter within Element")

    async def enter(self, request: Request) -> Response:
        """Open a session for whom the homeserver vouches. The script needs no page, so it gets none."""
        given = _given(await body(request, "application/json"))
        try:
            person = await self._openid.person(given["access_token"], given["matrix_server_name"])
        except ConnectionError as problem:
            raise HTTPException(503, headers={"Retry-After": "30"}) from problem
        before = self._visits.token(request)

        def work(scope: Scope) -> str | None:
            network_id = _network(given["room"], person, scope) if person else None
            return logins.open_session(person or "", network_id, before, scope) if network_id else None

        opened = await self._tools.run(work)
        if opened is None:
            return JSONResponse({"to": None}, status_code=403)
        response = JSONResponse({"to": self._site.to("/", WIDGET)})
        self._visits.keep(response, opened)
        return response


def _given(content: bytes) -> dict[str, str]:
    """What the script sent. Raises HTTPException."""
    try:
        told: Any = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise HTTPException(400) from problem
    names = ("access_token", "matrix_server_name", "room")
    if not isinstance(told, dict) or not all(isinstance(told.get(name), str) for name in names):
        raise HTTPException(400)
    given = {name: str(told[name]) for name in names}
    if not all(value.isprintable() for value in given.values()):  # half a character, or one that no database takes
        raise HTTPException(400)
    return given


def _network(room_id: str, person: str, scope: Scope) -> int | None:
    """The network of the room, if the person belongs to it; where no room is named, their only one.

    Behind the widget's first address nothing says any more in which room it stands.
    """
    belongs = [network.id for network in standing.belongs_to(person, scope)]
    if not room_id:
        return belongs[0] if len(belongs) == 1 else None
    room = rooms.find(scope.session, room_id)
    return room.network_id if room is not None and room.network_id in belongs else None

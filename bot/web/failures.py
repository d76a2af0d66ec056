"""What is shown when something cannot be shown: pages like any other, that tell nothing of how it works inside."""

import logging
import secrets
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.errors import StoreDown
from bot.web.gate import Gate
from bot.web.site import is_framed

log = logging.getLogger(__name__)
SAID: Final = frozenset({400, 403, 404, 405, 413, 415, 421, 429, 500, 503})
"""Status codes that have words of their own (`failed.CODE…`)."""

TOLD: Final = "zwischenstand.told"
"""Stands in the scope of a request whose failure was logged and answered."""


class Failures:
    """Makes them, in the reader's language as far as the browser tells it: nobody is looked up."""

    def __init__(self, gate: Gate, frame: Gate) -> None:
        """`frame` is the gate of the pages in Element's frame."""
        self._gate = gate
        self._frame = frame

    def page(
        self, request: Request, status: int, headers: dict[str, str] | None = None, reference: str | None = None
    ) -> Response:
        """The page of a status code."""
        said = status if status in SAID else 400 if status < 500 else 500
        gate = self._frame if is_framed(request.url.path) else self._gate
        content = gate.render("failed", request, None, status=said, reference=reference)
        return HTMLResponse(content, status_code=status, headers=headers)

    async def refused(self, request: Request, problem: Exception) -> Response:
        """What the library or we refuse."""
        assert isinstance(problem, HTTPException)  # noqa: S101 - registered for nothing else
        return self.page(request, problem.status_code, dict(problem.headers or {}))

    async def absent(self, request: Request, _problem: Exception) -> Response:
        """What is not there, or not for this reader."""
        return self.page(request, 404)

    async def away(self, request: Request, problem: Exception) -> Response:
        """The database does not answer."""
        assert isinstance(problem, StoreDown)  # noqa: S101 - registered for nothing else
        log.error("a page could not be shown: %(problem)s", {"problem": problem})
        return self.page(request, 503, {"Retry-After": "30"})

    async def unexpected(self, request: Request, problem: Exception) -> Response:
        """A mistake of ours: logged under a reference number, and only that number is shown.

        The address is not logged: it may hold a token, and what people typed. The page's name is enough.
        """
        request.scope[TOLD] = True
        reference = secrets.token_hex(2)
        values = {"reference": reference, "page": getattr(request.scope.get("route"), "name", None)}
        log.error("reference %(reference)s: the page %(page)s failed", values, exc_info=problem)
        return self.page(request, 500, reference=reference)

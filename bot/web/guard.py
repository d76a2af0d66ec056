"""Before and after everything else: who is heard at all, and what a browser is told that it may do with the answer.

Headers after the OWASP Secure Headers Project. Referrers go to ourselves only; with `no-referrer` browsers would also
call the origin of our own forms `null`, and we could not tell them from others'.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.failures import TOLD, Failures
from bot.web.limits import Limit, Rate, network_of
from bot.web.site import WIDGET, Site, is_framed

LARGEST: Final = 16_384
"""Bytes of what is posted; the largest form has two short fields."""
OFTEN: Final = Rate(burst=300, second=20)
"""From one address: a whole town hall may stand behind it."""
LOGINS: Final = Rate(burst=100, second=1)
"""Attempts to log in from one address: two requests a person, and a whole workshop may share it.

A link has 256 random bits: this is for the database's peace.
"""
TRYING: Final = ("/anmelden", f"{WIDGET}/anmelden")
KEEP: Final = "public, max-age=31536000, immutable"
"""For files whose address has their digest in it."""
METHODS: Final = ("GET", "HEAD", "POST")


@dataclass(frozen=True)
class Guard:
    """Around the application."""

    application: ASGIApp
    site: Site
    failures: Failures
    often: Limit = field(default_factory=lambda: Limit(OFTEN))
    logins: Limit = field(default_factory=lambda: Limit(LOGINS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":  # there is nothing else here
            return
        scope["path"] = _without(self.site.prefix, scope["path"])
        request = Request(scope, receive)
        headers = self._headers(scope["path"])
        began = False

        async def dressed(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                given = MutableHeaders(scope=message)
                if message["status"] >= 400:
                    given["Cache-Control"] = "no-store"
                for name, value in headers.items():
                    given.setdefault(name, value)
            await send(message)

        refusal = self._refusal(request)
        if refusal is not None:
            await refusal(scope, receive, dressed)
            return
        try:
            await self.application(scope, receive, dressed)
        except Exception as problem:
            if TOLD in scope:  # the library raises once more what it has had answered
                return
            answer = await self.failures.unexpected(request, problem)
            if not began:
                await answer(scope, receive, dressed)

    def _refusal(self, request: Request) -> Response | None:
        """Why this is not heard, if so; without having read what was sent along."""
        if request.headers.get("host", "").lower() not in self.site.hosts:
            return self.failures.page(request, 421)
        wait = self._wait(request)
        if wait:
            return self.failures.page(request, 429, {"Retry-After": str(wait)})
        if request.method not in METHODS:
            return self.failures.page(request, 405, {"Allow": ", ".join(METHODS)})
        if _too_large(request.headers.get("content-length", "0")):
            return self.failures.page(request, 413, {"Connection": "close"})
        if request.method == "POST" and not self._is_ours(request):
            return self.failures.page(request, 403)
        return None

    def _wait(self, request: Request) -> int:
        """Seconds until this address may ask again."""
        name, now = network_of(request.client.host if request.client else ""), monotonic()
        tries = request.url.path.startswith(TRYING)
        return max(self.often.wait(name, now), self.logins.wait(name, now) if tries else 0)

    def _is_ours(self, request: Request) -> bool:
        """Whether a form was sent from a page of ours, as the browser says; older ones say only `Origin`.

        The cookie of Element's frame is sent by other sites' forms, too (see `Visits`), so this is not left to cookies.
        """
        fetched, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if fetched is not None:
            return fetched == "same-origin"
        return origin in self.site.origins

    def _headers(self, path: str) -> dict[str, str]:
        framed = is_framed(path)
        elements = self.site.elements if framed else ()
        headers = {
            "Content-Security-Policy": _policy(elements, scripts=framed),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": KEEP if path.startswith("/static/") else "no-store",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "X-Robots-Tag": "noindex, nofollow",
        }
        if not elements:
            headers["X-Frame-Options"] = "DENY"
        if self.site.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        return headers


def _policy(elements: Sequence[str], *, scripts: bool) -> str:
    """What a page may load and where it may be shown: nothing of others, nothing inline."""
    parts = ["default-src 'none'", "style-src 'self'", "img-src 'self'"]
    if scripts:
        parts += ["script-src 'self'", "connect-src 'self'"]
    around = " ".join(elements) or "'none'"
    return "; ".join([*parts, "form-action 'self'", "base-uri 'none'", f"frame-ancestors {around}"])


def _without(prefix: str, path: str) -> str:
    inside = prefix and (path == prefix or path.startswith(f"{prefix}/"))
    return (path[len(prefix) :] or "/") if inside else path


def _too_large(length: str) -> bool:
    return not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > LARGEST

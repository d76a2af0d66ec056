"""What the homeserver's refusals mean for us. nio returns errors; here they become those of `bot.errors`."""

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp
import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.errors import Barred, NotSent, OperatorError, Rejected, TryAgain, Unreachable

NETWORK_ERRORS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)

TOKEN_GONE = {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}
ACCOUNT_GONE = {"M_USER_DEACTIVATED", "M_USER_LOCKED"}
MAY_PASS = TOKEN_GONE | ACCOUNT_GONE | {"M_LIMIT_EXCEEDED", "M_USER_SUSPENDED", "M_RESOURCE_LIMIT_EXCEEDED"}
"""Refusals of the account or the moment, not of the post; the sync loop reports those that need an operator."""

LONGEST_WISH = 900.0
"""Seconds: nobody keeps us away for longer, or a mistake in a proxy's settings would for days."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer. `code` is the errcode, or "" when the answer was not Matrix; `after` is in seconds."""

    status: int
    code: str
    message: str
    after: float | None

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later. A 4xx without an errcode comes from a proxy, not a homeserver."""
        from_proxy = not self.code and self.status != 413
        return self.status >= 500 or self.status == 429 or self.code in MAY_PASS or from_proxy

    def __str__(self) -> str:
        return f"{self.status} {self.code or '(no Matrix answer)'} {self.message}".strip()


def refusal(response: Any) -> Refusal | None:
    """The refusal in an answer of nio's, or None when it succeeded."""
    transport = response.transport_response
    status = transport.status if transport is not None else 0
    if not isinstance(response, nio.ErrorResponse):
        return Refusal(status, "", "", None) if status >= 400 else None
    return Refusal(
        status=status,
        code=response.status_code or "",
        message=response.message or "",
        after=_after(response, transport),
    )


async def refusal_of(response: aiohttp.ClientResponse) -> Refusal:
    """The refusal in an answer that came past nio."""
    try:
        body = await response.json(content_type=None)
    except ValueError:
        body = None
    told = body if isinstance(body, dict) else {}
    code, message, after = told.get("errcode"), told.get("error"), told.get("retry_after_ms")
    return Refusal(
        status=response.status,
        code=code if isinstance(code, str) else "",
        message=message if isinstance(message, str) else "",
        after=_seconds(after, response),
    )


def not_sent(refused: Refusal) -> NotSent:
    """How the outbox has to see it. Without an errcode it was a proxy: our homeserver is not there."""
    if refused.passing:
        return TryAgain(str(refused), refused.after, ours=not refused.code or refused.code in MAY_PASS)
    return Barred(str(refused)) if refused.code == "M_FORBIDDEN" else Rejected(str(refused))


def no_answer(error: BaseException, what: str = "no answer") -> TryAgain:
    """How the outbox has to see that our homeserver says nothing."""
    return TryAgain(f"{what}: {type(error).__name__}", ours=True)


def unreachable(refused: Refusal) -> Unreachable:
    """How the sync loop has to see it."""
    return Unreachable(str(refused), refused.after)


def account_gone(refused: Refusal, user_id: str) -> OperatorError | None:
    """The account itself is closed; None when it is not."""
    if refused.code == "M_USER_DEACTIVATED":
        return OperatorError(
            f"{user_id} has been deactivated on its homeserver; give the bot another account (matrix.user_id)"
        )
    if refused.code == "M_USER_LOCKED":
        return OperatorError(
            f"{user_id} has been locked by the homeserver's administrators; have it unlocked, then start again"
        )
    return None


def _after(response: Any, transport: Any) -> float | None:
    return _seconds(response.retry_after_ms, transport)


def _seconds(retry_after_ms: object, transport: Any) -> float | None:
    """None also for no time at all: who refuses and says "at once" would be asked as fast as the network can."""
    if isinstance(retry_after_ms, int):
        return min(LONGEST_WISH, max(0, retry_after_ms) / 1000) or None
    header = transport.headers.get("Retry-After", "") if transport is not None else ""
    return min(LONGEST_WISH, float(header)) or None if header.isdecimal() else None

"""PUTs into rooms that are not encrypted: all that a sender asks of the homeserver. No keys, no nio."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.config import Matrix
from bot.errors import OperatorError, TryAgain, Unreachable
from bot.matrix.account.store import Session, store_of
from bot.matrix.answers import NETWORK_ERRORS, TOKEN_GONE, Refusal, no_answer, not_sent, refusal_of
from bot.matrix.decode import CONTENT_KEY

SEALED = "the room was encrypted meanwhile"
TOO_LATE = "taken too long ago"


class NoSession(Exception):
    """The leader's session cannot be used here, or no longer. That says nothing of what was to be sent."""


class Putting:
    """Sends as the device that the leader is logged in as. `within` is in seconds, for one request."""

    def __init__(self, settings: Matrix, url: str, within: float) -> None:
        """`url` is that of the PostgreSQL in which the session is."""
        self._settings = settings
        self._store = store_of(settings, url)
        self._session: Session | None = None
        self._void: str | None = None  # the token that the homeserver does not know any more; "" where there was none
        self._reading = asyncio.Lock()
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=within))

    async def begin(self) -> None:
        """Raises OperatorError where the leader's session cannot be read, for want of the right key file."""
        with contextlib.suppress(Unreachable):  # the database: it will be looked for
            await asyncio.to_thread(self._store.require_key)

    def is_logged_out(self) -> bool:
        """Whether there is no session of the leader's but one that the homeserver has refused."""
        return self._void is not None

    async def look(self) -> None:
        """Whether the leader has another session by now. Raises Unreachable while the database does not say.

        Raises OperatorError where only a person can mend it.
        """
        session = await asyncio.to_thread(self._store.session)
        if session is not None and session.access_token not in (None, self._void):
            self._session, self._void = session, None

    async def put(
        self,
        device_id: str,
        room: str,
        kind: str,
        content: dict[str, Any],
        transaction: str,
        in_time: Callable[[], bool],
    ) -> str:
        """The event's ID. Raises TryAgain, Rejected or NoSession.

        The leader knew the room to be in the clear, some seconds ago: it is asked once more, right before. Once it is
        encrypted, the leader hears of it, and sends by itself.

        Only as the device that the row names: another one would not be answered with the event that stands. Only if it
        is still `in_time` then: the machine may have slept since, and no timeout counts that.
        """
        token = await self._token(device_id)
        sealed = await self._ask(token, "GET", "rooms", room, "state", "m.room.encryption", "")
        if not (isinstance(sealed, Refusal) and sealed.code == "M_NOT_FOUND"):
            raise not_sent(sealed) if isinstance(sealed, Refusal) else TryAgain(SEALED, ours=True)
        if not in_time():
            raise TryAgain(TOO_LATE, ours=True)
        body = content | {CONTENT_KEY: transaction}
        answer = await self._ask(token, "PUT", "rooms", room, "send", kind, transaction, body=body)
        if isinstance(answer, Refusal):
            raise not_sent(answer)
        if not isinstance(answer, dict) or not isinstance(answer.get("event_id"), str):
            raise TryAgain("the answer is no Matrix", ours=True)
        return str(answer["event_id"])

    async def _ask(self, token: str, method: str, *parts: str, body: dict[str, Any] | None = None) -> Any:
        path = "/".join(quote(part, safe="") for part in parts)
        address = f"{self._settings.homeserver.rstrip('/')}/_matrix/client/v3/{path}"
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with self._http.request(method, address, json=body, headers=headers) as response:
                if response.status >= 400:
                    refused = await refusal_of(response)
                    if refused.code in TOKEN_GONE:
                        self._refuse(token)
                        raise NoSession(str(refused))
                    return refused
                return await response.json(content_type=None)
        except NETWORK_ERRORS as error:
            raise no_answer(error) from error
        except ValueError as error:
            raise TryAgain("the answer is no JSON", ours=True) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    def _refuse(self, token: str) -> None:
        """It is void, unless we have another one by now."""
        if self._session is not None and self._session.access_token == token:
            self._session, self._void = None, token

    async def _token(self, device_id: str) -> str:
        async with self._reading:
            if self.is_logged_out():
                raise NoSession("the leader is logged out")
            if self._session is None or self._session.device_id != device_id:
                self._session = await asyncio.to_thread(self._read)
            session = self._session
            if session is None or session.access_token is None:
                self._void = ""
                raise NoSession("the leader has no session")
        if session.device_id != device_id:
            raise NoSession("the session of the leader is not that of the row")
        return session.access_token

    def _read(self) -> Session | None:
        try:
            return self._store.session()
        except OperatorError:
            return None  # `look` says so
        except Unreachable as problem:
            raise NoSession(str(problem)) from problem

"""Requests of the client-server API that survive a homeserver's restart."""

import asyncio
import itertools
import time
from typing import Any, cast
from urllib.parse import quote

import aiohttp

from bot.errors import Rejected, Unreachable

Json = dict[str, Any]

PATIENCE_SECONDS = 60
LATER = {429, 502, 503, 504}
OFTEN = 5  # a mistake of the homeserver that comes more often than that stays one


class Refused(Rejected):
    """The homeserver said no; `code` is its errcode, M_FORBIDDEN say."""

    def __init__(self, status: int, body: Json) -> None:
        self.code = str(body.get("errcode", "M_UNKNOWN"))
        super().__init__(f"{status} {self.code}: {body.get('error', '')}")


class Connection:
    """Requests to one homeserver, with the access token once there is one. `timeout` is in seconds, for one request.

    `api` is what every path begins with.
    """

    def __init__(self, url: str, *, timeout: float, api: str = "/_matrix/client/v3") -> None:
        self.token = ""
        self._url = url.rstrip("/")
        self._api = api
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close; the next request would open it again."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        query: dict[str, str] | None = None,
        again: bool = True,
    ) -> Json:
        """One request, repeated for up to 60 s while the homeserver is away or asks for patience.

        `again` False: not repeated where it may have been carried out. Raises Unreachable, or Refused.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        for tried, pause in enumerate(itertools.chain((0.1, 0.2, 0.5), itertools.repeat(1.0))):
            wait = pause
            try:
                status, answer = await self._request(method, path, body, query)
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                reason = f"{method} {path}: {type(error).__name__}: {error}"
                if not again and not isinstance(error, aiohttp.ClientConnectorError):
                    raise Unreachable(reason) from error
            else:
                if status == 200:
                    return answer
                dying = again and status == 500 and tried < OFTEN  # it may, as it dies or has just begun
                if status not in LATER and not dying:
                    raise Refused(status, answer)
                reason = f"{method} {path}: {status} {answer}"
                wait = answer.get("retry_after_ms", pause * 1000) / 1000
            if time.monotonic() + wait > deadline:
                break
            await asyncio.sleep(wait)
        raise Unreachable(reason)

    async def download(self, path: str) -> bytes:
        """A file that one must be logged in to get (Matrix 1.11). Not repeated. Raises Unreachable, or Refused."""
        try:
            async with self._opened().get(f"{self._url}/_matrix/client/v1{path}", headers=self._headers()) as answer:
                if answer.status == 200:
                    return await answer.read()
                raise Refused(answer.status, await answer.json())
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unreachable(f"GET {path}: {type(error).__name__}: {error}") from error

    async def upload(self, name: str, content: bytes, mimetype: str) -> str:
        """Put a file on the homeserver; its `mxc://` address. Not repeated. Raises Unreachable, or Refused."""
        address = f"{self._url}/_matrix/media/v3/upload"
        headers = self._headers() | {"Content-Type": mimetype}
        try:
            request = self._opened().post(address, data=content, params={"filename": name}, headers=headers)
            async with request as answer:
                body = cast("Json", await answer.json())
                if answer.status == 200:
                    return str(body["content_uri"])
                raise Refused(answer.status, body)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unreachable(f"POST /upload: {type(error).__name__}: {error}") from error

    async def _request(
        self, method: str, path: str, body: Json | None, query: dict[str, str] | None
    ) -> tuple[int, Json]:
        address = f"{self._url}{self._api}{path}"
        request = self._opened().request(method, address, json=body, params=query, headers=self._headers())
        async with request as answer:
            return answer.status, cast("Json", await answer.json())

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self._session

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def quoted(part: str) -> str:
    """One segment of a path."""
    return quote(part, safe="")

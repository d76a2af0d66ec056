"""Who somebody in Element is: their homeserver vouches for it (Matrix OpenID).

Server-server API, `/_matrix/federation/v1/openid/userinfo`: whoever shows the token that Element got from the
homeserver is told whose it is. We ask our own homeserver and no other, so that nobody can name one of theirs.
"""

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Final

import aiohttp

log = logging.getLogger(__name__)
PATIENCE: Final = 10.0
"""Seconds for the homeserver to answer."""
LARGEST: Final = 10_000
"""Bytes of what it answers."""


@dataclass(frozen=True, slots=True)
class OpenId:
    """Asks the homeserver at `url`, whose people end in `:server`."""

    url: str
    server: str

    async def person(self, token: str, server: str) -> str | None:
        """Whose token it is, of the homeserver that Element calls `server`; None if it is nobody's of ours.

        Raises ConnectionError where the homeserver does not say.
        """
        if server != self.server or not token:
            return None
        address = f"{self.url.rstrip('/')}/_matrix/federation/v1/openid/userinfo"
        try:
            async with (
                asyncio.timeout(PATIENCE),
                aiohttp.ClientSession() as client,
                client.get(address, params={"access_token": token}, allow_redirects=False) as answer,
            ):
                status, content = answer.status, await answer.content.read(LARGEST)
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise ConnectionError("the homeserver does not answer") from problem
        if status == 401:
            return None
        if status != 200:
            values = {"status": status, "path": "/_matrix/federation/v1/openid/userinfo"}
            log.warning("the homeserver answers %(path)s with %(status)s: nobody can log in within Element", values)
            raise ConnectionError("the homeserver does not say whose token it is")
        return self._ours(content)

    def _ours(self, content: bytes) -> str | None:
        try:
            told = json.loads(content)
        except ValueError:
            return None
        sub = told.get("sub") if isinstance(told, dict) else None
        is_ours = isinstance(sub, str) and sub.startswith("@") and sub.partition(":")[2] == self.server
        return sub if is_ours else None

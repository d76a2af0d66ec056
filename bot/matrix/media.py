"""Getting files that people dropped: never more of them than we asked for."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import nio  # type: ignore[import-untyped]  # nio ships no types
from nio.crypto.attachments import decrypt_attachment  # type: ignore[import-untyped]

from bot.errors import Rejected
from bot.matrix.answers import NETWORK_ERRORS, no_answer, not_sent, refusal_of
from bot.matrix.asking import authorised
from bot.matrix.safe import SafeClient

ADDRESS = re.compile(r"mxc://([A-Za-z0-9.:\[\]-]{1,255})/([A-Za-z0-9_-]{1,255})")
DOWNLOAD_TIMEOUT = 120


class Media:
    """Downloads. May be repeated. Raises TryAgain or Rejected."""

    def __init__(self, client: SafeClient) -> None:
        self._client = client

    async def download(self, source: Mapping[str, Any], at_most: int) -> bytes:
        """The bytes of an m.file content; see `bot.post.Sender`."""
        sealed = source.get("file")
        if not isinstance(sealed, Mapping):
            return await self._loaded(source.get("url"), at_most)
        content = await self._loaded(sealed.get("url"), at_most)
        return await asyncio.to_thread(_opened, content, sealed)

    async def _loaded(self, address: object, at_most: int) -> bytes:
        place = ADDRESS.fullmatch(address) if isinstance(address, str) else None
        if place is None:
            raise Rejected("the file has no address")
        path = f"/_matrix/client/v1/media/download/{place[1]}/{place[2]}"
        try:
            async with asyncio.timeout(DOWNLOAD_TIMEOUT):
                async with await self._client.send(
                    "GET", path, headers=authorised(self._client), timeout=DOWNLOAD_TIMEOUT
                ) as response:
                    if response.status != 200:
                        raise not_sent(await refusal_of(response))
                    return await _read(response, at_most)
        except NETWORK_ERRORS as error:
            raise no_answer(error, "the file does not arrive") from error


async def _read(response: aiohttp.ClientResponse, at_most: int) -> bytes:
    """What was declared may be wrong, and packed bytes become more: so they are counted as well."""
    too_large = Rejected(f"the file is larger than {at_most} bytes")
    if (response.content_length or 0) > at_most:
        raise too_large
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > at_most:
            raise too_large
    return bytes(content)


def _opened(content: bytes, sealed: Mapping[str, Any]) -> bytes:
    try:
        return bytes(decrypt_attachment(content, sealed["key"]["k"], sealed["hashes"]["sha256"], sealed["iv"]))
    except (nio.EncryptionError, LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Rejected("the file cannot be decrypted") from error

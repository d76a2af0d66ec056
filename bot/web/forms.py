"""What a form of ours sends: a few short fields, read by hand so that nothing has to be able to read uploads."""

import asyncio
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from bot.web.guard import LARGEST

PATIENCE: Final = 10.0
"""Seconds for a form to arrive; whoever sends it drop by drop wants something else."""
FIELDS: Final = 10


async def body(request: Request, kind: str) -> bytes:
    """What was sent. Raises HTTPException where it is no `kind` (a media type), too much, or too slow."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise HTTPException(415)
    read = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in request.stream():
                read += piece
                if len(read) > LARGEST:  # of a length that nobody told us
                    raise HTTPException(413, headers={"Connection": "close"})
    except (ClientDisconnect, TimeoutError) as problem:
        raise HTTPException(400, headers={"Connection": "close"}) from problem
    return bytes(read)


async def fields(request: Request) -> dict[str, str]:
    """The fields of a form. Raises HTTPException."""
    content = await body(request, "application/x-www-form-urlencoded")
    try:
        return dict(parse_qsl(content.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError as problem:
        raise HTTPException(400) from problem

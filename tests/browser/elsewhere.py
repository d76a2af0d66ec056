"""Somebody else's site: one page. At `localhost` it is another site than the pages, which are at 127.0.0.1."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

HEAD = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
)


@asynccontextmanager
async def page(body: str, host: str = "localhost", port: int = 0) -> AsyncIterator[str]:
    """Serve this HTML whatever is asked for; its address. Without a port, a free one is taken."""
    content = f"<!doctype html><title>Woanders</title><body>{body}".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD.format(length=len(content)).encode() + content)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with server:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}"

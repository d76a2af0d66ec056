"""Nobody keeps a connection for nothing: there are only so many (slow requests, slow readers)."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from bot.store.database import Database
from bot.web import connection
from bot.web.page import Answer, File, Page, Tools
from bot.web.reader import Reader
from tests.fakes import ANNA, Bot
from tests.web.serving import Served, serving

LARGE = 30_000_000  # bytes: more than fits between two machines


async def large(_values: Mapping[str, str], _reader: Reader, _tools: Tools) -> Answer:
    return File(b"x" * LARGE, "text/csv")


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    bot = Bot(database)
    await bot.enter()
    async with serving(bot, (Page("/gross", "large", large),)) as pages:
        yield pages


async def ended(served: Served, beginning: bytes, drop: bytes = b"") -> bytes:
    """What came until the other side ended the connection, while a byte was sent now and then."""
    port = int(served.url.rpartition(":")[2])
    reading, writing = await asyncio.open_connection("127.0.0.1", port)
    came = asyncio.create_task(reading.read())
    writing.write(beginning.replace(b"HOST", f"127.0.0.1:{port}".encode()))
    while drop and not came.done():
        writing.write(drop)
        await asyncio.sleep(0.05)
    try:
        return await asyncio.wait_for(came, 60)
    except ConnectionError:
        return b""
    finally:
        writing.close()


async def test_a_request_that_never_comes_is_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(connection, "HEAD", 0.3)
        assert await ended(served, b"") == b"", "says nothing at all"
        assert await ended(served, b"GET / HTTP/1.1\r\nX-Slow: ", b"x") == b"", "a head that never ends"
    assert (await served.ask("/gross")).status == 403, "others are heard"


async def test_what_nobody_wants_to_read_is_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER", 0.6)
    await ended(served, b"GET /gross HTTP/1.1\r\nHost: HOST\r\nContent-Length: 9999\r\n\r\n", b"x")


async def test_an_answer_that_nobody_reads_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER", 0.6)
    port, cookie = int(served.url.rpartition(":")[2]), await served.session(ANNA)
    reading, writing = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    asked = f"GET /gross HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: zwischenstand={cookie}\r\n\r\n"
    writing.write(asked.encode())
    await asyncio.sleep(1)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await reading.readexactly(LARGE)
    writing.close()

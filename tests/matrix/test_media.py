"""Getting files that people dropped from a real homeserver, plain and encrypted."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from nio.crypto.attachments import encrypt_attachment  # type: ignore[import-untyped]

from bot.demo.homeserver import Homeserver
from bot.errors import Rejected, TryAgain
from bot.events import Dropped
from bot.matrix.media import Media
from tests.conftest import Newcomer
from tests.matrix.admin import upload
from tests.matrix.conftest import NewBot, in_room

TABLE = "Name;Ort\nGrüße;Köln\n".encode() * 100


async def test_a_dropped_file_is_fetched(new_bot: NewBot, newcomer: Newcomer, homeserver: Homeserver) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    room = await anna.create_room("Koordination", invite=[bot.account.user_id])
    await in_room(bot, room)
    address = await upload(anna, homeserver.url, TABLE)
    content = {"msgtype": "m.file", "body": "leute.csv", "url": address, "info": {"size": len(TABLE)}}
    await anna.send(room, "m.room.message", content)
    await bot.until(lambda: any(isinstance(e, Dropped) for e in bot.events(room)))
    (dropped,) = [e for e in bot.events(room) if isinstance(e, Dropped)]
    assert (dropped.name, dropped.size, dropped.sender) == ("leute.csv", len(TABLE), anna.user_id)
    assert await bot.account.download(dropped.source, len(TABLE)) == TABLE
    with pytest.raises(Rejected, match="larger than"):
        await bot.account.download(dropped.source, len(TABLE) - 1)


async def test_an_encrypted_file_is_opened(new_bot: NewBot, newcomer: Newcomer, homeserver: Homeserver) -> None:
    bot, anna = await new_bot(), await newcomer("anna")
    sealed, keys = encrypt_attachment(TABLE)
    file = keys | {"url": await upload(anna, homeserver.url, sealed)}
    assert await bot.account.download({"msgtype": "m.file", "file": file}, len(TABLE)) == TABLE
    with pytest.raises(Rejected, match="larger than"):
        await bot.account.download({"file": file}, len(TABLE) - 1)
    broken: list[dict[str, Any]] = [
        {"hashes": {"sha256": "AAAA"}},
        {"hashes": {"sha256": 3}},
        {"hashes": {}},
        {"hashes": []},
        {"key": {"k": "AAAA"}},
        {"key": {"k": "ü"}},
        {"key": {"k": None}},
        {"key": "AAAA"},
        {"iv": ""},
        {"iv": "ü"},
        {"iv": ["AAAA"]},
        {"iv": "A"},
    ]
    for wrong in broken:
        with pytest.raises(Rejected, match="cannot be decrypted"):
            await bot.account.download({"file": file | wrong}, len(TABLE))


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"url": 3},
        {"url": "https://netz.example/x"},
        {"url": "mxc://netz.example/../../x"},
        {"url": "mxc://netz.example/x?y"},
        {"url": "mxc://netz.example"},
        {"file": {}},
        {"file": {"url": None}, "url": "mxc://netz.example/x"},
    ],
)
async def test_no_address(source: dict[str, Any]) -> None:
    with pytest.raises(Rejected, match="no address"):
        await Media(None).download(source, 100)  # type: ignore[arg-type]  # nothing is asked for


async def test_files_that_are_not_there(new_bot: NewBot, homeserver: Homeserver) -> None:
    bot = await new_bot()
    with pytest.raises(Rejected, match="404"):
        await bot.account.download({"url": f"mxc://{homeserver.server_name}/gibtesnicht"}, 100)


class Client:
    """Just enough of a client for downloads from `web_server`."""

    access_token = "geheim"

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def send(self, method: str, path: str, *, headers: dict[str, str], timeout: float) -> Any:  # noqa: ASYNC109
        assert headers == {"Authorization": "Bearer geheim"}
        return await self._session.request(method, self._url + path, headers=headers)


@pytest.fixture
async def odd_server() -> AsyncIterator[Media]:
    """A homeserver that declares less than it sends, and packs what it sends."""

    async def answer(request: web.Request) -> web.StreamResponse:
        kind = request.match_info["media"]
        if kind == "later":
            return web.json_response({"errcode": "M_NOT_YET_UPLOADED"}, status=504)
        if kind == "proxy":
            return web.Response(status=403, text="no")
        if kind == "packed":
            headers = {"Content-Encoding": "gzip"}
            return web.Response(body=gzip.compress(b"x" * 10_000), headers=headers)
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(10):
            await response.write(b"x" * 1_000)
        if kind == "torn" and request.transport is not None:
            request.transport.abort()
        return response

    app = web.Application()
    app.router.add_get("/_matrix/client/v1/media/download/{server}/{media}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as session:
        yield Media(Client(session, f"http://{host}:{port}"))  # type: ignore[arg-type]
    await runner.cleanup()


@pytest.mark.parametrize("kind", ["undeclared", "packed"])
async def test_what_is_larger_than_it_looks(odd_server: Media, kind: str) -> None:
    assert len(await odd_server.download({"url": f"mxc://a/{kind}"}, 10_000)) == 10_000
    with pytest.raises(Rejected, match="larger than 9999 bytes"):
        await odd_server.download({"url": f"mxc://a/{kind}"}, 9_999)


@pytest.mark.parametrize("kind", ["later", "proxy", "torn"])
async def test_what_may_come_later(odd_server: Media, kind: str) -> None:
    with pytest.raises(TryAgain):
        await odd_server.download({"url": f"mxc://a/{kind}"}, 10_000)

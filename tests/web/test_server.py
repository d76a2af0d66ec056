"""The server in the bot's own loop: opened with it, closed with it, and only where it is wanted."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.app import _shown, house_of
from bot.checkup import overview_pages
from bot.config import Database as Section
from bot.config import Matrix, Settings, Web, load
from bot.errors import OperatorError
from bot.store.database import Database
from bot.web import guard
from bot.web.limits import Rate
from bot.web.page import Answer, Page, Shown, Tools
from bot.web.reader import Reader
from bot.web.site import Site
from tests.fakes import ANNA, US, Bot
from tests.test_config import MINIMAL, mistakes, write
from tests.web.serving import free_port, serving


def settings(**web: Any) -> Settings:
    matrix = Matrix(homeserver="http://127.0.0.1:9", user_id=US, password="geheim")  # type: ignore[arg-type]
    return Settings(coordinators=(ANNA,), matrix=matrix, database=Section(), web=Web(**web))


async def test_it_is_there_while_the_bot_is(database: Database) -> None:
    port = free_port()
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    async with _shown(settings(port=port), database):
        reading, writing = await asyncio.open_connection("127.0.0.1", port)
        writing.write(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert (await reading.readline()).startswith(b"HTTP/1.1 403 ")
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    writing.close()


async def test_without_a_port_there_is_nothing(database: Database) -> None:
    assert house_of(settings()).web is None
    async with _shown(settings(), database):
        pass


def test_who_has_no_pages_need_not_carry_their_libraries() -> None:
    looked = "import bot.app, sys; print([name for name in sys.modules if name in ('starlette', 'uvicorn')])"
    told = subprocess.run([sys.executable, "-c", looked], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "[]"


async def test_a_port_that_is_taken_is_named(database: Database) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OperatorError, match=r"^web\.port: another program has port \d+ on 127\.0\.0\.1; give"):
            async with _shown(settings(port=taken.getsockname()[1]), database):
                pass
    with pytest.raises(OperatorError, match=r"^web\.address, web\.port: 192\.0\.2\.1, \d+ cannot be opened: "):
        async with _shown(settings(port=free_port(), address="192.0.2.1"), database):
            pass


async def test_an_answer_that_takes_for_ever_does_not_hold_the_bot(database: Database) -> None:
    asked = asyncio.Event()

    async def slow(_values: Mapping[str, str], _reader: Reader, _tools: Tools) -> Answer:
        asked.set()
        await asyncio.sleep(3600)
        return Shown("left", {})

    bot = Bot(database)
    await bot.enter()
    async with asyncio.timeout(30):
        async with serving(bot, (Page("/", "start", slow),)) as served:
            waiting = asyncio.create_task(served.page("/", ANNA))
            await asked.wait()
        await asyncio.gather(waiting, return_exceptions=True)


async def shown(_values: Mapping[str, str], _reader: Reader, _tools: Tools) -> Answer:
    return Shown("left", {})


async def test_only_the_proxy_is_believed_about_where_a_request_came_from(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "OFTEN", Rate(burst=3, second=0.001))
    bot = Bot(database)
    await bot.enter()
    counted = {}
    for proxies in (["127.0.0.1"], ["192.0.2.0/24"]):
        async with serving(bot, (Page("/", "start", shown),), proxies=proxies) as served:
            asked = [
                await served.ask("/", headers={"X-Forwarded-For": f"203.0.113.{number % 2}"}) for number in range(8)
            ]
            counted[proxies[0]] = [answer.status for answer in asked].count(429)
    assert counted == {"127.0.0.1": 2, "192.0.2.0/24": 5}


async def test_what_a_public_body_owes_stands_on_each_page(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    links = {"Impressum": "https://example.org/impressum?a=1&b=2", "Datenschutz": "mailto:datenschutz@example.org"}
    async with serving(bot, links=links) as served:
        for page in (await served.page("/", ANNA), await served.ask("/"), await served.ask("/nirgends")):
            assert '<li><a href="https://example.org/impressum?a=1&amp;b=2">Impressum</a></li>' in page.text
            assert '<li><a href="mailto:datenschutz@example.org">Datenschutz</a></li>' in page.text
        framed = await served.ask("/widget/")
        assert 'target="_blank" rel="noopener">Impressum</a>' in framed.text


def test_settings_that_cannot_be(tmp_path: Path) -> None:
    path = write(tmp_path, MINIMAL + '[web]\nport = 8480\nelement = ["element.example.org"]\nproxies = ["proxy"]\n')
    assert mistakes(path) == [
        f"{path}: web.proxies: proxy is neither an IP address nor a network like 172.16.0.0/12",
        f"{path}: web.element: element.example.org is not an origin: write https://element.example.org, without a path",
    ]
    path = write(tmp_path, MINIMAL + '[web]\nport = 8480\nlinks = { Impressum = "javascript:alert(1)" }\n')
    assert mistakes(path) == [
        f"{path}: web.links: javascript:alert(1) is no address: write https://example.org/impressum or mailto:…"
    ]
    path = write(tmp_path, MINIMAL + '[web]\nport = 8480\naddress = "0.0.0.0"\n')
    assert mistakes(path) == [
        f"{path}: web: on all addresses, web.url must say which one people use; or give one address"
    ]
    good = MINIMAL + '[web]\nport = 8480\naddress = "0.0.0.0"\nurl = "https://stand.example.org"\n'
    assert load(write(tmp_path, good)).web.base == "https://stand.example.org"
    with pytest.raises(ValidationError):
        Web(port=1, element=("https://element.example.org/",))


def test_the_check_reads_the_operators_own_pages(tmp_path: Path) -> None:
    page = tmp_path / "web" / "start.html"
    page.parent.mkdir()
    page.write_text("{% block title %}")
    given = settings(port=8480).model_copy(update={"templates": tmp_path})
    (found,) = overview_pages(given)
    assert (found.good, found.says.startswith(f"{page}, line 1: ")) == (False, True)
    page.write_text("<h1>Stand</h1>")
    (found,) = overview_pages(given)
    assert (found.good, found.says) == (True, "http://127.0.0.1:8480")
    assert list(overview_pages(settings())) == []


def test_names_that_a_request_may_call_us_by() -> None:
    assert Site(Web(port=8480)).hosts == {"127.0.0.1:8480", "localhost:8480", "[::1]:8480"}
    behind = Site(Web(port=8480, address="10.0.0.5", url="https://Stand.example.org:443/v/"))
    assert behind.hosts == {"stand.example.org", "10.0.0.5:8480"}
    assert (behind.origin, behind.prefix, behind.secure) == ("https://stand.example.org", "/v", True)
    assert behind.to("/projekte", feld="Daten & Netze", seite=None) == "/v/projekte?feld=Daten+%26+Netze"

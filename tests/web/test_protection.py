"""What nobody may do to the pages, and what a browser is told that it may do with them."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.config import Log
from bot.errors import StoreDown
from bot.logs import to_stream
from bot.redaction import Redaction
from bot.store.database import Database
from bot.web import forms, guard
from bot.web.limits import KEPT, Limit, Rate, network_of
from bot.web.page import Answer, File, Page, Shown, Tools
from bot.web.reader import Reader
from bot.web.views import ROUTES
from tests.fakes import ANNA, Bot
from tests.web.serving import Served, serving

SECRET = "geheimnis-aus-der-adresse"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FORM = b" HTTP/1.1\r\nHost: HOST\r\nOrigin: OURS\r\nContent-Type: application/x-www-form-urlencoded\r\n"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def broken(values: Mapping[str, str], _reader: Reader, _tools: Tools) -> Answer:
    raise ValueError(values["wort"])


async def away(_values: Mapping[str, str], _reader: Reader, _tools: Tools) -> Answer:
    raise StoreDown("locked")


async def chart(_values: Mapping[str, str], _reader: Reader, _tools: Tools) -> Answer:
    return File(b"<svg/>", "image/svg+xml", "Verläufe 1.svg")


async def shown(_values: Mapping[str, str], _reader: Reader, _tools: Tools) -> Answer:
    return Shown("left", {})


OWN = (
    Page("/", "start", shown),
    Page("/kaputt", "broken", broken),
    Page("/weg", "away", away),
    Page("/bild", "chart", chart),
)


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    bot = Bot(database)
    await bot.enter()
    async with serving(bot, OWN) as pages:
        yield pages


async def assert_headers(served: Served, path: str, **more: Any) -> None:
    answer = await served.ask(path, **more)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, (path, more)
    assert "Server" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers, "this one is reached by HTTP"


async def test_every_page_has_the_headers(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    async with serving(bot) as served:
        cookie = await served.session(ANNA)
        for page in ROUTES:
            path = re.sub(r"\{[^}]+\}", "1", page.path)
            await assert_headers(served, path, cookie=cookie)
            await assert_headers(served, path)


async def test_whatever_else_is_answered_has_them_too(served: Served) -> None:
    cookie, link = await served.session(ANNA), await served.link(ANNA)
    for page in OWN:
        await assert_headers(served, page.path, cookie=cookie)
    for path in (link, "/anmelden/falsch", "/gibtsnicht", "/static/gibtsnicht.css"):
        await assert_headers(served, path)
    for path in ("/abmelden", "/sprache", "/anmelden"):
        await assert_headers(served, path, method="POST", data={})
    await assert_headers(served, "/anmelden", method="POST", data=b"x" * 20_000)
    await assert_headers(served, "/", headers={"Host": "evil.example"})
    await assert_headers(served, "/", method="DELETE")
    static = await served.ask("/static/style.css")
    assert {name: static.headers.get(name) for name in HEADERS} == HEADERS | {
        "Cache-Control": "public, max-age=31536000, immutable"
    }


async def test_pages_have_nothing_inline_and_nothing_of_others(served: Served) -> None:
    cookie = await served.session(ANNA)
    for path in ("/", "/gibtsnicht", await served.link(ANNA), "/anmelden/falsch"):
        text = (await served.ask(path, cookie=cookie)).text
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|https?://|javascript:", text), path


async def test_a_file_is_downloaded_under_its_name(served: Served) -> None:
    answer = await served.page("/bild", ANNA)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''Verl%C3%A4ufe%201.svg"


async def test_behind_https_the_browser_keeps_to_it(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    async with serving(bot, OWN, url="https://stand.example.org/verbund/") as pages:
        token, host = (await pages.link(ANNA)).rpartition("/")[2], {"Host": "stand.example.org"}
        for prefix in ("", "/verbund"):  # as the proxy hands it on
            asked = await pages.ask(f"{prefix}/anmelden/{token}", headers=host)
            assert 'action="/verbund/anmelden"' in asked.text
            assert asked.headers["Strict-Transport-Security"] == "max-age=31536000"
        ours = {"Origin": "https://stand.example.org", **host}
        entered = await pages.ask("/verbund/anmelden", method="POST", data={"token": token}, headers=ours)
        assert entered.headers["Location"] == "/verbund/"
        name, attributes = entered.headers["Set-Cookie"].split("; ", 1)
        assert name.startswith("__Host-zwischenstand=")
        assert attributes == "Max-Age=43200; HttpOnly; Path=/; SameSite=Strict; Secure"
        start = await pages.ask("/verbund", headers={"Cookie": name, **host})
        assert (start.status, f"Angemeldet als {ANNA}" in start.text) == (200, True)
        assert (await pages.ask("/", headers={"Cookie": name.removeprefix("__Host-"), **host})).status == 403


async def test_another_name_than_ours_is_refused(served: Served) -> None:
    cookie = await served.session(ANNA)
    for host in ("evil.example", "", "127.0.0.1", "stand.example.org:99", "127.0.0.1:1@evil.example"):
        answer = await served.ask("/", headers={"Host": host}, cookie=cookie)
        assert (answer.status, f"Angemeldet als {ANNA}" in answer.text) == (421, False), host


FETCHED = "Sec-Fetch-Site"
SENDERS: tuple[tuple[dict[str, str], int], ...] = (
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": ""}, 403),
    ({FETCHED: "cross-site"}, 403),
    ({FETCHED: "same-site"}, 403),
    ({FETCHED: "none"}, 403),
    ({FETCHED: "same-origin"}, 200),
    ({}, 200),
)


async def test_forms_of_others_do_nothing(served: Served) -> None:
    for headers, status in SENDERS:
        cookie = await served.session(ANNA)
        answer = await served.ask("/abmelden", method="POST", data={}, cookie=cookie, headers=headers)
        assert answer.status == status, headers
        assert (await served.ask("/", cookie=cookie)).status == (200 if status == 403 else 403), headers


async def test_a_link_from_elsewhere_takes_one_click_more(served: Served) -> None:
    """The browser does not send the cookie then, so that the page cannot know."""
    words = "Ich bin in diesem Browser schon angemeldet"
    assert words in (await served.ask("/", headers={"Sec-Fetch-Site": "cross-site"})).text
    assert words not in (await served.ask("/", headers={"Sec-Fetch-Site": "same-origin"})).text


async def test_pages_are_there_to_be_read(served: Served) -> None:
    cookie = await served.session(ANNA)
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "POST"):
        answer = await served.ask("/", method=method, cookie=cookie)
        assert (answer.status, "GET" in answer.headers["Allow"]) == (405, True), method


async def test_head_is_get_without_the_page(served: Served) -> None:
    cookie = await served.session(ANNA)
    head, get = await served.ask("/", method="HEAD", cookie=cookie), await served.ask("/", cookie=cookie)
    assert (head.status, head.text, head.headers["Content-Length"]) == (200, "", get.headers["Content-Length"])


async def sent(served: Served, request: bytes, pieces: int = 0) -> tuple[bytes, int]:
    """The answer to raw bytes, and how many pieces of 64 kB could be sent after them."""
    port = int(served.url.rpartition(":")[2])
    reading, writing = await asyncio.open_connection("127.0.0.1", port)
    taken = 0
    piece = b"x" * 65_536
    if b"chunked" in request:
        piece = b"10000\r\n" + piece + b"\r\n"
    try:
        writing.write(request.replace(b"HOST", f"127.0.0.1:{port}".encode()).replace(b"OURS", served.url.encode()))
        while taken < pieces:
            writing.write(piece)
            await writing.drain()
            taken += 1
    except ConnectionError:
        pass
    try:
        return await asyncio.wait_for(reading.read(200), 20), taken
    except ConnectionError:
        return b"", taken
    finally:
        writing.close()


async def test_fifty_megabytes_are_refused_unread(served: Served) -> None:
    head = (
        b"POST /anmelden HTTP/1.1\r\nHost: HOST\r\nOrigin: OURS\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    )
    answer, _ = await sent(served, head + b"Content-Length: 52428800\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 "), "before a byte of it was sent"
    answer, taken = await sent(served, head + b"Transfer-Encoding: chunked\r\n\r\n", pieces=800)
    assert answer.startswith(b"HTTP/1.1 413 ") or taken < 790
    assert (await served.page("/", ANNA)).status == 200


TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
NO_FORMS: tuple[tuple[dict[str, Any], int], ...] = (
    ({"json": {"token": "x"}}, 415),
    ({"data": b"\xff\xfe", "headers": TYPE}, 400),
    ({"data": "&".join(f"a{n}=1" for n in range(50)), "headers": TYPE}, 400),
    ({"data": {"token": ["x", "y"]}}, 403),
    ({"data": {}}, 403),
)


async def test_what_is_no_form_of_ours(served: Served) -> None:
    for more, status in NO_FORMS:
        assert (await served.ask("/anmelden", method="POST", **more)).status == status, more


async def test_a_form_that_never_ends_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "PATIENCE", 0.2)
    head = (
        b"POST /abmelden HTTP/1.1\r\nHost: HOST\r\nOrigin: OURS\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    )
    answer, _ = await sent(served, head + b"Content-Length: 100\r\n\r\na")
    assert answer.startswith(b"HTTP/1.1 400 ")


PATHS = (
    "/static/../server.py",
    "/static/%2e%2e/server.py",
    "/static/..%2fserver.py",
    "/static/..%5cserver.py",
    "/static/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd",
    "/static//etc/passwd",
    "/static/%00",
    "/static/" + "a" * 5000,
    "/static/",
    "/static",
    "//evil.example/",
    "/..",
)


async def test_no_file_but_ours_is_handed_out(served: Served) -> None:
    for path in PATHS:
        answer, _ = await sent(served, f"GET {path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 404 "), path


def frozen(monkeypatch: pytest.MonkeyPatch, at: float) -> None:
    """The clock of the limits stands."""
    for module in ("guard", "gate"):
        monkeypatch.setattr(f"bot.web.{module}.monotonic", lambda: at)


async def test_whoever_asks_too_often_waits(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen(monkeypatch, 1000.0)
    tries = [await served.ask(f"/anmelden/falsch{number}") for number in range(guard.LOGINS.burst + 1)]
    assert [answer.status for answer in tries] == [*[403] * guard.LOGINS.burst, 429]
    assert tries[-1].headers["Retry-After"] == "1"
    assert "zu viele Anfragen" in tries[-1].text
    assert (await served.page("/", ANNA)).status == 200, "whoever is logged in goes on reading"
    frozen(monkeypatch, 1001.0)
    assert (await served.ask("/anmelden/falsch")).status == 403


async def test_one_browser_does_not_use_up_what_others_need(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen(monkeypatch, 1000.0)
    mine, other = await served.session(ANNA), await served.session(ANNA)
    seen = [(await served.ask("/", cookie=mine)).status for _ in range(70)]
    assert seen == [*[200] * 60, *[429] * 10]
    assert (await served.ask("/", cookie=other)).status == 200


def test_limits_fill_up_again_and_stay_small() -> None:
    limit = Limit(Rate(burst=3, second=0.5))
    assert [limit.wait("a", 0.0) for _ in range(5)] == [0, 0, 0, 2, 2]
    assert [limit.wait("a", 2.0), limit.wait("a", 2.0), limit.wait("b", 2.0)] == [0, 2, 0]
    for number in range(KEPT * 2):
        limit.wait(f"n{number}", 3.0)
    assert len(limit._buckets) == KEPT


def test_a_network_counts_as_one() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") != network_of("192.0.2.8")
    assert network_of("") == network_of("") != network_of("testclient")


async def test_a_mistake_of_ours_is_a_number_and_nothing_more(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    answer = await served.page(f"/kaputt?wort={SECRET}", ANNA)
    found = re.search(r"<code>([0-9a-f]{4})</code>", answer.text)
    assert found
    assert answer.status == 500
    assert not re.search(rf"{SECRET}|ValueError|Traceback|\.py", answer.text)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == f"reference {found[1]}: the page broken failed"


async def test_a_database_that_is_away_is_no_mistake(served: Served) -> None:
    answer = await served.page("/weg", ANNA)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert "Datenbank antwortet im Moment nicht" in answer.text


async def test_the_log_has_neither_links_nor_cookies(served: Served, log_of: Any) -> None:
    link, cookie = await served.link(ANNA), await served.session(ANNA)
    for path in (link, "/", f"/kaputt?wort={SECRET}", "/weg"):
        await served.ask(path, cookie=cookie)
    await served.ask("/anmelden", method="POST", data={"token": link.rpartition("/")[2]}, cookie=cookie)
    await sent(served, b"GET /anmelden/" + SECRET.encode() + b" NONSENSE\r\n\r\n")
    written = log_of()
    assert "the page broken failed" in written
    for secret in (link.rpartition("/")[2], cookie, SECRET):
        assert secret not in written


@pytest.fixture
def log_of(tmp_path: Path) -> Any:
    """What is logged, as an operator reads it."""
    file = (tmp_path / "log").open("w+", encoding="utf-8")
    root, before = logging.getLogger(), logging.getLogger().level
    handler = to_stream(Log(level="info"), Redaction(), file)

    def read() -> str:
        file.seek(0)
        return file.read()

    yield read
    root.removeHandler(handler)
    root.setLevel(before)
    file.close()

"""The pages inside Element: whom the homeserver vouches for gets in, and nobody else; no other page may frame them."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from bot.demo.homeserver import Homeserver
from bot.events import Members
from bot.store import Session, networks, rooms
from bot.store.database import Database
from bot.web import openid
from bot.web.openid import OpenId
from bot.web.page import Answer, Page, Shown, Tools
from bot.web.reader import Reader
from tests.conftest import Newcomer
from tests.fakes import ANNA, BEN, CEM, ROOM, US, Bot
from tests.web.serving import Served, free_port, serving
from tests.web.vouching import vouching

ELEMENT = "https://element.example.org"
HERS = "!sued:example.org"
TOKENS = {"anna": ANNA, "ben": BEN, "foreign": "@ben:evil.example", "longer": f"{BEN}.evil", "odd": 7, "none": "ben"}


async def shown(_values: Mapping[str, str], _reader: Reader, _tools: Tools) -> Answer:
    return Shown("left", {})


ODD = tuple(
    f'{{"access_token": "{token}", "matrix_server_name": "example.org", "room": "{room}"}}'.encode()
    for token, room in (("ben", "\\u0000"), ("ben", "\\ud800"), ("\\udfff", ROOM))
)
PAGES = (Page("/", "start", shown, in_menu=True),)


@pytest.fixture
async def homeserver_url() -> AsyncIterator[str]:
    """A homeserver that knows these tokens."""
    async with vouching(TOKENS) as url:
        yield url


@pytest.fixture
async def bot(database: Database) -> Bot:
    """One room of Anna's with Ben, and one of another network, in which he is not."""
    made = Bot(database)
    await made.enter()
    await made.enter(HERS, ANNA, CEM)

    def work(session: Session) -> None:
        room = rooms.find(session, HERS)
        assert room is not None
        room.network_id = networks.found(session, "Süden", ANNA, made.now).id

    await database.run(work)
    return made


@pytest.fixture
async def served(bot: Bot, homeserver_url: str) -> AsyncIterator[Served]:
    async with serving(bot, PAGES, homeserver_url, element=[ELEMENT, "vector://vector"]) as pages:
        yield pages


async def enter(served: Served, token: str, room: str = ROOM, server: str = "example.org", **more: Any) -> Any:
    given = {"access_token": token, "matrix_server_name": server, "room": room}
    return await served.ask("/widget/anmelden", method="POST", json=given, **more)


async def test_whom_the_homeserver_vouches_for_gets_in(served: Served) -> None:
    first = await served.ask(f"/widget/?raum={ROOM}&widgetId=w1")
    assert first.status == 403
    assert f'data-elements="{ELEMENT} vector://vector" data-login="/widget/anmelden"' in first.text
    assert re.search(r'<script src="/static/widget\.js\?v=\w{12}" defer></script>', first.text)
    entered = await enter(served, "ben")
    assert (entered.status, entered.text) == (200, '{"to":"/widget/"}')
    cookie = entered.headers["Set-Cookie"]
    assert re.fullmatch(r"zwischenstand-widget=[\w-]{43}; Max-Age=43200; HttpOnly; Path=/widget; SameSite=Lax", cookie)
    shown_to = await served.ask("/widget/", headers={"Cookie": cookie.partition(";")[0]})
    assert f"Angemeldet als {BEN} (Mitglied)" in shown_to.text
    assert 'action="/widget/abmelden"' in shown_to.text
    assert (await served.ask("/", headers={"Cookie": cookie.partition(";")[0]})).status == 403, "not in a tab"


async def test_nobody_else_gets_in(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    for token in ("foreign", "longer", "odd", "none", "unknown", "", "html"):
        answer = await enter(served, token)
        assert (answer.status, answer.text, "Set-Cookie" in answer.headers) == (403, '{"to":null}', False), token
    assert (await enter(served, "ben", server="evil.example")).status == 403, "we ask our own homeserver only"
    for token in ("down", "redirect"):
        assert (await enter(served, token)).status == 503
    assert "token" not in caplog.text
    assert "/openid/userinfo with 502: nobody can log in within Element" in caplog.text


async def test_the_network_is_that_of_the_room(served: Served) -> None:
    for room in ("!nirgends:example.org", HERS):
        assert (await enter(served, "ben", room)).status == 403, room
    assert (await enter(served, "anna", HERS)).status == 200
    assert (await enter(served, "ben", "")).status == 200, "he has but one"
    assert (await enter(served, "anna", "")).status == 403, "she has two"
    await served.bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA})))
    assert (await enter(served, "ben")).status == 403, "he has left"


async def test_a_cookie_opens_the_room_and_serves_the_person_that_it_is_for(served: Served) -> None:
    """It is the browser's: Anna has rooms of two networks in Element, and then Ben sits down at her machine."""
    cookie = {"Cookie": (await enter(served, "anna")).headers["Set-Cookie"].partition(";")[0]}
    for address, status in (
        ("", 200),
        (f"?raum={quote(ROOM)}&person={quote(ANNA)}&widgetId=w1", 200),
        (f"?raum={quote(ROOM)}&angemeldet=1", 200),
        (f"?raum={quote(HERS)}", 403),
        ("?raum=!nirgends:example.org", 403),
        (f"?raum={quote(ROOM)}&person={quote(BEN)}", 403),
        ("?raum=%00", 404),
    ):
        answer = await served.ask(f"/widget/{address}", headers=cookie)
        assert (answer.status, ANNA in answer.text) == (status, status == 200), address
    ours = {**cookie, "Origin": served.url}
    other = (await enter(served, "anna", HERS, headers=ours)).headers["Set-Cookie"].partition(";")[0]
    assert "Süden" in (await served.ask(f"/widget/?raum={quote(HERS)}", headers={"Cookie": other})).text
    assert (await served.ask("/widget/", headers=cookie)).status == 403, "the one before has ended"


async def test_what_is_no_token(served: Served) -> None:
    for content in (b"", b"{", b"[]", b"{}", b'{"access_token": 1}', *ODD, b"[" * 10_000, b"\xff"):
        answer = await served.ask(
            "/widget/anmelden", method="POST", data=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status == 400, content[:20]
    assert (await served.ask("/widget/anmelden", method="POST", data={"access_token": "ben"})).status == 415
    assert (await enter(served, "ben", headers={"Origin": ELEMENT})).status == 403, "only our own page logs in"


async def test_only_there_and_only_around_there(served: Served) -> None:
    framed, plain = await served.ask("/widget/"), await served.ask("/")
    assert framed.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {ELEMENT} vector://vector"
    )
    assert "X-Frame-Options" not in framed.headers
    assert "frame-ancestors 'none'" in plain.headers["Content-Security-Policy"]
    assert plain.headers["X-Frame-Options"] == "DENY"
    assert "script-src" not in plain.headers["Content-Security-Policy"]


async def test_without_an_element_there_is_no_widget(bot: Bot) -> None:
    async with serving(bot, PAGES) as served:
        for path in ("/widget/", "/widget", "/widget/anmelden"):
            answer = await served.ask(path)
            assert (answer.status, answer.headers["X-Frame-Options"]) == (404, "DENY"), path
        assert (await enter(served, "ben")).status in (404, 405)


async def test_with_https_the_cookie_is_kept_apart_by_the_page_around(bot: Bot, homeserver_url: str) -> None:
    at = {"url": "https://stand.example.org/v", "element": [ELEMENT]}
    async with serving(bot, PAGES, homeserver_url, **at) as served:
        ours = {"Host": "stand.example.org", "Origin": "https://stand.example.org"}
        entered = await enter(served, "ben", headers=ours)
        assert entered.headers["Set-Cookie"].split("; ", 1)[1] == (
            "Max-Age=43200; HttpOnly; Path=/v/widget; SameSite=None; Secure; Partitioned"
        )
        assert entered.headers["Set-Cookie"].startswith("__Secure-zwischenstand-widget=")


async def test_a_homeserver_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openid, "PATIENCE", 0.5)
    with pytest.raises(ConnectionError):
        await OpenId(f"http://127.0.0.1:{free_port()}", "example.org").person("ben", "example.org")


async def test_a_real_homeserver_vouches_for_its_people(homeserver: Homeserver, newcomer: Newcomer) -> None:
    ben = await newcomer("ben")
    token = await ben._connection.call("POST", f"/user/{quote(ben.user_id)}/openid/request_token", {})
    asked = OpenId(homeserver.url, ben.user_id.partition(":")[2])
    assert await asked.person(token["access_token"], token["matrix_server_name"]) == ben.user_id
    assert await asked.person(token["access_token"] + "x", token["matrix_server_name"]) is None
    assert await asked.person(token["access_token"], "evil.example") is None

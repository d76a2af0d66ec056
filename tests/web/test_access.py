"""Who gets in, how long, and what happens to links that others see: the real server, asked over HTTP."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.domain.roles import Role
from bot.events import Members
from bot.procedures import logins
from bot.store import Session, networks
from bot.store.database import Database
from bot.store.tables import LoginLink, WebSession
from bot.web.page import Absent, Answer, Page, Shown, Tools
from bot.web.reader import Reader
from tests.fakes import ANNA, BEN, CEM, ROOM, US, Bot
from tests.web.serving import Served, serving

HERS = "!sued:example.org"
DORA = "@dora:example.org"  # coordinates another network
EVA = "@eva:example.org"  # founded it, and may not any more
KIM = "@kim:example.org"  # a guest
"""Cookies on plain HTTP: browsers take `__Host-` with HTTPS only."""


async def whoever(_values: Mapping[str, str], _reader: Reader, _tools: Tools) -> Answer:
    return Shown("left", {})


async def network(values: Mapping[str, str], reader: Reader, _tools: Tools) -> Answer:
    """As a page of something does: what is not in the reader's network is not there."""
    if values["number"] != str(reader.network_id):
        raise Absent
    return Shown("left", {})


PAGES = (
    Page("/", "start", whoever, in_menu=True),
    Page("/steuerung", "start", whoever, needs=Role.COORDINATOR),
    Page("/verbund/{number}", "start", network),
)


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    """Two networks: Anna coordinates the first, Ben and Cem are members, Kim is a guest; Dora has the other."""
    bot = Bot(database)
    await bot.enter()
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN, CEM, KIM})))
    await database.run(lambda session: networks.grant(session, 1, KIM, Role.GUEST, ANNA, bot.now))
    await database.run(lambda session: networks.found(session, "Süden", EVA, bot.now))
    await database.run(lambda session: networks.grant(session, 2, DORA, Role.COORDINATOR, EVA, bot.now))
    async with serving(bot, PAGES) as pages:
        yield pages


def cookie_of(headers: Mapping[str, str]) -> str:
    found = re.match(r"zwischenstand=([^;]+);", headers["Set-Cookie"])
    assert found
    return found[1]


async def test_a_link_leads_to_a_button_and_the_button_in(served: Served) -> None:
    link = await served.link(BEN)
    asked = await served.ask(link)
    assert asked.status == 200
    assert "Set-Cookie" not in asked.headers
    assert f'name="token" value="{link.rpartition("/")[2]}"' in asked.text
    assert f"melden Sie sich in diesem Browser als {BEN} an" in asked.text, "somebody might have sent their own link"
    entered = await served.ask("/anmelden", method="POST", data={"token": link.rpartition("/")[2]})
    assert (entered.status, entered.headers["Location"]) == (303, "/")
    cookie = entered.headers["Set-Cookie"]
    assert re.fullmatch(r"zwischenstand=[\w-]{43}; Max-Age=43200; HttpOnly; Path=/; SameSite=Strict", cookie)
    page = await served.ask("/", cookie=cookie_of(entered.headers))
    assert (page.status, f"Angemeldet als {BEN} (Mitglied)" in page.text) == (200, True)


async def test_previews_and_scanners_do_not_use_a_link(served: Served) -> None:
    link = await served.link(BEN)
    for method in ("GET", "HEAD", "GET", "HEAD"):
        assert (await served.ask(link, method=method)).status == 200
    assert (await served.ask("/anmelden", method="POST", data={"token": link.rpartition("/")[2]})).status == 303


async def test_used_expired_and_invented_links_get_one_answer(served: Served) -> None:
    used, stale = (await served.link(BEN)).rpartition("/")[2], (await served.link(CEM)).rpartition("/")[2]
    assert (await served.ask("/anmelden", method="POST", data={"token": used})).status == 303
    served.bot.now += logins.LINK_HOLDS
    fresh = (await served.link(CEM)).rpartition("/")[2]
    answers = []
    for token in (used, stale, "erfunden", "x" * 3000):
        answers.append(await served.ask(f"/anmelden/{token}"))
        answers.append(await served.ask("/anmelden", method="POST", data={"token": token}))
    assert {answer.status for answer in answers} == {403}
    assert len({re.sub(r"\?v=\w+", "", answer.text) for answer in answers}) == 1
    assert '<code class="command">!übersicht</code>' in answers[0].text
    assert (await served.ask("/anmelden", method="POST", data={"token": fresh})).status == 303


async def test_of_many_at_once_one_gets_in(served: Served) -> None:
    token = (await served.link(BEN)).rpartition("/")[2]
    tries = [served.ask("/anmelden", method="POST", data={"token": token}) for _ in range(8)]
    assert sorted(answer.status for answer in await asyncio.gather(*tries)) == [303, *[403] * 7]
    assert len(await rows(served, WebSession)) == 1


async def rows(served: Served, table: type[LoginLink | WebSession]) -> list[LoginLink | WebSession]:
    return await served.bot.database.run(lambda session: list(session.exec(select(table))))


async def test_no_secret_is_stored(served: Served) -> None:
    token, cookie = (await served.link(BEN)).rpartition("/")[2], await served.session(BEN)
    kept = repr(await rows(served, LoginLink)) + repr(await rows(served, WebSession))
    assert BEN in kept
    assert token not in kept
    assert cookie not in kept


async def test_a_forged_cookie_opens_nothing(served: Served) -> None:
    await served.session(BEN)
    for cookie in ("", "x", "erfunden" * 6, "a" * 3000, "%00", '"', "1' OR '1'='1"):
        answer = await served.ask("/", cookie=cookie)
        assert (answer.status, "Bitte melden Sie sich an" in answer.text) == (403, True), cookie


async def test_the_digest_of_a_session_is_no_session(served: Served) -> None:
    await served.session(BEN)
    (row,) = await rows(served, WebSession)
    assert (await served.ask("/", cookie=row.digest)).status == 403


async def test_a_session_ends_after_a_while(served: Served) -> None:
    cookie = await served.session(BEN)
    for _ in range(6):
        served.bot.now += logins.QUIET - timedelta(minutes=1)
        answer = await served.ask("/", cookie=cookie)
    assert answer.status == 200
    served.bot.now += timedelta(minutes=6)  # twelve hours after it was opened
    assert (await served.ask("/", cookie=cookie)).status == 403


async def test_a_quiet_session_ends_earlier(served: Served) -> None:
    cookie = await served.session(BEN)
    served.bot.now += logins.QUIET + timedelta(seconds=1)
    assert (await served.ask("/", cookie=cookie)).status == 403


async def test_logging_in_ends_what_the_browser_had_before(served: Served) -> None:
    before, token = await served.session(BEN), (await served.link(BEN)).rpartition("/")[2]
    entered = await served.ask("/anmelden", method="POST", data={"token": token}, cookie=before)
    assert (await served.ask("/", cookie=before)).status == 403
    assert (await served.ask("/", cookie=cookie_of(entered.headers))).status == 200


async def test_logging_out(served: Served) -> None:
    mine, other = await served.session(BEN), await served.session(BEN)
    left = await served.ask("/abmelden", method="POST", data={}, cookie=mine)
    assert (left.status, "Sie sind abgemeldet" in left.text) == (200, True)
    assert left.headers["Set-Cookie"].startswith("zwischenstand=; Max-Age=0;")
    assert [(await served.ask("/", cookie=cookie)).status for cookie in (mine, other)] == [403, 200]


async def test_the_oldest_of_many_browsers_gives_way(served: Served) -> None:
    cookies = []
    for _ in range(logins.SESSIONS + 1):
        cookies.append(await served.session(BEN))
        served.bot.now += timedelta(minutes=1)
    assert [(await served.ask("/", cookie=cookie)).status for cookie in cookies] == [403, *[200] * logins.SESSIONS]


async def test_the_newest_browser_never_gives_way(served: Served) -> None:
    """All of them at the same moment: it is not left to chance which one goes."""
    for _ in range(logins.SESSIONS * 4):
        assert (await served.ask("/", cookie=await served.session(BEN))).status == 200


async def test_who_leaves_is_out_at_once(served: Served) -> None:
    cookie = await served.session(CEM)
    assert (await served.ask("/", cookie=cookie)).status == 200
    await served.bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN})))
    assert (await served.ask("/", cookie=cookie)).status == 403
    await served.bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN, CEM})))
    assert (await served.ask("/", cookie=cookie)).status == 403, "who comes back logs in anew"


async def test_a_page_is_there_for_whom_it_is_meant(served: Served) -> None:
    asked = {person: await served.page("/steuerung", person) for person in (ANNA, BEN, KIM)}
    assert {person: answer.status for person, answer in asked.items()} == {ANNA: 200, BEN: 404, KIM: 404}
    nothing = await served.page("/gibtsnicht", BEN)
    assert asked[BEN].text.replace("/steuerung", "") == nothing.text.replace("/gibtsnicht", "")
    assert (await served.ask("/steuerung")).status == 403


async def test_a_role_that_is_lost_is_lost_at_once(served: Served) -> None:
    def work(session: Session) -> None:
        networks.grant(session, 1, BEN, Role.COORDINATOR, ANNA, served.bot.now)

    await served.bot.database.run(work)
    cookie = await served.session(BEN)
    assert (await served.ask("/steuerung", cookie=cookie)).status == 200

    def back(session: Session) -> None:
        for row in networks.grants(session, 1, BEN):
            networks.withdraw(session, row, ANNA, served.bot.now)

    await served.bot.database.run(back)
    assert (await served.ask("/steuerung", cookie=cookie)).status == 404
    assert (await served.ask("/", cookie=cookie)).status == 200


async def test_what_is_in_another_network_is_not_there(served: Served) -> None:
    assert (await served.page("/verbund/2", DORA, 2)).status == 200
    foreign, absent = await served.page("/verbund/2", ANNA), await served.page("/verbund/77", ANNA)
    assert (foreign.status, foreign.text) == (404, absent.text)
    assert (await served.page("/", DORA, 1)).status == 403, "a session in a network that one does not belong to"


async def test_a_guest_is_a_guest(served: Served) -> None:
    assert f"Angemeldet als {KIM} (Gast)" in (await served.page("/", KIM)).text


async def test_the_language_is_chosen_in_the_browser(served: Served) -> None:
    cookie = await served.session(BEN)
    given = {"language": "en", "here": "/verbund/1?feld=Daten"}
    spoken = await served.ask("/sprache", method="POST", data=given, cookie=cookie)
    assert (spoken.status, spoken.headers["Location"]) == (303, "/verbund/1?feld=Daten")
    page = await served.ask("/", cookie=cookie)
    assert '<html lang="en">' in page.text
    assert "Logged in as" in page.text
    for here in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", "\x00", "", "/a\r\nX: y"):
        led = await served.ask("/sprache", method="POST", data={"here": here}, cookie=cookie)
        assert led.headers["Location"] == "/", here
    assert '<html lang="en">' in (await served.ask("/", headers={"Accept-Language": "fr, en;q=0.9, de"})).text

"""Behind a proxy that speaks HTTPS: cookies that browsers take there only, and Element on another site around it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import FrameLocator

from tests.browser import elsewhere
from tests.browser.chromium import Visitor
from tests.browser.conftest import NewVisitor
from tests.browser.element import page
from tests.browser.network import NETWORK
from tests.browser.secure import proxy
from tests.browser.site import Site, served
from tests.browser.story import AKTE, ANNA, BEN
from tests.mailserver import self_signed
from tests.web.serving import free_port
from tests.web.vouching import vouching

SECURE: dict[str, Any] = {"ignore_https_errors": True}  # nobody vouches for a certificate of 127.0.0.1
SANDBOXED = (
    "console, warning: An iframe which has both allow-scripts and allow-same-origin for its sandbox attribute can "
    "escape its sandboxing."
)
"""What browsers say of Element's frame. (Ours cannot: it is another site than Element.)"""


@dataclass(frozen=True)
class Secure:
    """The pages by HTTPS, and where Element is to be."""

    site: Site
    element: str
    packages: Path

    async def around(self, *, fails: bool = False) -> str:
        """Element as Ben sees it in a room of his, with the widget that Anna has put there."""
        content = await self.site.widget(ANNA, AKTE)
        return page(self.packages, content, BEN, AKTE, "of-ben", fails=fails)


@pytest_asyncio.fixture(loop_scope="session")
async def secure(site: Site, axe: Path, tmp_path: Path) -> AsyncIterator[Secure]:
    """The pages at a path of a proxy, with Element Desktop and an Element in the browser allowed around them."""
    port, public, element = free_port(), free_port(), f"http://localhost:{free_port()}"
    async with (
        vouching({"of-ben": BEN}) as homeserver,
        served(
            site.database,
            site.now,
            ("vector://vector", element),
            homeserver,
            url=f"https://127.0.0.1:{public}/stand",
            port=port,
        ) as started,
        proxy(self_signed(tmp_path), public, port),
    ):
        yield Secure(started, element, axe)


async def test_a_cookie_that_only_this_host_can_have_set(secure: Secure, new_visitor: NewVisitor) -> None:
    ben = await new_visitor(**SECURE)
    ben.base = secure.site.base
    await ben.log_in(await secure.site.link(BEN))
    assert NETWORK in await ben.said()
    (cookie,) = await ben.context.cookies()
    flags = {name: cookie.get(name) for name in ("name", "secure", "httpOnly", "sameSite", "path", "domain")}
    assert flags == {
        "name": "__Host-zwischenstand", "secure": True, "httpOnly": True, "sameSite": "Strict", "path": "/",
        "domain": "127.0.0.1",
    }  # fmt: skip
    await ben.page.get_by_role("navigation").get_by_role("link", name="Projekte").click()
    await ben.page.get_by_role("main").get_by_role("link", name="eAkte").first.click()
    await ben.page.get_by_role("button", name="English").click()
    assert ben.path == "/stand/projekt/eAkte"
    await ben.page.get_by_role("button", name="Log out").click()
    await ben.page.get_by_role("heading").wait_for()
    assert await ben.context.cookies() == []
    await ben.open("/", 403)


async def opened(secure: Secure, ben: Visitor) -> FrameLocator:
    """Ben looks at Element, which is another site than the pages."""
    ben.base = secure.site.base
    ben.others |= {secure.element, "chrome-error:"}
    ben.allowed.add(403)
    await ben.open(secure.element)
    return ben.page.frame_locator("#widget")


async def test_the_widget_and_elements_own_library_understand_each_other(
    secure: Secure, new_visitor: NewVisitor
) -> None:
    port = int(secure.element.rpartition(":")[2])
    async with elsewhere.page(await secure.around(), "localhost", port):
        ben = await new_visitor(**SECURE)
        frame = await opened(secure, ben)
        await frame.get_by_role("status").filter(has_text="Bitte bestätigen Sie in Element").wait_for()
        await ben.page.get_by_text("ready").wait_for()
        await ben.page.get_by_role("button", name="Ja").click()
        await frame.get_by_role("navigation").get_by_role("link", name="Projekte").click()
        await frame.get_by_role("link", name="eAkte").first.click()
        await frame.get_by_text("Papierlose Bauakten").first.wait_for()
        (cookie,) = await ben.context.cookies()
        assert (cookie["name"], cookie["secure"], cookie["sameSite"]) == ("__Secure-zwischenstand-widget", True, "None")
        assert cookie["partitionKey"] == "http://localhost", "nobody but this Element gets it back"
        await ben.page.get_by_role("button", name="Noch einmal").click()
        await frame.get_by_role("heading", name="Übersicht", exact=True).wait_for()  # and is not asked again
        with secure.site.later(hours=2.1):
            await frame.get_by_role("navigation").get_by_role("link", name="Projekte").click()
            await frame.get_by_role("status").filter(has_text="Bitte bestätigen Sie in Element").wait_for()
            async with ben.page.expect_request("**/widget/anmelden") as sent:
                await ben.page.get_by_role("button", name="Ja").click()
            assert json.loads((await sent.value).post_data or "")["room"] == AKTE, "the page behind still knows where"
            await frame.get_by_role("heading", name="Übersicht", exact=True).wait_for()
        assert ben.problems == [SANDBOXED]
        ben.problems.clear()


async def test_what_element_refuses_is_said(secure: Secure, new_visitor: NewVisitor) -> None:
    port = int(secure.element.rpartition(":")[2])
    for fails, button, said in ((False, "Nein", "Sie haben abgelehnt"), (True, None, "hat nicht geklappt")):
        async with elsewhere.page(await secure.around(fails=fails), "localhost", port):
            ben = await new_visitor(**SECURE)
            frame = await opened(secure, ben)
            if button:
                await frame.get_by_role("status").filter(has_text="Bitte bestätigen").wait_for()
                await ben.page.get_by_role("button", name=button).click()
            await frame.get_by_role("status").filter(has_text=said).wait_for()
            assert ben.problems.pop(0) == SANDBOXED
            assert all("Failed to handle OIDC" in problem for problem in ben.problems), "which is Element's"
            ben.problems.clear()

"""The pages inside Element: a room's widget, in a frame that nobody else may put around them."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.browser import elsewhere
from tests.browser.chromium import Visitor
from tests.browser.conftest import NewVisitor
from tests.browser.network import NETWORK
from tests.browser.site import Site, served
from tests.browser.story import AKTE, BEN, PAUL
from tests.web.serving import free_port
from tests.web.vouching import vouching

TOKENS = {"of-ben": BEN, "of-paul": PAUL}
# What Element does for a widget (MSC1960): it is asked who is there, and hands over a token of the homeserver's.
ELEMENT = """<iframe id=widget width=900 height=700 src="{base}/widget/?widgetId=w1&raum={room}"></iframe>
<script>addEventListener("message", event => {{
  if (event.origin !== "{base}" || event.data.action !== "get_openid") return
  const response = {{state: "allowed", access_token: "{token}", matrix_server_name: "example.org",
    token_type: "Bearer", expires_in: 3600}}
  event.source.postMessage({{...event.data, response}}, event.origin)
}})</script>"""


@pytest_asyncio.fixture(loop_scope="session")
async def inside(site: Site) -> AsyncIterator[tuple[Site, int]]:
    """The pages with Element around them; the port on which Element is to be."""
    port = free_port()
    async with (
        vouching(TOKENS) as homeserver,
        served(site.database, site.now, (f"http://127.0.0.1:{port}",), homeserver) as started,
    ):
        yield started, port


async def looking(visitor: Visitor, element: str, base: str) -> Visitor:
    """Have somebody look at Element with the widget in it."""
    visitor.base = base
    visitor.others |= {element, "chrome-error:"}
    visitor.allowed.add(403)
    await visitor.open(element)
    return visitor


async def test_somebody_in_element_is_in(inside: tuple[Site, int], new_visitor: NewVisitor) -> None:
    site, port = inside
    element = ELEMENT.format(base=site.base, room=AKTE, token="of-ben")
    async with elsewhere.page(element, "127.0.0.1", port) as around:
        ben = await looking(await new_visitor(), around, site.base)
        frame = ben.page.frame_locator("#widget")
        await frame.get_by_role("navigation").get_by_role("link", name="Projekte").click()
        await frame.get_by_role("heading", name="Projekte").wait_for()
        await frame.get_by_role("link", name="eAkte").first.click()
        await frame.get_by_text("Papierlose Bauakten").wait_for()


async def test_a_room_of_another_network_opens_nothing(inside: tuple[Site, int], new_visitor: NewVisitor) -> None:
    site, port = inside
    element = ELEMENT.format(base=site.base, room=AKTE, token="of-paul")
    async with elsewhere.page(element, "127.0.0.1", port) as around:
        paul = await looking(await new_visitor(), around, site.base)
        frame = paul.page.frame_locator("#widget")
        await frame.get_by_role("status").filter(has_text="Sie gehören nicht").wait_for()
        assert NETWORK not in await frame.locator("body").inner_text()


async def test_nobody_else_gets_a_frame_around_them(inside: tuple[Site, int], new_visitor: NewVisitor) -> None:
    site, _ = inside
    async with elsewhere.page(ELEMENT.format(base=site.base, room=AKTE, token="of-ben")) as trap:
        ben = await looking(await new_visitor(), trap, site.base)
        (frame,) = ben.page.frames[1:]
        assert "Übersicht" not in await frame.locator("body").inner_text()
        assert any("frame-ancestors" in problem for problem in ben.problems)
        ben.problems.clear()

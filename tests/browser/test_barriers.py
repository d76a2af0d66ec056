"""Nobody is kept out: axe-core finds nothing on any page, for anybody, light or dark."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser import pages
from tests.browser.barriers import barriers
from tests.browser.conftest import NewVisitor
from tests.browser.site import Site
from tests.browser.story import EMIL

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}


async def test_axe_finds_what_is_wrong(browser: Browser, axe: Path) -> None:
    page = await browser.new_page()
    try:
        await page.set_content("<p style='color: #aaa; background: #fff'>Kaum zu lesen<img src='data:,'></p>")
        found = {line.split()[0] for line in await barriers(page, axe)}
    finally:
        await page.close()
    assert found >= {"color-contrast", "image-alt", "html-has-lang", "document-title", "landmark-one-main"}


@pytest.mark.parametrize(("scheme", "viewport"), [("light", DESKTOP), ("dark", PHONE)], ids=["light", "dark"])
@pytest.mark.parametrize("reader", pages.ROLES)
async def test_no_page_has_barriers(
    reader: str, scheme: str, viewport: dict[str, int], new_visitor: NewVisitor, axe: Path
) -> None:
    visitor = await new_visitor(reader, color_scheme=scheme, viewport=viewport)
    found = {}
    for path in pages.of(reader):
        await visitor.open(path)
        found[path] = await barriers(visitor.page, axe)
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_way_in_has_no_barriers(scheme: str, site: Site, new_visitor: NewVisitor, axe: Path) -> None:
    nobody, link = await new_visitor(color_scheme=scheme), await site.link(EMIL)
    found = {}
    for path, status in ((link, 200), ("/", 403), ("/anmelden/veraltet", 403), ("/gibt-es-nicht", 404)):
        await nobody.open(path, status)
        found[path] = await barriers(nobody.page, axe)
    assert {path: lines for path, lines in found.items() if lines} == {}

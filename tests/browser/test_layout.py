"""The pages on a phone, enlarged, in the dark and on paper."""

import re
from typing import Any

import pytest

from tests.browser import pages
from tests.browser.conftest import NewVisitor

TOO_WIDE = """() => [...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect()
  return box.width && box.right > document.documentElement.clientWidth + 1 && one.checkVisibility() &&
    !one.closest('.wide, .hidden, thead')
}).map(one => one.outerHTML.slice(0, 80)).slice(0, 5)"""
SCROLLS = """() => [document.documentElement, ...document.querySelectorAll('.wide:has(table.rows)')].filter(
  one => one.scrollWidth > one.clientWidth).length"""
CLOSED = """() => [...document.querySelectorAll('main details > :not(summary)')].filter(
  one => !one.closest('form') && !one.checkVisibility({contentVisibilityAuto: true})
).map(one => one.outerHTML.slice(0, 80))"""
SIZES: dict[str, dict[str, Any]] = {
    "a narrow phone, or 400 %": {"viewport": {"width": 320, "height": 640}},  # WCAG 1.4.10 (Reflow)
    "200 %": {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2},  # WCAG 1.4.4 (Resize Text)
}


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_wider_than_the_window(size: str, new_visitor: NewVisitor) -> None:
    anna = await new_visitor("coordinator", **SIZES[size])
    found = {}
    for path in pages.of("coordinator"):
        await anna.open(path)
        found[path] = await anna.page.evaluate(TOO_WIDE)
        if await anna.page.evaluate(SCROLLS):
            found[path].append("the page, or a list on it, scrolls sideways")
    assert {path: wide for path, wide in found.items() if wide} == {}


async def test_larger_letters_break_nothing(new_visitor: NewVisitor) -> None:
    anna = await new_visitor("coordinator", viewport={"width": 1280, "height": 900})
    for path in pages.of("coordinator"):
        await anna.open(path)
        await anna.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await anna.page.evaluate(TOO_WIDE) == [], path


async def test_who_likes_it_dark_gets_it_dark(new_visitor: NewVisitor) -> None:
    brightness = {}
    for scheme in ("light", "dark"):
        ben = await new_visitor("member", color_scheme=scheme)
        await ben.open("/")
        colour = await ben.page.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness[scheme] = sum(int(part) for part in re.findall(r"\d+", colour)[:3])
    assert brightness["light"] > 600
    assert brightness["dark"] < 150


async def test_paper_has_the_content_only(new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member")
    for path in ("/projekte", "/projekt/eAkte", "/konsultation/K1"):
        await ben.open(path)
        await ben.page.emulate_media(media="print")
        for selector in ("nav", "form", "button", ".skip"):
            for one in await ben.page.locator(selector).all():
                assert not await one.is_visible(), f"{path}: {selector}"
        assert await ben.page.locator("h1").is_visible()
        assert await ben.page.evaluate(CLOSED) == [], path  # the numbers below a chart can be read on paper
        await ben.page.emulate_media(media="screen")

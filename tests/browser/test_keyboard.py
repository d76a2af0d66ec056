"""Everything can be done with the keyboard alone."""

from typing import Any

import pytest

from tests.browser import pages
from tests.browser.chromium import Visitor
from tests.browser.conftest import NewVisitor

FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect()
  return one === document.body ? null : {
    what: `${one.tagName.toLowerCase()} ${(one.innerText || one.name || one.className || '').trim().slice(0, 40)}`,
    index: [...document.querySelectorAll('*')].indexOf(one),
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    visible: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0,
    small: ['button', 'select', 'input'].includes(one.tagName.toLowerCase()) && (box.height < 24 || box.width < 24),
  }
}"""
REACHABLE = """() => [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'
)].filter(one => one.checkVisibility()).length"""


async def tabbed(visitor: Visitor) -> list[dict[str, Any]]:
    """What gets the focus, one after the other, until it leaves the page."""
    seen: list[dict[str, Any]] = []
    while len(seen) < 400:
        await visitor.page.keyboard.press("Tab")
        focused = await visitor.page.evaluate(FOCUSED)
        if focused is None or (seen and focused["index"] == seen[0]["index"]):
            return seen
        seen.append(focused)
    raise AssertionError(f"{visitor.path}: the focus never leaves: {seen[-3:]}")


async def press(visitor: Visitor, key: str, *, until: str) -> None:
    """Press a key until this selector has the focus."""
    for _ in range(60):
        await visitor.page.keyboard.press(key)
        if await visitor.page.locator(f"{until}:focus").count():
            return
    raise AssertionError(f"{until} never gets the focus")


@pytest.mark.parametrize(
    ("path", "width"),
    [(path, 1280) for path in ("/", "/projekte", "/projekt/eAkte", "/konsultation/K1", "/aufgaben", "/gesundheit")]
    + [("/projekte", 320)],
)
async def test_the_focus_goes_everywhere_visibly_and_leaves_again(
    path: str, width: int, new_visitor: NewVisitor
) -> None:
    assert path in pages.of("coordinator")
    anna = await new_visitor("coordinator", reduced_motion="reduce", viewport={"width": width, "height": 800})
    await anna.open(path)
    seen = await tabbed(anna)
    assert "Zum Inhalt" in str(seen[0]["what"])
    assert [each["what"] for each in seen if not (each["outlined"] and each["visible"])] == []
    assert [each["what"] for each in seen if each["small"]] == []
    assert len({each["index"] for each in seen}) == len(seen)
    assert len(seen) == await anna.page.evaluate(REACHABLE)
    order = [each["index"] for each in seen]
    assert order == sorted(order)  # as it is read


async def test_the_skip_link_leads_past_the_menu(new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member")
    await ben.open("/projekte")
    await ben.page.keyboard.press("Tab")
    await ben.page.keyboard.press("Enter")
    assert await ben.page.evaluate("document.activeElement.tagName") == "MAIN"
    await ben.page.keyboard.press("Tab")
    assert await ben.page.evaluate("document.activeElement.closest('main') !== null")


async def test_a_person_with_a_keyboard_finds_a_project(new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member")
    await ben.open("/")
    await press(ben, "Tab", until="nav a[href='/projekte']")
    await ben.page.keyboard.press("Enter")
    await ben.page.wait_for_url("**/projekte")
    await press(ben, "Tab", until="main select[name='status']")
    await ben.page.keyboard.type("in Um")
    await press(ben, "Tab", until="main form button")
    await ben.page.keyboard.press("Enter")
    await ben.page.wait_for_url("**status=running**")
    await press(ben, "Tab", until="main a[href$='/projekt/eAkte']")
    await ben.page.keyboard.press("Enter")
    await ben.page.wait_for_url("**/projekt/eAkte")
    assert "Elektronische Akte" in await ben.said()

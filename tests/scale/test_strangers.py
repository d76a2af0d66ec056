"""A database is one account's, until others are added to it: whoever else is started on it is refused."""

import asyncio
import io
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from bot import moving
from bot.app import run
from bot.checkup import check
from bot.errors import OperatorError
from bot.store.arriving import Target
from bot.store.database import Database
from bot.store.leased import taken_now
from tests.backing_up import US, Installation, house, kept
from tests.fakes import START
from tests.scale.accounts import NORD, changed, founded, records, rows, started
from tests.scale.leases import leading

__all__ = ["house", "kept"]
REGISTERED = "SELECT account, number, schema FROM public.shard ORDER BY number"
TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information)' ORDER BY 1, 2"
LONG = 60.0  # seconds


def known_by_registry(url: str) -> None:
    started(url, NORD)


def known_by_its_records(url: str) -> None:
    """As an earlier release leaves a database."""
    with closing(Database(url)) as database:
        database.migrate()
    changed(url, "INSERT INTO account VALUES (%s, 't', '2026-11-01')", NORD)


@pytest.mark.parametrize("known", [known_by_registry, known_by_its_records])
def test_another_account_is_refused_by_every_command(
    known: Callable[[str], None], postgres_database: str, tmp_path: Path, kept: Path
) -> None:
    known(postgres_database)
    stranger = Installation(tmp_path / "stranger", url=postgres_database)
    people = tmp_path / "people.csv"
    people.write_text("Organisation\nLindenstadt")
    before = rows(postgres_database, TABLES)
    told = [
        stranger.refusal(*words)
        for words in (
            ("export", str(tmp_path / "a.csv")),
            ("import", str(people), "--yes"),
            ("backup", str(tmp_path / "b")),
            ("restore", str(kept)),
            ("outbox",),
            ("outbox", "--retry", "1"),
            ("recover", "--new-key"),
        )
    ]
    with pytest.raises(OperatorError) as caught:
        asyncio.run(run(stranger.settings))
    told.append(str(caught.value))
    findings = {finding.what: finding for finding in check(stranger.config)}
    assert not findings["database"].good
    assert not findings["login"].good
    told.append(findings["database"].says)
    for said in told:
        assert said.startswith("database.url: postgresql:///test_"), said
        assert f"matrix.user_id is {US}" in said
        assert NORD in said
        assert "`zwischenstand add-account`" in said
    assert rows(postgres_database, TABLES) == before, "no keys, no lease, no registry"
    if ("public", "lease") in before:
        assert rows(postgres_database, "SELECT account FROM public.lease") == [(NORD,)]


def test_it_is_refused_while_the_other_leads(postgres_database: str) -> None:
    started(postgres_database, NORD)
    with leading(postgres_database, NORD, LONG) as first:
        with pytest.raises(OperatorError, match="not registered there"), taken_now(postgres_database, US):
            pytest.fail("it led")
        assert first.lease.is_held


def test_of_two_that_start_at_once_one_has_the_database(postgres_database: str) -> None:
    ready, won, lost = threading.Barrier(2), list[str](), list[str]()

    def start(account: str) -> None:
        with taken_now(postgres_database, account) as lease:
            ready.wait(30)  # both lead, each by its own lease: nobody is registered yet
            with closing(Database(postgres_database, lease=lease, account=account)) as database:
                try:
                    database.migrate()
                    won.append(account)
                except OperatorError as problem:
                    lost.append(str(problem))

    threads = [threading.Thread(target=start, args=(account,)) for account in (NORD, US)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(won), len(lost)) == (1, 1)
    assert "which is not registered there" in lost[0]
    assert rows(postgres_database, REGISTERED) == [(won[0], 0, "public")]


def test_nobodys_records_do_not_move_to_somebodys_database(
    postgres_database: str, migrated: Path, tmp_path: Path
) -> None:
    started(postgres_database, NORD)
    file = tmp_path / "new.db"
    file.write_bytes(migrated.read_bytes())
    with pytest.raises(OperatorError, match="no bot has ever run"):
        moving.move(f"sqlite:///{file}", postgres_database, START, Console(file=io.StringIO()))


def test_while_a_database_moves_no_other_account_becomes_its_first(postgres_database: str, house: Installation) -> None:
    with closing(Target(postgres_database, US)) as target:
        target.begin("file", US, START)
    with pytest.raises(OperatorError, match="add-account"):
        started(postgres_database, NORD)
    assert rows(postgres_database, REGISTERED) == [(US, 0, "public")]


def test_a_sqlite_file_is_one_accounts(tmp_path: Path, house: Installation) -> None:
    stranger = Installation(tmp_path / "stranger", url=house.settings.database.url, user_id=NORD)
    people = tmp_path / "people.csv"
    people.write_text("Organisation\nLindenstadt")
    before = house.records()
    for words in (
        ("export", str(tmp_path / "b.csv")),
        ("import", str(people), "--yes"),
        ("backup", str(tmp_path / "b")),
        ("outbox",),
        ("outbox", "--retry", "1"),
    ):
        said = stranger.refusal(*words)
        assert said.startswith("database.url: /")
        assert f"holds the records of {US}, and matrix.user_id is {NORD}" in said
        assert "name another one" in said
    with pytest.raises(OperatorError, match="holds the records of"):
        asyncio.run(run(stranger.settings))
    assert not {finding.what: finding for finding in check(stranger.config)}["database"].good
    assert house.records() == before
    house.run("outbox")


def test_a_bot_that_is_called_otherwise_keeps_its_records(
    postgres_database: str, tmp_path: Path, house: Installation
) -> None:
    """By hand, as docs/scale.md says."""
    started(postgres_database, US)
    founded(postgres_database, US, "Südverbund")
    changed(postgres_database, "UPDATE public.shard SET account = %s WHERE account = %s", NORD, US)
    with pytest.raises(OperatorError, match="not registered there"):
        started(postgres_database, US)
    started(postgres_database, NORD)
    assert len(records(postgres_database, NORD)["network"]) == 1
    renamed = Installation(tmp_path / "renamed", url=house.settings.database.url, user_id=NORD)
    with closing(sqlite3.connect(house.settings.database.url.partition(":///")[2])) as file:
        file.execute("DELETE FROM account")
        file.commit()
    assert renamed.run("outbox") == house.run("outbox")

"""A backup is of one moment, whatever is written meanwhile."""

import sqlite3
import threading
from contextlib import closing

import pytest

from bot.store import Session, outbox
from bot.store.database import Database
from bot.store.tables import HandledEvent, OutboxRow
from tests.backing_up import DEVICES, US, Installation, elsewhere, house, keys_in
from tests.fakes import START
from tests.store.rows import row

assert elsewhere is not house  # fixtures


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_keys_are_of_one_moment_while_others_write(mode: str, house: Installation, elsewhere: Installation) -> None:
    """Each commit adds to both ends of the file."""
    stop, file = threading.Event(), house.store / f"{US}_{DEVICES[0]}.db"
    written = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as keys:
            keys.execute(f"PRAGMA journal_mode={mode}")
            while not stop.is_set():
                keys.execute("BEGIN IMMEDIATE")
                keys.execute("UPDATE sessions SET number = number + 1")
                keys.execute("INSERT INTO sessions SELECT max(number) FROM sessions")
                keys.execute("COMMIT")
                written.set()
                stop.wait(0.002)

    writer = threading.Thread(target=write)
    writer.start()
    written.wait()
    try:
        for number in range(3):
            house.run("backup", str(house.folder / f"kept{number}"))
    finally:
        stop.set()
        writer.join()
    counts = []
    for number in range(3):
        elsewhere.run("restore", str(house.folder / f"kept{number}"), "--force")
        found = keys_in(elsewhere.store / file.name)
        with closing(sqlite3.connect(elsewhere.store / file.name)) as keys:
            assert keys.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert max(found) == len(found) - 1000
        assert len(set(found[:1000])) == 1
        counts.append(len(found))
    assert counts == sorted(set(counts)), "it was written to between all of them"


def test_records_are_of_one_moment_while_others_write(house: Installation, elsewhere: Installation) -> None:
    """Each commit writes to two tables that are read one after the other: no backup has one without the other."""
    stop, written = threading.Event(), threading.Event()

    def write() -> None:
        with closing(Database(house.settings.database.url)) as database:
            for number in range(10_000):
                database.run_now(lambda session, number=number: _pair(session, number))  # type: ignore[misc] # mypy infers no default arguments
                written.set()
                if stop.is_set():
                    break

    writer = threading.Thread(target=write)
    writer.start()
    written.wait()
    try:
        for number in range(3):
            house.run("backup", str(house.folder / f"kept{number}"))
    finally:
        stop.set()
        writer.join()
    counts = []
    for number in range(3):
        elsewhere.run("restore", str(house.folder / f"kept{number}"), "--force")
        records = elsewhere.records()
        assert len(records["handled_event"]) == len(records["outbox"])
        counts.append(len(records["outbox"]))
    assert counts == sorted(set(counts)), "it was written to between all of them"


def _pair(session: Session, number: int) -> None:
    session.add(HandledEvent(event_id=f"${number}", at=START))
    session.flush()
    outbox.insert(session, row(f"row {number}"))
    assert session.get(OutboxRow, 1) is not None

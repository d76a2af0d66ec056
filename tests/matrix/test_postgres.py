"""The key store's PostgreSQL: no write without the lease, and its failures are what those of SQLite are."""

import contextlib
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import nio  # type: ignore[import-untyped]
import peewee  # type: ignore[import-untyped]
import psycopg
import pytest

from bot.errors import Fenced
from bot.matrix.crypto import postgres
from bot.matrix.crypto.storage import STORE_DOWN, whole
from bot.matrix.crypto.tables import TableKeyStore
from tests.matrix.tables import leading

US = "@bot:x.example"


@pytest.fixture
def store(postgres_database: str) -> Iterator[Any]:
    opened = TableKeyStore(US, "ZS", "key", postgres_database, leading(postgres_database, US))
    opened.save_account(nio.crypto.OlmAccount())
    yield opened
    opened.database.close()


def rooms(store: Any) -> set[str]:
    return set(store.load_encrypted_rooms())


def cut(store: Any, url: str) -> None:
    """The server ends the connection."""
    with psycopg.connect(url, autocommit=True) as other:
        pid = store.database.connection().info.backend_pid
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_no_write_without_the_lease(store: Any, postgres_database: str) -> None:
    leading(postgres_database, US, 2)
    with pytest.raises(Fenced):
        store.save_encrypted_rooms({"!a:x"})
    with pytest.raises(Fenced), store.database.atomic():
        store.database.execute_sql("DELETE FROM accounts")
    assert store.database.transaction_depth() == 0
    with pytest.raises(Fenced):
        store.database.execute_sql("DELETE FROM accounts")
    assert store.load_account() is not None, "what was asked for in vain has changed nothing"


def test_who_takes_over_waits_for_a_transaction_under_way(store: Any, postgres_database: str) -> None:
    with store.database.atomic():
        store.database.execute_sql("UPDATE accounts SET shared = ?", (True,))
        with psycopg.connect(postgres_database, autocommit=True) as other:
            other.execute("SET lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("UPDATE lease SET fence = 2")
            other.execute("UPDATE lease SET until = now()")  # a renewal does not wait


def test_a_connection_that_was_lost_is_opened_again(store: Any, postgres_database: str) -> None:
    cut(store, postgres_database)
    store.save_encrypted_rooms({"!a:x"})
    cut(store, postgres_database)
    assert rooms(store) == {"!a:x"}


def test_what_was_begun_before_the_loss_is_not_half_there(store: Any, postgres_database: str) -> None:
    def broken_off(*more: str) -> None:
        with store.database.atomic():
            store.save_encrypted_rooms({"!a:x"})
            cut(store, postgres_database)
            store.save_encrypted_rooms(set(more))

    for more in ("!b:x", ""):  # before another statement, before the commit
        with pytest.raises(STORE_DOWN):
            broken_off(*filter(None, [more]))
        assert rooms(store) == set()


def test_a_failed_statement_spoils_the_transaction(store: Any) -> None:
    """PostgreSQL would answer COMMIT with ROLLBACK, and nobody look."""

    def swallowed() -> None:
        with store.database.atomic():
            store.save_encrypted_rooms({"!a:x"})
            with contextlib.suppress(peewee.ProgrammingError):
                store.database.execute_sql("SELECT nothing FROM nowhere")

    with pytest.raises(STORE_DOWN, match="had failed"):
        swallowed()
    assert rooms(store) == set()


def test_a_server_that_says_nothing(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "LONGEST_WAIT", 0.2)
    with pytest.raises(STORE_DOWN, match="has not answered"):
        store.database.execute_sql("SELECT pg_sleep(60)")
    monkeypatch.undo()
    assert rooms(store) == set()


def test_read_only_is_a_fault_of_the_database(store: Any) -> None:
    """After a failover, the server that we know may be the one that only reads."""
    store.database.execute_sql("SELECT set_config('default_transaction_read_only', 'on', false)")
    for _ in range(2):
        with pytest.raises(STORE_DOWN, match="read-only"):
            store.save_encrypted_rooms({"!a:x"})
        assert rooms(store) == set(), "it can still be read"
    store.database.execute_sql("SELECT set_config('default_transaction_read_only', 'off', false)")
    store.save_encrypted_rooms({"!a:x"})
    assert rooms(store) == {"!a:x"}


def test_a_message_is_handled_wholly_or_not_at_all(store: Any, postgres_database: str) -> None:
    """Also when another process has taken over: what is in memory stays what is on disk."""
    machine, their = nio.crypto.Olm(US, "ZS", store), nio.crypto.OlmAccount()
    before = machine.account.pickle()
    leading(postgres_database, US, 2)
    event = nio.OlmEvent({}, "@ben:x", their.identity_keys["curve25519"], {}, "")
    with pytest.raises(Fenced), whole(store, machine, event):
        _handle(machine)
    assert machine.account.pickle() == before


def _handle(machine: Any) -> None:
    machine.account.generate_one_time_keys(5)
    machine.save_account()


def test_commits_are_on_disk(postgres_database: str) -> None:
    with psycopg.connect(postgres_database, autocommit=True) as other:
        name = other.info.dbname
        other.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')  # type: ignore[arg-type]
    store = TableKeyStore(US, "ZS", "key", postgres_database, leading(postgres_database, US))
    with closing(store.database) as database:
        assert database.execute_sql("SHOW synchronous_commit").fetchone() == ("on",)


def test_names_with_any_sign(store: Any) -> None:
    """A device's name is its owner's business; NUL alone is refused by PostgreSQL (`devices`, `machine`)."""
    keys = {"ed25519": "é'\"%s?", "curve25519": "ü"}
    device = nio.crypto.OlmDevice("@ben:x", "B%s?", keys, "100 % ? \\ 'Handy'")
    store.save_device_keys({"@ben:x": {"B%s?": device}})
    found = store.load_device_keys()["@ben:x"]["B%s?"]
    assert (found.keys, found.display_name) == (keys, "100 % ? \\ 'Handy'")

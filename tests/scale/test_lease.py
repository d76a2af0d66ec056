"""Of all processes with one account on one PostgreSQL, one leads; whoever no longer does changes nothing."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import event

from bot.errors import Fenced, InUse, OperatorError, StoreDown
from bot.store import Session
from bot.store.database import Database
from bot.store.lease import FENCE, Lease
from bot.store.leased import taken_now
from tests.scale.leases import BOT, SHORT, Candidate, another_takes_over, leading, standing, until
from tests.scale.wire import Wire

TABLE = "CREATE TABLE IF NOT EXISTS written (name text)"
LONG = 60.0  # seconds: nothing runs out while a test lasts


@contextlib.contextmanager
def opened(url: str, lease: Lease) -> Iterator[Database]:
    database = Database(url, lease=lease)
    try:
        database.run_now(lambda session: session.connection().exec_driver_sql(TABLE))
        yield database
    finally:
        database.close()


def adds(name: str) -> Callable[[Session], None]:
    return lambda session: session.connection().exec_driver_sql("INSERT INTO written VALUES (%s)", (name,)).close()


def names(url: str) -> list[str]:
    with psycopg.connect(url) as other:
        return [name for (name,) in other.execute("SELECT name FROM written")]


def test_one_leads_and_the_next_follows_at_once_when_it_stops(postgres_database: str) -> None:
    with leading(postgres_database, lasts=LONG) as first:
        second = Candidate(postgres_database).start()
        assert second.noted.next() == f"waits for {first.lease.holder}"
        assert (first.lease.fence, first.lease.is_held, second.lease.is_held) == (1, True, False)
        first.stop()
        assert second.noted.next() == "leads", "long before the minute is over"
        assert (second.lease.fence, first.lease.is_held) == (2, False)
        assert standing(postgres_database) == (2, second.lease.holder)
        second.stop()


def test_a_long_transaction_does_not_keep_the_lease_from_being_renewed(postgres_database: str) -> None:
    with leading(postgres_database, lasts=3) as first, opened(postgres_database, first.lease) as database:

        def work(session: Session) -> None:
            adds("Nord")(session)
            before = until(postgres_database)
            while until(postgres_database) == before:
                time.sleep(0.05)

        database.run_now(work)
    assert names(postgres_database) == ["Nord"]
    assert standing(postgres_database)[0] == 1


def test_a_lease_that_nobody_renews_runs_out(postgres_database: str) -> None:
    _left_behind(postgres_database, "0.5 s")
    ends = until(postgres_database)
    second = Candidate(postgres_database, lasts=LONG).start()
    if (told := second.noted.next()) != "leads":  # on a busy machine it has run out before the first look
        assert (told, second.noted.next()) == ("waits for dead 1 x", "leads")
    assert second.lease.fence == 2
    assert until(postgres_database) - timedelta(seconds=LONG) >= ends
    second.stop()


def test_who_is_known_to_be_dead_is_not_waited_for(postgres_database: str) -> None:
    _left_behind(postgres_database, "1 hour")
    second = Candidate(postgres_database, gone="dead 1 x").start()
    assert second.noted.next() == "leads"
    second.stop()


def _left_behind(url: str, lasts: str) -> None:
    with leading(url):
        pass
    with psycopg.connect(url) as other:
        other.execute("UPDATE lease SET holder = 'dead 1 x', until = clock_timestamp() + %s::interval", (lasts,))


def test_accounts_have_nothing_to_do_with_each_other(postgres_database: str) -> None:
    with leading(postgres_database) as one, leading(postgres_database, "@other:example.org") as other:
        assert (one.lease.fence, other.lease.fence) == (1, 1)
        with opened(postgres_database, one.lease) as first, opened(postgres_database, other.lease) as second:
            another_takes_over(postgres_database, BOT)
            second.run_now(adds("Süd"))
            with pytest.raises(Fenced):
                first.run_now(adds("Nord"))
    assert names(postgres_database) == ["Süd"]


def test_nothing_is_written_before_we_lead_or_after_we_have_led(postgres_database: str) -> None:
    waiting = Database(postgres_database, lease=Lease(postgres_database, BOT))
    with pytest.raises(Fenced):
        waiting.run_now(adds("zu früh"))
    with pytest.raises(Fenced):
        waiting.migrate()
    waiting.close()
    with leading(postgres_database) as first, opened(postgres_database, first.lease) as database:
        database.run_now(adds("Nord"))
        another_takes_over(postgres_database)
        with pytest.raises(Fenced):
            database.run_now(adds("zu spät"))
        assert first.noted.next() == "lost"
        assert (first.lease.is_lost, first.lease.is_held) == (True, False)
    assert names(postgres_database) == ["Nord"]
    assert standing(postgres_database)[1] == "elsewhere 1 x", "what is lost is not given back"


def test_who_is_stopped_in_the_midst_of_a_transaction_does_not_commit_it(postgres_database: str) -> None:
    """It is stopped while it holds the row, and for longer than its lease: it does not renew it meanwhile."""
    with leading(postgres_database, lasts=LONG) as first, opened(postgres_database, first.lease) as database:

        def work(session: Session) -> None:
            adds("Nord")(session)
            with psycopg.connect(postgres_database) as other:
                other.execute("SET LOCAL lock_timeout = '50ms'")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    other.execute("UPDATE lease SET fence = fence + 1")
            _left_behind_by(postgres_database)
            second = Candidate(postgres_database).start()
            assert second.noted.next() == "leads"
            second.stop()

        with pytest.raises(StoreDown):
            database.run_now(work)
        with pytest.raises(Fenced):
            database.run_now(adds("noch einmal"))
    assert names(postgres_database) == []


def _left_behind_by(url: str) -> None:
    with psycopg.connect(url) as other:
        other.execute("UPDATE lease SET until = '-infinity'")


def test_every_transaction_asks_once_and_needs_no_ping_for_that(postgres_database: str) -> None:
    with leading(postgres_database) as first, opened(postgres_database, first.lease) as database:
        asked: list[str] = []
        event.listen(
            database._engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: asked.append(statement)
        )
        database.run_now(adds("Nord"))
        assert [statement.split()[0] for statement in asked] == ["SELECT", "INSERT"]
        assert asked[0] == FENCE
    with opened_without(postgres_database) as database:
        asked.clear()
        event.listen(
            database._engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: asked.append(statement)
        )
        database.run_now(adds("Süd"))
        assert [statement.split()[0] for statement in asked] == ["INSERT"]


@contextlib.contextmanager
def opened_without(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def test_a_connection_that_the_server_has_closed_is_no_fault(postgres_database: str) -> None:
    with leading(postgres_database) as first, opened(postgres_database, first.lease) as database:
        with psycopg.connect(postgres_database) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        database.run_now(adds("Nord"))
    assert names(postgres_database) == ["Nord"]


def test_a_postgresql_that_is_away_for_longer_than_the_lease_loses_nothing(postgres_database: str) -> None:
    """Whoever has led goes on, if nobody else could take over meanwhile."""
    with Wire.before(postgres_database) as wire, leading(wire.url) as first, opened(wire.url, first.lease) as database:
        wire.hang_up()
        assert first.noted.next().startswith("unsure")
        assert (first.lease.is_held, first.lease.is_lost) == (False, False)
        with pytest.raises(StoreDown):
            database.run_now(adds("währenddessen"))
        wire.mend()
        assert first.noted.next() == "sure"
        database.run_now(adds("danach"))
        assert standing(postgres_database)[0] == 1
    assert names(postgres_database) == ["danach"]


def test_who_waits_for_an_answer_on_a_network_that_is_gone_learns_so(postgres_database: str) -> None:
    """Nothing tells that the network is gone: the answer just does not come, for as long as it pleases."""
    with Wire.before(postgres_database) as wire, leading(wire.url) as first, opened(wire.url, first.lease) as database:

        def work(session: Session) -> None:
            wire.cut()
            adds("währenddessen")(session)

        with pytest.raises(StoreDown):
            database.run_now(work)
        assert first.noted.next().startswith("unsure")
        wire.mend()
        assert first.noted.next() == "sure"
    assert names(postgres_database) == []


def test_who_keeps_the_lease_and_does_not_work_gives_it_back(postgres_database: str) -> None:
    with leading(postgres_database) as first:
        second = Candidate(postgres_database, lasts=LONG).start()
        assert second.noted.next() == f"waits for {first.lease.holder}"
        first.noted.silent = True
        assert first.noted.next() == "hangs"
        assert not first.lease.is_held, "nothing is sent by whoever wakes now"
        assert second.noted.next() == "leads"
        second.stop()


def test_whoever_waits_for_a_postgresql_that_is_away_does_not_hang(postgres_database: str) -> None:
    with Wire.before(postgres_database) as wire, leading(wire.url) as first:
        wire.hang_up()
        assert first.noted.next().startswith("unsure")
        first.noted.silent = True  # as the key store's answers are waited for in the event loop
        time.sleep(4 * SHORT)
        first.noted.silent = False
        wire.mend()
        assert first.noted.next() == "sure"
        assert first.lease.is_held


def test_a_database_that_only_reads_is_down(postgres_database: str) -> None:
    """After a failover, or when its disk is full, the server takes connections and writes nothing."""
    with leading(postgres_database) as first, opened(postgres_database, first.lease) as database:
        _set(postgres_database, "default_transaction_read_only", "on")
        with pytest.raises(StoreDown, match="read-only"):
            database.run_now(adds("währenddessen"))
        with opened_without(postgres_database) as tool, pytest.raises(StoreDown, match="read-only"):
            tool.run_now(adds("währenddessen"))
        _set(postgres_database, "default_transaction_read_only", "off")
        database.run_now(adds("danach"))
    assert names(postgres_database) == ["danach"]


def test_what_was_answered_is_on_disk(postgres_database: str) -> None:
    _set(postgres_database, "synchronous_commit", "off")
    with leading(postgres_database) as first, opened(postgres_database, first.lease) as database:
        assert database.run_now(_durable) == "on"
    with opened_without(postgres_database) as database:
        assert database.run_now(_durable) == "on"
    _set(postgres_database, "synchronous_commit", "remote_apply")
    with opened_without(postgres_database) as database:
        assert database.run_now(_durable) == "remote_apply", "who wants more keeps it"


def _durable(session: Session) -> str:
    return str(session.connection().exec_driver_sql("SHOW synchronous_commit").scalar_one())


def _set(url: str, setting: str, to: str) -> None:
    """For the database, and so for each connection that is made now; those that are there are ended."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SET default_transaction_read_only = off")
        other.execute(f'ALTER DATABASE "{other.info.dbname}" SET {setting} = {to}'.encode())
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()"
        )


def test_a_mistake_of_ours_keeps_no_command_waiting(postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistake(*_told: object) -> None:
        raise LookupError("ours")

    monkeypatch.setattr(Lease, "take", mistake)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with pytest.raises(OperatorError, match="cannot be kept"), taken_now(postgres_database, BOT):
        pytest.fail("it ran")


def test_a_wrong_address_is_told_at_once() -> None:
    first = Candidate("postgresql://bot:geheim@127.0.0.1:1/nirgends").start()
    told = first.noted.next()
    assert told.startswith("fails: database.url: ")
    assert "geheim" not in told


def test_a_command_that_writes_is_refused_while_the_bot_runs(postgres_database: str) -> None:
    with leading(postgres_database, lasts=LONG) as first:
        with pytest.raises(InUse, match="Stop it first"), taken_now(postgres_database, BOT):
            pytest.fail("it ran")
        assert first.lease.is_held
    with taken_now(postgres_database, BOT) as lease:
        assert lease is not None
        assert lease.is_held
        with pytest.raises(InUse), taken_now(postgres_database, BOT):
            pytest.fail("two of them")
    with taken_now("sqlite:///somewhere.db", BOT) as none:
        assert none is None
    with pytest.raises(OperatorError), taken_now("postgresql://127.0.0.1:1/nirgends", BOT):
        pytest.fail("nobody there")

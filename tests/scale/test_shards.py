"""Several accounts in one PostgreSQL: each has its own schema, sees nothing of the others, and gives IDs of its own."""

import asyncio
import io
import multiprocessing
import signal
import threading
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy.exc import ProgrammingError

from bot import moving
from bot.checkup import check
from bot.errors import Fenced, InUse, OperatorError, StoreDown
from bot.store import accounts, dump, handed, loading
from bot.store.apart import STEP
from bot.store.arriving import Target
from bot.store.database import NEWEST, Database
from bot.store.engines import engine_for
from bot.store.tables import OutboxRow
from bot.store.taking import Taking
from tests.backing_up import US, Installation, house, kept
from tests.fakes import ROOM, START
from tests.scale import accounts as several
from tests.scale.accounts import NORD, WEST, changed, counters, founded, records, rows, shared, started, working
from tests.scale.leases import another_takes_over, leading

__all__ = ["house", "kept"]
REGISTERED = "SELECT account, number, schema FROM public.shard ORDER BY number"
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'zwischenstand%' ORDER BY 1"
LONG = 60.0  # seconds
PARKED = """
    INSERT INTO outbox (key, transaction, action, event_type, content, device_id, first_attempt_at, created_at, state)
    VALUES ('k', 't', 'send', 'm.room.message', '{}', '', now(), now(), 'parked')"""
NOTED = ("occurrence",)  # the restore is one
CHANGED_BY_RESTORE = ("occurrence", "outbox")  # what was under way is looked for


def test_accounts_do_not_see_one_anothers_rows(
    postgres_database: str, tmp_path: Path, kept: Path, house: Installation
) -> None:
    """Rows in every table of the first one; the second has tables of the same names."""
    office = Installation(tmp_path / "first", url=postgres_database)
    shared(postgres_database, US, NORD)
    office.run("restore", str(kept))
    before = records(postgres_database, US)
    assert all(len(found) == 3 for name, found in before.items() if name not in NOTED)
    assert not any(records(postgres_database, NORD).values())
    founded(postgres_database, NORD, "Nordverbund")
    assert records(postgres_database, US) == before
    assert {name: len(found) for name, found in records(postgres_database, NORD).items() if found} == {"network": 1}


def test_commands_work_on_the_rows_of_their_own_account(postgres_database: str, tmp_path: Path) -> None:
    shared(postgres_database, US, NORD)
    first = Installation(tmp_path / "first", url=postgres_database)
    second = Installation(tmp_path / "second", url=postgres_database, user_id=NORD)
    working(postgres_database, NORD, lambda session: session.connection().exec_driver_sql(PARKED).close())
    for office in (first, second):
        (said,) = [finding for finding in check(office.config) if finding.what == "database"]
        assert (said.good, said.says.endswith(", up to date")) == (True, True)
    people = tmp_path / "people.csv"
    people.write_text("Organisation\nLindenstadt")
    assert "send for" in second.run("outbox")
    assert "send for" not in first.run("outbox")
    assert "no parked or held row" in first.refusal("outbox", "--retry", "17")
    assert "will be tried again" in second.run("outbox", "--retry", "17")
    second.run("import", str(people), "--yes")
    for office, there in ((first, False), (second, True)):
        office.run("export", "personen", str(office.folder / "a.csv"))
        assert ("Lindenstadt" in (office.folder / "a.csv").read_text("utf-8-sig")) is there
    assert rows(postgres_database, "SELECT count(*) FROM public.organisation") == [(0,)]
    assert rows(postgres_database, "SELECT count(*) FROM zwischenstand_1.organisation") == [(1,)]


def test_each_connection_sees_its_own_schema_alone(postgres_database: str) -> None:
    """What is missing there is missing, and is not looked for at the first account's."""
    shared(postgres_database, US, NORD)
    founded(postgres_database, US, "Südverbund")
    path = "SHOW search_path"
    for account, schema in ((US, "public"), (NORD, "zwischenstand_1")):
        seen = working(postgres_database, account, lambda session: session.connection().exec_driver_sql(path).scalar())
        assert seen == schema
    with closing(Database(postgres_database, read_only=True, account=NORD)) as database:
        assert database.run_now(lambda session: session.connection().exec_driver_sql(path).scalar()) == (
            "zwischenstand_1"
        )
    changed(postgres_database, "DROP TABLE zwischenstand_1.network CASCADE")
    with pytest.raises(ProgrammingError, match="network"):
        founded(postgres_database, NORD, "Nordverbund")
    assert rows(postgres_database, "SELECT name FROM public.network") == [("Südverbund",)]


def test_ids_never_meet(postgres_database: str) -> None:
    started(postgres_database, US)
    given = founded(postgres_database, US, *map(str, range(40)))
    assert given == list(range(1, 41)), "alone it counts as ever"
    accounts.add(postgres_database, NORD)
    given += founded(postgres_database, US, "a", "b")
    given += founded(postgres_database, NORD, "c", "d")
    accounts.add(postgres_database, WEST)
    given += founded(postgres_database, WEST, "e", "f") + founded(postgres_database, US, "g")
    assert given[40:] == [48, 64, 49, 65, 66, 82, 80]
    assert len(set(given)) == len(given)
    schemas = [schema for *_, schema in rows(postgres_database, REGISTERED)]
    for number, schema in enumerate(schemas):
        following = counters(postgres_database, schema)
        assert len(following) > 40
        assert {each % STEP for each in following.values()} == {number}
        assert min(following.values()) >= STEP + number, "0 is taken for no ID in places"


def test_counters_are_looked_after_at_each_start(postgres_database: str) -> None:
    """One that is right stays; a table that a later release brings begins with one of its own, counting by ones."""
    shared(postgres_database, US, NORD)
    founded(postgres_database, NORD, "a", "b", "c")
    before = [counters(postgres_database, schema) for schema in ("public", "zwischenstand_1")]
    for account in (US, NORD):
        started(postgres_database, account)
    assert [counters(postgres_database, schema) for schema in ("public", "zwischenstand_1")] == before
    assert before[1]["network"] == 65
    changed(postgres_database, "ALTER SEQUENCE zwischenstand_1.project_id_seq INCREMENT BY 1 RESTART WITH 1")
    changed(postgres_database, "ALTER SEQUENCE public.project_id_seq INCREMENT BY 1 RESTART WITH 500")
    for account in (US, NORD):
        started(postgres_database, account)
    assert counters(postgres_database, "public") == before[0] | {"project": 512}
    assert counters(postgres_database, "zwischenstand_1") == before[1] | {"project": 513}


def test_a_bot_goes_on_while_another_account_is_added(postgres_database: str) -> None:
    """It is the first one's counters that change under it."""
    started(postgres_database, US)
    stop, given, troubles = threading.Event(), list[int](), list[StoreDown]()

    with (
        leading(postgres_database, US, 5) as first,
        closing(Database(postgres_database, lease=first.lease, account=US)) as database,
    ):

        def work() -> None:
            while not stop.is_set():
                try:
                    given.extend(database.run_now(lambda session: several.found(session, "a", "b")))
                except StoreDown as problem:
                    troubles.append(problem)

        thread = threading.Thread(target=work)
        thread.start()
        while len(given) < 20:
            stop.wait(0.01)
        accounts.add(postgres_database, NORD)
        count = len(given)
        while len(given) < count + 20:
            stop.wait(0.01)
        stop.set()
        thread.join(30)
        given += founded(postgres_database, NORD, "c", "d")
        assert (first.lease.is_held, first.lease.fence) == (True, 2)
    assert troubles == []
    assert len(set(given)) == len(given)


def test_sixteen_can_share_a_database(postgres_database: str) -> None:
    shared(postgres_database, US)
    for number in range(1, STEP - 1):
        values = (f"@{number}:x", number, f"s{number}")
        changed(postgres_database, "INSERT INTO public.shard VALUES (%s, %s, %s, now())", *values)
    assert accounts.add(postgres_database, NORD).shard == (NORD, 15, "zwischenstand_15")
    with pytest.raises(OperatorError, match="has had 16 accounts"):
        accounts.add(postgres_database, WEST)


def test_the_commands_say_what_they_did(postgres_database: str, tmp_path: Path) -> None:
    first = Installation(tmp_path / "first", url=postgres_database)
    second = Installation(tmp_path / "second", url=postgres_database, user_id=NORD)
    assert "no account has been registered yet" in first.run("accounts")
    assert f"{US} is the first account of postgresql:///test_" in first.run("add-account")
    assert "no tables yet; nobody leads" in first.run("accounts")
    started(postgres_database, US)
    founded(postgres_database, US, "Südverbund")
    said = second.run("add-account")
    assert f"{NORD} added to postgresql:///test_" in said
    assert f"number 1, schema zwischenstand_1 with {len(dump.tables())} tables" in said
    before = counters(postgres_database, "zwischenstand_1")
    assert "is there already: number 1, schema zwischenstand_1. Nothing was changed." in second.run("add-account")
    assert counters(postgres_database, "zwischenstand_1") == before
    with leading(postgres_database, NORD, LONG) as leader:
        lines = first.run("accounts").splitlines()
        assert lines == second.run("accounts").splitlines()
    assert [line.split() for line in lines] == [
        ["0", US, "public", "1", "networks,", "0", "rooms;", "nobody", "leads"],
        ["1", NORD, "zwischenstand_1", "0", "networks,", "0", "rooms;", *leader.lease.holder.split(), "leads"],
    ]
    on_sqlite = Installation(tmp_path / "third")
    for command in ("accounts", "add-account"):
        assert "database.url: several accounts share a database with PostgreSQL alone" in on_sqlite.refusal(command)


def test_a_schema_that_is_there_is_left_alone(postgres_database: str) -> None:
    shared(postgres_database, US)
    changed(postgres_database, "CREATE SCHEMA zwischenstand_1")
    with pytest.raises(OperatorError, match=r'"zwischenstand_1" already exists\. Nothing was'):
        accounts.add(postgres_database, NORD)
    assert len(rows(postgres_database, REGISTERED)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "CREATE TABLE IF NOT EXISTS public.shard",
        "CREATE SCHEMA",
        "CREATE TABLE network",
        "UPDATE alembic_version",
        "SELECT 1 FROM public.lease",
        "ALTER SEQUENCE public.",
        "ALTER SEQUENCE zwischenstand_1.",
        "INSERT INTO public.shard",
        "COMMIT",
    ],
)
def test_killed_at_any_point_it_leaves_nothing_and_can_be_done_again(words: str, postgres_database: str) -> None:
    shared(postgres_database, US)
    founded(postgres_database, US, "a")
    before = counters(postgres_database, "public")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.scale.accounts"])
    process = context.Process(target=several.killed_at, args=(postgres_database, NORD, words))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert rows(postgres_database, REGISTERED) == [(US, 0, "public")]
    assert rows(postgres_database, SCHEMAS) == []
    assert counters(postgres_database, "public") == before
    assert founded(postgres_database, US, "b") == [2]
    assert accounts.add(postgres_database, NORD).shard == (NORD, 1, "zwischenstand_1")
    assert founded(postgres_database, NORD, "c") == [17]


def test_each_account_is_migrated_by_itself(postgres_database: str) -> None:
    shared(postgres_database, US, NORD)
    changed(postgres_database, "DROP SCHEMA zwischenstand_1 CASCADE; CREATE SCHEMA zwischenstand_1")
    engine = engine_for(postgres_database, account=NORD)
    with engine.begin() as connection:
        loading.migrate(connection, "0005")
    engine.dispose()
    versions = "SELECT (SELECT version_num FROM {}.alembic_version), (SELECT version_num FROM {}.alembic_version)"
    both = versions.format("public", "zwischenstand_1")
    assert rows(postgres_database, both) == [(NEWEST, "0005")]
    with pytest.raises(OperatorError, match="older than this program"):
        Database(postgres_database, read_only=True, account=NORD)
    founded(postgres_database, US, "a")
    started(postgres_database, NORD)
    assert rows(postgres_database, both) == [(NEWEST, NEWEST)]
    assert {each % STEP for each in counters(postgres_database, "zwischenstand_1").values()} == {1}


def test_a_backup_of_one_account_is_restored_as_one_account(
    postgres_database: str, tmp_path: Path, house: Installation, kept: Path
) -> None:
    """Beside another one with rows of its own, which are as they were; and counted on above all that was restored."""
    shared(postgres_database, NORD, US)
    founded(postgres_database, NORD, "Nordverbund")
    first = records(postgres_database, NORD)
    there = Installation(tmp_path / "there", url=postgres_database)
    there.run("restore", str(kept))
    assert all(len(found) == 3 for name, found in records(postgres_database, US).items() if name not in NOTED)
    assert records(postgres_database, NORD) == first
    assert "is not empty" in there.refusal("restore", str(kept), "--force")
    following = counters(postgres_database, "zwischenstand_1")
    assert {each % STEP for each in following.values()} == {1}
    assert founded(postgres_database, US, "neu")[0] == following["network"] > 3

    there.run("backup", str(tmp_path / "again"))
    alone = Installation(tmp_path / "alone")
    alone.run("restore", str(tmp_path / "again"))
    before, after = (records(url, US) for url in (postgres_database, alone.settings.database.url))
    assert {name: found for name, found in after.items() if name not in CHANGED_BY_RESTORE} == {
        name: found for name, found in before.items() if name not in CHANGED_BY_RESTORE
    }


def test_a_database_moves_from_sqlite_to_an_account_beside_others(postgres_database: str, house: Installation) -> None:
    """Also while the others work. Not before it was added."""
    started(postgres_database, NORD)
    file = house.settings.database.url
    with pytest.raises(OperatorError, match="add-account"):
        moving.move(file, postgres_database, START, Console(file=io.StringIO()))
    accounts.add(postgres_database, US)
    with leading(postgres_database, NORD, LONG):
        first = records(postgres_database, NORD)
        moving.move(file, postgres_database, START, Console(file=io.StringIO()))
        assert records(postgres_database, NORD) == first
        with leading(postgres_database, US, LONG), pytest.raises(InUse, match=f"the bot {US} runs"):
            Target(postgres_database, US)
    started(postgres_database, US)
    assert len(records(postgres_database, US)["project"]) == 3
    assert {each % STEP for each in counters(postgres_database, "zwischenstand_1").values()} == {1}
    assert rows(postgres_database, "SELECT count(*) FROM public.project") == [(0,)]


def test_leases_are_independent(postgres_database: str) -> None:
    shared(postgres_database, US, NORD)
    with leading(postgres_database, US, LONG) as one, leading(postgres_database, NORD, LONG) as other:
        with (
            closing(Database(postgres_database, lease=one.lease)) as first,
            closing(Database(postgres_database, lease=other.lease)) as second,
        ):
            another_takes_over(postgres_database, US)
            second.run_now(lambda session: several.found(session, "Nordverbund"))
            with pytest.raises(Fenced):
                first.run_now(lambda session: several.found(session, "Südverbund"))
        assert other.lease.is_held
    assert rows(postgres_database, "SELECT count(*) FROM public.network") == [(0,)]


async def test_a_sender_takes_what_is_its_own_accounts(postgres_database: str) -> None:
    """Both leaders have the number 1 of their lease, as two that start for the first time have."""
    with pytest.raises(StoreDown, match="has not led there yet"):
        await Taking.begin(postgres_database, NORD)
    with leading(postgres_database, US, LONG) as one, closing(Database(postgres_database, lease=one.lease)) as first:
        await asyncio.to_thread(first.migrate)
        with pytest.raises(OperatorError, match="add-account"):
            await Taking.begin(postgres_database, NORD)
        await asyncio.to_thread(accounts.add, postgres_database, NORD)
        with leading(postgres_database, NORD, LONG) as other:
            assert one.lease.fence == other.lease.fence
            row = OutboxRow(
                key="k",
                transaction="t",
                room_id=ROOM,
                action="send",
                device_id="",
                first_attempt_at=START,
                created_at=START,
            )
            await first.run(lambda session: session.add(row))
            await first.run(lambda session: handed.hand_over(session, [(row.id or 0, ROOM)], one.lease.fence))
            taken = []
            for account in (NORD, US):
                taking = await Taking.begin(postgres_database, account)
                taken.append(await taking.take(8))
                await taking.close()
    assert [len(each) for each in taken] == [0, 1]

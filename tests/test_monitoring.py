"""What somebody sees who watches the bot: two pages on a port of their own, and a command."""

import shutil
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from bot.__main__ import app
from bot.app import _watched
from bot.config import Database as Section
from bot.config import Matrix, Monitoring, Settings, load
from bot.domain.health import Away
from bot.errors import Barred, OperatorError, Rejected, TryAgain
from bot.monitoring import figures as figures_module
from bot.monitoring.figures import Gathering
from bot.monitoring.pages import Pages
from bot.posting import transaction_id
from bot.sending import confirming
from bot.sending.delivery import Delivery, Tools
from bot.sending.outbox import Outbox
from bot.store import outbox
from bot.store.database import Database
from bot.store.outbox import Row
from bot.vitals import Lateness, Vitals
from tests.fakes import ANNA, BEN, DEVICE, HOUSE, ROOM, START, US, Bot
from tests.sending import FakeSender
from tests.store.rows import row
from tests.test_config import MINIMAL, mistakes, write

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
Get = Callable[[str], Awaitable[tuple[int, Any]]]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def vitals() -> Vitals:
    """Those of a bot that has run for an hour and is well."""
    made = Vitals(datetime.now(UTC) - timedelta(hours=1))
    made.ready = True
    for _ in range(5):
        made.synced(datetime.now(UTC), datetime.now(UTC))
    return made


@pytest.fixture
async def get(vitals: Vitals, database: Database) -> AsyncIterator[Get]:
    """Asks for a page; JSON is read."""
    settings = Monitoring(port=free_port())
    pages = Pages(settings, vitals, Gathering(vitals, database, HOUSE))
    await pages.open()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{settings.port}") as session:

        async def ask(path: str) -> tuple[int, Any]:
            async with session.get(path) as answer:
                return answer.status, await (answer.json() if path == "/health" else answer.text())

        yield ask
    await pages.close()


async def metrics(get: Get) -> dict[str, float]:
    """By name and labels: `zwischenstand_commands_total ok idea`."""
    status, body = await get("/metrics")
    assert status == 200
    return {
        " ".join([sample.name, *sorted(sample.labels.values())]): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


async def test_how_long_what_waits_takes(vitals: Vitals, get: Get) -> None:
    for _ in range(1_240):
        vitals.throughput.came()
    assert "zwischenstand_outbox_left_seconds" not in await metrics(get), "nobody knows the pace yet"
    vitals.throughput.refused(5.0)
    assert (await metrics(get))["zwischenstand_outbox_left_seconds"] == 6_200


async def test_a_bot_that_is_well(get: Get) -> None:
    status, told = await get("/health")
    assert (status, told["status"], told["reasons"]) == (200, "ok", [])
    assert told["outbox"] == {"waiting": 0, "held": 0, "parked": 0}
    assert told["oldest_unsent"] is None
    assert abs(datetime.fromisoformat(told["last_sync"]) - datetime.now(UTC)) < MINUTE
    assert abs(told["clock_skew_seconds"]) < 1
    assert (await get("/"))[0] == 404


async def test_a_bot_that_has_not_caught_up_is_not_well(get: Get, vitals: Vitals) -> None:
    vitals.ready = False
    status, told = await get("/health")
    assert (status, told["status"]) == (503, "degraded")
    assert told["reasons"] == ["it has not caught up yet since its start: it does not answer people"]
    assert (await metrics(get))["zwischenstand_ready"] == 0


async def test_who_stands_by_is_well_and_asks_the_database_nothing(
    get: Get, vitals: Vitals, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    vitals.standby, vitals.ready = True, False
    monkeypatch.setattr(database, "run", None)
    status, told = await get("/health")
    assert (status, told["status"], told["reasons"], told["outbox"]) == (200, "standby", [], None)
    found = await metrics(get)
    assert (found["zwischenstand_standby"], found["zwischenstand_ready"]) == (1, 0)
    assert not [name for name, value in found.items() if name.startswith("zwischenstand_trouble ") and value]


async def test_every_reason_in_words(
    get: Get, vitals: Vitals, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: (9_000_000_000, 0, 9_000_000))
    for _ in range(5):
        vitals.synced(now, now + 40 * SECOND)
    late = row("eins")
    late.created_at = now - 10 * MINUTE
    await database.run(lambda s: s.add(late))
    vitals.database.silent(now - 2 * MINUTE)
    vitals.tick.ticked(time.monotonic() - 100, 1.0)
    status, told = await get("/health")
    assert status == 503
    words = [reason.partition(":")[0] for reason in told["reasons"]]
    assert [each.partition(" since ")[0] for each in words] == [
        "the clock is late by 99 s",
        "a post has waited",
        "the database takes nothing",
        "our clock is 40 s behind the homeserver's",
        "9 MB are left on the disk of the database",
    ]
    vitals.sync_failed(now - 6 * MINUTE)
    _, told = await get("/health")
    assert [each for each in told["reasons"] if each.startswith("the homeserver cannot be followed since ")]
    found = await metrics(get)
    wrong = {name.partition(" ")[2] for name, value in found.items() if "_trouble " in name and value}
    assert wrong == {"homeserver", "database", "clock", "disk"}, "posts had no chance to go out"
    assert found["zwischenstand_oldest_unsent_seconds"] == pytest.approx(600, abs=60)
    assert found["zwischenstand_outbox_rows waiting"] == 1


async def test_a_database_that_does_not_answer(get: Get, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_work: object) -> None:
        time.sleep(0.2)

    monkeypatch.setattr(figures_module, "PATIENCE", 0.01)
    monkeypatch.setattr(database, "run_now", gone)
    status, told = await get("/health")
    assert (status, told["outbox"]) == (503, None)
    assert told["reasons"] == ["the database did not answer within 0 s"]
    found = await metrics(get)
    assert found["zwischenstand_trouble database"] == 1
    assert not [name for name in found if "outbox_rows" in name]


async def test_commands_are_counted_by_our_names_and_nothing_names_anybody(
    get: Get, vitals: Vitals, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = Bot(database, vitals=vitals)
    await bot.enter()
    await bot.say(BEN, "!idee Geheimnis")
    await bot.say(BEN, "!idea Geheimnis")
    await bot.say(BEN, "!projekt neu")
    await bot.say(BEN, "!geheimnis")
    await bot.say(BEN, "nicht für uns")
    monkeypatch.setattr("bot.store.projects.ideas", None)
    await bot.say(BEN, "!ideen")
    found = await metrics(get)
    commands = {name.partition(" ")[2]: value for name, value in found.items() if "commands_total" in name}
    assert commands == {"idea ok": 2, "project refused": 1, "refused unknown": 1, "failed ideas": 1}
    assert found["zwischenstand_events_total"] >= 7
    assert found["zwischenstand_database_transaction_seconds_count"] == 0, "this database has signs of its own"
    _, page = await get("/metrics")
    assert not [word for word in ("@", "!", "eheimnis", "example", US, ROOM, ANNA) if word in page]


async def test_transactions_are_measured(get: Get, vitals: Vitals, tmp_path: Path) -> None:
    measured = Database(f"sqlite:///{tmp_path}/measured.db", vitals=vitals)
    measured.migrate()
    for _ in range(3):
        await measured.run(lambda s: s.add(row(str(time.monotonic()))))
    measured.close()
    found = await metrics(get)
    assert found["zwischenstand_database_transaction_seconds_count"] == 3
    assert found["zwischenstand_database_transaction_seconds_bucket +Inf"] == 3
    assert 0 < found["zwischenstand_database_transaction_seconds_sum"] < 60


async def test_what_became_of_posts(
    get: Get, vitals: Vitals, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: dict[str, list[Exception]] = {
        "zwei": [TryAgain("busy", 0.0)],
        "drei": [Rejected("413")],
        "vier": [Barred("403"), Barred("403")],
    }
    monkeypatch.setattr(confirming, "EVERY", 0.0)
    sender = FakeSender(fault=lambda post: faults[key].pop(0) if faults.get(key := str(post.content["body"])) else None)
    box = Outbox(database, Delivery(database, sender, Tools(None, None), US, None), vitals)  # type: ignore[arg-type]
    rows = [posted(key) for key in ("eins", "zwei", "drei", "vier")]
    for each in rows:
        await database.run(lambda s, each=each: outbox.insert(s, each))  # type: ignore[misc]
    box.offer(rows)
    await box.drained()
    found = await metrics(get)
    outcomes = {name.partition(" ")[2]: value for name, value in found.items() if "outbox_total" in name}
    assert outcomes == {"sent": 2, "retried": 1, "parked": 1, "held": 1}
    assert found["zwischenstand_outbox_rows parked"] == found["zwischenstand_outbox_rows held"] == 1


def posted(key: str) -> Row:
    now = datetime.now(UTC)
    return Row(
        key=key,
        transaction=transaction_id("send m.room.message", key),
        action="send",
        room_id=ROOM,
        event_type="m.room.message",
        content=f'{{"body": "{key}"}}',
        device_id=DEVICE,
        first_attempt_at=now,
        created_at=now,
    )


def settings_of(folder: Path, monitoring: Monitoring) -> Settings:
    matrix = Matrix(homeserver="http://localhost:1", user_id=US, password="x")  # type: ignore[arg-type]
    return Settings(
        coordinators=(ANNA,), matrix=matrix, database=Section(url=f"sqlite:///{folder}/a.db"), monitoring=monitoring
    )


async def test_a_port_that_is_taken_is_named(database: Database, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = settings_of(tmp_path, Monitoring(port=port))
        with pytest.raises(OperatorError, match=rf"^monitoring.port: another program has port {port} on 127.0.0.1; "):
            async with _watched(settings, database, Vitals()):
                pass
    settings = settings_of(tmp_path, Monitoring(port=port, address="192.0.2.1"))
    with pytest.raises(
        OperatorError, match=rf"^monitoring.address, monitoring.port: 192.0.2.1, {port} cannot be opened"
    ):
        async with _watched(settings, database, Vitals()):
            pass


async def test_without_a_port_nothing_is_open(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pages, "open", None)
    async with _watched(settings_of(tmp_path, Monitoring()), database, Vitals()):
        pass


def test_a_late_tick_is_remembered_for_a_minute() -> None:
    tick = Lateness()
    assert tick.worst(0) == 0
    tick.ticked(100, 1.0)
    tick.ticked(101, 1.0)
    assert (tick.worst(102), tick.worst(107)) == (0, 5)
    tick.ticked(122, 1.0)
    tick.ticked(123, 1.0)
    assert (tick.worst(124), tick.worst(182)) == (20, 58)
    for second in range(124, 200):
        tick.ticked(second, 1.0)
    assert tick.worst(200) == 0
    tick.stopped()
    assert tick.worst(900) == 0


def test_contact_forgets_a_blip_and_no_more() -> None:
    contact = Vitals(START).homeserver
    contact.silent(START + MINUTE)
    contact.silent(START + 2 * MINUTE)
    contact.answered(START + 3 * MINUTE)
    assert contact.away == Away(START + MINUTE, START + 3 * MINUTE)
    contact.silent(START + 4 * MINUTE)
    assert contact.silent_since == START + 4 * MINUTE
    contact.answered(START + 4 * MINUTE + SECOND)
    assert contact.away == Away(START + MINUTE, START + 3 * MINUTE)
    assert contact.answering_since == START + 3 * MINUTE


def test_the_difference_of_the_clocks_is_the_least_of_several() -> None:
    vitals = Vitals(START)
    for late in (40, 2, 60, 1):
        vitals.synced(START + late * SECOND, START)
        assert vitals.skew is None
    vitals.synced(START + 5 * SECOND, START)
    assert vitals.skew == SECOND


def commanded(folder: Path, *words: str) -> tuple[int, str]:
    file = folder / "config.toml"
    file.write_text(
        f'coordinators = ["{ANNA}"]\n[matrix]\nhomeserver = "http://localhost:1"\nuser_id = "{US}"\npassword = "x"\n'
        f'[database]\nurl = "sqlite:///{folder}/stand.db"\n'
    )
    result = CliRunner().invoke(app, ["outbox", "-c", str(file), *words])
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def test_the_outbox_on_the_command_line(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/stand.db")
    database.migrate()
    rows = [
        row("eins", state="parked", problem="413 M_TOO_LARGE\nzu groß", untold_since=START),
        row("zwei", state="held", problem="403 M_FORBIDDEN"),
        row("drei", room_id=None, person=BEN),
        row("vier", state="sent"),
        row("fünf", state="parked", content="", problem="withdrawn"),
    ]
    database.run_now(lambda s: s.add_all(rows))
    status, said = commanded(tmp_path)  # while the bot runs
    assert status == 0
    assert said.splitlines() == [
        "1 waiting, 1 held, 2 parked",
        f"     1  2026-11-20 09:00  parked   send for {ROOM}: 413 M_TOO_LARGE zu groß",
        f"     2  2026-11-20 09:00  held     send for {ROOM}: 403 M_FORBIDDEN",
        f"     3  2026-11-20 09:00  waiting  send for {BEN}",
        f"     5  2026-11-20 09:00  parked   send for {ROOM}: withdrawn",
    ]
    assert "in use by another process" in commanded(tmp_path, "--retry", "1")[1]
    database.close()
    assert commanded(tmp_path, "--retry", "1") == (0, "1 will be tried again when the bot starts\n")
    for wrong in ("3", "4", "5", "99"):
        status, said = commanded(tmp_path, "--retry", wrong)
        assert (status, f"{wrong}: no parked or held row" in said) == (1, True)
    assert commanded(tmp_path)[1].startswith("2 waiting, 1 held, 1 parked")


def test_what_is_shown_says_how_much_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.pending.SHOWN", 2)
    database = Database(f"sqlite:///{tmp_path}/stand.db")
    database.migrate()
    database.run_now(lambda s: s.add_all([row(str(number)) for number in range(5)]))
    database.close()
    assert commanded(tmp_path)[1].endswith("… and 3 more\n")


def test_monitoring_is_off_and_on_this_machine_alone_unless_told_otherwise(tmp_path: Path) -> None:
    monitoring = load(write(tmp_path, MINIMAL)).monitoring
    assert (monitoring.port, monitoring.address, monitoring.room) == (None, "127.0.0.1", None)
    text = f'{MINIMAL}[monitoring]\nport = 9464\nroom = "!AbC:example.org"\n'
    monitoring = load(write(tmp_path, text)).monitoring
    assert (monitoring.port, monitoring.room) == (9464, "!AbC:example.org")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("port = 0", "monitoring.port: Input should be greater than or equal to 1"),
        ("port = 70000", "monitoring.port: Input should be less than or equal to 65535"),
        ('port = "auto"', "monitoring.port: Input should be a valid integer"),
        ('room = "#stand:example.org"', "monitoring.room: should look like !AbCdEfGh:example.org (the room's internal"),
        ("prot = 9464", "monitoring.prot: unknown key; did you mean monitoring.port?"),
    ],
)
def test_mistakes_in_monitoring(tmp_path: Path, line: str, said: str) -> None:
    (found,) = mistakes(write(tmp_path, f"{MINIMAL}[monitoring]\n{line}\n"))
    assert said in found

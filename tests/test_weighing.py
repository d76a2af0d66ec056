"""Large files are weighed beside the transactions: shown and taken over once, as a whole, and as they were shown."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.context import Scope
from bot.effects import Weigh
from bot.events import Failed, Weighed
from bot.procedures import weighing
from bot.procedures.weighing import Found, weighed
from bot.procedures.weighing_apart import weighed_apart
from bot.sending.delivery import Delivery, Tools
from bot.sending.outbox import Outbox
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import PendingImport, Project, ProjectChange, StatusUpdate
from tests.fakes import ANNA, ROOM, US, Bot, plain
from tests.filing import DIRECT, Office
from tests.outboxes import draw, read, store
from tests.sending import FakeSender
from tests.workbench import row_of

FILE = """Schlüssel;Titel;Ampel;Gruppe;Agendaziele
eAkte;Elektronische Akte;gelb;Digitales;Bürgernah
Karte;Bürgerkarte;;;
"""
OTHER = FILE.replace("Bürgerkarte", "Karte für alle")


class Busy(Bot):
    """Between the weighing of a file and the transaction that uses it, something happens: `meanwhile`, once each."""

    meanwhile: list[Callable[[], None]]
    weighings: int

    async def weighed(self, row: Row) -> Weighed:
        self.weighings += 1
        found = await super().weighed(row)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return found


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are many."""
    monkeypatch.setattr(weighing, "LARGE", 1)


@pytest.fixture
async def office(database: Database) -> Office:
    made = Office(database)
    made.bot = Busy(database)
    made.bot.meanwhile, made.bot.weighings = [], 0
    return await made.open()


def busy(office: Office) -> Busy:
    assert isinstance(office.bot, Busy)
    return office.bot


async def preview(office: Office, content: str = FILE) -> str:
    return plain((await office.drop(content, name="große.csv"))[-1])


async def confirmed(office: Office) -> list[str]:
    rows = await office.bot.say(ANNA, "ja", room_id=DIRECT)
    return [plain(row) for row in rows if row.room_id == DIRECT and row.action == "send"]


def titles(office: Office) -> dict[str, str | None]:
    return {project.key: project.title for project in office.all(Project)}


def retitled(office: Office, key: str, title: str) -> Callable[[], None]:
    """Somebody changes a project."""

    def change() -> None:
        def work(session: object) -> None:
            project = next(each for each in office.all(Project) if each.key == key)
            project.title = title
            session.add(project)  # type: ignore[attr-defined]

        office.database.run_now(work)

    return change


async def test_a_large_file_is_shown_and_then_taken_over(office: Office) -> None:
    assert "neu: 2" in await preview(office)
    assert office.all(Project) == []
    said = await confirmed(office)
    assert "wird übernommen" in said[0]
    assert "ist in „Verbund Anna“ übernommen" in said[1]
    assert titles(office) == {"eAkte": "Elektronische Akte", "Karte": "Bürgerkarte"}
    assert [(each.light, each.author) for each in office.all(StatusUpdate)] == [("yellow", ANNA)]
    assert busy(office).weighings == 2


async def test_said_twice_it_is_taken_over_once(office: Office) -> None:
    """The second „ja“ comes while the first is carried out."""
    await preview(office)
    number = office.all(PendingImport)[-1].id
    seen = await office.database.run(lambda session: _seen(session, office, number))
    both = [office.bot.message(ANNA, f"!import {number} {seen}", DIRECT) for _ in range(2)]
    rows = await office.bot.handle(*both)
    said = [plain(row) for row in rows if row.room_id == DIRECT and row.action == "send"]
    assert [words for words in said if "ist in" in words and "übernommen" in words] == said[-1:]
    assert len(said) == 3
    assert len(office.all(StatusUpdate)) == 1
    assert len(office.all(Project)) == 2


def _seen(session: object, office: Office, number: int) -> str:
    scope = Scope(session, office.bot.now, office.bot.house)  # type: ignore[arg-type]
    pending = next(each for each in office.all(PendingImport) if each.id == number)
    return weighing.found(pending, json.loads(pending.rows), scope).fingerprint


async def test_what_was_shown_and_is_otherwise_by_now_is_shown_again(office: Office) -> None:
    await preview(office)
    await confirmed(office)
    assert "geändert: 1" in await preview(office, OTHER)
    retitled(office, "eAkte", "Papier")()
    said = await confirmed(office)
    assert "Inzwischen hat sich etwas geändert" in said[-1]
    assert "geändert: 2" in said[-1]
    assert titles(office) == {"eAkte": "Papier", "Karte": "Bürgerkarte"}
    assert "übernommen" in (await confirmed(office))[-1]
    assert titles(office) == {"eAkte": "Elektronische Akte", "Karte": "Karte für alle"}


async def test_what_changes_while_it_is_weighed_is_seen(office: Office) -> None:
    """The change came after the plan was made, and before it was taken over: nothing is written by the old plan."""
    await preview(office)
    await confirmed(office)
    await preview(office, OTHER)
    busy(office).weighings = 0
    busy(office).meanwhile = [retitled(office, "eAkte", "Papier")]
    said = await confirmed(office)
    assert "Inzwischen hat sich etwas geändert" in said[-1]
    assert busy(office).weighings == 2
    assert titles(office) == {"eAkte": "Papier", "Karte": "Bürgerkarte"}


async def test_where_something_changes_all_the_time_it_comes_to_an_end(office: Office) -> None:
    """What changes does not concern what was shown: a project that the file does not name."""
    await preview(office, FILE + "Dritte;Ohne;;;\n")
    await confirmed(office)
    await preview(office, OTHER)
    busy(office).weighings = 0
    busy(office).meanwhile = [retitled(office, "Dritte", f"Stand {number}") for number in range(9)]
    assert "übernommen" in (await confirmed(office))[-1]
    assert busy(office).weighings == weighing.ATTEMPTS
    assert titles(office) == {"eAkte": "Elektronische Akte", "Karte": "Karte für alle", "Dritte": "Stand 2"}
    (change,) = office.all(ProjectChange)
    assert (change.field, change.before, change.after, change.by) == ("title", "Bürgerkarte", "Karte für alle", ANNA)


async def test_what_cannot_be_weighed_beside_is_done_in_the_transaction(office: Office) -> None:
    """Both when it is shown and when it is taken over."""
    office.bot.refuses["weigh"] = "exit status 1"
    await office.drop(FILE, name="große.csv")
    for pending in office.all(PendingImport):
        key = weighing.weigh(pending, DIRECT, "$noch").key
    failure = Failed(key=key, action="weigh", room_id=DIRECT, person=None, problem="x", received_at=office.bot.now)
    (shown,) = await office.bot.came(failure)
    assert "neu: 2" in plain(shown)
    weigh = weighing.weigh(pending, DIRECT, "$ja", _seen_in(office, pending))
    rows = await office.bot.came(replace(failure, key=weigh.key))
    assert "übernommen" in plain(rows[0])
    assert len(office.all(Project)) == 2


def _seen_in(office: Office, pending: PendingImport) -> str:
    return office.database.run_now(lambda session: _seen(session, office, pending.id or 0))


async def test_a_large_file_with_mistakes_names_them(office: Office) -> None:
    said = await preview(office, FILE.replace("gelb", "lila"))
    assert "falsch; übernommen ist nichts" in said
    assert "kenne ich nicht" in await preview(office, FILE.replace("Titel", "Tietel"))
    assert office.all(Project) == []


async def test_a_process_of_its_own_finds_the_same(office: Office) -> None:
    """Also the fingerprints, which are compared with what the bot's own process finds."""
    await preview(office)
    await confirmed(office)
    await preview(office, OTHER)
    pending = office.all(PendingImport)[-1]
    key = weighing.weigh(pending, DIRECT, "$ja", "12345678").key

    def here(session: object) -> Found | None:
        return weighed(key, Scope(session, office.bot.now, office.bot.house))  # type: ignore[arg-type]

    found = await weighed_apart(office.database.url, office.bot.house, key)
    assert found is not None
    assert found == office.database.run_now(here)
    assert len(found.plan.changes) == 1


async def test_a_process_that_fails_leaves_it_to_the_transaction(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    assert await weighed_apart("sqlite:////nowhere/at/all.db", office.bot.house, "import/1/weigh 1 -/$x") is None
    assert "was not weighed (exit status 1)" in caplog.text
    assert await weighed_apart(office.database.url, office.bot.house, "import/1/weigh 1 -/$x", patience=0.01) is None
    assert "was not weighed within 0.01 s" in caplog.text


async def test_the_outbox_weighs_in_a_lane_of_its_own_and_tells_what_was_found(database: Database) -> None:
    told, sender = list[Weighed](), FakeSender()
    answer = Found(weighing.PROJECTS, 1, None, "12345678", "x")

    async def report(outcome: object) -> None:
        assert isinstance(outcome, Weighed)
        told.append(outcome)

    async def weigh(key: str) -> Found:
        assert key == "import/7/weigh 1 -/$datei"
        return answer

    box = Outbox(database, Delivery(database, sender, Tools(draw, read, weigh=weigh), US, report))
    row = row_of(Weigh(key="import/7/weigh 1 -/$datei", room_id=ROOM))
    box.offer(await store(database, row))
    await box.drained()
    assert [(each.room_id, each.found) for each in told] == [(ROOM, answer)]
    assert sender.attempts == []

"""Filters, order, pages, history: what the overview finds, and that much costs as many questions as little."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.context import Scope
from bot.domain.project import AimKind, Funding, Light, Phase
from bot.domain.roles import Role
from bot.language.names import fold
from bot.procedures import (
    overview_agenda,
    overview_consultations,
    overview_people,
    overview_portfolio,
    overview_project,
    overview_start,
)
from bot.procedures.overview import leaf
from bot.procedures.overview_agenda import TaskFilters
from bot.procedures.overview_portfolio import NOTHING, Filters
from bot.store import Session, aims, networks, overview
from bot.store.database import Database
from bot.store.tables import Aim, Project, ProjectChange, StatusUpdate
from bot.web.views_projects import NAMED, SORTED_BY, read, written
from tests.fakes import ANNA, BEN, HOUSE
from tests.portfolio import fill
from tests.statements import statements

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Viewer:
    """Who looks."""

    person: str = ANNA
    network_id: int = 1
    role: Role = Role.COORDINATOR


PROJECTS: tuple[dict[str, Any], ...] = (
    {"key": "eAkte", "title": "Größe der Akten", "field": "Daten, Netze", "phase": Phase.RUNNING, "light": Light.RED,
     "funding": Funding.FULL, "organisation": "Lindenau", "owner": BEN, "influential": True, "progress": 60},
    {"key": "Ärztehaus", "title": "Haus", "field": "Daten", "phase": Phase.FUTURE, "light": Light.GREEN,
     "organisation": "Ahornfeld", "description": "Café für alle", "influential": False, "progress": 5},
    {"key": "Radweg", "field": "Mobilität", "phase": Phase.PLANNED, "light": Light.YELLOW, "progress": 100},
    {"key": "Bad", "title": "Freibad"},
)  # fmt: skip


@pytest.fixture
def scope(database: Database) -> Iterator[Scope]:
    """A network with four projects; eAkte and Bad serve a goal."""

    def make(session: Session) -> None:
        networks.found(session, "Nord", ANNA, NOW)
        for values in PROJECTS:
            made: dict[str, Any] = {
                "network_id": 1,
                "room_id": "!r:example.org",
                "created_by": ANNA,
                "created_at": NOW,
            } | values
            session.add(Project(folded=fold(str(made["key"])), **made))
        session.flush()
        goal = aims.add(
            session,
            Aim(network_id=1, kind=AimKind.GOAL, name="Papierlos", folded="papierlos", created_by=ANNA, created_at=NOW),
        )
        for project_id in (1, 4):
            aims.set_for(session, project_id, (goal,), ())
        for days, project_id in ((1, 3), (2, 1), (9, 3)):
            at = NOW - timedelta(days=days)
            session.add(StatusUpdate(project_id=project_id, author=ANNA, at=at, event_id=f"${days}"))

    database.run_now(make)
    with Session(database._engine, expire_on_commit=False) as session:
        yield Scope(session, NOW, HOUSE)


def found(filters: Filters, scope: Scope) -> list[str]:
    page = overview_portfolio.portfolio(filters, 1, Viewer(), scope).leaf
    assert page.count == len(page.rows)
    return [row.project.key for row in page.rows]


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (Filters(), ["Ärztehaus", "Bad", "eAkte", "Radweg"]),
        (Filters(descending=True), ["Radweg", "eAkte", "Bad", "Ärztehaus"]),
        (Filters(field="Daten"), ["Ärztehaus", "eAkte"]),
        (Filters(field="daten, netze"), []),
        (Filters(field="mobilitaet"), ["Radweg"]),
        (Filters(aim="papierlos"), ["Bad", "eAkte"]),
        (Filters(aim="Unbekannt"), []),
        (Filters(phase="running"), ["eAkte"]),
        (Filters(phase=NOTHING), ["Bad"]),
        (Filters(funding="unknown"), ["Ärztehaus", "Bad", "Radweg"]),
        (Filters(light="red"), ["eAkte"]),
        (Filters(light=NOTHING), ["Bad"]),
        (Filters(organisation="Ahornfeld"), ["Ärztehaus"]),
        (Filters(owner=BEN), ["eAkte"]),
        (Filters(owner=NOTHING), ["Ärztehaus", "Bad", "Radweg"]),
        (Filters(influential=True), ["eAkte"]),
        (Filters(text="GROESSE akten"), ["eAkte"]),
        (Filters(text="cafe"), ["Ärztehaus"]),
        (Filters(text="größe café"), []),
        (Filters(text="%"), []),
        (Filters(text="bad", light=NOTHING), ["Bad"]),
        (Filters(sort="light"), ["eAkte", "Radweg", "Ärztehaus", "Bad"]),
        (Filters(sort="light", descending=True), ["Ärztehaus", "Radweg", "eAkte", "Bad"]),
        (Filters(sort="progress", descending=True), ["Radweg", "eAkte", "Ärztehaus", "Bad"]),
        (Filters(sort="phase"), ["Ärztehaus", "Radweg", "eAkte", "Bad"]),
        (Filters(sort="title"), ["Bad", "eAkte", "Ärztehaus", "Radweg"]),
        (Filters(sort="heard_at", descending=True), ["Radweg", "eAkte", "Ärztehaus", "Bad"]),
        (Filters(sort="field", text="a"), ["Ärztehaus", "eAkte", "Radweg", "Bad"]),
    ],
    ids=str,
)
def test_the_portfolio_is_filtered_and_sorted(filters: Filters, keys: list[str], scope: Scope) -> None:
    assert found(filters, scope) == keys


def test_a_filter_can_be_bookmarked() -> None:
    values = {"light": "red", "funding": "full", "phase": "done"}
    for word, name in NAMED.items():
        given: dict[str, Any] = {name: values.get(name, "Größe & Maß")}
        assert read(written(Filters(**given))) == Filters(**given), word
    for word, name in SORTED_BY.items():
        for descending in (False, True):
            filters = Filters(sort=name, descending=descending, influential=True)
            assert read(written(filters)) == filters, word
    assert read({"ampel": "lila", "status": "'", "sortierung": "drop", "text": "  ", "seite": "x"}) == Filters()


def test_what_can_be_chosen_is_what_there_is(scope: Scope) -> None:
    choices = overview_portfolio.portfolio(Filters(phase="done"), 1, Viewer(), scope).choices
    assert choices.fields == ["Daten", "Mobilität", "Netze"]
    assert (choices.organisations, choices.owners, choices.goals) == (["Ahornfeld", "Lindenau"], [BEN], ["Papierlos"])
    guests = overview_portfolio.portfolio(Filters(), 1, Viewer(BEN, 1, Role.GUEST), scope)
    assert (guests.leaf.count, guests.choices.fields, guests.choices.goals) == (0, [], [])


def test_a_list_has_pages() -> None:
    rows = range(101)
    assert [leaf(rows, number).number for number in (-5, 0, 1, 2, 3, 99)] == [1, 1, 1, 2, 3, 3]
    assert [len(leaf(rows, number).rows) for number in (1, 2, 3)] == [50, 50, 1]
    assert (leaf((), 7).number, leaf((), 7).pages, leaf((), 7).count) == (1, 1, 0)


# history


def test_the_history_is_told_once_and_completely_page_by_page(scope: Scope) -> None:
    """Also where updates and changes come at the very same time."""
    for number in range(60):
        at = NOW - timedelta(days=100 + number // 5)
        row = ProjectChange(project_id=1, at=at, by=ANNA, field="phase", before="planned", after="running", cause="$c")
        scope.session.add(row)
        scope.session.add(StatusUpdate(project_id=1, author=ANNA, at=at, event_id=f"$u{number}"))
    scope.session.flush()
    seen, place, sizes = [], None, []
    while True:
        whole = overview_project.whole("eAkte", Viewer(), scope, before=place, language="de")
        assert whole is not None
        seen += [entry.place for entry in whole.history.entries]
        sizes.append(len(whole.history.entries))
        if whole.history.older is None:
            break
        place = overview_project.place_of(overview_project.as_words(whole.history.older))
        assert place == whole.history.older
    assert len(seen) == len(set(seen)) == 121
    assert seen == sorted(seen, reverse=True)
    assert set(sizes[:-1]) == {overview_project.ENTRIES}
    change = next(entry for entry in whole.history.entries if entry.change is not None)
    assert (change.before, change.after) == ("in Planung", "in Umsetzung")


@pytest.mark.parametrize("words", ["", "x", "_m1", "2026-01-01T00:00:00_m1", "2026-01-01T00:00:00+00:00_x1",
                                   "2026-01-01T00:00:00+00:00_m", "2026-01-01T00:00:00+00:00_m-1",
                                   "2026-01-01T00:00:00+00:00_m99999999999999999999"])  # fmt: skip
def test_a_place_that_nobody_was_given_is_none(words: str) -> None:
    assert overview_project.place_of(words) is None


# what it costs


LOOKS: dict[str, Callable[[Scope], object]] = {
    "portfolio": lambda scope: overview_portfolio.portfolio(Filters(text="vorhaben"), 1, Viewer(), scope).leaf.rows[0],
    "sorted": lambda scope: overview_portfolio.portfolio(Filters(sort="heard_at"), 1, Viewer(), scope).leaf.rows[0],
    "project": lambda scope: overview_project.whole("Projekt-1", Viewer(), scope, language="de"),
    "consultations": lambda scope: overview_consultations.listed(1, Viewer(), scope),
    "consultation": lambda scope: overview_consultations.whole(1, Viewer(), scope),
    "meetings": lambda scope: overview_agenda.sittings(1, Viewer(), scope),
    "tasks": lambda scope: overview_agenda.todo(TaskFilters(), 1, Viewer(), scope),
    "participation": lambda scope: overview_people.participation_of(Viewer(), scope),
    "health": lambda scope: overview_people.health(Viewer(), scope),
    "start": lambda scope: overview_start.start(Viewer(), scope),
}


def costs(url: str, projects: int, rooms: int) -> dict[str, int]:
    """How many questions each page puts."""
    database = Database(url)
    database.run_now(lambda session: fill(session, projects, rooms, NOW))

    def work(session: Session) -> dict[str, int]:
        asked: dict[str, int] = {}
        for name, look in LOOKS.items():
            session.expire_all()
            session.expunge_all()
            session.info.clear()
            with statements() as put:
                assert look(Scope(session, NOW, HOUSE)), name
            asked[name] = len(put)
        return asked

    try:
        return database.run_now(work)
    finally:
        database.close()


def test_much_costs_as_many_questions_as_little(new_url: Callable[[], str]) -> None:
    few, many = costs(new_url(), 8, 2), costs(new_url(), 240, 12)
    assert few == many
    assert max(many.values()) <= 60


def test_a_page_of_history_reads_no_more_than_it_shows(scope: Scope) -> None:
    for number in range(200):
        at = NOW - timedelta(hours=number)
        scope.session.add(StatusUpdate(project_id=1, author=ANNA, at=at, event_id=f"$h{number}"))
    scope.session.flush()
    scope.session.expunge_all()
    read_rows: list[object] = []

    def note(_session: Session, row: object) -> None:
        read_rows.append(row)

    event.listen(scope.session, "loaded_as_persistent", note)
    assert len(overview.history(scope.session, 1, None, 21)) == 21
    assert len(read_rows) == 21


def test_the_start_reads_no_more_projects_than_it_shows(scope: Scope) -> None:
    for number in range(40):
        made: dict[str, Any] = {"key": f"P{number}", "folded": f"p{number}", "changed_at": NOW - timedelta(days=number)}
        rest: dict[str, Any] = {"network_id": 1, "room_id": "!r:example.org", "created_by": ANNA, "created_at": NOW}
        scope.session.add(Project(owner=BEN, **made, **rest))
    scope.session.flush()
    scope.session.expunge_all()
    read_rows: list[object] = []
    event.listen(scope.session, "loaded_as_persistent", lambda _session, row: read_rows.append(row))
    found = overview_start.start(Viewer(BEN, role=Role.MEMBER), scope)
    assert (found.own_count, len(found.own)) == (41, overview_start.MOST)
    assert sum(isinstance(row, Project) for row in read_rows) <= overview_start.MOST + overview_start.LATEST

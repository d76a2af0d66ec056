"""Who takes part, asked of SQLite and of PostgreSQL alike; counted in one question whatever the size."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.domain.groups import Part
from bot.domain.organisations import Level, Speaks
from bot.domain.representation import Cell, representation
from bot.store import Session, networks, participations
from bot.store.database import Database
from bot.store.tables import Group, Mandate, Organisation, Participation, Person, Room
from tests.fakes import ANNA, BEN, CEM, ROOM, START

LATER = START + timedelta(days=1)


def network(session: Session, name: str = "Verbund") -> int:
    return networks.found(session, name, ANNA, START).id or 0


def group(session: Session, network_id: int, name: str = "akte", **more: Any) -> int:
    values: dict[str, Any] = {
        "token": f"{network_id} {name}",
        "folded": name,
        "created_by": ANNA,
        "created_at": START,
    } | more
    made = Group(network_id=network_id, name=name.title(), **values)
    session.add(made)
    session.flush()
    return made.id or 0


def part(session: Session, network_id: int, group_id: int, person: str, kind: Part = Part.ACTIVE) -> Participation:
    row = Participation(
        network_id=network_id, group_id=group_id, person=person, kind=kind, since=START, entered_by=ANNA
    )
    return participations.enter(session, row)


def organisation(session: Session, network_id: int, name: str, inhabitants: int | None, level: Level | None) -> int:
    made = Organisation(
        network_id=network_id,
        name=name,
        folded=name,
        inhabitants=inhabitants,
        level=level,
        created_by=ANNA,
        created_at=START,
    )
    session.add(made)
    session.flush()
    return made.id or 0


def mandate(session: Session, network_id: int, organisation_id: int, person: str, **more: Any) -> None:
    values: dict[str, Any] = {"starts_at": START, "given_at": START, "given_by": ANNA, "speaks": Speaks.HOLDER} | more
    session.add(Mandate(network_id=network_id, organisation_id=organisation_id, person=person, **values))
    session.flush()


def belongs(session: Session, network_id: int, organisation_id: int, person: str) -> None:
    session.add(
        Person(network_id=network_id, person=person, organisation_id=organisation_id, added_by=ANNA, added_at=START)
    )
    session.flush()


class Contract:
    """The suite; a subclass says on which database."""

    def test_one_takes_part_in_one_way_and_the_rest_is_history(self, store: Database) -> None:
        def work(session: Session) -> None:
            here = network(session)
            akte = group(session, here)
            first = part(session, here, akte, BEN, Part.FOLLOWER)
            part(session, here, akte, CEM, Part.FOLLOWER)
            participations.end(session, first, ANNA, LATER)
            second = part(session, here, akte, BEN)
            assert participations.current(session, akte, BEN) == second
            assert participations.current(session, akte, ANNA) is None
            assert [row.person for row in participations.active(session, akte)] == [BEN]
            assert [row.person for row in participations.followers(session, akte)] == [CEM]
            assert participations.followers_of(session, [akte]) == {akte: [CEM]}
            assert participations.followers_of(session, []) == {}
            assert participations.last_active(session, akte) is None
            assert (first.ended_by, first.until) == (ANNA, LATER)

        store.run_now(work)

    def test_groups_without_aktive(self, store: Database) -> None:
        def work(session: Session) -> None:
            here, there = network(session), network(session, "Anderswo")
            akte, karte = group(session, here), group(session, here, "karte")
            group(session, here, "ende", folded=None, ended_at=LATER)
            other = group(session, there)
            part(session, here, karte, BEN, Part.FOLLOWER)
            gone = part(session, here, akte, BEN)
            assert names(participations.without_active(session, here)) == ["Karte"]
            participations.end(session, gone, BEN, LATER)
            assert names(participations.without_active(session, here)) == ["Akte", "Karte"]
            assert len(participations.without_active(session)) == 3
            assert participations.last_active(session, akte) == gone
            part(session, there, other, BEN)
            session.get_one(Group, other).dormant_since = LATER
            session.flush()
            assert [each.id for each in participations.taken_up(session)] == [other]

        store.run_now(work)

    def test_whose_room_it_is(self, store: Database) -> None:
        def work(session: Session) -> None:
            here, there = network(session), network(session, "Anderswo")
            group(session, here, room_id=ROOM)
            for room_id, of in ((ROOM, here), ("!anderswo:example.org", there)):
                session.add(Room(room_id=room_id, network_id=of, invited_by=ANNA, since=START))
            session.flush()
            tied = participations.tied(session, here, ROOM)
            assert ([each.name for each in tied.groups], tied.others_untied) == (["Akte"], False)
            session.add(Room(room_id="!alle:example.org", network_id=here, invited_by=ANNA, since=START))
            session.flush()
            assert participations.tied(session, here, ROOM).others_untied
            alone = participations.tied(session, here, "!alle:example.org")
            assert (list(alone.groups), alone.others_untied) == ([], False)

        store.run_now(work)

    def test_organisations_are_counted_by_who_speaks_for_them_or_belongs_to_them(self, store: Database) -> None:
        def work(session: Session) -> None:
            here, there = network(session), network(session, "Anderswo")
            akte, karte, other = group(session, here), group(session, here, "karte"), group(session, there)
            small = organisation(session, here, "klein", 4_999, Level.MUNICIPALITY)
            tiny = organisation(session, here, "winzig", 300, Level.MUNICIPALITY)
            large = organisation(session, here, "groß", 100_000, Level.CITY)
            unknown = organisation(session, here, "unbekannt", None, None)
            mandate(session, here, small, BEN)
            mandate(session, here, small, CEM, speaks=Speaks.DEPUTY)
            mandate(session, here, tiny, "@d:example.org", ends_at=LATER)
            belongs(session, here, large, "@e:example.org")
            belongs(session, here, unknown, BEN)
            for person in (BEN, CEM, "@d:example.org"):
                part(session, here, akte, person)
            part(session, here, karte, "@e:example.org")
            part(session, here, karte, "@d:example.org", Part.FOLLOWER)
            organisation(session, there, "anderswo", 300, Level.MUNICIPALITY)
            part(session, there, other, BEN)
            assert counted(session, here, None, START) == [
                (None, None, 1, 1),
                ("city", 5, 1, 1),
                ("municipality", 0, 2, 2),
            ]
            assert counted(session, here, akte, LATER) == [
                (None, None, 1, 1),
                ("city", 5, 1, 0),
                ("municipality", 0, 2, 1),
            ]
            assert counted(session, here, karte, LATER) == [
                (None, None, 1, 0),
                ("city", 5, 1, 1),
                ("municipality", 0, 2, 0),
            ]
            assert counted(session, there, None, START) == [("municipality", 0, 1, 0)]

        store.run_now(work)

    def test_a_person_s_organisation(self, store: Database) -> None:
        def work(session: Session) -> None:
            here, there = network(session), network(session, "Anderswo")
            own, other = organisation(session, here, "eins", 9_999, None), organisation(session, here, "zwei", 1, None)
            belongs(session, here, other, BEN)
            assert organisation_name(session, here, BEN) == "zwei"
            mandate(session, here, own, BEN, ends_at=LATER)
            assert organisation_name(session, here, BEN) == "eins"
            found = participations.organisation_of(session, here, BEN, LATER)
            assert found is not None
            assert found.name == "zwei"
            assert organisation_name(session, here, CEM) is None
            assert organisation_name(session, there, BEN) is None

        store.run_now(work)

    def test_the_number_of_questions_does_not_grow(self, store: Database) -> None:
        def few(session: Session) -> None:
            fill(session, organisations=10, people=20, groups=2)

        def many(session: Session) -> None:
            fill(session, organisations=300, people=900, groups=50)

        asked = []
        for filled in (few, many):
            store.run_now(filled)
            asked.append(store.run_now(lambda session: questions(session, everything)))
        assert asked == [4, 4]


def names(found: Any) -> list[str]:
    return [each.name for each, _days in found]


def counted(session: Session, network_id: int, group_id: int | None, at: Any) -> list[Cell]:
    found = participations.cells(session, network_id, group_id, at)
    return sorted(found, key=lambda cell: (str(cell.level or ""), cell.size or 0))


def organisation_name(session: Session, network_id: int, person: str) -> str | None:
    found = participations.organisation_of(session, network_id, person, START)
    return found.name if found else None


def fill(session: Session, *, organisations: int, people: int, groups: int) -> None:
    """A network of this size, in which everybody belongs somewhere and does something."""
    here = network(session)
    ids = [
        organisation(session, here, f"o{number}", number * 700, list(Level)[number % 4])
        for number in range(organisations)
    ]
    groups_ = [group(session, here, f"g{number}") for number in range(groups)]
    for number in range(people):
        person = f"@p{number}:example.org"
        belongs(session, here, ids[number % organisations], person)
        part(session, here, groups_[number % groups], person, Part.ACTIVE if number % 3 else Part.FOLLOWER)


def everything(session: Session) -> None:
    """What the list of groups and a digest ask for."""
    newest = networks.coordinated_by(session, ANNA, founder=True)[-1].id or 0
    assert representation(participations.cells(session, newest, None, START)).sizes
    resting = [each.id or 0 for each, _days in participations.without_active(session, newest)]
    participations.followers_of(session, [*resting, 1])


def questions(session: Session, work: Callable[[Session], None]) -> int:
    """How many statements some work needs."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("SELECT"):
            said.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        work(session)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(said)


class TestOnSQLite(Contract):
    @pytest.fixture
    def store(self, database: Database) -> Database:
        return database


class TestOnPostgreSQL(Contract):
    @pytest.fixture
    def store(self, postgres_store: Database) -> Database:
        return postgres_store

"""What guests may read, who moderates where and which rooms wait, asked of SQLite and of PostgreSQL alike."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.roles import Role
from bot.store import Session, networks, projects, rooms, shares
from bot.store.database import Database
from bot.store.tables import Project, Room
from tests.fakes import ANNA, BEN, CEM, ROOM, START, US

LATER = START + timedelta(days=1)
OTHER = "!other:example.org"


def project(session: Session, network_id: int, key: str, room_id: str = ROOM) -> Project:
    made = Project(network_id=network_id, room_id=room_id, key=key, folded=key, created_by=ANNA, created_at=START)
    return projects.add(session, made)


class Contract:
    """The suite; a subclass says on which database."""

    def test_a_share_begins_once_ends_once_and_may_begin_again(self, store: Database) -> None:
        def work(session: Session) -> None:
            here = networks.found(session, "Hier", ANNA, START).id or 0
            there = networks.found(session, "Dort", ANNA, START).id or 0
            akte, karte = project(session, here, "akte"), project(session, here, "karte", OTHER)
            foreign = project(session, there, "akte")
            assert [shares.share(session, akte, BEN, ANNA, START) for _ in range(2)] == [True, False]
            for each in (karte, foreign):
                shares.share(session, each, BEN, ANNA, START)
            shares.share(session, akte, CEM, ANNA, START)
            assert list(shares.of_person(session, here, BEN)) == [akte, karte]
            assert list(shares.of_person(session, here, BEN, OTHER)) == [karte]
            assert list(shares.readers(session, akte.id or 0)) == [BEN, CEM]
            assert [shares.withdraw(session, akte, BEN, ANNA, LATER) for _ in range(2)] == [True, False]
            assert list(shares.of_person(session, here, BEN)) == [karte]
            assert shares.share(session, akte, BEN, ANNA, LATER)
            karte.archived = True
            assert list(shares.of_person(session, here, BEN)) == [akte]
            assert shares.withdraw_all(session, here, BEN, ANNA, LATER) == [akte, karte]
            karte.archived = False
            assert list(shares.of_person(session, here, BEN)) == []
            assert list(shares.of_person(session, there, BEN)) == [foreign]
            assert list(shares.of_person(session, here, CEM)) == [akte]

        store.run_now(work)

    def test_who_moderates_where(self, store: Database) -> None:
        def work(session: Session) -> None:
            here = networks.found(session, "Hier", ANNA, START).id or 0
            there = networks.found(session, "Dort", ANNA, START).id or 0
            for room_id, network_id in ((ROOM, here), (OTHER, there)):
                rooms.save(session, Room(room_id=room_id, network_id=network_id, invited_by=US, since=START))
                networks.grant(session, network_id, BEN, Role.MODERATOR, ANNA, START, room_id)
            networks.grant(session, here, CEM, Role.MODERATOR, ANNA, START, ROOM)
            (withdrawn,) = networks.grants(session, here, CEM)
            networks.withdraw(session, withdrawn, ANNA, LATER)
            assert [(person, room.room_id) for person, room in networks.moderations(session, here)] == [(BEN, ROOM)]

        store.run_now(work)

    def test_only_rooms_of_no_network_wait(self, store: Database) -> None:
        def work(session: Session) -> None:
            here = networks.found(session, "Hier", ANNA, START).id or 0
            kinds: dict[str, dict[str, Any]] = {
                "!waits": {},
                "!has": {"network_id": here},
                "!direct": {"direct_with": ANNA},
                "!left": {"joined": False},
                "!bens": {"invited_by": BEN},
            }
            for name, more in kinds.items():
                values: dict[str, Any] = {"room_id": name, "invited_by": ANNA, "since": START} | more
                rooms.save(session, Room(**values))
            assert [room.room_id for room in networks.rooms_waiting(session, ANNA)] == ["!waits"]

        store.run_now(work)


class TestOnSQLite(Contract):
    @pytest.fixture
    def store(self, database: Database) -> Database:
        return database


class TestOnPostgreSQL(Contract):
    @pytest.fixture
    def store(self, postgres_store: Database) -> Database:
        return postgres_store

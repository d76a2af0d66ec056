"""Many rows at once are what they would be one by one, on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlmodel import select

from bot.store import Session, networks, project_files
from bot.store.database import Database
from bot.store.many import put
from bot.store.tables import Project
from tests.fakes import ANNA

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TEXTS = ("Tabulator\tund\nZeile", "\\N", "\\.", "„Größe“; 1'0", "", None, "🚦")


@pytest.fixture(params=["sqlite", "postgresql"], name="either")
def in_turn(request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue("database" if request.param == "sqlite" else "postgres_store")
    return found


def row(network_id: int, number: int, **values: Any) -> dict[str, Any]:
    return {
        "network_id": network_id,
        "room_id": "",
        "key": f"P{number}",
        "folded": f"p{number}",
        "funding": "unknown",
        "archived": number % 2 == 0,
        "created_by": ANNA,
        "created_at": NOW.astimezone(timezone(timedelta(hours=5))),
        "changed_at": NOW,
        **values,
    }


def test_rows_are_as_they_were_given(either: Database) -> None:
    def work(session: Session) -> list[Project]:
        network_id = networks.found(session, "Nord", ANNA, NOW).id or 0
        made = [row(network_id, number, title=text, progress=number) for number, text in enumerate(TEXTS)]
        ids = project_files.add(session, network_id, made)
        put(session, project_files.PROJECT, [])
        found = list(session.exec(select(Project).order_by(Project.progress)).all())  # type: ignore[arg-type]
        assert {each.folded: each.id for each in found} == ids
        return found

    found = either.run_now(work)
    assert [each.title for each in found] == list(TEXTS)
    assert [(each.archived, each.created_at, each.influential) for each in found[:2]] == [
        (True, NOW, None),
        (False, NOW, None),
    ]


def test_a_time_whose_zone_is_unknown_is_refused(either: Database) -> None:
    def work(session: Session) -> None:
        network_id = networks.found(session, "Nord", ANNA, NOW).id or 0
        naive = row(network_id, 1, changed_at=NOW.replace(tzinfo=None))
        put(session, project_files.PROJECT, [naive])

    with pytest.raises(Exception, match="a time without a zone"):
        either.run_now(work)

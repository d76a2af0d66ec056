"""What a digest costs, and that it says the same as what it is gathered from."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from bot.context import Scope
from bot.procedures import digest, reminding
from bot.procedures.digest_gathering import gather
from bot.store import Session
from bot.store.database import Database
from bot.store.news import Reach
from bot.store.tables import (
    Room,
    StatusUpdate,
)
from tests.fakes import HOUSE
from tests.portfolio import fill, room_of
from tests.statements import statements

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


# what it costs


def cost(database: Database, reach: Reach) -> int:
    """How many questions a digest puts, gathered and with its links."""

    def work(session: Session) -> int:
        session.expire_all()
        scope = Scope(session, NOW, HOUSE)
        room = session.get_one(Room, room_of(0))
        with statements() as asked:
            material = gather(reach, NOW - WEEK, scope)
            told = digest.in_room(material, room, scope)
        assert len(told.parts) >= 12, "there is something of everything"
        return len(asked)

    return database.run_now(work)


@pytest.mark.parametrize("rooms", [(room_of(0),), None], ids=["a room", "the network"])
def test_three_hundred_projects_cost_as_many_questions_as_ten(
    rooms: tuple[str, ...] | None, new_url: Callable[[], str]
) -> None:
    costs = []
    for projects in (10, 300):
        database = Database(new_url())
        network_id = database.run_now(lambda session, n=projects: fill(session, n, 1, NOW))  # type: ignore[misc]
        costs.append(cost(database, Reach(network_id, rooms)))
        database.close()
    assert costs[0] == costs[1] > 10


def test_who_is_missing_is_what_reminders_go_by(database: Database) -> None:
    """Also where somebody took a vote back."""
    database.run_now(lambda session: fill(session, 40, 4, NOW))

    def work(session: Session) -> None:
        scope = Scope(session, NOW, HOUSE)
        found = gather(Reach(1), NOW - WEEK, scope).open
        assert len(found) == 8
        for each in found:
            slow = {elector.organisation for elector in reminding.silent(each.consultation, scope)}
            assert {voter.organisation for voter in each.missing} == slow
            assert len(slow) == 4

    database.run_now(work)


def test_light_and_progress_before_are_the_last_ones_said(database: Database) -> None:
    """Each by itself: a report may name only one of them."""
    database.run_now(lambda session: fill(session, 8, 1, NOW))

    def work(session: Session) -> None:
        for each in session.exec(select(StatusUpdate).where(StatusUpdate.project_id == 2)).all()[-2:]:
            each.light = None if each.progress == 2 else each.light
        since = NOW - WEEK
        found = {each.project.id: each for each in gather(Reach(1), since, Scope(session, NOW, HOUSE)).moved}
        for own, moved in found.items():
            rows = session.exec(select(StatusUpdate).where(StatusUpdate.project_id == own)).all()
            earlier = [row for row in rows if row.at <= since]
            assert moved.light_before == [row.light for row in earlier if row.light][-1]
            assert moved.progress_before == [row.progress for row in earlier if row.progress is not None][-1]
            assert len(moved.updates) == len(rows) - len(earlier)
        assert len(found) == 6, "a quarter is silent"

    database.run_now(work)


def test_nothing_of_another_room_or_network(database: Database) -> None:
    database.run_now(lambda session: fill(session, 12, 3, NOW))

    def work(session: Session) -> None:
        scope = Scope(session, NOW, HOUSE)
        material = gather(Reach(1, (room_of(1),)), NOW - WEEK, scope)
        for name in ("open", "decided", "moved", "stale", "unanswered", "feedback", "ideas", "tasks", "asked"):
            assert {each.room_id for each in getattr(material, name)} == {room_of(1)}, name
        foreign = gather(Reach(2), NOW - WEEK, scope)
        assert not any((foreign.open, foreign.moved, foreign.tasks, foreign.asked, foreign.meetings, foreign.stale))

    database.run_now(work)

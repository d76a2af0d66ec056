"""What was not sent, and when the bot was degraded, on SQLite and on PostgreSQL alike."""

from datetime import timedelta

import pytest

from bot.domain.health import Known, Trouble
from bot.store import Session, backlog, incidents, outbox
from bot.store.database import Database
from bot.store.tables import OutboxRow
from tests.fakes import BEN, ROOM, START
from tests.store.rows import room, row

LATER = START + timedelta(minutes=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Database:
    opened: Database = request.getfixturevalue("database" if request.param == "sqlite" else "postgres_store")
    return opened


def test_an_empty_outbox(store: Database) -> None:
    assert store.run_now(backlog.counts) == {"waiting": 0, "held": 0, "parked": 0}
    assert store.run_now(lambda s: backlog.unsent(s, "example.org")) == (None, 0)
    assert store.run_now(backlog.oldest_untold) is None
    assert store.run_now(backlog.take_untold) == []
    assert store.run_now(backlog.open_consultations) == 0


def test_what_waits_longest_of_what_is_ours_to_send(store: Database) -> None:
    def work(session: Session) -> None:
        for number, more in enumerate(
            (
                {"action": "mail", "room_id": None},
                {"room_id": None, "person": "@x:other.example"},
                {"room_id": None, "person": "@x:notexample_org"},
                {"room_id": None, "person": BEN},
                {"action": "chart"},
            )
        ):
            waiting = row(str(number), **more)
            waiting.created_at = START + timedelta(seconds=number)
            session.add(waiting)

    store.run_now(work)
    assert store.run_now(lambda s: backlog.unsent(s, "example.org")) == (START + timedelta(seconds=3), 2)
    assert store.run_now(lambda s: backlog.unsent(s, "example_org"))[1] == 1, "an underscore is no wildcard"


def test_parked_rows_are_told_once(store: Database) -> None:
    rows = [row("a"), row("b", action="state"), row("incident/1/begins"), row("c", room_id=None, person=BEN), row("d")]
    store.run_now(lambda s: s.add_all(rows))

    def work(session: Session) -> None:
        for number, parked in enumerate(rows):
            outbox.park(session, parked.id or 0, "413", LATER + timedelta(seconds=number))

    store.run_now(work)
    assert store.run_now(backlog.oldest_untold) == LATER
    assert store.run_now(backlog.take_untold) == [(ROOM, 2), (None, 1)]
    assert store.run_now(backlog.oldest_untold) is None
    assert store.run_now(backlog.take_untold) == []
    assert store.run_now(lambda s: s.get_one(OutboxRow, 1).problem) == "413"


def test_single_rows_are_tried_again(store: Database) -> None:
    store.run_now(lambda s: room(s, None, name="Digitales"))
    states = [("a", "parked"), ("b", "held"), ("c", "waiting"), ("d", "sent")]
    store.run_now(
        lambda s: s.add_all(
            [row(key, state=state, problem="413") for key, state in states] + [row("e", state="parked", action="open")]
        )
    )
    assert [each.state for each in store.run_now(lambda s: backlog.listed(s, 10))] == [
        "parked",
        "held",
        "waiting",
        "parked",
    ]
    (first,) = store.run_now(lambda s: backlog.listed(s, 1))
    assert (first.where, first.problem) == ("Digitales", "413")
    assert [store.run_now(lambda s, n=n: backlog.retry(s, n)) for n in range(1, 6)] == [True, True, False, False, False]
    assert [each.key for each in store.run_now(outbox.waiting)] == ["a", "b", "c"]


def test_the_latest_of_a_kind_is_what_counts(store: Database) -> None:
    def work(session: Session) -> None:
        incidents.begin(session, Trouble.DISK, START).ended_at = START
        incidents.begin(session, Trouble.DISK, LATER)
        incidents.begin(session, Trouble.CLOCK, START)

    store.run_now(work)
    assert store.run_now(lambda s: incidents.known(incidents.latest(s, Trouble.DISK))) == Known(LATER)
    assert store.run_now(lambda s: incidents.known(incidents.latest(s, Trouble.UNSENT))) is None

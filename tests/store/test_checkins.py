"""Check-ins, asked of SQLite and of PostgreSQL alike."""

from datetime import timedelta

import pytest

from bot.domain.checkin import Skipped, State
from bot.store import Session, checkin_times, checkins, digests, networks, progress, rooms
from bot.store.database import Database
from bot.store.tables import CheckIn, CheckInAnswer, CheckInAsk, CheckInRound, Project, Room
from tests.fakes import ANNA, BEN, CEM, ROOM, START

DAY = timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Database:
    opened: Database = request.getfixturevalue("database" if request.param == "sqlite" else "postgres_store")
    return opened


def made(session: Session, number: int = 1, room_id: str = ROOM) -> CheckIn:
    networks.found(session, "Verbund", ANNA, START)
    return checkins.add(
        session,
        CheckIn(
            network_id=1,
            number=number,
            room_id=room_id,
            title="Wochenstand",
            whom="owners",
            questions="[]",
            rule="FREQ=WEEKLY;BYDAY=MO",
            first="2026-11-23T09:00:00",
            zone="Europe/Berlin",
            next_at=START,
            created_by=ANNA,
            created_at=START,
        ),
    )


def put(session: Session, number: int, *asks: CheckInAsk, closed: bool = True) -> CheckInRound:
    at = START + number * 7 * DAY
    new = CheckInRound(
        check_in_id=1,
        number=number,
        due_at=at,
        opened_at=at,
        deadline=at + 2 * DAY,
        nudge_at=at + DAY,
        closed_at=at + 2 * DAY if closed else None,
    )
    checkins.add_round(session, new)
    for each in asks:
        each.round_id = new.id or 0
    checkins.add_asks(session, asks)
    return new


def ask(
    person: str, project_id: int | None = None, skipped: Skipped | None = None, *, said: bool = False
) -> CheckInAsk:
    answered_at = START if said else None
    return CheckInAsk(round_id=0, person=person, project_id=project_id, skipped=skipped, answered_at=answered_at)


def project(session: Session) -> int:
    new = Project(network_id=1, room_id=ROOM, key="eAkte", folded="eakte", created_by=ANNA, created_at=START)
    session.add(new)
    session.flush()
    return new.id or 0


def test_what_is_due_and_what_is_listed(store: Database) -> None:
    def work(session: Session) -> None:
        first, second = made(session), made(session, 2, "!andere:example.org")
        second.state = State.PAUSED
        assert checkins.by_number(session, 1, 2) == second
        assert [row.number for row in checkins.listed(session, 1, None)] == [1, 2]
        assert [row.number for row in checkins.listed(session, 1, ROOM)] == [1]
        assert checkins.listed(session, 2, None) == []
        assert checkin_times.due(session, START - DAY) == []
        assert checkin_times.due(session, START) == [first]
        first.state, first.next_at = State.ENDED, None
        assert checkin_times.due(session, START) == []
        assert [row.number for row in checkins.listed(session, 1, None)] == [2]

    store.run_now(work)


def test_which_rounds_want_something(store: Database) -> None:
    def work(session: Session) -> None:
        made(session)
        put(session, 1, ask(BEN))
        running = put(session, 2, ask(BEN), closed=False)
        at = running.opened_at
        assert checkins.open_round(session, 1) == running
        assert checkin_times.stirring(session, at) == []
        assert checkin_times.stirring(session, at + DAY) == [running]
        running.nudged_at = at + DAY
        assert checkin_times.stirring(session, at + DAY) == []
        assert checkin_times.stirring(session, at + 2 * DAY) == [running]
        assert checkins.last_number(session, 1) == 2
        assert [row.number for row in checkins.last_rounds(session, 1, 5)] == [2, 1]

    store.run_now(work)


def test_a_round_that_asked_nobody_was_not_put(store: Database) -> None:
    def work(session: Session) -> None:
        made(session)
        assert checkins.last_put(session, 1) is None
        first = put(session, 1, ask(BEN))
        put(session, 2, ask(BEN, skipped=Skipped.AWAY))
        assert checkins.last_put(session, 1) == first

    store.run_now(work)


def test_a_digest_that_was_claimed_is_not_awaited(store: Database) -> None:
    def work(session: Session) -> None:
        networks.found(session, "Verbund", ANNA, START)
        rooms.save(session, Room(room_id=ROOM, network_id=1, invited_by=ANNA, since=START - DAY))
        assert digests.awaited(session, None, START) == [ROOM]
        assert progress.claim_occurrence(session, f"digest {ROOM}", START, START)
        assert digests.awaited(session, None, START) == []

    store.run_now(work)


def test_what_somebody_is_asked(store: Database) -> None:
    def work(session: Session) -> None:
        made(session)
        about = project(session)
        old = put(session, 1, ask(BEN, about))
        running = put(session, 2, ask(BEN, about), ask(BEN), ask(BEN, skipped=Skipped.AWAY), ask(CEM), closed=False)
        mine = checkins.open_asks_of(session, BEN)
        assert [(one.round.id, one.project.key if one.project else None) for one in mine] == [
            (running.id, None),
            (running.id, "eAkte"),
        ]
        assert checkins.open_asks_of(session, BEN, network_id=2) == []
        assert len(checkins.asks_since(session, BEN, START)) == 3
        assert [one.ask.person for one in checkins.asks_of(session, old.id or 0)] == [BEN]
        assert checkins.turnouts(session, [running.id or 0]) == {running.id: (0, 3)}
        assert checkins.last_asked(session, 1, [about]) == {about: running.due_at}
        assert checkins.last_asked(session, 1, []) == {}

    store.run_now(work)


def test_the_latest_answer_holds(store: Database) -> None:
    def work(session: Session) -> None:
        made(session)
        running = put(session, 1, ask(BEN), closed=False)
        (one,) = checkins.asks_of(session, running.id or 0)
        for light in ("green", "red"):
            said = CheckInAnswer(ask_id=one.ask.id or 0, author=BEN, at=START, light=light, event_id="$a")
            checkins.add_answer(session, said)
        assert [answer.light for answer in checkins.answers_of(session, running.id or 0).values()] == ["red"]
        assert [answer.light for answer in checkins.answers_to(session, one.ask.id or 0)] == ["green", "red"]

    store.run_now(work)


def test_how_many_rounds_in_a_row_were_missed(store: Database) -> None:
    def work(session: Session) -> None:
        made(session)
        put(session, 1, ask(BEN), ask(CEM))
        put(session, 2, ask(BEN, said=True), ask(BEN), ask(CEM))
        put(session, 3, ask(BEN), ask(CEM, skipped=Skipped.AWAY))
        put(session, 4, ask(BEN), ask(CEM))
        put(session, 5, ask(BEN), ask(CEM), closed=False)
        found = checkins.missed_in_a_row(session, 1, [BEN, CEM, ANNA])
        assert found == {BEN: 2, CEM: 3, ANNA: 0}  # an absence neither counts nor ends it
        assert checkins.missed_in_a_row(session, 1, []) == {}
        put(session, 6, ask(CEM, skipped=Skipped.LEFT))
        assert checkins.left_before(session, 1) == {(CEM, None)}

    store.run_now(work)

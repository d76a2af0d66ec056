"""What the store promises, on SQLite and on PostgreSQL alike."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from bot.domain.consultation import State
from bot.domain.roles import Role
from bot.store import (
    Session,
    consultations,
    digests,
    networks,
    news,
    outbox,
    progress,
    projects,
    questions,
    results,
    rooms,
)
from bot.store.database import Database
from bot.store.news import Reach
from bot.store.tables import (
    Consultation,
    Idea,
    OpenQuestion,
    OutboxRow,
    Project,
    Result,
    ResultVersion,
)
from tests.fakes import ANNA, BEN, CEM, ROOM, START
from tests.store.rows import EMOJI, SOON, found, keep, question, room, row, sent


class Contract:
    """The suite; a subclass says on which database."""

    def test_a_row_is_inserted_once_by_its_key(self, store: Database) -> None:
        assert store.run_now(lambda s: [outbox.insert(s, row("eins")), outbox.insert(s, row("eins"))]) == [True, False]
        assert store.run_now(lambda s: outbox.insert(s, row("eins"))) is False
        assert store.run_now(lambda s: outbox.insert(s, row("zwei"))) is True
        assert [r.key for r in store.run_now(outbox.waiting)] == ["eins", "zwei"]

    def test_a_second_insert_leaves_the_transaction_usable(self, store: Database) -> None:
        def work(session: Session) -> int:
            outbox.insert(session, row("eins"))
            with session.begin_nested():
                outbox.insert(session, row("eins"))
            return found(session)

        assert store.run_now(work)

    def test_a_row_keeps_what_it_was_given(self, store: Database) -> None:
        store.run_now(lambda s: outbox.insert(s, row("eins", refers_to="null", person=BEN)))
        (kept,) = store.run_now(outbox.waiting)
        assert (kept.content, kept.refers_to, kept.person) == (EMOJI, "null", BEN)
        assert (kept.first_attempt_at, kept.created_at) == (START, START)

    def test_sent_rows_are_confirmed_and_found(self, store: Database) -> None:
        ids = [store.run_now(lambda s, k=key: _inserted(s, k)) for key in ("eins", "zwei", "drei")]  # type: ignore[misc] # mypy infers no default arguments
        store.run_now(lambda s: outbox.confirm(s, [sent(ids[0], "$1", ROOM), sent(ids[1], None, None)]))
        assert [r.key for r in store.run_now(outbox.waiting)] == ["drei"]
        assert store.run_now(lambda s: outbox.sent_as(s, "eins")[0]) == "$1"
        assert store.run_now(lambda s: outbox.key_of(s, "$1")) == "eins"
        assert store.run_now(lambda s: outbox.key_of(s, "$fremd")) is None
        store.run_now(lambda s: outbox.confirm(s, []))

    def test_an_echo_names_the_event_but_changes_no_known_one(self, store: Database) -> None:
        store.run_now(lambda s: outbox.insert(s, row("eins")))
        store.run_now(lambda s: outbox.echoed(s, [("t-eins", "$1"), ("t-fremd", "$2")]))
        store.run_now(lambda s: outbox.echoed(s, [("t-eins", "$falsch")]))
        assert store.run_now(lambda s: outbox.sent_as(s, "eins")[0]) == "$1"
        assert [r.key for r in store.run_now(outbox.waiting)] == ["eins"], "only our own confirmation ends the wait"

    def test_a_parked_row_waits_no_longer_and_says_why(self, store: Database) -> None:
        number = store.run_now(lambda s: _inserted(s, "eins"))
        store.run_now(lambda s: outbox.park(s, number, "verboten", START))
        assert store.run_now(outbox.waiting) == []
        assert store.run_now(lambda s: s.get_one(OutboxRow, number).problem) == "verboten"

    def test_an_event_is_claimed_once(self, store: Database) -> None:
        assert store.run_now(lambda s: progress.claim_event(s, "$1", START))
        assert not store.run_now(lambda s: progress.claim_event(s, "$1", SOON))
        assert store.run_now(lambda s: progress.claim_event(s, "$2", START))

    def test_an_occurrence_is_claimed_once_whatever_the_zone(self, store: Database) -> None:
        berlin = START.astimezone(timezone(timedelta(hours=1)))
        assert store.run_now(lambda s: progress.claim_occurrence(s, "bericht", START, SOON))
        assert not store.run_now(lambda s: progress.claim_occurrence(s, "bericht", berlin, SOON))
        assert store.run_now(lambda s: progress.was_done(s, "bericht", berlin))
        assert not store.run_now(lambda s: progress.was_done(s, "bericht", SOON))
        assert store.run_now(lambda s: progress.claim_occurrence(s, "anderer", START, SOON))

    def test_short_numbers_count_by_network_and_kind(self, store: Database) -> None:
        one, other = store.run_now(lambda s: (found(s), found(s, "Anderer")))
        assert [store.run_now(lambda s: networks.next_number(s, one, "K")) for _ in range(3)] == [1, 2, 3]
        assert store.run_now(lambda s: networks.next_number(s, one, "F")) == 1
        assert store.run_now(lambda s: networks.next_number(s, other, "K")) == 1

    def test_what_raises_leaves_nothing_behind(self, store: Database) -> None:
        def work(session: Session) -> None:
            found(session)
            progress.claim_event(session, "$1", START)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            store.run_now(work)
        assert store.run_now(lambda s: progress.claim_event(s, "$1", START))
        assert store.run_now(lambda s: networks.coordinated_by(s, ANNA, founder=True)) == []

    def test_a_savepoint_undoes_itself_alone(self, store: Database) -> None:
        def within(session: Session) -> None:
            with session.begin_nested():
                progress.claim_event(session, "$darin", START)
                network = found(session)
                for _ in range(2):
                    projects.add(session, _project(network))

        def work(session: Session) -> None:
            progress.claim_event(session, "$davor", START)
            with pytest.raises(IntegrityError):
                within(session)
            progress.claim_event(session, "$danach", START)

        store.run_now(work)
        assert not store.run_now(lambda s: progress.claim_event(s, "$davor", START))
        assert store.run_now(lambda s: progress.claim_event(s, "$darin", START))
        assert not store.run_now(lambda s: progress.claim_event(s, "$danach", START))

    def test_times_come_back_aware_and_exact(self, store: Database) -> None:
        exact = datetime(2026, 10, 25, 1, 30, 59, 123456, tzinfo=UTC)  # the hour that Berlin has twice
        store.run_now(lambda s: progress.save_token(s, "@bot:x", "t1", exact.astimezone(timezone(timedelta(hours=2)))))
        account = store.run_now(lambda s: progress.account(s, "@bot:x"))
        assert account is not None
        assert (account.token, account.alive_at, account.alive_at.utcoffset()) == ("t1", exact, timedelta())

    def test_a_time_without_a_zone_is_refused(self, store: Database) -> None:
        naive = START.replace(tzinfo=None)
        with pytest.raises(Exception, match="without a zone"):
            store.run_now(lambda s: progress.save_token(s, "@bot:x", "t1", naive))

    def test_the_token_is_replaced(self, store: Database) -> None:
        for token in ("t1", "t2"):
            store.run_now(lambda s, t=token: progress.save_token(s, "@bot:x", t, START))  # type: ignore[misc] # mypy infers no default arguments
        account = store.run_now(lambda s: progress.account(s, "@bot:x"))
        assert account is not None
        assert account.token == "t2"

    def test_members_follow_the_room(self, store: Database) -> None:
        def members() -> list[str]:
            return list(store.run_now(lambda s: rooms.members(s, ROOM)))

        store.run_now(lambda s: rooms.replace_members(s, ROOM, {CEM, ANNA, BEN}))
        assert members() == [ANNA, BEN, CEM]
        store.run_now(lambda s: rooms.replace_members(s, ROOM, [BEN]))
        store.run_now(lambda s: rooms.set_member(s, ROOM, BEN, joined=True))
        store.run_now(lambda s: rooms.set_member(s, ROOM, CEM, joined=True))
        store.run_now(lambda s: rooms.set_member(s, ROOM, ANNA, joined=False))
        assert members() == [BEN, CEM]
        assert store.run_now(lambda s: rooms.is_member(s, ROOM, CEM))
        assert not store.run_now(lambda s: rooms.is_member(s, "!anderer:x", CEM))
        store.run_now(lambda s: rooms.replace_members(s, ROOM, ()))
        assert members() == []

    def test_networks_keep_apart(self, store: Database) -> None:
        def work(session: Session) -> tuple[int, int]:
            one, other = found(session), networks.found(session, "Anderer", BEN, START).id or 0
            room(session, one)
            room(session, other, "!anderer:x")
            room(session, None, "!direkt:x", direct_with=CEM)
            rooms.replace_members(session, "!anderer:x", {CEM})
            rooms.replace_members(session, "!direkt:x", {CEM})
            projects.add(session, _project(one))
            projects.add(session, _project(other))
            return one, other

        one, other = store.run_now(work)
        assert [n.id for n in store.run_now(lambda s: networks.of_person(s, CEM, founder=False, at=START))] == [other]
        assert [n.id for n in store.run_now(lambda s: networks.coordinated_by(s, ANNA, founder=True))] == [one]
        assert store.run_now(lambda s: networks.coordinators(s, other, (BEN,))) == [BEN]
        assert store.run_now(lambda s: networks.roles_given(s, one, ANNA, ROOM)) == [(Role.COORDINATOR, ANNA)]
        assert store.run_now(lambda s: networks.roles_given(s, other, ANNA, ROOM)) == []
        assert store.run_now(lambda s: projects.keys(s, one)) == ["eAkte"]
        waiting = store.run_now(lambda s: digests.awaited(s, None, datetime(2100, 1, 1, tzinfo=UTC)))
        assert waiting == sorted((ROOM, "!anderer:x"))

    def test_a_room_is_saved_again(self, store: Database) -> None:
        network = store.run_now(found)
        store.run_now(lambda s: room(s, network, language="en"))
        store.run_now(lambda s: room(s, network, language="de", joined=False))
        kept = store.run_now(lambda s: rooms.find(s, ROOM))
        assert kept is not None
        assert (kept.language, kept.joined) == ("de", False)
        assert store.run_now(lambda s: digests.awaited(s, None, datetime(2100, 1, 1, tzinfo=UTC))) == []

    def test_a_question_is_answered_by_its_person_in_time(self, store: Database) -> None:
        store.run_now(lambda s: keep(s, question("eins", ROOM)))

        def ask(who: str, at: datetime) -> object:
            return store.run_now(lambda s: questions.asked_by(s, "eins", who, at))

        assert ask(BEN, SOON) is not None
        assert ask(CEM, START) is None
        assert ask(BEN, SOON + timedelta(seconds=1)) is None
        store.run_now(lambda s: questions.forget(s, SOON + timedelta(seconds=1)))
        assert ask(BEN, START) is None

    def test_the_questions_of_a_direct_chat_are_those_asked_there_or_in_any(self, store: Database) -> None:
        def open_to(who: str) -> list[str]:
            found = store.run_now(lambda s: questions.in_direct_chat(s, "!direkt:x", who))
            return [one.outbox_key for one in found]

        kept = (question("raum", ROOM), question("direkt", "!direkt:x"), question("irgendwo", None))
        store.run_now(lambda s: keep(s, *kept))
        assert open_to(BEN) == ["irgendwo", "direkt"], "the last one first"
        assert open_to(CEM) == []

    def test_a_new_question_takes_the_place_of_the_last_one_there(self, store: Database) -> None:
        """Reminders stay; what is displaced can no longer be answered. What lapsed long ago goes, once a night."""
        expired = question("alt", "!woanders:x", expires_at=START - timedelta(days=1, seconds=1))
        reminder = question("erinnerung", ROOM, subject="consultation/1")
        kept = (expired, question("raum", ROOM), reminder, question("andere", "!andere:x"), question("neu", ROOM))
        store.run_now(lambda s: keep(s, *kept))
        store.run_now(lambda s: questions.forget(s, START - questions.LAPSED_KEPT))
        left = store.run_now(lambda s: s.exec(select(OpenQuestion.outbox_key).order_by(col(OpenQuestion.id))).all())
        assert left == ["raum", "erinnerung", "andere", "neu"]
        open_now = [key for key in left if store.run_now(lambda s, k=key: questions.asked_by(s, k, BEN, START))]  # type: ignore[misc] # mypy infers no default arguments
        assert open_now == ["erinnerung", "andere", "neu"]

    def test_an_answer_settles_all_that_was_asked_on_its_subject(self, store: Database) -> None:
        asked = [question(key, ROOM, subject=f"import/{number}") for key, number in (("a", 3), ("b", 3), ("c", 4))]
        store.run_now(lambda s: keep(s, *asked, question("d", ROOM)))

        def settle(session: Session) -> list[str]:
            for key in ("a", "d"):
                found = questions.asked_by(session, key, BEN, START)
                assert found is not None
                questions.answered(session, found)
            return list(session.exec(select(OpenQuestion.outbox_key)).all())

        assert store.run_now(settle) == ["c"]

    def test_results_come_in_their_latest_wording(self, store: Database) -> None:
        def work(session: Session) -> None:
            network = found(session)
            for number in (2, 1):
                result = Result(network_id=network, number=number, room_id=ROOM, kind="Leitsatz", latest_version=2)
                results.add(session, result)
                for version in (1, 2):
                    wording = ResultVersion(
                        result_id=result.id or 0, version=version, text=EMOJI, author=ANNA, at=START, event_id="$1"
                    )
                    results.add_version(session, wording)

        store.run_now(work)
        listed = store.run_now(lambda s: results.listed(s, 1, ROOM))
        assert [(result.number, version.version, version.text) for result, version in listed] == [
            (1, 2, EMOJI),
            (2, 2, EMOJI),
        ]

    def test_ideas_since_are_later_than_that(self, store: Database) -> None:
        def work(session: Session) -> None:
            network = found(session)
            for number, at in enumerate((START, SOON), 1):
                idea = Idea(
                    network_id=network, number=number, room_id=ROOM, text="…", author=BEN, at=at, event_id=f"${number}"
                )
                projects.add_idea(session, idea)

        store.run_now(work)
        assert [idea.number for idea in store.run_now(lambda s: projects.ideas(s, 1, ROOM))] == [1, 2]
        reach = Reach(1, (ROOM,))
        assert [idea.number for idea in store.run_now(lambda s: news.ideas(s, reach, START))] == [2]

    def test_consultations_wait_for_their_hour(self, store: Database) -> None:
        network = store.run_now(found)
        for number, state in enumerate(State, 1):
            store.run_now(lambda s, n=number, st=state: consultations.add(s, _consultation(network, n, st)))  # type: ignore[misc] # mypy infers no default arguments

        def due(query: Callable[[Session], Sequence[Consultation]]) -> list[str]:
            return [each.state for each in store.run_now(query)]

        assert due(lambda s: consultations.waiting_to_open(s, START)) == [State.SCHEDULED]
        assert due(lambda s: consultations.waiting_to_open(s, START - timedelta(seconds=1))) == []
        assert due(lambda s: consultations.waiting_to_close(s, SOON)) == [State.OPEN]
        assert due(lambda s: consultations.waiting_to_close(s, START)) == []
        assert due(consultations.waiting_for_result) == [State.CLOSED]
        assert due(lambda s: consultations.of_room(s, ROOM)) == list(State)

    def test_what_has_served_its_purpose_is_dropped(self, store: Database) -> None:
        """The event of a sent post stays findable: votes and replies refer to it for as long as they like."""
        (row_id,) = [store.run_now(lambda s: _inserted(s, "alt"))]
        store.run_now(lambda s: outbox.confirm(s, [sent(row_id, "$alt", ROOM)]))
        assert store.run_now(lambda s: progress.claim_event(s, "$event", START))
        assert store.run_now(lambda s: progress.claim_occurrence(s, "digest", START, START))
        store.run_now(lambda s: outbox.insert(s, row("wartet")))
        store.run_now(lambda s: progress.forget(s, START + timedelta(days=1)))
        assert store.run_now(lambda s: outbox.key_of(s, "$alt")) == "alt"
        assert [r.key for r in store.run_now(outbox.waiting)] == ["wartet"]
        assert store.run_now(lambda s: progress.claim_event(s, "$event", START)), "forgotten, so it is new"
        assert not store.run_now(lambda s: progress.claim_occurrence(s, "digest", START, START)), "kept for a year"

    def test_migrating_twice_is_harmless(self, store: Database) -> None:
        network = store.run_now(found)
        store.migrate()
        assert store.run_now(lambda s: networks.by_id(s, network).name) == "Verbund"

    async def test_transactions_run_one_after_the_other(self, store: Database) -> None:
        network = await store.run(found)
        numbers = [await store.run(lambda s: networks.next_number(s, network, "K")) for _ in range(5)]
        assert numbers == [1, 2, 3, 4, 5]


def _inserted(session: Session, key: str) -> int:
    new = row(key)
    outbox.insert(session, new)
    return new.id or 0


def _project(network: int) -> Project:
    return Project(network_id=network, room_id=ROOM, key="eAkte", folded="eakte", created_by=ANNA, created_at=START)


def _consultation(network: int, number: int, state: State) -> Consultation:
    return Consultation(
        network_id=network,
        number=number,
        room_id=ROOM,
        title="Titel",
        state=state,
        opens_at=START,
        closes_at=SOON,
        grace_seconds=0.5,
        created_by=ANNA,
        created_at=START,
    )


class TestSqlite(Contract):
    @pytest.fixture
    def store(self, database: Database) -> Database:
        return database


class TestPostgresql(Contract):
    @pytest.fixture
    def store(self, postgres_store: Database) -> Database:
        return postgres_store

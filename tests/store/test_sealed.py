"""What waits for its key, on SQLite and on PostgreSQL alike."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.events import Message, Withheld
from bot.store import Session, progress, sealed
from bot.store.database import Database
from bot.store.progress import Claim
from tests.fakes import BEN, CEM, ROOM, START
from tests.locked import KEY, SESSION, locked

LATER = START + timedelta(minutes=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Database:
    opened: Database = request.getfixturevalue("database" if request.param == "sqlite" else "postgres_store")
    return opened


def test_it_comes_back_as_it_was(store: Database) -> None:
    odd = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "\x00\ud800", "extra": [None, {"ä": 2**60}]}
    event = replace(locked("$1", offline_since=START), content=odd, sender_key=None, device=None)
    earlier = locked("$0", CEM, START - timedelta(microseconds=1))
    assert store.run_now(lambda s: [sealed.keep(s, each, START) for each in (event, event, earlier)]) == [
        True,
        False,
        True,
    ]
    assert store.run_now(lambda s: sealed.of(s, [(ROOM, SESSION), (ROOM, "other")])) == [earlier, event]
    assert store.run_now(lambda s: sealed.begin(s, START)) == {(ROOM, SESSION)}


def test_a_session_is_asked_for_and_told_of(store: Database) -> None:
    def work(session: Session) -> None:
        note = Withheld(
            room_id=ROOM, session_id=SESSION, sender=BEN, sender_key=KEY, code="m.unverified", received_at=START
        )
        sealed.withhold(session, note)
        assert sealed.to_ask(session, LATER) == [], "nothing of it came"
        sealed.keep(session, locked("$1"), START)
        sealed.keep(session, locked("$2"), LATER)
        assert [(each.event_id, number) for each, number in sealed.to_ask(session, START)] == [("$1", 1)]
        assert sealed.to_ask(session, START) == []
        assert sealed.to_tell(session, LATER) == []
        (row,) = sealed.to_tell(session, START + sealed.TELL_AFTER)
        assert sealed.reason(session, row) == "m.unverified"
        assert sealed.told(session, ROOM, START) == []
        row.told_at = LATER
        session.flush()
        assert (sealed.told(session, ROOM, START), sealed.told(session, ROOM, LATER)) == ([BEN], [])
        sealed.begin(session, LATER)
        assert [each.session_id for each in sealed.to_tell(session, LATER + sealed.TELL_AFTER)] == [SESSION]
        for event_id in ("$1", "$2", "$unknown"):
            sealed.drop(session, event_id)
        assert sealed.to_tell(session, LATER + sealed.TELL_AFTER) == []
        sealed.forget(session, START)
        assert sealed.find(session, ROOM, SESSION, BEN) is not None
        sealed.forget(session, LATER)
        assert sealed.find(session, ROOM, SESSION, BEN) is None

    store.run_now(work)


def test_whoever_has_many_holds_up_nobody(store: Database) -> None:
    def work(session: Session) -> None:
        for number in range(sealed.TOLD_AT_ONCE + 5):
            sealed.keep(session, locked(f"${number}", session_id=f"s{number}"), START)
        sealed.keep(session, locked("$cem", CEM, session_id="cem"), LATER)
        asked = [each.event_id for each, _ in sealed.to_ask(session, LATER)]
        assert ("$cem" in asked[:2], len(asked)) == (True, sealed.ASKED_AT_ONCE)
        told = sealed.to_tell(session, LATER + sealed.TELL_AFTER)
        assert CEM in {each.sender for each in told}

    store.run_now(work)


def test_a_ciphertext_is_claimed_once(store: Database) -> None:
    def said(event_id: str, name: str | None) -> Message:
        return Message(
            room_id=ROOM, event_id=event_id, sender=BEN, body="x", sealed=name, sent_at=START, received_at=START
        )

    def work(session: Session) -> None:
        name = f"{progress.CIPHERTEXT}{KEY}/{SESSION}/0"
        assert progress.claim(session, said("$1", name), START) is Claim.FRESH
        assert progress.claim(session, said("$1", name), START) is Claim.AGAIN
        assert progress.claim(session, said("$2", name), START) is Claim.FORGED
        assert progress.unclaimed(session, ["$1", "$2"]) == {"$2"}, "at the close it is looked at once more"
        assert progress.claim(session, said("$2", name), START) is Claim.FORGED
        assert progress.claim(session, said("$3", None), START) is Claim.FRESH
        progress.forget(session, LATER)
        assert progress.claim(session, said("$1", name), START) is Claim.FORGED
        progress.forget(session, LATER + timedelta(days=365))
        assert progress.claim(session, said("$4", name), START) is Claim.FRESH

    store.run_now(work)

"""What is read late has its own place; the same ciphertext counts once, whatever the homeserver calls it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.events import Redacted, Unsealed, Vote
from bot.keeping import Keeping
from bot.store import Session, moves, progress
from bot.store.database import Database
from bot.store.tables import Mandate, Room
from tests.ballotbox import APPROVAL, EMIL, opened
from tests.fakes import ANNA, BEN, CEM, ROOM, START, Bot, plain
from tests.locked import NOW, SESSION, after, locked, message, opened_by, words
from tests.statements import statements
from tests.test_closing import CLOSE, PUBLISH, Voting


@pytest.fixture
async def bot(database: Database) -> Bot:
    made = Bot(database)
    await made.enter()
    return made


async def test_a_command_is_carried_out_as_long_as_somebody_waits_for_it(bot: Bot) -> None:
    await bot.handle(locked("$1"), locked("$2"))
    bot.now = START + timedelta(hours=23)
    (row,) = await bot.handle(*await opened_by(bot.database, message("$1", "!hilfe")))
    assert "können Sie" in plain(row)
    await bot.handle(locked("$3"))
    bot.now = START + timedelta(hours=25)
    (row,) = await bot.handle(*await opened_by(bot.database, message("$3", "!idee Ein Kalender")))
    assert "konnte ich erst jetzt lesen" in plain(row)
    assert "20. November 2026" in plain(row)
    assert "Kalender" not in plain((await bot.say(ANNA, "!ideen"))[0])


async def test_an_earlier_vote_whose_key_comes_late_overrides_no_later_one(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await box.bot.handle(locked("$early", EMIL))
    box.bot.now = START + timedelta(minutes=1)
    await box.bot.say(EMIL, "!stimme K1 nein")
    box.bot.now = START + timedelta(days=1, hours=1)
    (row,) = await box.bot.handle(*await opened_by(database, message("$early", "!stimme K1 ja", EMIL)))
    assert box.counts() == {"Erlenbrück": "no"}
    assert [each.received_at for each in box.rows()] == [START + timedelta(minutes=1), START]
    assert "zählt aber nicht" in plain(row)


async def test_a_mandate_counts_as_of_when_the_vote_came(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await box.bot.handle(locked("$early", EMIL), locked("$late", EMIL, START + timedelta(hours=2), session_id="second"))

    def end(session: Session) -> None:
        (mandate,) = [each for each in session.exec(select(Mandate)) if each.person == EMIL]
        mandate.ends_at = START + timedelta(hours=1)

    box.bot.database.run_now(end)
    box.bot.now = START + timedelta(hours=3)
    late = await opened_by(
        database, message("$late", "!stimme K1 nein", EMIL, START + timedelta(hours=2)), (ROOM, "second")
    )
    await box.bot.handle(*late)
    assert box.counts() == {}
    await box.bot.handle(*await opened_by(database, message("$early", "!stimme K1 ja", EMIL)))
    assert box.counts() == {"Erlenbrück": "yes"}


async def test_whoever_withdraws_withdraws_what_is_locked_still(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await box.bot.say(EMIL, "!stimme K1 ja")
    box.bot.now += timedelta(minutes=1)
    seal = locked("$second", EMIL, box.bot.now)
    await box.bot.handle(seal)
    box.bot.now += timedelta(minutes=1)
    await box.bot.say(EMIL, "!stimme K1 zurückziehen")
    box.bot.now += timedelta(minutes=1)
    inside = message("$second", "!stimme K1 nein", EMIL, seal.received_at)
    await box.bot.handle(*await opened_by(database, inside))
    assert box.counts() == {}
    await box.bot.say(EMIL, "!stimme K1 nein")
    assert box.counts() == {"Erlenbrück": "no"}


@pytest.mark.parametrize("order", ["locked first", "locked last"])
async def test_in_one_answer_each_has_its_place(database: Database, order: str) -> None:
    """By poll and in writing, in the same answer of the homeserver: the last one counts."""
    box = await opened(database, APPROVAL)
    now = box.bot.now
    vote = box.event(Vote, EMIL, poll=box.posts["poll 1"], answers=("no",))
    seal = locked("$locked", EMIL, now)
    await box.bot.handle(*([seal, vote] if order == "locked first" else [vote, seal]))
    box.bot.now += timedelta(minutes=1)
    (kept,) = await Keeping(database).of([(ROOM, SESSION)])
    inside = message("$locked", "!stimme K1 ja", EMIL, kept.received_at)
    await box.bot.handle(Unsealed(room_id=ROOM, event_id="$locked", event=inside))
    assert box.counts() == {"Erlenbrück": "no" if order == "locked first" else "yes"}


async def test_a_vote_counts_by_when_it_came(database: Database) -> None:
    """Read in the grace time, and after the close, but before the result."""
    bot = Voting(database)
    await bot.open()
    await bot.handle(locked("$ben"), locked("$cem", CEM, CLOSE + timedelta(seconds=1), session_id="second"))
    bot.now = CLOSE
    await bot.tick()
    bot.now = PUBLISH - timedelta(seconds=1)
    await bot.handle(*await opened_by(database, message("$ben", "!stimme K1 ja")))
    bot.now = PUBLISH
    said = bot.said(await bot.tick())
    assert "1 Ja, 0 Nein" in said
    assert "(vorläufig)" in said, "Cem's was not read"
    (row,) = await bot.handle(*await opened_by(database, message("$cem", "!stimme K1 nein", CEM), (ROOM, "second")))
    assert "K1" in plain(row)
    assert [each.sender for each in await bot.cast()] == [BEN]


# replay


async def test_the_same_ciphertext_under_another_id_is_a_forgery(
    bot: Bot, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    real = message("$1", "!idee Ein Kalender", sealed="megolm curve/session/7")
    assert len(await bot.handle(real)) == 1
    assert await bot.handle(real) == []
    assert "repeats" not in caplog.text, "an ordinary replay"

    again = Bot(database, now=NOW)  # nio has forgotten by now
    assert await again.handle(message("$2", "!idee Ein Kalender", sealed=real.sealed)) == []
    assert "$2 repeats what was sent as another event" in caplog.text
    assert len(await again.handle(message("$3", "!idee Ein Kalender", sealed="megolm curve/session/8"))) == 1


async def test_a_forged_vote_is_not_counted_at_the_close_either(database: Database) -> None:
    bot = Voting(database)
    await bot.open()
    await bot.handle(bot.click(BEN, "yes", START, event_id="$yes", sealed="megolm c/s/1"))
    await bot.handle(bot.click(BEN, "no", START, event_id="$no", sealed="megolm c/s/2"))
    forged = bot.click(BEN, "yes", START, event_id="$forged", sealed="megolm c/s/1")
    assert await bot.handle(forged) == []
    bot.missed = [forged]
    said = await bot.result()
    assert "0 Ja, 1 Nein" in said
    assert [each.event_id for each in await bot.cast()] == ["$yes", "$no"]


async def test_ciphertexts_are_remembered_longer_than_events(bot: Bot, database: Database) -> None:
    await bot.handle(message("$1", "!hilfe", sealed="megolm curve/session/7"))
    later = START + timedelta(days=60)
    database.run_now(lambda s: progress.forget(s, later - timedelta(days=30)))
    assert await Bot(database, now=later).handle(message("$2", "!hilfe", sealed="megolm curve/session/7")) == []
    database.run_now(lambda s: progress.forget(s, later + timedelta(days=365)))
    assert len(await Bot(database, now=later).handle(message("$3", "!hilfe", sealed="megolm curve/session/7"))) == 1


# what it costs


@pytest.mark.parametrize(
    ("body", "more"), [("!hilfe", 1), ("!idee Ein Kalender", 1), ("!stimme K1 ja", 2)], ids=["read", "done", "refused"]
)
async def test_an_encrypted_command_costs_one_statement_more(bot: Bot, body: str, more: int) -> None:
    """What is refused is claimed twice: with what it did, and with the answer when that was undone."""
    await bot.handle(message("$first", body, sealed="megolm c/s/0"))
    with statements() as plainly:
        await bot.handle(message("$plain", body))
    with statements() as encrypted:
        await bot.handle(message("$encrypted", body, sealed="megolm c/s/1"))
    assert len(plainly) > 3, "the count counts"
    assert len(encrypted) == len(plainly) + more


async def test_talk_costs_nothing(bot: Bot) -> None:
    await bot.handle(message("$first", "Guten Morgen"))
    with statements() as asked:
        await bot.handle(message("$encrypted", "Guten Tag", sealed="megolm c/s/1"))
    assert asked == []


@pytest.mark.parametrize("inside", ["talk", "nothing", "mistake"])
async def test_what_was_read_in_time_makes_no_result_provisional(database: Database, inside: str) -> None:
    """Whatever it was: a greeting, a picture, a command that fails."""
    bot = Voting(database)
    await bot.open()
    await bot.handle(locked("$ben"))
    words = {"talk": "Guten Morgen", "mistake": "!status gibtsnicht"}
    said = message("$ben", words[inside]) if inside in words else None
    bot.now = START + timedelta(seconds=5)
    await bot.handle(*await opened_by(database, said))
    assert "(vorläufig)" not in await bot.result()


async def test_what_its_sender_took_back_makes_no_result_provisional(database: Database) -> None:
    bot = Voting(database)
    await bot.open()
    await bot.handle(locked("$ben"), locked("$cem", CEM))
    taken: dict[str, Any] = {"room_id": ROOM, "sent_at": START, "received_at": START}
    await bot.handle(Redacted(event_id="$r1", sender=BEN, target="$ben", **taken))
    await bot.handle(Redacted(event_id="$r2", sender=ANNA, target="$cem", **taken))
    assert "1 Nachricht " in await bot.result(), "a moderator cannot unmake what may be a vote"


async def test_after_the_close_nobody_takes_back_what_may_be_a_vote(database: Database) -> None:
    """Its key may still come in the grace time: then it counts, as a vote does that is taken back too late."""
    bot = Voting(database)
    await bot.open()
    await bot.handle(locked("$ben"), locked("$cem", CEM, session_id="second"))
    bot.now = CLOSE
    await bot.tick()
    bot.now += timedelta(seconds=10)
    late: dict[str, Any] = {"room_id": ROOM, "sent_at": bot.now, "received_at": bot.now}
    await bot.handle(Redacted(event_id="$r1", sender=BEN, target="$ben", **late))
    await bot.handle(Redacted(event_id="$r2", sender=CEM, target="$cem", **late))
    await bot.handle(*await opened_by(database, message("$ben", "!stimme K1 ja")))
    bot.now = PUBLISH
    said = bot.said(await bot.tick())
    assert "1 Ja, 0 Nein" in said
    assert "(vorläufig)" in said, "Cem's was not read"


async def test_a_typed_vote_to_a_room_that_was_replaced_is_not_forgotten(database: Database) -> None:
    bot = Voting(database)
    await bot.open()
    await bot.handle(locked("$ben"))

    def move(session: Session) -> None:
        moves.move(session, session.get_one(Room, ROOM), "!neu:example.org")

    database.run_now(move)
    assert await bot.handle(*await opened_by(database, message("$ben", "!stimme K1 ja"))) == []
    assert "(vorläufig)" in await bot.result()


async def test_what_was_handled_is_not_missed_when_it_comes_again_locked(database: Database) -> None:
    """A crash before the token was stored, and the keys were lost with it."""
    bot = Voting(database)
    await bot.open()
    await bot.handle(bot.click(BEN, "yes", START, event_id="$yes", sealed="megolm c/s/1"))
    again = Voting(database, now=bot.now)
    await again.handle(locked("$yes"))
    assert words(await after(again, timedelta(minutes=3))) == []
    bot.now = again.now
    assert "(vorläufig)" not in await bot.result()

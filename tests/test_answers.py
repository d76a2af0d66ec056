"""What people answer to what the bot asked: in which network, to which question, and how often."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from bot.events import Invited, Members, Reaction, Redacted
from bot.store import Session, consultations, projects
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import CastVote
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, US, Bot, plain

DORA = "@dora:example.org"
OTHERS = "!andere:example.org"
NEW = "!konsultation neu {}\nFrage: Ja?\nSchluss: 1.12.2026 12:00\nErinnerung: {}"
HOUSES = replace(HOUSE, coordinators=(ANNA, DORA))


async def _reminded(bot: Bot) -> dict[str, Row]:
    """Ben is reminded of K1 of two networks; the reminders by title."""
    await bot.enter()
    await bot.handle(
        Invited(room_id=OTHERS, inviter=DORA, direct=False, received_at=bot.now),
        Members(room_id=OTHERS, joined=frozenset({US, DORA, BEN})),
    )
    await bot.say(ANNA, NEW.format("Kaffee", "1 Tag"))
    await bot.say(DORA, NEW.format("Zucker", "2 Tage"), room_id=OTHERS)
    found: dict[str, Row] = {}
    for day in (29, 30):
        bot.now = datetime(2026, 11, day, 12, 0, tzinfo=UTC)
        found |= {plain(row).split("„")[1].split("“")[0]: row for row in await bot.tick() if row.person == BEN}
    assert sorted(found) == ["Kaffee", "Zucker"]
    return found


def _votes(bot: Bot) -> list[tuple[str, str | None, bool]]:
    """Title, choice, and whether the voter was in the room then."""

    def work(session: Session) -> list[tuple[str, str | None, bool]]:
        found: list[tuple[str, str | None, bool]] = []
        for vote in session.exec(select(CastVote).order_by(col(CastVote.id))):
            _, consultation = consultations.ballot_with_consultation(session, vote.ballot_id)
            found.append((consultation.title, vote.choice, vote.in_room))
        return found

    return bot.database.run_now(work)


async def test_the_answer_to_a_reminder_counts_in_its_network(database: Database) -> None:
    bot = Bot(database, house=HOUSES)
    reminder = await _reminded(bot)
    chat = str(reminder["Kaffee"].room_id)
    asked = await bot.hear(BEN, "ja", room_id=chat)
    assert asked.count("K1 · ") == 2
    assert "stimme K1" not in asked, "which of the two would that be?"
    assert await bot.hear(BEN, "nein", room_id=chat, reply_to=reminder["Zucker"].event_id) == "✅"
    assert await bot.hear(BEN, "ja", room_id=chat) == "✅", "one is left"
    assert _votes(bot) == [("Zucker", "no", True), ("Kaffee", "yes", True)]
    assert await bot.hear(BEN, "Enthaltung", room_id=chat, reply_to=reminder["Zucker"].event_id) == "✅"
    again = await bot.hear(BEN, "ja", room_id=chat)
    assert "Welche Konsultation meinen Sie?" in again, "nothing waits, and it may mean either"
    assert "stimme K1" not in again
    assert _votes(bot)[2:] == [("Zucker", "abstain", True)]


async def test_who_left_a_network_votes_in_no_other_by_mistake(database: Database) -> None:
    bot = Bot(database, house=HOUSES)
    reminder = await _reminded(bot)
    chat = str(reminder["Kaffee"].room_id)
    again = await bot.hear(BEN, "vielleicht", room_id=chat, reply_to=reminder["Kaffee"].event_id)
    assert "verstehe ich nicht als Stimme" in again
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, CEM})))
    assert "nicht mehr gehören" in await bot.hear(BEN, "ja", room_id=chat), "the last question, not the reminder"
    said = await bot.hear(BEN, "ja", room_id=chat, reply_to=reminder["Kaffee"].event_id)
    assert "nicht in dem Raum" in said
    assert _votes(bot) == [("Kaffee", "yes", False)]


async def test_a_question_about_a_reminder_stays_in_its_network(database: Database) -> None:
    bot = Bot(database, house=HOUSES)
    reminder = await _reminded(bot)
    chat = str(reminder["Kaffee"].room_id)
    await bot.hear(BEN, "vielleicht", room_id=chat, reply_to=reminder["Zucker"].event_id)
    assert await bot.hear(BEN, "ja", room_id=chat) == "✅"
    assert _votes(bot) == [("Zucker", "yes", True)]


async def test_a_sign_on_a_reminder_is_a_vote_until_it_is_taken_back(database: Database) -> None:
    bot = Bot(database, house=HOUSES)
    reminder = await _reminded(bot)
    chat = str(reminder["Kaffee"].room_id)
    common: dict[str, Any] = {"room_id": chat, "sent_at": bot.now, "received_at": bot.now}
    for number, (title, sender, key) in enumerate(
        [("Kaffee", BEN, "👎"), ("Zucker", BEN, "👍"), ("Zucker", BEN, "🎉")]
    ):
        target = str(reminder[title].event_id)
        sign = Reaction(event_id=f"$sign{number}", target=target, sender=sender, key=key, **common)
        assert await bot.handle(sign) == []
    assert _votes(bot) == [("Kaffee", "no", True), ("Zucker", "yes", True)]
    await bot.handle(Redacted(event_id="$back", target="$sign0", sender=BEN, **common))
    assert await bot.hear(BEN, "ja", room_id=chat) == "✅", "only the coffee waits"
    assert _votes(bot)[2:] == [("Kaffee", None, True), ("Kaffee", "yes", True)], "what is taken back stays on record"


async def test_nobody_is_asked_for_a_vote_that_cannot_count(database: Database) -> None:
    bot = Bot(database, house=HOUSES)
    reminder = await _reminded(bot)
    chat = str(reminder["Kaffee"].room_id)
    await bot.say(DORA, "!konsultation K1 absagen", room_id=OTHERS)
    assert await bot.hear(BEN, "ja", room_id=chat) == "✅"
    assert _votes(bot) == [("Kaffee", "yes", True)]
    over = await bot.hear(BEN, "ja", room_id=chat, reply_to=reminder["Zucker"].event_id)
    assert over.startswith("K1 ist abgesagt")


async def test_an_extension_reminds_again(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    bot = Bot(database, house=HOUSES)
    first = await _reminded(bot)
    await bot.say(ANNA, "!konsultation K1 verlängern 2.12.2026 12:00")
    bot.now += timedelta(days=1)
    (second,) = [row for row in await bot.tick() if row.person == BEN]
    assert "Mittwoch, 2. Dezember 2026" in plain(second)
    assert "failed" not in caplog.text
    chat = str(second.room_id)
    assert await bot.hear(BEN, "ja", room_id=chat) == "✅", "two reminders of one thing are one question"
    assert await bot.hear(BEN, "nein", room_id=chat, reply_to=first["Kaffee"].event_id) == "✅"
    assert _votes(bot) == [("Kaffee", "yes", True), ("Kaffee", "no", True)]


async def test_an_answered_question_lets_go(database: Database) -> None:
    """What is said after the last answer changes nothing that was answered."""
    bot = Bot(database)
    await bot.enter()
    chat = "!direct-ben:example.org"
    await bot.handle(
        Invited(room_id=chat, inviter=BEN, direct=True, received_at=bot.now),
        Members(room_id=chat, joined=frozenset({US, BEN})),
    )
    await bot.say(ANNA, f"!projekt neu eAkte\nVerantwortlich: {BEN}")
    await bot.say(ANNA, "!feedback eAkte Einwand: Zu teuer.")
    for answer in ("antwort F1", "angenommen", "Weil gut."):
        said = await bot.hear(BEN, answer, room_id=chat)
    assert "angenommen" in said
    assert "kenne ich nicht" in await bot.hear(BEN, "abgelehnt Doch nicht.", room_id=chat)
    feedback = await database.run(lambda session: projects.feedback_by_number(session, 1, 1))
    assert feedback is not None
    assert (feedback.answer, feedback.answer_reason) == ("accepted", "Weil gut.")


async def test_an_answer_that_fails_settles_its_question_too(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    (asked,) = await bot.say(ANNA, "!konsultation neu Tee\nFrage: Tee?")
    reply = {"reply_to": asked.event_id}
    assert "ist schon vorbei" in await bot.hear(ANNA, "1.11.2026 12:00", **reply)
    assert await bot.say(ANNA, "1.12.2026 12:00", **reply) == []


async def test_a_question_that_wants_a_yes_takes_a_no_and_says_so_to_all_else(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, "!projekt neu eAkte")

    async def asked() -> str | None:
        return (await bot.say(BEN, "!status eAckte"))[0].event_id

    question = await asked()
    (once_more,) = await bot.say(BEN, "das andere", reply_to=question)
    assert "mit „ja“" in plain(once_more)
    assert "eAkte — ⚪" in await bot.hear(BEN, "ja, bitte", reply_to=once_more.event_id)
    assert await bot.say(BEN, "ja", reply_to=once_more.event_id) == []
    question = await asked()
    assert await bot.say(CEM, "nein", reply_to=question) == []
    assert await bot.say(BEN, "nein", reply_to=question) == []
    assert await bot.say(BEN, "ja", reply_to=question) == [], "it was dropped"
    question = await asked()
    assert "I1 notiert" in await bot.hear(BEN, f"{US} idee Karte", reply_to=question, mentions_us=True)
    await bot.say(BEN, "!status eAgte")
    assert "abgelaufen" in await bot.hear(BEN, "ja", reply_to=question), "a newer question took its place"
    assert await bot.say(BEN, "danke", reply_to=question) == [], "no answer, and not for us"


def _opened(electorate: str, *, ballots: int) -> str:
    """What makes a consultation with several ballots."""
    more = "".join(f"\nVorlage {number}\nFrage: Auch {number}?" for number in range(2, ballots + 1))
    return f"!konsultation neu Tee\nFrage: Ja?\nSchluss: 1.12.2026 12:00\nWahlberechtigt: {electorate}{more}"


async def test_a_bare_answer_to_what_speaks_of_several_ballots_is_asked_back(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}")
    rows = await bot.say(ANNA, _opened("Organisationen", ballots=3))
    (notice,) = [row for row in rows if row.person == BEN]
    chat = str(notice.room_id)
    assert "Gilt das für alle?" in await bot.hear(BEN, "ja weil gut", room_id=chat, reply_to=notice.event_id)
    assert _votes(bot) == []
    assert await bot.hear(BEN, "ja", room_id=chat) == "✅"
    assert _votes(bot) == [("Tee", "yes", True)] * 3
    assert "Gilt das für alle?" in await bot.hear(BEN, "nein", room_id=chat), "a changed mind"
    assert len(_votes(bot)) == 3


async def test_somebody_else_s_vote_answers_the_reminder_too(database: Database) -> None:
    """The organisation has voted: no bare word of the other holder is taken for a vote by mistake."""
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}, {CEM}")
    rows = await bot.say(ANNA, _opened("Organisationen", ballots=1))
    chat = {row.person: str(row.room_id) for row in rows if row.person}
    assert await bot.hear(CEM, "ja", room_id=chat[CEM]) == "✅"
    assert "hat schon abgestimmt" in await bot.hear(BEN, "nein", room_id=chat[BEN])
    assert _votes(bot) == [("Tee", "yes", True)]
    assert "K1 · Tee: Ihre Stimme ist jetzt Enthaltung (vorher: Ja)." in await bot.hear(
        CEM, "Enthaltung", room_id=chat[CEM]
    )

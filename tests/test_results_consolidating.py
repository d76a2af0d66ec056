"""Results are consolidated: which meeting they come from, what a new wording changes, several made one."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.consultation import State
from bot.events import Invited, Members
from bot.store import Session, consultations, meetings, results
from bot.store.database import Database
from bot.store.tables import Ballot, Consultation
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, US, Bot, plain

OFFICE = "!amt:example.org"
KIM = "@kim:example.org"


@pytest.fixture
async def bot(database: Database) -> Bot:
    """A bot in one room of Anna's network."""
    made = Bot(database)
    await made.enter()
    return made


async def enter_office(bot: Bot) -> None:
    """A second room of the network; Kim moderates it."""
    await bot.handle(
        Invited(room_id=OFFICE, inviter=ANNA, direct=False, received_at=bot.now),
        Members(room_id=OFFICE, joined=frozenset({US, ANNA, BEN, KIM})),
    )
    await bot.say(ANNA, f"!rolle {KIM} Moderation", room_id=OFFICE)


async def put_to_vote(bot: Bot, number: int, ballots: int = 1) -> None:
    """An open consultation whose last ballot is on E<number>, in its wording now."""

    def work(session: Session) -> None:
        result = results.by_number(session, 1, number)
        assert result is not None
        consultation = consultations.add(
            session,
            Consultation(
                network_id=1,
                number=3,
                room_id=ROOM,
                title="Definition",
                state=State.OPEN,
                opens_at=bot.now,
                closes_at=bot.now + timedelta(days=7),
                grace_seconds=60,
                created_by=ANNA,
                created_at=bot.now,
            ),
        )
        for position in range(1, ballots + 1):
            ballot = Ballot(consultation_id=consultation.id or 0, position=position, question="Ja?")
            if position == ballots:
                ballot.result_id, ballot.result_version = result.id, result.latest_version
            consultations.add_ballot(session, ballot)

    await bot.database.run(work)


async def meeting_of(bot: Bot, number: int) -> int | None:
    """The number of the meeting that E<number> belongs to."""

    def work(session: Session) -> int | None:
        result = results.by_number(session, 1, number)
        assert result is not None
        return meetings.by_id(session, result.meeting_id).number if result.meeting_id else None

    return await bot.database.run(work)


@pytest.mark.parametrize(
    ("clock", "meeting"),
    [("7:59:59", None), ("8:00", 1), ("12:00", 1), ("17:59:59", 1), ("18:00", 2), ("23:00", 2)],
)
async def test_a_result_belongs_to_the_last_meeting_that_has_begun(
    clock: str, meeting: int | None, database: Database
) -> None:
    """T1 begins at 9:00, T2 at 19:00 in Berlin; each takes over an hour before."""
    bot = Bot(database)
    await bot.enter()
    bot.now = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    assert "T1" in plain((await bot.say(ANNA, "!treffen neu Workshop\nBeginn: 20.11.2026 9:00"))[0])
    assert "T2" in plain((await bot.say(ANNA, "!treffen neu Abendrunde\nBeginn: 20.11.2026 19:00"))[0])
    hour, minute, second = (int(part) for part in (clock + ":0:0").split(":")[:3])
    bot.now = datetime(2026, 11, 20, hour, minute, second, tzinfo=HOUSE.zone).astimezone(UTC)
    said = await bot.hear(ANNA, "!ergebnis Leitsatz: Offen.")
    assert await meeting_of(bot, 1) == meeting
    assert ("zu T" in said) == (meeting is not None)


async def test_what_was_said_while_the_bot_was_away_belongs_to_the_meeting_of_then(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Workshop\nBeginn: 20.11.2026 10:00")
    await bot.say(ANNA, "!treffen neu Rat\nBeginn: 21.11.2026 10:00")
    sent = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    bot.now = sent + timedelta(days=2)
    await bot.say(ANNA, "!ergebnis Leitsatz: Offen.", sent_at=sent)
    assert await meeting_of(bot, 1) == 1


async def test_another_room_s_meeting_takes_nothing_from_here(bot: Bot) -> None:
    await enter_office(bot)
    await bot.say(ANNA, "!treffen neu Amtsrunde\nBeginn: heute 8:00", room_id=OFFICE)
    await bot.say(ANNA, "!ergebnis Leitsatz: Offen.")
    assert await meeting_of(bot, 1) is None
    assert "zu T1 (Amtsrunde)" in await bot.hear(ANNA, "!ergebnis T1 Leitsatz: Offen.")


async def test_a_meeting_is_found_by_what_came_of_it(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Workshop\nBeginn: heute 8:00")
    for words in ("Definition: Eins und zwei.", "Definition: Zwei und drei.", "Leitsatz: Vier."):
        await bot.say(ANNA, f"!ergebnis {words}")
    await bot.say(ANNA, "!ergebnis neu aus E1 E2\nText: Eins bis drei.")

    def work(session: Session) -> list[int]:
        meeting = meetings.by_number(session, 1, 1)
        assert meeting is not None
        return [result.number for result in results.of_meeting(session, meeting.id or 0)]

    assert await bot.database.run(work) == [3, 4]


async def test_a_new_wording_marks_what_changed_and_stays_text(bot: Bot) -> None:
    await bot.say(ANNA, "!ergebnis Definition: Offen heißt <b>offen</b> für Bürger.")
    row = (await bot.say(ANNA, "!ergebnis E1\nText: Offen heißt <i>offen</i> für alle Bürger."))[0]
    html = json.loads(row.content)["formatted_body"]
    assert "<b>alle </b>" in html
    assert "<del>" in html
    assert "<i>offen" not in html
    assert (
        "bisher: „Offen heißt <b>offen</b> für Bürger.“\nneu: „Offen heißt <i>offen</i> für alle Bürger.“"
        in "\n".join(line.strip(" *") for line in plain(row).splitlines())
    )


@pytest.mark.parametrize(("ballots", "short"), [(1, "K3"), (2, "K3.2")])
async def test_a_new_wording_of_what_is_voted_on_says_how_to_put_it_to_that_vote(
    ballots: int, short: str, bot: Bot
) -> None:
    await bot.say(ANNA, "!ergebnis Definition: Offen heißt offen.")
    await put_to_vote(bot, 1, ballots)
    said = await bot.hear(ANNA, "!ergebnis E1 Text: Offen heißt offen für alle.")
    assert f"{short} stimmt gerade über Fassung 1 ab" in said
    assert f"!konsultation {short} fassung E1/2" in said
    assert f"{short} (offen): Fassung 1" in await bot.hear(BEN, "!ergebnis E1")


async def test_merging_what_is_voted_on_says_so(bot: Bot) -> None:
    await bot.say(ANNA, "!ergebnis Definition: Offen heißt offen.")
    await bot.say(ANNA, "!ergebnis Definition: Frei heißt frei.")
    await put_to_vote(bot, 2)
    said = await bot.hear(ANNA, "!ergebnis neu aus E1 und E2\nText: Offen heißt frei.")
    assert "Entstanden aus E1/1, E2/1" in said
    assert "K3 stimmt noch über einen Ursprung ab" in said
    assert "!konsultation K3 fassung E3/1" in said


async def test_what_was_merged_names_its_origins_in_the_wording_of_then_and_their_feedback(bot: Bot) -> None:
    for words in ("Definition: Eins.", "Definition: Zwei.", "Definition: Drei."):
        await bot.say(ANNA, f"!ergebnis {words}")
    await bot.say(CEM, "!feedback E1 Einwand: Warum eins?")
    await bot.say(ANNA, "!ergebnis E2 Text: Zwei und mehr.")
    assert "Feedback zum Ursprung: F1 (zu E1)" in await bot.hear(ANNA, "!ergebnis neu aus E1, E2\nText: Eins und zwei.")
    await bot.say(ANNA, "!ergebnis neu aus E3 E4\nText: Alles.")
    shown = await bot.hear(BEN, "!ergebnis E5")
    assert "Entstanden aus E3/1, E4/1" in shown
    assert "Feedback zum Ursprung: F1 (zu E1)" in shown
    shown = await bot.hear(BEN, "!ergebnis E4")
    assert "Entstanden aus E1/1, E2/2" in shown
    assert "Aufgegangen in E5" in shown
    refused = await bot.hear(ANNA, "!ergebnis neu aus E1 E5\nText: Ein Kreis.")
    assert "E1 ist schon in E4 aufgegangen" in refused


@pytest.mark.parametrize("words", ["aus E1", "aus E1 E1", "aus E1/1 E2", "E1 E2", "aus", "irgendwas"])
async def test_one_result_is_not_merged(words: str, bot: Bot) -> None:
    for kind in ("Eins", "Zwei"):
        await bot.say(ANNA, f"!ergebnis {kind}: Text.")
    assert "mindestens zwei verschiedene Ergebnisse" in await bot.hear(ANNA, f"!ergebnis neu {words}\nText: X.")


async def test_only_who_leads_every_origin_s_room_merges(bot: Bot) -> None:
    await enter_office(bot)
    await bot.say(ANNA, "!ergebnis Definition: Hier.")
    await bot.say(KIM, "!ergebnis Definition: Im Amt.", room_id=OFFICE)
    await bot.say(KIM, "!ergebnis Definition: Auch im Amt.", room_id=OFFICE)
    refused = await bot.hear(KIM, "!ergebnis neu aus E1 E2\nText: Beides.", room_id=OFFICE)
    assert "Moderation oder Koordination" in refused
    assert "E4" in await bot.hear(KIM, "!ergebnis neu aus E2 E3\nText: Im Amt und auch im Amt.", room_id=OFFICE)
    assert "E5" in await bot.hear(ANNA, "!ergebnis neu aus E1 E4\nText: Hier und im Amt.")


async def test_a_room_s_results_are_merged_into_that_room_wherever_it_is_said(bot: Bot) -> None:
    await enter_office(bot)
    for words in ("Eins.", "Zwei."):
        await bot.say(KIM, f"!ergebnis Definition: {words}", room_id=OFFICE)
    await bot.say(ANNA, "!ergebnis neu aus E1 E2\nText: Eins und zwei.")
    assert "E3" in await bot.hear(BEN, "!ergebnisse", room_id=OFFICE)
    assert "E3" not in await bot.hear(BEN, "!ergebnisse")


async def test_the_template_holds_both_texts_and_can_be_answered(bot: Bot) -> None:
    await bot.say(ANNA, "!ergebnis Definition: Text: Eins\nund mehr.")
    await bot.say(ANNA, "!ergebnis Definition: Zwei {answer}.")
    asked = await bot.say(ANNA, "!ergebnis neu aus E1 E2")
    assert "!ergebnis neu aus E1 E2\nArt: Definition\nText: Text: Eins\nund mehr.\n\nZwei {answer}." in plain(asked[0])
    said = await bot.hear(ANNA, "Eins: und {answer}\nund zwei.", reply_to=f"$bot{asked[0].id}")
    assert "Eins: und {answer}\nund zwei." in said
    assert "E3 · Definition, Fassung 1" in said


async def test_too_long_a_text_is_refused(bot: Bot) -> None:
    assert "10000" in (await bot.hear(ANNA, "!ergebnis Definition: " + "a" * 10_001)).replace(".", "")
    await bot.say(ANNA, "!ergebnis Definition: Eins.")
    await bot.say(ANNA, "!ergebnis Definition: Zwei.")
    for words in ("E1 Text: ", "neu aus E1 E2\nText: "):
        assert "lang" in await bot.hear(ANNA, f"!ergebnis {words}" + "a" * 10_001)


async def test_a_long_text_s_new_wording_shows_what_changed_first(bot: Bot) -> None:
    sentences = [f"Der Grundsatz Nummer {number} gilt in allen Kommunen." for number in range(60)]
    await bot.say(ANNA, "!ergebnis Grundsätze: " + " ".join(sentences))
    sentences[30] = "Der Grundsatz Nummer 30 gilt nur in Städten."
    row = (await bot.say(ANNA, "!ergebnis E1 Text: " + " ".join(sentences)))[0]
    html = json.loads(row.content)["formatted_body"]
    assert html.index("Geändert gegenüber Fassung 1") < html.index("<details>")
    changes = html[: html.index("<details>")]
    assert "in <b>Städten</b>" in changes
    assert "Nummer 29" not in changes


async def test_in_english(database: Database) -> None:
    bot = Bot(database, house=dataclasses.replace(HOUSE, language="en"))
    await bot.enter()
    await bot.say(ANNA, "!meeting new Workshop\nBeginning: today 8:00")
    assert "of T1 (Workshop)" in await bot.hear(ANNA, "!result Definition: Open means open.")
    assert "now: “Open means open to all.”" in await bot.hear(ANNA, "!result E1 Text: Open means open to all.")
    await bot.say(ANNA, "!result T1 Definition: Free means free.")
    assert "compared" in await bot.hear(BEN, "!result E1 difference 1 2")
    assert "Made from E1/2, E2/1" in await bot.hear(ANNA, "!result new from E1 E2\nText: Open means free.")
    listed = await bot.hear(BEN, "!results")
    assert "E1 (merged into E3)" in listed


async def test_in_a_direct_chat_a_result_needs_its_meeting(bot: Bot) -> None:
    await enter_office(bot)
    await bot.say(ANNA, "!treffen neu Amtsrunde\nBeginn: heute 8:00", room_id=OFFICE)
    chat = "!direct-anna:example.org"
    await bot.handle(
        Invited(room_id=chat, inviter=ANNA, direct=True, received_at=bot.now),
        Members(room_id=chat, joined=frozenset({US, ANNA})),
    )
    assert "nur im Raum" in await bot.hear(ANNA, "ergebnis Leitsatz: Offen.", room_id=chat)
    assert "zu T1 (Amtsrunde)" in await bot.hear(ANNA, "ergebnis T1 Leitsatz: Offen.", room_id=chat)
    assert "E1" in await bot.hear(BEN, "!ergebnisse", room_id=OFFICE)


@pytest.mark.parametrize("words", ["Leitsatz:", ": Text", "Ein langer Satz " * 5 + ": Text", "E1 Art: " + "x" * 61])
async def test_a_result_needs_a_kind_and_a_text(words: str, bot: Bot) -> None:
    await bot.say(ANNA, "!ergebnis Definition: Eins.")
    assert "zuerst die Art, dann den Text" in await bot.hear(ANNA, f"!ergebnis {words}")
    assert "Definition" in await bot.hear(ANNA, "!ergebnis E1")


async def test_kind_and_meeting_are_put_right(bot: Bot) -> None:
    await bot.say(ANNA, "!ergebnis Definition: Eins.")
    await bot.say(ANNA, "!treffen neu Workshop\nBeginn: heute 8:00")
    assert "E1 · Leitsatz, Fassung 1" in await bot.hear(ANNA, "!ergebnis E1 Art: Leitsatz")
    assert "zu T1 (Workshop)" in await bot.hear(ANNA, "!ergebnis E1 Treffen: T1")
    assert "Moderation oder Koordination" in await bot.hear(BEN, "!ergebnis E1 Art: Unfug")

"""Whoever gave a vote may take it back for whom they gave it, even if they speak for nobody, or another one, by now."""

from datetime import timedelta

import pytest

from bot.domain.answers import Kind, Sheet
from bot.domain.organisations import Speaks
from bot.events import Reaction, Vote
from bot.store import Session, organisations
from bot.store.database import Database
from bot.store.tables import Elector, Organisation
from tests.ballotbox import APPROVAL, COLOURS, DORA, EMIL, FRITZ, Box, direct, mandate, opened, told
from tests.fakes import ANNA, BEN, plain

LINDENSTADT, ERLENBRUECK = 1, 2
HUBER = "(telefonisch, Fr. Huber)"


async def ends(box: Box, person: str, organisation: int) -> None:
    """They speak for it no more."""
    box.bot.now += timedelta(minutes=1)
    at = box.bot.now
    await box.bot.database.run(lambda session: organisations.end_mandate(session, organisation, person, at))


async def begins(box: Box, person: str, organisation: int) -> None:
    """They speak for it from now on."""

    def work(session: Session) -> None:
        mandate(session, session.get_one(Organisation, organisation), person, Speaks.HOLDER, box.bot)

    await box.bot.database.run(work)


async def has_a_vote(box: Box, person: str) -> None:
    """The person is an elector, too."""
    await box.bot.database.run(lambda session: session.add(Elector(consultation_id=1, number=3, person=person)))


async def test_after_a_change_of_the_mandate_the_old_vote_can_be_taken_back(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await box.click(BEN, "yes", event_id="$old")
    await ends(box, BEN, LINDENSTADT)
    await begins(box, BEN, ERLENBRUECK)
    await box.click(BEN, "no", event_id="$new")
    assert box.counts() == {"Lindenstadt": "yes", "Erlenbrück": "no"}
    await box.redact(BEN, "$old")
    assert box.counts() == {"Erlenbrück": "no"}


@pytest.mark.parametrize("how", ["redacted", "unclicked"])
async def test_a_former_holder_makes_way_for_what_is_recorded(how: str, database: Database) -> None:
    box = await opened(database, APPROVAL)
    await box.click(EMIL, "yes", event_id="$vote")
    await ends(box, EMIL, ERLENBRUECK)
    (refused,) = await box.bot.say(ANNA, f"!stimme K1 für Erlenbrück nein {HUBER}")
    assert "zählt aber nicht" in plain(refused)
    rows = await (box.redact(EMIL, "$vote") if how == "redacted" else box.click(EMIL))
    assert list(told(rows)) == [ANNA], "what the coordinator has recorded counts now"
    assert box.counts() == {"Erlenbrück": "no"}
    await box.click(EMIL, "yes")
    assert box.counts() == {"Erlenbrück": "no"}, "to vote is another matter"


async def test_a_former_holder_takes_back_everything_or_nothing(database: Database) -> None:
    """What is left of several reactions would be a vote of now: it would prevail over a new holder's."""
    box = await opened(database, Sheet(Kind.MULTIPLE, COLOURS))
    await box.react(BEN, "1️⃣", event_id="$one")
    await box.react(BEN, "3️⃣", event_id="$three")
    await ends(box, BEN, LINDENSTADT)
    await box.react(DORA, "2️⃣")
    await box.redact(BEN, "$three")
    assert box.counts() == {"Lindenstadt": "2"}
    await begins(box, BEN, LINDENSTADT)
    await box.react(BEN, "2️⃣")
    assert box.counts() == {"Lindenstadt": "2"}, "and nothing of it comes back"


async def test_who_has_a_vote_of_their_own_takes_back_that_of_their_organisation(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await has_a_vote(box, BEN)
    await box.bot.say(BEN, "!stimme K1 nein")
    await box.bot.say(BEN, "!stimme K1 für Lindenstadt ja", event_id="$theirs")
    assert box.counts() == {BEN: "no", "Lindenstadt": "yes"}
    await box.redact(BEN, "$theirs")
    assert box.counts() == {BEN: "no"}


async def test_a_notice_for_an_organisation_is_answered_for_it(database: Database) -> None:
    """Its reader has a vote of their own, and it is not that which they are asked for."""
    box = await opened(database, APPROVAL)
    await has_a_vote(box, BEN)
    rows = await box.bot.say(ANNA, "!konsultation K1 verlängern 24.12.2026 12:00")
    (notice,) = [row for row in rows if row.person == BEN]
    assert "Lindenstadt" in plain(notice)
    assert [plain(row) for row in await box.directly(BEN, "ja")] == ["✅"]
    assert box.counts() == {"Lindenstadt": "yes"}
    assert notice.event_id is not None
    await box.bot.handle(
        box.event(Reaction, BEN, target=notice.event_id, key="👎", room_id=direct(BEN), event_id="$thumb")
    )
    assert box.counts() == {"Lindenstadt": "no"}
    await box.redact(BEN, "$thumb", room_id=direct(BEN))
    assert box.counts() == {}


async def test_nobody_speaks_for_two_organisations(database: Database) -> None:
    box = await opened(database, APPROVAL)
    with pytest.raises(ValueError, match="another organisation"):
        await begins(box, BEN, ERLENBRUECK)
    (refused,) = await box.bot.say(ANNA, f"!organisation Erlenbrück\nMandat: {BEN}")
    assert "Lindenstadt" in plain(refused)
    await ends(box, BEN, LINDENSTADT)
    await begins(box, BEN, ERLENBRUECK)


async def test_taking_back_the_tick_takes_back_the_votes(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    (question,) = await box.directly(BEN, "stimme K1 ja")
    assert "Gilt das für alle?" in plain(question)
    assert question.event_id is not None
    tick = box.event(Reaction, BEN, target=question.event_id, key="✅", room_id=direct(BEN), event_id="$tick")
    (answer,) = await box.bot.handle(tick)
    assert question.event_id in answer.content, "the answer hangs on the question"
    assert box.counts(1) == box.counts(2) == {"Lindenstadt": "yes"}
    assert {row.event_id for row in box.rows()} == {"$tick"}
    await box.redact(BEN, "$tick", room_id=direct(BEN))
    assert box.counts(1) == box.counts(2) == {}


async def test_who_is_found_late_is_judged_as_of_then(database: Database) -> None:
    """A mandate given after the close makes no vote of before it valid, and one that ended since takes none away."""
    box = await opened(database, APPROVAL)
    closes = box.bot.now + timedelta(days=7)
    box.bot.missed += [
        box.event(Vote, EMIL, poll=box.posts["poll 1"], answers=("yes",), event_id="$emil", received_at=closes),
        box.event(Vote, FRITZ, poll=box.posts["poll 1"], answers=("no",), event_id="$fritz", received_at=closes),
    ]
    await ends(box, EMIL, ERLENBRUECK)
    box.bot.now = closes + timedelta(seconds=1)
    await box.bot.tick()
    await begins(box, FRITZ, LINDENSTADT)
    box.bot.now = closes + timedelta(seconds=70)
    await box.bot.tick()
    assert box.counts() == {"Erlenbrück": "yes"}


async def test_a_click_on_the_new_poll_is_on_the_new_text_whatever_the_clock_says(database: Database) -> None:
    box = await opened(database, APPROVAL)
    rows = await box.bot.say(ANNA, "!konsultation K1 fassung\nText: Ein anderer Text")
    poll = next(row for row in rows if "/poll" in row.key and row.event_type.endswith("start"))
    slow = box.bot.now - timedelta(minutes=3)
    await box.bot.handle(box.event(Vote, BEN, poll=poll.event_id, answers=("yes",), sent_at=slow))
    assert box.counts() == {"Lindenstadt": "yes"}


async def test_what_came_before_an_early_close_was_sent_before_it(database: Database) -> None:
    box = await opened(database, APPROVAL)
    ahead = box.bot.now + timedelta(minutes=3)
    await box.bot.handle(box.event(Vote, BEN, poll=box.posts["poll 1"], answers=("yes",), sent_at=ahead))
    box.bot.now += timedelta(minutes=1)
    await box.bot.say(ANNA, "!konsultation K1 schließen")
    assert box.counts() == {"Lindenstadt": "yes"}
    box.bot.now += timedelta(seconds=10)
    await box.bot.handle(box.event(Vote, EMIL, poll=box.posts["poll 1"], answers=("no",), sent_at=ahead))
    assert box.counts() == {"Lindenstadt": "yes"}

"""Clicks and reactions: what they say together, what taking one back leaves, and the word for what does not count."""

from datetime import timedelta

import pytest

from bot.context import Scope
from bot.domain.answers import Kind, Sheet
from bot.domain.consultation import Franchise, State, Visibility
from bot.events import Members, Reaction
from bot.procedures import votes
from bot.store import Session
from bot.store.database import Database
from bot.store.tables import Ballot
from tests.ballotbox import APPROVAL, COLOURS, DORA, FRITZ, HERE, Box, direct, opened, told
from tests.fakes import ANNA, BEN, CEM, ROOM, US, plain

CHOICE, MULTIPLE, DATES = Sheet(Kind.CHOICE, COLOURS), Sheet(Kind.MULTIPLE, COLOURS), Sheet(Kind.DATES, COLOURS)
ONE, TWO, THREE = "1️⃣", "2️⃣", "3️⃣"


async def _counted(box: Box) -> str | None:
    return box.counts().get("Lindenstadt")


async def test_a_choice_by_poll_or_keycap(database: Database) -> None:
    box = await opened(database, CHOICE)
    assert await box.click(BEN, "2") == []
    assert box.counts() == {"Lindenstadt": "2"}
    assert await box.react(BEN, THREE) == []
    assert box.counts() == {"Lindenstadt": "3"}
    await box.click(BEN, "abstain")
    assert box.counts() == {"Lindenstadt": "abstain"}
    assert await box.react(BEN, "9️⃣") == [], "there are three options: it is no vote"
    assert await box.react(BEN, "🎉") == []
    assert len(box.rows()) == 3
    rows = await box.click(BEN, "7")
    assert "Diese Antwort gibt es hier nicht" in told(rows)[BEN]
    rows = await box.click(BEN, "1", "2")
    assert rows == [], "the same reason is given once"
    assert box.counts() == {"Lindenstadt": "abstain"}, "what is no answer changes nothing"


@pytest.mark.parametrize(
    ("sheet", "one", "both"),
    [(MULTIPLE, "3", "1,3"), (DATES, "1:no,2:no,3:yes", "1:yes,2:no,3:yes")],
    ids=["multiple", "dates"],
)
async def test_reactions_add_up_and_leave_the_rest(sheet: Sheet, one: str, both: str, database: Database) -> None:
    box = await opened(database, sheet)
    await box.react(BEN, THREE, event_id="$three")
    assert await _counted(box) == one
    await box.react(BEN, ONE, event_id="$one")
    assert await _counted(box) == both
    await box.redact(BEN, "$one")
    assert await _counted(box) == one
    await box.redact(BEN, "$one")
    assert await _counted(box) == one, "the same is taken back once"
    await box.redact(BEN, "$three")
    assert await _counted(box) is None
    assert [row.choice for row in box.rows()] == [one, both, one, None, None]
    await box.react(BEN, ONE)
    assert await _counted(box) == both.replace("3:yes", "3:no").replace(",3", "" if sheet is MULTIPLE else ",3")


async def test_two_signs_for_one_option_are_two(database: Database) -> None:
    box = await opened(database, MULTIPLE)
    await box.react(BEN, ONE, event_id="$digit")
    await box.react(BEN, "🇦", event_id="$letter")
    await box.redact(BEN, "$digit")
    assert await _counted(box) == "1"
    await box.redact(BEN, "$letter")
    assert await _counted(box) is None


async def test_each_speaks_for_themselves_even_for_one_organisation(database: Database) -> None:
    box = await opened(database, MULTIPLE)
    await box.react(BEN, ONE, event_id="$ben")
    rows = await box.react(DORA, TWO)
    assert list(told(rows)) == [BEN]
    assert await _counted(box) == "2", "not what two people said together"
    await box.react(BEN, THREE)
    assert await _counted(box) == "1,3"


async def test_tidying_up_reactions_unmakes_no_typed_vote(database: Database) -> None:
    box = await opened(database, MULTIPLE)
    await box.react(BEN, ONE, event_id="$one")
    await box.react(BEN, TWO, event_id="$two")
    await box.bot.say(BEN, "!stimme K1 1, 3")
    await box.redact(BEN, "$one")
    assert await _counted(box) == "1,3"
    await box.react(BEN, THREE)
    assert await _counted(box) == "2,3", "with what is left of the reactions"


async def test_what_was_refused_is_not_added(database: Database) -> None:
    """In a confidential one a reaction in the room says nothing for one in the direct chat."""
    box = await opened(database, MULTIPLE, visibility=Visibility.CONFIDENTIAL)
    rows = await box.react(BEN, ONE)
    assert "Bitte nehmen Sie die Reaktion zurück" in told(rows)[BEN]
    assert "im Direktchat" in told(rows)[BEN]
    assert await box.react(BEN, TWO) == []
    assert await _counted(box) is None
    assert await box.react(BEN, THREE, on=f"notice {BEN}", room_id=direct(BEN)) == []
    assert await _counted(box) == "3"


async def test_reactions_on_a_former_text_are_not_added(database: Database) -> None:
    box = await opened(database, MULTIPLE)
    await box.react(BEN, ONE)
    box.bot.now += timedelta(minutes=5)

    def reworded(session: Session) -> None:
        ballot = session.get_one(Ballot, 1)
        ballot.edition = ballot.valid_edition = 2
        ballot.valid_since = box.bot.now

    await box.bot.database.run(reworded)
    box.bot.now += timedelta(minutes=5)
    rows = await box.react(BEN, TWO)
    assert "einem früheren Text" in told(rows)[BEN], "the announcement shows the old one"
    rows = await box.click(DORA, "1")
    assert "einem früheren Text" in told(rows)[DORA]
    assert await _counted(box) is None
    assert [plain(row) for row in await box.bot.say(BEN, "!stimme K1 3")] == ["✅"]
    assert await _counted(box) == "3"


async def test_approval_by_thumb_also_on_a_notice(database: Database) -> None:
    box = await opened(database, APPROVAL)
    assert await box.react(BEN, "👎", on=f"notice {BEN}", room_id=direct(BEN), event_id="$thumb") == []
    assert await _counted(box) == "no"
    await box.redact(BEN, "$thumb", room_id=direct(BEN))
    assert await _counted(box) is None


async def test_a_late_click_gets_a_word_once(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await box.click(BEN, "yes")
    box.bot.now += timedelta(days=7, seconds=30)
    await box.change(state=State.CLOSED)
    rows = await box.click(BEN, "no")
    assert "nach dem Schluss abgeschickt" in told(rows)[BEN]
    assert await box.click(BEN, "abstain") == []
    rows = await box.click(BEN)
    assert "Die Rücknahme kommt zu spät" in told(rows)[BEN]
    assert await box.click(CEM) == [], "there was nothing to take back"
    assert await _counted(box) == "yes"
    before = len(box.rows())
    await box.change(state=State.PUBLISHED)
    rows = await box.click(BEN, "no")
    assert "ist beendet" in told(rows)[BEN]
    assert await box.redact(BEN, "$tap1") == []
    assert len(box.rows()) == before, "the record is closed with the result"


async def test_an_early_vote_is_told_to_vote_again(database: Database) -> None:
    box = await opened(database, APPROVAL)
    rows = await box.click(BEN, "yes", sent_at=box.bot.now - timedelta(minutes=6))
    assert "vor der Eröffnung" in told(rows)[BEN]
    chat = direct(BEN)
    assert [plain(row) for row in await box.bot.say(BEN, "ja", room_id=chat)] == ["✅"], "it may be answered there"


async def test_who_left_the_room_may_still_write(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await box.bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA})))
    rows = await box.click(BEN, "yes")
    assert "Sie sind nicht in dem Raum" in told(rows)[BEN]
    assert "im Direktchat" in told(rows)[BEN]
    assert await _counted(box) is None
    assert [plain(row) for row in await box.directly(BEN, "stimme K1 ja")] == ["✅"]
    assert await _counted(box) == "yes"


async def test_persons_vote_as_themselves_and_in_the_room(database: Database) -> None:
    box = await opened(database, APPROVAL, franchise=Franchise.PERSONS)
    assert await box.click(BEN, "yes") == []
    assert await box.click(DORA, "no") == [], "she speaks for the same organisation, but that is not asked"
    assert box.counts() == {BEN: "yes", DORA: "no"}
    rows = await box.click(FRITZ, "yes")
    assert "Sie waren bei der Eröffnung nicht stimmberechtigt" in told(rows)[FRITZ]
    await box.bot.handle(Members(room_id=ROOM, joined=frozenset({US, *HERE} - {CEM})))
    rows = await box.directly(CEM, "stimme K1 ja")
    assert "Kommen Sie wieder in den Raum" in plain(rows[0])


async def test_words_are_in_the_person_s_language(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await box.bot.say(FRITZ, "sprache en", room_id=direct(FRITZ))
    rows = await box.click(FRITZ, "yes")
    assert "your vote is on record, but does not count" in told(rows)[FRITZ]


async def test_a_reaction_on_what_speaks_of_several_ballots(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    rows = await box.react(BEN, "👍", on="announcement")
    assert "K1 hat 2 Vorlagen" in told(rows)[BEN]
    assert "!stimme K1.2 ja" in told(rows)[BEN]
    assert await box.react(FRITZ, "👍", on="announcement") == [], "somebody likes it"
    assert box.rows(1) == []
    rows = await box.react(BEN, "👍", on=f"notice {BEN}", room_id=direct(BEN))
    assert "Gilt das für alle?" in told(rows)[BEN]
    assert [plain(row) for row in await box.directly(BEN, "ja")] == ["✅"]
    assert (box.counts(1), box.counts(2)) == ({"Lindenstadt": "yes"}, {"Lindenstadt": "yes"})
    await box.react(BEN, "👎", on="sheet 2")
    assert (box.counts(1), box.counts(2)) == ({"Lindenstadt": "yes"}, {"Lindenstadt": "no"})


async def test_found_late_is_counted_and_nothing_is_said_to_the_voter(database: Database) -> None:
    box = await opened(database, MULTIPLE)
    await box.react(BEN, ONE)
    event = box.event(Reaction, BEN, target=box.posts["sheet 1"], key=THREE)
    box.bot.now += timedelta(days=7, minutes=2)
    await box.change(state=State.CLOSED)
    await box.bot.database.run(
        lambda session: votes.on_event(event, Scope(session, box.bot.now, box.bot.house), found_late=True)
    )
    assert await _counted(box) == "1,3"

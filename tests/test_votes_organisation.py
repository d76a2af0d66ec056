"""One vote for each organisation: who speaks for it, whose vote counts, and who is told of it."""

from datetime import timedelta

import pytest

from bot.domain.consultation import Visibility
from bot.events import Vote
from bot.store import organisations
from bot.store.database import Database
from tests.ballotbox import APPROVAL, DORA, EMIL, FRITZ, Box, direct, opened, told
from tests.fakes import ANNA, BEN, CEM, plain

HUBER = "(telefonisch, Fr. Huber)"


@pytest.fixture
async def box(database: Database) -> Box:
    return await opened(database, APPROVAL)


async def test_a_deputy_yields_to_a_holder_and_is_told_once(box: Box) -> None:
    assert [plain(row) for row in await box.directly(CEM, "stimme K1 nein")] == ["✅"]
    assert box.counts() == {"Lindenstadt": "no"}
    rows = await box.bot.say(BEN, "!stimme K1 ja")
    assert plain(rows[0]) == "✅"
    assert list(told(rows)) == [CEM]
    said = told(rows)[CEM]
    assert f"{BEN} hat mit eigenem Mandat für Lindenstadt abgestimmt" in said
    assert "Ihre Stimme als Vertretung zählt nicht" in said
    assert "Nein" not in said, "how somebody voted is nobody's business"
    assert told(await box.bot.say(BEN, "!stimme K1 enthaltung")) == {}, "it was overridden before"
    assert box.counts() == {"Lindenstadt": "abstain"}


async def test_a_deputy_hears_at_once_that_a_holder_goes_first(box: Box) -> None:
    await box.click(BEN, "yes")
    (answer,) = await box.directly(CEM, "stimme K1 nein")
    assert f"zählt aber nicht, solange die von {BEN} steht" in plain(answer)
    assert box.counts() == {"Lindenstadt": "yes"}
    rows = await box.click(CEM, "no")
    assert f"solange die von {BEN} steht" in told(rows)[CEM]
    assert await box.click(CEM, "abstain") == [], "said once"


async def test_of_two_holders_the_last_one_counts(box: Box) -> None:
    await box.click(BEN, "yes")
    rows = await box.click(DORA, "no")
    assert f"{DORA} hat nach Ihnen für Lindenstadt abgestimmt" in told(rows)[BEN]
    assert "noch einmal ab, zählt wieder Ihre" in told(rows)[BEN]
    assert box.counts() == {"Lindenstadt": "no"}
    rows = await box.click(BEN, "yes")
    assert list(told(rows)) == [DORA]
    assert box.counts() == {"Lindenstadt": "yes"}


async def test_what_is_taken_back_lets_the_earlier_one_count_again(box: Box) -> None:
    await box.directly(CEM, "stimme K1 nein")
    await box.click(BEN, "yes")
    rows = await box.click(BEN)
    assert list(told(rows)) == [CEM]
    assert f"{BEN} hat die eigene Stimme für Lindenstadt zurückgenommen. Damit zählt jetzt Ihre." in told(rows)[CEM]
    assert box.counts() == {"Lindenstadt": "no"}
    message = box.bot.message(CEM, "stimme K1 ja", room_id=direct(CEM))
    await box.bot.handle(message)
    assert await box.redact(CEM, message.event_id, room_id=direct(CEM)) == []
    assert box.counts() == {}


async def test_a_recorded_vote_yields_and_its_coordinator_is_told(box: Box) -> None:
    rows = await box.bot.say(ANNA, f"!stimme K1 für Lindenstadt nein {HUBER}")
    assert plain(rows[0]).startswith("Eingetragen für Lindenstadt: Nein (telefonisch, Fr. Huber)")
    assert told(rows) == {}
    rows = await box.directly(CEM, "stimme K1 ja")
    assert list(told(rows)) == [ANNA]
    assert "Lindenstadt hat selbst abgestimmt, durch @cem" in told(rows)[ANNA]
    assert "(telefonisch, Fr. Huber)" in told(rows)[ANNA]
    (answer,) = await box.bot.say(ANNA, f"!stimme K1 für Lindenstadt enthaltung {HUBER}")
    assert f"solange die eigene Stimme der Organisation steht, abgegeben von {CEM}" in plain(answer)
    assert box.counts() == {"Lindenstadt": "yes"}
    rows = await box.redact(CEM, box.rows()[1].event_id, room_id=direct(CEM))
    assert "Damit zählt jetzt die, die Sie eingetragen haben" in told(rows)[ANNA]
    assert box.counts() == {"Lindenstadt": "abstain"}


async def test_a_recorded_vote_is_taken_back_by_whom_recorded_it(box: Box) -> None:
    (message,) = [box.bot.message(ANNA, f"!stimme K1 für Erlenbrück ja {HUBER}")]
    await box.bot.handle(message)
    await box.redact(BEN, message.event_id)
    assert box.counts() == {"Erlenbrück": "yes"}, "a moderator's redaction unmakes no vote"
    assert await box.redact(ANNA, message.event_id) == []
    assert box.counts() == {}


async def test_a_holder_may_name_their_own_organisation(box: Box) -> None:
    assert [plain(row) for row in await box.bot.say(BEN, "!stimme K1 für Lindenstadt ja")] == ["✅"]
    assert [row.informant for row in box.rows()] == [None]
    (refused,) = await box.bot.say(BEN, f"!stimme K1 für Erlenbrück ja {HUBER}")
    assert "Rolle Koordination" in plain(refused)
    assert box.counts() == {"Lindenstadt": "yes"}


async def test_without_a_mandate_there_is_no_vote(box: Box) -> None:
    (answer,) = await box.bot.say(FRITZ, "!stimme K1 ja", thread="$thread")
    assert "Sie sprechen für keine" in plain(answer)
    assert ANNA in plain(answer)
    rows = await box.click(FRITZ, "yes")
    assert "Sie sprechen für keine" in told(rows)[FRITZ]
    assert await box.click(FRITZ, "no") == []
    assert box.counts() == {}


async def test_a_mandate_counts_for_what_comes_right_behind_it(box: Box) -> None:
    """Also in the same answer of the homeserver, where all comes at one time; so does the end of one."""

    def tap(answer: str) -> Vote:
        vote: Vote = box.event(Vote, FRITZ, poll=box.posts["poll 1"], answers=(answer,))
        return vote

    talk, given = box.bot.message(ANNA, "!hilfe"), box.bot.message(BEN, f"!vertretung {FRITZ}")
    vote, ended = tap("yes"), box.bot.message(BEN, f"!vertretung {FRITZ} entziehen")
    await box.bot.handle(talk, given, vote, ended, tap("no"))
    assert box.counts() == {"Lindenstadt": "yes"}


async def test_who_lost_the_mandate_votes_no_more(box: Box) -> None:
    await box.click(EMIL, "yes")

    later = box.bot.now + timedelta(hours=1)
    await box.bot.database.run(lambda session: organisations.end_mandate(session, 2, EMIL, later))
    box.bot.now += timedelta(hours=2)
    assert "Sie sprechen für keine" in told(await box.click(EMIL, "no"))[EMIL]
    assert box.counts() == {"Erlenbrück": "yes"}


async def test_an_organisation_without_a_vote_is_named(box: Box) -> None:
    await box.bot.say(ANNA, "!organisation neu Ahornfeld")
    (answer,) = await box.bot.say(ANNA, f"!stimme K1 für Ahornfeld ja {HUBER}")
    assert "Ahornfeld ist in K1 nicht stimmberechtigt" in plain(answer)


async def test_before_is_shown_in_an_open_one_only(box: Box) -> None:
    await box.bot.say(ANNA, f"!stimme K1 für Lindenstadt nein {HUBER}")
    (again,) = await box.bot.say(ANNA, f"!stimme K1 für Lindenstadt ja {HUBER}")
    assert "vorher: Nein (telefonisch, Fr. Huber)" in plain(again)
    await box.change(visibility=Visibility.COVERED)
    (once_more,) = await box.bot.say(ANNA, f"!stimme K1 für Lindenstadt enthaltung {HUBER}")
    assert "vorher" not in plain(once_more)


async def test_in_a_confidential_one_people_hear_of_the_fact_alone(database: Database) -> None:
    box = await opened(database, APPROVAL, visibility=Visibility.CONFIDENTIAL)
    await box.directly(CEM, "stimme K1 nein weil zu teuer")
    rows = await box.directly(BEN, "stimme K1 ja")
    said = told([row for row in rows if row.person == CEM])[CEM]
    assert f"{BEN} hat mit eigenem Mandat" in said
    for secret in ("ja", "Ja", "nein", "Nein", "teuer"):
        assert f" {secret} " not in f" {said} "

"""What somebody is asked in a message is what their answer is for: it never changes a vote that it does not name."""

from datetime import timedelta

from bot.domain.answers import Kind, Sheet
from bot.events import Reaction
from bot.store.database import Database
from bot.store.outbox import Row
from tests.ballotbox import APPROVAL, COLOURS, Box, direct, opened, told
from tests.fakes import ANNA, BEN, CEM, plain


async def _reworded(box: Box) -> Row:
    """K1.2 has a new text; what Ben is told."""
    rows = await box.bot.say(ANNA, "!konsultation K1.2 fassung\nText: Ein anderer Text")
    return next(row for row in rows if row.person == BEN)


async def _reminded(box: Box) -> Row:
    await box.change(reminders="86400")
    box.bot.now += timedelta(days=6, minutes=1)
    return next(row for row in await box.bot.tick() if row.person == BEN and "/reminder/" in row.key)


async def _reply(box: Box, to: Row, words: str) -> list[str]:
    return [plain(row) for row in await box.directly(BEN, words, reply_to=to.event_id)]


async def _thumb(box: Box, to: Row, key: str) -> list[Row]:
    return await box.bot.handle(box.event(Reaction, BEN, target=to.event_id, key=key, room_id=direct(BEN)))


async def test_a_notice_about_one_ballot_is_answered_for_that_one(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL, APPROVAL)
    await box.click(BEN, "no", n=1)
    notice = await _reworded(box)
    assert await _reply(box, notice, "ja") == ["✅"]
    assert [box.counts(n) for n in (1, 2, 3)] == [{"Lindenstadt": "no"}, {"Lindenstadt": "yes"}, {}]
    assert "Gilt das für alle?" in plain((await box.directly(BEN, "nein"))[0]), "K1.3 was not asked for"
    await _thumb(box, notice, "👎")
    assert [box.counts(n) for n in (1, 2, 3)] == [{"Lindenstadt": "no"}, {"Lindenstadt": "no"}, {}]


async def test_a_reminder_of_the_last_ballot_is_answered_for_that_one(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    await box.click(BEN, "no", n=1)
    reminder = await _reminded(box)
    assert "fehlt noch eine Stimme" in plain(reminder)
    assert "Frage 1?" not in plain(reminder)
    assert [plain(row) for row in await box.directly(BEN, "ja")] == ["✅"]
    assert await _reply(box, reminder, "enthaltung") == ["✅"]
    assert [box.counts(n) for n in (1, 2)] == [{"Lindenstadt": "no"}, {"Lindenstadt": "abstain"}]
    assert await _thumb(box, reminder, "👍") == []
    assert [box.counts(n) for n in (1, 2)] == [{"Lindenstadt": "no"}, {"Lindenstadt": "yes"}]


async def test_a_notice_about_all_is_answered_for_what_is_missing(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL, APPROVAL)
    rows = await box.bot.say(ANNA, "!konsultation K1 verlängern 24.12.2026 12:00")
    notice = next(row for row in rows if row.person == BEN)
    await box.click(BEN, "no", n=1)
    (question,) = await _reply(box, notice, "ja")
    assert "fehlen noch 2 Stimmen" in question
    assert "K1.1" not in question
    assert [plain(row) for row in await box.directly(BEN, "ja")] == ["✅"]
    assert [box.counts(n) for n in (1, 2, 3)] == [{"Lindenstadt": each} for each in ("no", "yes", "yes")]


async def test_the_last_one_missing_is_named(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    rows = await box.bot.say(ANNA, "!konsultation K1 verlängern 24.12.2026 12:00")
    notice = next(row for row in rows if row.person == BEN)
    await box.click(BEN, "no", n=1)
    tick, said = await _reply(box, notice, "ja")
    assert (tick, said) == ("✅", "Gezählt für K1.2 · Frage 2?: Ja")
    assert [box.counts(n) for n in (1, 2)] == [{"Lindenstadt": "no"}, {"Lindenstadt": "yes"}]


async def test_so_it_is_if_it_is_tapped(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL, APPROVAL)
    rows = await box.bot.say(ANNA, "!konsultation K1 verlängern 24.12.2026 12:00")
    notice = next(row for row in rows if row.person == BEN)
    await box.click(BEN, "no", n=1)
    assert "fehlen noch 2 Stimmen" in told(await _thumb(box, notice, "👍"))[BEN]
    await box.click(BEN, "no", n=2)
    assert told(await _thumb(box, notice, "👍"))[BEN] == "Gezählt für K1.3 · Frage 3?: Ja"
    assert [box.counts(n) for n in (1, 2, 3)] == [{"Lindenstadt": each} for each in ("no", "no", "yes")]


async def test_what_is_left_can_be_typed(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL, Sheet(Kind.CHOICE, COLOURS))
    await box.bot.say(BEN, "!stimme K1.3 Rot")
    assert [plain(row) for row in await box.bot.say(BEN, "!stimme K1 alle übrigen nein")] == ["✅"]
    assert [box.counts(n) for n in (1, 2, 3)] == [{"Lindenstadt": each} for each in ("no", "no", "1")]


async def test_the_same_refusal_is_told_once_for_each_ballot_and_text(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    assert "Diese Antwort gibt es hier nicht" in told(await box.click(BEN, "7", n=1))[BEN]
    assert await box.click(BEN, "8", n=1) == []
    assert "Diese Antwort gibt es hier nicht" in told(await box.click(BEN, "7", n=2))[BEN]
    await _reworded(box)
    assert "Sie galt einem früheren Text" in told(await box.click(BEN, "yes", n=2))[BEN]
    assert await box.click(BEN, "no", n=2) == []


async def test_whom_a_vote_yields_to_is_told_each_time_it_is_another(database: Database) -> None:
    box = await opened(database, APPROVAL)
    await box.click(BEN, "yes")
    assert "zählt aber nicht, solange" in told(await box.click(CEM, "no"))[CEM]
    assert await box.click(CEM, "abstain") == []
    await box.click(BEN, "no")
    assert "zählt aber nicht, solange" in told(await box.click(CEM, "yes"))[CEM]


async def test_two_new_texts_in_the_same_second_keep_their_fates(database: Database) -> None:
    box = await opened(database, APPROVAL, APPROVAL)
    for n in (1, 2):
        await box.click(BEN, "yes", n=n)
    await box.bot.say(ANNA, "!konsultation K1.1 fassung\nText: Neu 1\nStimmen: übernehmen")
    await box.bot.say(ANNA, "!konsultation K1.2 fassung\nText: Neu 2\nStimmen: verfallen")
    (shown,) = await box.bot.say(ANNA, "!konsultation K1")
    assert "neue Fassung (K1.1; Stimmen gelten weiter)" in plain(shown)
    assert "neue Fassung (K1.2; frühere Stimmen verfallen)" in plain(shown)

"""The close when something goes wrong: a result that does not come, a vote that failed, what nobody could read."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.consultation import State
from bot.events import Reaction, Undecryptable, Vote
from bot.procedures import casting, closing, comparing, publishing, taps
from bot.store import consultations
from bot.store.database import Database
from bot.store.outbox import Row
from tests.ballotbox import APPROVAL, EMIL, Box, direct, opened, told
from tests.fakes import ANNA, BEN, ROOM, START, plain

CLOSE = START + timedelta(hours=2)
PUBLISH = CLOSE + timedelta(seconds=60)
HOUR = timedelta(hours=1)


@pytest.fixture
async def box(database: Database) -> Box:
    made = await opened(database, APPROVAL)
    await made.change(closes_at=CLOSE)
    return made


async def at(box: Box, now: Any) -> list[Row]:
    """The clock is there; what comes of it."""
    box.bot.now = now
    return await box.bot.tick()


async def state(box: Box) -> str:
    return await box.bot.database.run(lambda session: consultations.by_id(session, 1).state)


def result(rows: list[Row]) -> str:
    """The message with the result."""
    return next(plain(row) for row in rows if row.key.endswith("/result"))


# a result that does not come


async def stuck(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publishing fails as long as the patch is there; the outbox has given up."""

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(publishing, "publish", broken)
    await at(box, CLOSE)
    with pytest.raises(ZeroDivisionError):
        await at(box, PUBLISH)
    assert await state(box) == State.CLOSED


async def test_it_is_tried_for_each_hour_and_whoever_coordinates_hears_once(
    box: Box, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patched:
        await stuck(box, patched)
        assert await at(box, PUBLISH + HOUR - timedelta(seconds=1)) == []
        patched.setattr(closing, "KEY", re.compile("nothing"))  # the outcome stays unheard
        with caplog.at_level(logging.ERROR):
            said = told(await at(box, PUBLISH + HOUR))[ANNA]
        assert "Ergebnis ließ sich nicht veröffentlichen" in said
        assert "!konsultation K1 schließen" in said
        assert said.rstrip(".").split()[-1] in caplog.text  # the reference
        assert told(await at(box, PUBLISH + 2 * HOUR)) == {}
    rows = await at(box, PUBLISH + 5 * HOUR)
    assert "K1" in result(rows)
    assert told(rows) == {}
    assert await at(box, PUBLISH + 9 * HOUR) == []


async def test_being_away_for_hours_is_no_trouble(box: Box) -> None:
    await at(box, CLOSE)
    rows = await at(box, PUBLISH + 7 * HOUR)
    assert "K1" in result(rows)
    assert told(rows) == {}


async def test_closing_it_again_tries_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        await stuck(box, patched)
    box.bot.now = PUBLISH + timedelta(minutes=1)
    assert "folgt in Kürze" in await box.bot.hear(ANNA, "!konsultation K1 schließen")
    box.bot.now = PUBLISH + timedelta(minutes=10)
    rows = await box.bot.say(ANNA, "!konsultation K1 schließen")
    assert "noch einmal" in plain(rows[0])
    assert "K1" in result(rows)
    assert await state(box) != State.CLOSED


# what comes after the close, and before the clock has closed it


@pytest.mark.parametrize(
    "command",
    ["verlängern in 3 Tagen", "fassung\nText: Ein anderer Text.", "absagen"],
    ids=lambda said: said.split()[0],
)
async def test_nothing_changes_any_more_once_the_close_has_come(command: str, box: Box) -> None:
    box.bot.now = CLOSE + timedelta(seconds=1)
    assert "Dafür ist es zu spät" in await box.bot.hear(ANNA, f"!konsultation K1 {command}")
    assert await state(box) == State.OPEN
    assert "K1" in result([*await at(box, CLOSE + timedelta(seconds=2)), *await at(box, PUBLISH)])


async def test_what_was_sent_before_the_close_while_we_were_away_is_done(box: Box) -> None:
    box.bot.now = CLOSE + timedelta(minutes=5)
    sent = CLOSE - timedelta(minutes=5)
    said = await box.bot.say(ANNA, "!konsultation K1 verlängern 1.12.", sent_at=sent, offline_since=sent)
    assert "ist verlängert" in plain(said[0])


async def test_closing_by_hand_after_the_close_does_not_move_it(box: Box) -> None:
    box.bot.now = CLOSE + timedelta(seconds=30)
    await box.bot.say(ANNA, "!konsultation K1 schließen")
    assert await box.bot.database.run(lambda session: consultations.by_id(session, 1).closes_at) == CLOSE


# a vote that failed


async def failing_click(box: Box, monkeypatch: pytest.MonkeyPatch) -> Vote:
    """Ben clicks, and we make a mistake."""

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("a mistake of ours")

    click: Vote = box.event(Vote, BEN, poll=box.posts["poll 1"], answers=("yes",))
    with monkeypatch.context() as patched:
        patched.setattr(taps, "take", broken)
        await box.bot.handle(click)
    assert box.counts() == {}
    return click


async def test_a_vote_that_failed_is_taken_at_the_close(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    click = await failing_click(box, monkeypatch)
    box.bot.missed = [click]  # as the list has it: `unclaimed` lets it through
    await at(box, CLOSE)
    said = result(await at(box, PUBLISH))
    assert "1 Ja" in said
    assert "vorläufig" not in said


async def test_it_counts_when_it_comes_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    click = await failing_click(box, monkeypatch)
    await box.bot.handle(click)
    assert box.counts() == {"Lindenstadt": "yes"}
    await at(box, CLOSE)
    assert "vorläufig" not in result(await at(box, PUBLISH))


async def test_what_fails_at_the_close_too_leaves_a_result_provisional(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    click = await failing_click(box, monkeypatch)
    box.bot.missed = [click, box.event(Reaction, EMIL, target=box.posts["sheet 1"], key="👎")]
    await at(box, CLOSE)
    take = casting.take

    def broken(ballot: Any, event: Any, *rest: Any, **more: Any) -> Any:
        if event.event_id == click.event_id:
            raise ZeroDivisionError("a mistake of ours")
        return take(ballot, event, *rest, **more)

    monkeypatch.setattr(taps, "take", broken)
    said = result(await at(box, PUBLISH))
    assert "1 Nein" in said
    assert "1 Nachricht oder Stimme" in said
    assert "vorläufig" in said


# direct chats


async def test_reactions_in_direct_chats_are_compared(box: Box) -> None:
    """Those on notices are asked for, and looked up in that chat when they are gone."""
    await box.bot.tick()
    rows = await box.bot.say(ANNA, "!konsultation K1 verlängern 1.12. 12:00")
    notice = next(row for row in rows if row.person == BEN)
    chat = notice.room_id
    await box.bot.handle(box.event(Reaction, BEN, room_id=chat, target=notice.event_id, key="👍"))
    assert box.counts() == {"Lindenstadt": "yes"}
    box.bot.heard.clear()
    await box.change(closes_at=CLOSE)
    await at(box, CLOSE)
    asked = [row.content for row in await at(box, PUBLISH) if row.action == "reread"]
    assert notice.key in asked[0]
    assert len(asked) == 2
    assert f'"{chat}"' in asked[1]


async def test_of_very_many_only_some_are_compared_and_it_is_said(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the messages to people of whom there is no vote."""
    monkeypatch.setattr(comparing, "MOST_CHATS", 1)
    rows = await box.bot.say(ANNA, "!konsultation K1 verlängern 1.12. 12:00")
    people = [row.person for row in rows if row.person and "/notice/" in row.key]
    assert len(people) > 1
    await box.click(people[-1] or "", "yes")
    await box.change(closes_at=CLOSE)
    await at(box, CLOSE)
    rows = await at(box, PUBLISH)
    asked = next(row.content for row in rows if row.action == "reread")
    assert f"/{people[-1]}" not in asked
    assert "Nicht noch einmal abgeglichen sind Reaktionen auf" in result(rows)


@pytest.mark.parametrize(("who", "provisional"), [(BEN, True), ("@fritz:example.org", False)])
async def test_what_electors_write_to_us_and_we_cannot_read(who: str, provisional: bool, box: Box) -> None:
    sealed = Undecryptable(
        room_id=direct(who), event_id="$sealed", sender=who, sent_at=START, received_at=START, session_id="session"
    )
    await box.bot.handle(sealed)
    await at(box, CLOSE)
    assert ("vorläufig" in result(await at(box, PUBLISH))) is provisional
    assert sealed.room_id != ROOM


@pytest.mark.parametrize(("who", "provisional"), [(BEN, True), (ANNA, True), ("@fritz:example.org", False)])
async def test_what_is_said_in_the_room_and_we_cannot_read(who: str, provisional: bool, box: Box) -> None:
    """Ben speaks for an organisation, Anna may record votes; Fritz talks."""
    sealed = Undecryptable(
        room_id=ROOM, event_id="$sealed", sender=who, sent_at=START, received_at=START, session_id="session"
    )
    await box.bot.handle(sealed)
    await at(box, CLOSE)
    assert ("vorläufig" in result(await at(box, PUBLISH))) is provisional

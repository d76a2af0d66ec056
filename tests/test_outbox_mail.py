"""How the outbox hands letters to a mail server."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

import bot.sending.outbox as module
from bot.effects import Invite
from bot.errors import Rejected, TryAgain
from bot.events import Failed
from bot.sending import lanes
from bot.store.database import Database
from tests.fakes import BEN, ROOM
from tests.workbench import Bench, FakeMailer, letter, row_of, shorten_pauses, until


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_pauses(monkeypatch)


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
async def bench(database: Database, mailer: FakeMailer) -> AsyncIterator[Bench]:
    made = Bench(database, mailer)
    yield made
    for box in made.boxes:
        await asyncio.wait_for(box.stop(), 5)


async def test_a_letter_is_handed_over(bench: Bench, mailer: FakeMailer) -> None:
    await bench.do(letter())
    (sent,) = mailer.letters
    assert (sent.to, sent.subject, sent.language) == ("rathaus@lindenstadt.example", "Betreff", "de")
    assert sent.message_id == "t-consultation/1/mail/1/opened"
    assert bench.reported == []


async def test_slow_mail_keeps_nobody_waiting(bench: Bench, mailer: FakeMailer) -> None:
    """Not even when every place for it is taken."""
    mailer.held = asyncio.Event()
    await bench.offer(*(letter(f"mail/{number}") for number in range(20)))
    await bench.offer(*(row_of(Invite(room_id=ROOM, person=BEN, key=f"group/{number}/invite")) for number in range(3)))
    await until(lambda: len(bench.sender.invited) == 3)
    await until(lambda: mailer.at_once == lanes.MAILS_AT_ONCE)
    assert mailer.letters == []
    mailer.held.set()
    await bench.done()
    assert (len(mailer.letters), mailer.most_at_once) == (20, lanes.MAILS_AT_ONCE)


async def test_a_refused_letter_is_reported(bench: Bench, mailer: FakeMailer) -> None:
    mailer.problems = [Rejected("550")]
    await bench.do(letter())
    assert [(outcome.key, type(outcome)) for outcome in bench.reported] == [("consultation/1/mail/1/opened", Failed)]


async def test_a_stop_interrupts_no_letter(bench: Bench, mailer: FakeMailer) -> None:
    mailer.held = asyncio.Event()
    await bench.offer(letter())
    await until(lambda: mailer.at_once == 1)
    stopping = asyncio.create_task(bench.box.stop())
    await asyncio.sleep(0.01)
    assert not stopping.done()
    mailer.held.set()
    await asyncio.wait_for(stopping, 5)
    assert (await bench.stored("consultation/1/mail/1/opened")).state == "sent"


async def test_a_stop_begins_no_letter_that_waits_for_its_turn(bench: Bench, mailer: FakeMailer) -> None:
    mailer.held = asyncio.Event()
    await bench.offer(*(letter(f"mail/{number}") for number in range(10)))
    await until(lambda: mailer.at_once == lanes.MAILS_AT_ONCE)
    stopping = asyncio.create_task(bench.box.stop())
    await asyncio.sleep(0.01)
    mailer.held.set()
    await asyncio.wait_for(stopping, 5)
    assert len(mailer.letters) == lanes.MAILS_AT_ONCE


async def test_a_stop_does_not_wait_for_ever_for_a_mail_server(
    bench: Bench, mailer: FakeMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letter goes again at the next start."""
    monkeypatch.setattr(module, "STOP_WAITS_FOR_MAIL", 0.01)
    mailer.held = asyncio.Event()
    await bench.offer(*(letter(f"mail/{number}") for number in range(10)))
    await until(lambda: mailer.at_once == lanes.MAILS_AT_ONCE)
    await asyncio.wait_for(bench.box.stop(), 5)
    assert mailer.letters == []
    mailer.held = None
    assert await bench.resumed() == 10
    assert len(mailer.letters) == 10


async def test_the_log_names_no_address(bench: Bench, mailer: FakeMailer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mailer.problems = [TryAgain("451"), Rejected("550")]
    await bench.do(letter())
    assert "parked" in caplog.text
    assert "lindenstadt" not in caplog.text

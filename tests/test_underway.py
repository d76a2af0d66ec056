"""Whoever orders something that goes to many learns how long that takes, and so does the log."""

import asyncio
import logging
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.context import House, Scope
from bot.domain.throughput import Throughput
from bot.effects import Direct, Effect, Reply, Say
from bot.errors import TryAgain
from bot.post import Post
from bot.posting import Posting
from bot.sending import forecast
from bot.sending.delivery import Delivery, Tools
from bot.sending.outbox import Outbox
from bot.store import Session, outbox, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.texts import text
from bot.vitals import Vitals
from schedules import sending
from tests.fakes import ANNA, BEN, DEVICE, HOUSE, ROOM, START, TEXTS, US, Bot, plain
from tests.outboxes import draw, read, report, row, store
from tests.sending import FakeSender

SAID = text("inbox.unexpected", reference="4f2c")


@pytest.fixture
def house() -> House:
    return replace(HOUSE, throughput=Throughput())


@pytest.fixture
async def bot(database: Database, house: House) -> Bot:
    """In a room, with nothing to do but to tell how long it takes."""
    made = Bot(database, house=house, jobs=(sending.job(),))
    await made.enter()
    made.now += timedelta(minutes=1)
    return made


def to(rooms: int, people: int) -> list[Effect]:
    said: list[Effect] = [Say(room_id=f"!{number}:example.org", key=f"r{number}", text=SAID) for number in range(rooms)]
    alone = [Direct(person=f"@p{number}:example.org", key=f"p{number}", text=SAID) for number in range(people)]
    return said + alone


async def ordered(bot: Bot, effects: list[Effect], *, by_clock: bool = False, paced: bool = True) -> list[Row]:
    """Stored in one go, as the answer to Anna or by the clock, and not sent yet."""
    message = bot.message(ANNA, "!irgendwas")

    def work(session: Session) -> list[Row]:
        posting, scope = Posting(TEXTS, DEVICE), Scope(session, bot.now, bot.house)
        if by_clock:
            return posting.store(scope, effects, "digest")
        return posting.store(scope, (Reply(SAID), *effects), message.event_id, message)

    new = await bot.database.run(work)
    throughput = bot.house.throughput
    assert throughput is not None
    for _ in new:
        throughput.came()
    if paced:
        throughput.refused(5.0)
    return new


async def test_who_ordered_it_learns_how_long_it_takes(bot: Bot) -> None:
    answer, *_ = await ordered(bot, to(1_240, 0))
    bot.now += timedelta(seconds=2)
    [said] = await bot.tick()
    assert (said.room_id, said.key) == (ROOM, f"{answer.key}/underway")
    assert said.key.startswith("$"), "it does not wait behind what it is about"
    assert plain(said) == (
        "Noch unterwegs · Es geht in 1.240 Räume. Das dauert etwa 103 Minuten; schneller nimmt der Homeserver keine "
        "Nachrichten von mir an."
    )
    bot.now += timedelta(minutes=1)
    assert await bot.tick() == [], "once"


@pytest.mark.parametrize(
    ("rooms", "people", "told"),
    [
        (0, 480, "an 480 Personen. Das dauert etwa 40 Minuten;"),
        (1, 29, "in einen Raum und an 29 Personen. Das dauert etwa 3 Minuten;"),
    ],
)
async def test_people_alone_are_counted_too(bot: Bot, rooms: int, people: int, told: str) -> None:
    await ordered(bot, to(rooms, people))
    [said] = await bot.tick()
    assert told in plain(said)


async def test_it_is_said_in_the_language_of_the_room(bot: Bot) -> None:
    def english(session: Session) -> None:
        room = rooms.find(session, ROOM)
        assert room is not None
        room.language = "en"

    await bot.database.run(english)
    await ordered(bot, to(1_240, 0))
    [said] = await bot.tick()
    assert "It goes to 1,240 rooms. This takes about 103 minutes;" in plain(said)


async def test_what_has_gone_already_counts_as_well(bot: Bot) -> None:
    new = await ordered(bot, to(1_240, 0), paced=False)
    assert await bot.tick() == [], "nobody knows the pace yet"
    await bot.database.run(lambda session: outbox.confirm(session, new[:200]))
    assert bot.house.throughput is not None
    bot.house.throughput.refused(5.0)
    bot.now += timedelta(seconds=10)
    [said] = await bot.tick()
    assert "in 1.240 Räume" in plain(said)


@pytest.mark.parametrize(("count", "by_clock"), [(11, False), (5, False), (1_240, True)])
async def test_nothing_is_said_of_less_than_a_minute_of_few_or_of_what_nobody_waits_for(
    bot: Bot, count: int, by_clock: bool
) -> None:
    """Eleven posts, the answer among them, go in less than a minute; five do not, when others go before them."""
    new = await ordered(bot, to(count - 1, 0), by_clock=by_clock)
    throughput = bot.house.throughput
    assert throughput is not None
    if count == 5:
        for _ in range(1_000):
            throughput.came()
    else:
        assert (len(new) < 12) == (count == 11)
    assert await bot.tick() == []


async def test_two_orders_are_told_apart(bot: Bot) -> None:
    await ordered(bot, to(1_240, 0))
    bot.now += timedelta(microseconds=1)
    await ordered(bot, to(0, 480))
    told = sorted(plain(each).partition(".")[0] for each in await bot.tick())
    assert len(told) == 2
    assert "480 Personen" in told[0]
    assert "in 1" in told[1]


async def test_whoever_asks_for_the_plan_learns_it(bot: Bot) -> None:
    assert "verschicke noch" not in await bot.hear(BEN, "!bericht plan")
    await ordered(bot, to(480, 0))
    said = await bot.hear(BEN, "!bericht plan")
    assert "Ich verschicke noch Nachrichten. Bis alle zugestellt sind, dauert es etwa 40 Minuten;" in said


class Limited(FakeSender):
    """A homeserver that takes ten at once, and then so many a second."""

    def __init__(self, per_second: float) -> None:
        super().__init__(fault=self._refusal)
        self.level, self.at, self.per_second = 0.0, time.monotonic(), per_second

    def _refusal(self, _post: Post) -> Exception | None:
        now = time.monotonic()
        self.level = max(0.0, self.level - (now - self.at) * self.per_second)
        self.at = now
        if self.level > 9:
            return TryAgain("M_LIMIT_EXCEEDED", (self.level - 9) / self.per_second, ours=True)
        self.level += 1
        return None


async def test_the_log_says_it_and_it_comes_true(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Through the real outbox: 200 posts at 40 a second."""
    monkeypatch.setattr(forecast, "WORTH_SAYING", timedelta(seconds=1))
    caplog.set_level(logging.INFO, "bot.sending.forecast")
    vitals, sender = Vitals(START), Limited(40)
    box = Outbox(database, Delivery(database, sender, Tools(draw, read), US, report), vitals)
    box.offer(await store(database, *(row(f"k{number}", f"!{number}:example.org") for number in range(200))))
    left = None
    async with asyncio.timeout(60):
        while left is None or vitals.throughput.waiting > 150:
            await asyncio.sleep(0.005)
            left = vitals.throughput.left
        began = time.monotonic()
        await box.drained()
    assert left.total_seconds() == pytest.approx(time.monotonic() - began, rel=0.4)
    [said] = [record.getMessage() for record in caplog.records if record.name == "bot.sending.forecast"]
    assert said.startswith("posts that wait: 1")
    assert "at the pace of the homeserver this takes 0 min" in said
    assert vitals.throughput.waiting == 0
    await box.stop()

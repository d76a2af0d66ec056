"""Row 11: the bot's clock is wrong, jumps while it runs and while it does not, and lives through the nights of DST.

What is due comes once, however often the clock passes it; what is left out is what docs/operating.md says.
"""

import asyncio
import json
import os
import signal
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.crash.process import PATIENCE, Fork, Nest
from tests.faults.conftest import NewWorld
from tests.faults.row import Row
from tests.faults.unheard import AT_ONCE, DAY, cut_off, forget, judged, rooms, taken_up
from tests.faults.world import World

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = datetime(2027, 3, 28, tzinfo=BERLIN), datetime(2027, 10, 31, tzinfo=BERLIN)
JUMPS = (timedelta(hours=1), timedelta(hours=-1), timedelta(days=1), timedelta(days=-1))
DAYS = (2, 5)  # from the night on; small and full
MOMENTS = ("02:59:58", "03:00:30", "03:15:02", "03:30:02", "09:00:02", "12:00:00")
WRONG_BY = 86_400  # seconds
SETTLES = 1.5  # seconds after which a clock that ticks every second has seen where it is


@pytest.mark.row(11, small=120, full=300)
async def test_a_clock_that_was_put_right_repeats_nothing(new_world: NewWorld, row: Row) -> None:
    """Begun by a clock a day off, taken up 25 hours later by one that is right; the homeserver has forgotten."""
    for ahead in (WRONG_BY, -WRONG_BY) if row.full else (WRONG_BY,):
        async with new_world() as world, world.nest() as nest:
            made = await rooms(world, nest)
            await cut_off(world, nest, made, clock=ahead)
            await forget(world.homeserver)
            await taken_up(world, nest, clock=DAY)
            row.count("posts begun by a clock a day off", AT_ONCE)
            await judged(world, row)


@pytest.mark.row(11, small=200, full=900)
async def test_what_is_due_comes_once_in_any_night(new_world: NewWorld, row: Row) -> None:
    """Days in steps, the clock jumping to and fro, the bot restarted by a clock that is wrong, and put right later."""
    for night in (SPRING, AUTUMN) if row.full else (AUTUMN,):
        await _lived_through(new_world, row, night)


async def _lived_through(new_world: NewWorld, row: Row, night: datetime) -> None:
    async with new_world() as world, world.nest() as nest:
        clock = Clock(world, nest, night - timedelta(hours=12))
        await clock.start()
        assert clock.bot
        room = await world.founded(clock.bot)
        await _planned(world, room, night)
        for day in range(days := row.pick(*DAYS)):
            await world.anna.ask(room, f"!idee Tag {day}", timeout=PATIENCE)
            for moment in MOMENTS:
                await clock.to(_at(night + timedelta(days=day), moment))
            for jump in JUMPS if row.full or day == 1 else ():
                await clock.by(jump)
                await clock.by(-jump)
                row.count("jumps of the clock", 2)
            await clock.restart(JUMPS[(2 + day) % 4])
        await world.oracle.drained()
        await clock.stop()
        _came(world, row, night, days)
        histories = await world.histories()
        row.must("posted twice", len(world.oracle.twice(histories)))
        row.must("lost", len(world.oracle.missing(histories)))


class Clock:
    """The clock of a bot that is at `now` when it starts."""

    def __init__(self, world: World, nest: Nest, now: datetime) -> None:
        self.bot: Fork | None = None
        self._world, self._nest = world, nest
        self._file = world.folder / "clock"
        self._ahead = now - datetime.now(UTC)

    async def start(self) -> None:
        """A bot by this clock."""
        self.bot = await self._nest.fork(clock=self._ahead.total_seconds(), clock_file=str(self._file))
        await self.bot.ready()

    async def to(self, moment: datetime) -> None:
        """Put it to this moment."""
        await self.by(moment - (datetime.now(UTC) + self._ahead))

    async def by(self, jump: timedelta) -> None:
        """Put it on, or back, while the bot runs."""
        assert self.bot
        self._file.write_text(str(jump.total_seconds()))
        self._ahead += jump
        os.kill(self.bot.pid, signal.SIGUSR2)
        await asyncio.sleep(SETTLES)

    async def restart(self, jump: timedelta) -> None:
        """Put it on while the bot is off, and right again when it runs."""
        await self.stop()
        self._ahead += jump
        await self.start()
        await asyncio.sleep(SETTLES)
        await self.by(-jump)

    async def stop(self) -> None:
        """An end in order."""
        assert self.bot
        await self.bot.stop()


def _at(day: datetime, moment: str) -> datetime:
    """A time of that day in Berlin."""
    return datetime.combine(day.date(), datetime.strptime(moment, "%H:%M:%S").time(), BERLIN)  # noqa: DTZ007


async def _planned(world: World, room: str, night: datetime) -> None:
    """Something of every kind."""
    later = f"{night + timedelta(days=4):%d.%m.%Y}"
    for said, understood in (
        (f"!checkin neu Stand\nWen: {world.anna.user_id}\nWann: jeden Montag 3:15", "C1 · Stand"),
        ("!bericht plan jeden Tag 3:30", "täglich um 3:30 Uhr"),
        (f"!konsultation neu Leitbild\nFrage: Einverstanden?\nSchluss: {night:%d.%m.%Y} 3:05", "03:05 Uhr"),
        (f"!treffen neu Workshop\nBeginn: {later} 10:00", "T1 · Workshop"),
        (f"!aufgabe neu Satzung\nVerantwortlich: {world.anna.user_id}\nFrist: {later} 12:00", "A1 · Satzung"),
    ):
        answer = await world.anna.ask(room, said, timeout=PATIENCE)
        assert understood in answer["content"]["body"], answer["content"]["body"]


def _came(world: World, row: Row, night: datetime, days: int) -> None:
    """Each due time is on record once; so many of those that had to come are missing."""
    done = {(name, str(at)[:16]) for name, at in world.oracle.rows("SELECT schedule, due_at FROM occurrence")}
    named = world.oracle.rows("SELECT DISTINCT schedule FROM occurrence WHERE schedule LIKE 'check%'")
    wanted = {("consultation.close 1", _utc(night, 3, 5)), ("consultation.publish 1", _utc(night, 3, 5))}
    wanted |= {("digest plan 1", _utc(night + timedelta(days=day), 3, 30)) for day in range(days)}
    row.count("due times", len(wanted) + 1)
    row.must("skipped", len(wanted - done) + (not named))
    plans = [datetime.fromisoformat(f"{at}+00:00").astimezone(BERLIN) for name, at in done if name == "digest plan 1"]
    row.must("due twice", len(plans) - len({at.date() for at in plans}))
    said = "SELECT content FROM outbox WHERE action = 'send' AND event_id IS NOT NULL AND key "
    assert world.oracle.rows(said + "= 'consultation/1/result'")
    digests = [str(content) for (content,) in world.oracle.rows(said + "LIKE 'digest/%'")]
    for day in range(days - 1):  # what was said on the last one may still wait for its digest
        told = sum(f": Tag {day}<" in json.loads(content)["formatted_body"] for content in digests)
        row.must("not told by a digest", int(told == 0))
        row.must("told by two digests", int(told > 1))


def _utc(day: datetime, hour: int, minute: int) -> str:
    """A time of that day in Berlin, as the database writes it."""
    local = day.replace(hour=hour, minute=minute)
    return f"{local.astimezone(UTC):%Y-%m-%d %H:%M}"

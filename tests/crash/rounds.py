"""Rounds of consultations while the bot is killed: opening, votes, close, minutes; by people at whatever clients."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.demo.connection import Json
from tests.crash.ballots import POLL, result_of
from tests.crash.conftest import Group
from tests.crash.killing import Killer
from tests.crash.pace import PACE, Pace
from tests.crash.process import PATIENCE, Bot, Fork, Nest
from tests.crash.talking import Coordinator, Stage, Voter

BERLIN = ZoneInfo("Europe/Berlin")
Talk = Coroutine[Any, Any, None]
NewKiller = Callable[[Nest, random.Random, int, Pace], Killer]


async def _nobody(_stage: Stage) -> list[Talk]:
    return []


async def played(
    group: Group,
    chance: random.Random,
    most: int,
    pace: Pace = PACE,
    *,
    beside: Callable[[Stage], Awaitable[list[Talk]]] = _nobody,
    new_killer: NewKiller = Killer,
    nest_of: str = "tests.crash.nest",
) -> tuple[Stage, Killer]:
    """Let five people vote, round after round, until the bot was killed so often; then let it finish.

    `beside` is told while the bot runs, and gives who else talks, until the stage is over. `nest_of` is the module
    that hatches the bots.
    """
    began = time.time()
    async with await Nest.start(group.installation, nest_of) as nest:
        await nest.told("nest")
        bot = await nest.fork()
        room = await _founded(group, bot)
        stage = Stage(room, group.installation.user_id, chance, pace)
        others = await beside(stage)
        await bot.kill()
        voters = [Voter(person, stage, direct=number == 0) for number, person in enumerate(group.people[1:])]
        talking = [asyncio.create_task(each.talk()) for each in (Coordinator(group.anna, stage), *voters)]
        talking += map(asyncio.create_task, others)
        killer = new_killer(nest, chance, most, pace)
        while not killer.is_done:
            await Round(group, stage, killer, len(stage.several) + 1).run()
        stage.over = True
        await asyncio.gather(*talking)
        await killer.end()
    await _finish(group, stage)
    print(f"{len(killer.kills)} kills {dict(killer.phases)}, {len(stage.several)} consultations")
    print(f"{time.time() - began:.0f} s")
    return stage, killer


async def _founded(group: Group, bot: Bot | Fork) -> str:
    """The room, its project and the three organisations; one of the holders has a direct chat with the bot already."""
    room = await group.founded(bot)
    _, ben, cem, dora, emil = (person.user_id for person in group.people)
    await group.anna.ask(room, f"!organisation neu Lindenstadt\nMandat: {ben}\nVertretung: {cem}")
    await group.anna.ask(room, f"!organisation neu Erlenbrück\nMandat: {dora}, {emil}")
    await group.anna.ask(room, "!organisation neu Ulmenau")
    return room


class Round:
    """One consultation, from its opening to its minutes, and the kills on its way."""

    def __init__(self, group: Group, stage: Stage, killer: Killer, number: int) -> None:
        self.group = group
        self.stage = stage
        self.killer = killer
        self.number = number
        self.several = number % 2 == 0

    async def run(self) -> None:
        """Open, vote, close, ask for the minutes; the next one begins while the last posts are on their way."""
        anna, room, number = self.group.anna, self.stage.room, self.number
        by_the_clock = number % 3 == 2
        pace = self.killer.pace
        closes = datetime.now(BERLIN) + timedelta(seconds=pace.by_the_clock) if by_the_clock else None
        self.stage.put(number, several=self.several)
        await anna.say(room, self._form(closes))
        self.killer.phase = "opening"
        await self.killer.early(pace.opening)
        await self.killer.after(self._seen(lambda event: event["type"] == POLL and self._is_last(event)))
        self.killer.phase = "voting"
        if closes:
            await self.killer.until(closes.timestamp())
        else:
            await self.killer.early(pace.voting)
            await anna.say(room, f"!konsultation K{number} schließen")
        self.killer.phase = "close"
        await self.killer.before(lambda: any(map(self._is_result, anna.seen(room))), pace.close)
        await self.killer.after(self._seen(self._is_result))
        await anna.say(room, f"!konsultation K{number} protokoll")
        self.killer.phase = "minutes"
        await self.killer.early(pace.minutes)

    def _form(self, closes: datetime | None) -> str:
        until = f"{closes:%d.%m.%Y %H:%M:%S}" if closes else "in 2 Tagen"
        form = f"!konsultation neu Runde {self.number}\nFrage: Stimmen Sie zu?\nText: Alles offen\nSchluss: {until}"
        further = "\nVorlage 2\nFrage: Wo?\nArt: Auswahl\nOptionen: Nord, Süd, West" if self.several else ""
        return f"{form}\nErinnerung: keine\nBetrifft: eAkte{further}"

    async def _seen(self, what: Callable[[Json], bool]) -> None:
        try:
            await self.group.anna.wait_for(self.stage.room, what, timeout=self.killer.pace.patience)
        except TimeoutError:
            raise AssertionError(self.killer.nest.said.transcript) from None

    def _is_last(self, poll: Json) -> bool:
        short = f"K{self.number}.2" if self.several else f"K{self.number}"
        return str(poll["content"][POLL]["question"]["body"]).startswith(f"{short} · ")

    def _is_result(self, event: Json) -> bool:
        return result_of(event) == self.number


async def _finish(group: Group, stage: Stage) -> None:
    """Let a bot run, in a process from scratch, until it has said everything; then stop it in order."""
    rounds = len(stage.several)
    async with await Bot.start(group.installation) as bot:
        await bot.ready()
        await group.anna.ask(stage.room, "!status", timeout=PATIENCE)
        await group.anna.wait_for(
            stage.room, lambda event: event["content"].get("filename") == f"protokoll-K{rounds}.json", timeout=PATIENCE
        )
        async with asyncio.timeout(PATIENCE):
            while group.installation.rows("SELECT key FROM outbox WHERE state = 'waiting'"):  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.2)
        await group.anna.ask(stage.room, "!status")  # answered in order: whatever was said before is out now
        bot.process.terminate()
        assert await bot.ended() == 0, bot.said.transcript

"""Groups that talk much, each in a room of its own, while others vote; what they say can be counted afterwards.

Nobody of them listens: who coordinates is in all rooms, and sees for them what was answered. That leaves the
homeserver to the bot.
"""

import asyncio
import random
import re
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.demo.connection import Json
from bot.demo.person import Person, relates_to
from tests.crash.ballots import bodies
from tests.crash.talking import Stage
from tests.faults.world import World

SPEAKERS = 2  # a room, besides who coordinates
REPORTS = 0.25  # of what is said in the room where they come
GIVEN = re.compile(r"F(\d+) · ")


@dataclass
class Crowd:
    """Rooms beside the one where people vote. `pause` in seconds between two things said in a room."""

    world: World
    chance: random.Random
    pause: tuple[float, float] = (0.05, 0.3)
    unanswered: int = 8
    said: Counter[str] = field(default_factory=Counter)
    reports: list[tuple[str, int]] = field(default_factory=list)

    async def gather(self, stage: Stage, rooms: int) -> list[tuple[str, list[Person]]]:
        """So many rooms with people in them; the bot, which runs, has come."""
        found = []
        for number in range(rooms):
            speakers = [await self.world.newcomer(f"speaker{number}{each}") for each in range(SPEAKERS)]
            room = await self.world.open_room(f"Gruppe {number}", [self.world.anna, *speakers])
            await asyncio.gather(*(speaker.go_offline() for speaker in speakers))
            await self.world.anna.wait_for(room, self.world.from_us, timeout=60)
            stage.beside.add(room)
            found.append((room, speakers))
        return found

    async def talk(self, stage: Stage, room: str, speakers: list[Person]) -> None:
        """Until the stage is over; people wait for answers, but not for each."""
        asked, read = set[str](), 0
        while not stage.over:
            seen = self.world.anna.seen(room)
            for event in seen[read:]:
                if event["sender"] == self.world.us:
                    asked -= relates_to(event)
            read = len(seen)
            if len(asked) < self.unanswered:
                asked.add(await self._say(room, speakers))
            await asyncio.sleep(self.chance.uniform(*self.pause))

    def check(self, histories: Iterable[list[Json]]) -> None:
        """What people said is what the database holds; everything with a number of its own has one."""
        histories = list(histories)
        ours = [event for history in histories for event in self.world.oracle.ours(history)]
        ideas = self.world.oracle.ideas(histories)
        assert len(ideas) >= self.said["ideas"]
        given = sorted({int(found[1]) for body in bodies(ours) if (found := GIVEN.match(body))})
        assert given == list(range(1, self.said["feedback"] + 1))
        rows = self.world.oracle.rows
        assert rows("SELECT count(*), count(DISTINCT event_id) FROM idea") == [(len(ideas), len(ideas))]
        assert rows("SELECT count(*), count(DISTINCT event_id) FROM feedback") == [(len(given), len(given))]
        reported = dict(rows("SELECT event_id, progress FROM status_update WHERE progress IS NOT NULL"))
        assert all(reported[own] == progress for own, progress in self.reports)

    async def _say(self, room: str, speakers: list[Person]) -> str:
        """Reports on the project come in one room, so that it is clear which is the last."""
        if room == min(self.world.rooms) and self.chance.random() < REPORTS:
            progress = self.chance.randrange(101)
            own = await self.world.anna.say(room, f"!status eAkte {progress}% Stand")
            self.reports.append((own, progress))
            return own
        kind, words = self._words()
        own = await self.chance.choice(speakers).say(room, words)
        self.said[kind] += 1
        return own

    def _words(self) -> tuple[str, str]:
        word = secrets.token_hex(3)
        return self.chance.choice(
            [
                ("ideas", f"!idee {word}"),
                ("ideas", f"!idee {word}"),
                ("feedback", f"!feedback eAkte Lob: {word}"),
                ("questions", "!status eAkte"),
                ("questions", "!ideen"),
            ]
        )

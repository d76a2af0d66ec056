"""A homeserver, people, a bot that can be killed, what stands between them, and who sees everything."""

import asyncio
import contextlib
import random
import secrets
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person, registered
from tests.crash.process import PASSWORD, PATIENCE, Bot, Fork, Installation, Nest
from tests.faults.oracle import Oracle, administrator
from tests.faults.proxy import Proxy


@dataclass
class World:
    """What a row is played in; the first of the people coordinates."""

    homeserver: Homeserver
    proxy: Proxy
    installation: Installation
    oracle: Oracle
    folder: Path
    people: list[Person] = field(default_factory=list)
    rooms: list[str] = field(default_factory=list)

    @property
    def us(self) -> str:
        """The bot's Matrix ID."""
        return self.installation.user_id

    @property
    def anna(self) -> Person:
        """Who coordinates."""
        return self.people[0]

    @asynccontextmanager
    async def nest(self) -> AsyncIterator[Nest]:
        """Where bots hatch that may be killed, die at a point, or have a clock of their own; see `hatchery`."""
        async with await Nest.start(self.installation, "tests.faults.hatchery") as nest:
            await nest.told("nest")
            yield nest

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Bot]:
        """A bot as `zwischenstand run` starts it, ready; stopped in order in the end, if it still runs."""
        async with await Bot.start(self.installation) as bot:
            await bot.ready()
            yield bot
            if bot.process.returncode is None:
                bot.process.terminate()
                assert await bot.ended() == 0, bot.said.transcript

    async def newcomer(self, name: str, *, auto_join: bool = False) -> Person:
        """One person more."""
        person = await registered(self.homeserver, f"{name}-{secrets.token_hex(4)}", name.title(), auto_join=auto_join)
        self.people.append(person)
        return person

    async def open_room(self, name: str, people: Iterable[Person] | None = None) -> str:
        """A group's room with these people (else all) in it; the bot is invited, by the one who coordinates."""
        guests = [person for person in (people or self.people) if person is not self.anna]
        room = await self.anna.create_room(name, invite=[self.us, *(guest.user_id for guest in guests)])
        for guest in guests:
            await guest.join(room)
        self.rooms.append(room)
        return room

    async def founded(self, bot: Bot | Fork, name: str = "eAkte") -> str:
        """A room in which the bot has said its first words; a project is in it. `bot` runs."""
        await bot.ready()
        room = await self.open_room(name)
        await self.anna.wait_for(room, self.from_us, timeout=PATIENCE)
        await self.anna.ask(room, f"!projekt neu {name}\nVerantwortlich: {self.anna.user_id}", timeout=PATIENCE)
        return room

    def from_us(self, event: Json) -> bool:
        """Whether the bot said it."""
        return bool(event["sender"] == self.us and event["type"] == "m.room.message")

    async def checked(self) -> str:
        """What `zwischenstand check` says."""
        command = (sys.executable, "-m", "bot", "check", *self.installation.arguments[1:])
        check = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        said, _ = await check.communicate()
        return said.decode()

    async def histories(self) -> list[list[Json]]:
        """Every room that the bot is in, or was opened for it, as the administrator sees it."""
        rooms = {*self.rooms, *await self.oracle.rooms()}
        return [await self.oracle.history(room) for room in sorted(rooms)]

    async def answered(self, patience: float = PATIENCE) -> None:
        """Return when every command has an answer and nothing waits. Raises TimeoutError after `patience` seconds."""
        async with asyncio.timeout(patience):
            while any(self.oracle.faults(each)[0] for each in await self.histories()):  # noqa: ASYNC110 - far away
                await asyncio.sleep(0.5)
            await self.oracle.drained(patience)

    @classmethod
    @asynccontextmanager
    async def made(
        cls,
        homeserver: Homeserver,
        folder: Path,
        dice: random.Random,
        *,
        people: int = 1,
        database: str = "",
        grace: int = 0,
    ) -> AsyncIterator[Self]:
        """So many people, and a bot that knows the homeserver by the proxy alone.

        `database` is a URL, else SQLite; `grace` is the time that votes may be on their way, in seconds.
        """
        name = f"zwischenstand-{secrets.token_hex(4)}"
        async with contextlib.AsyncExitStack() as stack:
            proxy = await stack.enter_async_context(Proxy.before(homeserver.url, dice))
            us = await homeserver.register(name, PASSWORD)
            admin = await administrator(homeserver, f"admin-{secrets.token_hex(4)}")
            stack.push_async_callback(admin.close)
            anna = await registered(homeserver, f"anna-{secrets.token_hex(4)}", "Anna")
            installation = Installation.make(folder / name, proxy.url, us, anna.user_id, database=database, grace=grace)
            oracle = Oracle(admin, homeserver, us, database or str(installation.database))
            world = cls(homeserver, proxy, installation, oracle, folder, [anna])
            try:
                for number in range(1, people):
                    await world.newcomer(f"person{number}", auto_join=True)
                yield world
            finally:
                await asyncio.gather(*(person.close() for person in world.people))

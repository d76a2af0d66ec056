"""A group whose people and whose bot talk in encrypted rooms, and what must hold in all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.demo.connection import Json
from bot.demo.person import summary
from tests.crash.conftest import Group
from tests.crash.process import Bot
from tests.independent.sealed import Sealed

NEVER_SEALED = ("m.reaction", "m.room.redaction")
"""Clients and servers must see on what these are."""

SOON = 60.0
"""Seconds in which all must be readable: matrix-js-sdk asks for the devices of somebody it has just met after a /sync,
and if it notices too late for this one, after the next, which in a quiet room takes 30 seconds."""


@dataclass(frozen=True)
class SealedGroup(Group):
    """A bot's installation and the people it works for, at clients that exclude what is not cross-signed."""

    people: tuple[Sealed, ...]

    @property
    def anna(self) -> Sealed:
        return self.people[0]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Bot]:
        """The bot, ready; in the end stopped in order, if nothing went wrong before."""
        async with await Bot.start(self.installation) as bot:
            try:
                await bot.ready()
                yield bot
                bot.process.terminate()
                assert await bot.ended() == 0
            except BaseException as error:
                error.add_note(bot.said.transcript)
                raise

    async def histories(self) -> dict[str, list[Json]]:
        """Every room's history, by its ID, as somebody who is in it reads it."""
        found: dict[str, list[Json]] = {}
        for person in self.people:
            for room_id in person.rooms() - found.keys():
                found[room_id] = await person.history(room_id)
        return found

    async def all_is_readable(self) -> int:
        """Each person reads everything in each of their rooms, encrypted and without a shield. How many events.

        Who was invited got the key before they shared a room with the bot: their client learns whose it is after the
        join, and says UNKNOWN_SENDER_DEVICE until then. So it may take a moment.
        """
        end = asyncio.get_running_loop().time() + SOON
        while True:
            troubles, count = await self._read()
            if not troubles or asyncio.get_running_loop().time() > end:
                break
            await asyncio.sleep(0.5)
        assert not troubles, "\n".join(troubles)
        print(f"{count} encrypted events read, each without a shield")
        return count

    async def _read(self) -> tuple[list[str], int]:
        troubles, count = list[str](), 0
        for person in self.people:
            for room_id in person.rooms():
                history = await person.history(room_id)
                count += sum(event["sealed"] for event in history)
                found = [(number, trouble) for number, event in enumerate(history) if (trouble := _trouble(event))]
                troubles += [f"{person.user_id}, no. {number} of {room_id}: {trouble}" for number, trouble in found]
        return troubles, count


def _trouble(event: Json) -> str | None:
    """What is wrong with the way an event reached somebody."""
    if event["failure"]:
        return f"cannot read {event['event_id']} of {event['sender']}: {event['failure']}"
    if "state_key" in event or event["type"] in NEVER_SEALED or "redacted_because" in event.get("unsigned", {}):
        return None
    if not event["sealed"]:
        return f"in the clear: {summary(event)}"
    return f"shield {event['shield']} ({event['reason']}): {summary(event)}" if event["shield"] else None

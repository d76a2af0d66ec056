"""Two networks side by side, and somebody who belongs to both."""

from dataclasses import replace
from datetime import timedelta

from bot.events import Invited, Members, Membership
from bot.store import Session, networks, rooms
from bot.store.outbox import Row
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, US, Bot

BERTA = "@berta:example.org"  # the operator lets her found networks, too
KIM = "@kim:example.org"
HERS = "!bertas:example.org"
THIRD = "!third:example.org"
TWO_FOUNDERS = replace(HOUSE, coordinators=(ANNA, BERTA))


async def invite(bot: Bot, inviter: str, room_id: str, *people: str, direct: bool = False) -> list[Row]:
    """An invitation, and who is there."""
    bot.now += timedelta(seconds=1)
    return await bot.handle(
        Invited(room_id=room_id, inviter=inviter, direct=direct, received_at=bot.now),
        Members(room_id=room_id, joined=frozenset({US, inviter, *people})),
    )


def direct(person: str) -> str:
    return f"!direct-{person[1:]}"


async def chat(bot: Bot, person: str) -> str:
    """A direct chat with somebody."""
    await invite(bot, person, direct(person), direct=True)
    return direct(person)


async def home_of(bot: Bot, room_id: str) -> str | None:
    """What the network of a room is called."""

    def look(session: Session) -> str | None:
        room = rooms.find(session, room_id)
        assert room is not None
        return networks.by_id(session, room.network_id).name if room.network_id else None

    return await bot.database.run(look)


async def two_networks(bot: Bot) -> str:
    """Ben is in a room of „Nord“ and in one of „Süd“; the answer is his direct chat."""
    chat_ = await chat(bot, ANNA)
    for name, room_id in (("Nord", ROOM), ("Süd", HERS)):
        await bot.say(ANNA, f"verbund neu {name}", room_id=chat_)
        await invite(bot, ANNA, room_id, BEN, CEM)
        if await home_of(bot, room_id) is None:
            await bot.say(ANNA, f"verbund aufnehmen {room_id}", room_id=chat_)
        assert await home_of(bot, room_id) == name
    return await chat(bot, BEN)


def left(bot: Bot, room_id: str, person: str) -> Membership:
    bot._count += 1
    """Somebody goes."""
    bot.now += timedelta(seconds=1)
    return Membership(
        room_id=room_id,
        event_id=f"$left{bot._count}",
        sender=person,
        sent_at=bot.now,
        received_at=bot.now,
        person=person,
        state="leave",
    )

"""Working groups made by their commands, their rooms, and what the bot does about them."""

from collections.abc import Callable, Sequence

from bot.context import Scope
from bot.effects import Effect
from bot.events import Membership
from bot.store import groups
from bot.store.outbox import Row
from bot.store.tables import Group
from tests.fakes import ANNA, BEN, CEM, HOUSE, Bot

DORA = "@dora:example.org"
KIM = "@kim:far.example"


async def named(bot: Bot, name: str) -> Group:
    """The group that has or had this name, in the only network."""
    found = await bot.database.run(lambda s: groups.by_folded(s, 1, name) or groups.formerly(s, 1, name))
    assert found is not None
    return found


async def made(bot: Bot, name: str, lines: str = "") -> Group:
    """A new group with its room, and Anna, Ben and Cem in it."""
    await bot.say(ANNA, f"!gruppe neu {name}{lines}")
    group = await named(bot, name.casefold())
    assert group.room_id
    await come(bot, group, ANNA, BEN, CEM)
    return group


async def come(bot: Bot, group: Group, *people: str) -> None:
    await bot.handle(*(membership(bot, group, person, "join") for person in people))


def membership(bot: Bot, group: Group, person: str, state: str) -> Membership:
    event = bot.message(person, "", group.room_id or "")
    return Membership(
        room_id=event.room_id,
        event_id=event.event_id,
        sender=person,
        sent_at=bot.now,
        received_at=bot.now,
        person=person,
        state=state,
    )


async def called(bot: Bot, work: Callable[[Scope], Sequence[Effect]]) -> Sequence[Effect]:
    """What a procedure answers, in a transaction of its own."""
    return await bot.database.run(lambda s: work(Scope(s, bot.now, HOUSE)))


def invited(rows: Sequence[Row]) -> list[str]:
    return [row.person or "" for row in rows if row.action == "invite" and row.key.startswith("group/")]


def of(rows: Sequence[Row], action: str) -> list[Row]:
    return [row for row in rows if row.action == action]

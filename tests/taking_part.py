"""Working groups made without their commands, and what is on record of them."""

from typing import Any

from sqlmodel import col, select

from bot.events import Invited, Members
from bot.language.names import fold
from bot.store import groups, networks
from bot.store.tables import Group, Participation
from tests.fakes import ANNA, US, Bot

DORA = "@dora:example.org"
OFFICE = "!akte:example.org"


async def make_group(bot: Bot, name: str = "Digitale Akte", room_id: str | None = OFFICE, **more: Any) -> int:
    """A group of Anna's network, with a room of its own that Anna is in; its ID."""
    if room_id is not None:
        await bot.enter(room_id, ANNA)

    def work(session: Any) -> int:
        network = networks.coordinated_by(session, ANNA, founder=True)[0]
        values: dict[str, Any] = {"folded": fold(name), "token": name, "created_by": ANNA, "created_at": bot.now} | more
        made = groups.add(session, Group(network_id=network.id or 0, name=name, room_id=room_id, **values))
        return made.id or 0

    return await bot.database.run(work)


async def change(bot: Bot, group_id: int, **values: Any) -> None:
    """Set fields of a group."""

    def work(session: Any) -> None:
        for name, value in values.items():
            setattr(groups.by_id(session, group_id), name, value)

    await bot.database.run(work)


async def record(bot: Bot, group_id: int) -> list[tuple[str, str, bool, str]]:
    """All that is on record, in order: person, kind, whether it holds still, and who entered it."""

    def work(session: Any) -> list[tuple[str, str, bool, str]]:
        rows = session.exec(
            select(Participation).where(Participation.group_id == group_id).order_by(col(Participation.id))
        )
        return [(row.person, row.kind, row.until is None, row.entered_by) for row in rows]

    return await bot.database.run(work)


async def chat(bot: Bot, person: str) -> str:
    """Open a direct chat; its room ID."""
    room_id = f"!direct-{person[1:]}"
    await bot.handle(
        Invited(room_id=room_id, inviter=person, direct=True, received_at=bot.now),
        Members(room_id=room_id, joined=frozenset({US, person})),
    )
    return room_id

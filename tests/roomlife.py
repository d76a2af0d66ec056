"""A bot in a room and in a working group's, and what may happen to rooms."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from bot.events import Event, Invited, Left, Members, Power, Powers, Upgraded
from bot.store.outbox import Row
from bot.store.tables import Group, Participation, Room
from tests.fakes import ANNA, BEN, CEM, US, Bot, plain

NEW = "!neu:example.org"
OTHER = "!andere:example.org"
EVE = "@eve:example.org"
T = TypeVar("T")


class House(Bot):
    """A bot in Anna's room, with a working group „Verkehr“ in a room of its own."""

    traffic = ""

    async def settle(self) -> None:
        await self.enter()
        await self.say(ANNA, "!gruppe neu Verkehr")
        self.traffic = self.group().room_id or ""
        await self.handle(Members(room_id=self.traffic, joined=frozenset({US, ANNA, BEN})))

    def ask(self, question: Callable[[Session], T]) -> T:
        return self.database.run_now(question)

    def group(self) -> Group:
        return self.ask(lambda s: s.exec(select(Group).order_by(col(Group.id))).one())

    def room(self, room_id: str) -> Room:
        return self.ask(lambda s: s.get_one(Room, room_id))

    async def see(self, kind: type[Event], room_id: str, sender: str = ANNA, **more: Any) -> list[Row]:
        self._count += 1
        values: dict[str, Any] = {"event_id": f"$seen{self._count}"} | more
        return await self.handle(kind(room_id=room_id, sender=sender, sent_at=self.now, received_at=self.now, **values))

    async def upgrade(self, room_id: str, successor: str = NEW, **more: Any) -> list[Row]:
        return await self.see(Upgraded, room_id, successor=successor, **more)

    async def lack(self, room_id: str, *lacks: Power, **more: Any) -> list[Row]:
        return await self.see(Powers, room_id, lacks=frozenset(lacks), **more)

    async def throw_out(self, room_id: str, by: str | None = CEM, **more: Any) -> list[Row]:
        return await self.handle(Left(room_id=room_id, received_at=self.now, by=by, **more))

    async def invite(self, room_id: str, inviter: str = ANNA) -> list[Row]:
        return await self.handle(Invited(room_id=room_id, inviter=inviter, direct=False, received_at=self.now))


def said(rows: list[Row]) -> list[str]:
    return [plain(row) for row in rows if row.event_type == "m.room.message"]


def actions(rows: list[Row]) -> list[str]:
    return [row.action for row in rows]


def active(bot: House) -> set[str]:
    return set(
        bot.ask(
            lambda s: s.exec(
                select(Participation.person).where(Participation.kind == "active", col(Participation.until).is_(None))
            ).all()
        )
    )

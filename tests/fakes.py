"""The edge, faked: a homeserver that takes what it is told to take, and the bot put together around a fresh database.

Everything between the two (inbox, commands, procedures, clock, outbox, store) is the real thing.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.command import Command, Commands
from bot.context import House
from bot.events import Batch, Happening, Invited, Members, Message
from bot.inbox import Inbox
from bot.job import Job
from bot.post import Image, Post
from bot.posting import Posting
from bot.procedures import votes
from bot.store import Session, outbox, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Room
from bot.texts import Texts
from commands import ALL
from schedules import JOBS

US = "@zwischenstand:example.org"
ANNA = "@anna:example.org"  # the operator made her coordinator
BEN = "@ben:example.org"
CEM = "@cem:example.org"
ROOM = "!digitales:example.org"
DEVICE = "DEVICE"
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # a Friday, 9:00 in Berlin
HOUSE = House(
    us=US,
    prefix="!",
    language="de",
    zone=ZoneInfo("Europe/Berlin"),
    grace_seconds=60,
    coordinators=(ANNA,),
    servers=("example.org",),
)


class Bot:
    """The bot without a homeserver: what it stores for sending counts as sent at once. `now` is what its clock says."""

    def __init__(
        self,
        database: Database,
        *,
        house: House = HOUSE,
        commands: Sequence[Command] = ALL,
        jobs: Sequence[Job] = JOBS,
        texts: Texts | None = None,
        now: datetime = START,
    ) -> None:
        self.database = database
        self.house = house
        self.now = now
        self.settled = True
        posting = Posting(texts or TEXTS, DEVICE)
        self.inbox = Inbox(database, Commands(commands), posting, house, votes.on_event, self._offer)
        self.clock = Clock(database, jobs, posting, house, self._offer, self._is_settled, lambda: self.now)
        self._offered: list[Row] = []
        self._count = 0

    async def handle(self, *happenings: Happening) -> list[Row]:
        """Handle one batch; the rows that came of it."""
        self._count += 1
        await self.inbox.handle(Batch(happenings, f"t{self._count}", self.now))
        return await self._sent()

    async def tick(self) -> list[Row]:
        """Let the clock tick until nothing is due; the rows that came of it."""
        while await self.clock.tick():
            pass
        return await self._sent()

    async def enter(self, room_id: str = ROOM, *people: str) -> None:
        """Be invited by Anna to a room with these people (Anna, Ben and Cem)."""
        present = frozenset({US, *(people or (ANNA, BEN, CEM))})
        await self.handle(
            Invited(room_id=room_id, inviter=ANNA, direct=False, received_at=self.now),
            Members(room_id=room_id, joined=present),
        )

    def message(self, sender: str, body: str, room_id: str = ROOM, **more: Any) -> Message:
        """A message that arrives now."""
        self._count += 1
        values: dict[str, Any] = {
            "event_id": f"$message{self._count}",
            "sent_at": self.now,
            "received_at": self.now,
        } | more
        return Message(room_id=room_id, sender=sender, body=body, **values)

    async def say(self, sender: str, body: str, **more: Any) -> list[Row]:
        """Somebody writes; the rows that came of it."""
        return await self.handle(self.message(sender, body, **more))

    async def hear(self, sender: str, body: str, **more: Any) -> str:
        """Somebody writes; the plain body of the one answer."""
        rows = await self.say(sender, body, **more)
        assert len(rows) == 1, f"{body!r}: {[plain(row) for row in rows]}"
        return plain(rows[0])

    def _offer(self, rows: Sequence[Row]) -> None:
        self._offered += rows

    async def _is_settled(self, until: datetime) -> bool:
        return self.settled

    async def _sent(self) -> list[Row]:
        rows, self._offered = self._offered, []
        if rows:
            await self.database.run(lambda session: self._confirm(session, rows))
        return rows

    def _confirm(self, session: Session, rows: Sequence[Row]) -> None:
        for row in rows:
            if row.room_id is None and row.person is not None:
                row.room_id = self._direct_room(session, row.person)
            row.event_id = f"$bot{row.id}" if row.action in ("send", "chart") else None
        outbox.confirm(session, [(row.id or 0, row.event_id, row.room_id) for row in rows])

    def _direct_room(self, session: Session, person: str) -> str:
        known = rooms.direct_with(session, person)
        if known is not None:
            return known.room_id
        room_id = f"!direct-{person[1:]}"
        rooms.save(session, Room(room_id=room_id, direct_with=person, invited_by=US, since=self.now))
        return room_id


TEXTS = Texts()  # shared: a template is compiled once


def plain(row: Row) -> str:
    """What a row says: its plain body, or the emoji of a reaction."""
    content = json.loads(row.content)
    if row.event_type == "m.reaction":
        return str(content["m.relates_to"]["key"])
    return str(content.get("body") or content.get("alt") or content.get("org.matrix.msc1767.text") or "")


Fault = Callable[[Post], Exception | None]


@dataclass
class FakeSender:
    """A homeserver for the outbox: keeps what it was sent, answers a repeated transaction with the first event.

    `faults` are asked before each send, `lost` after it: an exception they return is raised.
    """

    device: str = DEVICE
    events: dict[str, list[Post]] = field(default_factory=dict)
    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    attempts: list[Post] = field(default_factory=list)
    looked_for: list[Post] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    uploads: list[Image] = field(default_factory=list)
    fault: Fault = lambda post: None
    lost: Fault = lambda post: None
    before_send: Callable[[Post], Any] | None = None
    attempted: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def device_id(self) -> str:
        """The device we send from."""
        return self.device

    async def send(self, post: Post) -> str:
        """Take an event once per transaction and device, as a homeserver does."""
        self.attempts.append(replace(post, content=json.loads(json.dumps(post.content))))
        self.attempted.set()
        if self.before_send is not None:
            await self.before_send(post)
        if problem := self.fault(post):
            raise problem
        known = self.ids.get((self.device, post.transaction))
        if known is None:
            known = self.ids[self.device, post.transaction] = f"$sent{len(self.ids)}"
            self.events.setdefault(post.room_id, []).append(post)
        if problem := self.lost(post):
            raise problem
        return known

    async def find(self, post: Post) -> str | None:
        """Look among what was sent, by any device."""
        self.looked_for.append(post)
        found = (event_id for (_, transaction), event_id in self.ids.items() if transaction == post.transaction)
        return next(found, None)

    async def upload(self, room_id: str, image: Image) -> dict[str, Any]:
        """Keep the picture."""
        self.uploads.append(image)
        return {"url": f"mxc://example.org/{len(self.uploads)}"}

    async def join(self, room_id: str) -> None:
        """Join."""
        self.joined.append(room_id)

    async def leave(self, room_id: str, reason: str) -> None:
        """Leave."""
        self.left.append((room_id, reason))

    async def open_direct(self, person: str) -> str:
        """The direct room with a person, always the same one."""
        self.opened.append(person)
        return f"!direct-{person[1:]}"

    def bodies(self, room_id: str) -> list[str]:
        """What stands in a room, in order."""
        return [str(post.content.get("body")) for post in self.events.get(room_id, [])]

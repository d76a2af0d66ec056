"""The edge, faked: a homeserver that takes what it is told to take, and the bot put together around a fresh database.

Everything between the two (inbox, commands, procedures, clock, outbox, store) is the real thing.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.command import Command
from bot.context import House
from bot.delivery import REPORTED
from bot.errors import Rejected
from bot.events import (
    Batch,
    Failed,
    Fetched,
    Happening,
    Invited,
    Members,
    Message,
    Moved,
    Opened,
    Outcome,
    Reaction,
    Redacted,
    Related,
    Relations,
    Vote,
)
from bot.files import sheets
from bot.inbox import Inbox
from bot.job import Job
from bot.parsing import Commands
from bot.post import NewRoom, Post, Unheard, Upload
from bot.posting import Posting
from bot.procedures import hearing
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
    """The bot without a homeserver: what it stores for sending counts as sent at once. `now` is what its clock says.

    A room that it opens is there at once, as `!<alias>:example.org`, and a successor lets it in while `lets_in` is set.
    `refuses` names what the homeserver will not do, by action (`open`) or by person, and the reason: what it does not
    allow begins with 403.
    """

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
        self.opened: dict[str, str] = {}  # key to room ID
        self.refuses: dict[str, str] = {}
        self.files: dict[str, bytes] = {}  # what people drop, by name
        self.lets_in = True
        self.heard: set[str] = set()  # votes and reactions, by event
        self.missed: list[Vote | Reaction] = []  # what the homeserver lists and we never heard
        self.redacted: dict[str, Redacted] = {}  # what was taken back without our hearing of it, by event
        posting = Posting(texts or TEXTS, DEVICE)
        self.inbox = Inbox(database, Commands(commands), posting, house, hearing.on_event, self._offer)
        self.clock = Clock(database, jobs, posting, house, self._offer, self._is_settled, lambda: self.now)
        self._offered: list[Row] = []
        self._count = 0

    async def handle(self, *happenings: Happening) -> list[Row]:
        """Handle one batch; the rows that came of it."""
        self._count += 1
        self.heard |= {each.event_id for each in happenings if isinstance(each, Vote | Reaction)}
        await self.inbox.handle(Batch(happenings, f"t{self._count}", self.now))
        return await self._sent()

    async def tick(self) -> list[Row]:
        """Let the clock tick until nothing is due; the rows that came of it."""
        rows: list[Row] = []
        while True:
            while await self.clock.tick():
                pass
            came = await self._sent()
            rows += came
            if not came:
                return rows

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

    async def came(self, outcome: Outcome) -> list[Row]:
        """The outbox reports something; the rows that came of it."""
        await self.inbox.came(outcome)
        return await self._sent()

    def _offer(self, rows: Sequence[Row]) -> None:
        self._offered += rows

    async def _is_settled(self, until: datetime) -> bool:
        return self.settled

    async def _sent(self) -> list[Row]:
        """What was to be sent, and what came of that."""
        sent: list[Row] = []
        while rows := self._offered:
            self._offered = []
            await self.database.run(lambda session, rows=rows: self._confirm(session, rows))  # type: ignore[misc]
            sent += rows
            for outcome in [outcome for row in rows if (outcome := self._outcome(row))]:
                await self.inbox.came(outcome)
        return sent

    def _confirm(self, session: Session, rows: Sequence[Row]) -> None:
        for row in rows:
            if row.room_id is None and row.person is not None:
                row.room_id = self._direct_room(session, row.person)
            row.event_id = f"$bot{row.id}" if row.action in ("send", "chart", "file") else None
            if problem := self._problem(row):
                barred = row.room_id is not None and problem.startswith("403") and row.action in outbox.MAY_BE_HELD
                (outbox.hold if barred else outbox.park)(session, row.id, problem)
        outbox.confirm(session, [row for row in rows if not self._problem(row)])

    def _problem(self, row: Row) -> str | None:
        return self.refuses.get(row.action) or (self.refuses.get(row.person or "") if row.action == "invite" else None)

    def _outcome(self, row: Row) -> Outcome | None:
        """What the outbox would report of a row."""
        if problem := self._problem(row):
            if row.action not in REPORTED:
                return None
            return Failed(
                key=row.key,
                action=row.action,
                room_id=row.room_id,
                person=row.person,
                problem=problem,
                received_at=self.now,
            )
        content = json.loads(row.content)
        if row.action == "open":
            return Opened(key=row.key, room_id=self._opened(row.key, content["alias"]), received_at=self.now)
        if row.action == "fetch":
            return self._read(row, content["name"])
        if row.action == "follow" and self.lets_in:
            room_id, successor = row.room_id or "", content["successor"]
            return Moved(key=row.key, room_id=room_id, successor=successor, received_at=self.now)
        return self._related(row, content) if row.action == "reread" else None

    def _related(self, row: Row, content: dict[str, Any]) -> Outcome:
        """The homeserver lists what we heard, and what we missed; not what was taken back."""
        listed = self.heard | {event.event_id for event in self.missed}
        redacted = tuple(self.redacted[each] for each in content["gone"] if each in self.redacted)
        found = Relations(frozenset(listed - self.redacted.keys()), tuple(self.missed))
        return Related(key=row.key, found=found, redacted=redacted, received_at=self.now)

    def _read(self, row: Row, name: str) -> Outcome:
        """A dropped file as a table, or why it is none."""
        room_id, at = row.room_id or "", self.now
        try:
            cells = tuple(tuple(line) for line in sheets.read_now(name, self.files[name]))
        except Rejected as refusal:
            return Failed(
                key=row.key, action="fetch", room_id=room_id, person=None, problem=str(refusal), received_at=at
            )
        return Fetched(key=row.key, room_id=room_id, name=name, rows=cells, received_at=at)

    def _opened(self, key: str, alias: str) -> str:
        """The room of this key; an alias that another one has gets a number."""
        number = 1
        while key not in self.opened:
            room_id = f"!{alias}:example.org" if number == 1 else f"!{alias}-{number}:example.org"
            if room_id not in self.opened.values():
                self.opened[key] = room_id
            number += 1
        return self.opened[key]

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
    uploads: list[Upload] = field(default_factory=list)
    opened_rooms: list[NewRoom] = field(default_factory=list)
    invited: list[tuple[str, str]] = field(default_factory=list)
    states: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)
    pinned: list[tuple[str, list[str]]] = field(default_factory=list)
    empowered: list[tuple[str, str, int]] = field(default_factory=list)
    followed: list[tuple[str, str, str]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)  # by the `url` of the m.file content
    related: dict[str, Relations] = field(default_factory=dict)  # by the event that is related to
    redacted: dict[str, Redacted] = field(default_factory=dict)  # by the event that was taken back
    lets_in: bool = True  # whether a successor lets us in
    refuse: Exception | None = None  # raised by all that is neither a post nor a direct chat
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
        """Look among what was sent to this room, by any device."""
        self.looked_for.append(post)
        if post.transaction not in [each.transaction for each in self.events.get(post.room_id, [])]:
            return None
        found = (event_id for (_, transaction), event_id in self.ids.items() if transaction == post.transaction)
        return next(found, None)

    async def upload(self, room_id: str, upload: Upload) -> dict[str, Any]:
        """Keep the file."""
        self.uploads.append(upload)
        return {"url": f"mxc://example.org/{len(self.uploads)}"}

    async def join(self, room_id: str) -> None:
        """Join."""
        self.joined.append(room_id)

    async def leave(self, room_id: str, reason: str) -> None:
        """Leave."""
        self.left.append((room_id, reason))

    async def open_room(self, room: NewRoom) -> str:
        """A room by this key, always the same one."""
        self._refusing()
        self.opened_rooms.append(room)
        return f"!{room.alias}:example.org"

    async def invite(self, room_id: str, person: str) -> None:
        """Invite."""
        self._refusing()
        self.invited.append((room_id, person))

    async def set_state(self, room_id: str, event_type: str, state_key: str, content: Mapping[str, Any]) -> None:
        """Set a piece of state."""
        self._refusing()
        self.states.append((room_id, event_type, state_key, dict(content)))

    async def pin(self, room_id: str, event_ids: Sequence[str]) -> None:
        """Pin."""
        self._refusing()
        self.pinned.append((room_id, list(event_ids)))

    async def empower(self, room_id: str, person: str, level: int) -> None:
        """Raise a person."""
        self._refusing()
        self.empowered.append((room_id, person, level))

    async def follow(self, room_id: str, successor: str, by: str) -> bool:
        """Enter a successor, if it lets us in."""
        self._refusing()
        self.followed.append((room_id, successor, by))
        return self.lets_in

    async def download(self, source: Mapping[str, Any], at_most: int) -> bytes:
        """A file that a test has put into `files`."""
        self._refusing()
        content = self.files[source["url"]]
        if len(content) > at_most:
            raise Rejected(f"the file is larger than {at_most} bytes")
        return content

    def _refusing(self) -> None:
        if self.refuse is not None:
            raise self.refuse

    async def relations(self, posts: Sequence[tuple[str, str]], unheard: Unheard) -> Relations:
        """What a test has put into `related` for these events, without what we know already."""
        self._refusing()
        lists = [self.related.get(event_id, Relations()) for _, event_id in posts]
        listed = frozenset[str]().union(*(each.listed for each in lists))
        new = await unheard(listed)
        return Relations(
            listed=listed,
            votes=tuple(vote for each in lists for vote in each.votes if vote.event_id in new),
            unread=tuple(event for each in lists for event in each.unread if event.event_id in new),
        )

    async def redactions(self, rooms: Sequence[str], event_ids: Sequence[str]) -> tuple[Redacted, ...]:
        """The redactions that a test has put into `redacted`."""
        self._refusing()
        return tuple(self.redacted[event_id] for event_id in event_ids if event_id in self.redacted)

    async def open_direct(self, person: str) -> str:
        """The direct room with a person, always the same one."""
        self.opened.append(person)
        return f"!direct-{person[1:]}"

    def bodies(self, room_id: str) -> list[str]:
        """What stands in a room, in order."""
        return [str(post.content.get("body")) for post in self.events.get(room_id, [])]

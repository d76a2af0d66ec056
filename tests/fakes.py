"""The edge, faked: a homeserver that takes what it is told to take, and the bot put together around a fresh database.

Everything between the two (inbox, commands, procedures, clock, outbox, store) is the real thing.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.command import Command
from bot.context import House, Scope
from bot.errors import Rejected
from bot.events import (
    Batch,
    Compared,
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
    Weighed,
)
from bot.files import sheets
from bot.inbox import Inbox
from bot.job import Job
from bot.language import matching
from bot.language.synonyms import kept
from bot.others import Others
from bot.parsing import Commands
from bot.post import Fingerprints
from bot.posting import Posting
from bot.procedures import hearing, synergy_search, weighing
from bot.sending.delivery import REPORTED
from bot.store import Session, outbox, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Room
from bot.texts import Texts
from bot.vitals import Vitals
from commands import ALL
from schedules import JOBS

US = "@zwischenstand:example.org"
ANNA = "@anna:example.org"  # the operator made her coordinator
BEN = "@ben:example.org"
CEM = "@cem:example.org"
ROOM = "!digitales:example.org"
DEVICE = "DEVICE"
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # a Friday, 9:00 in Berlin
UNSEEN = ("compare", "weigh")  # actions of which nothing reaches a homeserver
KEYS = Fingerprints(
    device_id="ZSABCDEFGH",
    device_key="Yk3mQ8vT0dLw2nRz6xPbJ7sFhC1uEaG9tKoV4iNyXcM",
    master_key="b7TzWq1KcVn5LhX0rJdY8mEoPaUs3fGi6tNwQy2RkDs",
)
HOUSE = House(
    us=US,
    prefix="!",
    language="de",
    zone=ZoneInfo("Europe/Berlin"),
    grace_seconds=60,
    coordinators=(ANNA,),
    servers=("example.org",),
    fingerprints=KEYS,
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
        vitals: Vitals | None = None,
        others: Others | None = None,
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
        self.inbox = Inbox(database, Commands(commands), posting, house, hearing.on_event, self._offer, vitals, others)
        self.clock = Clock(database, jobs, posting, house, self._offer, self._is_settled, lambda: self.now)
        self._offered: list[Row] = []
        self._count = 0
        self._asked: dict[str, tuple[int, synergy_search.Asked]] = {}

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
            sent += [
                row for row in rows if row.action not in ("compare", "weigh")
            ]  # nothing of it reaches a homeserver
            for outcome in [outcome for row in rows if (outcome := self._outcome(row))]:
                await self.inbox.came(outcome)
            for row in rows:
                if row.action == "weigh" and not self._problem(row):
                    await self.inbox.came(await self.weighed(row))
        return sent

    async def weighed(self, row: Row) -> Weighed:
        """What a large file would do, found out in this process."""
        work = weighing.weighed
        found = await self.database.run(lambda session: work(row.key, Scope(session, self.now, self.house)))
        return Weighed(key=row.key, room_id=row.room_id or "", found=found, received_at=self.now)

    def _confirm(self, session: Session, rows: Sequence[Row]) -> None:
        for row in rows:
            if row.action == "compare":
                network_id = json.loads(row.content)["network"]
                self._asked[row.key] = (network_id, synergy_search.asked(session, network_id))
            if row.room_id is None and row.person is not None:
                row.room_id = self._direct_room(session, row.person)
            row.event_id = f"$bot{row.id}" if row.action in ("send", "chart", "file") else None
            if problem := self._problem(row):
                barred = row.room_id is not None and problem.startswith("403") and row.action in outbox.MAY_BE_HELD
                if barred:
                    outbox.hold(session, row.id, problem)
                else:
                    outbox.park(session, row.id, problem, self.now)
        outbox.confirm(session, [row for row in rows if not self._problem(row)])

    def _problem(self, row: Row) -> str | None:
        return self.refuses.get(row.action) or (self.refuses.get(row.person or "") if row.action == "invite" else None)

    def _searched(self, key: str) -> Outcome:
        """The search for synergies, in this process."""
        network_id, asked = self._asked.pop(key)
        return Compared(
            key=key,
            network_id=network_id,
            pairs=tuple(matching.search(asked.request, kept(self.house.synonyms))),
            changed=asked.changed,
            seen_to=asked.seen_to,
            received_at=self.now,
        )

    def _outcome(self, row: Row) -> Outcome | None:
        """What the outbox would report of a row."""
        if row.action == "compare" and not self._problem(row):
            return self._searched(row.key)
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

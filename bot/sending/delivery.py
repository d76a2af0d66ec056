"""What each row of the outbox does: one method an action. When, in which order and how often is the outbox's affair."""

import base64
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.domain.chart import Chart, from_table
from bot.domain.synergies import Pair
from bot.effects import AGAIN
from bot.errors import Barred, Rejected
from bot.events import Compared, Failed, Fetched, Moved, Opened, Outcome, Related, Weighed
from bot.files.making import make
from bot.language.matching import Request
from bot.post import Image, Letter, Mailer, NewRoom, Post, Sender, Upload
from bot.procedures import synergy_search
from bot.procedures.searching import NotSearched, compared
from bot.procedures.weighing import Found
from bot.restored import Restored
from bot.sending.doubtful import Doubtful
from bot.sending.handing import Handing, NotTaken
from bot.store import Session, moves, progress, rooms
from bot.store import outbox as rows
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Room

log = logging.getLogger(__name__)

EVENTS_REMEMBERED = 1000
REPORTED = frozenset(
    {"open", "invite", "follow", "fetch", "file", "mail", "reread", "compare", "weigh"}
)  # somebody must hear that they failed
LARGEST_FILE = 5_000_000  # bytes of a file that somebody drops for us to read

Draw = Callable[[Chart], Awaitable[Image]]
Read = Callable[[str, bytes], Awaitable[Sequence[Sequence[str]]]]
Make = Callable[[str, bytes], Awaitable[bytes]]
Search = Callable[[Request], Awaitable[Sequence[Pair]]]
Weighing = Callable[[str], Awaitable[Found | None]]
Report = Callable[[Outcome], Awaitable[None]]


async def in_transaction(_key: str) -> None:
    """Files are weighed in the transaction in which they are shown or taken over."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What deliveries need besides the homeserver: drawing charts, reading tables, mail where it is set up.

    `encrypt` is whether direct chats that we open are encrypted. `make` makes what takes too long for the transaction
    in which somebody asks for it, `search` looks for synergies, `weigh` finds out what a large file would do, beside
    the transactions (`bot.procedures.weighing`).
    """

    draw: Draw
    read: Read
    mailer: Mailer | None = None
    encrypt: bool = True
    make: Make = make
    search: Search = compared
    weigh: Weighing = in_transaction


class Delivery:
    """Carries out single rows. Each method may be repeated: it finds what it did before."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        tools: Tools,
        us: str,
        report: Report,
        handing: Handing | None = None,
    ) -> None:
        """`report` tells the inbox what came of a row that others wait for; it returns once that is committed."""
        self._handing = handing
        self._database = database
        self._sender = sender
        self._tools = tools
        self._us = us
        self._report = report
        self._restored = Restored(database, sender)
        self._doubtful = Doubtful(database, sender)
        self._replaced: set[str] = set()  # rooms that we have moved from since the start
        self._events: dict[str, str] = {}  # key to event ID, for rows that refer to a row sent a moment ago
        self._actions: dict[str, Callable[[Row], Awaitable[str | None]]] = {
            "send": self._message,
            "chart": self._chart,
            "file": self._file,
            "join": self._join,
            "leave": self._leave,
            "open": self._open,
            "invite": self._invite,
            "state": self._state,
            "pin": self._pin,
            "empower": self._empower,
            "follow": self._follow,
            "fetch": self._fetch,
            "reread": self._reread,
            "compare": self._compare,
            "weigh": self._weigh,
            "mail": self._mail,
        }

    async def carry_out(self, row: Row) -> str | None:
        """Do what the row says; the event it became, if it became one. Raises TryAgain or Rejected."""
        action = self._actions.get(row.action)
        if action is None:
            raise Rejected(f"no such action: {row.action}")
        event_id = await action(row)
        if event_id is not None:
            self._remember(row.key, event_id)
        return event_id

    async def reached(self) -> None:
        """Return when our homeserver is there."""
        await self._sender.reached()

    def hands_over(self, row: Row) -> bool:
        """Whether a sender is to send it, as far as that is known before its turn."""
        return self._handing is not None and self._handing.takes(row)

    async def goes_elsewhere(self, row: Row, *, refused: bool = False) -> bool:
        """Whether a row's room was replaced since the row was read. The row is put right then, for the new queue.

        The database is asked only where that may be so: in a room we moved from, or if the room `refused` the row.
        """
        if row.room_id is None or not (refused or row.room_id in self._replaced):
            return False

        def work(session: Session) -> tuple[str | None, str]:
            return moves.carry(session, row.id) if refused else (rows.standing(session, row.id)[0], row.content)

        room_id, content = await self._database.run(work)
        if room_id is None or room_id == row.room_id:
            return False
        row.formerly, row.room_id, row.content = (*row.formerly, row.room_id), room_id, content
        return True

    async def failed(self, row: Row, problem: str) -> None:
        """Tell whoever waits for this row that it will never succeed."""
        if row.action in REPORTED:
            await self._report(
                Failed(
                    key=row.key,
                    action=row.action,
                    room_id=row.room_id,
                    person=row.person,
                    problem=problem,
                    received_at=datetime.now(UTC),
                )
            )

    def _remember(self, key: str, event_id: str) -> None:
        self._events[key] = event_id
        if len(self._events) > EVENTS_REMEMBERED:
            self._events = dict(list(self._events.items())[-EVENTS_REMEMBERED // 10 :])

    async def _message(self, row: Row) -> str | None:
        return await self._send(row, json.loads(row.content))

    async def _send(self, row: Row, content: dict[str, Any]) -> str | None:
        room_id = row.room_id or await self._direct_room(row)
        if row.refers_to is not None:
            relation, (earlier, sender) = content["m.relates_to"], await self._sent_as(row.refers_to)
            if relation.get("rel_type") == "m.replace" and sender not in (None, self._us):
                return None  # no client shows an edit by anybody else; what must not get lost is no edit by then
            relation["event_id"] = earlier
            if relation.get("is_falling_back"):  # for clients without threads (spec: Threading)
                relation["m.in_reply_to"] = {"event_id": earlier}
        post = Post(room_id, row.event_type, content, row.transaction, row.first_attempt_at)
        event_id = await self._stands_formerly(row, post)
        if event_id is None:
            event_id = await self._sent_before(row, post) or await self._put(row, post)
            row.room_id = room_id
        return event_id

    async def _put(self, row: Row, post: Post) -> str:
        if self._handing is not None and self._handing.takes(row):
            if await self._sender.is_clear(post.room_id):
                with contextlib.suppress(NotTaken):
                    return await self._handing.send(row)
            else:
                self._handing.is_sealed(post.room_id)
        return await self._sender.send(post)

    async def _stands_formerly(self, row: Row, post: Post) -> str | None:
        """Look for the event in the rooms that were replaced: sent there, the answer lost, and then we moved."""
        for room_id in row.formerly:
            if (found := await self._sender.find(replace(post, room_id=room_id))) is not None:
                row.room_id = room_id
                return found
        row.formerly = ()
        return None

    async def _sent_before(self, row: Row, post: Post) -> str | None:
        """Look for the event where the homeserver may not know our transaction ID again; else None."""
        if (stands := await self._restored.stands(row.key, post)) is not None:
            return stands
        return await self._doubtful.stands(row, post)

    async def _sent_as(self, key: str) -> tuple[str, str | None]:
        """The event of an earlier row, and which account has sent it if not we."""
        if (event_id := self._events.get(key)) is not None:
            return event_id, None
        event_id, sender = await self._database.run(lambda session: rows.sent_as(session, key))
        if event_id is None and await self._database.run(lambda session: rows.is_held(session, key)):
            raise Barred(f"refers to {key}, which is held")
        if event_id is None:
            raise Rejected(f"refers to {key}, which was never sent")
        return event_id, sender

    async def _direct_room(self, row: Row) -> str:
        """Where we talk to this person alone; opened when there is no such room yet."""
        person = row.person or ""
        known = await self._database.run(lambda session: rooms.direct_with(session, person))
        if known is not None and await self._database.run(lambda s: rooms.is_member(s, known.room_id, person)):
            return known.room_id
        room_id = await self._sender.open_direct(person, encrypt=self._tools.encrypt)
        if known is None or known.room_id != room_id:
            room = Room(room_id=room_id, direct_with=person, invited_by=self._us, since=datetime.now(UTC))
            await self._database.run(lambda session: rooms.save(session, room))
        return room_id

    async def _chart(self, row: Row) -> str | None:
        chart = from_table(json.loads(row.content))
        image = await self._tools.draw(chart)
        size = {"w": image.width, "h": image.height}
        return await self._attached(row, Upload(image.png, "image/png", image.name), "m.image", chart.alt, size)

    async def _file(self, row: Row) -> str | None:
        """A file; its content is nobody's business once it stands in the room."""
        spec = json.loads(row.content)
        row.room_id = row.room_id or await self._direct_room(row)
        content = base64.b64decode(spec["content"])
        if (maker := spec.get("maker")) is not None:
            content = await self._tools.make(maker, content)
        upload = Upload(content, spec["mimetype"], spec["name"])
        return await self._attached(row, upload, "m.file", spec["name"], {})

    async def _attached(self, row: Row, upload: Upload, kind: str, body: str, size: dict[str, int]) -> str | None:
        uploaded = await self._sender.upload(_room_of(row), upload)
        content = {
            "msgtype": kind,
            "body": body,
            "filename": upload.name,
            "info": {"mimetype": upload.mimetype, "size": len(upload.content), **size},
            "m.mentions": {},
            **uploaded,
        }
        return await self._send(row, content)

    async def _join(self, row: Row) -> None:
        await self._sender.join(_room_of(row))

    async def _leave(self, row: Row) -> None:
        await self._sender.leave(_room_of(row), json.loads(row.content)["reason"])

    async def _open(self, row: Row) -> None:
        """The room stands before anybody hears of it; after a crash in between, the alias leads back to it."""
        key = row.key.partition(AGAIN)[0]  # a further attempt finds what an earlier one left half-made
        room_id = await self._sender.open_room(NewRoom(key=key, **json.loads(row.content)))
        await self._report(Opened(key=row.key, room_id=room_id, received_at=datetime.now(UTC)))

    async def _invite(self, row: Row) -> None:
        await self._sender.invite(_room_of(row), row.person or "")

    async def _state(self, row: Row) -> None:
        spec = json.loads(row.content)
        await self._sender.set_state(_room_of(row), row.event_type, spec["state_key"], spec["content"])

    async def _pin(self, row: Row) -> None:
        spec = json.loads(row.content)
        events = [(await self._sent_as(key))[0] for key in spec["of"]]
        gone = spec.get("without", ())  # a row that an earlier version left has none
        stored = await self._database.run(lambda session: rows.events_of(session, gone)) if gone else {}
        sent = stored | {
            key: self._events[key] for key in gone if key in self._events
        }  # a moment ago, not on record yet
        try:
            await self._sender.pin(_room_of(row), events, list(sent.values()))
        except Barred as refusal:  # for want of that power; only what it refers to is worth waiting for
            raise Rejected(str(refusal)) from refusal

    async def _empower(self, row: Row) -> None:
        await self._sender.empower(_room_of(row), row.person or "", json.loads(row.content)["level"])

    async def _follow(self, row: Row) -> None:
        """Nobody lets us in yet: the invitation, when it comes, is a new reason to follow."""
        spec = json.loads(row.content)
        if await self._sender.follow(_room_of(row), spec["successor"], spec["by"]):
            old, new = _room_of(row), spec["successor"]
            unsealed = await self._sender.is_encrypted(old) and not await self._sender.is_encrypted(new)
            now = datetime.now(UTC)
            moved = Moved(key=row.key, room_id=old, successor=new, received_at=now, unsealed=unsealed)
            self._replaced.add(moved.room_id)  # before it is known to have moved: whoever looks twice loses nothing
            await self._report(moved)

    async def _fetch(self, row: Row) -> None:
        spec = json.loads(row.content)
        content = await self._sender.download(spec["source"], LARGEST_FILE)
        table = await self._tools.read(spec["name"], content)
        cells = tuple(tuple(line) for line in table)
        fetched = Fetched(
            key=row.key, room_id=_room_of(row), name=spec["name"], rows=cells, received_at=datetime.now(UTC)
        )
        await self._report(fetched)

    async def _reread(self, row: Row) -> None:
        spec = json.loads(row.content)
        sent = await self._database.run(lambda session: rows.events_of(session, [key for key, _ in spec["of"]]))
        posts = [(room_id, sent[key]) for key, room_id in spec["of"] if key in sent]
        found = await self._sender.relations(posts, self._unheard)
        redacted = await self._sender.redactions(spec["rooms"], spec["gone"])
        await self._report(Related(key=row.key, found=found, redacted=redacted, received_at=datetime.now(UTC)))

    async def _compare(self, row: Row) -> None:
        network_id = json.loads(row.content)["network"]
        asked = await self._database.run(lambda session: synergy_search.asked(session, network_id))
        try:
            pairs = await self._tools.search(asked.request)
        except NotSearched as problem:
            raise Rejected(str(problem)) from problem
        compared = Compared(
            key=row.key,
            network_id=network_id,
            pairs=tuple(pairs),
            changed=asked.changed,
            seen_to=asked.seen_to,
            received_at=datetime.now(UTC),
        )
        await self._report(compared)

    async def _weigh(self, row: Row) -> None:
        found = await self._tools.weigh(row.key)
        await self._report(Weighed(key=row.key, room_id=_room_of(row), found=found, received_at=datetime.now(UTC)))

    async def _unheard(self, event_ids: Collection[str]) -> set[str]:
        return await self._database.run(lambda session: progress.unclaimed(session, event_ids))

    async def _mail(self, row: Row) -> None:
        if self._tools.mailer is None:
            raise Rejected("mail is not set up: [mail] is missing in the configuration")
        if not await self._database.run(lambda session: rows.is_wanted(session, row.id)):
            raise Rejected("withdrawn")  # a mail server may be down for a day
        await self._tools.mailer.deliver(Letter(message_id=row.transaction, **json.loads(row.content)))


def _room_of(row: Row) -> str:
    if row.room_id is None:
        raise Rejected("a row without a room")
    return row.room_id

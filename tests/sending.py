"""The homeserver as the outbox sees it, faked: it takes what it is told to take."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.contents import gist
from bot.errors import Rejected
from bot.events import Redacted, Relations
from bot.post import NewRoom, Post, Stands, Unheard, Upload
from tests.fakes import DEVICE

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
    encrypted: set[str] = field(default_factory=set)  # rooms
    encrypting: list[bool] = field(default_factory=list)  # of the direct chats opened
    joined: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    opened_rooms: list[NewRoom] = field(default_factory=list)
    invited: list[tuple[str, str]] = field(default_factory=list)
    states: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)
    pinned: list[tuple[str, list[str]]] = field(default_factory=list)
    unpinned: list[tuple[str, str]] = field(default_factory=list)
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
    there: asyncio.Event = field(default_factory=lambda: _set(asyncio.Event()))

    @property
    def device_id(self) -> str:
        """The device we send from."""
        return self.device

    async def reached(self) -> None:
        """Whether it is there is a matter of `there`."""
        await self.there.wait()

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

    async def is_clear(self, room_id: str) -> bool:
        """Of rooms that a test has not put into `encrypted`."""
        return room_id not in self.encrypted

    async def find(self, post: Post) -> str | None:
        """Look among what was sent to this room, by any device."""
        self.looked_for.append(post)
        if post.transaction not in [each.transaction for each in self.events.get(post.room_id, [])]:
            return None
        found = (event_id for (_, transaction), event_id in self.ids.items() if transaction == post.transaction)
        return next(found, None)

    async def standing(self, room_id: str, since: datetime) -> dict[str, Stands]:
        """What was sent to this room, by any device."""
        ids = {transaction: event_id for (_, transaction), event_id in self.ids.items()}
        return {
            each.transaction: Stands(ids[each.transaction], gist(each.content))
            for each in self.events.get(room_id, [])
            if each.since >= since
        }

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

    async def pin(self, room_id: str, event_ids: Sequence[str], without: Sequence[str] = ()) -> None:
        """Pin."""
        self._refusing()
        self.pinned.append((room_id, list(event_ids)))
        self.unpinned += [(room_id, each) for each in without]

    async def empower(self, room_id: str, person: str, level: int) -> None:
        """Raise a person."""
        self._refusing()
        self.empowered.append((room_id, person, level))

    async def follow(self, room_id: str, successor: str, by: str) -> bool:
        """Enter a successor, if it lets us in."""
        self._refusing()
        self.followed.append((room_id, successor, by))
        return self.lets_in

    async def is_encrypted(self, room_id: str) -> bool:
        """Of rooms that a test has put into `encrypted`."""
        return room_id in self.encrypted

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

    async def open_direct(self, person: str, *, encrypt: bool) -> str:
        """The direct room with a person, always the same one."""
        self.opened.append(person)
        self.encrypting.append(encrypt)
        return f"!direct-{person[1:]}"

    def bodies(self, room_id: str) -> list[str]:
        """What stands in a room, in order."""
        return [str(post.content.get("body")) for post in self.events.get(room_id, [])]


def _set(event: asyncio.Event) -> asyncio.Event:
    event.set()
    return event

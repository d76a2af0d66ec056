"""What a room tells us, in our own words.

`bot.matrix` turns the homeserver's JSON into these; nothing above it ever sees JSON. All times are aware UTC.
User text has been cleaned at the door (`bot.matrix.decode`): no control, bidirectional or zero-width characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain.synergies import Pair


class Power(StrEnum):
    """What a room may allow us or not."""

    SPEAK = "speak"
    REACT = "react"
    PIN = "pin"
    INVITE = "invite"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a room's timeline.

    `sent_at` is what the sender's homeserver claims, `received_at` our own clock. `offline_since` is set on what was
    delivered late because *we* were away from then on: such an event reached our homeserver, only we did not fetch it.
    `sealed` names the one ciphertext that it came out of, if any: the same under another event ID is a forgery.
    """

    room_id: str
    event_id: str
    sender: str
    sent_at: datetime
    received_at: datetime
    offline_since: datetime | None = None
    sealed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Event):
    """Somebody wrote a text. Edits and notices are not messages for us.

    `answered_at` is the event that our answer hangs on where that is another one: of a ✅, what it is on.
    """

    body: str
    answered_at: str | None = None
    reply_to: str | None = None
    thread: str | None = None
    mentions_us: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote(Event):
    """A click in a native poll (MSC3381). No answers: the vote is withdrawn."""

    poll: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction(Event):
    """Somebody reacted to an event with an emoji."""

    target: str
    key: str


def answered_at(asked: Event) -> str:
    """The event that our answer hangs on: what was said, but nothing can reply to a reaction."""
    if isinstance(asked, Reaction):
        return asked.target
    return (asked.answered_at if isinstance(asked, Message) else None) or asked.event_id


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationAsked(Event):
    """Somebody's client asks ours to compare keys, by emojis or otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted(Event):
    """Somebody took an event back."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership(Event):
    """A person's membership of a room changed: join, invite, leave, ban or knock."""

    person: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Event):
    """The room got a new name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped(Event):
    """Somebody dropped a file. `source` is the message's content as it came; `size` in bytes is what it claims."""

    name: str
    size: int
    source: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded(Event):
    """A tombstone: the room is said to go on in another one. Anybody with the power can claim that."""

    successor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers(Event):
    """The room's power levels as they are now: what we may not do there."""

    lacks: frozenset[Power]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecryptable(Event):
    """An encrypted event for which we have no key (yet). `content` is the event's, as it came.

    `session_id`, `sender_key` and `device` are what it says of itself; anybody can write anything there. `before_us`:
    it was sent before we came to the room.
    """

    session_id: str
    content: Mapping[str, Any] = field(default_factory=dict)
    sender_key: str | None = None
    device: str | None = None
    before_us: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo(Event):
    """One of our own events came back. `transaction` is the transaction ID that we sent it under."""

    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """We were invited to a room."""

    room_id: str
    inviter: str
    direct: bool
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Everybody who is joined in a room, us included, as the room's state says; replaces what we knew."""

    room_id: str
    joined: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """We are no longer in the room: kicked, banned, or it was left. `by` is who did it, as far as it is known."""

    room_id: str
    received_at: datetime
    by: str | None = None
    banned: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp:
    """A room that came to us from another account was read back to the event `mark`: what came before this, is all."""

    room_id: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """The key of a kept event came after all. `event` is what is inside, with the times of its own arrival.

    None: nothing that interests us.
    """

    room_id: str
    event_id: str
    event: Event | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A device does not give us the key of a session, and says why (`m.room_key.withheld`); nobody vouches for it.

    For `m.no_olm` room and session are "": it could not reach us at all.
    """

    room_id: str
    session_id: str
    sender: str
    sender_key: str
    code: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A room that we wanted under this key is there."""

    key: str
    room_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """We are in the room that replaces another one, and it really does. `unsealed`: that one only was encrypted."""

    key: str
    room_id: str
    successor: str
    received_at: datetime
    unsealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A dropped file was read as a table. `rows` are its cells as text, the header first."""

    key: str
    room_id: str
    name: str
    rows: tuple[tuple[str, ...], ...]
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What we wanted to do under this key will not succeed; `action` is the outbox's word for it."""

    key: str
    action: str
    room_id: str | None
    person: str | None
    problem: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Relations:
    """What the homeserver lists for some posts of ours, in its order: `listed` are the IDs of all events.

    `votes` and `unread` are those that we had never heard of, the latter not to be decrypted. `problem` says what could
    not be read, "" for nothing.
    """

    listed: frozenset[str] = frozenset()
    votes: tuple[Vote | Reaction, ...] = ()
    unread: tuple[Undecryptable, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """What the homeserver knows of posts of ours, read again. An event that is not listed was redacted, or purged.

    `redacted` tells of those that were looked up.
    """

    key: str
    found: Relations
    redacted: tuple[Redacted, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A network's projects were searched for synergies. `changed` are those that were compared; None: all.

    `seen_to` (UTC) is the last change of a project that was seen; None: there is no project.
    """

    key: str
    network_id: int
    pairs: tuple[Pair, ...]
    changed: tuple[int, ...] | None
    seen_to: datetime | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """It is known what a large file would do: `found` (`bot.procedures.weighing`); None: only a transaction can say."""

    key: str
    room_id: str
    found: Any
    received_at: datetime


Outcome = Opened | Moved | Fetched | Related | Compared | Weighed | Failed
Happening = Event | Invited | Members | Left | CaughtUp | Unsealed | Withheld | Outcome


@dataclass(frozen=True, slots=True)
class Batch:
    """What one answer of /sync brought, in the order to handle it, gaps already filled; or a part of that.

    `token` is where to go on once all of it is committed; None while something before it waits. `first` is the number
    of its first happening in the whole answer. `unread`: it is no answer of /sync, but what a room of which we were not
    to hear anything until now has to tell.
    """

    happenings: tuple[Happening, ...]
    token: str | None
    received_at: datetime
    first: int = 0
    unread: bool = False

"""What we do, as data.

Commands and jobs return effects; the inbox and the clock store them as outbox rows in the same transaction as the
change they announce; the outbox carries them out. `key` is an effect's natural key: the same key is never posted twice.
A Reply or React needs none, it belongs to the event that asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain.chart import Chart
from bot.texts import Text


class Asks(StrEnum):
    """What the answer to a question is."""

    WORDS = "words"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer to the event that asked, in its thread if it stood in one."""

    text: Text


@dataclass(frozen=True, slots=True)
class React:
    """A reaction on the event that asked. With a `key` it is given once, however often it is asked for."""

    emoji: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class RefuseVerification:
    """End the comparing of keys that the event at hand asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A message that nobody asked for, or not just now. `mentions` are the Matrix IDs to notify; nobody by default.

    `thread` is the key of an earlier post of ours in this room, in whose thread it stands (and `reply_to` is not set).

    `reply_to` is the event it answers. `resume` is a command that the reply of `resume_by` completes or sets going; it
    is kept until `resume_until` (UTC; else for 30 minutes) and run in the network `network_id`. With a `subject`
    („import/3“) it is not displaced by the next question.
    """

    room_id: str
    key: str
    text: Text
    mentions: tuple[str, ...] = ()
    reply_to: str | None = None
    thread: str | None = None
    resume: str | None = None
    resume_by: str | None = None
    resume_until: datetime | None = None
    subject: str | None = None
    network_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Replace the text of an earlier Say, named by its key."""

    room_id: str
    key: str
    of: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    """A message to one person alone.

    `resume` is the command that a bare reply completes, with `{answer}` in it; kept until `resume_until` (UTC) and
    run in the network `network_id`. `subject` makes it a reminder of something: it may be answered more than once.
    `language` is for somebody whose direct chat has none set: that of the room it is about. With `asks` NETWORK the
    answer is no part of the command but names the network to run it in. `words` go into the blanks of `text`
    (`bot.texts.blanks`): a text that is the same object in several messages is rendered once. `quiet`: it notifies
    nobody, for what comes with another message.
    """

    person: str
    key: str
    text: Text
    resume: str | None = None
    resume_until: datetime | None = None
    network_id: int | None = None
    subject: str | None = None
    language: str | None = None
    asks: Asks = Asks.WORDS
    words: tuple[str, ...] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A native poll for one choice (MSC3381). `answers` are pairs of ID and label."""

    room_id: str
    key: str
    question: str
    answers: tuple[tuple[str, str], ...]
    disclosed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPoll:
    """Close the native poll that was posted under the key `of`."""

    room_id: str
    key: str
    of: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart as PNG, with its whole content as text."""

    room_id: str
    key: str
    chart: Chart


@dataclass(frozen=True, slots=True)
class Join:
    """Follow an invitation."""

    room_id: str
    by: str | None = None
    """Whose invitation it is."""


@dataclass(frozen=True, slots=True)
class Decline:
    """Refuse an invitation, or leave a room."""

    room_id: str
    reason: Text
    by: str | None = None
    """Whose invitation it is."""


AGAIN = "/again "
"""Ends the part of an `OpenRoom`'s key that means the room; what follows tells one attempt from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRoom:
    """Open a room, or find it again by its alias: comes back as `Opened` with this key, or as `Failed`.

    `alias` is the wished local part; where strangers hold it, a number is added. `space` makes it a space. `powers` are
    the levels of people besides us.
    """

    key: str
    name: str
    alias: str
    topic: str = ""
    space: bool = False
    encrypted: bool = False
    powers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """Invite somebody; being there already is fine. Comes back as `Failed` if it cannot be done."""

    room_id: str
    person: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetState:
    """Set a piece of a room's state that is ours alone to set: name, topic, its place in a space.

    Where we lack the power, nothing happens: `bot.procedures.roomlife` tells people what we lack.
    """

    room_id: str
    key: str
    event_type: str
    content: Mapping[str, Any]
    state_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Pin earlier posts, named by their keys, above what is pinned already; `without` are pinned no longer."""

    room_id: str
    key: str
    of: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Empower:
    """Give a person this power level in a room, unless they have as much; comes after their appointment only.

    None: as much as we have there ourselves.
    """

    room_id: str
    key: str
    person: str
    level: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Enter the room that replaces another one, and check that it does: comes back as `Moved` or as `Failed`.

    `by` is who set the tombstone.
    """

    room_id: str
    key: str
    successor: str
    by: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Say what is held for a room, in its order: we are in it again, may speak there again, or it replaced another."""

    room_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Get a file that somebody dropped, and read it as a table: comes back as `Fetched` or as `Failed`.

    `source` is the message's content as it came, with its address and keys.
    """

    room_id: str
    key: str
    name: str
    source: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """Read what the homeserver knows of posts of ours: answers, reactions. Comes back as `Related`, or `Failed`.

    `of` are pairs of a post's key and its room; a post that was never sent is left out. `gone` are events that are not
    listed any more: of each it is looked up in `rooms` who took it back.
    """

    key: str
    of: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Search a network's projects for synergies, in a process of its own: comes back as `Compared`, or as `Failed`."""

    key: str
    network_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weigh:
    """Find out what a large file would do, beside the transactions: comes back as `Weighed`, or as `Failed`.

    The key says which file (`bot.procedures.weighing`); the answer goes to the room.
    """

    key: str
    room_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file, to a room or to one person alone.

    With a `maker` (`bot.files.making`) the file is made when it is sent, in a process of its own; `content` is then
    what it is made from.
    """

    key: str
    name: str
    mimetype: str
    content: bytes
    room_id: str | None = None
    person: str | None = None
    maker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message by mail, to somebody who has no Matrix. At least once: mail knows no better.

    `words` go into the blanks of `text`, see `Direct`. `listed` is the mailing list that brings it, if any: a label of
    letters, digits and hyphens, and its name. Mail programs then offer to unsubscribe (RFC 2369). Times are in the zone
    of the network `network_id`.
    """

    to: str
    key: str
    subject: Text
    text: Text
    language: str | None = None
    words: tuple[str, ...] = ()
    listed: tuple[str, str] | None = None
    network_id: int | None = None


Effect = (
    Reply
    | React
    | RefuseVerification
    | Say
    | Edit
    | Direct
    | Poll
    | EndPoll
    | Picture
    | Join
    | Decline
    | OpenRoom
    | Invite
    | SetState
    | Pin
    | Empower
    | Follow
    | Resume
    | Fetch
    | Reread
    | Compare
    | Weigh
    | Document
    | Mail
)
Answer = Text | Effect | tuple[Effect, ...]


def as_effects(answer: Answer) -> tuple[Effect, ...]:
    """A handler may return one text, one effect or several; a bare text is a reply."""
    if isinstance(answer, Text):
        return (Reply(answer),)
    return answer if isinstance(answer, tuple) else (answer,)

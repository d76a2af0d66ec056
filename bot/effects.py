"""What we do, as data.

Commands and jobs return effects; the inbox and the clock store them as outbox rows in the same transaction as the
change they announce; the outbox carries them out. `key` is an effect's natural key: the same key is never posted twice.
A Reply or React needs none, it belongs to the event that asked.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.chart import BarChart
from bot.texts import Text


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer to the event that asked, in its thread if it stood in one."""

    text: Text


@dataclass(frozen=True, slots=True)
class React:
    """A reaction on the event that asked."""

    emoji: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A message that nobody asked for. `mentions` are the Matrix IDs to notify; nobody by default."""

    room_id: str
    key: str
    text: Text
    mentions: tuple[str, ...] = ()


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
    `language` is for somebody whose direct chat has none set: that of the room it is about.
    """

    person: str
    key: str
    text: Text
    resume: str | None = None
    resume_until: datetime | None = None
    network_id: int | None = None
    subject: str | None = None
    language: str | None = None


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
    chart: BarChart


@dataclass(frozen=True, slots=True)
class Join:
    """Follow an invitation."""

    room_id: str


@dataclass(frozen=True, slots=True)
class Decline:
    """Refuse an invitation, or leave a room."""

    room_id: str
    reason: Text


Effect = Reply | React | Say | Edit | Direct | Poll | EndPoll | Picture | Join | Decline
Answer = Text | Effect | tuple[Effect, ...]


def as_effects(answer: Answer) -> tuple[Effect, ...]:
    """A handler may return one text, one effect or several; a bare text is a reply."""
    if isinstance(answer, Text):
        return (Reply(answer),)
    return answer if isinstance(answer, tuple) else (answer,)

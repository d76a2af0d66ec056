"""What the outbox hands to a sender, and what a sender must be able to do."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.events import Redacted, Relations


@dataclass(frozen=True, slots=True)
class Post:
    """One event to be sent to one room.

    `transaction` is derived from the row's key, so that a second attempt cannot duplicate. `since` (UTC) is no later
    than the first attempt.
    """

    room_id: str
    event_type: str
    content: dict[str, Any]
    transaction: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Stands:
    """A post of ours in a room; `gist` as in `bot.contents`, None if we cannot decrypt it."""

    event_id: str
    gist: str | None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture ready for upload."""

    png: bytes
    width: int
    height: int
    name: str


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes for the homeserver's media store."""

    content: bytes
    mimetype: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoom:
    """A room to be opened once. `key` is written into it, so that it is known again as ours and as this one.

    `alias` is the wished local part: only letters, digits and hyphens. `powers` are levels of people besides us.
    """

    key: str
    alias: str
    name: str
    topic: str
    space: bool
    encrypted: bool
    powers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. `message_id` is derived from the row, so that a receiver can tell a second delivery.

    `list_label` (letters, digits, hyphens) and `list_name` say of which mailing list it is, if it is of one.
    """

    to: str
    subject: str
    plain: str
    html: str
    message_id: str
    language: str
    list_label: str = ""
    list_name: str = ""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What a person compares to know that it is really us: public keys, unpadded base64.

    The master key stands for the account and stays when the device changes.
    """

    device_id: str
    device_key: str
    master_key: str


Unheard = Callable[[Collection[str]], Awaitable[set[str]]]
"""Which of these events we never handled: the others need not be decrypted again."""

UNCONFIRMED = "no answer to the letter"
"""How the reason begins when a letter is given up that may have arrived."""
UNREACHED = "mail server "
"""How it begins when the server could not be reached for too long, or let us not in: no fault of the address."""


class Mailer(Protocol):
    """The mail server as the outbox sees it. May raise TryAgain or Rejected (`bot.errors`)."""

    async def deliver(self, letter: Letter) -> None:
        """Hand the letter to the mail server."""


class Sender(Protocol):
    """The homeserver as the outbox sees it. Every method may raise TryAgain or Rejected (`bot.errors`)."""

    @property
    def device_id(self) -> str:
        """The device we send from; transaction IDs are remembered per device."""

    async def reached(self) -> None:
        """Return when the homeserver is there; at once if it is. Raises nothing, may be cancelled."""

    async def send(self, post: Post) -> str:
        """PUT the event, encrypted where the room is; its event ID. Never cancelled while running."""

    async def is_clear(self, room_id: str) -> bool:
        """Whether anybody may PUT into this room as it is: not encrypted, and we know that. Raises TryAgain."""

    async def find(self, post: Post) -> str | None:
        """Look for the event among our own in the room's history, back to `post.since`; its ID or None."""

    async def standing(self, room_id: str, since: datetime) -> Mapping[str, Stands]:
        """All posts of ours in a room's history since then (UTC), by their transactions."""

    async def upload(self, room_id: str, upload: Upload) -> dict[str, Any]:
        """Upload, encrypted where the room is; the `url` or `file` part of an m.image or m.file content."""

    async def download(self, source: Mapping[str, Any], at_most: int) -> bytes:
        """The bytes of an m.file content, decrypted. Rejected if there are more than `at_most`, or none to be had."""

    async def join(self, room_id: str) -> None:
        """Join a room we were invited to; joined already is fine."""

    async def leave(self, room_id: str, reason: str) -> None:
        """Leave a room or decline its invitation; not being there is fine."""

    async def open_room(self, room: NewRoom) -> str:
        """The room ID of this room: found by its alias and the key inside it, or created.

        Where somebody else holds the alias, the next of `…-2`, `…-3` is taken. Rejected when none is to be had.
        """

    async def invite(self, room_id: str, person: str) -> None:
        """Invite; being joined or invited is fine. Rejected for who is banned, unknown, or where we may not."""

    async def set_state(self, room_id: str, event_type: str, state_key: str, content: Mapping[str, Any]) -> None:
        """Set a piece of state, unless it is so already. Rejected where we may not."""

    async def pin(self, room_id: str, event_ids: Sequence[str], without: Sequence[str] = ()) -> None:
        """Pin these above what is pinned, and those no longer. Rejected where we may not."""

    async def empower(self, room_id: str, person: str, level: int | None) -> None:
        """Raise a person to this power level, None: to our own. Rejected where we may not."""

    async def follow(self, room_id: str, successor: str, by: str) -> bool:
        """Enter `successor` and check that it replaces `room_id`, made by `by` or by somebody of equal power there.

        False while nobody lets us in. Rejected, and left again, for a room that does not: a forged tombstone.
        """

    async def is_encrypted(self, room_id: str) -> bool:
        """Whether the room's state says so, in whatever way."""

    async def relations(self, posts: Sequence[tuple[str, str]], unheard: Unheard) -> Relations:
        """All answers and reactions that the homeserver lists for events of ours (rooms and event IDs).

        Read are those `unheard` of. A post that cannot be read any more is a `problem`, and the others are read.
        """

    async def redactions(self, rooms: Sequence[str], event_ids: Sequence[str]) -> tuple[Redacted, ...]:
        """Who took these events back, and when; each stands in one of the rooms. None for what nobody took back."""

    async def open_direct(self, person: str, *, encrypt: bool) -> str:
        """The room ID of our direct chat with `person`: found by its alias, or created, and the person invited.

        `encrypt` is for a new one; one that is there stays as it is.
        """

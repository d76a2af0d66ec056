"""What the outbox hands to a sender, and what a sender must be able to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


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
class Image:
    """A picture ready for upload."""

    png: bytes
    width: int
    height: int
    name: str


class Sender(Protocol):
    """The homeserver as the outbox sees it. Every method may raise TryAgain or Rejected (`bot.errors`)."""

    @property
    def device_id(self) -> str:
        """The device we send from; transaction IDs are remembered per device."""

    async def send(self, post: Post) -> str:
        """PUT the event, encrypted where the room is; its event ID. Never cancelled while running."""

    async def find(self, post: Post) -> str | None:
        """Look for the event among our own in the room's history, back to `post.since`; its ID or None."""

    async def upload(self, room_id: str, image: Image) -> dict[str, Any]:
        """Upload, encrypted where the room is; the `url` or `file` part of an m.image content."""

    async def join(self, room_id: str) -> None:
        """Join a room we were invited to; joined already is fine."""

    async def leave(self, room_id: str, reason: str) -> None:
        """Leave a room or decline its invitation; not being there is fine."""

    async def open_direct(self, person: str) -> str:
        """The room ID of our direct chat with `person`: found by its alias, or created, and the person invited."""

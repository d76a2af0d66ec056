"""What the homeserver lists as related to a post of ours: poll answers and reactions, and whether one was taken back.

`/relations` names everything that is left; what was redacted is missing from it, and only the event itself tells by
whom (https://spec.matrix.org/latest/client-server-api/#relationships-api). nio's own call neither decrypts nor asks for
more than five events a page.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.errors import Rejected, TryAgain
from bot.events import Event, Reaction, Redacted, Relations, Undecryptable, Vote
from bot.matrix.answers import Refusal, not_sent
from bot.matrix.asking import Json, ask, told
from bot.matrix.clean import identifier
from bot.matrix.crypto.storage import STORE_DOWN
from bot.matrix.decode import decode
from bot.matrix.forgiving import guarded
from bot.matrix.raw import Raw, raw
from bot.matrix.safe import SafeClient, is_sealed
from bot.post import Unheard

PAGE = 1000  # Synapse gives no more at once
PAGES_AT_MOST = 1000
KINDS = ("m.reference", "m.annotation")
ENCRYPTED = "m.room.encrypted"
AT_ONCE = 8  # requests
DECRYPTED_AT_ONCE = 50  # events, before others have their turn
GONE = {"M_NOT_FOUND", "M_FORBIDDEN"}

T = TypeVar("T")


class Related:
    """Reads relations. Every method may be repeated. Raises TryAgain or Rejected."""

    def __init__(self, client: SafeClient, us: str) -> None:
        self._client = client
        self._us = us

    async def relations(self, posts: Sequence[tuple[str, str]], unheard: Unheard) -> Relations:
        """All that relates to these events; see `bot.post.Sender`."""
        found = await _a_few_at_once([partial(self._relations, *post, unheard) for post in posts])
        return Relations(
            listed=frozenset().union(*(each.listed for each in found)),
            votes=tuple(vote for each in found for vote in each.votes),
            unread=tuple(event for each in found for event in each.unread),
            problem=next((each.problem for each in found if each.problem), ""),
        )

    async def redactions(self, rooms: Sequence[str], event_ids: Sequence[str]) -> tuple[Redacted, ...]:
        """The events that took these back; see `bot.post.Sender`."""
        found = await _a_few_at_once([partial(self._redaction, rooms, event_id) for event_id in event_ids])
        return tuple(each for each in found if each is not None)

    async def _relations(self, room_id: str, event_id: str, unheard: Unheard) -> Relations:
        listed, fresh = set[str](), dict[str, Json]()
        try:
            for kind in KINDS:
                async for page in self._pages(room_id, event_id, kind):
                    by_id = {own: each for each in page if (own := identifier(each.get("event_id")))}
                    new = await unheard(by_id.keys())
                    fresh |= {own: each for own, each in by_id.items() if own in new}
                    listed |= by_id.keys()
        except Rejected as refused:
            return Relations(problem=f"{event_id}: {refused}")
        read = [each async for each in self._read(fresh.values(), room_id)]
        votes = tuple(event for event in read if isinstance(event, Vote | Reaction))
        unread = tuple(event for event in read if isinstance(event, Undecryptable))
        return Relations(frozenset(listed), votes, unread)

    async def _redaction(self, rooms: Sequence[str], event_id: str) -> Redacted | None:
        for room_id in rooms:
            answer = await ask(self._client, "GET", "rooms", room_id, "event", event_id)
            if not isinstance(answer, Refusal):
                return self._because(answer, room_id, event_id)
            if answer.code not in GONE:
                raise not_sent(answer)
        return None

    def _because(self, answer: Json, room_id: str, event_id: str) -> Redacted | None:
        """What our homeserver says about this very event; up to room version 10 the target is not in the content."""
        unsigned = answer.get("unsigned")
        because = unsigned.get("redacted_because") if isinstance(unsigned, dict) else None
        if not isinstance(because, dict):
            return None
        redacted = self._decoded(Raw(because | {"redacts": event_id}, decrypted=False), room_id)
        return redacted if isinstance(redacted, Redacted) else None

    async def _pages(self, room_id: str, event_id: str, kind: str) -> AsyncIterator[list[Json]]:
        """The raw events, page by page, the oldest first."""
        start: str | None = None
        for _ in range(PAGES_AT_MOST):
            query = [("limit", str(PAGE)), ("dir", "f"), *([("from", start)] if start else [])]
            path = ("rooms", room_id, "relations", event_id, kind)
            answer: Json = await told(self._client, "GET", *path, query=query, version="v1")
            chunk = answer.get("chunk")
            yield [each for each in chunk if isinstance(each, dict)] if isinstance(chunk, list) else []
            following = identifier(answer.get("next_batch"))
            if following is None or following == start:
                return
            start = following
        raise TryAgain("the list of answers does not end")

    async def _read(self, sources: Iterable[Json], room_id: str) -> AsyncIterator[Event | None]:
        for number, source in enumerate(sources, 1):
            inside = self._opened(source, room_id) if source.get("type") == ENCRYPTED else None
            yield self._decoded(inside or Raw(source, decrypted=False), room_id)
            if not number % DECRYPTED_AT_ONCE:
                await asyncio.sleep(0)

    def _opened(self, source: Json, room_id: str) -> Raw | None:
        """What is inside an encrypted event; None without its key. What was read as another event counts as read."""
        sealed = guarded("encrypted event", nio.Event.parse_encrypted_event, source)
        if not is_sealed(sealed):
            return None
        try:
            inside = self._client.opened(sealed, room_id)
        except STORE_DOWN as error:
            raise TryAgain(f"the key store fails: {error}") from error
        return raw(inside) if inside is not None else raw(sealed) if getattr(sealed, "replayed", False) else None

    def _decoded(self, event: Raw, room_id: str) -> Event | None:
        if event.replayed:
            return None
        return decode(
            event.source,
            room_id,
            us=self._us,
            received_at=datetime.now(UTC),
            offline_since=None,
            decrypted=event.decrypted,
            sealed=event.sealed,
        )


async def _a_few_at_once(questions: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """The answers, in order: a homeserver is not asked for everything at the same moment."""
    answers: list[T] = []
    for start in range(0, len(questions), AT_ONCE):
        answers += await asyncio.gather(*(question() for question in questions[start : start + AT_ONCE]))
    return answers

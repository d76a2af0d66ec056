"""Sending, each post exactly once: the same transaction ID from the same device gives the first event again."""

import asyncio
import io
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.contents import gist
from bot.errors import Barred, Rejected, TryAgain, Unreachable
from bot.matrix.answers import NETWORK_ERRORS, no_answer, not_sent, refusal
from bot.matrix.arriving import SYNC_SOON, Arriving
from bot.matrix.crypto.storage import STORE_DOWN
from bot.matrix.decode import CONTENT_KEY, transaction_of
from bot.matrix.gaps import backwards
from bot.matrix.raw import Raw
from bot.matrix.safe import SafeClient
from bot.post import Post, Stands, Upload

BEFORE_FIRST_ATTEMPT = timedelta(hours=26)
"""How far our clock may have been ahead of the homeserver's: a day, and a zone or two. Costs a few pages at most."""

CRYPTO_RETRY = 30.0
UPLOAD_TIMEOUT = 120
CLOSE_TIMEOUT = 90

T = TypeVar("T")

log = logging.getLogger(__name__)


class Poster:
    """Posts into rooms through one client. Work that has begun is finished even if its caller is cancelled."""

    def __init__(self, client: SafeClient, us: str) -> None:
        self._client = client
        self._us = us
        self._arriving = Arriving(client)
        self._rooms: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._running: set[asyncio.Task[Any]] = set()

    async def send(self, post: Post) -> str:
        """PUT the event; see `bot.post.Sender`. A cancelled `room_send` would lock the room's key sharing for ever."""
        return await self._finished(self._send(post))

    async def is_clear(self, room_id: str) -> bool:
        """Whether the room is not encrypted; see `bot.post.Sender`."""
        async with self._rooms[room_id]:
            room = self._client.rooms.get(room_id)
            if room is None:
                return False
            await self._arriving.look(room_id)
            return not room.encrypted and self._client.ciphers.problem(room_id) is None

    async def find(self, post: Post) -> str | None:
        """Search our own events, newest first, back to shortly before the first attempt."""

        def wanted(event: Raw) -> bool:
            return event.source.get("sender") == self._us and transaction_of(event.source) == post.transaction

        events = await self._ours(post.room_id, post.since, wanted)
        return next((str(event.event_id) for event in events if wanted(event)), None)

    async def standing(self, room_id: str, since: datetime) -> dict[str, Stands]:
        """All our own events back to shortly before then; see `bot.post.Sender`."""
        found: dict[str, Stands] = {}
        for event in await self._ours(room_id, since, lambda _event: False):
            transaction = transaction_of(event.source)
            if event.source.get("sender") == self._us and transaction is not None:
                sealed = event.source.get("type") == "m.room.encrypted"
                content = event.source.get("content") or {}
                found.setdefault(transaction, Stands(str(event.event_id), None if sealed else gist(content)))
        return found

    async def _ours(self, room_id: str, since: datetime, enough: Callable[[Raw], bool]) -> list[Raw]:
        """Our own events back to shortly before `since`, or to a page with one that is `enough`."""
        oldest = int((since - BEFORE_FIRST_ATTEMPT).timestamp() * 1000)

        def old(event: Raw) -> bool:
            sent = event.source.get("origin_server_ts")
            return isinstance(sent, int) and sent < oldest

        try:
            return await backwards(
                self._client,
                room_id,
                None,
                only={"senders": [self._us]},
                enough=lambda page: any(enough(event) or old(event) for event in page),
            )
        except Unreachable as error:
            raise TryAgain(str(error), error.after, ours=True) from error

    async def upload(self, room_id: str, upload: Upload) -> dict[str, Any]:
        """Upload a file; see `bot.post.Sender`."""
        room = self._client.rooms.get(room_id)
        if room is None:
            raise await self._not_there(room_id)
        await self._arriving.look(room_id)
        if problem := self._client.ciphers.problem(room_id):
            raise Rejected(problem)
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT):
                answer, keys = await self._client.upload(
                    io.BytesIO(upload.content),
                    content_type=upload.mimetype,
                    filename=None if room.encrypted else upload.name,
                    encrypt=room.encrypted,
                    filesize=len(upload.content),
                )
        except NETWORK_ERRORS as error:
            raise no_answer(error) from error
        if refused := refusal(answer):
            raise not_sent(refused)
        return {"file": {**keys, "url": answer.content_uri}} if keys else {"url": answer.content_uri}

    async def close(self) -> None:
        """Wait for what is under way."""
        if self._running:
            await asyncio.wait(self._running, timeout=CLOSE_TIMEOUT)

    async def _send(self, post: Post) -> str:
        content = post.content | {CONTENT_KEY: post.transaction}
        async with self._rooms[post.room_id]:
            if post.room_id not in self._client.rooms:
                raise await self._not_there(post.room_id)
            await self._arriving.look(post.room_id)
            if problem := self._client.ciphers.problem(post.room_id):
                raise Rejected(problem)
            try:
                answer = await self._client.room_send(
                    post.room_id, post.event_type, content, tx_id=post.transaction, ignore_unverified_devices=True
                )
            except NETWORK_ERRORS as error:
                raise no_answer(error) from error
            except (nio.ProtocolError, nio.EncryptionError, nio.GroupEncryptionError, nio.OlmTrustError) as error:
                values = {"room_id": post.room_id, "problem": type(error).__name__}
                log.warning("Sending to %(room_id)s failed while encrypting: %(problem)s", values)
                raise TryAgain(f"cannot be encrypted now: {type(error).__name__}", CRYPTO_RETRY) from error
            except STORE_DOWN as error:
                raise TryAgain(f"the key store fails: {error}", ours=True) from error
        if refused := refusal(answer):
            raise not_sent(refused)
        return str(answer.event_id)

    async def _not_there(self, room_id: str) -> TryAgain | Rejected:
        """Why the sync loop does not know a room: it will soon, or we are not in it."""
        try:
            answer = await self._client.room_get_state_event(room_id, "m.room.member", self._us)
        except NETWORK_ERRORS as error:
            return no_answer(error)
        refused = refusal(answer)
        if refused and refused.passing:
            return TryAgain(str(refused), refused.after, ours=True)
        if refused or answer.content.get("membership") != "join":
            return Barred(f"we are not in the room {room_id}")
        return TryAgain("the room has not arrived by sync yet", SYNC_SOON)

    async def _finished(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._over)
        return await asyncio.shield(task)

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen, also when the caller has gone

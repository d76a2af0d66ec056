"""Carries out what was stored: in order per room, again after a fault, never twice.

Recovery rules (measured on Synapse): a transaction ID sent again from the same device within 24 hours returns the first
event. So what is younger than 20 hours goes out again as it is; what is older, or was begun by another device, is first
looked for in the room's history.
"""

import asyncio
import contextlib
import json
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.chart import Bar, BarChart
from bot.errors import Rejected, StoreDown, TryAgain
from bot.post import Image, Post, Sender
from bot.store import outbox as rows
from bot.store import rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Room

log = logging.getLogger(__name__)

AT_ONCE = 8  # rooms served at the same time
REMEMBERED = timedelta(hours=20)  # Synapse keeps transaction IDs for 24 hours; the rest is for clocks
CONFIRM_EVERY = 0.25  # seconds; a crash before it costs a PUT that is answered with the event we had
LONGEST_PAUSE = 60.0  # seconds between attempts
UNEXPECTED_AT_MOST = 5  # further attempts after what nobody foresaw: a full disk passes, a mistake of ours does not

Draw = Callable[[BarChart], Awaitable[Image]]


class Outbox:
    """One queue per room or person; whoever stores rows offers them here after the commit."""

    def __init__(self, database: Database, sender: Sender, draw: Draw, us: str) -> None:
        self._database = database
        self._sender = sender
        self._draw = draw
        self._us = us
        self._queues: dict[str, deque[Row]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._confirmed: list[tuple[int, str | None, str | None]] = []
        self._events: dict[str, str] = {}  # key to event ID, for rows that refer to a row sent a moment ago
        self._confirm_soon: asyncio.Task[None] | None = None
        self._failures: dict[int, int] = {}
        self._unexpected: dict[int, int] = {}
        self._stopping = asyncio.Event()

    async def resume(self) -> int:
        """Take up what an earlier process left; how many rows that are."""
        left = await self._database.run(rows.waiting)
        self.offer(left)
        return len(left)

    def offer(self, new: Sequence[Row]) -> None:
        """Queue rows that are committed."""
        for row in new:
            target = row.room_id or row.person or ""
            self._queues.setdefault(target, deque()).append(row)
            if target not in self._workers and not self._stopping.is_set():
                self._workers[target] = asyncio.create_task(self._serve(target), name=f"outbox {target}")

    async def drained(self) -> None:
        """Return when nothing waits any more."""
        while self._workers or self._confirmed or self._confirm_soon:
            await asyncio.gather(*self._workers.values(), return_exceptions=True)
            if self._confirm_soon:
                await asyncio.gather(self._confirm_soon, return_exceptions=True)

    async def stop(self) -> None:
        """Finish the sends under way, leave the rest to the next start. A running send is never cancelled."""
        self._stopping.set()
        await asyncio.gather(*self._workers.values(), return_exceptions=True)
        await self._confirm()

    async def _serve(self, target: str) -> None:
        queue = self._queues[target]
        try:
            while queue and not self._stopping.is_set():
                async with self._slots:
                    pause = await self._attempt(queue[0])
                if pause is None:
                    queue.popleft()
                else:
                    await self._rest(pause)
        finally:
            del self._workers[target]
            if not queue:
                self._queues.pop(target, None)

    async def _rest(self, seconds: float) -> None:
        """Pause between attempts, but not beyond a stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _attempt(self, row: Row) -> float | None:
        """Carry out one row. None when it is settled, else the seconds to wait before the next attempt."""
        try:
            await self._carry_out(row)
        except TryAgain as problem:
            wait = _back_off(_one_more(self._failures, row.id)) if problem.after is None else problem.after
            log.warning("outbox row %s: %s; again in %.1f s", row.id, problem, wait)
            return wait * random.uniform(1.0, 1.2)  # noqa: S311 - jitter, no secret
        except Rejected as problem:
            log.error("outbox row %s for %s is parked: %s", row.id, row.room_id or row.person, problem)  # noqa: TRY400 - no traceback needed
            await self._park(row.id, str(problem))
        except StoreDown as problem:
            log.error("outbox row %s: the database does not answer: %s", row.id, problem)  # noqa: TRY400
            return 1.0
        except Exception as problem:
            count = _one_more(self._unexpected, row.id)
            if count <= UNEXPECTED_AT_MOST:
                log.exception("outbox row %s: unexpected failure; again in %.1f s", row.id, _back_off(count))
                return _back_off(count)
            log.exception("outbox row %s is parked: unexpected failure", row.id)
            await self._park(row.id, f"{type(problem).__name__}: {problem}")
        self._failures.pop(row.id, None)
        self._unexpected.pop(row.id, None)
        return None

    async def _carry_out(self, row: Row) -> None:
        match row.action:
            case "send":
                await self._send(row, json.loads(row.content))
            case "chart":
                await self._chart(row)
            case "join":
                await self._sender.join(_room_of(row))
                self._settle(row, None)
            case "leave":
                await self._sender.leave(_room_of(row), json.loads(row.content)["reason"])
                self._settle(row, None)
            case other:
                raise Rejected(f"no such action: {other}")

    async def _send(self, row: Row, content: dict[str, Any]) -> None:
        room_id = row.room_id or await self._direct_room(row)
        if row.refers_to is not None:
            content["m.relates_to"]["event_id"] = await self._event_of(row.refers_to)
        post = Post(room_id, row.event_type, content, row.transaction, row.first_attempt_at)
        event_id = await self._sent_before(row, post)
        if event_id is None:
            event_id = await self._sender.send(post)
        row.room_id = room_id
        self._settle(row, event_id)

    async def _sent_before(self, row: Row, post: Post) -> str | None:
        """Look for the event where the homeserver may have forgotten our transaction ID; else None."""
        now = datetime.now(UTC)
        device = self._sender.device_id
        if row.device_id == device and now - row.first_attempt_at < REMEMBERED:
            return None
        found = await self._sender.find(post)
        if found is None:
            await self._database.run(lambda session: rows.attempt(session, row.id, device, now))
            row.device_id, row.first_attempt_at = device, now
        return found

    async def _event_of(self, key: str) -> str:
        event_id = self._events.get(key) or await self._database.run(lambda session: rows.event_of(session, key))
        if event_id is None:
            raise Rejected(f"refers to {key}, which was never sent")
        return event_id

    async def _direct_room(self, row: Row) -> str:
        """Where we talk to this person alone; opened when there is no such room yet."""
        person = row.person or ""
        known = await self._database.run(lambda session: rooms.direct_with(session, person))
        if known is not None and await self._database.run(lambda s: rooms.is_member(s, known.room_id, person)):
            return known.room_id
        room_id = await self._sender.open_direct(person)
        if known is None or known.room_id != room_id:
            room = Room(room_id=room_id, direct_with=person, invited_by=self._us, since=datetime.now(UTC))
            await self._database.run(lambda session: rooms.save(session, room))
        return room_id

    async def _chart(self, row: Row) -> None:
        room_id = _room_of(row)
        spec = json.loads(row.content)
        chart = BarChart(spec["title"], tuple(Bar(**bar) for bar in spec["bars"]), spec["alt"])
        image = await self._draw(chart)
        uploaded = await self._sender.upload(room_id, image)
        info = {"mimetype": "image/png", "size": len(image.png), "w": image.width, "h": image.height}
        content = {
            "msgtype": "m.image",
            "body": chart.alt,
            "filename": image.name,
            "info": info,
            "m.mentions": {},
            **uploaded,
        }
        await self._send(row, content)

    def _settle(self, row: Row, event_id: str | None) -> None:
        """The row is done; written down with the next few."""
        if event_id is not None:
            self._events[row.key] = event_id
        self._confirmed.append((row.id, event_id, row.room_id))
        if self._confirm_soon is None:
            self._confirm_soon = asyncio.create_task(self._confirm_later(), name="outbox confirm")

    async def _confirm_later(self) -> None:
        await asyncio.sleep(CONFIRM_EVERY)
        while self._confirmed:
            try:
                await self._confirm()
            except StoreDown as problem:
                log.error("the database does not answer: %s", problem)  # noqa: TRY400
                await asyncio.sleep(1)
        self._confirm_soon = None

    async def _confirm(self) -> None:
        confirmed = list(self._confirmed)
        await self._database.run(lambda session: rows.confirm(session, confirmed))
        del self._confirmed[: len(confirmed)]
        if len(self._events) > 1000:
            self._events = dict(list(self._events.items())[-100:])

    async def _park(self, row_id: int, problem: str) -> None:
        """Set a row aside that will never go out; its room's later rows go on."""
        try:
            await self._database.run(lambda session: rows.park(session, row_id, problem))
        except StoreDown:
            log.exception("outbox row %s could not be marked as parked; the next start tries it again", row_id)


def _one_more(failures: dict[int, int], row_id: int) -> int:
    failures[row_id] = failures.get(row_id, 0) + 1
    return failures[row_id]


def _back_off(failures: int) -> float:
    """Seconds to wait after so many failures."""
    return min(LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 8))


def _room_of(row: Row) -> str:
    if row.room_id is None:
        raise Rejected("a row without a room")
    return row.room_id

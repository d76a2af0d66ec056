"""Carries out what was stored: in order per room, again after a fault, never twice.

Recovery rules (measured on Synapse): a transaction ID sent again from the same device within 24 hours returns the first
event. So what is younger than 20 hours goes out again as it is; what is older, or was begun by another device, is first
looked for in the room's history.
"""

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.delivery import Delivery
from bot.errors import Rejected, StoreDown, TryAgain
from bot.store import outbox as rows
from bot.store.database import Database
from bot.store.outbox import Row

log = logging.getLogger(__name__)

AT_ONCE = 8  # rooms served at the same time
MAILS_AT_ONCE = 2  # a slow mail server must not keep the homeserver waiting
CONFIRM_EVERY = 0.25  # seconds; a crash before it costs a PUT that is answered with the event we had
LONGEST_PAUSE = 60.0  # seconds between attempts
GIVEN_UP_AFTER = {"invite": 8, "fetch": 8}  # attempts, about two minutes: then a person must know
TRIED_FOR = {"mail": timedelta(days=2)}  # a mail server may be down over a weekend; later is too late
STORE_PAUSE = 1.0  # seconds until a database that does not answer is asked again
OPTIONAL = frozenset({"pin", "state", "empower"})  # where we lack the power, people were told so: no fault
UNEXPECTED_AT_MOST = 5  # further attempts after what nobody foresaw: a full disk passes, a mistake of ours does not


class Outbox:
    """One queue per room or person; whoever stores rows offers them here after the commit."""

    def __init__(self, database: Database, delivery: Delivery) -> None:
        self._database = database
        self._delivery = delivery
        self._queues: dict[str, deque[Row]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._mail_slots = asyncio.Semaphore(MAILS_AT_ONCE)
        self._confirmed: list[Row] = []
        self._confirm_soon: asyncio.Task[None] | None = None
        self._failures: dict[int, int] = {}
        self._unexpected: dict[int, int] = {}
        self._given_up: dict[int, str] = {}  # rows reported as failed and not yet parked, and why
        self._stopping = asyncio.Event()

    async def resume(self) -> int:
        """Take up what an earlier process left; how many rows that are."""
        left = await self._database.run(rows.waiting)
        self.offer(left)
        return len(left)

    def offer(self, new: Sequence[Row]) -> None:
        """Queue rows that are committed."""
        for row in new:
            target = _target(row)
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
                async with self._mail_slots if queue[0].action == "mail" else self._slots:
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
        if row.id in self._given_up:
            return await self._give_up(row, self._given_up[row.id])
        try:
            self._settle(row, await self._delivery.carry_out(row))
        except TryAgain as problem:
            failures = _one_more(self._failures, row.id) if problem.after is None else 0
            if not _tried_enough(row, failures):
                wait = _back_off(failures) if problem.after is None else problem.after
                log.warning("outbox row %s: %s; again in %.1f s", row.id, problem, wait)
                return wait * random.uniform(1.0, 1.2)  # noqa: S311 - jitter, no secret
            log.error("outbox row %s for %s is parked, tried long enough: %s", row.id, _whose(row), problem)  # noqa: TRY400 - no traceback needed
            return await self._give_up(row, str(problem))
        except Rejected as problem:
            level = logging.INFO if row.action in OPTIONAL else logging.ERROR
            log.log(level, "outbox row %s for %s is parked: %s", row.id, _whose(row), problem)
            return await self._give_up(row, str(problem))
        except StoreDown as problem:
            log.error("outbox row %s: the database does not answer: %s", row.id, problem)  # noqa: TRY400
            return STORE_PAUSE
        except Exception as problem:
            count = _one_more(self._unexpected, row.id)
            if count <= UNEXPECTED_AT_MOST:
                log.exception("outbox row %s: unexpected failure; again in %.1f s", row.id, _back_off(count))
                return _back_off(count)
            log.exception("outbox row %s is parked: unexpected failure", row.id)
            return await self._give_up(row, f"{type(problem).__name__}: {problem}")
        self._forget(row)
        return None

    async def _give_up(self, row: Row, problem: str) -> float | None:
        """Set a row aside that will never go out, once whoever waits for it has heard; its room's later rows go on.

        Where the database fails in between, it goes on from there: what was reported as failed must not succeed.
        """
        try:
            if row.id not in self._given_up:
                await self._tell(row, problem)
                self._given_up[row.id] = problem
            await self._database.run(lambda session: rows.park(session, row.id, problem))
        except StoreDown as down:
            log.error("outbox row %s: the database does not answer: %s", row.id, down)  # noqa: TRY400
            return STORE_PAUSE
        self._forget(row)
        return None

    async def _tell(self, row: Row, problem: str) -> None:
        try:
            await self._delivery.failed(row, problem)
        except StoreDown:
            raise
        except Exception:
            log.exception("outbox row %s: nobody could be told that it failed", row.id)

    def _forget(self, row: Row) -> None:
        self._failures.pop(row.id, None)
        self._unexpected.pop(row.id, None)
        self._given_up.pop(row.id, None)

    def _settle(self, row: Row, event_id: str | None) -> None:
        """The row is done; written down with the next few."""
        row.event_id = event_id
        self._confirmed.append(row)
        if self._confirm_soon is None:
            self._confirm_soon = asyncio.create_task(self._confirm_later(), name="outbox confirm")

    async def _confirm_later(self) -> None:
        await asyncio.sleep(CONFIRM_EVERY)
        while self._confirmed:
            try:
                await self._confirm()
            except StoreDown as problem:
                log.error("the database does not answer: %s", problem)  # noqa: TRY400
                await asyncio.sleep(STORE_PAUSE)
        self._confirm_soon = None

    async def _confirm(self) -> None:
        confirmed = list(self._confirmed)
        await self._database.run(lambda session: rows.confirm(session, confirmed))
        del self._confirmed[: len(confirmed)]


def _one_more(failures: dict[int, int], row_id: int) -> int:
    failures[row_id] = failures.get(row_id, 0) + 1
    return failures[row_id]


def _tried_enough(row: Row, failures: int) -> bool:
    attempts, longest = GIVEN_UP_AFTER.get(row.action), TRIED_FOR.get(row.action)
    if attempts is not None and failures >= attempts:
        return True
    return longest is not None and datetime.now(UTC) - row.created_at > longest


def _back_off(failures: int) -> float:
    """Seconds to wait after so many failures."""
    return min(LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 8))


def _whose(row: Row) -> str:
    """For the log: no address, no text."""
    return row.room_id or row.person or row.key


def _target(row: Row) -> str:
    """Whose queue a row stands in. What waits for a far server (an invitation, a mail) holds up nobody else."""
    match row.action:
        case "open" | "fetch" | "follow" | "mail":
            return f"{row.action} {row.key}"
        case "invite":
            return f"invite {row.person} {row.room_id}"
        case _:
            return row.room_id or row.person or ""

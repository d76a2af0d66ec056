"""Carries out what was stored: in order per room, again after a fault, never twice.

Recovery rules (measured on Synapse): a transaction ID sent again from the same device within 24 hours returns the first
event. So what is younger than 20 hours goes out again as it is; what is older, or was begun by another device, is first
looked for in the room's history. Where a room was replaced, what still waited goes to the new one; as the answer of the
old one may have got lost, it is first looked for there.

What a room does not take because we are out of it, or may not speak there, is held (`bot.store.outbox.hold`); the
effect `Resume` takes it up again.
"""

import asyncio
import contextlib
import logging
import random
from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.delivery import Delivery
from bot.errors import Barred, Rejected, StoreDown, TryAgain
from bot.store import Session, moves
from bot.store import outbox as rows
from bot.store.database import Database
from bot.store.outbox import Row

log = logging.getLogger(__name__)

AT_ONCE = 8  # rows of a lane carried out at the same time
MAILS_AT_ONCE = 4  # a mail server does not like many
FAR = frozenset({"invite", "join", "follow", "fetch"})  # a far server may let us wait: each has a lane of its own
STOP_WAITS_FOR_MAIL = 30.0  # seconds; a letter that is cut off goes again at the next start
CONFIRM_EVERY = 0.25  # seconds; a crash before it costs a PUT that is answered with the event we had
LONGEST_PAUSE = 60.0  # seconds between attempts
GIVEN_UP_AFTER = {"invite": 8, "fetch": 8, "reread": 8}  # refusals, about two minutes: then a person must know
TRIED_FOR = dict.fromkeys(("mail", "invite", "fetch"), timedelta(days=2))  # servers may be down over a weekend
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
        self._lanes = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(AT_ONCE))
        self._lanes["mail"] = asyncio.Semaphore(MAILS_AT_ONCE)
        self._confirmed: list[Row] = []
        self._confirm_soon: asyncio.Task[None] | None = None
        self._failures: dict[int, int] = {}
        self._refusals: dict[int, int] = {}  # of the failures, those that are about the row itself
        self._barred: dict[int, rows.Standing] = {}  # how we stood when a room did not take a row
        self._unexpected: dict[int, int] = {}
        self._given_up: dict[int, str] = {}  # rows reported as failed and not yet parked, and why
        self._stopping = asyncio.Event()

    async def resume(self) -> int:
        """Take up what an earlier process left; how many rows that are."""
        left = await self._database.run(_left)
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
        """Finish the sends under way, leave the rest to the next start. No running send is cancelled, but a letter."""
        self._stopping.set()
        letters = [worker for target, worker in self._workers.items() if target.startswith("mail ")]
        if letters:
            _, unanswered = await asyncio.wait(letters, timeout=STOP_WAITS_FOR_MAIL)
            for worker in unanswered:
                worker.cancel()
        await asyncio.gather(*self._workers.values(), return_exceptions=True)
        await self._confirm()

    async def _serve(self, target: str) -> None:
        queue = self._queues[target]
        try:
            while queue and not self._stopping.is_set():
                async with self._lanes[_lane(queue[0])]:
                    if self._stopping.is_set():
                        break  # it was waiting for its turn
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
            return await self._tried(row)
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

    async def _tried(self, row: Row) -> float | None:
        if row.id in self._given_up:
            return await self._give_up(row, self._given_up[row.id])
        try:
            if await self._delivery.goes_elsewhere(row):
                self._moved(row)
                return None
            event_id = await self._delivery.carry_out(row)
        except TryAgain as problem:
            return await self._later(row, problem)
        except Rejected as problem:
            return await self._refused(row, problem)
        self._settle(row, event_id)
        self._forget(row)
        return None

    def _moved(self, row: Row) -> None:
        """It stands in another queue from now on, behind what is said there already."""
        self._forget(row)
        self.offer([row])

    async def _later(self, row: Row, problem: TryAgain) -> float | None:
        """How long to wait, unless it was tried long enough. That our own homeserver is away is not the row's fault."""
        failures = _one_more(self._failures, row.id) if problem.after is None else 0
        if problem.after is None and not problem.ours:
            _one_more(self._refusals, row.id)
        if not _tried_enough(row, self._refusals.get(row.id, 0)):
            wait = _back_off(failures) if problem.after is None else problem.after
            log.warning("outbox row %s: %s; again in %.1f s", row.id, problem, wait)
            return wait * random.uniform(1.0, 1.2)  # noqa: S311 - jitter, no secret
        log.error("outbox row %s for %s is parked, tried long enough: %s", row.id, _whose(row), problem)
        return await self._give_up(row, str(problem))

    async def _refused(self, row: Row, problem: Rejected) -> float | None:
        """Park what will never go out; hold it if the room may be open to us again, or send it where the room went."""
        if await self._delivery.goes_elsewhere(row, refused=True):
            self._moved(row)
            return None
        if isinstance(problem, Barred) and row.room_id is not None and row.action in rows.MAY_BE_HELD:
            return await self._hold(row, row.room_id, str(problem))
        level = logging.INFO if row.action in OPTIONAL else logging.ERROR
        log.log(level, "outbox row %s for %s is parked: %s", row.id, _whose(row), problem)
        return await self._give_up(row, str(problem))

    async def _hold(self, row: Row, room_id: str, problem: str) -> float | None:
        """Hold a row that was refused twice in the same state of things.

        Otherwise the room could have become open to us in between, and nobody would take up what is held too late.
        """
        before = self._barred.get(row.id)

        def work(session: Session) -> rows.Standing:
            standing = rows.standing(session, row.id)
            if standing == before:
                rows.hold(session, row.id, problem)
            return standing

        standing = await self._database.run(work)
        if standing != before:
            self._barred[row.id] = standing
            return 0.0
        log.warning("outbox row %s for %s is held: %s", row.id, room_id, problem)
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
        self._refusals.pop(row.id, None)
        self._barred.pop(row.id, None)
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


def _left(session: Session) -> list[Row]:
    """What an earlier process left. Where a room was replaced, it may have spoken in the old one."""
    rows.release_all(session, datetime.now(UTC))
    left = rows.waiting(session)
    before = moves.predecessors(session)
    for row in left:
        row.formerly = before.get(row.room_id or "", ())
    return left


def _tried_enough(row: Row, refusals: int) -> bool:
    attempts, longest = GIVEN_UP_AFTER.get(row.action), TRIED_FOR.get(row.action)
    if attempts is not None and refusals >= attempts:
        return True
    return longest is not None and datetime.now(UTC) - row.created_at > longest


def _back_off(failures: int) -> float:
    """Seconds to wait after so many failures."""
    return min(LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 8))


def _lane(row: Row) -> str:
    """With what a row shares the slots: nobody waits for what another server, or opening a chat, may take."""
    if row.action in FAR or row.action == "mail":
        return row.action
    return "ours" if row.room_id or row.person is None else "direct"


def _whose(row: Row) -> str:
    """For the log: no address, no text."""
    return row.room_id or row.person or row.key


def _target(row: Row) -> str:
    """Whose queue a row stands in. What waits for a far server (an invitation, a mail) holds up nobody else."""
    match row.action:
        case "open" | "fetch" | "follow" | "mail" | "reread":
            return f"{row.action} {row.key}"
        case "invite":
            return f"invite {row.person} {row.room_id}"
        case _:
            return row.room_id or row.person or ""

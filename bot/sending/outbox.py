"""Carries out what was stored: in order per room, again after a fault, never twice.

Recovery rules (measured on Synapse): a transaction ID sent again from the same device within 24 hours returns the first
event. So what this process has begun goes out again as it is, for 20 hours; what is older, or was left by an earlier
process, is first looked for in the room's history (`doubtful`). Where a room was replaced, what still waited goes
to the new one; as the answer of the old one may have got lost, it is first looked for there.

What a room does not take because we are out of it, or may not speak there, is held (`bot.store.outbox.hold`); the
effect `Resume` takes it up again.
"""

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.errors import Barred, Rejected, StoreDown, TryAgain
from bot.sending.confirming import Confirming
from bot.sending.delivery import Delivery
from bot.sending.forecast import Forecast
from bot.sending.lanes import (
    AT_ONCE,
    HANDED_AT_ONCE,
    MAILS_AT_ONCE,
    PACED,
    Lane,
    Pace,
    inviter_of,
    is_pressing,
    lane_of,
)
from bot.sending.tries import Tries
from bot.store import Session, moves
from bot.store import outbox as rows
from bot.store.database import Database
from bot.store.outbox import Row
from bot.vitals import Vitals

log = logging.getLogger(__name__)

STOP_WAITS_FOR_MAIL = 30.0  # seconds; a letter that is cut off goes again at the next start
LONGEST_PAUSE = 60.0  # seconds between attempts
STORE_PAUSE = 1.0  # seconds until a database that does not answer is asked again
OPTIONAL = frozenset({"pin", "state", "empower"})  # where we lack the power, people were told so: no fault
UNEXPECTED_AT_MOST = 5  # further attempts after what nobody foresaw: a full disk passes, a mistake of ours does not


class Outbox:
    """One queue per room or person; whoever stores rows offers them here after the commit."""

    def __init__(self, database: Database, delivery: Delivery, vitals: Vitals | None = None) -> None:
        self._database = database
        self._delivery = delivery
        vitals = vitals or Vitals()
        self._posts = vitals.posts
        self._forecast = Forecast(vitals.throughput)
        self._queues: dict[str, deque[Row]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._pace = Pace(self._rest)  # of what is said, wherever
        self._lanes: dict[str, Lane] = {
            "mail": Lane(MAILS_AT_ONCE, Pace(self._rest)),
            "handed": Lane(HANDED_AT_ONCE, self._pace),
        }
        self._confirming = Confirming(database)
        self._tries = Tries()
        self._barred: dict[int, rows.Standing] = {}  # how we stood when a room did not take a row
        self._given_up: dict[int, str] = {}  # rows reported as failed and not yet parked, and why
        self._stopping = asyncio.Event()
        self._found: set[int] = set()  # rows that were committed, and the one who stored them did not hear so
        self._looking: asyncio.Task[None] | None = None

    async def resume(self) -> int:
        """Take up what an earlier process left; how many rows that are."""
        left = await self._database.run(_left)
        self.offer(left)
        return len(left)

    def offer(self, new: Sequence[Row]) -> None:
        """Queue rows that are committed."""
        for row in new:
            if row.id in self._found and row.made_at is not None:
                self._found.discard(row.id)  # before its maker came to offer it
            else:
                self._queue(row)

    def _queue(self, row: Row) -> None:
        target = _target(row)
        self._queues.setdefault(target, deque()).append(row)
        self._forecast.came(row)
        if target not in self._workers and not self._stopping.is_set():
            self._workers[target] = asyncio.create_task(self._serve(target), name=f"outbox {target}")

    def look_again(self) -> None:
        """The database is back. It may have died between a commit and its answer: then rows wait that nobody offers."""
        if not self._stopping.is_set() and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look_again(), name="outbox look again")

    async def _look_again(self) -> None:
        try:
            waiting = await self._database.run(rows.waiting)
        except StoreDown:
            return  # once more when it is back
        known = {row.id for queue in self._queues.values() for row in queue} | {row.id for row in self._confirming.rows}
        missed = [row for row in waiting if row.id not in known]
        self.offer(missed)
        self._found.update(row.id for row in missed)
        if missed:
            log.info("the database is back; posts of which nobody knew: %(posts)d", {"posts": len(missed)})

    async def drained(self) -> None:
        """Return when nothing waits any more."""
        while self._workers or self._confirming.under_way:
            await asyncio.gather(*self._workers.values(), return_exceptions=True)
            await self._confirming.finish()

    async def stop(self) -> None:
        """Finish the sends under way, leave the rest to the next start. No running send is cancelled, but a letter."""
        self._stopping.set()
        letters = [worker for target, worker in self._workers.items() if target.startswith("mail ")]
        if letters:
            _, unanswered = await asyncio.wait(letters, timeout=STOP_WAITS_FOR_MAIL)
            for worker in unanswered:
                worker.cancel()
        await asyncio.gather(*self._workers.values(), *filter(None, [self._looking]), return_exceptions=True)
        await self._confirming.write()

    async def _serve(self, target: str) -> None:
        queue = self._queues[target]
        try:
            while queue and not self._stopping.is_set():
                lane = self._lane(queue[0])
                async with lane.turn(inviter_of(queue[0]), lambda: is_pressing(queue)) as alone:
                    if self._stopping.is_set():
                        break  # it was waiting for its turn
                    pause = await self._attempt(queue[0])
                    while alone and pause == 0.0 and not self._stopping.is_set():
                        await lane.pace.rested()
                        pause = await self._attempt(queue[0])
                if pause is None:
                    self._forecast.settled(queue.popleft())
                else:
                    await self._rest(pause)
                    await self._reached(queue[0])
        finally:
            del self._workers[target]
            if not queue:
                self._queues.pop(target, None)

    async def _rest(self, seconds: float) -> None:
        """Pause between attempts, but not beyond a stop."""
        if seconds <= 0:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _reached(self, row: Row) -> None:
        """Wait until our homeserver is there, but not beyond a stop. When it is back, all rows go on."""
        if row.action == "mail":
            return
        waits = {asyncio.ensure_future(self._delivery.reached()), asyncio.ensure_future(self._stopping.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def _lane(self, row: Row) -> Lane:
        lane = "handed" if self._delivery.hands_over(row) else lane_of(row)
        return self._lanes.setdefault(lane, Lane(AT_ONCE, self._pace if lane in PACED else Pace(self._rest)))

    async def _attempt(self, row: Row) -> float | None:
        """Carry out one row. None when it is settled, else the seconds to wait before the next attempt."""
        try:
            return await self._tried(row)
        except StoreDown as problem:
            log.error("outbox row %(row)s: the database does not answer: %(problem)s", _values(row, problem))  # noqa: TRY400
            return STORE_PAUSE
        except Exception as problem:
            count = self._tries.surprised(row)
            if count <= UNEXPECTED_AT_MOST:
                values = _values(row, wait=_back_off(count))
                log.exception("outbox row %(row)s: unexpected failure; again in %(wait_seconds).1f s", values)
                return _back_off(count)
            log.exception("outbox row %(row)s is parked: unexpected failure", _values(row))
            kind = type(problem).__name__  # its words may quote people
            return await self._give_up(row, f"unexpected failure: {kind}")

    async def _tried(self, row: Row) -> float | None:
        if row.id in self._given_up:
            return await self._give_up(row, self._given_up[row.id])
        lane = self._lane(row)  # once it has gone out, it has a room, and would belong to another one
        try:
            if await self._delivery.goes_elsewhere(row):
                self._moved(row)
                return None
            event_id = await self._delivery.carry_out(row)
        except TryAgain as problem:
            return await self._later(row, problem)
        except Rejected as problem:
            return await self._refused(row, problem)
        row.event_id = event_id
        self._confirming.add(row)
        lane.pace.went()
        self._forecast.went(row)
        self._tries.went(row)
        self._posts["sent"] += 1
        self._forget(row)
        return None

    def _moved(self, row: Row) -> None:
        """It stands in another queue from now on, behind what is said there already."""
        self._forget(row)
        self._queue(row)

    async def _later(self, row: Row, problem: TryAgain) -> float | None:
        """How long to wait, unless it was tried long enough. That our own homeserver is away is not the row's fault."""
        failures = self._tries.failed(row, ours=problem.ours) if problem.after is None else 0
        if self._tries.is_stuck(row):
            return await self._set_aside(row, str(problem))
        if not self._tries.enough(row):
            wait = _back_off(failures) if problem.after is None else problem.after
            log.warning("outbox row %(row)s: %(problem)s; again in %(wait_seconds).1f s", _values(row, problem, wait))
            self._posts["retried"] += 1
            if problem.ours and problem.after is not None and lane_of(row) in PACED:
                self._pace.patience(problem.after)
                self._forecast.refused(problem.after)
                return 0.0
            if problem.ours:
                self._forecast.away()
            return wait * random.uniform(1.0, 1.2)  # noqa: S311 - jitter, no secret
        log.error("outbox row %(row)s for %(target)s is parked, tried long enough: %(problem)s", _values(row, problem))
        return await self._give_up(row, str(problem))

    async def _set_aside(self, row: Row, problem: str) -> float | None:
        """Hold it until the next start: a newer homeserver may take it. What cannot be held is parked.

        Those who run the bot are told of both.
        """
        if row.room_id is None or row.action not in rows.MAY_BE_HELD:
            log.error("outbox row %(row)s for %(target)s is parked: %(problem)s", _values(row, problem))
            return await self._give_up(row, problem)
        await self._database.run(lambda session: rows.hold(session, row.id, problem, datetime.now(UTC)))
        log.error("outbox row %(row)s for %(target)s is held: %(problem)s", _values(row, problem))
        self._posts["held"] += 1
        self._forget(row)
        return None

    async def _refused(self, row: Row, problem: Rejected) -> float | None:
        """Park what will never go out; hold it if the room may be open to us again, or send it where the room went."""
        if await self._delivery.goes_elsewhere(row, refused=True):
            self._moved(row)
            return None
        if isinstance(problem, Barred) and row.room_id is not None and row.action in rows.MAY_BE_HELD:
            return await self._hold(row, row.room_id, str(problem))
        level = logging.INFO if row.action in OPTIONAL else logging.ERROR
        log.log(level, "outbox row %(row)s for %(target)s is parked: %(problem)s", _values(row, problem))
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
        log.warning("outbox row %(row)s for %(room_id)s is held: %(problem)s", _values(row, problem))
        self._posts["held"] += 1
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
            await self._database.run(lambda session: rows.park(session, row.id, problem, datetime.now(UTC)))
        except StoreDown as down:
            log.error("outbox row %(row)s: the database does not answer: %(problem)s", _values(row, down))  # noqa: TRY400
            return STORE_PAUSE
        self._posts["parked"] += 1
        self._forget(row)
        return None

    async def _tell(self, row: Row, problem: str) -> None:
        try:
            await self._delivery.failed(row, problem)
        except StoreDown:
            raise
        except Exception:
            log.exception("outbox row %(row)s: nobody could be told that it failed", _values(row))

    def _forget(self, row: Row) -> None:
        self._tries.forget(row)
        self._barred.pop(row.id, None)
        self._given_up.pop(row.id, None)


def _left(session: Session) -> list[Row]:
    """What an earlier process left. Where a room was replaced, it may have spoken in the old one."""
    rows.release_all(session, datetime.now(UTC))
    left = rows.waiting(session)
    before = moves.predecessors(session)
    for row in left:
        row.left = True
        row.formerly = before.get(row.room_id or "", ())
    return left


def _back_off(failures: int) -> float:
    """Seconds to wait after so many failures."""
    return min(LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 8))


def _whose(row: Row) -> str:
    """For the log: no address, no text."""
    return row.room_id or row.person or row.key


def _values(row: Row, problem: object = None, wait: float | None = None) -> dict[str, object]:
    """For the log; `wait` in seconds."""
    return {
        "row": row.id,
        "action": row.action,
        "room_id": row.room_id,
        "target": _whose(row),
        "problem": problem,
        "wait_seconds": wait,
    }


def _target(row: Row) -> str:
    """Whose queue a row stands in. What waits for a far server (an invitation, a mail) holds up nobody else."""
    match row.action:
        case "open" | "fetch" | "follow" | "mail" | "reread" | "compare" | "weigh":
            return f"{row.action} {row.key}"
        case "invite":
            return f"invite {row.person} {row.room_id}"
        case _:
            return row.room_id or row.person or ""

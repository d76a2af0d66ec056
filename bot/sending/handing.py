"""Handing the sending of posts over to senders (`zwischenstand send`), several of which may run beside the leader.

The outbox stays the one authority on order, pace and retries: it hands over no more than the head of a room's queue,
and sees what came of it as its own answer. What nobody answers is taken back after `PATIENCE` and sent by ourselves
under the same transaction, so that it stands once, whoever was there first.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from bot.errors import Barred, Rejected, StoreDown, TryAgain
from bot.store import Session
from bot.store import handed as store
from bot.store.database import Database
from bot.store.handed import ANSWERED, Answer
from bot.store.lease import Lease
from bot.store.outbox import Row

log = logging.getLogger(__name__)

PATIENCE = 12.0
"""Seconds for an answer; longer than a sender waits for the homeserver's (`bot.sender.WITHIN`)."""
LOOKED_EVERY = 2.0  # seconds between two looks for senders
HEARS_AGAIN = 2.0  # seconds until it is tried again to hear when something is answered
ANSWERS_EVERY = 0.5  # seconds between two looks for answers that we did not hear of, while something is handed over
RESTS = 30.0  # seconds in which nothing is handed over after nobody of those present has taken a row


class NotTaken(Exception):
    """It is ours again."""


class Handing:
    """Hands rows over, while senders are there. `clock` is monotonic, in seconds."""

    def __init__(self, database: Database, lease: Lease, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._lease = lease
        self._name = store.senders_of(lease.account)
        self._clock = clock
        self._new: dict[int, str] = {}
        self._under_way: dict[int, tuple[float, asyncio.Future[str]]] = {}
        self._news = asyncio.Event()
        self._looked_at = 0.0
        self._rests_until = 0.0
        self._present = 0
        self._sealed: set[str] = set()
        self._working: tuple[asyncio.Task[None], ...] = ()

    async def begin(self) -> None:
        """From now on. Raises StoreDown."""
        await self._database.run(store.clear)
        self._working = (
            asyncio.create_task(self._work(), name="handing over"),
            asyncio.create_task(self._hear(), name="hearing of answers"),
        )

    async def end(self) -> None:
        """When the outbox has stopped."""
        for each in self._working:
            each.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    def takes(self, row: Row) -> bool:
        """Whether this row is to be handed over now, if its room is in the clear."""
        there = self._present > 0 and self._clock() >= self._rests_until
        plain = row.action == "send" and row.room_id is not None and row.refers_to is None
        return there and plain and not row.left and not row.formerly and row.room_id not in self._sealed

    def is_sealed(self, room_id: str) -> None:
        """This room is encrypted, for ever: nothing goes there but by ourselves."""
        self._sealed.add(room_id)

    async def send(self, row: Row) -> str:
        """The event that it became. Raises TryAgain, Rejected, StoreDown, or NotTaken: then it is ours to send."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._new[row.id] = row.room_id or ""
        self._under_way[row.id] = self._clock(), answer
        self._news.set()
        return await answer

    async def _hear(self) -> None:
        """Wake up when something was answered. Where that is not heard, looking once in a while finds it."""
        from bot.store.hearing import called, listening  # noqa: PLC0415 - its driver is 8 MB that SQLite does without

        while True:
            try:
                connection = await listening(self._lease.url, f"{self._name} heard", ANSWERED)
                try:
                    while True:
                        if await called(connection, LOOKED_EVERY):
                            self._news.set()
                finally:
                    await connection.close()
            except StoreDown as problem:
                log.debug("answers of senders are not heard: %(problem)s", {"problem": problem})
            await asyncio.sleep(HEARS_AGAIN)

    async def _work(self) -> None:
        while True:
            self._news.clear()  # before looking: what comes meanwhile is looked for again
            try:
                await self._step()
            except StoreDown as problem:
                self._fail(problem)
            except Exception as problem:
                log.exception("posts cannot be handed over")
                self._fail(StoreDown(type(problem).__name__))
            await self._rest()

    async def _step(self) -> None:
        if self._clock() - self._looked_at >= LOOKED_EVERY:
            await self._look()
        if self._new:
            new, self._new = self._new, {}
            await self._database.run(lambda session: store.hand_over(session, new.items(), self._lease.fence))
        if self._under_way:
            late = [row_id for row_id, (since, _) in self._under_way.items() if self._clock() - since >= PATIENCE]
            left = [] if self._present else list(self._under_way)  # they have all gone
            told, back = await self._database.run(lambda session: _gathered(session, late, left))
            for answer in told:
                self._settle(answer.row_id, answer)
            for row_id, taken in back.items():
                self._give_back(row_id, taken=taken)

    async def _look(self) -> None:
        self._looked_at = self._clock()
        present = await self._database.run(lambda session: store.present(session, self._name))
        if present != self._present:
            log.info("senders that run: %(senders)d", {"senders": present})
        self._present = present

    async def _rest(self) -> None:
        """Until there is something to hand over, or to be looked at."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWERS_EVERY if self._under_way else LOOKED_EVERY):
                await self._news.wait()

    def _settle(self, row_id: int, answer: Answer) -> None:
        _, waiting = self._under_way.pop(row_id, (0.0, None))
        if waiting is None or waiting.done():
            return
        if answer.outcome == "stands" and answer.event_id is not None:
            waiting.set_result(answer.event_id)
        elif answer.outcome == "back":
            waiting.set_exception(NotTaken(f"row {row_id}"))
            log.info("a sender gives outbox row %(row)s back: %(problem)s", {"row": row_id, "problem": answer.problem})
        else:
            waiting.set_exception(_problem(answer))

    def _give_back(self, row_id: int, *, taken: bool) -> None:
        _, waiting = self._under_way.pop(row_id, (0.0, None))
        if waiting is not None and not waiting.done():
            waiting.set_exception(NotTaken(f"row {row_id}"))
        if not taken and self._present:
            self._rests_until = self._clock() + RESTS
        log.warning("outbox row %(row)s was not answered by a sender; we send it", {"row": row_id})

    def _fail(self, problem: StoreDown) -> None:
        """What is under way is tried again by the outbox."""
        under_way, self._under_way = self._under_way, {}
        self._new.clear()
        for _, waiting in under_way.values():
            if not waiting.done():
                waiting.set_exception(problem)


def _gathered(session: Session, late: list[int], left: list[int]) -> tuple[list[Answer], dict[int, bool]]:
    """What was answered, and which rows are ours again: whether a sender had taken each."""
    told = list(store.answers(session))
    back = store.take_back(session, late) if late else {}
    if left:
        back |= store.take_back(session, left, untaken=True)
    return told, back


def _problem(answer: Answer) -> Exception:
    reason = answer.problem or answer.outcome
    match answer.outcome:
        case "barred":
            return Barred(reason)
        case "rejected":
            return Rejected(reason)
        case _:
            return TryAgain(reason, answer.after, ours=answer.ours)

"""The clock: one tick, and whatever is due by then. Nothing is remembered here; what was done stands in the database.

APScheduler only ticks (memory store). Due times are computed by the jobs from local wall time and zone; each is claimed
once.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.context import House, Scope
from bot.errors import StoreDown
from bot.job import Due, Job
from bot.posting import Posting
from bot.store import Session, progress
from bot.store.database import Database, is_down
from bot.store.outbox import Row
from bot.vitals import Vitals

log = logging.getLogger(__name__)


AFTER_FAILURE = timedelta(minutes=1)


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


class Clock:
    """Looks every few seconds for what is due.

    Nothing is run before everything that reached the homeserver until it was due is handled (`settled`, asked for the
    latest due time): else a vote that came in time would be counted as late because we read it late. What comes after
    that holds nothing up, or the clock would stand still while people talk.
    """

    def __init__(
        self,
        database: Database,
        jobs: Sequence[Job],
        posting: Posting,
        house: House,
        offer: Callable[[Sequence[Row]], None],
        settled: Callable[[datetime], Awaitable[bool]],
        now: Callable[[], datetime] = utc_now,
        vitals: Vitals | None = None,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._posting = posting
        self._house = house
        self._offer = offer
        self._settled = settled
        self._now = now
        self._vitals = vitals or Vitals()
        self._every = 1.0
        self._not_before: dict[Due, datetime] = {}
        self._silent_until: dict[str, datetime] = {}
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._seen: tuple[datetime, float] | None = None  # what the clock showed at the last tick, and when that was

    async def begin(self) -> None:
        """Before anything is handled: the clock may have been put back while we were away. Raises StoreDown."""
        await self._put_back(self._now())

    def start(self, every: float = 1.0) -> None:
        """Tick every `every` seconds. A tick that takes longer delays the next one; none runs beside another."""
        self._every = every
        self._scheduler.add_job(
            self.tick, "interval", seconds=every, max_instances=1, coalesce=True, misfire_grace_time=None
        )
        self._scheduler.start()

    def stop(self) -> None:
        """No further ticks."""
        self._vitals.tick.stopped()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def tick(self) -> int:
        """Run what is due now; how many occurrences that were."""
        now = self._now()
        if self._scheduler.running:
            self._vitals.tick.ticked(time.monotonic(), self._every)
        try:
            await self._compare(now)
            due = await self._settled_of(await self._database.run(lambda session: self._due(session, now)))
            done = 0
            for job, occurrence in due:
                if now >= self._not_before.get(occurrence, now):
                    done += await self._run(job, occurrence, now)
        except StoreDown as problem:
            log.error("the clock waits: the database does not answer: %(problem)s", {"problem": problem})  # noqa: TRY400 - no traceback needed
            return 0
        return done

    async def _compare(self, now: datetime) -> None:
        """Tell the jobs if the clock was put back since the last tick."""
        at, seen = time.monotonic(), self._seen
        if seen is not None and now < seen[0]:
            await self._put_back(now - timedelta(seconds=at - seen[1]))
        self._seen = (now, at)

    async def _put_back(self, since: datetime) -> None:
        concerned = [job.went_back for job in self._jobs if job.went_back is not None]

        def told(session: Session) -> None:
            for went_back in concerned:
                went_back(Scope(session, since, self._house))

        if concerned:
            await self._database.run(told)

    async def _settled_of(self, due: list[tuple[Job, Due]]) -> list[tuple[Job, Due]]:
        """What may be run now of what is due; only what concerns nobody's words or votes waits for nothing."""
        depends = [occurrence.at for job, occurrence in due if job.waits]
        if not depends or await self._settled(max(depends)):
            return due
        return [(job, occurrence) for job, occurrence in due if not job.waits]

    def _due(self, session: Session, now: datetime) -> list[tuple[Job, Due]]:
        scope = Scope(session, now, self._house)
        found: list[tuple[Job, Due]] = []
        for job in self._jobs:
            try:
                for due in job.due(scope):
                    found.append((job, due))  # noqa: PERF401 - what came before a failure is due all the same
            except Exception as problem:
                if is_down(problem):
                    raise
                self._complain(job, now)
        return found

    def _complain(self, job: Job, now: datetime) -> None:
        """A job that cannot say what is due must stop no other: votes would end late for a fault in a digest."""
        if now >= self._silent_until.get(job.name, now):
            self._silent_until[job.name] = now + AFTER_FAILURE
            log.exception("job %(job)s cannot say what is due, and is asked again", {"job": job.name})

    async def _run(self, job: Job, due: Due, now: datetime) -> bool:
        try:
            rows = await self._database.run(lambda session: self._once(session, job, due, now))
        except StoreDown:
            raise
        except Exception:
            self._not_before[due] = now + AFTER_FAILURE
            values = {
                "job": job.name,
                "schedule": due.schedule,
                "due_at": due.at,
                "wait_seconds": AFTER_FAILURE.seconds,
            }
            log.exception("job %(job)s failed for %(schedule)s at %(due_at)s; again in %(wait_seconds)d s", values)
            return False
        self._not_before.pop(due, None)
        if rows is None:
            return False
        self._offer(rows)
        return True

    def _once(self, session: Session, job: Job, due: Due, now: datetime) -> list[Row] | None:
        if not progress.claim_occurrence(session, due.schedule, due.at, now):
            return None
        scope = Scope(session, now, self._house)
        return self._posting.store(scope, job.run(due, scope), f"{due.schedule} {due.at.isoformat()}")

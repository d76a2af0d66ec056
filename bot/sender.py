"""A sender (`zwischenstand send`): takes posts into unencrypted rooms from the leader, sends them, tells the outcome.

As many as wanted, on any machine that reaches database and homeserver. It decides nothing: order, pace and retries are
the outbox's. It touches no keys, and of the session reads the token alone. Whatever becomes of it, the leader goes on
(`bot.sending.handing`).
"""

import asyncio
import json
import logging
from collections import Counter

from bot.config import Settings
from bot.errors import Barred, NotSent, OperatorError, Rejected, StoreDown, TryAgain, Unreachable
from bot.matrix.putting import NoSession, Putting
from bot.store import lease
from bot.store.handed import Answer
from bot.store.taking import Taken, Taking

log = logging.getLogger(__name__)

AT_ONCE = 24  # posts under way; each is two requests, one after the other, and the leader alone has eight
LOOKS_EVERY = 1.0  # seconds, if nobody calls
WITHIN = 8.0
"""Seconds from taking a row to the end of its request, by a clock that goes on while the machine sleeps: whoever was
stopped longer sends nothing any more. The leader waits longer (`bot.sending.handing.PATIENCE`)."""
PAUSE = 2.0  # seconds until a database that does not answer, or has no session for us, is asked again


async def run(settings: Settings) -> None:
    """Send until cancelled. Raises OperatorError where there is nothing to be a sender of."""
    if settings.database.url.startswith("sqlite"):
        raise OperatorError("database.url: senders need PostgreSQL; with SQLite the bot sends by itself")
    putting, outcomes = Putting(settings.matrix, settings.database.url, WITHIN), Counter[str]()
    try:
        await putting.begin()
        log.info("ready to send for %(user_id)s", {"user_id": settings.matrix.user_id})
        while True:
            try:
                await _logged_in(putting)
                await _serve(settings, putting, outcomes)
            except (StoreDown, Unreachable) as problem:
                log.error("the database does not answer: %(problem)s", {"problem": problem})  # noqa: TRY400
                await asyncio.sleep(PAUSE)
    finally:
        await putting.close()
        values = {"sent": outcomes["stands"], "others": outcomes.total() - outcomes["stands"]}
        log.info("posts sent: %(sent)d; refused or given back: %(others)d", values)


async def _logged_in(putting: Putting) -> None:
    """Return when there is a session; while there is none, the leader does not count on us. Raises as `Putting.look`.

    Whoever has a session that is void would otherwise take posts and give them back, one by one.
    """
    if not putting.is_logged_out():
        return
    log.warning("the homeserver has ended the leader's session: nothing is sent from here until there is another one")
    while putting.is_logged_out():
        await asyncio.sleep(PAUSE)
        await putting.look()
    log.info("the leader has another session: ready to send again")


async def _serve(settings: Settings, putting: Putting, outcomes: Counter[str]) -> None:
    """Return when the session is void. What was taken is told, also when it is to stop."""
    taking = await Taking.begin(settings.database.url, settings.matrix.user_id)
    try:
        while not putting.is_logged_out():
            taken_at = lease.now()
            rows = await taking.take(AT_ONCE)
            if rows:
                await _finished(asyncio.ensure_future(_send(taking, putting, rows, taken_at, outcomes)))
            else:
                await taking.news(LOOKS_EVERY)
    finally:
        await taking.close()


async def _finished(sending: asyncio.Future[None]) -> None:
    """Return when it is done, also when we are to stop: it takes no longer than `WITHIN`."""
    try:
        await asyncio.shield(sending)
    except asyncio.CancelledError:
        await sending
        raise


async def _send(taking: Taking, putting: Putting, rows: list[Taken], taken_at: float, outcomes: Counter[str]) -> None:
    answers = await asyncio.gather(*(_sent(putting, row, taken_at) for row in rows))
    outcomes.update(answer.outcome for answer in answers)
    await taking.tell(list(zip(rows, answers, strict=True)))


async def _sent(putting: Putting, row: Taken, taken_at: float) -> Answer:
    def left() -> float:
        return WITHIN - (lease.now() - taken_at)

    try:
        async with asyncio.timeout(max(left(), 0.0)):
            content = json.loads(row.content)
            event_id = await putting.put(
                row.device_id, row.room, row.event_type, content, row.transaction, lambda: left() > 0
            )
    except NoSession as problem:
        return Answer(row.row_id, "back", None, str(problem), None, ours=True)
    except (NotSent, TimeoutError) as problem:
        return _refused(row, problem)
    return Answer(row.row_id, "stands", event_id, None, None, ours=False)


def _refused(row: Taken, problem: Exception) -> Answer:
    match problem:
        case Barred():
            outcome = "barred"
        case Rejected():
            outcome = "rejected"
        case _:
            outcome = "later"
    after = problem.after if isinstance(problem, TryAgain) else None
    ours = problem.ours if isinstance(problem, TryAgain) else True
    return Answer(row.row_id, outcome, None, str(problem) or type(problem).__name__, after, ours)

"""Taking the lease, renewing it, giving it back: in a thread of its own, with a connection of its own.

So neither a long transaction nor a busy event loop lets it run out, and an answer that does not come is waited for no
longer than until the next attempt. All times are the database's; ours only says how long we may rely on an answer.

But whoever keeps the lease without doing the work keeps everybody else from it. So before each renewal it is asked
whether the work still answers; when it has not for longer than a lease lasts, the lease is given back.

A lease that has run out because the database is away is not lost yet: if nobody else has raised the number when it is
back, nobody has done anything meanwhile, and we go on. Until then nothing is sent (`Lease.is_held`), and the
connections are cut, so that whoever waits for an answer learns that there is none.
"""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from psycopg import sql

from bot.config import without_password
from bot.errors import Fenced, OperatorError
from bot.store.lease import CAREFUL, LASTS, SESSION_SETTINGS, TABLE, Lease, cut, sessions_of
from bot.store.shards import settle_beside
from bot.store.watcher import Watcher

RENEWED_EVERY, LOOKED_EVERY = 0.3, 0.2
"""Parts of the time that it lasts (1.5 s and 1 s): three renewals may fail before it has run out."""

ANSWERS_WITHIN = 5.0
"""Seconds that whoever does not lead waits for an answer."""

PATIENCE = 15.0
"""Seconds in which a busy database may not answer at our start, before we take it for unusable."""

LOOK = "SELECT fence, holder, until <= clock_timestamp() FROM public.lease WHERE account = %s"
FIRST = "INSERT INTO public.lease VALUES (%s, 0, '', '-infinity') ON CONFLICT DO NOTHING"
FREE = (0, "", True)
END_SESSIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = %s AND datname = current_database() AND usename = current_user"""
TAKE = """
    UPDATE public.lease SET fence = fence + 1, holder = %s, until = clock_timestamp() + make_interval(secs => %s)
    WHERE account = %s AND fence = %s AND (until <= clock_timestamp() OR holder = %s) RETURNING fence"""
RENEW = """
    UPDATE public.lease SET until = clock_timestamp() + make_interval(secs => %s) WHERE account = %s AND fence = %s"""
GIVE_BACK = "UPDATE public.lease SET until = clock_timestamp() WHERE account = %s AND fence = %s"


class Keeping:
    """Keeps one lease, until it is stopped or has lost it."""

    def __init__(self, lease: Lease, watcher: Watcher, gone: str | None = None, patience: float = LASTS) -> None:
        """`gone` is a holder of which it is known that it lives no more: it need not be waited for.

        `patience` is how many seconds the watcher may not answer.
        """
        self._lease = lease
        self._silent, self._patience = 0.0, patience
        self._watcher = watcher
        self._gone = gone or lease.holder
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._reached = self._leads = self._unsure = False
        self._began = lease.clock()
        self._renewed_every, self._looked_every = lease.lasts * RENEWED_EVERY, lease.lasts * LOOKED_EVERY
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        lease.when_lost(self._wake)
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def start(self) -> None:
        """Begin to look for it."""
        self._thread.start()

    def stop(self) -> None:
        """Give it back if it is ours, so that another may take over at once. Returns when that is done."""
        self._wake()
        self._thread.join(ANSWERS_WITHIN)

    def _wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._stopping.set)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._keep())

    async def _keep(self) -> None:
        try:
            while not self._stopping.is_set() and not self._lease.is_lost:
                began = self._lease.clock()
                await self._step()
                if self._hangs():
                    await self._give_back()
                    self._watcher.hangs()
                    return
                every = self._renewed_every if self._leads else self._looked_every
                await self._rest(every - (self._lease.clock() - began))
            if self._leads and not self._lease.is_lost:
                await self._give_back()
        except OperatorError as problem:
            self._watcher.fails(problem)
        except BaseException:  # a mistake of ours: nobody renews any more
            self._lease.lost()
            raise
        finally:
            if self._lease.is_lost:
                self._lease.cut()
                self._watcher.lost()
            await self._hang_up()

    async def _step(self) -> None:
        """Look, or renew, once."""
        try:
            if self._leads:
                await self._within(self._renewed_every, self._renew)
            else:
                await self._within(ANSWERS_WITHIN, self._look)
        except Fenced:
            return  # somebody else in this process has found out
        except (psycopg.Error, TimeoutError, OSError) as problem:
            await self._hang_up()
            busy = isinstance(problem, TimeoutError | psycopg.errors.ConnectionTimeout)
            if not (self._reached or (busy and self._lease.clock() - self._began < PATIENCE)):
                raise _unusable(self._lease.url, problem) from problem
            self._failed(str(problem).partition("\n")[0] or "no answer")
            return
        self._reached = True
        if self._unsure and not self._lease.is_lost:
            self._unsure = False
            self._watcher.sure()

    def _hangs(self) -> bool:
        """Whether nobody does the work any more.

        Counted in our own steps, so that who was stopped, or slept with the machine, has hung for none of that time;
        and not while the database is away, for which the work may wait.
        """
        if not self._leads or self._lease.is_lost:
            return False
        silent = self._lease.is_held and not self._watcher.answers()
        self._silent = self._silent + self._renewed_every if silent else 0.0
        return self._silent > self._patience

    def _failed(self, problem: str) -> None:
        """One attempt has failed. It is of no consequence until the lease has run out."""
        if self._lease.is_held:
            return
        self._lease.cut()
        if not self._unsure:
            self._unsure = True
            self._watcher.unsure(problem)

    async def _look(self) -> None:
        """Take it if it is free."""
        connection, lease = await self._connected(), self._lease
        fence, holder, free = await _one(connection, LOOK, lease.account) or FREE
        if not free and holder != self._gone:
            self._watcher.waits(holder)
            return
        if not fence:
            await connection.execute(FIRST, (lease.account,))
        await connection.execute(END_SESSIONS, (sessions_of(lease.account, fence),))
        asked_at = lease.clock()
        taken = await _one(connection, TAKE, lease.holder, lease.lasts, lease.account, fence, self._gone)
        if taken is not None:
            lease.take(taken[0], asked_at)
            await _named(connection, lease)
            self._leads = True
            self._watcher.leads()

    async def _renew(self) -> None:
        connection, lease = await self._connected(), self._lease
        asked_at = lease.clock()
        renewed = await connection.execute(RENEW, (lease.lasts, *lease.values))
        if renewed.rowcount:
            lease.renew(asked_at)
        else:
            lease.lost()

    async def _give_back(self) -> None:
        """Where that fails, it runs out."""

        async def work() -> None:
            connection = await self._connected()
            await connection.execute(GIVE_BACK, self._lease.values)

        self._lease.end()
        with contextlib.suppress(psycopg.Error, TimeoutError, OSError):
            await self._within(self._renewed_every, work)

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        """Our connection; autocommit, each statement by itself."""
        if self._connection is not None and not self._connection.closed:
            return self._connection
        url = self._lease.url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._connection = await psycopg.AsyncConnection.connect(url, autocommit=True, **CAREFUL)
        for setting in SESSION_SETTINGS:
            await self._connection.execute(setting)
        await self._connection.execute("SET lock_timeout = '1s'")
        if self._leads:
            await _named(self._connection, self._lease)
            return self._connection
        await settle_beside(self._connection, self._lease.account, url)  # who does not belong here leaves no row
        if await _one(self._connection, "SELECT to_regclass('public.lease') IS NOT NULL") != (True,):
            with contextlib.suppress(psycopg.errors.UniqueViolation):  # made by two at the same time
                await self._connection.execute(TABLE)
        return self._connection

    async def _within(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Raises TimeoutError when it takes longer. To cancel it would ask the server first, which may be gone."""
        task = asyncio.ensure_future(work())
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if done:
            return task.result()
        if self._connection is not None:
            cut(self._connection)
        else:
            task.cancel()  # still connecting
        await asyncio.wait({task}, timeout=seconds)
        raise TimeoutError(f"no answer within {seconds} s")

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), max(0.0, seconds))

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()


async def _one(connection: psycopg.AsyncConnection[Any], statement: str, *values: object) -> Any:
    return await (await connection.execute(statement.encode(), values)).fetchone()


async def _named(connection: psycopg.AsyncConnection[Any], lease: Lease) -> None:
    """Called as all of the leader's are."""
    name = sql.Literal(sessions_of(*lease.values))
    await connection.execute(sql.SQL("SET application_name = {}").format(name))


def _unusable(url: str, problem: Exception) -> OperatorError:
    return OperatorError(f"database.url: {without_password(url)} cannot be used: {problem}")

"""Standing by until we lead, leading until we stop or another has taken over (`bot.store.lease`)."""

import asyncio
import fcntl
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bot.errors import InUse, OperatorError
from bot.store.leading import Keeping
from bot.store.lease import Lease
from bot.vitals import Vitals

log = logging.getLogger(__name__)

ENDS_WITHIN: Final = 5.0
"""Seconds for an end in order, once another leads. Nothing can be written or sent meanwhile, only waited for."""


BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Another one each time that a machine starts (Linux)."""

Work = Callable[[], Awaitable[None]]


@contextmanager
def predecessor(file: Path, holder: str) -> Iterator[str | None]:
    """Who held the lease from this place before us and is known to live no more: its lease need not run out first.

    Each process notes itself in the file, and locks it as long as it lives; the kernel frees a lock however its process
    ends. What was noted before the machine was started, or on another one, says nothing. Never raises OSError.
    """
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield None
        return
    try:
        yield _noted(handle, holder)
    finally:
        os.close(handle)


def _noted(handle: int, holder: str) -> str | None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        boot = BOOT.read_text().strip()
        before, _, noted = os.pread(handle, 1000, 0).decode().partition(" ")
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{boot} {holder}".encode(), 0)
    except (OSError, UnicodeDecodeError):
        return None  # it lives, or nobody can know
    return noted if noted and before == boot else None


async def lead(lease: Lease, vitals: Vitals, work: Work, gone: str | None = None) -> None:
    """Do the work when the lease is ours, and give it back afterwards. A cancellation ends both in order.

    `gone` is a holder that is known to live no more. Raises InUse when another has taken over, OperatorError when the
    database cannot be used, and what the work raises.
    """
    told = _Told(lease, vitals)
    keeping = Keeping(lease, told, gone)
    keeping.start()
    try:
        await told.leading
        await _until_lost(work, told, lease)
    finally:
        await asyncio.to_thread(keeping.stop)
        told.forget()


async def _until_lost(work: Work, told: "_Told", lease: Lease) -> None:
    working = asyncio.ensure_future(work())
    lost = asyncio.ensure_future(told.lost_it.wait())
    try:
        await asyncio.wait({working, lost}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        lost.cancel()
        working.cancel()
        await asyncio.wait({working})
    if lease.is_lost:
        raise InUse(
            f"another process has taken over the account {lease.account}. This one ends, having changed nothing since; "
            "started again, it stands by"
        )
    working.result()


class _Told:
    """Passes on what the lease's thread tells; implements `bot.store.leading.Watcher`."""

    def __init__(self, lease: Lease, vitals: Vitals) -> None:
        self._loop = asyncio.get_running_loop()
        self._lease = lease
        self._vitals = vitals
        self._last_resort: threading.Timer | None = None
        self.leading: asyncio.Future[None] = self._loop.create_future()
        self.lost_it = asyncio.Event()

    def waits(self, holder: str) -> None:
        """Said once."""
        if not self._vitals.standby:
            self._vitals.standby = True
            log.info("standby: %(holder)s leads; we take over when it is gone", {"holder": holder})

    def leads(self) -> None:
        """From now on."""
        values = {"user_id": self._lease.account, "fence": self._lease.fence}
        if self._vitals.standby:
            log.warning("taking over: we lead as %(user_id)s, number %(fence)s", values)
        else:
            log.info("leading as %(user_id)s, number %(fence)s", values)
        self._vitals.standby = False
        self._loop.call_soon_threadsafe(self._settle, None)

    def unsure(self, problem: str) -> None:
        """Said once."""
        log.error("the lease cannot be asked for, nothing is sent: %(problem)s", {"problem": problem})

    def sure(self) -> None:
        """It goes on as before."""
        log.warning("the lease can be asked for again")

    def lost(self) -> None:
        """What waits for a network that is gone must not keep a process that nobody needs: it could stand by."""
        log.error("another process has taken over the account %(user_id)s: we end", {"user_id": self._lease.account})
        self._last_resort = threading.Timer(ENDS_WITHIN, _end)
        self._last_resort.daemon = True
        self._last_resort.start()
        self._loop.call_soon_threadsafe(self.lost_it.set)

    def fails(self, problem: OperatorError) -> None:
        """At the start."""
        self._loop.call_soon_threadsafe(self._settle, problem)

    def forget(self) -> None:
        """It has ended in order."""
        if self._last_resort is not None:
            self._last_resort.cancel()

    def _settle(self, problem: OperatorError | None) -> None:
        if self.leading.done():
            return
        if problem is None:
            self.leading.set_result(None)
        else:
            self.leading.set_exception(problem)


def _end() -> None:
    log.critical("no end in order within %(seconds)s s: the process ends as it is", {"seconds": ENDS_WITHIN})
    os._exit(1)

"""Standing by until we lead, leading until we stop or another has taken over (`bot.store.lease`)."""

import asyncio
import fcntl
import logging
import os
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from bot.errors import InUse, OperatorError
from bot.store.lease import LASTS, Lease
from bot.vitals import Vitals

log = logging.getLogger(__name__)

ENDS_WITHIN: Final = 5.0
"""Seconds for an end in order, once another leads. Nothing can be written or sent meanwhile, only waited for."""

HANGS_AFTER: Final = LASTS
"""Seconds in which the event loop may not turn: so long as a lease would last that nobody renews."""

SHOWN: Final = 6
"""Frames of what hangs that are named."""

LAST_WORDS: Final = 1.0
"""Seconds for the line that says why: what hangs may be the log itself."""


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
    from bot.store.leading import Keeping  # noqa: PLC0415 - its driver is 8 MB that a bot on SQLite need not load

    told = _Told(lease, vitals)
    keeping = Keeping(lease, told, gone, HANGS_AFTER)
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
    """Passes on what the lease's thread tells; implements `bot.store.watcher.Watcher`."""

    def __init__(self, lease: Lease, vitals: Vitals) -> None:
        self._loop = asyncio.get_running_loop()
        self._lease = lease
        self._vitals = vitals
        self._last_resort: threading.Timer | None = None
        self._thread = threading.get_ident()
        self._turned = threading.Event()
        self._turned.set()
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

    def answers(self) -> bool:
        """Whether the loop has turned since this was last asked."""
        if not self._turned.is_set():
            return False
        self._turned.clear()
        with suppress(RuntimeError):  # the loop is closed: the work has ended
            self._loop.call_soon_threadsafe(self._turned.set)
        return True

    def hangs(self) -> None:
        """What holds it up is not known to end: the service manager starts another process, which stands by."""
        words = "the event loop hangs for more than %(seconds)s s: the process ends as it is. It is in %(place)s"
        _end(words, {"seconds": HANGS_AFTER, "place": _place(self._thread)})

    def unsure(self, problem: str) -> None:
        """Said once."""
        log.error("the lease cannot be asked for, nothing is sent: %(problem)s", {"problem": problem})

    def sure(self) -> None:
        """It goes on as before."""
        log.warning("the lease can be asked for again")

    def lost(self) -> None:
        """What waits for a network that is gone must not keep a process that nobody needs: it could stand by."""
        words = "no end in order within %(seconds)s s: the process ends as it is"
        self._last_resort = threading.Timer(ENDS_WITHIN, _end, (words, {"seconds": ENDS_WITHIN}))
        self._last_resort.daemon = True
        self._last_resort.start()
        log.error("another process has taken over the account %(user_id)s: we end", {"user_id": self._lease.account})
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


def _place(thread: int) -> str:
    """Where a thread is, innermost last: names of ours and of libraries, nothing of what they were given."""
    frame = sys._current_frames().get(thread)
    frames = traceback.extract_stack(frame, SHOWN) if frame is not None else ()
    return " > ".join(f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in frames) or "?"


def _end(words: str, values: Mapping[str, object]) -> None:
    """Say why, and end at once, whatever else this process is about."""
    saying = threading.Thread(target=log.critical, args=(words, values), name="last words", daemon=True)
    saying.start()
    saying.join(LAST_WORDS)
    os._exit(1)

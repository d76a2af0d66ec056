"""A process of our own that must neither outlive us nor die before us: a homeserver, a PostgreSQL, another bot.

It is managed without an event loop (`subprocess.Popen`), so that it may be started in one loop and used or stopped in
another:

* It runs in a session of its own: Ctrl-C in the terminal reaches us alone, and we stop it when its turn has come.
* On Linux it asks the kernel to be ended with its parent (PR_SET_PDEATHSIG), so that even our own kill -9 leaves
  nothing behind. It asks by itself, in `LAUNCH`: a `preexec_fn` would run Python between fork and exec, which is unsafe
  beside threads. The kernel means the parent's *thread*: start it from a thread that stays.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_SECONDS = 10

LAUNCH = """
import ctypes, os, sys
parent, last = map(int, sys.argv[1:3])
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, last)  # 1 is PR_SET_PDEATHSIG
if os.getppid() != parent:
    sys.exit("the parent is gone already")
os.execv(sys.argv[3], sys.argv[3:])
"""


class Child:
    """A running process; used in `with`, it is gone after the block."""

    def __init__(
        self,
        *command: str,
        folder: Path,
        log: Path,
        environment: Mapping[str, str] | None = None,
        when_orphaned: signal.Signals = signal.SIGKILL,
    ) -> None:
        """Start `command`, whose first word is a path, in `folder`; what it says is appended to `log`.

        `environment` is all that it gets, by default what we have. `when_orphaned` is what ends it when we are gone.
        """
        launch = (sys.executable, "-I", "-S", "-c", LAUNCH, str(os.getpid()), str(int(when_orphaned)))
        with log.open("ab") as said:
            self._process = subprocess.Popen(  # noqa: S603  our own programs, our own arguments
                (*launch, *command),
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    @property
    def pid(self) -> int | None:
        """The process ID while it runs."""
        return self._process.pid if self._process.poll() is None else None

    @property
    def code(self) -> int | None:
        """How it ended: the exit code, or the number of a signal with a minus; None while it runs."""
        return self._process.poll()

    async def end(self) -> int:
        """Wait until it has ended by itself; its `code`."""
        while (code := self.code) is None:  # noqa: ASYNC110  a process tells nobody that it ends
            await asyncio.sleep(0.02)
        return code

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Have it shut down in order; after 10 s, kill. Once it has ended, this does nothing."""
        self._process.send_signal(how)
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, STOP_SECONDS)
        finally:
            self.kill()

    def kill(self) -> None:
        """kill -9: what a power cut looks like from outside."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

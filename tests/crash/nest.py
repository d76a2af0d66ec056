"""Hatches bot processes quickly: the parent has imported everything; each line on its standard input forks one.

Importing takes longer than everything that a start does after it, and a kill during imports finds nothing to break.
So most kills hit a fork, which begins where `zwischenstand run` is when its imports are done, and is a process of its
own in every other way: own sockets, own locks, own signals, own end. Forking is safe here because the parent runs one
thread and has opened nothing.

Tells "nest", then per fork "pid N" and "exit CODE" (negative: the signal), one line each.
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

import bot.app
from bot.__main__ import main

assert bot.app  # imported for its imports


def hatch(prepare: Callable[[str], None] = lambda _: None) -> None:
    """Fork until standard input ends. The children die with this process, on Linux.

    `prepare` gets, in the child, what stands behind `fork` on the line.
    """
    assert threading.active_count() == 1
    parent = os.getpid()
    print("nest", flush=True)
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            if sys.platform == "linux":
                ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))  # 1 is PR_SET_PDEATHSIG
            print("hatched", os.getpid(), file=sys.stderr, flush=True)
            if os.getppid() == parent:
                prepare(line.removeprefix("fork").strip())
                main()
            return
        print("pid", pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print("exit", os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    hatch()

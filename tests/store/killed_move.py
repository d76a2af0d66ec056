"""Moves that are killed: `python -m tests.store.killed_move FILE URL` reads numbers, and forks a move for each.

The process kills itself with signal 9 in its Nth portion of rows (after two of them, or, where there are no more, after
their commit), before the last commit of all where the line says „finish“, or not at all for 0. It tells how each ended.
Forked, because importing takes longer than a move; see `tests.crash.nest`.
"""

import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import event

from bot.moving import move
from bot.store import arriving
from bot.store.arriving import Target
from tests.fakes import START


def die(*_told: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def moved(file: Path, url: str, until: str) -> None:
    """Move, or die before that."""
    arriving.AT_ONCE = 4
    count, finish, take = 0, Target.finish, Target.take

    def taking(target: Target, table: Any, told: Any) -> int:
        nonlocal count
        count += 1
        if str(count) == until:
            take(target, table, ((row, size) if place < 2 else die() for place, (row, size) in enumerate(told)))  # type: ignore[misc]
            die()
        return take(target, table, told)

    def finishing(target: Target, *told: Any) -> None:
        if until == "finish":
            event.listen(target._engine, "commit", die)
        finish(target, *told)

    Target.take, Target.finish = taking, finishing  # type: ignore[method-assign]
    move(f"sqlite:///{file}", url, START, Console(file=io.StringIO()))


def main() -> None:
    file, url = Path(sys.argv[1]), sys.argv[2]
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            moved(file, url, line.strip())
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()

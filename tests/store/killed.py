"""Upgrades that are killed: `python -m tests.store.killed` reads lines „URL STATEMENT“, and forks a process for each.

The process brings the database up to date as a start of the bot does, and kills itself with signal 9 before that
statement (from 1; „commit“: before the commit). It tells how it ended: -9, or 0 for one that came to its end before.
Forked, because importing takes longer than an upgrade; see `tests.crash.nest`.
"""

import os
import signal
import sys
from typing import Any

from sqlalchemy import event

import bot.store.migrations
from bot.store.database import Database

assert bot.store.migrations  # imported for its imports


def upgrade(url: str, until: str) -> None:
    """Bring the database up to date, or die before that."""
    database, count = Database(url), 0

    def before(*_told: Any) -> None:
        nonlocal count
        count += 1
        if str(count) == until:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database._engine, "before_cursor_execute", before)
    if until == "commit":
        event.listen(database._engine, "commit", lambda _connection: os.kill(os.getpid(), signal.SIGKILL))
    database.migrate()
    print("statements", count, flush=True)


def main() -> None:
    for line in sys.stdin:
        url, until = line.split()
        pid = os.fork()
        if pid == 0:
            upgrade(url, until)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print("ended", os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()

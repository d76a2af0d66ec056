"""A process that does nothing but lead: it writes down tasks until it is stopped.

Each task of the table `task` becomes one row of `done`, in one transaction with the number under which it was done; so
a task done twice shows, and one done by somebody who no longer leads. Given a blow, it strikes itself when it does the
task FATAL: it stops in the midst of that transaction (STOPS), or its event loop hangs right after it (HANGS).
"""

import asyncio
import logging
import os
import signal
import sys
import time
from functools import partial

from bot import standby
from bot.errors import OperatorError, StoreDown
from bot.store import Session
from bot.store.database import Database
from bot.store.lease import Lease
from bot.vitals import Vitals
from tests.scale.leases import BOT

EVERY = 0.02  # seconds
FATAL, STOPS, HANGS = "000020", "stops", "hangs"
NEXT = "SELECT name FROM task WHERE name NOT IN (SELECT name FROM done) ORDER BY name LIMIT 1"


def do_one(lease: Lease, blow: str, session: Session) -> str | None:
    """The next task, if there is one; its name."""
    connection = session.connection()
    name = connection.exec_driver_sql(NEXT).scalar()
    if name is None:
        return None
    connection.exec_driver_sql("INSERT INTO done VALUES (%s, %s)", (name, lease.fence))
    if (name, blow) == (FATAL, STOPS):
        os.kill(os.getpid(), signal.SIGSTOP)
    return str(name)


async def work(database: Database, lease: Lease, blow: str) -> None:
    """For ever."""
    while True:
        try:
            name = await database.run(partial(do_one, lease, blow))
            if (name, blow) == (FATAL, HANGS):
                hang()
        except StoreDown as problem:
            logging.warning("not done: %s", problem)
        await asyncio.sleep(EVERY)


def hang() -> None:
    """For ever."""
    while True:
        time.sleep(1)


async def main(url: str, blow: str = "") -> None:
    """Lead, or stand by."""
    lease = Lease(url, BOT)
    database = Database(url, lease=lease)
    task = asyncio.ensure_future(standby.lead(lease, Vitals(), partial(work, database, lease, blow)))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        pass
    finally:
        database.close()


def begin(url: str, blow: str, said: str) -> None:
    """What the process does; what it says stands in the file `said`."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", filename=said, force=True)
    try:
        asyncio.run(main(url, blow))
    except OperatorError as problem:
        logging.critical("%s", problem)
        sys.exit(1)

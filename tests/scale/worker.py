"""A process that does nothing but lead: it writes down tasks until it is stopped.

Each task of the table `task` becomes one row of `done`, in one transaction with the number under which it was done; so
a task done twice shows, and one done by somebody who no longer leads. Given a word, it stops itself in the midst of
the transaction that does the task of that name.
"""

import asyncio
import logging
import os
import signal
import sys
from functools import partial

from bot import standby
from bot.errors import OperatorError, StoreDown
from bot.store import Session
from bot.store.database import Database
from bot.store.lease import Lease
from bot.vitals import Vitals
from tests.scale.leases import BOT

EVERY = 0.02  # seconds
NEXT = "SELECT name FROM task WHERE name NOT IN (SELECT name FROM done) ORDER BY name LIMIT 1"


def do_one(lease: Lease, stops_at: str, session: Session) -> None:
    """The next task, if there is one."""
    connection = session.connection()
    name = connection.exec_driver_sql(NEXT).scalar()
    if name is None:
        return
    connection.exec_driver_sql("INSERT INTO done VALUES (%s, %s)", (name, lease.fence))
    if name == stops_at:
        os.kill(os.getpid(), signal.SIGSTOP)


async def work(database: Database, lease: Lease, stops_at: str) -> None:
    """For ever."""
    while True:
        try:
            await database.run(partial(do_one, lease, stops_at))
        except StoreDown as problem:
            logging.warning("not done: %s", problem)
        await asyncio.sleep(EVERY)


async def main(url: str, stops_at: str = "") -> None:
    """Lead, or stand by."""
    lease = Lease(url, BOT)
    database = Database(url, lease=lease)
    task = asyncio.ensure_future(standby.lead(lease, Vitals(), partial(work, database, lease, stops_at)))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        pass
    finally:
        database.close()


def begin(url: str, stops_at: str, said: str) -> None:
    """What the process does; what it says stands in the file `said`."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", filename=said, force=True)
    try:
        asyncio.run(main(url, stops_at))
    except OperatorError as problem:
        logging.critical("%s", problem)
        sys.exit(1)

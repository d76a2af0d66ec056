"""Weighs a large file in a process of its own (`python -m bot.procedures.weighing_apart`); see `weighing`.

It reads the database by itself, and writes nothing. What goes to and fro is packed with `pickle`: both ends are ours.
"""

import asyncio
import logging
import pickle
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from bot.context import House, Scope
from bot.files import child
from bot.procedures.weighing import Found, weighed
from bot.store import Session
from bot.store.database import Database

log = logging.getLogger(__name__)
PATIENCE = 300.0  # seconds; 10,000 rows take three


async def weighed_apart(url: str, house: House, key: str, *, patience: float = PATIENCE) -> Found | None:
    """As `weighed`, from the database at `url`. None, too, where that fails: it is then done in a transaction."""
    request = pickle.dumps((url, replace(house, throughput=None, operator=None), key))
    try:
        status, answer, complaint = await child.run(__name__, request=request, patience=patience)
    except TimeoutError:
        log.error("a file was not weighed within %(limit_seconds)g s", {"limit_seconds": patience})  # noqa: TRY400
        return None
    if status:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        values = {"status": status, "problem": last.partition(":")[0][:80]}  # what follows may quote the file
        log.error("a file was not weighed (exit status %(status)d): %(problem)s", values)
        return None
    return await asyncio.to_thread(_unpacked, answer)


def _unpacked(answer: bytes) -> Found | None:
    found: Found | None = pickle.loads(answer)  # noqa: S301 - our own child has written it
    return found


def main() -> None:
    """The child: a request in, what was found out."""
    url, house, key = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - the bot has written it

    def work(session: Session) -> Found | None:
        return weighed(key, Scope(session, datetime.now(UTC), house))

    with closing(Database(url, read_only=True, account=house.us)) as database:
        found = database.run_now(work)
    sys.stdout.buffer.write(pickle.dumps(found))


if __name__ == "__main__":
    main()

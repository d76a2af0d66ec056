"""Why the store has one thread: one command's statements there, and through an asynchronous session.

`bot.store` runs a transaction as a plain function in its own thread: one hop. SQLModel's AsyncSession on aiosqlite hops
for every statement, and through a greenlet besides. Both run the same statements, built the same way, on the same kind
of file; rounds alternate. What the other side needs is no dependency of ours:

    uv run --with aiosqlite --with greenlet python -m benchmarks.store
"""

import asyncio
import hashlib
import importlib.util
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.store import Session, networks, outbox, progress, projects, rooms
from bot.store.database import Database
from bot.store.tables import Project, Room

ROUNDS, COMMANDS = 9, 200
NOW = datetime.now(UTC)


def found(session: Session) -> None:
    """A room with a project, as a command finds it."""
    network = networks.found(session, "Verbund", "@anna:bench.example", NOW)
    rooms.save(session, Room(room_id="!room", network_id=network.id, invited_by="@anna:bench.example", since=NOW))
    project = Project(
        network_id=network.id or 0, room_id="!room", key="eAkte", folded="eakte", created_by="@anna", created_at=NOW
    )
    projects.add(session, project)


def command(session: Session, key: str) -> None:
    """What `!status eAkte` asks the database, in its order."""
    with session.begin_nested():
        standing = rooms.standing(session, "!room", "@anna:bench.example")
        assert standing is not None
        assert progress.claim_event(session, key, NOW)
        project = projects.by_folded(session, standing.room.network_id or 0, "eakte")
        assert project is not None
        projects.updates(session, project.id or 0, 5)
        projects.unanswered_numbers(session, project.id or 0)
        digest = hashlib.sha256(key.encode()).hexdigest()
        outbox.insert(
            session,
            outbox.Row(key=key, transaction=digest, action="send", device_id="D", first_attempt_at=NOW, created_at=NOW),
        )
    progress.save_token(session, "@bot", key, NOW)


async def measured(one: Callable[[str], Awaitable[None]], prefix: str) -> float:
    """Seconds per command."""
    before = time.perf_counter()
    for number in range(COMMANDS):
        await one(f"{prefix}/{number}")
    return (time.perf_counter() - before) / COMMANDS


def asynchronous(url: str) -> Any:
    """An engine with the same settings as ours."""
    engine = create_async_engine(url.replace("sqlite://", "sqlite+aiosqlite://"))

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


async def compare(folder: Path) -> None:
    """Alternate, and print."""
    ours, theirs = Database(f"sqlite:///{folder}/a.db"), Database(f"sqlite:///{folder}/b.db")
    for database in (ours, theirs):
        database.migrate()
        await database.run(found)
    theirs.close()
    engine = asynchronous(theirs.url)

    async def in_thread(key: str) -> None:
        await ours.run(lambda session: command(session, key))

    async def by_session(key: str) -> None:
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            await session.run_sync(command, key)  # type: ignore[arg-type]  # it is a SQLModel session inside

    times: dict[str, list[float]] = {"in the store's thread": [], "AsyncSession, aiosqlite": []}
    for number in range(-1, ROUNDS):
        found_now = [await measured(one, str(number)) for one in (in_thread, by_session)]
        if number >= 0:  # the first round only warms up
            for kept, seconds in zip(times.values(), found_now, strict=True):
                kept.append(seconds)
    await engine.dispose()
    ours.close()
    print(f"One command's statements, committed; median of {ROUNDS} alternating rounds of {COMMANDS}")
    for name, kept in times.items():
        print(f"{name:25}{statistics.median(kept) * 1000:7.2f} ms")
    ratios = [slow / quick for quick, slow in zip(*times.values(), strict=True)]
    print(f"{'ratio':25}{statistics.median(ratios):7.2f}")


def main() -> None:
    """Print the table."""
    if None in map(importlib.util.find_spec, ("aiosqlite", "greenlet")):
        sys.exit("uv run --with aiosqlite --with greenlet python -m benchmarks.store")
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(compare(Path(name)))


if __name__ == "__main__":
    main()

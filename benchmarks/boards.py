"""What the boards of rooms and the charts cost in a large network: `uv run python -m benchmarks.boards`.

5,000 projects in 100 rooms, each room with a board, 20 reports a project. A tick with nothing to do is what is asked of
the database each second; an edit and a chart are made in its one thread, where nobody else is answered meanwhile.
"""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

from sqlmodel import Session, insert

from bot.context import House, Scope
from bot.procedures import boards, picture_counts, pictures
from bot.procedures.pictures import Reader
from bot.store import networks
from bot.store.database import Database
from bot.store.pictures import Extent
from bot.store.tables import Board, Project, Room, StatusUpdate

PROJECTS, ROOMS, REPORTS = 5_000, 100, 20
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
US, ANNA = "@zwischenstand:example.org", "@anna:example.org"
HOUSE = House(US, "!", "de", ZoneInfo("Europe/Berlin"), 60, (ANNA,), ("example.org",))
DAY = timedelta(days=1)


def fill(session: Session) -> int:
    """The network; its ID."""
    network = networks.found(session, "Große Region", ANNA, NOW - 400 * DAY).id or 0
    for number in range(ROOMS):
        own = f"!raum{number}:example.org"
        session.add(
            Room(room_id=own, network_id=network, name=f"Raum {number}", invited_by=ANNA, since=NOW - 400 * DAY)
        )
        board = Board(room_id=own, network_id=network, set_up_by=ANNA, post=own, shown="", next_at=NOW + DAY)
        board.set_up_at = board.edited_at = NOW - DAY
        session.add(board)
    session.flush()
    made = [
        {
            "network_id": network,
            "room_id": f"!raum{number % ROOMS}:example.org",
            "key": f"Projekt-{number}",
            "folded": f"projekt-{number}",
            "field": ("Daten", "Netze", "Stadtgesellschaft, Daten")[number % 3],
            "phase": ("running", "planned", "future", "done")[number % 4],
            "light": ("green", "yellow", "red")[number % 3],
            "owner": f"@person{number % 300}:example.org",
            "created_by": ANNA,
            "created_at": NOW - 380 * DAY,
        }
        for number in range(PROJECTS)
    ]
    session.execute(insert(Project), made)
    told = [
        {
            "project_id": number + 1,
            "author": ANNA,
            "at": NOW - (REPORTS - back) * 17 * DAY - DAY,
            "progress": back * 5,
            "light": "green",
            "text": "",
            "event_id": f"${number}-{back}",
        }
        for number in range(PROJECTS)
        for back in range(REPORTS)
    ]
    session.execute(insert(StatusUpdate), told)
    return network


def timed(database: Database, work: Callable[[Scope], object], times: int = 5) -> float:
    """Milliseconds of processor time, the median of several transactions."""

    def once(session: Session) -> float:
        begun = process_time()
        work(Scope(session, NOW, HOUSE))
        return (process_time() - begun) * 1000

    return sorted(database.run_now(once) for _ in range(times))[times // 2]


def main() -> None:
    """Print each figure with its aim."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'boards.db'}")
        database.migrate()
        network = database.run_now(fill)
        reader, extent = Reader("de", HOUSE.zone), Extent(network)
        figures = (
            ("a tick with nothing to do", boards.due, 5),
            ("a board of 50 projects", lambda scope: boards.bring_up_to_date("!raum1:example.org", NOW, scope), 50),
            ("mean progress of 5,000 projects", lambda scope: pictures.progress(extent, reader, scope), 500),
            ("phases of 5,000 projects", lambda scope: picture_counts.phases(extent, reader, scope), 50),
        )
        for name, work, aim in figures:
            print(f"{name}: {timed(database, work):.1f} ms (aim: {aim} ms)")
        database.close()


if __name__ == "__main__":
    main()

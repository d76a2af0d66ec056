"""A large network: 1,100 organisations with 5,000 people, read in and written out, and asked about afterwards.

Import and export are measured as an operator sees them, as processes; commands inside the bot, from the message to the
committed answer, without a homeserver.

    uv run python -m benchmarks.people
"""

import asyncio
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.events import Invited, Members
from bot.files import sheets
from bot.language.roster import HEADER
from bot.store import Session
from bot.store.database import Database
from bot.store.tables import Group
from tests.fakes import ANNA, START, US, Bot

ORGANISATIONS, PEOPLE, GROUPS = 1_100, 5_000, 40
ROUNDS = 30
COMMANDS = ("!organisation", "!organisation Lindenau 700", "!gruppe liste")
CONFIGURATION = """
coordinators = ["@anna:example.org"]
[matrix]
homeserver = "https://matrix.example.org"
user_id = "@zwischenstand:example.org"
password = "geheim"
[database]
url = "sqlite:///people.db"
"""


def table() -> list[tuple[str, ...]]:
    """Invented organisations, each under another one, with their people."""
    dice = random.Random(3)  # noqa: S311 - any order will do, as long as it is none
    rows = [HEADER]
    for number in range(PEOPLE):
        place = number % ORGANISATIONS
        inhabitants = str(500 + place * 97 % 180_000)
        level = ("Stadt", "Gemeinde", "Landkreis")[place % 3]
        parent = f"Lindenau {place // 10}" if place else ""
        organisation = (level, inhabitants, "BW", "Verwaltung", parent, "1", f"rathaus@lindenau{place}.example")
        speaks = {0: "Mandat", 1: "Vertretung"}.get(number // ORGANISATIONS, "")
        role = "Koordination" if number == 0 else ""
        person = f"@person{number}:example.org"
        about = (f"Person {number}", f"person{number}@lindenau{place}.example", speaks, role, "", "")
        rows.append(("Große Region", f"Lindenau {place}", *organisation, person, *about))
    return [rows[0], *dice.sample(rows[1:], len(rows) - 1)]


def run(*arguments: str) -> float:
    """Seconds that the command takes, its start included."""
    before = time.perf_counter()
    subprocess.run((sys.executable, "-m", "bot", *arguments), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - before


def transfer(folder: Path) -> None:
    """Import and export, both kinds."""
    config = folder / "config.toml"
    config.write_text(CONFIGURATION, encoding="utf-8")
    rows = table()
    (folder / "in.csv").write_bytes(sheets.to_csv(rows))
    (folder / "in.xlsx").write_bytes(sheets.to_xlsx(rows, "personen"))
    for kind in ("xlsx", "csv"):
        for file in folder.glob("people.db*"):
            file.unlink()
        seconds = run("import", "-c", str(config), str(folder / f"in.{kind}"), "--yes")
        print(f"{'import ' + kind:32}{seconds:8.2f} s")
        seconds = run("export", "-c", str(config), "personen", str(folder / f"out.{kind}"))
        print(f"{'export ' + kind:32}{seconds:8.2f} s")
    seconds = run("import", "-c", str(config), str(folder / "in.csv"), "--yes")
    print(f"{'import csv, nothing new':32}{seconds:8.2f} s")


def tie(database: Database) -> None:
    """Some working groups, so that there is something to list."""

    def work(session: Session) -> None:
        for number in range(GROUPS):
            name = f"Handlungsfeld {number}"
            group = Group(
                network_id=1,
                name=name,
                folded=name.casefold(),
                token=str(number),
                created_by=ANNA,
                created_at=START,
            )
            session.add(group)

    database.run_now(work)


async def ask(folder: Path) -> None:
    """The commands, one after the other, as the coordinator in a room of the network."""
    database = Database(f"sqlite:///{folder / 'people.db'}")
    tie(database)
    coordinator, room = "@person0:example.org", "!region:example.org"
    bot = Bot(database)
    await bot.handle(
        Invited(room_id=room, inviter=coordinator, direct=False, received_at=bot.now),
        Members(room_id=room, joined=frozenset({US, coordinator})),
    )
    for command in COMMANDS:
        seconds = [await timed(bot, coordinator, command, room) for _ in range(ROUNDS)]
        print(f"{command:32}{statistics.median(seconds) * 1000:8.1f} ms   slowest {max(seconds) * 1000:.1f} ms")
    database.close()


async def timed(bot: Bot, person: str, command: str, room: str) -> float:
    """Seconds until the answer is committed."""
    message = bot.message(person, command, room_id=room)
    before = time.perf_counter()
    assert await bot.handle(message)
    return time.perf_counter() - before


def main() -> None:
    """Print the figures."""
    print(f"{ORGANISATIONS:,} organisations, {PEOPLE:,} people, {GROUPS} groups")
    with tempfile.TemporaryDirectory() as name:
        transfer(Path(name))
        asyncio.run(ask(Path(name)))


if __name__ == "__main__":
    main()

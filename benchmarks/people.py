"""A large network: 1,100 organisations with 5,000 people, read in and written out, and asked about afterwards.

Import and export are measured as an operator sees them, as processes; commands, and a file that is dropped into the
direct chat, inside the bot, from the message to the committed answer, without a homeserver.

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

from bot.events import Dropped, Happening, Invited, Members
from bot.files import sheets
from bot.language.roster import HEADER
from bot.store import Session, networks, rooms
from bot.store.database import Database
from bot.store.tables import Group, Room
from tests.fakes import ANNA, START, US, Bot

ORGANISATIONS, PEOPLE, GROUPS = 1_100, 5_000, 40
ACTIVE, PRESENT = 3_000, 2_000  # in one group, and in its room already: the others are invited
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
[rooms]
encrypted = false
"""


def table(active: int = 0) -> list[tuple[str, ...]]:
    """Invented organisations, each under another one, with their people; so many of them active in a group."""
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
        group = "Digitales" if number < active else ""
        about = (f"Person {number}", f"person{number}@lindenau{place}.example", speaks, role, group, "")
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


def prepare(folder: Path) -> Database:
    """An empty network with one group, in whose room many are already."""
    for file in folder.glob("people.db*"):
        file.unlink()
    database = Database(f"sqlite:///{folder / 'people.db'}")
    database.migrate()

    def work(session: Session) -> None:
        network_id = networks.found(session, "Große Region", ANNA, START).id or 0
        rooms.save(session, Room(room_id="!digitales:example.org", network_id=network_id, invited_by=US, since=START))
        rooms.replace_members(
            session, "!digitales:example.org", {f"@person{number}:example.org" for number in range(PRESENT)}
        )
        group = Group(
            network_id=network_id, name="Digitales", folded="digitales", token="d", created_by=ANNA, created_at=START
        )
        group.room_id = "!digitales:example.org"
        session.add(group)

    database.run_now(work)
    return database


def transfer_active(folder: Path) -> None:
    """The same import where many become active in a group with a room."""
    (folder / "active.csv").write_bytes(sheets.to_csv(table(ACTIVE)))
    prepare(folder).close()
    seconds = run("import", "-c", str(folder / "config.toml"), str(folder / "active.csv"), "--yes")
    print(f"{f'import csv, {ACTIVE:,} Aktive':32}{seconds:8.2f} s")


async def drop(folder: Path) -> None:
    """The same file in the coordinator's direct chat."""
    database = prepare(folder)
    bot = Bot(database)
    direct = "!direct-anna:example.org"
    await bot.handle(
        Invited(room_id=direct, inviter=ANNA, direct=True, received_at=bot.now),
        Members(room_id=direct, joined=frozenset({US, ANNA})),
    )
    bot.files["active.csv"] = (folder / "active.csv").read_bytes()
    dropped = Dropped(
        room_id=direct,
        event_id="$file",
        sender=ANNA,
        sent_at=bot.now,
        received_at=bot.now,
        name="active.csv",
        size=len(bot.files["active.csv"]),
        source={},
    )
    for what, happening in (("preview", dropped), ("taken over", bot.message(ANNA, "ja", room_id=direct))):
        print(f"{f'the same dropped, {what}':32}{await timed(bot, happening):8.2f} s")
    for kind in ("csv", "xlsx"):
        asked = bot.message(ANNA, f"export personen {kind}", room_id=direct)
        print(f"{f'!export personen {kind}':32}{await timed(bot, asked):8.2f} s")
    database.close()


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
        seconds = [await timed(bot, bot.message(coordinator, command, room_id=room)) for _ in range(ROUNDS)]
        print(f"{command:32}{statistics.median(seconds) * 1000:8.1f} ms   slowest {max(seconds) * 1000:.1f} ms")
    database.close()


async def timed(bot: Bot, happening: Happening) -> float:
    """Seconds until the answer is committed."""
    before = time.perf_counter()
    assert await bot.handle(happening)
    return time.perf_counter() - before


def main() -> None:
    """Print the figures."""
    print(f"{ORGANISATIONS:,} organisations, {PEOPLE:,} people, {GROUPS} groups")
    with tempfile.TemporaryDirectory() as name:
        transfer(Path(name))
        asyncio.run(ask(Path(name)))
        transfer_active(Path(name))
        asyncio.run(drop(Path(name)))


if __name__ == "__main__":
    main()

"""Ten thousand projects in a file: shown and taken over in a chat, and read in and written out by an operator.

The aim: preview and taking over in less than 10 seconds each, with SQLite. In the chat the clock runs inside the bot,
from the message to the committed answer, without a homeserver; the file is read within the preview. On the command
line both come together, with the start of the process.

    uv run python -m benchmarks.project_files
"""

import asyncio
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.people import CONFIGURATION
from bot.events import Dropped, Happening, Invited, Members
from bot.files import sheets
from bot.language.project_rows import HEADER
from bot.store import networks
from bot.store.database import Database
from tests.fakes import ANNA, START, US, Bot

PROJECTS, GROUPS, GOALS = 10_000, 40, 12
AIM = 10.0  # seconds
DIRECT = "!direct-anna:example.org"
PHASES = ("Zukunftsprojekt", "in Planung", "in Umsetzung", "abgeschlossen", "pausiert")
FUNDINGS = ("unbekannt", "nicht finanziert", "teilweise finanziert", "finanziert")


def table(text: str = "Vorhaben") -> list[tuple[str, ...]]:
    """Invented projects with everything filled in, in no order; each title begins with `text`."""
    dice = random.Random(8)  # noqa: S311 - any order will do, as long as it is none
    rows = []
    for number in range(PROJECTS):
        row = (
            "Große Region",
            f"Vorhaben-{number}",
            f"{text} {number}: digitale Antragstellung für Amt {number % 300}",
            f"Bis {2027 + number % 5} sind alle Anträge digital.",
            "Antrag, Bearbeitung und Bescheid ohne Papier. " * 4,
            f"@person{number % 500}:example.org",
            f"Lindenau {number % 1_100}",
            ", ".join(f"Feld {each}" for each in {number % 9, number % 7}),
            ", ".join(f"Ziel {each}" for each in {number % GOALS, number % 5}),
            f"Grundsatz {number % 6}",
            PHASES[number % 5],
            FUNDINGS[number % 4],
            "hoch",
            ("ja", "nein", "")[number % 3],
            f"Lindenau {number % 50}, Ahornfeld",
            f"Zuschlag {number % 28 + 1}.3.2027",
            ("grün", "gelb", "rot")[number % 3],
            str(number % 101),
            f"Gruppe {number % GROUPS}",
            "ja" if number % 50 == 0 else "",
        )
        rows.append(row)
    return [HEADER, *dice.sample(rows, len(rows))]


Spent = tuple[float, float]
"""Seconds on the clock, and of the processor: on a machine that does other things, too, the second tells more."""


def run(*arguments: str) -> Spent:
    """What the command takes, its start included."""
    before, used = time.perf_counter(), _used_by_children()
    subprocess.run((sys.executable, "-m", "bot", *arguments), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - before, _used_by_children() - used


def _used_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def told(what: str, spent: Spent) -> None:
    """A line."""
    seconds, used = spent
    print(f"{what:40}{seconds:8.2f} s, processor {used:6.2f} s   {'' if seconds < AIM else 'ABOVE '}aim {AIM:.0f} s")


def transfer(folder: Path) -> None:
    """Import and export on the command line, both kinds of file."""
    config = folder / "config.toml"
    config.write_text(CONFIGURATION, encoding="utf-8")
    rows = table()
    (folder / "in.csv").write_bytes(sheets.to_csv(rows))
    (folder / "in.xlsx").write_bytes(sheets.to_xlsx(rows, "projekte"))
    for kind in ("xlsx", "csv"):
        for file in folder.glob("people.db*"):
            file.unlink()
        told(f"import {kind}, all new", run("import", "-c", str(config), str(folder / f"in.{kind}"), "--yes"))
        told(f"export {kind}", run("export", "-c", str(config), str(folder / f"out.{kind}")))
    told("import csv, nothing new", run("import", "-c", str(config), str(folder / "in.csv"), "--yes"))


async def drop(folder: Path) -> None:
    """The same in the coordinator's direct chat: all new, all changed, nothing new; and sent out again."""
    database = Database(f"sqlite:///{folder / 'chat.db'}")
    database.migrate()
    database.run_now(lambda session: networks.found(session, "Große Region", ANNA, START).id)
    bot = Bot(database)
    await bot.handle(
        Invited(room_id=DIRECT, inviter=ANNA, direct=True, received_at=bot.now),
        Members(room_id=DIRECT, joined=frozenset({US, ANNA})),
    )
    for what, name, content in (
        ("all new", "new.xlsx", sheets.to_xlsx(table(), "projekte")),
        ("every title changed", "changed.csv", sheets.to_csv(table("Projekt"))),
    ):
        bot.files[name] = content
        told(f"dropped {name[-4:].strip('.')}, {what}: preview", await timed(bot, dropped(bot, name)))
        told("    taken over", await timed(bot, bot.message(ANNA, "ja", room_id=DIRECT)))
    told("dropped csv, nothing new: preview", await timed(bot, dropped(bot, "changed.csv")))
    for kind in ("csv", "xlsx"):
        told(f"!export {kind}, without making the xlsx", await timed(bot, bot.message(ANNA, f"export {kind}", DIRECT)))
    database.close()


def dropped(bot: Bot, name: str) -> Dropped:
    """A file that is dropped now."""
    return Dropped(
        room_id=DIRECT,
        event_id=f"$file/{time.perf_counter_ns()}",
        sender=ANNA,
        sent_at=bot.now,
        received_at=bot.now,
        name=name,
        size=len(bot.files[name]),
        source={},
    )


async def timed(bot: Bot, happening: Happening) -> Spent:
    """What it takes until the answer is committed."""
    before, used = time.perf_counter(), time.process_time()
    assert await bot.handle(happening)
    return time.perf_counter() - before, time.process_time() - used


def main() -> None:
    """Print the figures."""
    print(f"{PROJECTS:,} projects, {GROUPS} groups, {GOALS} goals")
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(drop(Path(name)))
        transfer(Path(name))


if __name__ == "__main__":
    main()

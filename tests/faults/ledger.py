"""The figures on record, and the table in `docs/reliability.md` that is made of them.

`uv run python -m tests.faults.ledger` writes the table anew.
"""

import json
import os
import platform
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

from tests.faults.row import Row

ROOT = Path(__file__).parents[2]
RECORD = Path(__file__).parent / "figures.json"
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures: written by the rig, not by hand -->", "<!-- end of the figures -->"
PROMISED = {
    1: ("kill -9 at random, commands and votes flowing", "1,000 kills, 10,000 commands: 0 lost, 0 twice"),
    2: ("kill -9 at each fail point", "every point × 20"),
    3: ("response cut after the server committed", "500 posts: 0 twice"),
    4: ("restart after 25 h, and with a new device", "50 + 50 encrypted + 20: 0 twice"),
    5: ("gap of 1,000 events in each of 20 rooms, 200 commands among them", "20,000 handled, in order; < 60 s"),
    6: ("first start and join under load", "0 lost after “ready”"),
    7: ("502, time-out, reset for 10 minutes", "≤ 40 requests in that time, drained < 60 s after"),
    8: ("default rate limits, 200 posts", "0 lost, order kept, no busy loop"),
    9: ("homeserver kill -9", "100 kills: 0 lost, 0 twice"),
    10: ("database locked 30 s; disk full; PostgreSQL restarted", "nothing acknowledged lost; clean resume"),
    11: ("clock ±1 h, ±1 day, DST nights", "0 twice, 0 skipped silently"),
    12: ("room upgraded, bot kicked, banned, token revoked, account locked", "moved < 30 s; no retry loop; told"),
    13: ("hostile inputs", "10,000: 0 crashes, 0 pings, 0 raw tags, 0 template execution; p99 < 200 ms"),
    14: ("invitation flood, command flood by one person", "1,000 invitations; others answered < 2 s; none dropped"),
    15: ("secrets canary", "0 hits in logs, database, exports, tracebacks, process list"),
    16: ("a message the server rejects for good", "parked with reason, later posts go on, operator told"),
    17: ("soak: 200 rooms, random faults 1–4", "30 min: RSS growth < 5 %, file handles flat, 0 violations"),
}


def record(row: Row) -> None:
    """Put a full run's figures on record and into the table."""
    figures = _recorded()
    figures[str(row.number)] = {
        "figure": row.told(),
        "commit": commit(),
        "seed": row.seed,
        "machine": machine(),
        "seconds": round(row.seconds),
        "on": date.today().isoformat(),  # noqa: DTZ011 - of the machine that played it
    }
    RECORD.write_text(json.dumps(dict(sorted(figures.items(), key=lambda item: int(item[0]))), indent=1) + "\n")
    write_table()


def write_table() -> None:
    """Make the table anew from what is on record; a row that was not run says so."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{table(_recorded())}{END}{after}", encoding="utf-8")


def table(figures: dict[str, Any]) -> str:
    """The table in Markdown."""
    lines = [
        "| # | fault | promised | figure | commit | seed | machine | duration |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for number, (fault, promised) in PROMISED.items():
        was = figures.get(str(number))
        cells = (
            [was["figure"], was["commit"], str(was["seed"]), was["machine"], _duration(was["seconds"])]
            if was
            else ["*not run*", "", "", "", ""]
        )
        lines.append(" | ".join(["|" + f" {number}", fault, promised, *cells]) + " |")
    return "\n".join(lines) + "\n"


def commit() -> str:
    """The commit that was played, with a + where the tree differs from it."""
    git = ("git", "-C", str(ROOT))
    known = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=False)
    others = [
        line for line in changed.stdout.splitlines() if "reliability.md" not in line and "figures.json" not in line
    ]
    return known.stdout.strip() + ("+" if others else "")


def machine() -> str:
    """What it was played on, without its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"


def _duration(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def _recorded() -> dict[str, Any]:
    return dict(json.loads(RECORD.read_text())) if RECORD.exists() else {}


if __name__ == "__main__":
    write_table()

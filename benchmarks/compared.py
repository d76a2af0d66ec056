"""What the bot costs, against the least there could be and against what other bots are built on, in one run.

Against the bare loop (`benchmarks.bare`: /sync and one PUT), and beside it matrix-nio's own example, maubot and
matrix-bot-sdk with a command of one line (`benchmarks.contenders`): none of these stores anything but the place where
it is in /sync. The first part plays on a real Synapse, the second against a homeserver that answers from memory.

    uv run python -m benchmarks.compared            (10 min; --many 2000: starts with 2,000 rooms as well)
"""

import argparse
import asyncio
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import compared_memory, compared_synapse
from benchmarks.compared_table import load, machine, table
from benchmarks.contenders import installed
from benchmarks.processes import environment

ROOMS = 200


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("parts", nargs="*", help="synapse, costs, starts (all, unless named)")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--burst", type=int, default=500)
    options.add_argument("--starts", type=int, default=5)
    options.add_argument("--commands", type=int, default=7_000, help="for the growth of memory")
    options.add_argument("--rooms", type=int, default=ROOMS, help="on Synapse")
    options.add_argument("--many", type=int, default=0, help="starts with so many rooms as well, 2000 say")
    options.add_argument("--foreign", type=Path, help="where the foreign programs are installed, and stay")
    return options.parse_args()


def main() -> None:
    """Install, measure, print."""
    chosen = _options()
    parts = chosen.parts or ["synapse", "costs", "starts"]
    os.environ.update(environment())  # the homeserver, too, starts with its bytecode
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contenders = installed(chosen.foreign or folder / "foreign")
        names = [each.name for each in contenders]
        print(f"{machine()}\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {load()}", flush=True)
        if "synapse" in parts:
            figures = compared_synapse.figures(contenders, folder / "synapse", vars(chosen))
            print(table(f"On Synapse, {chosen.rooms} rooms", names, asyncio.run(figures)), flush=True)
        if "costs" in parts:
            costs = compared_memory.costs(contenders, folder / "costs", chosen.rounds, chosen.commands)
            print(table("A homeserver in memory, 10 rooms", names, costs), flush=True)
        if "starts" in parts:
            sizes = [ROOMS, *([chosen.many] if chosen.many else [])]
            found = compared_memory.starts(contenders, folder / "starts", sizes, chosen.starts)
            print(table("A homeserver in memory, starts", names, found), flush=True)
        print(f"\n{datetime.now(UTC):%H:%M} UTC, {load()}. In brackets: times the floor ({names[-1]}).")


if __name__ == "__main__":
    main()

"""How long nobody leads when the leader dies: `uv run python -m benchmarks.standby [ROUNDS]`.

Two processes on one PostgreSQL; tasks come without a pause. From the blow until the other one has committed its first
task: the rest of the lease (up to 5 s), the next look (up to 1 s), the takeover. Before a bot answers again it also has
to sync: `tests/whole/test_standby.py` prints that. Each round compares what was done: nothing lost, nothing twice.
"""

import asyncio
import statistics
import sys

from tests.faults.postgres import Postgres
from tests.scale.stories import STORIES, played

AIM = 10.0  # seconds
ROUNDS = 5


def main(rounds: int) -> None:
    """A line a story."""
    print(f"{'seconds until the other one goes on':<40} {'median':>7} {'worst':>7}   ({rounds} rounds, aim: {AIM:.0f})")
    with Postgres.started() as server:
        for story in STORIES:
            took = [asyncio.run(played(server.url, story)) for _ in range(rounds)]
            print(f"{story:<40} {statistics.median(took):>7.1f} {max(took):>7.1f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)

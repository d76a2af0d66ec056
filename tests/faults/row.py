"""One row of the table: how much is played, by which dice, how far it is, and the figures that come of it."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Row:
    """A row that is being played. What `count`, `most` and `must` are told is its figure, in the order of the telling.

    A long row is played in spells. With `kept`, what a spell gave is on disk when it is over, and a run that was cut
    off goes on after the last one.
    """

    number: int
    title: str
    full: bool
    seed: int
    kept: Path | None = None
    figures: Counter[str] = field(default_factory=Counter)
    worst: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    tests: int = 1
    """How many tests play it in this run."""
    passed: int = 0
    _done: int = 0

    def pick(self, small: int, full: int) -> int:
        """The number for this run: small in CI."""
        return full if self.full else small

    @property
    def chance(self) -> random.Random:
        """Dice that fall the same way for the same seed."""
        return random.Random(f"{self.seed}/{self.number}")

    def spells(self, small: int, full: int) -> Iterator[tuple[int, random.Random]]:
        """The number of each spell that is still to be played, from 0, and its dice."""
        self._take_up()
        for spell in range(self._done, self.pick(small, full)):
            began = time.monotonic()
            yield spell, random.Random(f"{self.seed}/{self.number}/{spell}")
            self.seconds += time.monotonic() - began
            self._done = spell + 1
            self._keep()
            print(f"row {self.number}, spell {spell + 1} of {self.pick(small, full)}: {self.told()}", flush=True)

    def count(self, what: str, number: int = 1) -> None:
        """So many more of these: kills, commands."""
        self.figures[what] += number

    def most(self, what: str, value: float) -> None:
        """The largest of what was measured: seconds, requests."""
        self.worst[what] = max(value, self.worst.get(what, value))

    def must(self, what: str, number: int, wanted: Callable[[int], bool] | int = 0) -> None:
        """A figure that decides: so many were lost, say. Raises AssertionError where it is not what was promised."""
        self.figures[what] += number
        good = wanted(number) if callable(wanted) else number == wanted
        assert good, f"row {self.number}, {what}: {number}"

    def told(self) -> str:
        """All figures, as they stand in the table."""
        counted = [f"{number:,} {what}" for what, number in self.figures.items()]
        return ", ".join(counted + [f"{what} {value:.3g}" for what, value in self.worst.items()])

    def _take_up(self) -> None:
        if self.kept and self.kept.exists():
            was = json.loads(self.kept.read_text())
            self._done, self.seconds = was["done"], was["seconds"]
            self.figures.update(was["figures"])
            self.worst.update(was["worst"])
            print(f"row {self.number}: goes on after {self._done} spells: {self.told()}", flush=True)

    def _keep(self) -> None:
        if self.kept:
            self.kept.parent.mkdir(parents=True, exist_ok=True)
            state = {"done": self._done, "seconds": self.seconds, "figures": self.figures, "worst": self.worst}
            self.kept.write_text(json.dumps(state))

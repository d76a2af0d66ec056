"""Who takes part, against who belongs to the network.

Source: Freiburg, Zukunftswerkstatt (2019). Small municipalities were under-represented, and nobody saw it until
afterwards. Compared are organisations, by size class (of those whose inhabitants are known) and by level (of those
that have one); an organisation takes part if somebody who speaks for it or belongs to it is one of the Aktive.

The rule: a class falls clearly short if its share among the organisations taking part is less than half its share in
the network, and at its proportional share at least one organisation would have been expected. Where few take part, a
class that could not have been expected is not blamed for its absence.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from bot.domain.organisations import Level

C = TypeVar("C", bound=Hashable)


class Cell(NamedTuple):
    """So many organisations of one level and size class, and so many of them taking part; None: not known."""

    level: Level | None
    size: int | None
    organisations: int
    taking_part: int


@dataclass(frozen=True, slots=True)
class Share(Generic[C]):
    """One class: how many of its organisations belong to the network, how many take part."""

    name: C
    organisations: int
    taking_part: int
    short: bool


@dataclass(frozen=True, slots=True)
class Representation:
    """Participation by size class, the smallest first, and by level; only classes that the network has."""

    sizes: tuple[Share[int], ...]
    levels: tuple[Share[Level], ...]

    @property
    def short_sizes(self) -> tuple[int, ...]:
        """The size classes that fall clearly short."""
        return tuple(share.name for share in self.sizes if share.short)

    @property
    def short_levels(self) -> tuple[Level, ...]:
        """The levels that fall clearly short."""
        return tuple(share.name for share in self.levels if share.short)

    @property
    def falls_short(self) -> bool:
        """Whether any class does."""
        return bool(self.short_sizes or self.short_levels)


def falls_short(organisations: int, taking_part: int, of_all: int, of_taking_part: int) -> bool:
    """The module's rule for one class, in whole numbers: half a share has no rounding."""
    expected = of_taking_part * organisations  # times of_all
    return expected >= of_all > 0 and 2 * taking_part * of_all < expected


def shares(counted: Iterable[tuple[C, int, int]]) -> dict[C, Share[C]]:
    """The share of each class, from its name, its organisations and those taking part; a class may come in parts."""
    everybody: Counter[C] = Counter()
    present: Counter[C] = Counter()
    for name, organisations, taking_part in counted:
        everybody[name] += organisations
        present[name] += taking_part
    whole = everybody.total(), present.total()
    return {
        name: Share(name, number, present[name], falls_short(number, present[name], *whole))
        for name, number in everybody.items()
    }


def representation(cells: Iterable[Cell]) -> Representation:
    """Add up a network's organisations, counted by level and size class."""
    known = list(cells)
    sizes = shares((cell.size, cell.organisations, cell.taking_part) for cell in known if cell.size is not None)
    levels = shares((cell.level, cell.organisations, cell.taking_part) for cell in known if cell.level is not None)
    return Representation(
        sizes=tuple(sizes[size] for size in sorted(sizes)),
        levels=tuple(levels[level] for level in Level if level in levels),
    )

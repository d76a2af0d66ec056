"""Putting several files and folders in their places at once: by renaming, and back again if one of them fails."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from bot.durable import sync_folder


class Placing:
    """Collects moves, makes them, and can take them back.

    What lies where something goes is renamed, never deleted. `stamp` is what its new name ends with.
    """

    def __init__(self, stamp: str) -> None:
        self._stamp = stamp
        self._moves: list[tuple[Path, Path]] = []
        self._done: list[tuple[Path, Path]] = []
        self._asides: list[Path] = []

    def put(self, new: Path, place: Path, also: Sequence[str] = ()) -> None:
        """`new` is to lie at `place`; both are on one file system.

        `also` are endings of files that belong to what lies there now, and go aside with it.
        """
        aside = self._free(place)
        for ending in ("", *also):
            if (old := place.with_name(place.name + ending)).exists():
                self._moves.append((old, aside.with_name(aside.name + ending)))
        if place.exists():
            self._asides.append(aside)
        self._moves.append((new, place))

    def make(self) -> None:
        """Make the moves, all or none. Raises OSError."""
        try:
            for source, target in self._moves:
                source.rename(target)
                self._done.append((source, target))
            for folder in {place.parent for _, place in self._done}:
                sync_folder(folder)
        except OSError:
            self.undo()
            raise

    @property
    def moved_aside(self) -> list[Path]:
        """Under which names everything lies that had to make way."""
        return list(self._asides)

    def undo(self) -> None:
        """Take back what was made, as far as the file system lets us."""
        while self._done:
            source, target = self._done.pop()
            with contextlib.suppress(OSError):
                target.rename(source)

    def _free(self, place: Path) -> Path:
        """A name that nothing has."""
        name, number = f"{place.name}{self._stamp}", 1
        while place.with_name(name).exists():
            number += 1
            name = f"{place.name}{self._stamp}-{number}"
        return place.with_name(name)

"""What takes long to gather and may be a minute old: kept in memory for that long, and bounded."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Any, Final

FOR: Final = timedelta(minutes=1)
MOST: Final = 200
"""Things kept; the oldest goes first."""


class Kept:
    """By a key that says everything that the thing was made from, also who may see it.

    Whoever makes a thing holds `making`: else all who ask at once make it.
    """

    def __init__(self) -> None:
        self.making = asyncio.Lock()
        self._known: OrderedDict[Hashable, tuple[datetime, Any]] = OrderedDict()

    def get(self, key: Hashable, now: datetime) -> tuple[Any] | None:
        """The thing, in a tuple; None where there is none, or none so young any more at `now` (UTC)."""
        found = self._known.get(key)
        return (found[1],) if found is not None and timedelta(0) <= now - found[0] < FOR else None

    def put(self, key: Hashable, thing: Any, now: datetime) -> None:
        """Keep it from `now` (UTC) on, and nothing that is too old: minutes may be large."""
        self._known.pop(key, None)
        self._known[key] = (now, thing)
        while len(self._known) > MOST or now - next(iter(self._known.values()))[0] >= FOR:
            self._known.popitem(last=False)

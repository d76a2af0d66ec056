"""What the pages tell: vital signs and what the database says of the backlog, gathered at one moment."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.context import House, Scope
from bot.domain.health import Signs, Trouble, troubles
from bot.errors import StoreDown
from bot.procedures import incidents
from bot.store import Session, backlog
from bot.store.database import Database
from bot.vitals import Vitals

PATIENCE: Final = 3.0
"""Seconds that a page waits for the database; whoever asks gives up after five or ten."""
STUCK: Final = 60.0
"""Seconds; a tick may wait twenty for the homeserver."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How it is. `rows` of the outbox by state, None while the database does not answer; `lag` is in seconds."""

    signs: Signs
    rows: Mapping[str, int] | None
    consultations: int
    lag: float
    ready: bool
    standby: bool = False

    @property
    def troubles(self) -> list[Trouble]:
        """What is wrong. A database that does not answer this very question needs no minute to be so.

        Nothing, where another process leads: that one tells of itself.
        """
        if self.standby:
            return []
        found = troubles(self.signs)
        return found if self.rows is not None or Trouble.DATABASE in found else [*found, Trouble.DATABASE]

    def reasons(self) -> Iterator[str]:
        """Why it is degraded, for an operator."""
        if self.standby:
            return
        if not self.ready:
            yield "it has not caught up yet since its start: it does not answer people"
        if self.lag > STUCK:
            yield f"the clock is late by {self.lag:.0f} s: consultations, reminders and digests wait"
        for trouble in self.troubles:
            yield _said(trouble, self.signs)


def _said(trouble: Trouble, signs: Signs) -> str:
    match trouble:
        case Trouble.UNSENT:
            return f"a post has waited since {_at(signs.oldest_unsent)}: see `zwischenstand outbox`, and the log"
        case Trouble.HOMESERVER:
            return (
                f"the homeserver cannot be followed since {_at(signs.homeserver.since if signs.homeserver else None)}"
            )
        case Trouble.DATABASE if signs.database and signs.database.until is None:
            return f"the database takes nothing since {_at(signs.database.since)}: locked, full or gone, see the log"
        case Trouble.DATABASE:
            return f"the database did not answer within {PATIENCE:.0f} s"
        case Trouble.CLOCK:
            seconds = signs.skew.total_seconds() if signs.skew else 0.0
            which = "ahead of" if seconds > 0 else "behind"
            return f"our clock is {abs(seconds):.0f} s {which} the homeserver's: run NTP on both machines"
        case Trouble.DISK:
            return f"{(signs.free or 0) // 1_000_000} MB are left on the disk of the database: make room"
        case Trouble.PARKED:
            return "posts are parked: see `zwischenstand outbox`"


def _at(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else "?"


class Gathering:
    """Gathers figures, for a page at a time."""

    def __init__(self, vitals: Vitals, database: Database, house: House) -> None:
        self._vitals = vitals
        self._database = database
        self._house = house

    async def figures(self, now: datetime, monotonic: float) -> Figures:
        """How it is now (UTC; the other is seconds of the clock that nobody sets)."""

        def work(session: Session) -> tuple[Signs, Mapping[str, int], int]:
            found = incidents.signs(self._vitals, self._folder, Scope(session, now, self._house))
            return found, backlog.counts(session), backlog.open_consultations(session)

        lag, ready = self._vitals.tick.worst(monotonic), self._vitals.ready
        if self._vitals.standby:
            bare = await asyncio.to_thread(incidents.bare_signs, self._vitals, self._folder, now)
            return Figures(bare, None, 0, lag, ready, standby=True)
        try:
            async with asyncio.timeout(PATIENCE):
                return Figures(*await self._database.run(work), lag, ready)
        except (StoreDown, TimeoutError):
            bare = await asyncio.to_thread(incidents.bare_signs, self._vitals, self._folder, now)
            return Figures(bare, None, 0, lag, ready)

    @property
    def _folder(self) -> Path | None:
        return self._database.folder

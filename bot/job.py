"""Jobs: what the clock sets in motion. A job says what is due; the clock sees to it that it happens once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.context import Scope
from bot.effects import Effect


@dataclass(frozen=True, slots=True)
class Due:
    """One due time of one schedule. `schedule` with `at` (UTC) is claimed once; `subject` is what it is about."""

    schedule: str
    at: datetime
    subject: int | str


@dataclass(frozen=True, slots=True)
class Job:
    """`due` lists what is due and not yet done; each is run in a transaction of its own.

    Lateness is `due`'s own policy: it decides what to do about times that were missed while the bot was away. A job
    `waits` until all that people did up to its time has been handled, unless it is none of their business. `went_back`
    is told that the clock may have gone back: from `now` on it shows times that it has shown before.
    """

    name: str
    due: Callable[[Scope], Iterable[Due]]
    run: Callable[[Due, Scope], tuple[Effect, ...]]
    waits: bool = True
    went_back: Callable[[Scope], None] | None = None

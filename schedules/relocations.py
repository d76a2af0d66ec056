"""Every ten seconds: a network that goes from one account to another takes its next step (`bot.procedures.relocating`).

Lateness: whenever the bot is there; each step finds what was done. Waits for nobody's words: whose they are is told by
where they stand in their room. Without other accounts in the database this asks once, and with SQLite not at all.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.context import Scope
from bot.effects import Effect
from bot.job import Due, Job
from bot.others import Others
from bot.procedures import relocating
from bot.procedures.relocating import Next, Step

EVERY = timedelta(seconds=10)


class Looking:
    """Looks whether there is something to be done; remembers what for until the clock comes to it."""

    def __init__(self, others: Others) -> None:
        self._others = others
        self._looked_at: datetime | None = None
        self._found: dict[str, Next] = {}
        self._ready: set[str] = set()

    def due(self, scope: Scope) -> Iterator[Due]:
        """What is to be done now."""
        if self._looked_at is not None and timedelta() <= scope.now - self._looked_at < EVERY:
            return
        self._looked_at = scope.now
        found = {relocating.schedule(*each): each for each in relocating.notice(self._others, scope)}
        self._found = {name: each for name, each in found.items() if each[1] is not Step.MARK or name in self._ready}
        self._ready = set(found)
        yield from (Due(name, scope.now, relocation.network_id) for name, (relocation, _) in self._found.items())

    def run(self, occurrence: Due, scope: Scope) -> tuple[Effect, ...]:
        """Do it. The marks wait for one look more: whose app has not seen the new bot come locks words without it."""
        relocation, step = self._found[occurrence.schedule]
        if step is Step.MARK:
            self._others.marking = True  # before anything of it can come back
        return relocating.take(relocation, step, scope)


def job(others: Others) -> Job:
    """The job for one bot; see `Looking`. `others` is kept up to date."""
    looking = Looking(others)
    return Job("relocations", looking.due, looking.run, waits=False)

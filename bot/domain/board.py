"""The board of a room (Tafel): its projects by field of action, as much of them as can be read on a phone.

What it shows is data that can be compared: two boards that are equal say the same, but for when it was said.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from html import escape
from typing import Final

from bot.domain.project import Light, Phase

MOST: Final = 50  # projects with lines of their own
MOST_DONE: Final = 30  # completed ones, by key
BUDGET: Final = 6_500
"""Bytes of the names in all entries, as they are sent: a letter may take twelve. An edit holds each three times."""
BUDGET_DONE: Final = 1_200
URGENCY: Final = {Light.RED: 0, Light.YELLOW: 1, Light.GREEN: 3, None: 3}
RESTING: Final = 4
SILENT: Final = 2


class Unit(StrEnum):
    """In what an age is counted, so that what is old does not look different each day."""

    NEVER = "never"
    TODAY = "today"
    YESTERDAY = "yesterday"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Age:
    """How long ago something was heard of a project."""

    unit: Unit
    count: int = 0


def age_of(heard: date | None, today: date) -> Age:
    """The age in whole days up to two weeks, then in weeks, from two months on in months of 30 days."""
    if heard is None:
        return Age(Unit.NEVER)
    days = max(0, (today - heard).days)
    if days < 2:
        return Age((Unit.TODAY, Unit.YESTERDAY)[days])
    if days < 14:
        return Age(Unit.DAYS, days)
    return Age(Unit.WEEKS, days // 7) if days < 61 else Age(Unit.MONTHS, days // 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A project on the board. `owner` is a name, no Matrix ID; `fields` are its fields of action, the first leads.

    `stale`: something should have been heard of it by now.
    """

    key: str
    title: str | None
    light: Light | None
    progress: int | None
    phase: Phase | None
    owner: str | None
    organisation: str | None
    fields: tuple[str, ...]
    age: Age
    stale: bool

    @property
    def urgency(self) -> int:
        """The lower, the less it may be left out."""
        if self.phase in (Phase.FUTURE, Phase.PAUSED):
            return RESTING
        return min(URGENCY[self.light], SILENT) if self.stale else URGENCY[self.light]

    @property
    def weight(self) -> int:
        """Bytes of its names as they are sent: in JSON, escaped for HTML. Of a completed one that is its key alone."""
        done = self.phase is Phase.DONE
        names = (self.key,) if done else (self.key, self.title, self.owner, self.organisation, *self.fields)
        return len(json.dumps([escape(name or "") for name in names]))


@dataclass(frozen=True, slots=True)
class Section:
    """The projects of a field of action (None: of no field), the completed ones by key. `more` were left out."""

    field: str | None
    entries: tuple[Entry, ...]
    done: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """All of it. `lights` counts the projects that are not completed: green, yellow, red, none.

    `left_out` is how many projects are not on it.
    """

    sections: tuple[Section, ...]
    count: int
    done: int
    lights: tuple[int, ...]
    left_out: int

    def fingerprint(self, *around: str) -> str:
        """The same for boards that say the same; `around` is what stands around it."""
        said = json.dumps([asdict(self), around], sort_keys=True, ensure_ascii=False)
        return sha256(said.encode()).hexdigest()[:32]


def board(entries: Sequence[Entry], fold: Callable[[str], str]) -> Board:
    """Fields in alphabetical order, those without one last; in each the projects in the order given.

    Of too many those stay that need attention: red, yellow, of which nothing was heard for long, then the others.
    `fold` gives the form in which two spellings of a field are equal.
    """
    going = [entry for entry in entries if entry.phase is not Phase.DONE]
    done = [entry for entry in entries if entry.phase is Phase.DONE]
    kept = _kept(sorted(going, key=lambda each: each.urgency)[:MOST], BUDGET)
    kept |= _kept(done[:MOST_DONE], BUDGET_DONE)
    by_field: dict[str, list[Entry]] = {}
    for entry in entries:
        by_field.setdefault(fold(entry.fields[0]) if entry.fields else "", []).append(entry)
    order = sorted(by_field, key=lambda field: (not field, field))
    sections = [_section(by_field[field], kept) for field in order]
    return Board(
        sections=tuple(section for section in sections if section.entries or section.done),
        count=len(entries),
        done=len(done),
        lights=tuple(sum(entry.light is light for entry in going) for light in (*Light, None)),
        left_out=len(entries) - len(kept),
    )


def _kept(entries: Sequence[Entry], room: int) -> set[str]:
    """The keys of those that stand on the board."""
    kept: set[str] = set()
    for entry in entries:
        room -= entry.weight
        if room < 0:
            break
        kept.add(entry.key)
    return kept


def _section(entries: Sequence[Entry], kept: set[str]) -> Section:
    here = [entry for entry in entries if entry.key in kept]
    shown = tuple(entry for entry in here if entry.phase is not Phase.DONE)
    done = tuple(entry.key for entry in here if entry.phase is Phase.DONE)
    field = entries[0].fields[0] if entries[0].fields else None
    return Section(field, shown, done, len(entries) - len(here))

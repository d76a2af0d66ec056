"""A transcript as text: its steps, and the times in it (`tests/dialogue.py` plays it)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.fakes import HOUSE

MONTHS = ["Januar", "Februar", "März", "April", "Mai", "Juni"]
MONTHS += ["Juli", "August", "September", "Oktober", "November", "Dezember"]
WEEKDAYS = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
OUTPUT = ("  = ", "  |")
FURTHER = "    "
DAY = r"(?P<weekday>\w+), (?P<day>\d+)\. (?P<month>\w+) (?P<year>\d{4}), "
DATE = re.compile(rf"(?:{DAY})?(?P<hour>\d+):(?P<minute>\d\d)(?::(?P<second>\d\d))?")


class Malformed(Exception):
    """A transcript that cannot be read; says where."""


@dataclass(frozen=True)
class Step:
    """One input: its lines as they stand in the file, and the same without indents."""

    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The first line, and what goes on below it."""
        return "\n".join([self.lines[0], *(line.removeprefix(FURTHER) for line in self.lines[1:])])

    @property
    def is_silent(self) -> bool:
        """Blank lines and remarks."""
        return not self.lines[0].strip() or self.lines[0].startswith("#")


def steps(script: str) -> Iterator[Step]:
    """The inputs of a transcript; what the bot said is left out."""
    waiting: list[str] = []
    for line in script.splitlines():
        if line.startswith(OUTPUT):
            continue
        if waiting and line.startswith(FURTHER):
            waiting.append(line)
            continue
        if waiting:
            yield Step(tuple(waiting))
        waiting = [line]
    if waiting:
        yield Step(tuple(waiting))


def moment(words: str, today: datetime) -> datetime:
    """A time of a transcript (Berlin) as UTC. The weekday must be right."""
    found = DATE.fullmatch(words)
    if found is None:
        raise Malformed(f"no time: {words}")
    local = today.astimezone(HOUSE.zone)
    if found["day"]:
        month = MONTHS.index(found["month"]) + 1
        local = local.replace(year=int(found["year"]), month=month, day=int(found["day"]))
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    local = local.replace(hour=hour, minute=minute, second=second, microsecond=0)
    if found["weekday"] and WEEKDAYS[local.weekday()] != found["weekday"]:
        raise Malformed(f"{words}: that is a {WEEKDAYS[local.weekday()]}")
    return local.astimezone(UTC)

"""What a digest says, to whom, in which order, and how much of it.

The sections stand in the order in which somebody has to act. They share a message that can be read on a phone: who
misses something is told how many there are, and by which command they are shown.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.project import Phase
from bot.domain.recurring import Recurrence

STALE_AFTER: Final = timedelta(weeks=4)
"""A project of which nothing was heard for so long is named, unless it rests by its phase."""
DUE_WITHIN: Final = timedelta(days=7)
COUNCIL_WITHIN: Final = timedelta(days=28)
LATE_AT_MOST: Final = timedelta(days=3)
"""A digest that was missed is posted no later than this; after that it waits for its next time."""

MOST_LINES: Final = 40  # in one digest, besides headings
MOST_OF_SECTION: Final = 10
LEAST_OF_SECTION: Final = 2

RESTING: Final = frozenset({Phase.FUTURE, Phase.DONE, Phase.PAUSED})
"""Projects of which nobody expects news (Leipzig 2023: a Zukunftsprojekt is not under way)."""


class Section(StrEnum):
    """The parts of a digest, the most urgent first."""

    OVERDUE = "overdue"
    CONSULTATIONS = "consultations"
    CHECK_INS = "check_ins"
    UNANSWERED = "unanswered"
    DUE = "due"
    STALE = "stale"
    DORMANT = "dormant"
    BLOCKED = "blocked"
    COUNCIL = "council"
    DECIDED = "decided"
    MOVED = "moved"
    LINKED = "linked"
    FEEDBACK = "feedback"
    IDEAS = "ideas"
    PARTICIPATION = "participation"


class Audience(StrEnum):
    """Who gets a digest of the whole network, or of their groups, by direct message; the mailing list by mail."""

    COORDINATION = "coordination"
    POLITICS = "politics"
    ACTIVE = "active"
    FOLLOWERS = "followers"
    MAILING_LIST = "mailing list"


EVERYTHING: Final = frozenset(Section) - {Section.BLOCKED}
"""What rooms are told; what holds several projects up is for coordinators to look at."""
SHOWN_TO: Final[Mapping[Audience, frozenset[Section]]] = {
    Audience.COORDINATION: frozenset(Section) - {Section.MOVED, Section.FEEDBACK, Section.IDEAS, Section.DECIDED},
    Audience.POLITICS: frozenset({Section.CONSULTATIONS, Section.COUNCIL, Section.DECIDED, Section.MOVED}),
    Audience.ACTIVE: EVERYTHING,
    Audience.FOLLOWERS: EVERYTHING,
    Audience.MAILING_LIST: frozenset(
        {Section.CONSULTATIONS, Section.COUNCIL, Section.DECIDED, Section.MOVED, Section.IDEAS}
    ),
}
"""Coordinators get what they must act on; politics, and the mailing list, nothing of what administrations settle among
themselves.
"""

NO_REASON: Final = frozenset({Section.PARTICIPATION})
"""What alone is no reason to write."""


def weekly(zone: ZoneInfo) -> Recurrence:
    """When a room's digest comes where nobody set anything else: Mondays at 8:00 in the room's zone."""
    return Recurrence("FREQ=WEEKLY;BYDAY=MO", datetime(2026, 1, 5, 8, 0), zone.key)  # noqa: DTZ001 - local wall time


def is_too_late(at: datetime, now: datetime) -> bool:
    """Whether a digest that was due at `at` is posted no more at `now` (both UTC)."""
    return now - at > LATE_AT_MOST


def is_stale(phase: str | None, heard: datetime, now: datetime, after: timedelta = STALE_AFTER) -> bool:
    """Whether nothing was heard of a project for too long. `heard` (UTC) is its last report, or its beginning.

    „Keine Änderung“ is a report. What rests by its phase is never stale.
    """
    return phase not in RESTING and now - heard >= after


def shares(counts: Sequence[int], most: int = MOST_LINES) -> list[int]:
    """How many lines each section may take, of `counts` that it has; all together no more than `most` if possible.

    Each gets a few, or the least urgent would vanish without a word; what is left goes to the most urgent ones first.
    """
    given = [min(count, LEAST_OF_SECTION) for count in counts]
    left = max(most - sum(given), 0)
    for place, count in enumerate(counts):
        more = min(min(count, MOST_OF_SECTION) - given[place], left)
        given[place] += more
        left -= more
    return given

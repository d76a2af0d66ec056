"""Consultations: their life, who is asked, how openly (Modellkommunen Open Government, 2017).

What is asked and how it is answered is in `answers`, which vote counts in `counting`, what the votes add up to in
`tallies`, what that decides in `deciding`, and the record that proves it in `record`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a consultation stands in its life."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"  # no more votes; the grace time for what is under way runs
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What happened in its life, each kept with who and when."""

    DRAFTED = "drafted"
    SCHEDULED = "scheduled"
    CHANGED = "changed"
    OPENED = "opened"
    REWORDED = "reworded"
    EXTENDED = "extended"
    CLOSED = "closed"
    RECONCILED = "reconciled"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class Franchise(StrEnum):
    """Who has a vote: each organisation one, or each person."""

    ORGANISATIONS = "organisations"
    LEVEL = "level"  # the organisations of one level
    LIST = "list"  # organisations and people by name
    ACTIVE = "active"  # the Aktive of the room's group
    PERSONS = "persons"  # those in the room, but for guests


class Visibility(StrEnum):
    """Who sees what, and when."""

    OPEN = "open"  # named, at once
    COVERED = "covered"  # named, after the close; before it only who has voted
    CONFIDENTIAL = "confidential"  # sums only, votes by direct message


class Channel(StrEnum):
    """How a vote came in."""

    POLL = "poll"
    TYPED = "typed"
    REACTION = "reaction"
    RECORDED = "recorded"  # told to a coordinator by mail, phone or in person, and entered by them


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when votes are taken (UTC), and how long after the close they may arrive."""

    opens_at: datetime
    closes_at: datetime
    grace: timedelta

    @property
    def publish_at(self) -> datetime:
        """When the result may be counted at the earliest."""
        return self.closes_at + self.grace

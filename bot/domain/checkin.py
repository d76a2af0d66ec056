"""Check-ins (Rückfragen): whom a recurring question is put to, and how one of its rounds stands."""

from enum import StrEnum


class Whom(StrEnum):
    """Who is asked."""

    OWNERS = "owners"  # of projects, of those in certain phases, of a group's
    ACTIVE = "active"  # the Aktive of a group
    TASKS = "tasks"  # who is responsible for open tasks
    LIST = "list"


class State(StrEnum):
    """Whether it is put."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Place(StrEnum):
    """Where it is put."""

    ROOM = "room"
    DIRECT = "direct"


class Skipped(StrEnum):
    """Why somebody was not asked in a round."""

    AWAY = "away"
    LEFT = "left"

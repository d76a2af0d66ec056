"""Working groups: who takes part, and what state that puts a group in."""

from enum import StrEnum


class Part(StrEnum):
    """How somebody takes part (Freiburg 2019): Aktive drive a field, Interessierte want to be kept informed."""

    ACTIVE = "active"
    FOLLOWER = "follower"


class GroupState(StrEnum):
    """ruhend, startbereit, aktiv."""

    DORMANT = "dormant"
    READY = "ready"
    ACTIVE = "active"


def state_of(active: int, *, begun: bool) -> GroupState:
    """The state of a group with so many Aktive; `begun` is whether its room holds any work yet.

    Without Aktive a group rests, whatever it has done before: the field without Aktive of Freiburg (2019) must be seen.
    """
    if active == 0:
        return GroupState.DORMANT
    return GroupState.ACTIVE if begun else GroupState.READY

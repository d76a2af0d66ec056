"""Tasks (Aufgaben): what leads from one meeting to the next (Modellkommunen Open Government, 2017)."""

from enum import StrEnum


class State(StrEnum):
    """How far it is."""

    OPEN = "open"
    STARTED = "started"
    DONE = "done"
    DROPPED = "dropped"

    @property
    def is_settled(self) -> bool:
        """Whether nobody waits for it any more."""
        return self in (State.DONE, State.DROPPED)

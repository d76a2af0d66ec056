"""Tasks (Aufgaben): what leads from one meeting to the next (Modellkommunen Open Government, 2017)."""

from enum import StrEnum


class State(StrEnum):
    """Whether it is done."""

    OPEN = "open"
    DONE = "done"

"""A command that is kept until its author answers: what was typed, with a slot for the answer."""

from collections.abc import Iterable
from typing import Final

SLOT: Final = "{answer}"
_TYPED: Final = "{\x1aanswer}"  # somebody typed the slot's letters; no control character comes in by the door
MEANT: Final = "\x1ameant "
"""Before an answer that names nothing and that nobody was asked for: whoever said it is told what it was taken for."""
_OFFERED: Final = "\x1aoffered "


def literal(typed: str) -> str:
    """What somebody typed, for use around the slot: never taken for the slot itself."""
    return typed.replace(SLOT, _TYPED)


def wants_words(kept: str) -> bool:
    """Whether the answer completes the command; else a yes sets it going."""
    return SLOT in kept


def completed(kept: str, answer: str) -> str:
    """The command as it would have been typed at once."""
    return kept.partition(_OFFERED)[0].replace(SLOT, answer).replace(_TYPED, SLOT)


def offering(kept: str, choices: Iterable[int]) -> str:
    """The same, with what was offered in a numbered list: „2“ means what stood there, whatever the list is by then."""
    return f"{kept.partition(_OFFERED)[0]}{_OFFERED}{' '.join(map(str, choices))}"


def offered(kept: str) -> list[int]:
    """What was offered, in the order shown."""
    return [int(choice) for choice in kept.partition(_OFFERED)[2].split()]

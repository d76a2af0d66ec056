"""A command that is kept until its author answers: what was typed, with a slot for the answer."""

from typing import Final

SLOT: Final = "{answer}"
_TYPED: Final = "{\x1aanswer}"  # somebody typed the slot's letters; no control character comes in by the door


def literal(typed: str) -> str:
    """What somebody typed, for use around the slot: never taken for the slot itself."""
    return typed.replace(SLOT, _TYPED)


def wants_words(kept: str) -> bool:
    """Whether the answer completes the command; else a yes sets it going."""
    return SLOT in kept


def completed(kept: str, answer: str) -> str:
    """The command as it would have been typed at once."""
    return kept.replace(SLOT, answer).replace(_TYPED, SLOT)

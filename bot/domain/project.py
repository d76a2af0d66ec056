"""Projects, as the portfolio knows them. Words: shared picture of phase, funding and light."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum


class Light(StrEnum):
    """How it stands; always shown as word and sign."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Phase(StrEnum):
    """Projektstatus, as in Leipzig's digitalisation concepts (2023)."""

    FUTURE = "future"
    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    PAUSED = "paused"


class Funding(StrEnum):
    """Finanzierung. Unknown is not „not funded“."""

    UNKNOWN = "unknown"
    NONE = "none"
    PARTLY = "partly"
    FULL = "full"


class AimKind(StrEnum):
    """What a project may serve: a goal of the agenda, or a guiding principle (Leipzig, 2023)."""

    GOAL = "goal"
    PRINCIPLE = "principle"


AIM_FIELDS = {"goals": AimKind.GOAL, "principles": AimKind.PRINCIPLE}
"""The fields of a project that name such aims."""


class FeedbackKind(StrEnum):
    """What somebody means by a feedback (Mainz, marketplace review)."""

    PRAISE = "praise"
    SUGGESTION = "suggestion"
    QUESTION = "question"
    OBJECTION = "objection"


class FeedbackAnswer(StrEnum):
    """What the owner answered."""

    ACCEPTED = "accepted"
    IN_REVIEW = "in_review"
    REJECTED = "rejected"


KEY = re.compile(r"[^\W_][\w-]{0,39}")


def is_key(text: str) -> bool:
    """Whether `text` may name a project: letters with umlauts, digits, `-`, `_`; at most 40 characters."""
    return KEY.fullmatch(unicodedata.normalize("NFC", text)) is not None


def several(words: str | None) -> tuple[str, ...]:
    """Names with commas or semicolons between them: „Daten, Netze“. Each once, in their order."""
    parts = (" ".join(part.split()) for part in re.split(r"[,;\n]", words or ""))
    return tuple(dict.fromkeys(part for part in parts if part))


def listed(names: Iterable[str]) -> str | None:
    """The same the other way round; None for none."""
    return ", ".join(names) or None

"""What kind of feedback words announce: „Frage: Was kostet das?“."""

from typing import Final

from bot.domain.project import FeedbackKind
from bot.language.names import fold

KINDS: Final = {
    "lob": FeedbackKind.PRAISE,
    "praise": FeedbackKind.PRAISE,
    "anregung": FeedbackKind.SUGGESTION,
    "suggestion": FeedbackKind.SUGGESTION,
    "frage": FeedbackKind.QUESTION,
    "question": FeedbackKind.QUESTION,
    "einwand": FeedbackKind.OBJECTION,
    "objection": FeedbackKind.OBJECTION,
}


def announced(words: str) -> tuple[FeedbackKind | None, str]:
    """The kind that stands before a colon, and what follows it; no kind, and all of the words."""
    first, colon, after = words.partition(":")
    kind = KINDS.get(fold(first)) if colon else None
    return (kind, after.strip()) if kind is not None else (None, words)


def answered(words: str) -> FeedbackKind | None:
    """The kind that somebody names when asked: „Lob“, „Das ist ein Lob.“; None for none, or several."""
    named = {kind for word in words.split() if (kind := KINDS.get(fold(word.strip(".,:;!?„“\"'"))))}
    return named.pop() if len(named) == 1 else None

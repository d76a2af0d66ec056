"""A vote in plain words: „ja“, „Nein, weil die Fristen fehlen“, „Enthaltung“, 👍.

Only a whole phrase counts, so „ja oder nein“ and „das ist ja gut“ are no votes. Neither is a yes or no on a condition
(„ja, aber nur mit Frist“) nor one that its own reason contradicts: those are for the person to say again.
"""

import re
import unicodedata
from typing import Literal

from bot.language.names import fold

Choice = Literal["yes", "no", "abstain"]

_PHRASES: dict[str, Choice] = {
    **dict.fromkeys(
        (
            "ja", "jawohl", "jo", "ja bitte", "ja gern", "ja gerne", "dafuer", "bin dafuer", "ich bin dafuer",
            "wir sind dafuer", "ich stimme dafuer", "wir stimmen dafuer", "fuer", "stimme zu", "ich stimme zu",
            "wir stimmen zu", "zustimmung", "zugestimmt", "einverstanden", "ich bin einverstanden",
            "wir sind einverstanden", "pro", "yes", "yep", "yeah", "aye", "for", "in favour", "in favor", "i agree",
            "we agree", "agree", "agreed", "approve", "i approve", "+1",
        ),
        "yes",
    ),
    **dict.fromkeys(
        (
            "nein", "nee", "nein danke", "dagegen", "bin dagegen", "ich bin dagegen", "wir sind dagegen",
            "ich stimme dagegen", "wir stimmen dagegen", "gegen", "stimme nicht zu", "ich stimme nicht zu",
            "wir stimmen nicht zu", "ablehnung", "abgelehnt", "lehne ab", "ich lehne ab", "wir lehnen ab",
            "nicht einverstanden", "contra", "kontra", "no", "nope", "nay", "against", "i disagree", "we disagree",
            "disagree", "reject", "i reject", "-1",
        ),
        "no",
    ),
    **dict.fromkeys(
        (
            "enthaltung", "enthalten", "enthalte mich", "ich enthalte mich", "wir enthalten uns", "enthalten uns",
            "ich enthalte mich der stimme", "wir enthalten uns der stimme", "stimmenthaltung", "abstain", "i abstain",
            "we abstain", "abstention", "abstaining",
        ),
        "abstain",
    ),
}  # fmt: skip
_EMOJI: dict[str, Choice] = {
    "👍": "yes",
    "✅": "yes",
    "✔": "yes",
    "☑": "yes",
    "👎": "no",
    "❌": "no",
    "✖": "no",
    "🤷": "abstain",
    "⚪": "abstain",
}
# Variation selectors, skin tones, and „joined with ♂ or ♀“.
_SHADES = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[♂♀]")
_BECAUSE = r"(?:weil|denn|because|since)(?!\w)"
_REASON = re.compile(rf"\s*[,;:(–—\n]\s*|\s+-\s+|[.!]+\s+|\s+(?={_BECAUSE})", re.IGNORECASE)
_LONGEST_PHRASE = 80
_CONDITION = re.compile(
    r"(?:aber |but )?(?:nur|falls|wenn|sofern|solange|vorausgesetzt|unter der bedingung|unter vorbehalt|mit vorbehalt|"
    r"only|if|unless|provided|as long as)(?![a-z])"
)


def read_choice(text: str) -> tuple[Choice | None, str]:
    """The vote, and the reason after „weil“, “because”, a comma, a colon or a full stop; no vote is (None, "")."""
    typed = unicodedata.normalize("NFC", text).strip()
    head, behind = _split(typed)
    choice, reason = _whole(head), _without_because(behind)
    if choice is None or (reason == behind and is_condition(reason)) or _whole(_split(reason)[0]) not in {None, choice}:
        return None, ""
    return choice, reason


def is_condition(reason: str) -> bool:
    """Whether what stands behind a vote makes it none: „aber nur mit Frist“."""
    return _CONDITION.match(fold(reason[:_LONGEST_PHRASE])) is not None


def _split(typed: str) -> tuple[str, str]:
    """The phrase and the reason behind it. No phrase is longer than the stretch that is searched."""
    mark = _REASON.search(typed, 0, _LONGEST_PHRASE)
    if mark is None:
        return typed, ""
    reason = typed[mark.end() :].strip()
    if "(" in mark[0] and reason.count(")") > reason.count("("):
        reason = reason.removesuffix(")")
    return typed[: mark.start()], reason


def _without_because(reason: str) -> str:
    return re.sub(rf"^{_BECAUSE}[\s:,]*", "", reason, flags=re.IGNORECASE).strip()


def choice_of_emoji(key: str) -> Choice | None:
    """The vote that a reaction stands for, whatever its skin tone."""
    return _EMOJI.get(_SHADES.sub("", key).strip())


def _whole(phrase: str) -> Choice | None:
    """A phrase of the table, with or without an emoji that says the same."""
    if len(phrase) > 2 * _LONGEST_PHRASE:
        return None
    phrase = _SHADES.sub("", phrase)
    signs = {_EMOJI[char] for char in phrase if char in _EMOJI}
    words = fold("".join(char for char in phrase if char not in _EMOJI)).strip(" .!„“”\"'*")
    said = signs | ({_PHRASES[words]} if words in _PHRASES else set())
    return said.pop() if len(said) == 1 and (not words or words in _PHRASES) else None

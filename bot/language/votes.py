"""A vote in plain words: „ja“, „Nein, weil die Fristen fehlen“, „Wir stimmen mit Ja. Viele Grüße, Ben“, 👍.

Only a whole phrase counts, so „ja oder nein“ and „das ist ja gut“ are no votes. Neither is a yes or no on a condition
(„ja, aber nur mit Frist“) nor one that its own reason contradicts: those are for the person to say again.

A reason is what stands behind „weil“, „da“, „denn“, “because”, „Begründung:“, or behind a dash, a colon, a line break
or a bracket; behind a comma or full stop only from three words on (or „zu teuer“), for there stands what people say out
of politeness, too: `bot.language.courtesies`. „weil …“ stays in the reason, or it would not read.
"""

import re
import unicodedata

from bot.language.courtesies import is_filler, without_closing, without_greeting
from bot.language.names import fold
from bot.language.vote_phrases import ACKNOWLEDGED, INTRODUCED, Choice, restated, whole

__all__ = [
    "Choice", "choice_of_emoji", "is_acknowledgement", "is_condition", "is_conditional", "is_given_expressly",
    "parted", "read_choice", "reason_of",
    "reason_said",
]  # fmt: skip

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
_BECAUSE = r"(?:(?:weil|denn|da|wegen|aufgrund|because|since)(?!\w)|(?:begründung|grund|reason)\s?:)"
_NAMED = re.compile(r"(?:begründung|grund|reason)\s?:\s*|(?:weil|because|since|denn|da)\s*(?:[:,]\s*|$)", re.IGNORECASE)
_BARE = re.compile(r"(?:weil|denn|da|wegen|aufgrund|because|since)(?!\w)", re.IGNORECASE)
_MARK = re.compile(rf"\s*[,;:(–—\n]\s*|\s+-\s+|[.!]+\s+|\s+(?={_BECAUSE})", re.IGNORECASE)
_EXPRESS = frozenset(":(–—-\n")
_ENDS = re.compile(r"[,.;!\n]+\s*")
_LONGEST_PHRASE = 80
_MOST_FILLERS = 12  # stretches that are looked at
_TELLING = 3  # words from which on something behind a comma is a reason
_TOO = re.compile(r"(?:(?:viel|einfach|far|much) )?(?:zu|too|kein(?:e|en|er)?|fehlende[rs]?|no) \w+", re.IGNORECASE)
_BUT = re.compile(r"(?:aber|jedoch|allerdings|oder|but|or|though)(?!\w)", re.IGNORECASE)
LONGEST_READ = 400  # characters of a reason that are looked at
_CONDITION = re.compile(
    r"(?:aber |but |jedoch |allerdings )?(?:nur|falls|wenn|sofern|solange|vorausgesetzt|unter der bedingung|"
    r"unter vorbehalt|mit vorbehalt|vorbehaltlich|only|if|unless|provided|as long as)(?![a-z])"
)


def read_choice(text: str) -> tuple[Choice | None, str]:
    """The vote, and the reason; no vote is (None, "")."""
    choice, mark, behind = parted(text)
    said = _said(behind, mark, choice) if choice is not None else None
    return (None, "") if said is None else (choice, said)


def parted(text: str) -> tuple[Choice | None, str, str]:
    """The phrase at the beginning of a text as a vote, the mark behind it, and all that follows."""
    typed = without_greeting(unicodedata.normalize("NFC", text))
    head, mark, behind = _split(typed)
    if mark == ":" and fold(head) in INTRODUCED:
        head, mark, behind = _split(behind)
    return _whole(head), mark, behind


def reason_said(behind: str, mark: str) -> str | None:
    """The reason that stands behind a mark, without politeness; None where it makes the answer none.

    Of what stands behind a comma or full stop only what says something: a question or a condition does not.
    """
    return _said(behind, mark, None)


def reason_of(behind: str) -> str:
    """What follows „weil“ and the like, with that word, which it would not read without; „Begründung:“ goes."""
    reason = behind.strip()
    named = _NAMED.match(reason)
    if named is None:
        return reason
    rest = reason[named.end() :].strip()
    return rest if not rest or ":" in named[0] else f"{named[0].strip(' ,')} {rest}"


def is_given_expressly(reason: str) -> bool:
    """Whether a reason says itself that it is one: „weil …“."""
    return _BARE.match(reason) is not None


def is_condition(reason: str) -> bool:
    """Whether what stands behind a vote makes it none: „aber nur mit Frist“."""
    return _CONDITION.match(fold(reason[:_LONGEST_PHRASE])) is not None


def is_conditional(text: str) -> bool:
    """Whether a text that is no vote sets a condition: „ja, aber nur mit Frist“, „2 wenn das Geld reicht“."""
    behind_the_first = text.strip().split(maxsplit=1)[1:]
    return any(
        is_condition(each.strip()) for each in (*behind_the_first, *re.split(r"[,;(–\n]", text[:LONGEST_READ])[1:])
    )


def is_acknowledgement(text: str) -> bool:
    """Whether it may mean no more than „understood“: „okay“. Who says so is told how it was taken."""
    return fold(text).strip(" .!") in ACKNOWLEDGED


def choice_of_emoji(key: str) -> Choice | None:
    """The vote that a reaction stands for, whatever its skin tone."""
    return _EMOJI.get(_SHADES.sub("", key).strip())


def _said(behind: str, mark: str, choice: Choice | None) -> str | None:
    """The reason in what stands behind a mark; None for a condition, a question, or a vote against `choice`."""
    rest = without_closing(behind.strip())
    for _ in range(_MOST_FILLERS):
        if is_given_expressly(rest) or _NAMED.match(rest):
            reason = reason_of(rest)
            return None if _contradicts(_BARE.sub("", reason, count=1).strip(), choice) else reason
        if not rest or is_filler(rest):
            return ""
        found = _ENDS.search(rest, 0, 4 * _LONGEST_PHRASE)
        first = rest[: found.start()] if found else rest
        if is_condition(first) or _contradicts(first, choice):
            return None
        if not is_filler(first) and (choice is None or _again(first) != choice):
            break
        rest = rest[found.end() :].strip() if found else ""
        mark = ","
    if mark in _EXPRESS:
        return rest
    if rest.endswith("?"):
        return None
    if len(re.findall(r"[^\W\d_]{2,}", rest[:LONGEST_READ])) >= _TELLING or _TOO.match(rest):
        return rest
    return None if _BUT.match(rest) else ""


def _contradicts(said: str, choice: Choice | None) -> bool:
    """Whether a stretch is itself another vote than the one before it."""
    return choice is not None and _again(_split(said)[0]) not in {None, choice}


def _again(said: str) -> Choice | None:
    return _whole(said) or restated(said[: 2 * _LONGEST_PHRASE])


def _split(typed: str) -> tuple[str, str, str]:
    """The phrase, the mark behind it and what follows. No phrase is longer than the stretch that is searched."""
    found = _MARK.search(typed, 0, _LONGEST_PHRASE)
    if found is None:
        return typed, "", ""
    behind = typed[found.end() :].strip()
    mark = "\n" if "\n" in found[0] else found[0].strip()
    if mark == "(" and behind.count(")") > behind.count("("):
        behind = behind.rstrip(" .").removesuffix(")")
    return typed[: found.start()], mark, behind


def _whole(phrase: str) -> Choice | None:
    """A phrase of the table, with or without an emoji that says the same."""
    if len(phrase) > 2 * _LONGEST_PHRASE:
        return None
    phrase = _SHADES.sub("", phrase)
    signs = {_EMOJI[char] for char in phrase if char in _EMOJI}
    words = fold("".join(char for char in phrase if char not in _EMOJI)).strip(" .!„“”\"'*")
    spoken = whole(words)
    said = signs | ({spoken} if spoken else set())
    return said.pop() if len(said) == 1 and (not words or spoken) else None

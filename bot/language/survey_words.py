"""What people say in a survey besides their answers, and the lines of its template. Pure."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from enum import StrEnum
from itertools import count
from typing import Final

from bot.domain.project import is_key
from bot.domain.survey import FREE, Item
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.language.projects import BY_NAME, FIELDS, ProjectField

MOST_QUESTIONS: Final = 40
LONGEST_QUESTION: Final = 300
LONGEST_COHORT: Final = 80
LONGEST_KEY: Final = 40
USUAL: Final = tuple(Item(field.name) for field in FIELDS if field.name != "influential")
"""Version 1. Which projects are the most influential is asked once, at the end, and in the form file in a column."""
LONGEST_NAME: Final = 6  # so many parts with commas or „und“ between them may be one name
_BETWEEN = re.compile(r"( ?[,;\n]\s*| (?:und|and|&|mit|with|gegen|vs\.?) )")  # between single blanks
_DASH = re.compile(r"^\s*(?:[-–•*]|\d+[.)])\s+")


class Control(StrEnum):
    """What is no answer but steers the conversation."""

    UNKNOWN = "unknown"
    SKIP = "skip"
    BACK = "back"
    PAUSE = "pause"
    DONE = "done"
    ANOTHER = "another"
    DISCARD = "discard"
    NONE = "none"


_CONTROLS = {
    Control.UNKNOWN: (
        "weiß nicht", "weiß ich nicht", "das weiß ich nicht", "ich weiß es nicht", "ich weiß nicht", "wissen wir nicht",
        "keine ahnung", "unbekannt", "unklar", "?", "don't know", "i don't know", "dont know", "unknown", "no idea",
    ),
    Control.SKIP: (
        "überspringen", "weiter", "nächste", "nächste frage", "-", "ohne angabe", "keine angabe", "skip", "next",
        "bleibt so", "keine änderung", "unverändert", "no answer", "no change", "unchanged",
    ),
    Control.BACK: ("zurück", "vorherige frage", "ändern", "back", "previous", "change"),
    Control.PAUSE: (
        "pause", "pausieren", "später", "später weiter", "abbrechen", "stop", "stopp", "later", "cancel", "bis später",
    ),
    Control.DONE: ("fertig", "ende", "beenden", "das war's", "das war alles", "done", "finished", "finish", "end"),
    Control.ANOTHER: (
        "noch ein projekt", "noch eins", "noch eines", "weiteres projekt", "nächstes projekt", "neues projekt",
        "another project", "one more", "one more project", "next project", "new project",
    ),
    Control.DISCARD: ("verwerfen", "löschen", "nicht übernehmen", "discard", "drop", "delete"),
    Control.NONE: ("keins", "keines", "keine", "kein projekt", "keines davon", "none", "none of them"),
}  # fmt: skip
OWN_COLUMNS: Final = ("Umfrage", "Survey", "Kürzel", "Key", "Schlüssel")
"""What the form file calls its own columns: which survey it is of, and the keys of projects."""
_COLUMNS = {fold(name) for name in OWN_COLUMNS}.union(*(field.folded() for field in FIELDS))
"""What no question of one's own is called: in the form file the columns are told by their headers."""
_MEANT = {fold(word): control for control, words in _CONTROLS.items() for word in words}


def read_control(words: str) -> Control | None:
    """What steers the conversation; None for an answer."""
    return _MEANT.get(fold(words[:100]).strip(" .!„“\"'") or fold(words[:3]).strip())


def field_called(name: str) -> ProjectField | None:
    """The field of a project that people call so."""
    folded = fold(name)
    return next((field for field in FIELDS if folded in field.folded()), None)


def read_template(words: str) -> tuple[Item, ...]:
    """One question a line: a field („Ziel“), one in other words („Ziel: Was …?“), or a question of one's own.

    Raises UserError for what is neither, what stands there twice, and a template without a title.
    """
    lines = [_DASH.sub("", line).strip() for line in words.splitlines() if line.strip()]
    found: list[Item] = []
    for line in lines:
        found.append(_question(line, sum(each.is_free for each in found) + 1))
    names = [each.name for each in found]
    if twice := next((each for each in found if names.count(each.name) > 1), None):
        raise UserError("surveys.question_twice", field=BY_NAME[twice.name])
    if "title" not in names:
        raise UserError("surveys.no_title")
    called = [fold(each.wording or "") for each in found if each.is_free]
    if taken := next((each for each in called if each in _COLUMNS or called.count(each) > 1), None):
        raise UserError(
            "surveys.question_taken", words=next(each.wording for each in found if fold(each.wording or "") == taken)
        )
    if len(found) > MOST_QUESTIONS:
        raise UserError("surveys.too_many_questions", count=len(found), most=MOST_QUESTIONS)
    return tuple(sorted(found, key=lambda each: each.name != "title"))


def _question(line: str, number: int) -> Item:
    if len(line) > LONGEST_QUESTION:
        raise UserError("inbox.too_long", length=len(line), longest=LONGEST_QUESTION, what="question")
    name, colon, wording = line.partition(":")
    field = field_called(name)
    if field is not None and field.name != "influential":
        return Item(field.name, wording.strip() or None)
    if fold(name) in ("frei", "free", "frage", "question") and wording.strip():
        return Item(f"{FREE}{number}", wording.strip())
    if field is None and line.endswith("?"):
        return Item(f"{FREE}{number}", line)
    names = [each.de for each in FIELDS] + [each.en for each in FIELDS]
    close = None if field else next(iter(nearest(name if colon else line, names)), None)
    raise UserError("surveys.bad_question", line=line, close=close)


def key_from(title: str, is_taken: Callable[[str], bool]) -> str:
    """A key for a project, from its title; none that is taken (as compared)."""
    words = [word.strip("_") for word in re.findall(r"\w+", unicodedata.normalize("NFC", title))]
    made = ""
    for word in filter(None, words):
        longer = f"{made}-{word}" if made else word[: LONGEST_KEY - 5]
        if len(longer) > LONGEST_KEY - 5:  # room for a number
            break
        made = longer
    made = made if is_key(made) else "Projekt"
    numbered = (made if number == 1 else f"{made}-{number}" for number in count(1))
    return next(key for key in numbered if not is_taken(fold(key)))


def parts(words: str, is_name: Callable[[str], bool] = lambda _: False) -> list[str]:
    """Things with commas or line breaks between them; „und“ before the last one.

    „Amt für Umwelt und Verkehr“ is one thing if `is_name` knows it.
    """
    pieces = _BETWEEN.split(re.sub(r"[^\S\n]+", " ", words))  # what is named and what stands between, by turns
    found = []
    at = 0
    while at < len(pieces):
        ends = range(min(at + 2 * LONGEST_NAME - 1, len(pieces)), at, -2)
        whole = ((end, _bare("".join(pieces[at:end]))) for end in ends if end > at + 1)
        end, part = next((each for each in whole if is_name(each[1])), (at + 1, _bare(pieces[at])))
        if part:
            found.append(part)
        at = end + 1
    return found


def _bare(words: str) -> str:
    return " ".join(words.split()).strip(' .„“"')


def numbers_among(words: str, names: Iterable[Collection[str]]) -> tuple[list[int], str | None]:
    """Which of several numbered things are meant, by number or name; and the first part that names none of them."""
    known = [{fold(name) for name in each} for each in names]
    every = set[str]().union(*known)
    found: list[int] = []
    spaced = words if "," in words or ";" in words else re.sub(r"(?<=\d)\s+(?=\d)", ",", words)
    for part in parts(words if fold(words) in every else spaced, lambda name: fold(name) in every):
        at = (
            int(part[:4]) - 1
            if part.isdecimal()
            else next((n for n, each in enumerate(known) if fold(part) in each), -1)
        )
        if not 0 <= at < len(known):
            return found, part
        found.append(at)
    return found, None

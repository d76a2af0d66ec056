"""An answer to a ballot in plain words: „2, weil …“, „2 > 1 > 3“, „1=3 2=1“, „1 ja, 2 notfalls“, 2️⃣.

Numbers and names of options, German and English, with small slips. Nothing is guessed: what could mean two things is
a problem, and so is a vote on a condition. What was settled where it was open:

- A reason stands behind „weil“ and the like, a line break, a dash, a bracket or a full stop; for a single choice also
  behind a comma or colon. If it might itself be an answer, „weil“ is needed. Politeness is none (`bot.language.votes`).
- „2, 1, 3“ and lines are a ranking, „2, 1 > 3“ is not: 2 and 1 might be equal.
- „keine“ is no answer to a multiple choice: it might mean an abstention or a vote against everything. For dates it
  says that none suits.
- Dates by numbers alone („1, 3“) say no to the others; where words stand, every date needs one.
- „alle Punkte für 2“ is all there are; no points for anything is no answer.
- Only what is no answer as it stands is read again without „Guten Tag“ and with „die zweite“ as 2.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.domain.answers import ABSTAIN, Kind, Problem, Sheet, is_valid
from bot.language.ballot_cursor import Cursor, NotRead
from bot.language.ballot_forms import FORMS
from bot.language.ballot_options import Names, tokens
from bot.language.ballot_pieces import Pieces, take_apart
from bot.language.ballot_signs import option_of_sign
from bot.language.counting_words import with_numbers
from bot.language.courtesies import without_greeting
from bot.language.names import fold
from bot.language.votes import choice_of_emoji, is_condition, parted, read_choice, reason_of, reason_said

LONGEST_ABOUT = 200
APPROVAL = Sheet(Kind.APPROVAL)
_AMENDMENT = re.compile(
    r"(?:^|[\s,;.:(–—-])(?:(?:mit|und|with|and)\s+)?(?:(?:der|einer|folgender|den|einem|folgendem|an|the following|the|"
    r"a)\s+)?(?:änderungen|änderungs(?:vorschlag|antrag|wunsch)|änderung|ergänzung|amendments?|proposed amendment|"
    r"suggested change|changes?)\s*:\s*",
    re.IGNORECASE,
)
_AMENDMENT_ENDS = re.compile(r"[\s,;.]*(?:^|(?<=[\s,;.]))(?:begründung|grund|reason)\s*:\s*", re.IGNORECASE)
_SECOND_THOUGHTS = re.compile(
    r"(?:aber|oder|doch|lieber|besser|eher|nicht|nein|but|or|rather|better|not|no)(?![a-z0-9])"
)
_PLEASE = re.compile(r"[\s,]{1,9}(?:bitte|please|danke|thanks)[.!]{0,3}\Z", re.IGNORECASE)
_AROUND = " \t\n,;:–—-"
_PLEASED = "👍✅✔☑🙂😊🙏.!"  # behind an answer they mean nothing more


@dataclass(frozen=True, slots=True)
class Read:
    """What somebody answered: `answer` is canonical, or None with a `problem`.

    `about` are the words or options that the problem is about (at most 200 characters), for OVER_BUDGET the sum.
    `completed`: an incomplete ranking with the missing options equal at its end, to be offered, never to be taken.
    `reason` and `amendment` are as typed, of any length, and kept beside `completed`.
    """

    answer: str | None
    reason: str = ""
    amendment: str = ""
    problem: Problem | None = None
    about: str = ""
    completed: str | None = None


def read_answer(words: str, sheet: Sheet, *, zone: ZoneInfo | None = None) -> Read:
    """The answer to a ballot that somebody typed. With a `zone` dates are also known by the day they are in it."""
    typed = unicodedata.normalize("NFC", words).strip()
    if not typed:
        return _not_read(Problem.MALFORMED, "")
    if sheet.kind is Kind.APPROVAL:
        return _approval(typed)
    names = _names(sheet, zone)
    read = _read(typed, names, sheet)
    if read.answer is None and len(typed) <= LONGEST_ABOUT:
        plain = with_numbers(_PLEASE.sub("", without_greeting(typed)), names.count)
        if plain != typed and (again := _read(plain, names, sheet)).answer is not None:
            return again
    return read


def _read(typed: str, names: Names, sheet: Sheet) -> Read:
    """The answer as it stands there."""
    if (abstention := _abstention(typed, sheet.kind, names)) is not None:
        return abstention
    apart = take_apart(typed, sheet.kind, names)
    cursor = Cursor(typed, apart.pieces, names, sheet)
    while cursor.word("start", "for") or cursor.marks(frozenset(":.")):
        pass
    try:
        answer = _form(cursor)
        reason = _reason(cursor, apart)
    except NotRead as why:
        return _problem(why, cursor, apart)
    if not is_valid(answer, sheet):
        return _not_read(Problem.MALFORMED, typed)
    return Read(answer, reason)


def answer_of_reaction(emoji: str, sheet: Sheet) -> str | None:
    """The answer that a reaction stands for; of a multiple choice or dates the one option's number as text.

    👍 👎 for approval, 1️⃣ … 🔟 and 🇦 🇧 … for options, 🤷 for an abstention of every kind; None for everything else.
    """
    choice = choice_of_emoji(emoji)
    if sheet.kind is Kind.APPROVAL:
        return choice
    if choice == ABSTAIN:
        return ABSTAIN
    if sheet.kind not in (Kind.CHOICE, Kind.MULTIPLE, Kind.DATES):
        return None
    return option_of_sign(emoji, sheet, _names(sheet, None))


_names = lru_cache(maxsize=256)(Names)  # a ballot is answered many times


def _approval(typed: str) -> Read:
    """Yes, no or an abstention, and what should be changed."""
    head, amendment, reason_behind = typed, "", ""
    if (mark := _AMENDMENT.search(typed)) is not None:
        head, amendment = typed[: mark.start()].rstrip(f"{_AROUND}(."), typed[mark.end() :].strip()
        if (end := _AMENDMENT_ENDS.search(amendment)) is not None:
            amendment, reason_behind = amendment[: end.start()].strip(), amendment[end.end() :].strip()
        if "(" in typed[mark.start() : mark.end()] and amendment.count(")") > amendment.count("("):
            amendment = amendment.removesuffix(")")
    choice, reason = read_choice(head)
    if choice is None:
        return _not_read(Problem.MALFORMED, typed)
    return Read(choice, " ".join(filter(None, (reason, reason_behind))), amendment)


def _abstention(typed: str, kind: Kind, names: Names) -> Read | None:
    """„Enthaltung, weil …“, which an option of that name or „Enthaltung, 2“ makes doubtful."""
    choice, reason = read_choice(typed)
    if choice != ABSTAIN:
        return None
    said = tokens(typed[:LONGEST_ABOUT])
    if any(names.exact(said, at)[0] for at in range(min(1, len(said)))):
        return _not_read(Problem.UNKNOWN_OPTION, typed)
    if _might_answer(parted(typed)[2], kind, names) and take_apart(typed, kind, names).reason_at is None:
        return _not_read(Problem.MALFORMED, typed)
    return Read(ABSTAIN, reason)


def _form(cursor: Cursor) -> str:
    """The answer as far as it goes. Raises NotRead."""
    first = cursor.here
    if first is None:
        raise cursor.malformed()
    if first.sort == "unknown":
        raise NotRead(Problem.UNKNOWN_OPTION, cursor.text[first.start : first.end])
    if first.sort == "mark" or (first.sort == "word" and cursor.sheet.kind in (Kind.CHOICE, Kind.RANKING)):
        raise cursor.malformed()
    return FORMS[cursor.sheet.kind](cursor)


def _reason(cursor: Cursor, apart: Pieces) -> str:
    """What stands behind the answer. Raises NotRead where it is none, or might be something else."""
    while cursor.here is not None and cursor.here.sort == "mark" and cursor.here.word in _PLEASED:
        if cursor.here.word == "." and not _ends_here(cursor):
            break
        cursor.at += 1
    rest = cursor.here
    if rest is None and apart.is_cut:
        raise cursor.malformed()
    if rest is None or (apart.reason_at is not None and _only_marks(cursor)):
        return "" if apart.reason_at is None else reason_of(cursor.text[apart.reason_at :].strip(_AROUND))
    if not _parts(cursor):
        if rest.sort == "unknown" or (rest.sort == "mark" and cursor.at + 1 < len(cursor.pieces)):
            culprit = next((piece for piece in cursor.pieces[cursor.at :] if piece.sort != "mark"), rest)
            sort = Problem.UNKNOWN_OPTION if culprit.sort == "unknown" else Problem.MALFORMED
            about = cursor.text[culprit.start : culprit.end] if culprit.sort == "unknown" else cursor.text
            raise NotRead(sort, about)
        raise cursor.malformed()
    reason = cursor.text[rest.end :].strip(_AROUND)
    if rest.word == "(" and reason.count(")") > reason.count("("):
        reason = reason.rstrip(" .").removesuffix(")")
    if is_condition(reason) or _SECOND_THOUGHTS.match(fold(reason[:LONGEST_ABOUT])) or _is_rival(reason, cursor):
        raise NotRead(Problem.MALFORMED, cursor.text)
    said = reason_said(reason, rest.word)
    if said is None:
        raise NotRead(Problem.MALFORMED, cursor.text)
    return said


def _problem(why: NotRead, cursor: Cursor, apart: Pieces) -> Read:
    """Why it is no answer. What stands behind an incomplete one may be the better reason."""
    reason = ""
    if why.problem is Problem.INCOMPLETE:
        try:
            said = _reason(cursor, apart)
            reason = said if why.completed else ""
        except NotRead as better:
            why = better
    return Read(None, reason, "", why.problem, _cut(why.about), why.completed)


def _parts(cursor: Cursor) -> bool:
    """Whether the mark that comes next parts a reason from the answer."""
    mark = cursor.here
    if mark is None or mark.sort != "mark":
        return False
    behind = cursor.pieces[cursor.at + 1] if cursor.at + 1 < len(cursor.pieces) else None
    apart = behind is None or behind.spaced
    if mark.word in ",;:" and cursor.sheet.kind is Kind.CHOICE:
        return apart
    if mark.word == ".":
        return apart and not mark.spaced
    if mark.word == "-":
        return apart and mark.spaced
    return mark.word in "\n(–—!"


def _ends_here(cursor: Cursor) -> bool:
    """Whether nothing but marks comes."""
    return all(piece.sort == "mark" for piece in cursor.pieces[cursor.at :])


def _only_marks(cursor: Cursor) -> bool:
    """Whether nothing but marks that mean nothing comes."""
    return all(piece.sort == "mark" and piece.word in f"{_AROUND}.!(" for piece in cursor.pieces[cursor.at :])


def _is_rival(reason: str, cursor: Cursor) -> bool:
    """Whether a reason may be another answer: „2 – 4“, and of a single choice also „2 – 4 wäre mir lieber“."""
    if _might_answer(reason, cursor.sheet.kind, cursor.names):
        return True
    pieces = take_apart(reason[:LONGEST_ABOUT], cursor.sheet.kind, cursor.names).pieces
    if cursor.sheet.kind is not Kind.CHOICE or not pieces:
        return False
    first, said = pieces[0], cursor.pieces[cursor.at - 1]
    options = [
        each.option if each.sort == "option" else cursor.names.numbered(each.number)
        for each in (first, said)
        if each.sort in ("option", "number")
    ]
    return len(options) == 2 and options[0] is not None and options[0] != options[1]


def _might_answer(reason: str, kind: Kind, names: Names) -> bool:
    """Whether a reason is itself an answer, or begins with one."""
    first = re.split(r"[,;.\n]", reason[:LONGEST_ABOUT], maxsplit=1)[0]
    pieces = take_apart(first, kind, names).pieces
    return bool(pieces) and all(piece.sort != "unknown" for piece in pieces)


def _not_read(problem: Problem, about: str) -> Read:
    return Read(None, problem=problem, about=_cut(about))


def _cut(about: str) -> str:
    return about.strip()[:LONGEST_ABOUT]

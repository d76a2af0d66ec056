"""What people write into the form of a check-in: whom, what, until when, where. Pure."""

import re
from dataclasses import dataclass

from bot.domain.checkin import NO_NUDGE, Place, Whom
from bot.errors import UserError
from bot.language.lists import split_ids
from bot.language.names import fold, match
from bot.language.vocabulary import NUMBERS, any_of, number

MOST_QUESTIONS = 5
LONGEST_QUESTION = 300
MOST_DAYS = 20  # working days: four weeks
MOST_MISSED = 10
NEVER = frozenset({"keine", "keiner", "kein", "nie", "nein", "ohne", "none", "no", "never", "-"})
SAME_DAY = frozenset({"am selben tag", "am gleichen tag", "selber tag", "gleicher tag", "same day", "the same day"})
TEMPLATE = frozenset({"vorlage", "standard", "template", "default"})

_OWNERS = r"(?:projekt)?verantwortliche[nr]?|(?:project )?owners?"
_ALL = re.compile(
    rf"(?:(?:alle|allen|all) (?:{_OWNERS})|(?:{_OWNERS}) (?:aller projekte|im verbund|of all projects))", re.IGNORECASE
)
_OF_GROUP = (
    r"(?: (?:(?:in|of|von|aus|der|des) )*(?:(?:the )?(?:arbeits)?gruppe |(?:the )?(?:working )?group |ag )?(.+))?"
)
_ROLES = tuple(
    (re.compile(rf"(?:{words}){_OF_GROUP}", re.IGNORECASE), whom)
    for words, whom in (
        (_OWNERS, Whom.OWNERS),
        (r"(?:die )?(?:aktive[nr]?|active(?: members)?)", Whom.ACTIVE),
        (r"(?:offene )?aufgaben?(?:verantwortliche)?|(?:open )?tasks?|task owners", Whom.TASKS),
    )
)
_GROUP = re.compile(r"(?:arbeitsgruppe|gruppe|ag|working group|group)[ :]+(.+)", re.IGNORECASE)
_COUNT = rf"([0-9]{{1,3}}|{any_of(NUMBERS)})"
_DAYS = re.compile(
    rf"(?:in |innerhalb von |nach |within |after )?{_COUNT}"
    r"(?: (?:(?:werk|arbeits)?tage?n?|(?:working |business |work)?days?))?(?: (?:vorher|davor|zuvor|before|earlier))?$"
)
_TIMES = re.compile(rf"(?:nach |after )?{_COUNT}(?: ?(?:mal|x|times|rounds?|runden?))?(?: (?:in folge|in a row))?$")


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom somebody means: of which group (its name as typed), or which people (Matrix IDs)."""

    whom: Whom
    group: str | None = None
    people: tuple[str, ...] = ()


def read_whom(words: str) -> Meant:
    """„Verantwortliche“, „Aktive der AG Netze“, „Aufgaben“, „Gruppe Netze“, „@ben:…, @cem:…“.

    Words that are none of these are taken for the name of a group; whether there is one is not known here. Raises
    UserError `checkin.bad_people` for what should be a Matrix ID and is none.
    """
    flat = " ".join(words.split()).strip(" .")
    if "@" in flat:
        good, bad, others = split_ids(flat)
        if bad or others or not good:
            raise UserError("checkin.bad_people", words=", ".join(bad) or others or flat)
        return Meant(Whom.LIST, people=tuple(good))
    if _ALL.fullmatch(flat):
        return Meant(Whom.EVERYWHERE)
    for pattern, whom in _ROLES:
        if found := pattern.fullmatch(flat):
            return Meant(whom, group=found[1])
    named = _GROUP.fullmatch(flat)
    return Meant(Whom.ACTIVE, group=named[1] if named else flat)


def read_questions(words: str) -> tuple[str, ...]:
    """One a line, or one sentence after the other; „Vorlage“ is the empty tuple. Raises UserError for too many."""
    if fold(words) in TEMPLATE:
        return ()
    lines = words.splitlines() if "\n" in words.strip() else re.split(r"(?<=\?)\s+", words)
    found = tuple(said for line in lines if (said := re.sub(r"^\s*(?:[-–•*]|\d+[.)])\s+", "", line).strip()))
    if len(found) > MOST_QUESTIONS:
        raise UserError("checkin.too_many_questions", count=len(found), most=MOST_QUESTIONS)
    for each in found:
        if len(each) > LONGEST_QUESTION:
            raise UserError("inbox.too_long", length=len(each), longest=LONGEST_QUESTION, what="question")
    return found


def read_days(words: str) -> int:
    """„2 Werktage“, “two working days”, „am selben Tag“ (0). Raises UserError `checkin.bad_days`."""
    folded = fold(words).strip(" .")
    if folded in SAME_DAY:
        return 0
    found = _DAYS.match(folded)
    if found is None or number(found[1]) > MOST_DAYS:
        raise UserError("checkin.bad_days", value=words, most=MOST_DAYS)
    return number(found[1])


def read_nudge(words: str) -> int:
    """How many working days before the deadline; „keine“ is `NO_NUDGE`. Raises UserError `checkin.bad_days`."""
    return NO_NUDGE if fold(words).strip(" .") in NEVER else read_days(words)


def read_escalation(words: str) -> int:
    """After how many missed in a row; „keine“ is 0. Raises UserError `checkin.bad_escalation`."""
    folded = fold(words).strip(" .")
    if folded in NEVER:
        return 0
    found = _TIMES.match(folded)
    if found is None or not 1 <= number(found[1]) <= MOST_MISSED:
        raise UserError("checkin.bad_escalation", value=words, most=MOST_MISSED)
    return number(found[1])


PLACES = {
    "Raum": Place.ROOM,
    "im Raum": Place.ROOM,
    "hier": Place.ROOM,
    "Thread": Place.ROOM,
    "im Thread": Place.ROOM,
    "room": Place.ROOM,
    "in the room": Place.ROOM,
    "here": Place.ROOM,
    "thread": Place.ROOM,
    "direkt": Place.DIRECT,
    "Direktnachricht": Place.DIRECT,
    "im Direktchat": Place.DIRECT,
    "privat": Place.DIRECT,
    "direct": Place.DIRECT,
    "direct message": Place.DIRECT,
    "directly": Place.DIRECT,
}


def read_place(words: str) -> Place:
    """„Raum“ or „direkt“. Raises UserError `checkin.bad_place`."""
    found = match(words.strip(" ."), PLACES)
    if found is None:
        raise UserError("checkin.bad_place", value=words)
    return found

"""Lists of weekdays: „Montag“, „Mo, Mi und Fr“, „montags bis freitags“, „ersten und dritten Dienstag“, „Werktag“."""

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.language.clocks import PART
from bot.language.rhythms import WORKDAYS, Said
from bot.language.vocabulary import ORDINALS as DAYS_IN_WORDS
from bot.language.vocabulary import WEEKDAYS, any_of

ORDINALS: dict[str, int] = {
    **DAYS_IN_WORDS,
    **dict.fromkeys(("letzte", "letzten", "letzter", "letztes", "letztem", "last"), -1),
    **dict.fromkeys(("vorletzte", "vorletzten", "vorletzter", "second last", "second-last", "second to last"), -2),
}
ORDINAL = rf"(?:{any_of(ORDINALS)}(?![a-z])|[0-9]{{1,2}}(?:\.|st(?![a-z])|nd(?![a-z])|rd(?![a-z])|th(?![a-z])))"
JOIN = r"(?: ?(?:,|/|&|\+|;)(?: ?(?:und|and))? ?| (?:und|u\.|and|sowie) )"
THE = r"(?:(?:jede[nmrs]?|every|each|am|an|on|the|den|dem|der|das) )*"
_WORKING = (
    "werktags|werktaeglich|arbeitstaeglich|arbeitstags|werktagen|arbeitstagen|werktag|arbeitstag|"
    "weekdays|weekday|workdays|workday|working days|working day|business days|business day"
)
_WEEKDAY = rf"(?P<word>{_WORKING}|{any_of(WEEKDAYS)})(?P<s>s)?(?:\.(?![0-9])|(?![a-z0-9])|(?={PART}|morgen))"
_ITEM = re.compile(rf"(?P<the>{THE})(?:(?P<nths>{ORDINAL}(?:{JOIN}{THE}{ORDINAL})*) )?{_WEEKDAY}")
_RANGE = re.compile(r" ?(?:-|bis|to|through|thru) ?(?:zum )?")
ONE_ORDINAL = re.compile(ORDINAL)
_NEXT = re.compile(JOIN)
_FROM = re.compile(r"(?:von|from) ")


def weekdays_at(text: str, start: int, so_far: Said) -> Iterator[tuple[int, Said]]:
    """„Montag“, „Mo, Mi und Fr“, „montags bis freitags“, „ersten und dritten Dienstag“; each beginning of the list."""
    opening = _FROM.match(text, start)
    here = opening.end() if opening else start
    said = so_far
    while found := _ITEM.match(text, here):
        if (item := _item(found, said)) is None:
            return
        said, here = item, found.end()
        if opening is None:
            yield here, said
        until = _RANGE.match(text, here)
        last = _ITEM.match(text, until.end()) if until else None
        if last and (span := _range(found, last, said)) is not None:
            said, here = span, last.end()
            yield here, said
        joint = _NEXT.match(text, here)
        if joint is None:
            return
        here = joint.end()


def _item(found: re.Match[str], so_far: Said) -> Said | None:
    working = found["word"] not in WEEKDAYS
    day = WORKDAYS if working else WEEKDAYS[found["word"]]
    nths = [ordinal(each[0]) for each in ONE_ORDINAL.finditer(found["nths"] or "")]
    if any(nth == 0 for nth in nths):
        return None
    several = bool(so_far.days)
    again = so_far.again
    if re.search(r"jede|every|each", found["the"]):
        again = "every"
    elif not again and (found["s"] or several or (working and not nths)):
        again = "always"
    return replace(so_far, days=so_far.days + tuple((nth, day) for nth in nths or [0]), again=again)


def _range(first: re.Match[str], last: re.Match[str], so_far: Said) -> Said | None:
    """Monday to Friday; and Saturday to Tuesday, across the end of the week."""
    if first["nths"] or last["nths"] or not {first["word"], last["word"]} <= set(WEEKDAYS):
        return None
    start, end = WEEKDAYS[first["word"]], WEEKDAYS[last["word"]]
    days = tuple((0, (start + step) % 7) for step in range(1, (end - start) % 7 + 1))
    return replace(so_far, days=so_far.days + days, again=so_far.again or "always") if days else None


def ordinal(word: str) -> int:
    """1 for „ersten“, „1.“ and “1st”, -1 for the last."""
    return ORDINALS[word] if word in ORDINALS else int(re.sub("[^0-9]", "", word))

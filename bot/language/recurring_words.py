"""The words of what comes again: „jeden“, „alle zwei Wochen“, „montags bis freitags“, „am ersten Dienstag im Monat“.

Every rule offers the readings it finds at one place of the folded text; `rhythms` says what they mean together.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from bot.language.clocks import END, PART
from bot.language.recurring_weekdays import JOIN, ONE_ORDINAL, ORDINAL, ORDINALS, THE, ordinal, weekdays_at
from bot.language.rhythms import Said
from bot.language.vocabulary import MONTHS, NUMBERS, WEEKDAYS, any_of, number

Found = tuple[int, Said]
Rule = Callable[[re.Match[str], Said], Iterator[Said]]

_UNITS = {
    **dict.fromkeys(("tage", "tagen", "tag", "days", "day"), "day"),
    **dict.fromkeys(("wochen", "woche", "weeks", "week"), "week"),
    **dict.fromkeys(("monate", "monaten", "monat", "months", "month"), "month"),
    **dict.fromkeys(("quartale", "quartal", "quarters", "quarter"), "quarter"),
    **dict.fromkeys(("jahre", "jahren", "jahr", "years", "year"), "year"),
}
_UNIT = rf"(?P<unit>{any_of(_UNITS)})(?![a-z])"
_LENGTHS = {"day": 1, "week": 7, "month": 30, "year": 365}
_LONGEST = 3660  # days; a rule that fires less often is a slip of the finger
_ADVERBS = {"taeglich": "day", "woechentlich": "week", "woechig": "week", "monatlich": "month", "jaehrlich": "year"} | {
    "taegig": "day",
    "taegl.": "day",
}


def words_at(text: str, start: int, so_far: Said) -> Iterator[Found]:
    """Every way to go on from `so_far` with the words at `start`: the new place and the new reading."""
    for pattern, rule in _RULES:
        if found := pattern.match(text, start):
            for said in rule(found, so_far):
                yield found.end(), said
    if not so_far.days and not so_far.sets:
        yield from weekdays_at(text, start, so_far)


def _every(found: re.Match[str], so_far: Said) -> Iterator[Said]:
    word = found["again"]
    yield replace(so_far, again="every" if word[:4] in {"jede", "ever", "each"} else so_far.again or "always")


def _period(found: re.Match[str], so_far: Said) -> Iterator[Said]:
    """„alle zwei Wochen“, „jede zweite Woche“, „every other week“, „wöchentlich“, „14-täglich“."""
    groups = found.groupdict()
    unit = _UNITS.get(groups.get("unit") or "") or _ADVERBS[groups["adverb"]]
    word = (groups.get("count") or "1").strip(" -")
    interval = {"other": 2, "": 1}.get(word) or (ORDINALS[word] if word in ORDINALS else _count(word))
    yield from _with_unit(so_far, unit, interval)


def _count(word: str) -> int:
    return NUMBERS[word] if word in NUMBERS else number(word.rstrip(".stndrh") or "0")


def _with_unit(so_far: Said, unit: str, interval: int, *, calendar: bool = False) -> Iterator[Said]:
    if unit == "quarter" and interval == 1 and not so_far.of:
        yield replace(so_far, of=unit, again=so_far.again or "always")
    if unit == "quarter":
        return
    if unit == "day" and interval > 1 and interval % 7 == 0:
        unit, interval = "week", interval // 7
    if so_far.unit or interval < 1 or interval * _LENGTHS[unit] > _LONGEST:
        return
    yield replace(so_far, unit=unit, interval=interval, calendar=calendar, again=so_far.again or "always")


def _named_period(found: re.Match[str], so_far: Said) -> Iterator[Said]:
    name = next(name for name, caught in found.groupdict().items() if caught)
    _, unit, interval, calendar, doubt = _NAMED[name]
    for said in _with_unit(so_far, unit, interval, calendar=calendar):
        yield replace(said, doubt=said.doubt or doubt)


def _within(found: re.Match[str], so_far: Said) -> Iterator[Said]:
    """„… im Monat“, „… jeden Monats“, „… of the month“: what the days are counted in."""
    of = _UNITS[re.sub("(?<=[tlr])e?s$", "", found["unit"])]
    if not so_far.of and of != "day":
        yield replace(so_far, of=of)


def _months(found: re.Match[str], so_far: Said) -> Iterator[Said]:
    if not so_far.months:
        months = tuple(MONTHS[each[0]] for each in re.finditer(any_of(MONTHS), found["months"]))
        yield replace(so_far, months=tuple(sorted(set(months))))


def _month_days(found: re.Match[str], so_far: Said) -> Iterator[Said]:
    days = tuple(ordinal(each[0]) for each in ONE_ORDINAL.finditer(found["days"]))
    if not so_far.month_days:
        again = "every" if re.search(r"jede|every|each", found["the"]) else so_far.again
        yield replace(so_far, month_days=days, again=again)


def _numeric(found: re.Match[str], so_far: Said) -> Iterator[Said]:
    """„15.3.“, „April 1“."""
    if so_far.month_days or so_far.months:
        return
    month = MONTHS[found["month"]] if found["month"] in MONTHS else int(found["month"])
    if 1 <= month <= 12:
        again = "every" if re.search(r"jede|every|each", found["the"]) else so_far.again
        yield replace(so_far, month_days=(int(found["day"]),), months=(month,), again=again)


def _edge(found: re.Match[str], so_far: Said) -> Iterator[Said]:
    """„Monatsende“, „am letzten Tag des Quartals“, “end of the month”; „Monatsanfang“ is asked back."""
    if so_far.month_days or so_far.of:
        return
    day, exact = _EDGES[found["edge"]]
    of = next(of for stem, of in _STEMS.items() if found["of"].startswith(stem))
    months = ({1: 1, 15: 6, -1: 12}[day],) if of == "year" else ()
    if of == "month" or exact or day == 1:
        yield replace(so_far, month_days=(31 if months == (12,) else day,), months=months, of=of, doubt=not exact)


def _part_of_days(found: re.Match[str], so_far: Said) -> Iterator[Said]:
    """„jeden Abend“; which hours these are, is read behind it."""
    yield from _with_unit(so_far, "day", 1)


def _other(found: re.Match[str], so_far: Said) -> Iterator[Said]:
    """“every other Tuesday”, which no month has."""
    yield from _with_unit(replace(so_far, again="every"), "week", 2)


def _weekend(found: re.Match[str], so_far: Said) -> Iterator[Said]:
    if not so_far.sets and not so_far.days:
        working = found["word"].startswith("woch") and found["word"].endswith("tags")
        yield replace(so_far, sets=((0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5)) if working else ((5, 6), (5,), (6,)))


_COUNT = rf"(?P<count>[0-9]{{1,3}}|{any_of(NUMBERS)})"
_NTH = rf"(?P<count>other|{ORDINAL})"
_EACH = r"(?:jede[nmrs]?|every|each)"
_STEMS = {"monat": "month", "month": "month", "quart": "quarter", "jahr": "year", "year": "year"}
# The day of the month, and whether the word says it exactly.
_EDGES = {
    **dict.fromkeys(("ersten tag", "erster tag", "first day", "ersten", "erster"), (1, True)),
    **dict.fromkeys(("anfang", "beginn", "start", "beginning"), (1, False)),
    **dict.fromkeys(("mitte", "middle"), (15, False)),
    **dict.fromkeys(("ende", "end", "letzten tag", "letzter tag", "last day", "letzten", "letzter"), (-1, True)),
}
_EDGE = rf"(?P<edge>{any_of(_EDGES)})"
_DES = r"(?:des|eines jeden|eines|jeden|jedes|im|of|of the|of each|of every|in the|in each|each|every|per|pro) "
_PERIOD = "monat|quartal|jahr|month|quarter|year"
_PER = r"(?:pro|per|im|in der|die|am|a|every|each)"
_ONCE = r"(?:einmal|1 ?x|1 ?mal|once)"
# Unit, number of them, whether quarters and half years of the calendar may be meant, whether it is in doubt.
_NAMED = {
    "quarter": (r"vierteljaehrlich|quartalsweise|quarterly", "month", 3, True, False),
    "half": (r"halbjaehrlich|jedes halbe jahr|jedes halbjahr|half-yearly|every half[ -]year", "month", 6, True, False),
    "fortnight": (r"fortnightly|every fortnight|each fortnight", "week", 2, False, False),
    "biweekly": (r"bi-?weekly", "week", 2, False, True),
    "bimonthly": (r"bi-?monthly", "month", 2, False, True),
    "day": (rf"(?:{_ONCE} )?(?:daily|everyday|alle tage)|tgl\.?|{_ONCE} {_PER} (?:tag|day)", "day", 1, False, False),
    "week": (rf"(?:{_ONCE} )?(?:weekly|allwoechentlich)|{_ONCE} {_PER} (?:woche|week)", "week", 1, False, False),
    "month": (rf"(?:{_ONCE} )?(?:monthly|allmonatlich)|{_ONCE} {_PER} (?:monat|month)", "month", 1, False, False),
    "year": (rf"(?:{_ONCE} )?(?:yearly|annually|alljaehrlich)|{_ONCE} {_PER} (?:jahr|year)", "year", 1, False, False),
}
_LISTED_MONTHS = rf"{any_of(MONTHS)}(?![a-z])\.?"
_FROM_THE_END = any_of(word for word, nth in ORDINALS.items() if nth < 0)
_LISTED_DAYS = rf"{ORDINAL}(?:{JOIN}{THE}(?:zum )?{ORDINAL})*"

_RULES: tuple[tuple[re.Pattern[str], Rule], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        (rf"(?P<again>{_EACH}|immer|jeweils|stets|always|regelmaessig)(?![a-z])", _every),
        (rf"(?:alle|every|each) {_COUNT} {_UNIT}", _period),
        (rf"(?:an |am )?{_EACH} (?:{_NTH} )?{_UNIT}", _period),
        (rf"(?:{_ONCE} )?(?:{_COUNT}[ -]?)?(?P<adverb>{any_of(_ADVERBS)}){END}", _period),
        (rf"(?:an |am )?{_EACH} (?={PART}|morgen(?![a-z]))", _part_of_days),
        (rf"every other (?={any_of(WEEKDAYS)})", _other),
        (rf"(?:{'|'.join(f'(?P<{name}>{named[0]})' for name, named in _NAMED.items())})(?![a-z])", _named_period),
        (rf"{_DES}(?P<unit>monats?|quartals?|jahre?s?|month|quarter|year)(?![a-z])", _within),
        (rf"(?:im |in )?(?P<months>{_LISTED_MONTHS}(?:{JOIN}{_LISTED_MONTHS})*)", _months),
        (rf"(?P<the>{THE})(?:zum )?(?P<days>{_LISTED_DAYS})(?![a-z0-9])", _month_days),
        (rf"(?P<the>{THE})(?P<days>{_FROM_THE_END}) (?:tag|day)(?![a-z])", _month_days),
        (rf"(?P<the>{THE})(?:zum )?(?P<day>[0-9]{{1,2}})\. ?(?P<month>[0-9]{{1,2}})\.(?![0-9])", _numeric),
        (rf"(?P<the>{THE})(?P<day>[0-9]{{1,2}}) (?P<month>{any_of(MONTHS)})(?![a-z])", _numeric),
        (rf"(?P<the>{THE})(?P<month>{any_of(MONTHS)}) (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?{END}", _numeric),
        (rf"{THE}(?:zum |zur )?(?P<of>monats|quartals|jahres)-?{_EDGE}(?![a-z])", _edge),
        (
            rf"(?:at |by )?{THE}(?:zum |zur )?{_EDGE} {_DES}(?P<of>{_PERIOD})(?:e?s)?(?![a-z])",
            _edge,
        ),
        (rf"{THE}(?P<word>wochenenden?|weekends?|wochentags)(?![a-z])", _weekend),
    )
)

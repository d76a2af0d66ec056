"""Answers that say something of each option: points, resistances, dates."""

from collections.abc import Sequence

from bot.domain.answers import MOST_RESISTANCE, Fit, Kind, Problem, of_amounts, of_fits
from bot.language.ballot_cursor import Cursor, NotRead, listed, numbers, once

_ASSIGN = frozenset(":=→(–—")


def points(cursor: Cursor) -> str:
    given = _amounts(cursor)
    budget = cursor.sheet.points or 0
    for amount in given.values():
        if amount < 0:
            raise NotRead(Problem.OUT_OF_RANGE, str(amount))
    if sum(given.values()) > budget:
        raise NotRead(Problem.OVER_BUDGET, str(sum(given.values())))
    if not any(given.values()):  # no points for anything is no answer; who wants none abstains
        raise cursor.malformed()
    return of_amounts(given, zeros=False)


def resistance(cursor: Cursor) -> str:
    given = _amounts(cursor)
    for amount in given.values():
        if not 0 <= amount <= MOST_RESISTANCE:
            raise NotRead(Problem.OUT_OF_RANGE, str(amount))
    _require_all(given, cursor)
    return of_amounts(given, zeros=True)


def _amounts(cursor: Cursor) -> dict[int, int]:
    """Amounts by option, in pairs: „1=3“, „Schule: 3 Punkte“, „3 Punkte für 1“, „Rest 5“; or „je 5“, „7 3 0“."""
    if (plain := _each(cursor) or _in_order(cursor)) is not None:
        return plain
    given: dict[int, int] = {}
    while True:
        before = cursor.at
        options, amount = _pair(cursor, given)
        for option in options:
            if option in given:
                begin = cursor.pieces[before]
                raise NotRead(Problem.TWICE, cursor.text[begin.start : begin.end])
            given[option] = amount
        if not cursor.separated():
            return given


def _each(cursor: Cursor) -> dict[int, int] | None:
    """„je 5“: the same for every option."""
    start = cursor.at
    if cursor.word("each") and cursor.here is not None and cursor.here.sort == "number":
        amount = cursor.here.number
        cursor.at += 1
        cursor.word("points")
        return dict.fromkeys(range(1, cursor.names.count + 1), amount)
    cursor.at = start
    return None


def _in_order(cursor: Cursor) -> dict[int, int] | None:
    """„7 3 0“: as many numbers as there are options. Of two options „1 3“ may be option and amount: neither."""
    start, amounts = cursor.at, list[int]()
    while cursor.here is not None and cursor.here.sort == "number":
        amounts.append(cursor.here.number)
        cursor.at += 1
        cursor.marks(frozenset(",;/|\n"), most=2)
    count = cursor.names.count
    names = (each.sort == "option" for each in cursor.pieces[cursor.at : cursor.at + 1])
    pair = count == 2 and len(amounts) == 2 and cursor.names.numbered(amounts[0]) is not None
    if len(amounts) == count and not pair and not any(names) and not cursor.is_mark("=", ":", "→"):
        return dict(enumerate(amounts, 1))
    cursor.at = start
    return None


def _pair(cursor: Cursor, given: dict[int, int]) -> tuple[list[int], int]:
    start = cursor.at
    if (reverse := _amount_first(cursor)) is not None:
        return reverse
    cursor.at = start
    if cursor.sheet.kind is Kind.RESISTANCE and (whole := cursor.word("all", "rest")):
        everything = range(1, cursor.names.count + 1)
        options = [each for each in everything if whole == "all" or each not in given]
        needs_sign = False
    elif cursor.at_option:
        needs_sign = cursor.pieces[cursor.at].sort == "number"
        options = [cursor.option()]
        needs_sign = needs_sign and cursor.tag is None  # „1 3“ may be two options
    else:
        raise cursor.malformed()
    signed = bool(cursor.marks(_ASSIGN, most=2)) or _dash(cursor) or cursor.word("gives") is not None
    cursor.word("gives")
    negative = cursor.is_mark("-") and cursor.at + 1 < len(cursor.pieces) and not cursor.pieces[cursor.at + 1].spaced
    cursor.at += 1 if negative and signed else 0
    if cursor.here is None or cursor.here.sort != "number" or (needs_sign and not signed):
        raise cursor.malformed()
    amount = cursor.here.number * (-1 if negative else 1)
    cursor.at += 1
    cursor.word("points")
    cursor.marks(frozenset(")"), most=1)
    return options, amount


def _dash(cursor: Cursor) -> bool:
    """Take a dash with blanks around it."""
    at = cursor.at + 1
    if cursor.is_mark("-") and cursor.pieces[cursor.at].spaced and at < len(cursor.pieces) and cursor.pieces[at].spaced:
        cursor.at += 1
        return True
    return False


def _amount_first(cursor: Cursor) -> tuple[list[int], int] | None:
    """„3 Punkte für 1“, „3 für Schule“, „alle Punkte für 2“."""
    if cursor.sheet.kind is Kind.POINTS and cursor.word("all"):
        amount = cursor.sheet.points or 0
    elif cursor.here is not None and cursor.here.sort == "number":
        amount = cursor.here.number
        cursor.at += 1
    else:
        return None
    cursor.word("points")
    if not cursor.word("for") or not cursor.at_option:
        return None
    return [cursor.option()], amount


def _require_all(given: dict[int, int] | dict[int, Fit], cursor: Cursor) -> None:
    missing = [option for option in range(1, cursor.names.count + 1) if option not in given]
    if missing:
        raise NotRead(Problem.INCOMPLETE, numbers(missing))


def dates(cursor: Cursor) -> str:
    fits_first = cursor.here is not None and cursor.here.sort == "word" and cursor.here.word in set(Fit)
    given: dict[int, Fit] = {}
    everything = range(1, cursor.names.count + 1)
    if cursor.word("none"):
        return of_fits(dict.fromkeys(everything, Fit.NO))
    pending = _fits_first(cursor, given) if fits_first else _options_first(cursor, given)
    if pending and given:
        raise NotRead(Problem.INCOMPLETE, numbers(pending))
    if pending:  # only those that suit were named
        given = {option: Fit.YES if option in pending else Fit.NO for option in everything}
    _require_all(given, cursor)
    return of_fits(given)


def _options_first(cursor: Cursor, given: dict[int, Fit]) -> list[int]:
    """„1 ja, 2 und 3 notfalls“; returns the options that no word followed."""
    pending: list[int] = []
    while True:
        pending += _targets(cursor, [*given, *pending])
        start = cursor.at
        signs = cursor.marks(_ASSIGN, most=2) or ("-" if _dash(cursor) else "")
        fit = cursor.word(*Fit) or ("maybe" if cursor.marks(frozenset("?"), most=1) else None)
        if fit is None:
            cursor.at = start
        else:
            bracketed = "(" in signs and bool(cursor.marks(frozenset(")"), most=1))
            given |= dict.fromkeys(pending, Fit.MAYBE if bracketed and fit == Fit.YES else Fit(fit))
            pending = []
        if not cursor.separated():
            return pending


def _fits_first(cursor: Cursor, given: dict[int, Fit]) -> list[int]:
    """„ja: 1, 3; notfalls: 2“."""
    while fit := cursor.word(*Fit):
        cursor.marks(_ASSIGN, most=1)
        cursor.word("for")
        named: list[int] = []
        while True:
            named += _targets(cursor, [*given, *named])
            if not cursor.separated() or (cursor.here is not None and cursor.here.word in set(Fit)):
                break
        given |= dict.fromkeys(named, Fit(fit))
    return []


def _targets(cursor: Cursor, named: Sequence[int]) -> list[int]:
    """One option, or all, or the rest."""
    everything = range(1, cursor.names.count + 1)
    if cursor.word("rest"):
        return [each for each in everything if each not in named]
    if not named and cursor.word("all"):
        without = listed(cursor) if cursor.word("except") else []
        return [each for each in everything if each not in without]
    if not cursor.at_option:
        raise cursor.malformed()
    return [once(cursor, named)]

"""A date that was asked back: what was typed first and the answers to it, read together.

„Montag“, asked back, then „2“ is the second offer; „um 3“, then „15 Uhr“ is 15:00 on the day that was meant; anything
else is a date of its own. Nothing is guessed: what stays in doubt is asked back again.
"""

from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.language.clocks import is_clock, read_clock
from bot.language.dates import Moment, read_deadline
from bot.language.names import fold

ANSWERED: Final = " ⟶ "
"""Stands between a doubtful date and the answer to it in a command that was kept."""

YES = frozenset({"ja", "yes", "ok", "genau", "richtig", "stimmt"})


def read_answered(words: str, *, now: datetime, zone: ZoneInfo) -> Moment:
    """The moment that `words` name, answers included. Raises UserError as `read_deadline`, or `dates.which_day`."""
    first, *answers = words.split(ANSWERED)
    doubt: UserError | None = None
    offers: tuple[datetime, ...] = ()  # the latest; a slip in between does not take them back
    try:
        moment = read_deadline(first, now=now, zone=zone)
    except UserError as problem:
        doubt, offers = problem, tuple(problem.values.get("candidates", ()))
    for answer in answers:
        try:
            moment, doubt = _answer(answer.strip(), offers, now, zone), None
        except UserError as problem:
            doubt, offers = problem, tuple(problem.values.get("candidates", offers))
    if doubt is not None:
        raise doubt
    return moment


def _answer(answer: str, offers: tuple[datetime, ...], now: datetime, zone: ZoneInfo) -> Moment:
    if answer.rstrip(".)").isdecimal() and 1 <= int(answer.rstrip(".)")[:3]) <= len(offers):
        return Moment(offers[int(answer.rstrip(".)")[:3]) - 1], assumed_time=False)
    if len(offers) == 1 and fold(answer).strip("!. ") in YES:
        return Moment(offers[0], assumed_time=False)
    if not is_clock(answer):
        return read_deadline(answer, now=now, zone=zone)
    clock = read_clock(answer)
    if clock is None:
        raise UserError("dates.unreadable", typed=answer)
    return _at(clock, answer, offers, now, zone)


def _at(clock: time, answer: str, offers: tuple[datetime, ...], now: datetime, zone: ZoneInfo) -> Moment:
    """The time answered, on the day that was offered."""
    days = dict.fromkeys(offer.astimezone(zone).date() for offer in offers)
    if not days:
        raise UserError("dates.which_day", typed=answer)
    moments = tuple(datetime.combine(day, clock, zone).astimezone(UTC) for day in days)
    ahead = tuple(moment for moment in moments if moment > now)
    if len(ahead) > 1:
        raise UserError("dates.ambiguous", typed=answer, candidates=ahead)
    if not ahead:
        raise UserError("dates.past", at=max(moments))
    return Moment(ahead[0], assumed_time=False)

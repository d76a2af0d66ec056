"""A recurrence that was asked back: what was typed first and the answers to it, read together.

„jeden Montag“, asked back, then „9 Uhr“; „jeden zweiten Dienstag 9 Uhr“, then „2“; „jeden Montag 2:30“, then „3 Uhr“.
Nothing is guessed: what stays in doubt is asked back again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.domain.recurring import Recurrence
from bot.errors import UserError
from bot.language.clocks import is_clock, read_clock
from bot.language.doubts import ANSWERED, YES
from bot.language.names import fold
from bot.language.recurrences import Doubt, When, understand


@dataclass(frozen=True, slots=True)
class _Talk:
    """Where we are: the words that stand, the clocks they are read against, and what is still in doubt."""

    words: str
    when: When
    doubt: Doubt


def read_answered_recurrence(words: str, *, now: datetime, zone: ZoneInfo, usual: time | None = None) -> Recurrence:
    """The recurrence that `words` name, answers included. Raises UserError as `read_recurrence`."""
    first, *answers = words.split(ANSWERED)
    when = When(now, zone, usual)
    understood = understand(first, when)
    words = first
    for answer in answers:
        if not isinstance(understood, Doubt):
            break
        talk = _answered(_Talk(words, when, understood), answer.strip())
        if isinstance(talk, Recurrence):
            return talk
        words, when, understood = talk.words, talk.when, talk.doubt
    if isinstance(understood, Doubt):
        raise understood.problem
    return understood


def _answered(talk: _Talk, answer: str) -> Recurrence | _Talk:
    offers, number = talk.doubt.offers, answer.rstrip(".)")
    if number.isdecimal() and len(number) < 3 and 1 <= int(number) <= len(offers):
        return offers[int(number) - 1]
    if len(offers) == 1 and fold(answer).strip("!. ") in YES:
        return offers[0]
    if number.isdecimal() and talk.doubt.problem.text == "recurrences.which_day":
        answer = f"am {number}."
    if is_clock(answer) and (clock := read_clock(answer)) is not None and talk.doubt.open:
        return _settled(talk.words, replace(talk.when, instead=clock))
    return _reread(talk, answer)


def _reread(talk: _Talk, answer: str) -> Recurrence | _Talk:
    """The answer behind what stands already, or in its place, whichever says more."""
    together = understand(f"{talk.words} {answer}", talk.when) if talk.doubt.open else talk.doubt
    alone = understand(answer, talk.when)
    if not isinstance(together, Doubt):
        return together
    if talk.doubt.open and together.offers:
        return _Talk(f"{talk.words} {answer}", talk.when, together)
    if not isinstance(alone, Doubt):
        return alone
    if talk.doubt.open and not together.unread:
        return _Talk(f"{talk.words} {answer}", talk.when, together) if together.open else replace(talk, doubt=together)
    if not alone.unread:
        return _Talk(answer, talk.when, alone)
    slip = Doubt(UserError("recurrences.unreadable", typed=answer), talk.doubt.offers, open=talk.doubt.open)
    return replace(talk, doubt=slip)


def _settled(words: str, when: When) -> Recurrence | _Talk:
    understood = understand(words, when)
    return understood if not isinstance(understood, Doubt) else _Talk(words, when, understood)

"""A check-in as its moderators see it: whom it goes to, when, until when, and how the last rounds went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.context import Scope
from bot.domain.recurring import Recurrence
from bot.procedures.checkin_people import Concerned, concerned, group_of
from bot.procedures.checkin_posts import Line, by_person, lines
from bot.procedures.checkin_rows import closes, nudges, phases_of, questions_of, rhythm
from bot.store import checkins
from bot.store.tables import CheckIn, CheckInAsk, CheckInRound, Group


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is set. `next_at` is when it is put next (UTC), None if never; `at` is what the rest is reckoned from.

    `asked` are the people who would be asked then, each with what about.
    """

    check_in: CheckIn
    rhythm: Recurrence
    group: Group | None
    questions: Sequence[str]
    phases: Sequence[str]
    concerned: Concerned
    asked: Sequence[Sequence[Line]]
    at: datetime
    closes: datetime
    nudge: datetime | None


@dataclass(frozen=True, slots=True)
class Round:
    """One time that it was put, and how many answered; of the latest also who did not."""

    round: CheckInRound
    answered: int
    asked: int
    missing: Sequence[Line] = ()


def shown(check_in: CheckIn, scope: Scope, at: datetime | None = None) -> Shown:
    """A check-in in full, as it would be put at `at` (UTC); without that at its next time."""
    at = at or check_in.next_at or rhythm(check_in).next(scope.now) or scope.now
    found = concerned(check_in, at, scope)
    return Shown(
        check_in=check_in,
        rhythm=rhythm(check_in),
        group=group_of(check_in, scope),
        questions=questions_of(check_in),
        phases=phases_of(check_in),
        concerned=found,
        asked=list(by_person(_line(found)).values()),
        at=at,
        closes=closes(check_in, at, scope),
        nudge=nudges(check_in, at, scope),
    )


def _line(found: Concerned) -> list[Line]:
    """As they would be asked."""
    return [
        Line(CheckInAsk(round_id=0, person=each.person, instead_of=each.instead_of), each.project, each.task)
        for each in found.asked
    ]


def rounds(check_in: CheckIn, most: int, scope: Scope) -> list[Round]:
    """The latest rounds, newest first."""
    found = checkins.last_rounds(scope.session, check_in.id or 0, most)
    counted = checkins.turnouts(scope.session, [made.id or 0 for made in found])
    made = [Round(each, *counted.get(each.id or 0, (0, 0))) for each in found]
    if not found:
        return []
    missing = [line for line in lines(found[0], scope) if line.is_awaited]
    return [Round(made[0].round, made[0].answered, made[0].asked, missing), *made[1:]]


def left_out(check_in: CheckIn, until: datetime) -> datetime | None:
    """The next time (UTC) if it comes before `until`: while a round is open, no other is put."""
    return check_in.next_at if check_in.next_at is not None and check_in.next_at < until else None

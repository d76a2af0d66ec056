"""A check-in from one time to the next: put, reminded of, closed with a summary, and taken further if need be.

Lateness: a time that was missed is made up for once, if less than half of the time to its deadline has gone; of several
only the latest. What is left out for that reason is counted and said in the summary of the next round. A reminder is
sent late as long as the deadline has not come; a round is closed late rather than never. While one round waits for
answers no other is put: nobody is asked twice.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.context import Scope
from bot.domain.checkin import State, is_still_worth
from bot.effects import Edit, Effect, Say
from bot.procedures import absences
from bot.procedures.checkin_people import concerned
from bot.procedures.checkin_posts import (
    Line,
    by_person,
    key_of,
    lines,
    put,
    reminded,
    root_again,
    summary_of,
)
from bot.procedures.checkin_rows import closes, nudges, rhythm
from bot.procedures.checkin_warnings import about_leavers, about_silence
from bot.store import checkins, moves, networks, rooms
from bot.store.tables import CheckIn, CheckInAsk, CheckInRound


def come(check_in: CheckIn, scope: Scope) -> tuple[Effect, ...]:
    """A time has come, or several: put the latest one, or leave it out; see above."""
    if check_in.next_at is None or check_in.state != State.ACTIVE:
        return ()
    found = rhythm(check_in)
    until = found.latest(scope.now) or check_in.next_at
    passed = [check_in.next_at, *found.between(check_in.next_at, until)]
    check_in.next_at = found.next(scope.now)
    running = checkins.open_round(scope.session, check_in.id or 0)
    if running is not None and running.deadline > scope.now:
        return ()
    before = close(running, check_in, scope) if running is not None else ()
    at = passed[-1]
    late = at < scope.now and not is_still_worth(at, closes(check_in, at, scope), scope.now)
    if late or not rooms.is_seen(rooms.find(scope.session, check_in.room_id)):
        check_in.missed += len(passed)
        return before
    check_in.missed += len(passed) - 1
    return (*before, *open_round(check_in, at, scope))


def open_round(check_in: CheckIn, at: datetime, scope: Scope) -> tuple[Effect, ...]:
    """Put a check-in whose time is `at` (UTC). Nobody to ask: nothing is posted, and the next time comes."""
    found = concerned(check_in, at, scope)
    if not found.wanted:
        return ()
    known = checkins.left_before(scope.session, check_in.id or 0)
    made = _new_round(check_in, at, scope, closed=not found.asked)
    asked = [
        CheckInAsk(
            round_id=made.id or 0,
            person=each.person,
            instead_of=each.instead_of,
            project_id=each.project.id if each.project else None,
            task_id=each.task.id if each.task else None,
            skipped=each.skipped,
        )
        for each in found.wanted
    ]
    checkins.add_asks(scope.session, asked)
    shown = [Line(ask, each.project, each.task) for ask, each in zip(asked, found.wanted, strict=True)]
    posts = put(check_in, made, shown, scope) if found.asked else ()
    return (*posts, *about_leavers(check_in, made, shown, known, scope))


def _new_round(check_in: CheckIn, at: datetime, scope: Scope, *, closed: bool) -> CheckInRound:
    """The row of a round. One that asks nobody is over as it begins; what was missed before is told by another."""
    remind_at = nudges(check_in, at, scope)
    made = CheckInRound(
        check_in_id=check_in.id or 0,
        number=checkins.last_number(scope.session, check_in.id or 0) + 1,
        due_at=at,
        opened_at=scope.now,
        deadline=closes(check_in, at, scope),
        missed=0 if closed else check_in.missed,
        nudge_at=remind_at if remind_at and remind_at > scope.now else None,
        closed_at=scope.now if closed else None,
    )
    check_in.missed -= made.missed
    return checkins.add_round(scope.session, made)


def nudge(made: CheckInRound, scope: Scope) -> tuple[Effect, ...]:
    """Remind those who have not answered, each once and of everything; not who is away by now, or has left."""
    check_in = checkins.by_id(scope.session, made.check_in_id)
    made.nudged_at = scope.now
    missing = by_person(_missing(lines(made, scope)))
    away = absences.away_among(missing, check_in.network_id, scope.now, scope)
    there = networks.people_in_rooms(scope.session, check_in.network_id) - away
    wanted = [own for person, own in missing.items() if person in there]
    for line in (line for own in wanted for line in own):
        line.ask.nudged_at = scope.now
    return tuple(reminded(check_in, made, own, scope) for own in wanted)


def close(made: CheckInRound, check_in: CheckIn, scope: Scope) -> tuple[Effect, ...]:
    """Close a round and say in the room what came of it; at the deadline also who has missed too many in a row."""
    made.closed_at = scope.now
    found = lines(made, scope)
    said = Say(room_id=check_in.room_id, key=key_of(made, "summary"), text=summary_of(check_in, made, found))
    ended = root_again(check_in, made, found, "closed", scope)
    escalated = about_silence(check_in, made, found, scope) if scope.now >= made.deadline else ()
    return (said, *ended, *escalated)


def answered(ask: CheckInAsk, scope: Scope, mark: str | None = None) -> tuple[Effect, ...]:
    """Show that an answer came; it is stored, and `ask.answered_at` set. When all have come nobody waits any longer.

    After the close the summary is written anew instead, what came after the deadline marked as such. `mark` tells the
    edits from all others where an answer was taken back: the latest one may have been the latest before.
    """
    made = checkins.round_by_id(scope.session, ask.round_id)
    check_in = checkins.by_id(scope.session, made.check_in_id)
    found = lines(made, scope)
    latest = mark or str(max((line.answer.id or 0 for line in found if line.answer), default=0))
    if made.closed_at is not None:
        return (
            _summed_up_again(check_in, made, found, latest, scope),
            *root_again(check_in, made, found, latest, scope),
        )
    if not _missing(found):
        return close(made, check_in, scope)
    return root_again(check_in, made, found, latest, scope)


def _summed_up_again(check_in: CheckIn, made: CheckInRound, found: Sequence[Line], mark: str, scope: Scope) -> Effect:
    """The summary as it is now: in its place, or said once more in a room that has come after, or come to us."""
    room_id, said, key = check_in.room_id, summary_of(check_in, made, found), key_of(made, "summary")
    shown, _ = moves.own(scope.session, key, room_id, scope.house.us)
    if shown is None:
        return Say(room_id=room_id, key=moves.unused(scope.session, key, room_id, scope.house.us), text=said)
    return Edit(room_id=room_id, key=f"{shown}/{mark}", of=shown, text=said)


def _missing(found: Sequence[Line]) -> list[Line]:
    return [line for line in found if line.is_awaited]


def end(check_in: CheckIn, scope: Scope) -> tuple[Effect, ...]:
    """Put it no more; a round that waits for answers is closed, with its summary."""
    check_in.state, check_in.next_at = State.ENDED, None
    running = checkins.open_round(scope.session, check_in.id or 0)
    return close(running, check_in, scope) if running is not None else ()

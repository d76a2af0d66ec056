"""Meetings: their days, what came of them, and what people thought of them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, func, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.store.tables import (
    Ballot,
    Consultation,
    Decision,
    Meeting,
    MeetingDay,
    Organisation,
    Result,
    Retrospect,
    Task,
)


def add(session: Session, meeting: Meeting) -> Meeting:
    """Store a new meeting; it gets its ID."""
    session.add(meeting)
    session.flush()
    return meeting


def by_id(session: Session, meeting_id: int) -> Meeting:
    """The meeting with this database ID."""
    return session.get_one(Meeting, meeting_id)


def by_number(session: Session, network_id: int, number: int) -> Meeting | None:
    """T2."""
    return session.exec(select(Meeting).where(Meeting.network_id == network_id, Meeting.number == number)).first()


def listed(session: Session, network_id: int, room_id: str | None) -> Sequence[Meeting]:
    """A network's meetings, the earliest first; only those of one room if given."""
    statement = select(Meeting).where(Meeting.network_id == network_id)
    if room_id is not None:
        statement = statement.where(Meeting.room_id == room_id)
    return session.exec(statement.order_by(col(Meeting.starts_at), col(Meeting.number))).all()


def begun(session: Session, room_id: str, by: datetime) -> Meeting | None:
    """The latest meeting of a room that begins no later than `by` (UTC). None is called off."""
    statement = select(Meeting).where(
        Meeting.room_id == room_id, Meeting.starts_at <= by, col(Meeting.cancelled_at).is_(None)
    )
    return session.exec(statement.order_by(col(Meeting.starts_at).desc(), col(Meeting.id).desc())).first()


def upcoming(session: Session, network_id: int, room_id: str | None, after: datetime) -> Meeting | None:
    """The next meeting of a network that begins later than `after` (UTC); of one room if given. None is called off."""
    statement = _held(network_id, room_id).where(Meeting.starts_at > after)
    return session.exec(statement.order_by(col(Meeting.starts_at), col(Meeting.number))).first()


def last_before(session: Session, network_id: int, room_id: str | None, at: datetime) -> Meeting | None:
    """The last meeting of a network that began earlier than `at` (UTC); of one room if given. None is called off."""
    statement = _held(network_id, room_id).where(Meeting.starts_at < at)
    return session.exec(statement.order_by(col(Meeting.starts_at).desc(), col(Meeting.number).desc())).first()


def _held(network_id: int, room_id: str | None) -> SelectOfScalar[Meeting]:
    statement = select(Meeting).where(Meeting.network_id == network_id, col(Meeting.cancelled_at).is_(None))
    return statement if room_id is None else statement.where(Meeting.room_id == room_id)


def waiting(session: Session, now: datetime) -> Sequence[Meeting]:
    """The meetings that the clock has something to do about by `now` (UTC). Asked every second."""
    return session.exec(WAITING, params={"now": now}).all()


WAITING = select(Meeting).where(col(Meeting.next_at) <= bindparam("now")).order_by(col(Meeting.next_at))


def days(session: Session, meeting_ids: Sequence[int]) -> dict[int, list[MeetingDay]]:
    """The days of these meetings, in order; none for one that takes a single one."""
    found: dict[int, list[MeetingDay]] = {meeting_id: [] for meeting_id in meeting_ids}
    statement = select(MeetingDay).where(col(MeetingDay.meeting_id).in_(meeting_ids))
    for row in session.exec(statement.order_by(col(MeetingDay.meeting_id), col(MeetingDay.position))):
        found[row.meeting_id].append(row)
    return found


def replace_days(session: Session, meeting: Meeting, rows: Sequence[MeetingDay]) -> None:
    """A meeting is held on these days, and no others."""
    session.exec(delete(MeetingDay).where(col(MeetingDay.meeting_id) == meeting.id))
    session.add_all(rows)
    session.flush()


def hosts(session: Session, meeting_ids: Sequence[int]) -> dict[int, str]:
    """The names of the organisations that hold these meetings, where one does."""
    statement = (
        select(Meeting.id, Organisation.name)
        .join(Organisation, col(Organisation.id) == col(Meeting.organisation_id))
        .where(col(Meeting.id).in_(meeting_ids))
    )
    return {meeting_id or 0: name for meeting_id, name in session.exec(statement)}


def ballots_on_results(session: Session, meeting_id: int) -> Sequence[tuple[Result, Ballot, Consultation]]:
    """The ballots that put a meeting's results to the vote, oldest first."""
    statement = (
        select(Result, Ballot, Consultation)
        .join(Ballot, col(Ballot.result_id) == col(Result.id))
        .join(Consultation, col(Consultation.id) == col(Ballot.consultation_id))
        .where(Result.meeting_id == meeting_id)
    )
    return session.exec(statement.order_by(col(Ballot.id))).all()


def decisions_on_results(session: Session, meeting_id: int) -> dict[int, Decision]:
    """What was decided on a meeting's results, by ballot."""
    statement = (
        select(Decision)
        .join(Ballot, col(Ballot.id) == col(Decision.ballot_id))
        .join(Result, col(Result.id) == col(Ballot.result_id))
        .where(Result.meeting_id == meeting_id)
    )
    return {decision.ballot_id: decision for decision in session.exec(statement)}


def tasks_of(session: Session, meeting_id: int) -> Sequence[Task]:
    """What was agreed at a meeting, what is due first leads."""
    statement = select(Task).where(Task.meeting_id == meeting_id)
    return session.exec(statement.order_by(col(Task.due_at).is_(None), col(Task.due_at), col(Task.number))).all()


def add_retrospect(session: Session, view: Retrospect) -> Retrospect:
    """Store what somebody thought of a meeting; it gets the next number there."""
    statement = select(func.max(Retrospect.number)).where(Retrospect.meeting_id == view.meeting_id)
    view.number = (session.exec(statement).one() or 0) + 1
    session.add(view)
    session.flush()
    return view


def retrospects(session: Session, meeting_id: int) -> Sequence[Retrospect]:
    """What people thought of a meeting, by number; what they took back, too."""
    statement = select(Retrospect).where(Retrospect.meeting_id == meeting_id)
    return session.exec(statement.order_by(col(Retrospect.number))).all()

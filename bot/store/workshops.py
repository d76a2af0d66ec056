"""Workshops: who takes part, who sits where, what came of it, and the fields of action people sign up for."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, func, select, update

from bot.domain.groups import Part
from bot.domain.seating import Round
from bot.store.tables import Attendance, Cluster, Meeting, Result, ResultVersion, Seat, SignUp


def attendance(session: Session, meeting_id: int) -> dict[str, bool]:
    """Who takes part, or does not, whether or not they are in the room."""
    rows = session.exec(select(Attendance).where(Attendance.meeting_id == meeting_id))
    return {row.person: row.takes_part for row in rows}


def attend(session: Session, meeting_id: int, person: str, by: str, at: datetime, *, takes_part: bool) -> None:
    """Keep that somebody takes part, or does not."""
    row = session.get(Attendance, (meeting_id, person))
    row = row or Attendance(meeting_id=meeting_id, person=person, takes_part=takes_part, said_by=by, said_at=at)
    row.takes_part, row.said_by, row.said_at = takes_part, by, at
    session.add(row)
    session.flush()


def rounds(session: Session, meeting: Meeting) -> list[Round]:
    """Who sits at which table, in every round that is planned; a table that all have left is empty.

    Seats go with whoever has their data erased: a round may be left with one empty table.
    """
    found: dict[int, dict[int, list[str]]] = {}
    statement = select(Seat).where(Seat.meeting_id == meeting.id)
    for seat in session.exec(statement.order_by(Seat.person)):
        found.setdefault(seat.round, {}).setdefault(seat.table_number, []).append(seat.person)
    return [
        tuple(tuple(seated.get(table, ())) for table in range(1, max(seated, default=1) + 1))
        for seated in (found.get(number, {}) for number in range(1, max(meeting.rounds or 0, *found, 0) + 1))
    ]


def seat(session: Session, meeting: Meeting, number: int, seated: Round) -> None:
    """Let people sit so in a round (from 1), whatever was planned for it."""
    session.exec(delete(Seat).where(col(Seat.meeting_id) == meeting.id, col(Seat.round) == number))
    session.add_all(
        Seat(meeting_id=meeting.id or 0, round=number, person=person, table_number=table)
        for table, people in enumerate(seated, 1)
        for person in people
    )
    session.flush()


def forget_rounds(session: Session, meeting: Meeting, after: int) -> None:
    """Drop what was planned for the rounds after this one."""
    session.exec(delete(Seat).where(col(Seat.meeting_id) == meeting.id, col(Seat.round) > after))


def join_table(session: Session, meeting: Meeting, number: int, person: str, table: int) -> None:
    """Somebody comes late to a round, and sits down at this table."""
    session.add(Seat(meeting_id=meeting.id or 0, round=number, person=person, table_number=table))
    session.flush()


def table_of(session: Session, meeting_id: int, number: int, person: str) -> int | None:
    """At which table somebody sits in a round."""
    row = session.get(Seat, (meeting_id, number, person))
    return row.table_number if row else None


def results(session: Session, meeting_id: int) -> Sequence[tuple[Result, ResultVersion]]:
    """What came of a meeting and stands, in its latest wording: by round, table and number."""
    statement = (
        select(Result, ResultVersion)
        .join(ResultVersion, col(ResultVersion.result_id) == col(Result.id))
        .where(
            Result.meeting_id == meeting_id,
            ResultVersion.version == Result.latest_version,
            col(Result.merged_into_id).is_(None),
        )
    )
    found = session.exec(statement.order_by(col(Result.number))).all()
    return sorted(found, key=lambda each: (each[0].round or 0, each[0].table_number or 0))


def clusters(session: Session, meeting_id: int) -> Sequence[Cluster]:
    """A workshop's fields of action, by number."""
    statement = select(Cluster).where(Cluster.meeting_id == meeting_id)
    return session.exec(statement.order_by(col(Cluster.number))).all()


def cluster(session: Session, cluster_id: int) -> Cluster:
    """The field of action with this database ID."""
    return session.get_one(Cluster, cluster_id)


def add_cluster(session: Session, meeting_id: int, name: str, by: str, at: datetime) -> Cluster:
    """A new field of action; it gets the next number."""
    last = session.exec(select(func.max(Cluster.number)).where(Cluster.meeting_id == meeting_id)).one()
    row = Cluster(meeting_id=meeting_id, number=(last or 0) + 1, name=name, created_by=by, created_at=at)
    session.add(row)
    session.flush()
    return row


def delete_cluster(session: Session, cluster: Cluster) -> None:
    """Drop a field of action, and who signed up for it; its results, merged ones too, are in none then."""
    session.exec(update(Result).where(col(Result.cluster_id) == cluster.id).values(cluster_id=None))
    session.exec(delete(SignUp).where(col(SignUp.cluster_id) == cluster.id))
    session.delete(cluster)
    session.flush()


def open_clusters(session: Session, network_id: int) -> Sequence[tuple[Cluster, Meeting]]:
    """The fields of action of a network's workshops that are no groups yet, the latest workshop's first."""
    statement = (
        select(Cluster, Meeting)
        .join(Meeting, col(Meeting.id) == col(Cluster.meeting_id))
        .where(Meeting.network_id == network_id, col(Cluster.group_id).is_(None), col(Meeting.cancelled_at).is_(None))
    )
    return session.exec(statement.order_by(col(Meeting.id).desc(), col(Cluster.number))).all()


def sign_up(session: Session, cluster_id: int, person: str, kind: Part, event_id: str, at: datetime) -> Part | None:
    """Somebody wants to drive a field, or to follow it; what they had said before, if anything."""
    row = session.get(SignUp, (cluster_id, person))
    before = Part(row.kind) if row else None
    row = row or SignUp(cluster_id=cluster_id, person=person, kind=kind, at=at, event_id=event_id)
    row.kind, row.at, row.event_id = kind, at, event_id
    session.add(row)
    session.flush()
    return before


def signed_up_by(session: Session, event_id: str, person: str) -> SignUp | None:
    """What somebody signed up for with this event."""
    return session.exec(select(SignUp).where(SignUp.event_id == event_id, SignUp.person == person)).first()


def sign_off(session: Session, cluster_id: int, person: str) -> bool:
    """Somebody wants neither any more; False if they did not before."""
    row = session.get(SignUp, (cluster_id, person))
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def signed_up(session: Session, cluster_ids: Iterable[int]) -> dict[int, dict[Part, list[str]]]:
    """Who wants to drive or to follow these fields, those who came first in front."""
    ids = list(cluster_ids)
    found: dict[int, dict[Part, list[str]]] = {each: {Part.ACTIVE: [], Part.FOLLOWER: []} for each in ids}
    statement = select(SignUp).where(col(SignUp.cluster_id).in_(ids)).order_by(col(SignUp.at), SignUp.person)
    for row in session.exec(statement) if ids else ():
        found[row.cluster_id][Part(row.kind)].append(row.person)
    return found

"""Results of meetings, their versions, and what they were merged from."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from bot.store.tables import Ballot, Consultation, Decision, Result, ResultOrigin, ResultVersion


def add(session: Session, result: Result) -> Result:
    """Store a new result; it gets its ID."""
    session.add(result)
    session.flush()
    return result


def add_version(session: Session, version: ResultVersion) -> None:
    """Store a wording."""
    session.add(version)
    session.flush()


def by_number(session: Session, network_id: int, number: int) -> Result | None:
    """E9."""
    return session.exec(select(Result).where(Result.network_id == network_id, Result.number == number)).first()


def by_id(session: Session, result_id: int) -> Result:
    """The result with this database ID."""
    return session.get_one(Result, result_id)


def version(session: Session, result_id: int, number: int) -> ResultVersion | None:
    """One wording of a result."""
    return session.get(ResultVersion, (result_id, number))


def latest(session: Session, result: Result) -> ResultVersion:
    """A result's wording as it is now."""
    return session.get_one(ResultVersion, (result.id, result.latest_version))


def versions(session: Session, result_id: int) -> Sequence[ResultVersion]:
    """All wordings of a result, oldest first."""
    statement = select(ResultVersion).where(ResultVersion.result_id == result_id)
    return session.exec(statement.order_by(col(ResultVersion.version))).all()


def listed(
    session: Session, network_id: int, room_id: str | None, *, meeting_id: int | None = None
) -> Sequence[tuple[Result, ResultVersion]]:
    """A network's results, each in its latest wording, oldest first; only those of one room or meeting if given.

    Those that were merged into another one are among them.
    """
    statement = (
        select(Result, ResultVersion)
        .join(ResultVersion, col(ResultVersion.result_id) == col(Result.id))
        .where(Result.network_id == network_id, ResultVersion.version == Result.latest_version)
    )
    if room_id is not None:
        statement = statement.where(Result.room_id == room_id)
    if meeting_id is not None:
        statement = statement.where(Result.meeting_id == meeting_id)
    return session.exec(statement.order_by(col(Result.number))).all()


def of_meeting(session: Session, meeting_id: int) -> Sequence[Result]:
    """What came of a meeting and stands, by number: without what was merged into another result."""
    statement = select(Result).where(Result.meeting_id == meeting_id, col(Result.merged_into_id).is_(None))
    return session.exec(statement.order_by(col(Result.number))).all()


def merge(session: Session, origin: Result, into: Result) -> None:
    """Keep that a result, as it is worded now, went into another one."""
    session.add(ResultOrigin(result_id=into.id or 0, origin_id=origin.id or 0, origin_version=origin.latest_version))
    origin.merged_into_id = into.id
    session.flush()


def origins(session: Session, result_id: int) -> Sequence[tuple[Result, int]]:
    """What a result was merged from, by number, and in which wording."""
    statement = (
        select(Result, ResultOrigin.origin_version)
        .join(ResultOrigin, col(ResultOrigin.origin_id) == col(Result.id))
        .where(ResultOrigin.result_id == result_id)
    )
    return session.exec(statement.order_by(col(Result.number))).all()


def ballots_on(session: Session, result_id: int) -> Sequence[tuple[Ballot, Consultation, Decision | None]]:
    """The ballots that put a result to the vote, oldest first, and what each decided."""
    statement = (
        select(Ballot, Consultation, Decision)
        .join(Consultation, col(Consultation.id) == col(Ballot.consultation_id))
        .outerjoin(Decision, col(Decision.ballot_id) == col(Ballot.id))
        .where(Ballot.result_id == result_id)
    )
    return session.exec(statement.order_by(col(Ballot.id))).all()

"""Results of meetings and their versions."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from bot.store.tables import Result, ResultVersion


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


def listed(session: Session, network_id: int, room_id: str | None) -> Sequence[tuple[Result, ResultVersion]]:
    """A network's results, each in its latest wording, oldest first; only those of one room if given."""
    statement = (
        select(Result, ResultVersion)
        .join(ResultVersion, col(ResultVersion.result_id) == col(Result.id))
        .where(Result.network_id == network_id, ResultVersion.version == Result.latest_version)
    )
    if room_id is not None:
        statement = statement.where(Result.room_id == room_id)
    return session.exec(statement.order_by(col(Result.number))).all()

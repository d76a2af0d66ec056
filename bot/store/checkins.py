"""Check-ins: what is asked again and again, whom it was put to each time, and what they said."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam
from sqlmodel import Session, col, exists, func, select

from bot.domain.checkin import Skipped, State
from bot.store import answers
from bot.store.tables import CheckIn, CheckInAnswer, CheckInAsk, CheckInRound, Project, Task

LOOKED_BACK = 60  # rounds: who is asked once a month is asked in every fifth weekly one


class Asked(NamedTuple):
    """What somebody is asked, with all that it is about."""

    ask: CheckInAsk
    round: CheckInRound
    check_in: CheckIn
    project: Project | None
    task: Task | None


def add(session: Session, check_in: CheckIn) -> CheckIn:
    """Store a new check-in; it gets its ID."""
    session.add(check_in)
    session.flush()
    return check_in


def by_number(session: Session, network_id: int, number: int) -> CheckIn | None:
    """C1."""
    return session.exec(select(CheckIn).where(CheckIn.network_id == network_id, CheckIn.number == number)).first()


def by_id(session: Session, check_in_id: int) -> CheckIn:
    """The check-in with this database ID."""
    return session.get_one(CheckIn, check_in_id)


def listed(session: Session, network_id: int, room_id: str | None) -> Sequence[CheckIn]:
    """A network's check-ins that have not ended, by number; only those of one room if given."""
    statement = select(CheckIn).where(CheckIn.network_id == network_id, CheckIn.state != State.ENDED)
    if room_id is not None:
        statement = statement.where(CheckIn.room_id == room_id)
    return session.exec(statement.order_by(col(CheckIn.number))).all()


def add_round(session: Session, made: CheckInRound) -> CheckInRound:
    """Store a new round; it gets its ID."""
    session.add(made)
    session.flush()
    return made


def last_number(session: Session, check_in_id: int) -> int:
    """The number of a check-in's latest round; 0 before the first."""
    statement = select(func.max(CheckInRound.number)).where(CheckInRound.check_in_id == check_in_id)
    return session.exec(statement).one() or 0


def round_by_id(session: Session, round_id: int) -> CheckInRound:
    """The round with this database ID."""
    return session.get_one(CheckInRound, round_id)


def open_round(session: Session, check_in_id: int) -> CheckInRound | None:
    """The round of a check-in that waits for answers, if there is one."""
    statement = select(CheckInRound).where(
        CheckInRound.check_in_id == check_in_id, col(CheckInRound.closed_at).is_(None)
    )
    return session.exec(statement.order_by(col(CheckInRound.id).desc())).first()


def last_rounds(session: Session, check_in_id: int, limit: int) -> Sequence[CheckInRound]:
    """The latest rounds of a check-in, newest first."""
    statement = select(CheckInRound).where(CheckInRound.check_in_id == check_in_id)
    return session.exec(statement.order_by(col(CheckInRound.number).desc()).limit(limit)).all()


def last_put(session: Session, check_in_id: int) -> CheckInRound | None:
    """The latest round of a check-in that asked anybody."""
    return session.exec(LAST_PUT, params={"check_in_id": check_in_id}).first()


ANY_ASKED = exists().where(col(CheckInAsk.round_id) == col(CheckInRound.id), col(CheckInAsk.skipped).is_(None))
LAST_PUT = (
    select(CheckInRound)
    .where(CheckInRound.check_in_id == bindparam("check_in_id"), ANY_ASKED)
    .order_by(col(CheckInRound.number).desc())
)


def turnouts(session: Session, round_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Of each round how many questions were answered, and how many were put."""
    statement = (
        select(CheckInAsk.round_id, func.count(col(CheckInAsk.answered_at)), func.count())
        .where(col(CheckInAsk.round_id).in_(round_ids), col(CheckInAsk.skipped).is_(None))
        .group_by(col(CheckInAsk.round_id))
    )
    return {round_id: (answered, put) for round_id, answered, put in session.exec(statement)} if round_ids else {}


def add_asks(session: Session, asks: Iterable[CheckInAsk]) -> None:
    """Store who is asked what; they get their IDs in this order."""
    for each in asks:
        session.add(each)
    session.flush()


def ask(session: Session, ask_id: int) -> CheckInAsk | None:
    """What somebody was asked, by database ID."""
    return session.get(CheckInAsk, ask_id)


def asked(session: Session, ask_id: int) -> Asked | None:
    """What somebody was asked, by database ID, with all that it is about."""
    row = session.exec(ASKED, params={"ask_id": ask_id}).first()
    return Asked(*row) if row else None


def asks_of(session: Session, round_id: int) -> list[Asked]:
    """Everything that was or would have been asked in a round, in its order; one question to the database."""
    return [Asked(*row) for row in session.exec(ASKS_OF, params={"round_id": round_id})]


def open_asks_of(session: Session, person: str, network_id: int | None = None) -> list[Asked]:
    """What a person is asked in rounds that are open, answered or not, the newest first; of one network if given."""
    if network_id is None:
        return [Asked(*row) for row in session.exec(OPEN_ASKS, params={"person": person})]
    return [Asked(*row) for row in session.exec(OPEN_ASKS_HERE, params={"person": person, "network_id": network_id})]


def asks_since(session: Session, person: str, since: datetime) -> list[Asked]:
    """What a person was asked in rounds opened after `since` (UTC), closed ones too, the newest first."""
    return [Asked(*row) for row in session.exec(ASKS_SINCE, params={"person": person, "since": since})]


def _asked() -> Any:
    """Asks with their rounds, check-ins, projects and tasks; SQLModel has no name for what five tables make."""
    return (
        select(CheckInAsk, CheckInRound, CheckIn, Project, Task)  # type: ignore[call-overload]
        .join(CheckInRound, col(CheckInRound.id) == col(CheckInAsk.round_id))
        .join(CheckIn, col(CheckIn.id) == col(CheckInRound.check_in_id))
        .outerjoin(Project, col(Project.id) == col(CheckInAsk.project_id))
        .outerjoin(Task, col(Task.id) == col(CheckInAsk.task_id))
    )


def _of_person(rounds: Any) -> Any:
    """What somebody was asked in some rounds: these are looked up first, else all that they were ever asked is read."""
    those = col(CheckInAsk.round_id).in_(select(CheckInRound.id).where(rounds))
    mine = _asked().where(CheckInAsk.person == bindparam("person"), those, col(CheckInAsk.skipped).is_(None))
    return mine.order_by(col(CheckInAsk.id).desc())


ASKED = _asked().where(CheckInAsk.id == bindparam("ask_id"))
ASKS_OF = _asked().where(CheckInAsk.round_id == bindparam("round_id")).order_by(col(CheckInAsk.id))
OPEN_ASKS = _of_person(col(CheckInRound.closed_at).is_(None))
OPEN_ASKS_HERE = OPEN_ASKS.where(CheckIn.network_id == bindparam("network_id"))
ASKS_SINCE = _of_person(col(CheckInRound.opened_at) > bindparam("since"))


def add_answer(session: Session, answer: CheckInAnswer) -> CheckInAnswer:
    """Store what somebody said; it gets its ID."""
    session.add(answer)
    session.flush()
    return answer


def answers_of(session: Session, round_id: int) -> dict[int, CheckInAnswer]:
    """The latest answer to each question of a round that was not taken back, by the ID of the question."""
    statement = (
        select(CheckInAnswer)
        .join(CheckInAsk, col(CheckInAsk.id) == col(CheckInAnswer.ask_id))
        .where(CheckInAsk.round_id == round_id)
    )
    given = (each for each in session.exec(statement.order_by(col(CheckInAnswer.id))) if answers.says_something(each))
    return {each.ask_id: each for each in given}


def answers_to(session: Session, ask_id: int) -> Sequence[CheckInAnswer]:
    """Everything said to one question, oldest first."""
    statement = select(CheckInAnswer).where(CheckInAnswer.ask_id == ask_id)
    return session.exec(statement.order_by(col(CheckInAnswer.id))).all()


def last_asked(session: Session, check_in_id: int, project_ids: Collection[int]) -> dict[int, datetime]:
    """When a check-in was last put about each of these projects (UTC)."""
    statement = (
        select(CheckInAsk.project_id, func.max(col(CheckInRound.due_at)))
        .join(CheckInRound, col(CheckInRound.id) == col(CheckInAsk.round_id))
        .where(
            CheckInRound.check_in_id == check_in_id,
            col(CheckInAsk.project_id).in_(project_ids),
            col(CheckInAsk.skipped).is_(None),
        )
        .group_by(col(CheckInAsk.project_id))
    )
    found = session.exec(statement) if project_ids else ()
    return {project_id: at for project_id, at in found if project_id is not None}


def left_before(session: Session, check_in_id: int) -> set[tuple[str, int | None]]:
    """Of whom it was found before that they have left, with the project they were to be asked about."""
    statement = (
        select(CheckInAsk.person, CheckInAsk.project_id)
        .join(CheckInRound, col(CheckInRound.id) == col(CheckInAsk.round_id))
        .where(CheckInRound.check_in_id == check_in_id, CheckInAsk.skipped == Skipped.LEFT)
    )
    return {(person, project_id) for person, project_id in session.exec(statement.distinct())}


def missed_in_a_row(session: Session, check_in_id: int, people: Collection[str]) -> dict[str, int]:
    """How many closed rounds in a row, up to the last one that asked them, each of these people left unanswered.

    Whoever answered one of several questions of a round has not missed it; a late answer is an answer.
    """
    statement = (
        select(CheckInAsk.person, CheckInRound.number, func.count(col(CheckInAsk.answered_at)))
        .join(CheckInRound, col(CheckInRound.id) == col(CheckInAsk.round_id))
        .where(
            CheckInRound.check_in_id == check_in_id,
            col(CheckInRound.closed_at).is_not(None),
            CheckInRound.number > last_number(session, check_in_id) - LOOKED_BACK,
            col(CheckInAsk.person).in_(people),
            col(CheckInAsk.skipped).is_(None),
        )
        .group_by(col(CheckInAsk.person), col(CheckInRound.number))
        .order_by(col(CheckInRound.number).desc())
    )
    missed, ended = dict.fromkeys(people, 0), set[str]()
    for person, _, answered in session.exec(statement) if people else ():
        if answered:
            ended.add(person)
        elif person not in ended:
            missed[person] += 1
    return missed

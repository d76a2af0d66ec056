"""Surveys: templates in versions, whom each survey asks, and what they have said so far."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, select

from bot.store.outbox import SAID
from bot.store.tables import Network, OutboxRow, Survey, SurveyAsk, SurveyEntry, SurveyTemplate


class Asked(NamedTuple):
    """Somebody is asked, by which survey."""

    ask: SurveyAsk
    survey: Survey


def templates(session: Session, network_id: int) -> Sequence[SurveyTemplate]:
    """A network's versions, the newest first."""
    statement = select(SurveyTemplate).where(SurveyTemplate.network_id == network_id)
    return session.exec(statement.order_by(col(SurveyTemplate.version).desc())).all()


def template(session: Session, template_id: int) -> SurveyTemplate:
    """The version with this database ID."""
    return session.get_one(SurveyTemplate, template_id)


def add_template(session: Session, made: SurveyTemplate) -> SurveyTemplate:
    """Store a new version; it gets its ID. There is nothing here to change one."""
    session.add(made)
    session.flush()
    return made


def add(session: Session, survey: Survey, asks: Iterable[SurveyAsk]) -> Survey:
    """Store a new survey and whom it asks; all get their IDs."""
    session.add(survey)
    session.flush()
    rows = list(asks)
    for row in rows:
        row.survey_id = survey.id or 0
    session.add_all(rows)
    session.flush()
    return survey


def by_id(session: Session, survey_id: int) -> Survey:
    """The survey with this database ID."""
    return session.get_one(Survey, survey_id)


def by_number(session: Session, network_id: int, number: int) -> Survey | None:
    """U1."""
    return session.exec(select(Survey).where(Survey.network_id == network_id, Survey.number == number)).first()


def of_network(session: Session, network_id: int) -> Sequence[Survey]:
    """A network's surveys, the latest first."""
    return session.exec(select(Survey).where(Survey.network_id == network_id).order_by(col(Survey.id).desc())).all()


def open_until(session: Session, latest: datetime) -> Sequence[tuple[Survey, Network]]:
    """The open surveys of all networks whose deadline has come or comes by then (UTC), with their networks.

    Asked every second.
    """
    return session.exec(OPEN_UNTIL, params={"latest": latest}).all()


OPEN_UNTIL = (
    select(Survey, Network)
    .join(Network, col(Network.id) == col(Survey.network_id))
    .where(col(Survey.closed_at).is_(None), col(Survey.due_at) <= bindparam("latest"))
    .order_by(col(Survey.id))
)


def ask(session: Session, ask_id: int) -> Asked | None:
    """Who was asked under this database ID."""
    found = session.get(SurveyAsk, ask_id)
    return Asked(found, session.get_one(Survey, found.survey_id)) if found else None


def asks_of(session: Session, survey_ids: Collection[int]) -> Sequence[SurveyAsk]:
    """Whom surveys ask, in the order in which they were asked."""
    statement = select(SurveyAsk).where(col(SurveyAsk.survey_id).in_(survey_ids))
    return session.exec(statement.order_by(col(SurveyAsk.id))).all()


def open_of_person(session: Session, person: str) -> list[Asked]:
    """The open surveys that ask somebody, the latest first."""
    return [Asked(*row) for row in session.exec(OPEN_OF_PERSON, params={"person": person})]


OPEN_OF_PERSON = (
    select(SurveyAsk, Survey)
    .join(Survey, col(Survey.id) == col(SurveyAsk.survey_id))
    .where(SurveyAsk.person == bindparam("person"), col(Survey.closed_at).is_(None))
    .order_by(col(SurveyAsk.id).desc())
)


def of_person(session: Session, person: str) -> Sequence[Asked]:
    """All surveys that have ever asked somebody, the latest first."""
    statement = select(SurveyAsk, Survey).join(Survey, col(Survey.id) == col(SurveyAsk.survey_id))
    found = session.exec(statement.where(SurveyAsk.person == person).order_by(col(SurveyAsk.id).desc()))
    return [Asked(*row) for row in found]


def entries(session: Session, ask_ids: Collection[int]) -> dict[int, list[SurveyEntry]]:
    """What was described, by who was asked, in order."""
    found: dict[int, list[SurveyEntry]] = defaultdict(list)
    if ask_ids:
        statement = select(SurveyEntry).where(col(SurveyEntry.ask_id).in_(ask_ids))
        for row in session.exec(statement.order_by(col(SurveyEntry.ask_id), col(SurveyEntry.position))):
            found[row.ask_id].append(row)
    return found


def entry(session: Session, ask_id: int, position: int | None) -> SurveyEntry | None:
    """The project that somebody describes at this place."""
    statement = select(SurveyEntry).where(SurveyEntry.ask_id == ask_id, SurveyEntry.position == position)
    return session.exec(statement).first()


def next_position(session: Session, ask_id: int) -> int:
    """Where the next project goes."""
    highest = select(func.max(SurveyEntry.position)).where(SurveyEntry.ask_id == ask_id)
    return (session.exec(highest).one() or 0) + 1


def add_entry(session: Session, made: SurveyEntry) -> SurveyEntry:
    """Store a project that somebody begins to describe."""
    session.add(made)
    session.flush()
    return made


def drop_entry(session: Session, draft: SurveyEntry) -> None:
    """Forget a draft."""
    session.delete(draft)
    session.flush()


def last_said(session: Session, room_id: str) -> tuple[str, datetime] | None:
    """The key of what we said last in a room, and when we decided to (UTC)."""
    statement = select(OutboxRow.key, OutboxRow.created_at).where(
        OutboxRow.room_id == room_id, col(OutboxRow.action).in_(SAID)
    )
    found = session.exec(statement.order_by(col(OutboxRow.id).desc()).limit(1)).first()
    return (found[0], found[1]) if found else None

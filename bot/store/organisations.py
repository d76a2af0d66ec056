"""Organisations and their mandates."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, func, or_, select, update

from bot.domain.consultation import State
from bot.domain.organisations import Mandate as Spoken
from bot.domain.organisations import Speaks
from bot.store.statements import ask
from bot.store.tables import Consultation, Elector, Mandate, Organisation, Project

MANDATES = Mandate.__table__  # type: ignore[attr-defined] # SQLModel hides it


def add(session: Session, organisation: Organisation) -> Organisation:
    """Store a new organisation; it gets its ID."""
    session.add(organisation)
    session.flush()
    return organisation


def rename(session: Session, organisation: Organisation, name: str, folded: str) -> None:
    """Give an organisation another name; the projects that named it as responsible go along."""
    mine = (col(Project.network_id) == organisation.network_id, col(Project.organisation) == organisation.name)
    session.exec(update(Project).where(*mine).values(organisation=name))
    organisation.name, organisation.folded = name, folded
    session.flush()


def by_id(session: Session, organisation_id: int) -> Organisation:
    """The organisation with this database ID."""
    return session.get_one(Organisation, organisation_id)


def find(session: Session, organisation_id: int) -> Organisation | None:
    """The same, if it is here."""
    return session.get(Organisation, organisation_id)


def by_folded(session: Session, network_id: int, folded: str) -> Organisation | None:
    """The organisation of this name, as compared, in a network."""
    statement = select(Organisation).where(Organisation.network_id == network_id, Organisation.folded == folded)
    return session.exec(statement).first()


def of_network(session: Session, network_id: int, at_most: int | None = None) -> Sequence[Organisation]:
    """A network's organisations by name; the first ones, if there are more than `at_most`."""
    statement = select(Organisation).where(Organisation.network_id == network_id)
    return session.exec(statement.order_by(Organisation.folded).limit(at_most)).all()


def count(session: Session, network_id: int) -> int:
    """How many organisations a network has."""
    statement = select(func.count()).select_from(Organisation).where(Organisation.network_id == network_id)
    return session.exec(statement).one()


def give_mandate(session: Session, mandate: Mandate) -> None:
    """Store a mandate. Raises ValueError if its person would speak for two organisations of a network at any time."""
    elsewhere = select(Mandate.id).where(
        Mandate.network_id == mandate.network_id,
        Mandate.person == mandate.person,
        Mandate.organisation_id != mandate.organisation_id,
        _unended(mandate.starts_at),
    )
    if mandate.ends_at is not None:
        elsewhere = elsewhere.where(Mandate.starts_at < mandate.ends_at)
    if session.exec(elsewhere).first() is not None:
        raise ValueError(
            f"{mandate.person} speaks for another organisation"
        )  # `bot.procedures.mandates` has refused it
    session.add(mandate)
    session.flush()


def end_mandate(session: Session, organisation_id: int, person: str, at: datetime) -> bool:
    """End a person's mandates for an organisation; whether there was one."""
    rows = session.exec(
        select(Mandate).where(Mandate.organisation_id == organisation_id, Mandate.person == person, _unended(at))
    ).all()
    for row in rows:
        row.ends_at = max(at, row.starts_at)
    return bool(rows)


def make_way(session: Session, wanted: Mandate, at: datetime) -> bool:
    """End the person's mandates for this organisation where the one wanted begins; whether any was in its way."""
    rows = session.exec(
        select(Mandate).where(
            Mandate.organisation_id == wanted.organisation_id,
            Mandate.person == wanted.person,
            _unended(at),
            or_(col(Mandate.ends_at).is_(None), col(Mandate.ends_at) > wanted.starts_at),
        )
    ).all()
    if wanted.ends_at is not None:
        rows = [row for row in rows if row.starts_at < wanted.ends_at]
    for row in rows:
        row.ends_at = max(row.starts_at, wanted.starts_at)
    return bool(rows)


def mandates(session: Session, organisation_id: int, at: datetime) -> list[Spoken]:
    """Who speaks for an organisation at `at` (UTC) or will later."""
    statement = select(Mandate).where(Mandate.organisation_id == organisation_id, _unended(at))
    return [_spoken(row) for row in session.exec(statement.order_by(col(Mandate.id)))]


def mandates_of_network(session: Session, network_id: int, at: datetime) -> list[Spoken]:
    """Who speaks for which organisation of a network at `at` (UTC) or will later."""
    statement = select(Mandate).where(Mandate.network_id == network_id, _unended(at))
    return [_spoken(row) for row in session.exec(statement.order_by(col(Mandate.id)))]


def electing(session: Session, network_id: int) -> Sequence[tuple[str | None, Consultation]]:
    """The organisations that are electors of their own, by name, each with the consultation whose result is not out."""
    statement = (
        select(Elector.organisation, Consultation)
        .join(Consultation, col(Consultation.id) == col(Elector.consultation_id))
        .where(
            Consultation.network_id == network_id,
            col(Consultation.state).in_((State.OPEN, State.CLOSED)),
            col(Elector.organisation).is_not(None),
        )
    )
    return session.exec(statement.order_by(col(Consultation.id))).all()


def spoken_for(session: Session, organisation_ids: Iterable[int], at: datetime) -> set[int]:
    """Which of these organisations somebody speaks for at `at` (UTC) or will later."""
    statement = select(Mandate.organisation_id).where(col(Mandate.organisation_id).in_(organisation_ids), _unended(at))
    return set(session.exec(statement.distinct()))


def mandate_of(session: Session, network_id: int, person: str, at: datetime) -> Spoken | None:
    """For whom a person speaks at `at` (UTC) or will later."""
    statement = select(Mandate).where(Mandate.network_id == network_id, Mandate.person == person, _unended(at))
    row = session.exec(statement.order_by(col(Mandate.id).desc())).first()
    return _spoken(row) if row else None


_HELD = (
    sa.select(*(MANDATES.c[name] for name in ("person", "organisation_id", "speaks", "starts_at", "ends_at")))
    .where(
        MANDATES.c.network_id == bindparam("network"),
        MANDATES.c.person == bindparam("person"),
        MANDATES.c.starts_at <= bindparam("at"),
        sa.or_(MANDATES.c.ends_at.is_(None), MANDATES.c.ends_at > bindparam("at")),
    )
    .order_by(MANDATES.c.id)
)


def spoken_at(session: Session, network_id: int, person: str, at: datetime) -> list[Spoken]:
    """The mandates that a person holds at `at` (UTC), also one that has ended since."""
    held = ask(session, _HELD, network=network_id, person=person, at=at)
    return [Spoken(row.person, row.organisation_id, Speaks(row.speaks), row.starts_at, row.ends_at) for row in held]


def _unended(at: datetime) -> bool:
    """One withdrawn before it began ends as it begins: it never holds."""
    later = and_(col(Mandate.ends_at) > at, col(Mandate.ends_at) > col(Mandate.starts_at))
    return or_(col(Mandate.ends_at).is_(None), later)  # type: ignore[return-value] # an SQL condition


def _spoken(row: Mandate) -> Spoken:
    return Spoken(row.person, row.organisation_id, Speaks(row.speaks), row.starts_at, row.ends_at)

"""Who takes part in which working group: Aktive and followers, now and before."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, union
from sqlmodel import Session, case, col, func, or_, select

from bot.domain.groups import Part
from bot.domain.organisations import SIZE_BOUNDS, Level
from bot.domain.representation import Cell
from bot.store.tables import Group, Mandate, Network, Organisation, Participation, Person, Room


def current(session: Session, group_id: int, person: str) -> Participation | None:
    """How a person takes part in a group now: as one of the Aktive or as a follower, never both."""
    statement = select(Participation).where(
        Participation.group_id == group_id, Participation.person == person, col(Participation.until).is_(None)
    )
    return session.exec(statement.order_by(col(Participation.id).desc())).first()


def active(session: Session, group_id: int) -> Sequence[Participation]:
    """A group's Aktive now, in the order in which they began."""
    return _of_group(session, group_id, Part.ACTIVE)


def followers(session: Session, group_id: int) -> Sequence[Participation]:
    """Who follows a group now, in the order in which they began."""
    return _of_group(session, group_id, Part.FOLLOWER)


def _of_group(session: Session, group_id: int, part: Part) -> Sequence[Participation]:
    statement = select(Participation).where(
        Participation.group_id == group_id, Participation.kind == part, col(Participation.until).is_(None)
    )
    return session.exec(statement.order_by(col(Participation.id))).all()


def enter(session: Session, participation: Participation) -> Participation:
    """Store that somebody takes part from now on; it gets its ID."""
    session.add(participation)
    session.flush()
    return participation


def end(session: Session, participation: Participation, by: str, at: datetime) -> None:
    """Somebody takes part no longer; that they did stays on record."""
    participation.until, participation.ended_by = at, by
    session.flush()


def of_person(session: Session, network_id: int, person: str) -> Sequence[Participation]:
    """In which living groups of a network a person takes part now."""
    statement = (
        select(Participation)
        .join(Group, col(Group.id) == col(Participation.group_id))
        .where(
            Participation.network_id == network_id,
            Participation.person == person,
            col(Participation.until).is_(None),
            col(Group.ended_at).is_(None),
        )
    )
    return session.exec(statement.order_by(col(Participation.group_id))).all()


def last_active(session: Session, group_id: int) -> Participation | None:
    """Who was the last to stop being active in a group."""
    statement = select(Participation).where(
        Participation.group_id == group_id, Participation.kind == Part.ACTIVE, col(Participation.until).is_not(None)
    )
    return session.exec(statement.order_by(col(Participation.until).desc(), col(Participation.id).desc())).first()


def without_active(session: Session, network_id: int | None = None) -> Sequence[tuple[Group, int]]:
    """The living groups that nobody is active in, by name, each with its network's days for signing up.

    Of one network, or (for the clock) of all.
    """
    statement = (
        select(Group, Network.sign_up_days)
        .join(Network, col(Network.id) == col(Group.network_id))
        .where(col(Group.ended_at).is_(None), ~_has_active())
    )
    if network_id is not None:
        statement = statement.where(Group.network_id == network_id)
    return session.exec(statement.order_by(col(Group.folded), col(Group.id))).all()


def taken_up(session: Session) -> Sequence[Group]:
    """The groups of all networks that are put down as dormant and are not."""
    return session.exec(select(Group).where(col(Group.dormant_since).is_not(None), _has_active())).all()


def _has_active() -> ColumnElement[bool]:
    return exists().where(
        col(Participation.group_id) == col(Group.id),
        col(Participation.kind) == Part.ACTIVE,
        col(Participation.until).is_(None),
    )


def followers_of(session: Session, group_ids: Sequence[int]) -> dict[int, list[str]]:
    """The followers of several groups, those who began first in front."""
    statement = (
        select(Participation.group_id, Participation.person)
        .where(
            col(Participation.group_id).in_(group_ids),
            Participation.kind == Part.FOLLOWER,
            col(Participation.until).is_(None),
        )
        .order_by(col(Participation.id))
    )
    found: dict[int, list[str]] = {group_id: [] for group_id in group_ids}
    for group_id, person in session.exec(statement) if group_ids else ():
        found[group_id].append(person)
    return found


class Tied(NamedTuple):
    """The groups that a room is or was the room of, and whether any other room of the network has none."""

    groups: Sequence[Group]
    others_untied: bool


def tied(session: Session, network_id: int, room_id: str) -> Tied:
    """Whose room this is."""
    groups = session.exec(select(Group).where(Group.network_id == network_id, Group.room_id == room_id)).all()
    other = select(Room.room_id).where(
        Room.network_id == network_id,
        Room.room_id != room_id,
        col(Room.direct_with).is_(None),
        col(Room.joined),
        ~exists().where(col(Group.room_id) == col(Room.room_id)),
    )
    return Tied(groups, session.exec(other.limit(1)).first() is not None)


def cells(session: Session, network_id: int, group_id: int | None, at: datetime) -> list[Cell]:
    """A network's organisations counted by level and size class, and those taking part at `at` (UTC) among them.

    Taking part in one group, or in any. One question to the database, whatever the size of the network.
    """
    part = [
        col(Participation.network_id) == network_id,
        col(Participation.kind) == Part.ACTIVE,
        col(Participation.until).is_(None),
    ]
    if group_id is not None:
        part.append(col(Participation.group_id) == group_id)
    people = select(Participation.person).where(*part)
    speaking = select(Mandate.organisation_id).where(
        Mandate.network_id == network_id,
        col(Mandate.person).in_(people),
        Mandate.starts_at <= at,
        or_(col(Mandate.ends_at).is_(None), col(Mandate.ends_at) > at),
    )
    belonging = select(Person.organisation_id).where(
        Person.network_id == network_id, col(Person.person).in_(people), col(Person.organisation_id).is_not(None)
    )
    present = union(speaking, belonging).subquery()
    inhabitants = col(Organisation.inhabitants)
    size = case(
        (inhabitants.is_(None), None),
        *((inhabitants < bound, number) for number, bound in enumerate(SIZE_BOUNDS)),
        else_=len(SIZE_BOUNDS),
    ).label("size_class")
    here = case((col(present.c.organisation_id).is_not(None), 1), else_=0)
    statement = (
        select(Organisation.level, size, func.count(), func.sum(here))
        .select_from(Organisation)
        .outerjoin(present, present.c.organisation_id == col(Organisation.id))
        .where(Organisation.network_id == network_id)
        .group_by(
            col(Organisation.level), "size_class"
        )  # by its name: PostgreSQL takes no two cases with parameters for one
    )
    return [Cell(Level(level) if level else None, *rest) for level, *rest in session.exec(statement)]


def organisation_of(session: Session, network_id: int, person: str, at: datetime) -> Organisation | None:
    """The organisation that a person speaks for at `at` (UTC), else the one they belong to."""
    speaking = select(Mandate.organisation_id).where(
        Mandate.network_id == network_id,
        Mandate.person == person,
        Mandate.starts_at <= at,
        or_(col(Mandate.ends_at).is_(None), col(Mandate.ends_at) > at),
    )
    belonging = select(Person.organisation_id).where(Person.network_id == network_id, Person.person == person)
    own = col(Organisation.id)
    statement = select(Organisation).where(
        Organisation.network_id == network_id, or_(own.in_(speaking), own.in_(belonging))
    )
    return session.exec(statement.order_by(case((own.in_(speaking), 0), else_=1), own)).first()

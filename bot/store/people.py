"""Organisations and people as a whole, read at once whatever their number, and the files of them that wait."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, and_, col, delete, or_, select

from bot.domain.groups import Part
from bot.domain.organisations import Speaks
from bot.domain.roles import Role
from bot.domain.roster import Body, Member, Stored
from bot.store.tables import (
    Group,
    Mandate,
    Network,
    Organisation,
    Participation,
    PendingImport,
    Person,
    RoleGrant,
)


def stored(session: Session, network_id: int, founders: Iterable[str], now: datetime) -> Stored:
    """All of a network's organisations and people at `now` (UTC).

    `founders` are those who may found networks: the role of who founded one and may no longer does not count.
    """
    organisations = session.exec(select(Organisation).where(Organisation.network_id == network_id)).all()
    folded = {row.id: row.folded for row in organisations}
    living = groups(session, network_id)
    roles = _roles(session, network_id, frozenset(founders))
    parts = _parts(session, network_id, {group.id: group.folded or "" for group in living})
    speaks = _mandates(session, network_id, now)
    people = {row.person: row for row in session.exec(select(Person).where(Person.network_id == network_id))}
    members = {}
    for person in sorted({*people, *speaks, *roles, *parts}):
        row = people.get(person)
        organisation_id, kind = speaks.get(person, (row.organisation_id if row else None, None))
        active, follows = parts.get(person, (frozenset(), frozenset()))
        members[person] = Member(
            organisation=folded.get(organisation_id),
            name=row.name if row else None,
            email=row.email if row else None,
            speaks=kind,
            role=roles.get(person),
            active=active,
            follows=follows,
        )
    return Stored(
        bodies={row.folded: _body(row, folded) for row in organisations},
        members=members,
        groups={group.folded or "": group.name for group in living},
        coordinators=frozenset(person for person, role in roles.items() if role == Role.COORDINATOR),
        moderators=frozenset(_moderators(session, network_id)),
    )


def _body(row: Organisation, folded: dict[int | None, str]) -> Body:
    return Body(
        name=row.name,
        level=row.level,
        inhabitants=row.inhabitants,
        federal_state=row.federal_state,
        bench=row.bench,
        parent=folded[row.parent_id] if row.parent_id is not None else None,
        weight=row.weight,
        email=row.email,
    )


def belonging(session: Session, network_id: int) -> dict[str, int]:
    """To which organisation each person belongs; those of whom it is known."""
    statement = select(Person.person, Person.organisation_id).where(
        Person.network_id == network_id, col(Person.organisation_id).is_not(None)
    )
    return {person: organisation_id for person, organisation_id in session.exec(statement) if organisation_id}


def groups(session: Session, network_id: int) -> Sequence[Group]:
    """A network's living groups."""
    statement = select(Group).where(Group.network_id == network_id, col(Group.ended_at).is_(None))
    return session.exec(statement.order_by(col(Group.id))).all()


def _roles(session: Session, network_id: int, founders: frozenset[str]) -> dict[str, str]:
    """The stronger of the two roles that hold in the whole network."""
    found: dict[str, str] = {}
    statement = select(RoleGrant.person, RoleGrant.role, RoleGrant.granted_by).where(held(network_id))
    for person, role, by in session.exec(statement):
        if role == Role.COORDINATOR and (by != person or person in founders):
            found[person] = role
        elif role == Role.GUEST:
            found.setdefault(person, role)
    return found


def _moderators(session: Session, network_id: int) -> Iterable[str]:
    """Who moderates any of its rooms."""
    statement = select(RoleGrant.person).where(
        RoleGrant.network_id == network_id,
        RoleGrant.role == Role.MODERATOR,
        col(RoleGrant.withdrawn_at).is_(None),
    )
    return session.exec(statement)


def held(network_id: int) -> Any:
    """The roles of a table that somebody has now: an SQL condition."""
    return and_(
        col(RoleGrant.network_id) == network_id,
        col(RoleGrant.room_id).is_(None),
        col(RoleGrant.withdrawn_at).is_(None),
        col(RoleGrant.role).in_((Role.COORDINATOR, Role.GUEST)),
    )


def _mandates(session: Session, network_id: int, now: datetime) -> dict[str, tuple[int, str]]:
    """For which organisation each person speaks now; as holder, if as both."""
    statement = select(Mandate.person, Mandate.organisation_id, Mandate.speaks).where(
        Mandate.network_id == network_id, Mandate.starts_at <= now, unended(now)
    )
    found: dict[str, tuple[int, str]] = {}
    for person, organisation_id, speaks in session.exec(statement.order_by(col(Mandate.id))):
        if found.get(person, (0, ""))[1] != Speaks.HOLDER:
            found[person] = (organisation_id, speaks)
    return found


def unended(now: datetime) -> Any:
    """Mandates that hold at `now` or will later: an SQL condition. One withdrawn before it began never does."""
    later = and_(col(Mandate.ends_at) > now, col(Mandate.ends_at) > col(Mandate.starts_at))
    return or_(col(Mandate.ends_at).is_(None), later)


Parts = tuple[frozenset[str], frozenset[str]]


def _parts(session: Session, network_id: int, names: dict[int | None, str]) -> dict[str, Parts]:
    """The groups each person is active in, and those they follow."""
    statement = select(Participation.person, Participation.group_id, Participation.kind).where(
        Participation.network_id == network_id, col(Participation.until).is_(None)
    )
    found: dict[str, Parts] = {}
    for person, group_id, kind in session.exec(statement):
        if group_id not in names:
            continue
        active, follows = found.get(person, (frozenset(), frozenset()))
        group = frozenset({names[group_id]})
        found[person] = (active | group, follows) if kind == Part.ACTIVE else (active, follows | group)
    return found


def all_networks(session: Session) -> Sequence[Network]:
    """Every network, the oldest first: for the operator alone, who holds them all."""
    return session.exec(select(Network).order_by(col(Network.id))).all()


def add_import(session: Session, pending: PendingImport) -> int:
    """Keep a file that waits for its confirmation; its number."""
    session.add(pending)
    session.flush()
    return pending.id or 0


def import_by_id(session: Session, import_id: int) -> PendingImport | None:
    """A file that waits, or waited."""
    return session.get(PendingImport, import_id)


def supersede(session: Session, pending: PendingImport) -> None:
    """Drop earlier files of this name that the same person has put there and not confirmed: this one is meant now."""
    earlier = delete(PendingImport).where(col(PendingImport.id) < pending.id, col(PendingImport.applied_at).is_(None))
    same = (col(PendingImport.person) == pending.person, col(PendingImport.name) == pending.name)
    session.exec(earlier.where(*same, col(PendingImport.room_id) == pending.room_id))


def forget_imports(session: Session, before: datetime) -> None:
    """Drop the files from before then (UTC): confirmed or not, they hold names and addresses."""
    session.exec(delete(PendingImport).where(col(PendingImport.at) < before))


def found(session: Session, name: str, coordinators: Sequence[str], operators: Sequence[str], now: datetime) -> Network:
    """Make a network that these will coordinate; without any, the operator's do, as its founders."""
    made = Network(name=name, founder=(*coordinators, *operators)[0], created_at=now)
    session.add(made)
    session.flush()
    for person in () if coordinators else operators:
        session.add(
            RoleGrant(network_id=made.id or 0, person=person, role=Role.COORDINATOR, granted_by=person, granted_at=now)
        )
    session.flush()
    return made

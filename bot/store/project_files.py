"""Projects as a whole, read and written at once whatever their number: for files of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlmodel import Session, col, select

from bot.store.tables import Aim, Group, Person, Project, ProjectAim, RoleGrant, Room, RoomMember, StatusUpdate


def columns(session: Session, network_id: int) -> Sequence[dict[str, Any]]:
    """A network's projects, archived ones too, as plain rows."""
    table = Project.__table__  # type: ignore[attr-defined]  # SQLModel does not say that a table has one
    rows = session.connection().execute(table.select().where(table.c.network_id == network_id))
    return [dict(row) for row in rows.mappings()]


def served(session: Session, network_id: int) -> dict[int, list[int]]:
    """By project, the aims that it serves; a project without any is left out."""
    statement = select(ProjectAim.project_id, ProjectAim.aim_id).join(Aim, col(Aim.id) == col(ProjectAim.aim_id))
    found: dict[int, list[int]] = defaultdict(list)
    for project_id, aim_id in session.exec(statement.where(Aim.network_id == network_id)):
        found[project_id].append(aim_id)
    return dict(found)


def places(session: Session, network_id: int) -> tuple[Sequence[Group], Sequence[Room]]:
    """A network's living groups, and its rooms (no direct chats), each by name and ID."""
    groups = select(Group).where(Group.network_id == network_id, col(Group.ended_at).is_(None))
    rooms = select(Room).where(Room.network_id == network_id, col(Room.direct_with).is_(None))
    return (
        session.exec(groups.order_by(col(Group.folded))).all(),
        session.exec(rooms.order_by(col(Room.name), Room.room_id)).all(),
    )


def projects(session: Session, network_id: int, folded: Collection[str]) -> dict[str, Project]:
    """The projects of these keys, as compared, by key."""
    found = session.exec(select(Project).where(Project.network_id == network_id)) if folded else ()
    return {project.folded: project for project in found if project.folded in folded}


def add(session: Session, made: Iterable[Project]) -> None:
    """Store new projects; they get their IDs."""
    session.add_all(made)
    session.flush()


def add_updates(session: Session, updates: Iterable[StatusUpdate]) -> None:
    """Store status updates."""
    session.add_all(updates)
    session.flush()


def known_people(session: Session, network_id: int) -> set[str]:
    """Everybody whom a network knows: on its list, with a role, or in one of its rooms."""
    here = select(RoomMember.person).join(Room, col(Room.room_id) == col(RoomMember.room_id))
    statements = (
        select(Person.person).where(Person.network_id == network_id),
        select(RoleGrant.person).where(RoleGrant.network_id == network_id),
        here.where(Room.network_id == network_id),
    )
    return {person for statement in statements for person in session.exec(statement)}

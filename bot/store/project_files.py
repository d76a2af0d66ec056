"""Projects as a whole, read and written at once whatever their number: for files of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.store import aims
from bot.store.many import put
from bot.store.tables import (
    Aim,
    Feedback,
    Group,
    Person,
    Project,
    ProjectAim,
    ProjectChange,
    RoleGrant,
    Room,
    RoomMember,
    StatusUpdate,
    Task,
)

PROJECT = Project.__table__  # type: ignore[attr-defined]  # SQLModel does not say that a table has one
HISTORY = ProjectChange.__table__  # type: ignore[attr-defined]
REPORTS = StatusUpdate.__table__  # type: ignore[attr-defined]


def columns(session: Session, network_id: int) -> Sequence[dict[str, Any]]:
    """A network's projects, archived ones too, as plain rows."""
    rows = session.connection().execute(PROJECT.select().where(PROJECT.c.network_id == network_id))
    return [dict(row) for row in rows.mappings()]


def compared(session: Session, network_id: int) -> Sequence[Any]:
    """What a file of a network's projects is compared with, in one order: all of them but their times."""
    told = (column for column in PROJECT.c if column.name not in ("created_by", "created_at", "changed_at"))
    return session.connection().execute(sa.select(*told).where(PROJECT.c.network_id == network_id).order_by("id")).all()


def served(session: Session, network_id: int) -> dict[int, list[int]]:
    """By project, the aims that it serves; a project without any is left out."""
    statement = select(ProjectAim.project_id, ProjectAim.aim_id).join(Aim, col(Aim.id) == col(ProjectAim.aim_id))
    found: dict[int, list[int]] = defaultdict(list)
    ordered = statement.where(Aim.network_id == network_id).order_by(col(ProjectAim.project_id), col(ProjectAim.aim_id))
    for project_id, aim_id in session.exec(ordered):
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


@dataclass(frozen=True, slots=True)
class Written:
    """What is to be written of a network's projects, as rows by column; all of it past the ORM, which takes long.

    `updated` have the project's ID as „of“. `served` and `dropped` are pairs of a project and an aim, `moved` of a
    project and its new room: what was said on it and what is to be done for it come along.
    """

    updated: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    served: list[tuple[int, int]] = field(default_factory=list)
    dropped: list[tuple[int, int]] = field(default_factory=list)
    moved: list[tuple[int, str]] = field(default_factory=list)


def add(session: Session, network_id: int, made: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Store new projects, given with all their columns; the network's IDs by key as compared.

    Asked for afterwards: with RETURNING, SQLAlchemy takes five times as long on PostgreSQL.
    """
    if not made:
        return {}
    put(session, PROJECT, made)
    ids = sa.select(PROJECT.c.folded, PROJECT.c.id).where(PROJECT.c.network_id == network_id)
    return {row.folded: row.id for row in session.connection().execute(ids)}


def write(session: Session, written: Written) -> None:
    """Store all of it."""
    session.flush()
    connection = session.connection()
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in written.updated:
        alike[tuple(sorted(row))].append(row)
    for names, rows in alike.items():
        values: dict[str, Any] = {name: sa.bindparam(name) for name in names if name != "of"}
        connection.execute(sa.update(PROJECT).where(PROJECT.c.id == sa.bindparam("of")).values(values), rows)
    put(session, HISTORY, written.history)
    put(session, REPORTS, written.reports)
    if written.dropped:
        pair = (col(ProjectAim.project_id) == sa.bindparam("project"), col(ProjectAim.aim_id) == sa.bindparam("aim"))
        gone = [{"project": project_id, "aim": aim_id} for project_id, aim_id in written.dropped]
        connection.execute(sa.delete(ProjectAim).where(*pair), gone)
    aims.serve(session, written.served)
    for room_id, moved in groupby(sorted(written.moved, key=itemgetter(1)), key=itemgetter(1)):
        ids = [project_id for project_id, _ in moved]
        connection.execute(sa.update(Project).where(col(Project.id).in_(ids)).values(room_id=room_id))
        for what in (Feedback, Task):
            connection.execute(sa.update(what).where(col(what.project_id).in_(ids)).values(room_id=room_id))
    for read in session.identity_map.values():  # by earlier events of this transaction
        if isinstance(read, Project | Feedback | Task):
            session.expire(read)


def known_people(session: Session, network_id: int) -> set[str]:
    """Everybody whom a network knows: on its list, with a role, or in one of its rooms."""
    here = select(RoomMember.person).join(Room, col(Room.room_id) == col(RoomMember.room_id))
    statements = (
        select(Person.person).where(Person.network_id == network_id),
        select(RoleGrant.person).where(RoleGrant.network_id == network_id),
        here.where(Room.network_id == network_id),
    )
    return {person for statement in statements for person in session.exec(statement)}

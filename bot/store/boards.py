"""The boards of rooms: where they stand, which are out of date, and when something was last heard of projects."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session, col, func, or_, select, update

from bot.store.statements import ask
from bot.store.tables import (
    Board,
    CheckInAnswer,
    CheckInAsk,
    OutboxRow,
    Project,
    ProjectChange,
    Room,
    StatusUpdate,
)

BOARDS = Board.__table__  # type: ignore[attr-defined] # SQLModel hides it
PROJECTS = Project.__table__  # type: ignore[attr-defined]
ROOMS = Room.__table__  # type: ignore[attr-defined]
UPDATES = StatusUpdate.__table__  # type: ignore[attr-defined]
CHANGES = ProjectChange.__table__  # type: ignore[attr-defined]
UNSENT = ("waiting", "held")


def find(session: Session, room_id: str) -> Board | None:
    """The board of a room, if there is one."""
    return session.get(Board, room_id)


def add(session: Session, board: Board) -> Board:
    """Store a new board."""
    session.add(board)
    session.flush()
    return board


def remove(session: Session, board: Board) -> None:
    """The room has none any more."""
    session.delete(board)
    session.flush()


def by_post(session: Session, key: str) -> Board | None:
    """The board whose message was said under this key."""
    return session.exec(select(Board).where(Board.post == key)).first()


def want(session: Session, room_ids: Collection[str], now: datetime) -> None:
    """The boards of these rooms are to be looked at (UTC): something changed that is no change of a project there."""
    session.exec(update(Board).where(col(Board.room_id).in_(room_ids)).values(next_at=now))


def want_by(session: Session, room_ids: Collection[str], at: datetime) -> None:
    """The boards of these rooms are to be looked at by then (UTC)."""
    sooner = col(Board.next_at) > at
    session.exec(update(Board).where(col(Board.room_id).in_(room_ids), sooner).values(next_at=at))


def went_back(session: Session, now: datetime) -> None:
    """The clock was put back to `now` (UTC): what changes from now on is new, whatever it showed at the last edit."""
    session.exec(update(Board).where(col(Board.edited_at) > now).values(edited_at=now, next_at=now))


def want_all(session: Session, now: datetime) -> None:
    """All boards are to be looked at (UTC): a person's name may stand on any."""
    session.exec(update(Board).values(next_at=now))


def to_look_at(session: Session, now: datetime) -> list[tuple[str, datetime]]:
    """The boards to be looked at in any case by now, and since when (UTC)."""
    return [(room_id, at) for room_id, at in ask(session, _TO_LOOK_AT, now=now)]


_TO_LOOK_AT = (
    sa.select(BOARDS.c.room_id, BOARDS.c.next_at)
    .select_from(BOARDS.join(ROOMS, ROOMS.c.room_id == BOARDS.c.room_id))
    .where(ROOMS.c.joined, BOARDS.c.next_at <= bindparam("now", type_=BOARDS.c.next_at.type))
    .order_by(BOARDS.c.next_at, BOARDS.c.room_id)
)


def changed(session: Session) -> list[tuple[str, datetime]]:
    """The rooms whose projects were changed since their board was edited, and when the last one was (UTC)."""
    return [(room_id, at) for room_id, at in ask(session, _CHANGED)]


_AFTER_EDIT = sa.and_(PROJECTS.c.room_id == BOARDS.c.room_id, PROJECTS.c.changed_at > BOARDS.c.edited_at)
_CHANGED = (
    sa.select(BOARDS.c.room_id, sa.func.max(PROJECTS.c.changed_at))
    .select_from(BOARDS.join(ROOMS, ROOMS.c.room_id == BOARDS.c.room_id).join(PROJECTS, _AFTER_EDIT))
    .where(ROOMS.c.joined)
    .group_by(BOARDS.c.room_id)
    .order_by(BOARDS.c.room_id)
)


def first_changes(session: Session, room_ids: Sequence[str]) -> dict[str, datetime]:
    """For each of these rooms, when a project was first changed since the board was edited (UTC)."""
    found: dict[str, datetime] = {}
    for room_id, at in ask(session, _FIRST, rooms=list(room_ids)):
        if at is not None:
            found[room_id] = min(at, found.get(room_id, at))
    return found


def _first() -> Any:
    """A project remembers only its last change; the first one stands in its history, or is that it was made."""
    here = BOARDS.join(PROJECTS, _AFTER_EDIT)
    parts = []
    for table in (UPDATES, CHANGES):
        of_project = sa.and_(table.c.project_id == PROJECTS.c.id, table.c.at > BOARDS.c.edited_at)
        parts.append((table.c.at, here.join(table, of_project)))
    made = sa.case((PROJECTS.c.created_at > BOARDS.c.edited_at, PROJECTS.c.created_at), else_=PROJECTS.c.changed_at)
    parts.append((made, here))
    rooms: sa.BindParameter[Any] = bindparam("rooms", expanding=True)
    selects = (
        sa.select(BOARDS.c.room_id, sa.func.min(at, type_=PROJECTS.c.changed_at.type))
        .select_from(joined)
        .where(BOARDS.c.room_id.in_(rooms))
        .group_by(BOARDS.c.room_id)
        for at, joined in parts
    )
    return sa.union_all(*selects)


_FIRST = _first()


class Heard(NamedTuple):
    """When a project was last reported on, „keine Änderung“ in answer to a check-in included (UTC)."""

    project_id: int
    at: datetime


def heard(session: Session, network_id: int, room_id: str | None) -> dict[int, datetime]:
    """Of a network's living projects, or of one room's, when something was last heard; two questions for all."""
    own: list[Any] = [Project.network_id == network_id, ~col(Project.archived)]
    if room_id is not None:
        own.append(Project.room_id == room_id)
    reported = (
        select(col(StatusUpdate.project_id), func.max(StatusUpdate.at))
        .join(Project, col(Project.id) == col(StatusUpdate.project_id))
        .where(*own)
        .group_by(col(StatusUpdate.project_id))
    )
    unchanged = (
        select(col(CheckInAsk.project_id), func.max(CheckInAnswer.at))
        .join(CheckInAnswer, col(CheckInAnswer.ask_id) == col(CheckInAsk.id))
        .join(Project, col(Project.id) == col(CheckInAsk.project_id))
        .where(col(CheckInAnswer.no_change), *own)
        .group_by(col(CheckInAsk.project_id))
    )
    return _latest([*session.exec(reported), *session.exec(unchanged)])


def _latest(rows: Iterable[tuple[int | None, datetime | None]]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for project_id, at in rows:
        if project_id is not None and at is not None:
            found[project_id] = max(at, found.get(project_id, at))
    return found


class Standing(NamedTuple):
    """What became of a board's message: in which room it was said, its event, and whether an edit waits."""

    room_id: str | None
    event_id: str | None
    state: str
    unsent: bool


def standing(session: Session, post: str) -> Standing | None:
    """How the message under this key stands; None where it was never to be said."""
    row = session.exec(select(OutboxRow).where(OutboxRow.key == post)).first()
    if row is None:
        return None
    waits = select(OutboxRow.id).where(
        or_(OutboxRow.key == post, OutboxRow.refers_to == post), col(OutboxRow.state).in_(UNSENT)
    )
    unsent = session.exec(waits.limit(1)).first() is not None
    return Standing(row.room_id, row.event_id, row.state, unsent)

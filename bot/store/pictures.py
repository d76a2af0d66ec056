"""What charts of the portfolio count, each with one question to the database however much there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from bot.domain.consultation import State
from bot.domain.counting import Verdict
from bot.store.tables import (
    Ballot,
    CastVote,
    CheckIn,
    CheckInAsk,
    CheckInRound,
    Consultation,
    Elector,
    Project,
    StatusUpdate,
)

PROJECTS = Project.__table__  # type: ignore[attr-defined] # SQLModel hides it
UPDATES = StatusUpdate.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Extent:
    """Of what a chart is: a network, one room of it, and of projects only these (what a guest may see), by ID."""

    network_id: int
    room_id: str | None = None
    projects: tuple[int, ...] | None = None

    def of_projects(self) -> list[Any]:
        """Conditions for its living projects."""
        wanted = [PROJECTS.c.network_id == self.network_id, ~PROJECTS.c.archived]
        if self.room_id is not None:
            wanted.append(PROJECTS.c.room_id == self.room_id)
        if self.projects is not None:
            wanted.append(PROJECTS.c.id.in_(self.projects))
        return wanted

    def of(self, table: Any) -> list[Any]:
        """Conditions for what belongs to rooms."""
        wanted = [table.network_id == self.network_id]
        return [*wanted, table.room_id == self.room_id] if self.room_id is not None else wanted


def reports(session: Session, project_id: int, limit: int) -> list[StatusUpdate]:
    """The latest reports of a project that name a progress, oldest first."""
    told = select(StatusUpdate).where(StatusUpdate.project_id == project_id, col(StatusUpdate.progress).is_not(None))
    latest = session.exec(told.order_by(col(StatusUpdate.at).desc(), col(StatusUpdate.id).desc()).limit(limit)).all()
    return list(reversed(latest))


def first_report(session: Session, extent: Extent) -> datetime | None:
    """When a progress was first reported (UTC)."""
    joined = UPDATES.join(PROJECTS, PROJECTS.c.id == UPDATES.c.project_id)
    told = sa.select(sa.func.min(UPDATES.c.at)).select_from(joined)
    at: datetime | None = (
        session.connection().execute(told.where(UPDATES.c.progress.is_not(None), *extent.of_projects())).scalar()
    )
    return at


def progress_at(session: Session, extent: Extent, times: Sequence[datetime]) -> list[tuple[int, int]]:
    """At each of these times (UTC, in order) of how many projects a progress was known, and the sum of it in percent.

    A report holds until the next one: it adds what it differs from the one before, or all of it where it is the first.
    """
    if not times:
        return []
    order = {"partition_by": UPDATES.c.project_id, "order_by": (UPDATES.c.at, UPDATES.c.id)}
    before = sa.func.lag(UPDATES.c.progress).over(**order)
    told = (
        sa.select(UPDATES.c.at, UPDATES.c.progress, before.label("before"))
        .select_from(UPDATES.join(PROJECTS, PROJECTS.c.id == UPDATES.c.project_id))
        .where(UPDATES.c.progress.is_not(None), *extent.of_projects())
        .subquery()
    )
    until = sa.case(*((told.c.at <= time, number) for number, time in enumerate(times)))
    added = sa.func.sum(told.c.progress - sa.func.coalesce(told.c.before, 0))
    firsts = sa.func.count() - sa.func.count(told.c.before)
    rows = session.connection().execute(
        sa.select(until.label("until"), firsts, added).where(told.c.at <= times[-1]).group_by(sa.text("1"))
    )
    new = {number: (int(count), int(total)) for number, count, total in rows}
    counted = [new.get(number, (0, 0)) for number in range(len(times))]
    return list(zip(*(accumulate(column) for column in zip(*counted, strict=True)), strict=True))


class Placed(NamedTuple):
    """So many `projects` of a room are in these fields of action (with commas between them) and in this phase."""

    field: str | None
    room_id: str
    phase: str | None
    projects: int


def phases(session: Session, extent: Extent) -> list[Placed]:
    """How many projects stand in which phase, by what they say of their fields."""
    named = (PROJECTS.c.field, PROJECTS.c.room_id, PROJECTS.c.phase)
    counted = sa.select(*named, sa.func.count()).where(*extent.of_projects()).group_by(*named)
    return [Placed(*row) for row in session.connection().execute(counted)]


class Voted(NamedTuple):
    """A consultation that is over: so many of those entitled had a vote that counted, on one ballot at least."""

    number: int
    title: str
    closed_at: datetime
    entitled: int
    voted: int


def voted(session: Session, extent: Extent, since: datetime, limit: int) -> list[Voted]:
    """The latest consultations with a result that closed after `since` (UTC), oldest first."""
    own = col(Elector.consultation_id) == col(Consultation.id)
    entitled = select(func.count()).select_from(Elector).where(own).correlate(Consultation).scalar_subquery()
    counting = (
        select(func.count(sa.distinct(col(CastVote.elector_id))))
        .join(Ballot, col(Ballot.id) == col(CastVote.ballot_id))
        .where(col(Ballot.consultation_id) == col(Consultation.id), CastVote.verdict == Verdict.COUNTED)
        .correlate(Consultation)
        .scalar_subquery()
    )
    over = (Consultation.state == State.PUBLISHED, col(Consultation.closes_at) > since, *extent.of(Consultation))
    statement = (
        sa.select(col(Consultation.number), col(Consultation.title), col(Consultation.closes_at), entitled, counting)
        .where(*over)
        .order_by(col(Consultation.closes_at).desc(), col(Consultation.number).desc())
        .limit(limit)
    )
    return [Voted(*row) for row in reversed(session.connection().execute(statement).all())]


class Answered(NamedTuple):
    """A round of a check-in that is over: so many of the questions put in it were answered."""

    deadline: datetime
    answered: int
    put: int


def answered(session: Session, extent: Extent, since: datetime) -> list[Answered]:
    """The rounds with a deadline after `since` (UTC) that are closed, oldest first."""
    statement = (
        sa.select(col(CheckInRound.deadline), func.count(col(CheckInAsk.answered_at)), func.count())
        .join(CheckInAsk, col(CheckInAsk.round_id) == col(CheckInRound.id))
        .join(CheckIn, col(CheckIn.id) == col(CheckInRound.check_in_id))
        .where(
            col(CheckInRound.closed_at).is_not(None),
            col(CheckInRound.deadline) > since,
            col(CheckInAsk.skipped).is_(None),
            *extent.of(CheckIn),
        )
        .group_by(col(CheckInRound.id), col(CheckInRound.deadline))
        .order_by(col(CheckInRound.deadline))
    )
    return [Answered(*row) for row in session.connection().execute(statement)]

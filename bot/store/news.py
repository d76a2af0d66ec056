"""What there is to tell of a network's rooms: each question is put once for all of them, however much they hold.

400 digests on a Monday morning put the same questions: each is built once, for some rooms and for all of a network.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BindParameter, bindparam
from sqlmodel import Session, and_, col, exists, func, or_, select

from bot.domain.project import FeedbackKind
from bot.domain.task import State as Standing
from bot.store.statements import ask
from bot.store.tables import (
    Ballot,
    CheckIn,
    CheckInAnswer,
    CheckInAsk,
    CheckInRound,
    Decision,
    Feedback,
    Group,
    Idea,
    Meeting,
    OutboxRow,
    Project,
    StatusUpdate,
    Task,
)

OUTBOX = OutboxRow.__table__  # type: ignore[attr-defined] # SQLModel hides it
OF_PROJECT = col(StatusUpdate.project_id) == col(Project.id)
SINCE: BindParameter[Any] = bindparam("since")
ROOMS: BindParameter[Any] = bindparam("rooms", expanding=True)
THESE: BindParameter[Any] = bindparam("these", expanding=True)


@dataclass(frozen=True, slots=True)
class Reach:
    """Some rooms of a network, or (None) all that belongs to it."""

    network_id: int
    rooms: tuple[str, ...] | None = None

    @property
    def limited(self) -> bool:
        """Whether it is some rooms only: then the statements are others."""
        return self.rooms is not None

    def ask(self, session: Session, statement: Any, **values: object) -> Any:
        """The rows that a statement made with `inside` finds here."""
        some = {"rooms": list(self.rooms)} if self.rooms is not None else {}
        return session.exec(statement, params={"network": self.network_id, **some, **values}).all()


def inside(table: Any, *, limited: bool) -> list[Any]:
    """The conditions that a table's rows belong to a reach."""
    of_network = col(table.network_id) == bindparam("network")
    return [of_network, col(table.room_id).in_(ROOMS)] if limited else [of_network]


def updates(session: Session, reach: Reach, since: datetime) -> Sequence[tuple[Project, StatusUpdate]]:
    """What was reported on projects after `since` (UTC), oldest first."""
    found: Sequence[tuple[Project, StatusUpdate]] = reach.ask(session, _updates(limited=reach.limited), since=since)
    return found


@lru_cache
def _updates(*, limited: bool) -> Any:
    statement = select(Project, StatusUpdate).join(StatusUpdate, OF_PROJECT)
    return statement.where(*inside(Project, limited=limited), StatusUpdate.at > SINCE).order_by(col(StatusUpdate.id))


def before(session: Session, reach: Reach, since: datetime) -> Iterator[tuple[int, str | None, int | None]]:
    """How each project that has reported since stood at `since` (UTC): its ID, light and progress."""
    yield from reach.ask(session, _before(limited=reach.limited), since=since)


@lru_cache
def _before(*, limited: bool) -> Any:
    reported = exists().where(OF_PROJECT, col(StatusUpdate.at) > SINCE)

    def last(column: Any) -> Any:
        earlier = select(column).where(OF_PROJECT, col(StatusUpdate.at) <= SINCE, column.is_not(None))
        return earlier.order_by(col(StatusUpdate.id).desc()).limit(1).scalar_subquery()

    statement = select(Project.id, last(col(StatusUpdate.light)), last(col(StatusUpdate.progress)))
    return statement.where(*inside(Project, limited=limited), reported)


def silent(session: Session, reach: Reach, since: datetime) -> Sequence[tuple[Project, StatusUpdate | None]]:
    """The living projects of which nothing was reported after `since` (UTC), each with its last report.

    „Keine Änderung“ in answer to a check-in is a report.
    """
    found: Sequence[tuple[Project, StatusUpdate | None]]
    found = reach.ask(session, _silent(limited=reach.limited), since=since)
    return found


@lru_cache
def _silent(*, limited: bool) -> Any:
    last = select(func.max(StatusUpdate.id)).where(OF_PROJECT).correlate(Project).scalar_subquery()
    unchanged = exists().where(
        col(CheckInAsk.project_id) == col(Project.id),
        col(CheckInAnswer.ask_id) == col(CheckInAsk.id),
        col(CheckInAnswer.no_change),
        col(CheckInAnswer.at) > SINCE,
    )
    heard = col(StatusUpdate.at)
    statement = select(Project, StatusUpdate).outerjoin(StatusUpdate, col(StatusUpdate.id) == last)
    wanted = (~col(Project.archived), Project.created_at <= SINCE, or_(heard.is_(None), heard <= SINCE), ~unchanged)
    order = (func.coalesce(heard, Project.created_at), col(Project.folded))
    return statement.where(*inside(Project, limited=limited), *wanted).order_by(*order)


def feedback(session: Session, reach: Reach, since: datetime) -> Sequence[tuple[Feedback, Project | None]]:
    """What was given after `since` (UTC) or waits for an answer, oldest first; praise waits for none."""
    found: Sequence[tuple[Feedback, Project | None]]
    found = reach.ask(session, _feedback(limited=reach.limited), since=since)
    return found


@lru_cache
def _feedback(*, limited: bool) -> Any:
    waits = and_(col(Feedback.answered_at).is_(None), Feedback.kind != FeedbackKind.PRAISE)
    statement = select(Feedback, Project).outerjoin(Project, col(Project.id) == col(Feedback.project_id))
    wanted = statement.where(*inside(Feedback, limited=limited), or_(Feedback.at > SINCE, waits))
    return wanted.order_by(col(Feedback.id))


def ideas(session: Session, reach: Reach, since: datetime) -> Sequence[Idea]:
    """The ideas after `since` (UTC), oldest first."""
    found: Sequence[Idea] = reach.ask(session, _ideas(limited=reach.limited), since=since)
    return found


@lru_cache
def _ideas(*, limited: bool) -> Any:
    return select(Idea).where(*inside(Idea, limited=limited), Idea.at > SINCE).order_by(col(Idea.id))


def tasks(session: Session, reach: Reach) -> Sequence[tuple[Task, int | None]]:
    """What is still to be done, what is due first leads; each with the consultation that it comes from, if any."""
    found: Sequence[tuple[Task, int | None]] = reach.ask(session, _tasks(limited=reach.limited))
    return found


@lru_cache
def _tasks(*, limited: bool) -> Any:
    open_ones = [state.value for state in Standing if not state.is_settled]
    statement = (
        select(Task, Ballot.consultation_id)
        .outerjoin(Decision, col(Decision.id) == col(Task.decision_id))
        .outerjoin(Ballot, col(Ballot.id) == col(Decision.ballot_id))
        .where(*inside(Task, limited=limited), col(Task.state).in_(open_ones))
    )
    return statement.order_by(col(Task.due_at).is_(None), col(Task.due_at), col(Task.number))


def unanswered_asks(session: Session, reach: Reach) -> Sequence[tuple[CheckIn, CheckInRound, str]]:
    """Who was asked in a check-in that is open and has not answered, what closes first leads; a person may recur."""
    found: Sequence[tuple[CheckIn, CheckInRound, str]] = reach.ask(session, _unanswered(limited=reach.limited))
    return found


@lru_cache
def _unanswered(*, limited: bool) -> Any:
    open_ones = (
        col(CheckInRound.closed_at).is_(None),
        col(CheckInAsk.answered_at).is_(None),
        col(CheckInAsk.skipped).is_(None),
        col(CheckInAsk.person).contains(":"),  # else their data were erased
    )
    statement = (
        select(CheckIn, CheckInRound, CheckInAsk.person)
        .join(CheckInRound, col(CheckInRound.check_in_id) == col(CheckIn.id))
        .join(CheckInAsk, col(CheckInAsk.round_id) == col(CheckInRound.id))
        .where(*inside(CheckIn, limited=limited), *open_ones)
    )
    return statement.order_by(col(CheckInRound.deadline), col(CheckInAsk.id))


def meetings(session: Session, reach: Reach, after: datetime) -> Sequence[tuple[Meeting, bool]]:
    """The next meetings that begin after `after` (UTC), in these rooms or in one that is no group's; if it is one's."""
    found: Sequence[tuple[Meeting, bool]] = reach.ask(session, _meetings(limited=reach.limited), since=after)
    return found


@lru_cache
def _meetings(*, limited: bool) -> Any:
    of_a_group = exists().where(col(Group.room_id) == col(Meeting.room_id), col(Group.ended_at).is_(None))
    here = [or_(col(Meeting.room_id).in_(ROOMS), ~of_a_group)] if limited else []
    statement = select(Meeting, of_a_group).where(
        *inside(Meeting, limited=False), col(Meeting.cancelled_at).is_(None), *here, Meeting.starts_at > SINCE
    )
    return statement.order_by(col(Meeting.starts_at), col(Meeting.number)).limit(1 if limited else 50)


def posts(session: Session, keys: Collection[str]) -> dict[str, tuple[str, str | None]]:
    """Of what we said under these keys: the room, and the event that it became."""
    rows = ask(session, _POSTS, these=list(keys)) if keys else ()
    return {key: (room_id, event_id) for key, room_id, event_id in rows}


_POSTS = sa.select(OUTBOX.c.key, OUTBOX.c.room_id, OUTBOX.c.event_id).where(
    OUTBOX.c.key.in_(THESE), OUTBOX.c.room_id.is_not(None)
)

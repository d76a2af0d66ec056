"""What the outbox has not sent, for those who run the bot: how much, since when, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, case, col, distinct, func, or_, select, update

from bot.store.outbox import SAID
from bot.store.tables import Consultation, OutboxRow, Room

OPEN = "open"
ASIDE = ("held", "parked")
UNSENT = ("waiting", *ASIDE)
RETRIED = SAID | {"join", "leave", "invite", "pin", "state", "empower"}
"""Actions that may be tried again. Of the others somebody was told that they failed, and has gone on from there."""


ANSWERS = "$"
"""So begin the keys of what answers somebody: with the event that it answers."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What was stored in one go (`at`, UTC) for many: rooms, and people alone. Some of it may have gone already.

    `answer` and `room_id` are key and place of what answers whoever ordered it; None where the clock did.
    """

    at: datetime
    rooms: int
    people: int
    answer: str | None
    room_id: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that was not sent. `where` is the room's name, its ID, or the person."""

    id: int
    state: str
    action: str
    created_at: datetime
    where: str
    problem: str | None


def crowds(session: Session, least: int) -> list[tuple[datetime, int]]:
    """When so many posts or more that still wait were stored in one go (UTC), and the first of each lot by its ID."""
    waiting = (OutboxRow.state == "waiting", col(OutboxRow.action).in_(SAID))
    statement = select(OutboxRow.created_at, func.min(OutboxRow.id)).where(*waiting)
    found = session.exec(statement.group_by(col(OutboxRow.created_at)).having(func.count() >= least))
    return [(at, row_id or 0) for at, row_id in found]


def crowd(session: Session, at: datetime, row_id: int) -> Crowd:
    """All that was stored in one go with this row, sent or not: its rows follow each other, so no index is needed."""
    earlier = select(OutboxRow.id).where(col(OutboxRow.id) < row_id, OutboxRow.created_at != at)
    before = session.exec(earlier.order_by(col(OutboxRow.id).desc()).limit(1)).first() or 0
    ours = (col(OutboxRow.id) > before, OutboxRow.created_at == at, col(OutboxRow.action).in_(SAID))
    answering = col(OutboxRow.key).startswith(ANSWERS)
    room = case((col(OutboxRow.person).is_(None), OutboxRow.room_id))
    count = select(func.count(distinct(room)), func.count(distinct(col(OutboxRow.person))))
    rooms, people = session.exec(count.where(*ours, ~answering)).one()
    answer = select(OutboxRow.key, OutboxRow.room_id).where(*ours, answering).order_by(col(OutboxRow.id)).limit(1)
    key, room_id = session.exec(answer).first() or (None, None)
    return Crowd(at, rooms, people, key, room_id)


def counts(session: Session) -> Mapping[str, int]:
    """How many rows wait, are held, are parked."""
    found = session.exec(
        select(OutboxRow.state, func.count()).where(col(OutboxRow.state).in_(UNSENT)).group_by(OutboxRow.state)
    )
    return dict.fromkeys(UNSENT, 0) | dict(found.all())


def unsent(session: Session, server: str) -> tuple[datetime | None, int]:
    """When that post was stored (UTC) which waits longest, and how many wait.

    Not what may wait for somebody else: mail, invitations, direct messages to people on other servers than `server`.
    """
    ours = or_(col(OutboxRow.person).is_(None), col(OutboxRow.person).endswith(f":{server}", autoescape=True))
    said = select(func.min(OutboxRow.created_at), func.count()).where(
        OutboxRow.state == "waiting", col(OutboxRow.action).in_(SAID), ours
    )
    return session.exec(said).one()


def oldest_untold(session: Session) -> datetime | None:
    """Since when a row is parked, or held for its own sake, of which nobody was told (UTC)."""
    return session.exec(select(func.min(OutboxRow.untold_since)).where(col(OutboxRow.state).in_(ASIDE))).one()


def take_untold(session: Session) -> list[tuple[str | None, int]]:
    """Where (a room; None: a direct chat) how many posts were set aside that nobody was told of; now they are told."""
    untold = (col(OutboxRow.state).in_(ASIDE), col(OutboxRow.untold_since).is_not(None))
    found = session.exec(select(OutboxRow.room_id, func.count()).where(*untold).group_by(OutboxRow.room_id)).all()
    session.exec(update(OutboxRow).where(*untold).values(untold_since=None))
    return sorted(found, key=lambda each: (-each[1], each[0] or ""))


def open_consultations(session: Session) -> int:
    """How many are being voted on."""
    return session.exec(select(func.count()).where(Consultation.state == OPEN)).one()


def listed(session: Session, at_most: int) -> list[Entry]:
    """The oldest rows that were not sent."""
    statement = (
        select(OutboxRow, Room.name)
        .join(Room, col(Room.room_id) == col(OutboxRow.room_id), isouter=True)
        .where(col(OutboxRow.state).in_(UNSENT))
        .order_by(col(OutboxRow.id))
        .limit(at_most)
    )
    return [
        Entry(row.id or 0, row.state, row.action, row.created_at, name or row.room_id or row.person or "", row.problem)
        for row, name in session.exec(statement)
    ]


def retry(session: Session, row_id: int) -> bool:
    """Let a row that is parked or held wait again. False if there is none that may be, or its content is gone."""
    row = session.get(OutboxRow, row_id)
    if row is None or row.state not in ASIDE or row.action not in RETRIED or not row.content:
        return False
    row.state, row.problem, row.untold_since = "waiting", None, None
    return True

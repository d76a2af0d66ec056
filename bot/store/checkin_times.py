"""What check-ins and their rounds ask of the clock: two questions, asked every second."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam
from sqlmodel import Session, col, or_, select

from bot.domain.checkin import State
from bot.store.tables import CheckIn, CheckInRound


def due(session: Session, now: datetime) -> Sequence[CheckIn]:
    """What is to be put now, of all networks."""
    return session.exec(TO_PUT, params={"now": now}).all()


TO_PUT = (
    select(CheckIn)
    .where(CheckIn.state == State.ACTIVE, col(CheckIn.next_at) <= bindparam("now"))
    .order_by(col(CheckIn.id))
)


def stirring(session: Session, now: datetime) -> Sequence[CheckInRound]:
    """The open rounds of all networks that are to be closed now, or in which somebody is to be reminded."""
    return session.exec(STIRRING, params={"now": now}).all()


STIRRING = (
    select(CheckInRound)
    .where(
        col(CheckInRound.closed_at).is_(None),
        or_(
            col(CheckInRound.deadline) <= bindparam("now"),
            and_(col(CheckInRound.nudged_at).is_(None), col(CheckInRound.nudge_at) <= bindparam("now")),
        ),
    )
    .order_by(col(CheckInRound.id))
)

"""When the bot was degraded, as those who run it were told."""

from datetime import datetime

from sqlmodel import Session, col, select

from bot.domain.health import Known, Trouble
from bot.store.tables import Incident


def latest(session: Session, trouble: Trouble) -> Incident | None:
    """The latest of its kind, over or not."""
    of_kind = select(Incident).where(Incident.trouble == trouble.value)
    return session.exec(of_kind.order_by(col(Incident.id).desc()).limit(1)).first()


def known(incident: Incident | None) -> Known | None:
    """What the rules need of it."""
    return Known(incident.began_at, incident.calm_since, incident.ended_at) if incident else None


def begin(session: Session, trouble: Trouble, at: datetime) -> Incident:
    """Put on record what began then (UTC)."""
    incident = Incident(trouble=trouble.value, began_at=at)
    session.add(incident)
    session.flush()
    return incident

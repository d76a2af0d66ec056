"""Keys of posts, and names of schedules: whether the store can tell which network each is about."""

from sqlmodel import select

from bot.store import Session
from bot.store.relocation import named
from bot.store.tables import Occurrence, OutboxRow


def unsettled(session: Session) -> list[str]:
    """Those of which nobody has said whose they are (`bot.store.relocation.named`), whatever was written so far."""
    keys = session.exec(select(OutboxRow.key).distinct()).all()
    schedules = session.exec(select(Occurrence.schedule).distinct()).all()
    return [each for each in (*keys, *schedules) if not named.is_known(each)]

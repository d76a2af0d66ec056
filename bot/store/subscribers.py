"""Mailing lists: who without Matrix gets a network's digest."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from bot.store.tables import Subscriber


def listed(session: Session, network_id: int) -> Sequence[Subscriber]:
    """Everybody on a network's list, by address."""
    statement = select(Subscriber).where(Subscriber.network_id == network_id)
    return session.exec(statement.order_by(col(Subscriber.email))).all()


def reachable(session: Session, network_id: int) -> Sequence[Subscriber]:
    """Those on the list for whom the mail server takes mail, as far as we know."""
    statement = select(Subscriber).where(Subscriber.network_id == network_id, col(Subscriber.refused_at).is_(None))
    return session.exec(statement.order_by(col(Subscriber.id))).all()


def find(session: Session, subscriber_id: int) -> Subscriber | None:
    """The entry with this database ID, unless it was taken off the list."""
    return session.get(Subscriber, subscriber_id)


def with_address(session: Session, network_id: int, email: str) -> Subscriber | None:
    """Who has this address on the list; as written in small letters."""
    return session.exec(
        select(Subscriber).where(Subscriber.network_id == network_id, Subscriber.email == email)
    ).first()


def add(session: Session, subscriber: Subscriber) -> Subscriber:
    """Put somebody on the list; they get their ID."""
    session.add(subscriber)
    session.flush()
    return subscriber


def remove(session: Session, subscriber: Subscriber) -> None:
    """Take somebody off the list; nothing is kept of them."""
    session.delete(subscriber)
    session.flush()

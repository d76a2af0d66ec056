"""Links to the pages, and the browsers in which somebody is logged in; all of them known by their digests only."""

from datetime import datetime

from sqlmodel import Session, col, delete, or_, select, update

from bot.store.tables import LoginLink, WebSession


def add(session: Session, row: LoginLink | WebSession) -> None:
    """Store a new link, or a new session."""
    session.add(row)
    session.flush()


def link(session: Session, digest: str, now: datetime) -> LoginLink | None:
    """A link that can be used now (UTC)."""
    row = session.get(LoginLink, digest)
    return row if row is not None and row.used_at is None and row.expires_at > now else None


def use(session: Session, digest: str, now: datetime) -> LoginLink | None:
    """Use a link; None if somebody was faster, or it cannot be used (any more)."""
    statement = update(LoginLink).where(
        col(LoginLink.digest) == digest, col(LoginLink.used_at).is_(None), col(LoginLink.expires_at) > now
    )
    if session.exec(statement.values(used_at=now)).rowcount != 1:
        return None
    return session.get_one(LoginLink, digest, populate_existing=True)


def keep_links(session: Session, new: LoginLink, count: int) -> None:
    """Of a person's links only so many hold: the new one, and the latest of the others."""
    others = select(LoginLink).where(LoginLink.person == new.person, col(LoginLink.used_at).is_(None))
    others = others.where(LoginLink.digest != new.digest).order_by(col(LoginLink.made_at).desc(), LoginLink.digest)
    for row in session.exec(others.offset(count - 1)):
        session.delete(row)
    session.flush()


def find(session: Session, digest: str, now: datetime, quiet_since: datetime) -> WebSession | None:
    """A session that holds now (UTC): not too old, and not quiet since before then."""
    row = session.get(WebSession, digest)
    return row if row is not None and row.expires_at > now and row.seen_at >= quiet_since else None


def keep_sessions(session: Session, new: WebSession, count: int) -> None:
    """Of a person's sessions only so many stay open: the new one, and those of the others that were used last."""
    others = select(WebSession).where(WebSession.person == new.person, WebSession.digest != new.digest)
    for row in session.exec(others.order_by(col(WebSession.seen_at).desc(), WebSession.digest).offset(count - 1)):
        session.delete(row)
    session.flush()


def end(session: Session, digest: str) -> None:
    """End a session."""
    session.exec(delete(WebSession).where(col(WebSession.digest) == digest))


def end_all(session: Session, person: str, now: datetime, quiet_since: datetime) -> int:
    """End all sessions of a person, and their links that are still open; how many sessions still held."""
    session.exec(delete(LoginLink).where(col(LoginLink.person) == person))
    mine = delete(WebSession).where(col(WebSession.person) == person)
    held = session.exec(mine.where(col(WebSession.expires_at) > now, col(WebSession.seen_at) >= quiet_since)).rowcount
    session.exec(mine)
    return held


def forget(session: Session, now: datetime, quiet_since: datetime) -> None:
    """Drop what cannot be used any more: expired by now (UTC), or quiet since before then."""
    session.exec(delete(LoginLink).where(col(LoginLink.expires_at) <= now))
    over = or_(col(WebSession.expires_at) <= now, col(WebSession.seen_at) < quiet_since)
    session.exec(delete(WebSession).where(over))


def speak(row: WebSession, language: str) -> None:
    """The language in which somebody wants to read in this browser."""
    row.language = language

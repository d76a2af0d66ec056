"""Getting to the overview pages: a link for one login, and the session that it opens in a browser.

Of both only a digest is kept, and they are 256 random bits, so that a plain SHA-256 is enough. The message with the
link stands in the outbox like any other; by the time somebody reads a backup of it, the link has expired. Limits after
OWASP ASVS 4, chapter 3 (session management).
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from bot.context import Scope
from bot.store import visits
from bot.store.tables import LoginLink, WebSession

LINK_HOLDS: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=12)
"""A session ends then, however busy."""
QUIET: Final = timedelta(hours=2)
"""A session ends when nobody has looked for so long."""
LINKS: Final = 3
"""A person's links that hold at a time."""
SESSIONS: Final = 5
"""A person's browsers at a time; the one used longest ago gives way."""
NOTED: Final = timedelta(minutes=5)
"""How exactly it is kept when a session was last used: not every page costs a write."""


def link(person: str, network_id: int, scope: Scope) -> str:
    """A new link for somebody, for one login: the token that stands in it."""
    token = secrets.token_urlsafe(32)
    row = LoginLink(
        digest=_digest(token),
        network_id=network_id,
        person=person,
        made_at=scope.now,
        expires_at=scope.now + LINK_HOLDS,
    )
    visits.add(scope.session, row)
    visits.keep_links(scope.session, row, LINKS)
    return token


def holder(token: str, scope: Scope) -> str | None:
    """Whose link it is; None if it cannot be used. Looking does not use it: previews and mail scanners look, too."""
    found = visits.link(scope.session, _digest(token), scope.now)
    return found.person if found is not None else None


def log_in(token: str, replaced: str | None, scope: Scope) -> str | None:
    """Use a link: the token of the session that it opens; None if the link does not hold.

    The session that the browser had before (`replaced`) ends, so that nobody can prepare one for somebody else.
    """
    used = visits.use(scope.session, _digest(token), scope.now)
    return open_session(used.person, used.network_id, replaced, scope) if used is not None else None


def open_session(person: str, network_id: int, replaced: str | None, scope: Scope) -> str:
    """A new session of somebody who has proven who they are: its token."""
    if replaced:
        log_out(replaced, scope)
    token = secrets.token_urlsafe(32)
    row = WebSession(
        digest=_digest(token),
        network_id=network_id,
        person=person,
        opened_at=scope.now,
        seen_at=scope.now,
        expires_at=scope.now + LONGEST,
    )
    visits.add(scope.session, row)
    visits.keep_sessions(scope.session, row, SESSIONS)
    return token


def visit(token: str, scope: Scope) -> WebSession | None:
    """The session that a browser shows; None if there is none, or it has ended."""
    found = visits.find(scope.session, _digest(token), scope.now, scope.now - QUIET)
    if found is not None and scope.now - found.seen_at > NOTED:
        found.seen_at = scope.now
    return found


def log_out(token: str, scope: Scope) -> None:
    """End the session that a browser shows."""
    visits.end(scope.session, _digest(token))


def log_out_everywhere(person: str, scope: Scope) -> int:
    """End all sessions of a person, and their links; how many sessions that were."""
    return visits.end_all(scope.session, person, scope.now, scope.now - QUIET)


def forget(scope: Scope) -> None:
    """Drop what has ended."""
    visits.forget(scope.session, scope.now, scope.now - QUIET)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

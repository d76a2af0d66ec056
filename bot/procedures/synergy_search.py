"""From the search for synergies to rows: what is asked of it, and what becomes of what it found.

A network is searched a while after something was changed, only for what was changed since the last time. The search
runs in a process of its own (`searching`), as a row of the outbox; what it found comes back as one happening.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.context import Scope
from bot.domain.synergies import SETTLES
from bot.domain.task import next_morning
from bot.effects import Compare, Effect
from bot.events import Compared, Failed
from bot.language.matching import Entry, Request
from bot.procedures import synergies
from bot.store import Session, networks
from bot.store import synergies as store
from bot.store.tables import Synergy

KEY: Final = "synergies/"
AT_ONCE: Final = "/at once "
"""In the key of a search that somebody asked for: owners are told at once."""
UNDER_WAY: Final = timedelta(hours=1)
"""No other search of a network begins while one may be under way, nor so soon after one that failed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a search is asked. `changed` are the projects it is for (None: all), `seen_to` (UTC) the last change."""

    request: Request
    changed: tuple[int, ...] | None
    seen_to: datetime | None


def due(scope: Scope) -> Iterator[tuple[int, datetime]]:
    """The networks to search by now, and since when (UTC) that is due."""
    for network_id, since, until in store.unsearched(scope.session):
        at = since + SETTLES
        if until is not None:
            at = max(at, until)
        if at <= scope.now:
            yield network_id, at


def begin(network_id: int, at: datetime, scope: Scope) -> tuple[Effect, ...]:
    """Search a network because of what was changed; `at` (UTC) is when that was due. One project alone is like none."""
    rows = store.living(scope.session, network_id)
    if len(rows) < 2:
        store.scan(scope.session, network_id).scanned_to = max((row.changed_at for row in rows), default=scope.now)
        return ()
    return (_compare(network_id, f"{KEY}{network_id}/{at.isoformat()}", scope),)


def begin_at_once(network_id: int, event_id: str, scope: Scope) -> Effect:
    """The same because somebody asks: owners are told as soon as it is done."""
    return _compare(network_id, f"{KEY}{network_id}{AT_ONCE}{event_id}", scope)


def _compare(network_id: int, key: str, scope: Scope) -> Compare:
    store.scan(scope.session, network_id).wait_until = scope.now + UNDER_WAY
    return Compare(key=key, network_id=network_id)


def asked(session: Session, network_id: int) -> Asked:
    """What to search, read in one short transaction."""
    rows = store.living(session, network_id)
    seen = store.scan(session, network_id).scanned_to
    changed = None if seen is None else tuple(row.id for row in rows if row.changed_at > seen)
    pairs = store.settled(session, network_id, changed)
    having = Counter(own for first, second, is_open in pairs if is_open for own in (first, second))
    entries = [
        Entry(row.id, row.title or row.key, row.goal or "", row.description or "", row.field or "", row.owner)
        for row in rows
    ]
    request = Request(entries, changed, [(first, second) for first, second, _ in pairs], having)
    return Asked(request, changed, max((row.changed_at for row in rows), default=None))


def found(outcome: Compared, scope: Scope) -> tuple[Effect, ...]:
    """Keep what a search has found, and see to it that owners are told: tomorrow morning, or at once."""
    session, network_id = scope.session, outcome.network_id
    scan = store.scan(session, network_id)
    scan.wait_until = None
    seen = max(filter(None, (scan.scanned_to, outcome.seen_to)), default=None)
    scan.scanned_to = min(seen, scope.now) if seen is not None else None  # the clock may have been ahead
    store.drop_untouched(session, network_id, outcome.changed)
    _keep(outcome, scope)
    session.flush()
    if AT_ONCE in outcome.key:
        return synergies.propose(network_id, outcome.key, scope)
    if scan.propose_at is None and store.to_propose(session, network_id):
        scan.propose_at = next_morning(scope.now, scope.network_zone(network_id), scope.land_of(network_id))
    return ()


def failed(failure: Failed, scope: Scope) -> tuple[Effect, ...]:
    """It is tried again later: the row says `wait_until`. The operator reads of it in the log."""
    network_id = int(failure.key.removeprefix(KEY).partition("/")[0])
    store.scan(scope.session, network_id).wait_until = scope.now + UNDER_WAY
    return ()


def _keep(outcome: Compared, scope: Scope) -> None:
    known = store.known(scope.session, outcome.network_id)
    for pair in outcome.pairs:
        if (pair.first, pair.second) not in known:
            store.add(
                scope.session,
                Synergy(
                    network_id=outcome.network_id,
                    number=networks.next_number(scope.session, outcome.network_id, "S"),
                    first_id=pair.first,
                    second_id=pair.second,
                    score=pair.score,
                    terms=json.dumps(pair.terms, ensure_ascii=False),
                    found_at=scope.now,
                ),
            )

"""When the bot is degraded, and when it is well again. Pure: what is known of it goes in, what follows comes out.

A trouble begins at one threshold and is over below a lower one, for `CALM` in a row: what goes to and fro is one
trouble, told once when it begins and once when it is over. What cannot be told while it lasts (nothing reaches the
homeserver, nothing can be written down) is told afterwards, from when until when.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

UNSENT: Final = timedelta(minutes=5)
"""A post that waits so long is late for people; a rate limit or a restarted homeserver needs less."""
SENT: Final = timedelta(minutes=1)
UNFOLLOWED: Final = timedelta(minutes=5)
"""An update of a homeserver takes less."""
UNWRITTEN: Final = timedelta(minutes=1)
"""A backup holds a lock for seconds; what lasts longer is a full disk or a server that is down."""
SKEWED: Final = timedelta(seconds=30)
"""Votes are sent by the homeserver's clock and closed by ours: half of the usual time of grace."""
STRAIGHT: Final = timedelta(seconds=15)
LITTLE_SPACE: Final = 500_000_000
"""Bytes: some weeks of a busy network, and what a backup needs."""
LITTLE_SHARE: Final = 0.1
"""… or, on a small disk, this share of it."""
CALM: Final = timedelta(minutes=2)
"""For so long it must be well: a homeserver that restarts twice was away once."""
TOGETHER: Final = timedelta(minutes=1)
"""Posts are parked in one go, when a room is gone; they are told of together."""
SELDOM: Final = timedelta(hours=1)
"""… and no more often than this."""


class Trouble(StrEnum):
    """What may be wrong."""

    UNSENT = "unsent"
    PARKED = "parked"
    HOMESERVER = "homeserver"
    DATABASE = "database"
    CLOCK = "clock"
    DISK = "disk"


TOLD_AFTERWARDS: Final = frozenset({Trouble.HOMESERVER, Trouble.DATABASE})


@dataclass(frozen=True, slots=True)
class Away:
    """A time in which somebody did not answer (UTC); `until` is None while it lasts."""

    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """How it is at `now` (UTC). None: not known, or nothing of the kind.

    `reachable_since` is since when the homeserver has answered without a break; `oldest_unsent` when that post was
    made that waits longest, `unsent` how many wait; `oldest_untold` since when a post is parked of which nobody was
    told; `skew` how far our clock is ahead of the homeserver's; `free` and `space` are bytes of the disk on which the
    database lies.
    """

    now: datetime
    reachable_since: datetime
    homeserver: Away | None = None
    database: Away | None = None
    oldest_unsent: datetime | None = None
    unsent: int = 0
    oldest_untold: datetime | None = None
    skew: timedelta | None = None
    free: int | None = None
    space: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The latest trouble of a kind, as it is on record (UTC). `calm_since`: well since then, perhaps not for good."""

    began_at: datetime
    calm_since: datetime | None = None
    ended_at: datetime | None = None


class Step(StrEnum):
    """What is to be put on record."""

    BEGINS = "begins"
    CALMS = "calms"
    RELAPSES = "relapses"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Change:
    """A step, and as of when (UTC)."""

    step: Step
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is: bad since then (UTC), or well; neither in between, or where nobody knows."""

    bad_since: datetime | None = None
    well_since: datetime | None = None


def next_change(trouble: Trouble, signs: Signs, known: Known | None) -> Change | None:
    """What is to be put on record next; asked again until nothing is, at most once for each step."""
    if trouble is Trouble.PARKED:
        return _of_parked(signs, known)
    found = FINDERS[trouble](signs)
    if known is None or known.ended_at is not None:
        began_at = found.bad_since or _missed(trouble, signs, known)
        return Change(Step.BEGINS, began_at) if began_at else None
    if found.bad_since and known.calm_since:
        return Change(Step.RELAPSES, signs.now)
    if found.well_since and known.calm_since is None:
        return Change(Step.CALMS, max(known.began_at, found.well_since))
    if found.well_since and known.calm_since and signs.now - known.calm_since >= CALM:
        return Change(Step.ENDS, known.calm_since)
    return None


def troubles(signs: Signs) -> list[Trouble]:
    """What is wrong at this moment."""
    return [trouble for trouble, find in FINDERS.items() if find(signs).bad_since is not None]


def _of_parked(signs: Signs, last: Known | None) -> Change | None:
    """Told of and over in one."""
    since = signs.oldest_untold
    if since is None or signs.now - since < TOGETHER:
        return None
    recent = last is not None and last.ended_at is not None and signs.now - last.ended_at < SELDOM
    return None if recent else Change(Step.BEGINS, since)


def _missed(trouble: Trouble, signs: Signs, known: Known | None) -> datetime | None:
    """When it began that was over before it could be put on record."""
    match trouble:
        case Trouble.HOMESERVER:
            past, limit = signs.homeserver, UNFOLLOWED
        case Trouble.DATABASE:
            past, limit = signs.database, UNWRITTEN
        case _:
            return None
    if past is None or past.until is None or past.until - past.since < limit:
        return None
    is_new = known is None or known.ended_at is None or past.since > known.ended_at
    return past.since if is_new else None


def _unsent(signs: Signs) -> Finding:
    """Since the homeserver is back, posts had the time to go out only from then on."""
    oldest = signs.oldest_unsent
    if oldest is None or signs.now - oldest < SENT:
        return Finding(well_since=signs.now)
    could_go = max(oldest, signs.reachable_since)
    late = not _is_away(signs.homeserver) and signs.now - could_go >= UNSENT
    return Finding(bad_since=oldest) if late else Finding()


def _homeserver(signs: Signs) -> Finding:
    return _absent(signs.homeserver, UNFOLLOWED, signs) or Finding(well_since=signs.reachable_since)


def _database(signs: Signs) -> Finding:
    away = signs.database
    return _absent(away, UNWRITTEN, signs) or Finding(well_since=(away and away.until) or signs.now)


def _absent(away: Away | None, limit: timedelta, signs: Signs) -> Finding | None:
    """None where it is there."""
    if away is None or away.until is not None:
        return None
    return Finding(bad_since=away.since) if signs.now - away.since >= limit else Finding()


def _clock(signs: Signs) -> Finding:
    if signs.skew is None:
        return Finding()
    if abs(signs.skew) > SKEWED:
        return Finding(bad_since=signs.now)
    return Finding(well_since=signs.now) if abs(signs.skew) <= STRAIGHT else Finding()


def _disk(signs: Signs) -> Finding:
    """Twice as much must be free again."""
    if signs.free is None or signs.space is None:
        return Finding()
    limit = min(LITTLE_SPACE, signs.space * LITTLE_SHARE)
    if signs.free < limit:
        return Finding(bad_since=signs.now)
    return Finding(well_since=signs.now) if signs.free >= 2 * limit else Finding()


def _is_away(away: Away | None) -> bool:
    return away is not None and away.until is None


FINDERS: Final[Mapping[Trouble, Callable[[Signs], Finding]]] = {
    Trouble.UNSENT: _unsent,
    Trouble.HOMESERVER: _homeserver,
    Trouble.DATABASE: _database,
    Trouble.CLOCK: _clock,
    Trouble.DISK: _disk,
}

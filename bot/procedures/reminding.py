"""Who has not voted yet, and asking them without nagging.

A reminder comes so long before the close as was set, but on a working day of the elector's Land: what would fall on a
weekend or a public holiday there comes on the working day before, at the same local time. If that is before the
opening it does not come at all: who was asked just now is not reminded. A reminder on the very day of the opening
stays where it was set: whoever is asked on a Sunday about that Sunday is at work.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.context import Scope
from bot.domain.workdays import is_working_day, working_day_before
from bot.effects import Effect
from bot.procedures import notices, turnout
from bot.store import votes
from bot.store.tables import Consultation, Elector


def silent(consultation: Consultation, scope: Scope) -> list[Elector]:
    """The electors for whom no vote counts until now, on one ballot at least."""
    missing = turnout.lacking(consultation, scope)
    return [elector for elector in votes.electors(scope.session, consultation.id or 0) if elector.id in missing]


def before_close(consultation: Consultation) -> list[timedelta]:
    """How long before the close reminders go out, the earliest first."""
    return sorted((timedelta(seconds=float(part)) for part in consultation.reminders.split(",") if part), reverse=True)


def times(consultation: Consultation, state: str | None, zone: ZoneInfo) -> list[datetime]:
    """When those in a Land („BW“; None: unknown) are reminded (UTC), the earliest first; each time once.

    `zone` is that of the consultation's room: what is a working day there.
    """
    opening_day = consultation.opens_at.astimezone(zone).date()
    found = {_moved(consultation.closes_at - before, state, opening_day, zone) for before in before_close(consultation)}
    return sorted(at for at in found if consultation.opens_at < at < consultation.closes_at)


def comes(consultation: Consultation, before: timedelta, scope: Scope) -> bool:
    """Whether a reminder so long before the close comes at all, in the Land of the network."""
    zone = scope.zone_of(consultation.room_id)
    opening_day = consultation.opens_at.astimezone(zone).date()
    at = _moved(consultation.closes_at - before, scope.land_of(consultation.network_id), opening_day, zone)
    return consultation.opens_at < at < consultation.closes_at


def _moved(at: datetime, state: str | None, opening_day: date, zone: ZoneInfo) -> datetime:
    """The same local time on the same day if people are at work then, else on the last working day before."""
    local = at.astimezone(zone)
    if local.date() == opening_day or is_working_day(local.date(), state):
        return at
    day = working_day_before(local.date(), state)
    return datetime.combine(day, local.time(), tzinfo=zone).astimezone(at.tzinfo)


def states(consultation: Consultation, scope: Scope) -> list[str | None]:
    """The Länder that its electors are in; the network's where nothing is known of one."""
    known = votes.states(scope.session, consultation.id or 0)
    usual = scope.land_of(consultation.network_id)
    return sorted({state or usual for state in known}, key=str)


def remind(consultation: Consultation, at: datetime, state: str | None, scope: Scope) -> tuple[Effect, ...]:
    """Tell those of a Land who have not voted on everything; a bare „ja“ or a 👍 on it is a vote.

    `at` (UTC) is when that was due. The close is part of the key: once it is moved, the same reminder is due again.
    """
    usual = scope.land_of(consultation.network_id)
    own = {
        elector.id
        for elector in votes.electors(scope.session, consultation.id or 0)
        if (elector.federal_state or usual) == state
    }
    missing = {elector: ballots for elector, ballots in turnout.lacking(consultation, scope).items() if elector in own}
    if not missing:
        return ()
    what = f"{consultation.closes_at.isoformat()}/{at.isoformat()}"
    return notices.reminded(consultation, missing, what, scope)

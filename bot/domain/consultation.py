"""Consultations: their life, who is asked, and how votes are counted.

The counting rule (Modellkommunen Open Government, 2017: results are put to the vote of the municipalities, online):
a vote counts if its sender was entitled at the opening, it was sent no later than the close and received no later than
the close plus the grace time; of an elector's votes the latest counts; taking a vote back leaves none. Whatever does
not count is listed with its reason. What reached our homeserver while *we* were away counts by its sending time.

An organisation without Matrix is asked by mail; what it tells a coordinator counts by when they record it, from
wherever they do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a consultation stands in its life."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"  # no more votes; the grace time for what is under way runs
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class Choice(StrEnum):
    """The answers of an approval ballot."""

    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"


class Channel(StrEnum):
    """How a vote came in."""

    POLL = "poll"
    TYPED = "typed"
    REACTION = "reaction"
    RECORDED = "recorded"  # told to a coordinator by mail, phone or in person, and entered by them


class Verdict(StrEnum):
    """Whether a vote counts, and if not, why."""

    COUNTED = "counted"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    NOT_ENTITLED = "not_entitled"
    NOT_IN_ROOM = "not_in_room"
    LATE = "late"
    ARRIVED_LATE = "arrived_late"
    EARLY = "early"
    UNKNOWN_OPTION = "unknown_option"

    @property
    def is_refusal(self) -> bool:
        """Whether the vote belongs on the published list of votes not counted."""
        return self not in (Verdict.COUNTED, Verdict.REPLACED, Verdict.WITHDRAWN)


class Outcome(StrEnum):
    """What an approval ballot decided. A tie is not a majority."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TIE = "tie"
    NO_VOTES = "no_votes"


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when votes are taken (UTC), and how long after the close they may arrive."""

    opens_at: datetime
    closes_at: datetime
    grace: timedelta

    @property
    def publish_at(self) -> datetime:
        """When the result may be counted at the earliest."""
        return self.closes_at + self.grace


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """One vote event as it stands on record. `choice` None: the vote was withdrawn by an empty answer.

    `elector` is None when the sender was not entitled at the opening. `informant` is how and by whom a recorded vote
    was told („telefonisch, Fr. Huber“); its `sender` is the coordinator who entered it.
    """

    id: int
    elector: int | None
    sender: str
    choice: str | None
    sent_at: datetime
    received_at: datetime
    offline_since: datetime | None = None
    in_room: bool = True
    redacted: bool = False
    reason: str | None = None
    informant: str | None = None


def entry(informant: str, reason: str) -> str:
    """How and by whom a recorded vote was told, and its reason, as they are kept together: the first on a line."""
    return "\n".join(filter(None, (" ".join(informant.split()), reason)))


def parted(kept: str) -> tuple[str, str | None]:
    """The same, apart again: the informant and the reason, if one was given."""
    informant, _, reason = kept.partition("\n")
    return informant, reason or None


def in_time(cast: Cast, window: Window) -> Verdict:
    """Judge a vote by its times alone. A sender's clock is not trusted beyond the close: see the module's rule."""
    if cast.sent_at < window.opens_at - timedelta(minutes=5):  # clocks of servers differ a little
        return Verdict.EARLY
    if cast.sent_at > window.closes_at:
        return Verdict.LATE
    if cast.received_at <= window.publish_at:
        return Verdict.COUNTED
    delivered_late_by_us = cast.offline_since is not None and cast.offline_since <= window.publish_at
    return Verdict.COUNTED if delivered_late_by_us else Verdict.ARRIVED_LATE


def judge(cast: Cast, window: Window) -> Verdict:
    """Whether this vote, seen by itself, may count."""
    if cast.elector is None:
        return Verdict.NOT_ENTITLED
    if not cast.in_room and cast.informant is None:  # who records a vote may do so from anywhere
        return Verdict.NOT_IN_ROOM
    verdict = in_time(cast, window)
    if verdict is not Verdict.COUNTED:
        return verdict
    if cast.choice is not None and cast.choice not in set(Choice):
        return Verdict.UNKNOWN_OPTION
    return Verdict.COUNTED


def verdicts(casts: Iterable[Cast], window: Window) -> dict[int, Verdict]:
    """The verdict on each vote, by its ID. Votes come in the order in which they were received."""
    found: dict[int, Verdict] = {}
    latest: dict[int, Cast] = {}
    for cast in casts:
        verdict = judge(cast, window)
        found[cast.id] = verdict
        if verdict is not Verdict.COUNTED or cast.elector is None:
            continue
        if (before := latest.get(cast.elector)) is not None:
            found[before.id] = Verdict.REPLACED
        latest[cast.elector] = cast
    for cast in latest.values():
        if cast.choice is None or cast.redacted:
            found[cast.id] = Verdict.WITHDRAWN
    return found


@dataclass(frozen=True, slots=True)
class Tally:
    """The counted votes of an approval ballot; simple majority of the valid votes, abstentions left out."""

    yes: int
    no: int
    abstain: int
    silent: int

    @property
    def turnout(self) -> int:
        """How many electors voted, abstentions included."""
        return self.yes + self.no + self.abstain

    @property
    def entitled(self) -> int:
        """How many electors there are."""
        return self.turnout + self.silent

    @property
    def outcome(self) -> Outcome:
        """What was decided."""
        if self.yes + self.no == 0:
            return Outcome.NO_VOTES
        if self.yes == self.no:
            return Outcome.TIE
        return Outcome.ACCEPTED if self.yes > self.no else Outcome.REJECTED


def counted(casts: Sequence[Cast], window: Window) -> dict[int, Cast]:
    """The one vote that counts, by elector."""
    found = verdicts(casts, window)
    return {cast.elector: cast for cast in casts if cast.elector is not None and found[cast.id] is Verdict.COUNTED}


def tally(casts: Sequence[Cast], electors: int, window: Window) -> Tally:
    """Count an approval ballot with `electors` entitled."""
    choices = [cast.choice for cast in counted(casts, window).values()]
    yes, no, abstain = (choices.count(choice) for choice in (Choice.YES, Choice.NO, Choice.ABSTAIN))
    return Tally(yes=yes, no=no, abstain=abstain, silent=electors - yes - no - abstain)

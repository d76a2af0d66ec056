"""Which votes count: the rule that is printed with every result.

A vote counts if its sender was entitled (a person at the opening; for an organisation whoever held its mandate or
deputised when the vote reached us), it was **sent** no later than the close, and **received** no later than the close
plus the grace time. What reached us before the close was sent before it, whatever its sender's clock says: it may be
ahead, and a close by command comes unforeseen. What reached our homeserver while *we* were away counts by its sending
time; so does what we only found when the homeserver's list was read again at the close.

Each sender has at most one vote that stands: the latest that is valid. Taking it back leaves them none. What a
coordinator recorded stands apart from what they say for themselves, should they hold a mandate, too. Of an elector's
standing votes one counts: that of a mandate holder before that of a deputy, theirs before what a coordinator recorded;
among equals the latest (Modellkommunen Open Government, 2017: the municipalities vote, not their people).
A new text makes votes on the old one void, unless they are expressly carried over. Which text a click or a reaction is
about says the post that it is on; what is typed must have been sent with the new text, or so little before that only
clocks differ. Whatever does not count is listed with its reason. Pure, and the whole rule.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from bot.domain.consultation import Channel, Window

CLOCKS_DIFFER = timedelta(minutes=5)  # so much may a sender's server be behind, at the opening and with a new text
ON_A_POST = (Channel.POLL, Channel.REACTION)


class Rank(IntEnum):
    """On whose word an elector's vote stands; the higher prevails."""

    RECORDED = 1
    DEPUTY = 2
    HOLDER = 3  # also a person who votes for themselves


class Verdict(StrEnum):
    """Whether a vote counts, and if not, why."""

    COUNTED = "counted"
    REPLACED = "replaced"  # by a later one of the same sender
    OVERRIDDEN = "overridden"  # by one of somebody else for the same elector
    WITHDRAWN = "withdrawn"
    TAKING_BACK = "taking_back"  # no vote, but the withdrawal of one
    NOT_ENTITLED = "not_entitled"
    NOT_IN_ROOM = "not_in_room"
    LATE = "late"
    ARRIVED_LATE = "arrived_late"
    EARLY = "early"
    FORMER_TEXT = "former_text"
    UNKNOWN_OPTION = "unknown_option"
    SAID_OPENLY = "said_openly"  # in a confidential consultation

    @property
    def is_refusal(self) -> bool:
        """Whether the vote belongs on the published list of votes not counted."""
        return self not in STANDS_OR_STOOD


STANDS = frozenset({Verdict.COUNTED, Verdict.OVERRIDDEN})
STANDS_OR_STOOD = STANDS | {Verdict.REPLACED, Verdict.WITHDRAWN, Verdict.TAKING_BACK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """One vote event as it stands on record; times are UTC.

    `elector` is None when the sender was not entitled. `choice` is the answer in its canonical form; None takes back:
    the vote `withdraws`, or without that whatever its sender had said. `informant` is how and by whom a recorded vote
    was told („telefonisch, Fr. Huber“); its `sender` is the coordinator who entered it. `openly`: others could read it.
    `option` is what a reaction added to the sender's others. `found_late`: the homeserver's list had it at the close,
    we had not.
    """

    id: int
    elector: int | None
    sender: str
    choice: str | None
    sent_at: datetime
    received_at: datetime
    rank: Rank = Rank.HOLDER
    edition: int = 1
    offline_since: datetime | None = None
    in_room: bool = True
    openly: bool = False
    withdraws: int | None = None
    found_late: bool = False
    reason: str | None = None
    amendment: str | None = None
    informant: str | None = None
    channel: str = "typed"
    option: int | None = None

    @property
    def came_at(self) -> datetime:
        """When our homeserver had it, as far as we can know (UTC): what it kept for us while we were away, as sent."""
        return self.sent_at if self.found_late or self.offline_since is not None else self.received_at

    @property
    def is_sum(self) -> bool:
        """Whether it says what several reactions side by side say together, after one more or one less."""
        return self.option is not None or (self.withdraws is not None and self.choice is not None)

    @property
    def voice(self) -> tuple[int | None, str, bool]:
        """Of whose votes for whom it is one: of these at most one stands."""
        return self.elector, self.sender, self.rank is Rank.RECORDED

    @property
    def names_its_text(self) -> bool:
        """Whether its edition is beyond doubt: that of the post it is on, or of the vote that it takes back."""
        return self.channel in ON_A_POST or self.withdraws is not None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a ballot's votes are judged by.

    `is_valid` says whether an answer is one of this ballot's; votes of an `edition` before `first_edition` were for a
    former text, and so were those typed before `valid_since` (UTC). `confidential` refuses what was said openly.
    """

    window: Window
    is_valid: Callable[[str], bool]
    first_edition: int = 1
    valid_since: datetime | None = None
    confidential: bool = False


def in_time(cast: Cast, window: Window) -> Verdict:
    """Judge a vote by its times alone. A sender's clock is not trusted beyond the close: see the module's rule."""
    if cast.sent_at < window.opens_at - CLOCKS_DIFFER:
        return Verdict.EARLY
    was_here = cast.received_at <= window.closes_at and not cast.found_late
    if cast.sent_at > window.closes_at and not was_here:
        return Verdict.LATE
    if cast.received_at <= window.publish_at or cast.found_late:
        return Verdict.COUNTED
    delivered_late_by_us = cast.offline_since is not None and cast.offline_since <= window.publish_at
    return Verdict.COUNTED if delivered_late_by_us else Verdict.ARRIVED_LATE


def judge(cast: Cast, terms: Terms) -> Verdict:
    """Whether this vote, seen by itself, may count."""
    if cast.elector is None:
        return Verdict.NOT_ENTITLED
    if not cast.in_room and cast.informant is None:  # who records a vote may do so from anywhere
        return Verdict.NOT_IN_ROOM
    verdict = in_time(cast, terms.window)
    if verdict is not Verdict.COUNTED:
        return verdict
    if _is_for_a_former_text(cast, terms):
        return Verdict.FORMER_TEXT
    if cast.choice is None:
        return Verdict.TAKING_BACK
    if terms.confidential and cast.openly:
        return Verdict.SAID_OPENLY
    return Verdict.COUNTED if terms.is_valid(cast.choice) else Verdict.UNKNOWN_OPTION


def _is_for_a_former_text(cast: Cast, terms: Terms) -> bool:
    if cast.edition < terms.first_edition:
        return True
    since = terms.valid_since
    return since is not None and not cast.names_its_text and cast.sent_at < since - CLOCKS_DIFFER


def verdicts(casts: Iterable[Cast], terms: Terms) -> dict[int, Verdict]:
    """The verdict on each vote, by its ID."""
    found: dict[int, Verdict] = {}
    standing: dict[tuple[int | None, str, bool], Cast] = {}
    places: dict[int, int] = {}
    for place, cast in enumerate(_in_order(casts)):
        places[cast.id] = place
        verdict = found[cast.id] = judge(cast, terms)
        if verdict is Verdict.COUNTED:
            if (before := standing.get(cast.voice)) is not None:
                found[before.id] = Verdict.REPLACED
            standing[cast.voice] = cast
        elif verdict is Verdict.TAKING_BACK and (taken := _taken_back(cast, standing)) is not None:
            found[taken.id] = Verdict.WITHDRAWN
            del standing[taken.voice]
    prevailing = _prevailing(standing.values(), places)
    for cast in standing.values():
        if prevailing[cast.elector] is not cast:
            found[cast.id] = Verdict.OVERRIDDEN
    return found


def _in_order(casts: Iterable[Cast]) -> list[Cast]:
    """Each elector's votes as they came; what others sent, entitled or not, changes nothing between them."""
    theirs: defaultdict[int | None, list[Cast]] = defaultdict(list)
    for cast in casts:
        theirs[cast.elector].append(cast)
    return [cast for some in theirs.values() for cast in _line(some)]


def _line(casts: Iterable[Cast]) -> list[Cast]:
    """As they came. What was only found at the close stands where it was sent: before all that came later.

    But what takes back stands behind what it names, which may have been under way to us then; and what sums up
    reactions behind all that we had heard by the time it was found, since it holds them, too.
    """
    given = sorted(casts, key=lambda cast: (cast.received_at, cast.id))
    order = [cast for cast in given if not cast.found_late]
    for cast in sorted((cast for cast in given if cast.found_late), key=lambda cast: cast.id):
        at = next((place for place, other in enumerate(order) if other.came_at > cast.sent_at), len(order))
        behind = [place + 1 for place, other in enumerate(order) if _follows(cast, other)]
        order.insert(max([at, *behind]), cast)
    return order


def _follows(cast: Cast, other: Cast) -> bool:
    """Whether one cannot have been said before the other, whatever the times are."""
    if cast.choice is None:
        return other.choice is not None and other.id == cast.withdraws
    return cast.is_sum and other.channel == Channel.REACTION and other.voice == cast.voice


def _taken_back(cast: Cast, standing: Mapping[tuple[int | None, str, bool], Cast]) -> Cast | None:
    """Which standing vote a withdrawal takes back: the one it names, if it is the sender's; else the sender's."""
    if cast.withdraws is None:
        return standing.get(cast.voice)
    own = (standing.get((cast.elector, cast.sender, recorded)) for recorded in (False, True))
    return next((vote for vote in own if vote is not None and vote.id == cast.withdraws), None)


def _prevailing(standing: Iterable[Cast], places: Mapping[int, int]) -> dict[int | None, Cast]:
    """Of each elector's standing votes the one that counts. `places` say where each vote stands in the sequence."""
    first: dict[int | None, Cast] = {}
    for cast in standing:
        rival = first.get(cast.elector)
        if rival is None or (cast.rank, places[cast.id]) > (rival.rank, places[rival.id]):
            first[cast.elector] = cast
    return first


def counted(casts: Sequence[Cast], terms: Terms) -> dict[int, Cast]:
    """The one vote that counts, by elector."""
    found = verdicts(casts, terms)
    return {cast.elector: cast for cast in casts if cast.elector is not None and found[cast.id] is Verdict.COUNTED}

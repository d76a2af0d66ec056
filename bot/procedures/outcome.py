"""What the message of a result shows: gathered from what is on record, so that it can be said again (Gegenposition)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.context import Scope
from bot.domain.breakdown import Breakdown
from bot.domain.consultation import Visibility
from bot.domain.counting import Cast, Verdict
from bot.domain.tallies import Line
from bot.procedures import comparing
from bot.procedures.consultations import short_of
from bot.procedures.counts import Counted
from bot.store import consultations, decisions, results, tasks
from bot.store.tables import Consultation, CounterPosition, Decision, Dissent, Elector, Project, Result, Task
from bot.texts import Text, text

MOST_ROWS = 60  # electors whose votes stand in the message; beyond that the minutes come along
MOST_BALLOTS = 5  # ballots that are shown with all votes


@dataclass(frozen=True, slots=True)
class Refused:
    """What one person sent and does not count for one reason: one line, so that nobody can flood the result.

    `organisation` is for whom it was. Without `sender` it is what all sent together: nobody is named.
    """

    sender: str
    verdict: Verdict
    count: int
    first: datetime
    last: datetime
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Opposed:
    """A dissent, and what was said to it: of each organisation the last word."""

    dissent: Dissent
    elector: Elector
    answers: Sequence[CounterPosition]


@dataclass(frozen=True, slots=True)
class Shown:
    """One ballot's part of a result.

    `rows` are the electors with the vote that counts, none where that is said elsewhere or to nobody; `overridden` are
    votes that stood until a weightier or later one of somebody else for the same elector. Without room there is no
    `breakdown`.
    """

    counted: Counted
    short: str
    decision: Decision
    result: Result | None
    breakdown: Breakdown | None
    rows: Sequence[tuple[Elector, Cast | None]] = ()
    amendments: Sequence[tuple[Elector, str]] = ()
    dissents: Sequence[Opposed] = ()
    overridden: Sequence[tuple[Elector, Cast]] = ()
    refused: Sequence[Refused] = ()

    @property
    def is_weighted(self) -> bool:
        """Whether votes have different weights, so that numbers of votes alone do not tell the decision."""
        return self.counted.is_weighted

    @property
    def lines(self) -> list[Line]:
        """The options in the order of their places, or as on the ballot where there are none."""
        count = self.counted.count
        return sorted(count.lines, key=lambda line: (count.place(line.answer), int(line.answer)))


@dataclass(frozen=True, slots=True)
class Whole:
    """A result. `unread` are events that could not be read: then it is provisional. `found` came late to us.

    `left_out` are messages to one person for which the homeserver's list was not compared with ours.
    """

    consultation: Consultation
    ballots: Sequence[Shown]
    projects: Sequence[Project]
    tasks: Sequence[Task]
    unread: int
    found: int
    away_since: datetime | None
    left_out: int = 0

    @property
    def is_confidential(self) -> bool:
        """Whether only sums are told."""
        return self.consultation.visibility == Visibility.CONFIDENTIAL

    @property
    def of_organisations(self) -> bool:
        """Whether organisations vote: then rank goes before time."""
        return any(one.organisation for shown in self.ballots[:1] for one in shown.counted.electors)

    @property
    def first_dissent(self) -> int | None:
        """The number of the first dissent."""
        return next((each.dissent.number for shown in self.ballots for each in shown.dissents), None)

    @property
    def is_too_long(self) -> bool:
        """Whether not everything has room in a message."""
        return is_too_long(len(self.ballots), max(len(each.counted.electors) for each in self.ballots))


def is_too_long(ballots: int, electors: int) -> bool:
    """Whether a result of so many ballots and electors has no room in a message, so that the minutes go with it."""
    return ballots > MOST_BALLOTS or electors > MOST_ROWS


def unread(consultation: Consultation, scope: Scope) -> int:
    """How many events of the time of the vote could not be read or taken."""
    return comparing.unread(consultation, scope)


def gather(consultation: Consultation, counted: Sequence[Counted], scope: Scope) -> Whole:
    """All that the message says, once the decisions are stored."""
    own = consultation.id or 0
    return Whole(
        consultation,
        tuple(_shown(consultation, each, scope, has_room=len(counted) <= MOST_BALLOTS) for each in counted),
        consultations.touched(scope.session, own),
        tasks.of_consultation(scope.session, own),
        unread(consultation, scope),
        sum(cast.found_late for each in counted for cast in each.cast),
        min((cast.offline_since for each in counted for cast in each.cast if cast.offline_since), default=None),
        comparing.left_out(consultation, scope),
    )


def as_text(whole: Whole, scope: Scope) -> Text:
    """The message."""
    return text("publishing.result", whole=whole, prefix=scope.house.prefix)


def _shown(consultation: Consultation, counted: Counted, scope: Scope, *, has_room: bool) -> Shown:
    ballot = counted.ballot
    decision = decisions.decision(scope.session, ballot.id or 0)
    assert decision is not None  # noqa: S101 - a result is said once it is decided
    by_id = {one.id or 0: one for one in counted.electors}
    confidential = consultation.visibility == Visibility.CONFIDENTIAL
    shown = Shown(
        counted,
        short_of(consultation, ballot, scope),
        decision,
        results.by_id(scope.session, ballot.result_id) if ballot.result_id else None,
        counted.broken_down(consultation) if has_room else None,
        refused=_refused(counted, by_id, named=not confidential),
    )
    if confidential:
        return shown
    fits = has_room and len(counted.electors) <= MOST_ROWS
    return replace(
        shown,
        rows=[(one, counted.valid.get(one.id or 0)) for one in counted.electors] if fits else (),
        amendments=[(by_id[at], cast.amendment) for at, cast in counted.valid.items() if cast.amendment],
        dissents=list(opposed(decision, by_id, scope)),
        overridden=list(_overridden(counted, by_id)),
    )


def opposed(decision: Decision, electors: Mapping[int, Elector], scope: Scope) -> Iterator[Opposed]:
    """The dissents from a decision; `electors` by ID."""
    for dissent in decisions.dissents(scope.session, decision.id or 0):
        said = decisions.counter_positions(scope.session, dissent.id or 0)
        last = {each.organisation or each.author: each for each in said}
        yield Opposed(dissent, electors[dissent.elector_id], list(last.values()))


def _overridden(counted: Counted, electors: Mapping[int, Elector]) -> Iterator[tuple[Elector, Cast]]:
    for cast in counted.cast:
        if counted.found[cast.id] is Verdict.OVERRIDDEN and cast.elector is not None:
            yield electors[cast.elector], cast


def _refused(counted: Counted, electors: Mapping[int, Elector], *, named: bool) -> list[Refused]:
    """In the order in which each first came; for each reason together where nobody may be named."""
    together: dict[tuple[str, Verdict, str | None], list[datetime]] = {}
    for cast in counted.cast:
        verdict = counted.found[cast.id]
        if verdict.is_refusal:
            elector = electors.get(cast.elector or 0) if named else None
            of = elector.organisation if elector else None
            together.setdefault((cast.sender if named else "", verdict, of), []).append(cast.received_at)
    return [
        Refused(sender, verdict, len(times), min(times), max(times), organisation)
        for (sender, verdict, organisation), times in together.items()
    ]

"""A ballot's count: which votes are valid, what they add up to, what that decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from bot.context import Scope
from bot.domain.answers import Sheet
from bot.domain.breakdown import Breakdown, Member, breakdown, by_class, without_small_cells
from bot.domain.consultation import Visibility
from bot.domain.counting import Cast, Verdict, verdicts
from bot.domain.deciding import Rules, Ruling, decide
from bot.domain.dissent import objectors
from bot.domain.tallies import Count, tally
from bot.procedures.recording import rules_of
from bot.store import consultations, votes
from bot.store.tables import Ballot, Consultation, Elector


@dataclass(frozen=True, slots=True)
class Electorate:
    """Everybody who may vote, and what counting needs of them: read once for all ballots of a consultation."""

    electors: Sequence[Elector]
    members: Sequence[Member]
    weights: Mapping[int, int]

    @classmethod
    def of(cls, consultation: Consultation, scope: Scope) -> Self:
        """As it was frozen at the opening."""
        return cls.made_of(votes.electors(scope.session, consultation.id or 0))

    @classmethod
    def made_of(cls, electors: Sequence[Elector]) -> Self:
        """Of these electors."""
        members = [Member(one.id or 0, one.weight, one.bench, one.level, one.inhabitants) for one in electors]
        return cls(electors, members, {each.elector: each.weight for each in members})

    @property
    def has_different_weights(self) -> bool:
        """Whether not all votes weigh the same."""
        return len(set(self.weights.values())) > 1


@dataclass(frozen=True, slots=True)
class Counted:
    """A ballot, counted by the rule of `bot.domain.counting`.

    `cast` are all votes in the order received, `found` the verdict on each by its ID, `valid` those that count by
    elector.
    """

    ballot: Ballot
    sheet: Sheet
    rules: Rules
    electorate: Electorate
    cast: Sequence[Cast]
    found: Mapping[int, Verdict]
    valid: Mapping[int, Cast]
    count: Count
    ruling: Ruling
    confidential: bool = False

    @property
    def is_weighted(self) -> bool:
        """Whether votes have different weights, so that numbers of votes alone do not tell the decision."""
        return any(one.weight != 1 for one in self.electors)

    @property
    def outcome_only(self) -> bool:
        """Whether no number may be told: confidential, and sums by weight would tell how the heaviest voted."""
        return self.confidential and self.electorate.has_different_weights

    @property
    def electors(self) -> Sequence[Elector]:
        """Who may vote."""
        return self.electorate.electors

    def broken_down(self, consultation: Consultation) -> Breakdown:
        """The same by bench, level and size class, as far as it may be shown."""
        whole = breakdown(self.electorate.members, _answers(self.valid), self.sheet)
        return without_small_cells(whole) if consultation.visibility == Visibility.CONFIDENTIAL else whole


def count_of(
    consultation: Consultation, ballot: Ballot, scope: Scope, *, electorate: Electorate | None = None
) -> Counted:
    """Count a ballot as it stands now. `electorate` is the consultation's, if it was read already."""
    everybody = electorate or Electorate.of(consultation, scope)
    sheet, rules = consultations.sheet(ballot), rules_of(ballot)
    cast = votes.votes(scope.session, ballot.id or 0)
    found = verdicts(cast, consultations.terms(consultation, ballot))
    valid = {each.elector: each for each in cast if each.elector is not None and found[each.id] is Verdict.COUNTED}
    answers = _answers(valid)
    count = tally(sheet, answers, everybody.weights)
    ruling = decide(count, rules, objections=len(objectors(valid)), classes=by_class(everybody.members, answers))
    confidential = consultation.visibility == Visibility.CONFIDENTIAL
    return Counted(ballot, sheet, rules, everybody, cast, found, valid, count, ruling, confidential)


def _answers(valid: Mapping[int, Cast]) -> dict[int, str]:
    return {elector: cast.choice for elector, cast in valid.items() if cast.choice is not None}

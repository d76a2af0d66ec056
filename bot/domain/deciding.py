"""What a count decides: the rule, the base of 100 %, the quorum. Pure; all shares by whole numbers.

Abstention, silence and a missed quorum are three different things: an abstention is a vote that is neither for nor
against, silence is none at all, and below the quorum nothing is decided whatever the votes say. In this order:

1. Nobody voted: NO_VOTES. The quorum is missed: NO_QUORUM. Nobody was for or against: NO_VOTES.
2. Approval: who is for it must be as much of the base as the rule asks, else REJECTED. As many for as against, where
   the rule is more than half: TIE, which is no majority. Consent asks for no share, only whether somebody objects
   with a reason: OBJECTION.
3. Options: several on the first place: TIE. Else the first is CHOSEN; of choice and multiple choice it must be as much
   of the base as the rule asks, or NO_MAJORITY. „Simple“ asks nothing there: most votes win (relative majority).

The base counts weights, as every majority here does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.answers import MOST_RESISTANCE, Choice, Kind
from bot.domain.tallies import Count


class Rule(StrEnum):
    """Regel: how much of the base must be for it."""

    SIMPLE = "simple"  # more than half of the base; of options the most votes
    ABSOLUTE = "absolute"  # more than half of all entitled, whatever the base says
    TWO_THIRDS = "two_thirds"
    THREE_QUARTERS = "three_quarters"
    UNANIMOUS = "unanimous"  # the whole base, and nobody against
    CONSENT = "consent"  # no reasoned objection


class Base(StrEnum):
    """Basis: what is 100 %."""

    VALID = "valid"  # votes without abstentions
    CAST = "cast"  # votes with them
    ALL = "all"  # all entitled


class QuorumOf(StrEnum):
    """What a quorum is a share of."""

    ELECTORS = "electors"
    WEIGHTS = "weights"
    CLASSES = "classes"  # of the electors of each size class


class Outcome(StrEnum):
    """What a ballot decided. A tie is not a majority."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CHOSEN = "chosen"  # one option
    NO_MAJORITY = "no_majority"  # of options, none has enough
    TIE = "tie"
    OBJECTION = "objection"  # consent was refused with a reason
    NO_VOTES = "no_votes"
    NO_QUORUM = "no_quorum"


@dataclass(frozen=True, slots=True)
class Quorum:
    """At least so many percent of what is named must have voted, abstentions included."""

    percent: int
    of: QuorumOf = QuorumOf.ELECTORS


@dataclass(frozen=True, slots=True)
class Rules:
    """How a ballot is decided."""

    rule: Rule = Rule.SIMPLE
    base: Base = Base.VALID
    quorum: Quorum | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided and by how much. `winners` are the options that lead, several if they are equal.

    `reached` and `base` are weights: so much of so much was for it. Of a ranking `reached` is who has the winner first,
    of dates who can come, of points the points it got of all given, of resistance the resistance it met of the greatest
    possible. `quorum_reached` is None without a quorum; `quorum_missed` names the classes that stayed below it (None:
    of unknown size).
    """

    outcome: Outcome
    reached: int
    base: int
    winners: tuple[str, ...] = ()
    quorum_reached: bool | None = None
    quorum_missed: tuple[int | None, ...] = ()


Classes = Mapping[int | None, tuple[int, int]]  # turnout and electors by size class

_MORE_THAN_HALF = frozenset({Rule.SIMPLE, Rule.ABSOLUTE})
_SHARES = frozenset({Rule.SIMPLE, Rule.ABSOLUTE, Rule.TWO_THIRDS, Rule.THREE_QUARTERS})
_RULES = {
    Kind.APPROVAL: frozenset(Rule),
    Kind.CHOICE: _SHARES | {Rule.UNANIMOUS},
    Kind.MULTIPLE: _SHARES,
}


def fits(rule: Rule, kind: Kind) -> bool:
    """Whether ballots of this kind can be decided by this rule. Where options get places, only the first place wins."""
    return rule in _RULES.get(kind, {Rule.SIMPLE})


def decide(count: Count, rules: Rules, *, objections: int = 0, classes: Classes | None = None) -> Ruling:
    """Decide. `objections` are votes against with a reason (`bot.domain.dissent.objectors`); `classes` turnout and
    electors by size class (`bot.domain.breakdown.by_class`).

    Raises ValueError for a quorum of classes without them, and for a rule that does not fit the kind of ballot.
    """
    kind = count.sheet.kind
    if not fits(rules.rule, kind):
        raise ValueError(f"{rules.rule} does not decide a ballot of kind {kind}")
    missed = _missed_classes(rules.quorum, count, classes)
    quorum_reached = None if rules.quorum is None else not missed and _is_met(rules.quorum, count)
    winners = count.places[0] if count.places else ()
    reached, base = _reached(count, rules, winners)
    if count.turnout == 0:
        outcome = Outcome.NO_VOTES
    elif quorum_reached is False:
        outcome = Outcome.NO_QUORUM
    elif count.valid_weight == 0:
        outcome = Outcome.NO_VOTES
    elif kind is Kind.APPROVAL:
        outcome = _approval(count, rules.rule, reached, base, objections)
    elif len(winners) > 1:
        outcome = Outcome.TIE
    else:
        outcome = Outcome.CHOSEN if _enough_for_choice(count, rules.rule, reached, base) else Outcome.NO_MAJORITY
    return Ruling(outcome, reached, base, winners, quorum_reached, missed)


def _is_met(quorum: Quorum, count: Count) -> bool:
    match quorum.of:
        case QuorumOf.ELECTORS:
            return _is_share(count.turnout, count.entitled, quorum.percent)
        case QuorumOf.WEIGHTS:
            return _is_share(count.turnout_weight, count.entitled_weight, quorum.percent)
        case QuorumOf.CLASSES:
            return True  # each class by itself


def _missed_classes(quorum: Quorum | None, count: Count, classes: Classes | None) -> tuple[int | None, ...]:
    """The classes below the quorum, the smallest first, unknown sizes last."""
    if quorum is None or quorum.of is not QuorumOf.CLASSES:
        return ()
    if classes is None or sum(electors for _, electors in classes.values()) != count.entitled:
        raise ValueError("a quorum of classes needs the turnout of every class")
    missed = [each for each, (turnout, electors) in classes.items() if not _is_share(turnout, electors, quorum.percent)]
    return tuple(sorted(missed, key=lambda each: (each is None, each or 0)))


def _is_share(part: int, whole: int, percent: int) -> bool:
    return part * 100 >= whole * percent


def _base(count: Count, rules: Rules) -> int:
    if rules.rule is Rule.ABSOLUTE:
        return count.entitled_weight
    match rules.base:
        case Base.VALID:
            return count.valid_weight
        case Base.CAST:
            return count.turnout_weight
        case Base.ALL:
            return count.entitled_weight


def _reached(count: Count, rules: Rules, winners: tuple[str, ...]) -> tuple[int, int]:
    """How much was for it, and of how much, for the kind at hand."""
    leader = count.of(winners[0] if winners else Choice.YES)
    match count.sheet.kind:
        case Kind.APPROVAL | Kind.CHOICE | Kind.MULTIPLE:
            return leader.weight, _base(count, rules)
        case Kind.RANKING:
            return leader.weight, count.valid_weight
        case Kind.POINTS:
            return leader.score, sum(line.score for line in count.lines)
        case Kind.RESISTANCE:
            return leader.score, count.valid_weight * MOST_RESISTANCE
        case Kind.DATES:
            return leader.score, count.valid_weight


def _is_enough(reached: int, base: int, rule: Rule) -> bool:
    match rule:
        case Rule.SIMPLE | Rule.ABSOLUTE:
            return reached * 2 > base
        case Rule.TWO_THIRDS:
            return reached * 3 >= base * 2
        case Rule.THREE_QUARTERS:
            return reached * 4 >= base * 3
        case Rule.UNANIMOUS:
            return reached == base
        case Rule.CONSENT:
            return True


def _approval(count: Count, rule: Rule, reached: int, base: int, objections: int) -> Outcome:
    against = count.of(Choice.NO)
    if rule is Rule.CONSENT:
        return Outcome.OBJECTION if objections else Outcome.ACCEPTED
    if rule in _MORE_THAN_HALF and reached == against.weight:
        return Outcome.TIE
    if rule is Rule.UNANIMOUS and against.votes:  # also one without weight
        return Outcome.REJECTED
    return Outcome.ACCEPTED if _is_enough(reached, base, rule) else Outcome.REJECTED


def _enough_for_choice(count: Count, rule: Rule, reached: int, base: int) -> bool:
    if rule is Rule.SIMPLE:
        return True
    if rule is Rule.UNANIMOUS and sum(1 for line in count.lines if line.votes) > 1:
        return False
    return _is_enough(reached, base, rule)

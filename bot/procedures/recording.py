"""What enters a consultation's record besides its steps and votes: the electorate, the verdicts, the results.

`opened` is the body of the step „opened“; `electors` follow it. At the close each ballot gets its `verdicts` and its
`result`, before the step „published“: the head of the record after that step stands in the result message.
"""

from collections.abc import Mapping
from typing import Any

from bot.context import Scope
from bot.domain import record
from bot.domain.counting import Verdict
from bot.domain.deciding import Base, Quorum, QuorumOf, Rule, Rules, Ruling
from bot.domain.tallies import Count
from bot.store import consultations, networks, records, votes
from bot.store.tables import Ballot, Consultation, Elector


def rules_of(ballot: Ballot) -> Rules:
    """How a ballot is decided."""
    quorum = Quorum(ballot.quorum, QuorumOf(ballot.quorum_of)) if ballot.quorum is not None else None
    return Rules(Rule(ballot.rule), Base(ballot.base), quorum)


def opened(consultation: Consultation, scope: Scope) -> dict[str, Any]:
    """What is put to whose vote, as it is frozen at the opening: the body of the step „opened“.

    People who are electors have entries of their own (`electors`), so that they can be erased.
    """
    own = consultation.id or 0
    return {
        "network": networks.by_id(scope.session, consultation.network_id).name,
        "consultation": f"K{consultation.number}",
        "title": consultation.title,
        "opens_at": consultation.opens_at.isoformat(),
        "closes_at": consultation.closes_at.isoformat(),
        "grace_seconds": f"{consultation.grace_seconds:g}",  # a text: no floating-point numbers are hashed
        "visibility": consultation.visibility,
        "ballots": [
            record.ballot_body(
                each.position, each.question, each.text, each.edition, consultations.sheet(each), rules_of(each)
            )
            for each in consultations.ballots(scope.session, own)
        ],
        "electors": [_elector(each) for each in votes.electors(scope.session, own) if each.person is None],
    }


def _elector(elector: Elector) -> dict[str, Any]:
    return {
        "number": elector.number,
        "name": elector.organisation,
        "weight": elector.weight,
        "level": elector.level,
        "bench": elector.bench,
        "inhabitants": elector.inhabitants,
        "federal_state": elector.federal_state,
    }


def electors(consultation: Consultation, scope: Scope) -> None:
    """An entry for each person who is an elector: the number openly, the person as a commitment."""
    for each in votes.electors(scope.session, consultation.id or 0):
        if each.person is not None:
            body = {"number": each.number, "weight": each.weight}
            private = {"person": each.person}
            records.append(
                scope.session, consultation, record.ELECTOR, scope.now, body, private=private, person=each.person
            )


def verdicts(consultation: Consultation, ballot: Ballot, found: Mapping[int, Verdict], scope: Scope) -> None:
    """Write the verdicts on a ballot's votes down, and into the record; `found` is by the ID of the vote.

    Votes of before there was a record (0.2.0) have no position in it.
    """
    votes.settle(scope.session, ballot.id or 0, found)
    positions = votes.record_positions(scope.session, ballot.id or 0)
    by_position = {positions[vote]: verdict for vote, verdict in found.items() if vote in positions}
    body = record.verdicts_body(ballot.position, by_position)
    records.append(scope.session, consultation, record.VERDICTS, scope.now, body)


def result(
    consultation: Consultation, ballot: Ballot, count: Count, ruling: Ruling, scope: Scope, *, outcome_only: bool
) -> None:
    """A ballot's numbers and what they decided; no numbers where they could tell how somebody voted."""
    body = record.result_body(ballot.position, count, ruling, outcome_only=outcome_only)
    records.append(scope.session, consultation, record.RESULT, scope.now, body)

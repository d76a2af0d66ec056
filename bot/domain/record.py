"""The record of a consultation: an append-only hash chain that anybody can check offline (`verifying`).

Each entry is a JSON object with `position` (from 1), `kind`, `at` (UTC, ISO 8601), `previous` (the digest of the entry
before; 64 zeros for the first), `body`, and `commitments`. Its digest is SHA-256 over its canonical JSON (sorted keys,
no white space, UTF-8). What is personal enters as a commitment only: SHA-256 over salt, field name and value, so that
salt and value can be erased later and the chain still holds (DSGVO Art. 17). The digest of the last entry stands in the
result message: whoever has that message can tell whether minutes were changed.

kind              body                                                        committed to
opened            window, visibility, ballots, electors that are organisations  by
elector           number, weight                                              person
vote              ballot, edition, rank, channel, times, elector, choice      sender, event, reason, …
reworded          ballot, edition, text, carried                              by
verdicts          ballot, verdict by the position of a vote
result            ballot, outcome and numbers
dissent, counter_position, and the other steps (`consultation.Step`)

In a confidential consultation elector and choice of a vote are committed to as well. An entry of a step has the step's
name as its kind. The bodies are made here, so that who writes and who checks cannot differ.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bot.domain.answers import Kind, Option, Sheet
from bot.domain.counting import Verdict
from bot.domain.deciding import Rules, Ruling
from bot.domain.tallies import Count

NOTHING_BEFORE = "0" * 64
KEYS = frozenset({"position", "kind", "at", "previous", "body", "commitments"})  # of an entry
ELECTOR = "elector"
VOTE = "vote"
VERDICTS = "verdicts"
RESULT = "result"


def canonical(value: Mapping[str, Any]) -> str:
    """The one way in which an entry is written for hashing (RFC 8785 in spirit: we hash no floating-point numbers)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(body: str) -> str:
    """The hash of an entry in its canonical form."""
    return hashlib.sha256(body.encode()).hexdigest()


def commitment(salt: str, field: str, value: str) -> str:
    """Binds to a value without telling it. `salt` is random, in hexadecimal digits, one per entry."""
    return hashlib.sha256(f"{salt}\0{field}\0{value}".encode()).hexdigest()


def entry(
    position: int, kind: str, at: str, previous: str, body: Mapping[str, Any], commitments: Mapping[str, str]
) -> str:
    """An entry in its canonical form; its `digest` goes into the next."""
    return canonical(
        {
            "position": position,
            "kind": kind,
            "at": at,
            "previous": previous or NOTHING_BEFORE,
            "body": dict(body),
            "commitments": dict(commitments),
        }
    )


def ballot_body(position: int, question: str, wording: str, edition: int, sheet: Sheet, rules: Rules) -> dict[str, Any]:
    """A ballot as „opened“ has it: everything that its count and its ruling follow from."""
    return {
        "ballot": position,
        "question": question,
        "text": wording,
        "edition": edition,
        "kind": sheet.kind,
        "options": [option.label for option in sheet.options],
        "points": sheet.points,
        "rule": rules.rule,
        "base": rules.base,
        "quorum": rules.quorum.percent if rules.quorum else None,
        "quorum_of": rules.quorum.of if rules.quorum else None,
    }


def sheet_of(ballot: Mapping[str, Any]) -> Sheet:
    """The paper of a ballot in „opened“; its options without their times. Raises KeyError, TypeError or ValueError."""
    return Sheet(Kind(ballot["kind"]), tuple(Option(str(label)) for label in ballot["options"]), ballot["points"])


def verdicts_body(ballot: int, verdicts: Mapping[int, Verdict]) -> dict[str, Any]:
    """What was decided on each vote of a ballot, by the vote's position in the record."""
    return {"ballot": ballot, "verdicts": {str(position): verdict for position, verdict in sorted(verdicts.items())}}


def result_body(ballot: int, count: Count, ruling: Ruling, *, outcome_only: bool = False) -> dict[str, Any]:
    """What a ballot's votes added up to, and what that decided.

    `outcome_only`: confidential with different weights. Any sum could tell how somebody voted, so there is none.
    """
    if outcome_only:
        return {
            "ballot": ballot,
            "outcome": ruling.outcome,
            "winners": list(ruling.winners),
            "quorum_reached": ruling.quorum_reached,
            "counts": {"entitled": count.entitled, "turnout": count.turnout},
        }
    return {
        "ballot": ballot,
        "outcome": ruling.outcome,
        "reached": ruling.reached,
        "base": ruling.base,
        "winners": list(ruling.winners),
        "quorum_reached": ruling.quorum_reached,
        "counts": counts(count),
    }


def counts(count: Count) -> dict[str, Any]:
    """The numbers of a count."""
    return {
        "entitled": count.entitled,
        "entitled_weight": count.entitled_weight,
        "turnout": count.turnout,
        "turnout_weight": count.turnout_weight,
        "abstained": count.abstained,
        "abstained_weight": count.abstained_weight,
        "lines": [asdict(line) for line in count.lines],
        "places": [list(tier) for tier in count.places],
        "duels": _duels(count),
    }


def _duels(count: Count) -> Sequence[Sequence[int]]:
    return [[first, second, weight] for (first, second), weight in sorted((count.duels or {}).items())]

"""Samples for the texts of results: a ballot of each kind, with everything that can be said about one."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.answers import Kind, Option, Sheet
from bot.domain.breakdown import breakdown, by_class
from bot.domain.counting import Cast, Rank, Verdict
from bot.domain.deciding import Quorum, QuorumOf, Rules, decide
from bot.domain.tallies import tally
from bot.procedures.counts import Counted, Electorate
from bot.procedures.outcome import Opposed, Refused, Shown, Whole
from bot.store.tables import Ballot, CounterPosition, Decision, Dissent, Elector, Task
from commands.decision import Listed
from tests.fakes import ANNA, BEN, CEM, ROOM
from tests.samples.general import AT, CONSULTATION, LATER, NASTY, PROJECT, RESULT

ELECTORS = [
    Elector(id=1, consultation_id=1, organisation=NASTY, organisation_id=1, weight=2, level="city", bench="politics"),
    Elector(id=2, consultation_id=1, organisation="Erlenbrück", organisation_id=2, inhabitants=4_000),
    Elector(id=3, consultation_id=1, person=CEM, level="county", bench="administration"),
    Elector(id=4, consultation_id=1, organisation="Ahornfeld", organisation_id=4, inhabitants=120_000),
]
ELECTORATE = Electorate.made_of(ELECTORS)
OPTIONS = tuple(Option(label) for label in (NASTY, "Zwei", "Drei"))
DATES = tuple(Option(str(number), AT + timedelta(days=number)) for number in range(3))
SAID = {
    Kind.APPROVAL: ("yes", "no", "abstain"),
    Kind.CHOICE: ("1", "2", "1"),
    Kind.MULTIPLE: ("1,2", "2", "abstain"),
    Kind.RANKING: ("2>1=3", "1>2>3", "abstain"),
    Kind.POINTS: ("1:3,2:1", "2:4", "abstain"),
    Kind.RESISTANCE: ("1:0,2:7,3:10", "1:3,2:0,3:4", "abstain"),
    Kind.DATES: ("1:yes,2:no,3:maybe", "1:no,2:yes,3:yes", "abstain"),
}


def counted(kind: Kind, said: tuple[str, ...], rules: Rules = Rules()) -> Counted:  # noqa: B008 - it is frozen
    """A ballot on which the first electors said this."""
    options = DATES if kind is Kind.DATES else () if kind is Kind.APPROVAL else OPTIONS
    sheet = Sheet(kind, options, 4 if kind is Kind.POINTS else None)
    valid = {
        number: Cast(id=number, elector=number, sender=BEN, choice=answer, sent_at=AT, received_at=AT, reason=NASTY)
        for number, answer in enumerate(said, 1)
    }
    if 2 in valid:
        valid[2] = replace(valid[2], sender=ANNA, informant=NASTY, rank=Rank.RECORDED, amendment=NASTY)
    if 3 in valid:
        valid[3] = replace(valid[3], rank=Rank.DEPUTY)
    given = {number: cast.choice or "" for number, cast in valid.items()}
    count = tally(sheet, given, ELECTORATE.weights)
    ruling = decide(count, rules, classes=by_class(ELECTORATE.members, given))
    ballot = Ballot(
        id=1,
        consultation_id=1,
        position=1,
        question=NASTY,
        kind=kind,
        result_version=2,
        options=json.dumps([option.label for option in options]),
    )
    found = dict.fromkeys(valid, Verdict.COUNTED)
    return Counted(ballot, sheet, rules, ELECTORATE, list(valid.values()), found, valid, count, ruling)


def shown(kind: Kind, said: tuple[str, ...], rules: Rules = Rules(), **more: Any) -> Shown:  # noqa: B008 - it is frozen
    """The part of a message about such a ballot."""
    ballot = counted(kind, said, rules)
    decision = Decision(
        id=1, network_id=1, number=2, ballot_id=1, outcome=ballot.ruling.outcome, provisional=True, at=LATER
    )
    answers = {number: cast.choice or "" for number, cast in ballot.valid.items()}
    values: dict[str, Any] = {
        "result": RESULT,
        "rows": [(one, ballot.valid.get(one.id or 0)) for one in ELECTORS],
        "amendments": [(ELECTORS[0], NASTY)],
        "dissents": OPPOSED,
        "overridden": [(ELECTORS[1], ballot.valid[2])] if 2 in ballot.valid else [],
        "refused": REFUSED,
    }
    return Shown(
        ballot, "K3.1", decision, breakdown=breakdown(ELECTORATE.members, answers, ballot.sheet), **(values | more)
    )


DISSENT = Dissent(id=1, network_id=1, number=2, decision_id=1, elector_id=1, author=BEN, text=NASTY, at=LATER)
POSITION = CounterPosition(id=1, dissent_id=1, organisation=NASTY, author=CEM, text=NASTY, at=LATER)
LEADS_POSITION = CounterPosition(id=2, dissent_id=1, author=ANNA, text=NASTY, at=LATER)
OPPOSED = [Opposed(DISSENT, ELECTORS[0], [POSITION, LEADS_POSITION])]
REFUSED = [Refused(CEM, verdict, 250, AT, LATER, NASTY) for verdict in Verdict if verdict.is_refusal]
TASK = Task(id=1, network_id=1, number=7, room_id=ROOM, title=NASTY, created_at=AT)
CLASSES = Rules(quorum=Quorum(60, QuorumOf.CLASSES))
WHOLE = Whole(
    CONSULTATION.model_copy(update={"reread_problem": NASTY, "reread_at": LATER, "record_head": "7f3a"}),
    [shown(kind, said) for kind, said in SAID.items()][:5],
    [PROJECT],
    [TASK],
    unread=2,
    found=1,
    away_since=AT,
)
TASKS = [TASK, TASK.model_copy(update={"state": "done", "done_at": LATER}), TASK.model_copy(update={"owner": BEN})]
CHOSEN = Decision(id=2, network_id=1, number=3, ballot_id=1, outcome="chosen", chosen=NASTY, provisional=True, at=AT)
LISTED = Listed(CHOSEN, "K3.2", WHOLE.ballots[1].counted.ballot, CONSULTATION)
BY_TEXT: dict[str, dict[str, Any]] = {
    "decision.shown": {"whole": replace(WHOLE, tasks=TASKS)},
    "decision.list": {"decisions": [LISTED] * 31},
    "publishing.result": {"whole": WHOLE},
    "publishing.no_counter_position": {"dissent": DISSENT},
    "publishing.own_dissent": {"dissent": DISSENT},
    "publishing.counter_position": {"dissent": DISSENT, "position": POSITION},
    "publishing.counter_position_taken": {"dissent": DISSENT, "position": POSITION},
}

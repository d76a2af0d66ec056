"""Samples for the texts of `!konsultation`: the form, what is shown, a new text."""

from datetime import timedelta
from typing import Any

from bot.domain.answers import Kind, Option, Sheet
from bot.domain.consultation import Franchise, Step
from bot.procedures.consultation_view import Reminders, Seen, Shown, Taken
from bot.store.tables import Ballot, Meeting, Result
from tests.fakes import ANNA, ROOM
from tests.samples import general, publishing
from tests.samples.general import AT, BALLOT, CONSULTATION, DECISION, ELECTOR, LATER, MUTE_ELECTOR, NASTY, RESULT

CHOICE = Ballot(id=2, consultation_id=1, position=2, question=NASTY, text=NASTY, kind=Kind.CHOICE, quorum=60)
MANY = Sheet(Kind.CHOICE, tuple(Option(f"{NASTY} {number}") for number in range(21)))
DATES = Sheet(Kind.DATES, (Option("04.12.2026 12:00", AT), Option("07.12.2026 12:00", LATER)))
POINTS = Sheet(Kind.POINTS, (Option(NASTY), Option("zwei")), 10)
MERGED = Result(**{**RESULT.model_dump(), "id": 2, "number": 12})
MEETING = Meeting(id=1, network_id=1, number=2, room_id=ROOM, title=NASTY, starts_at=AT, created_by=ANNA, created_at=AT)
PAPERS = [
    Shown("K3.1", BALLOT, Sheet(Kind.APPROVAL), RESULT, MERGED),
    Shown("K3.2", CHOICE, MANY, None, None),
    Shown("K3.3", CHOICE, DATES, None, None),
    Shown("K3.4", CHOICE, POINTS, None, None),
]
CHOSEN = DECISION.model_copy(update={"chosen": NASTY})
SEEN = [
    Seen(PAPERS[0], DECISION, 2, [(ELECTOR, "yes"), (MUTE_ELECTOR, None)] * 60),
    Seen(PAPERS[1], CHOSEN, 1, [(ELECTOR, "2")], publishing.OPPOSED),
    Seen(PAPERS[2], None, 1, [(ELECTOR, "1:yes,2:maybe")]),
]
STEPS = [Taken(step, AT, by, NASTY, carried=True) for step, by in zip(Step, [ANNA, None] * len(Step), strict=False)]
SPANS = [int(timedelta(**{unit: 1}).total_seconds()) for unit in ("days", "hours", "minutes", "seconds")]
LISTED = CONSULTATION.model_copy(update={"electorate": Franchise.LIST, "electorate_of": NASTY})

BY_TEXT: dict[str, dict[str, Any]] = {
    "consultation.made": {
        "consultation": LISTED,
        "papers": PAPERS,
        "touched": general.VALUES["projects"][:2],
        "reminders": Reminders([3 * SPANS[0], *SPANS], SPANS[:1]),
        "assumed": [AT, LATER],
        "free_day": NASTY,
        "before": CONSULTATION,
        "done": "changed",
        "few": True,
        "weighted": True,
    },
    "inbox.too_long": {"length": 5_001, "longest": 4_000, "what": "question"},
    "consultation.list": {"consultations": [CONSULTATION] * 31},
    "consultation.shown": {
        "seen": SEEN,
        "steps": [*STEPS, Taken(Step.EXTENDED, AT, ANNA, "", LATER)],
        "touched": general.VALUES["projects"][:2],
        "tasks": [publishing.TASK] * 21,
        "reminders": Reminders([], SPANS),
        "before": CONSULTATION,
    },
    "consultation.cancelled": {"was": "open", "reason": NASTY},
    "consultation.extended": {"free_day": NASTY},
    "consultation.reworded": {"short": "K3.2", "carried": True, "voted": 3},
    "consultation.void_or_carried": {"short": "K3.2", "voted": 3},
    "consultation.same_text": {"short": "K3.2"},
    "inbox.did_you_mean": {"meant": NASTY},
    "drafting.bad": {"field": "rule", "value": NASTY, "close": "consent"},
    "drafting.quorum_out_of_range": {"percent": "110"},
    "drafting.rule_does_not_fit": {"rule": "consent", "kind": Kind.MULTIPLE},
    "drafting.text_for_which": {"count": 3},
    "drafting.no_results": {"meeting": MEETING},
    "drafting.one_round_only": {"keys": ["K3", "E4"]},
    "drafting.no_points_here": {"kind": Kind.CHOICE},
    "drafting.bad_points": {"value": NASTY, "most": 1_000},
    "drafting.which_options": {"kind": Kind.DATES},
    "drafting.too_many_options": {"count": 60, "most": 50},
    "drafting.long_option": {"number": 3, "length": 5_000, "longest": 200},
    "drafting.option_twice": {"option": NASTY},
    "drafting.nobody_entitled": {"consultation": LISTED},
    "drafting.new_without_question": {"number": 5, "count": 1},
    "drafting.too_many_ballots": {"count": 41, "most": 40},
    "finding.which_ballot": {"ballots": [BALLOT, CHOICE]},
}

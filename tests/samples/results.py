"""Samples for the texts of results, meetings and tasks."""

from typing import Any

from bot.domain.deciding import Outcome
from bot.domain.difference import Change, Piece
from bot.domain.task import State
from bot.procedures.responsible import OpenTask
from bot.procedures.results import Gathered, Known, Listed, PutToVote
from bot.procedures.tasks import Carried
from bot.store.tables import Decision, Meeting, ResultVersion, Task
from tests.fakes import ANNA, BEN, ROOM
from tests.samples.general import (
    AT,
    BALLOT,
    CONSULTATION,
    DECISION,
    FEEDBACK,
    LATER,
    NASTY,
    OPEN_FEEDBACK,
    PROJECT,
    RESULT,
    VERSION,
)
from tests.samples.portfolio import AIMS

MEETING = Meeting(
    id=1,
    network_id=1,
    number=2,
    room_id=ROOM,
    title=NASTY,
    starts_at=AT,
    place=NASTY,
    agenda=NASTY + "\nzweite Zeile",
    created_by=ANNA,
    created_at=AT,
)
LONG_VERSION = ResultVersion(**{**VERSION.model_dump(), "text": NASTY * 20})
TASK = Task(
    id=1,
    network_id=1,
    number=7,
    room_id=ROOM,
    title=NASTY,
    owner=BEN,
    due_at=LATER,
    mandatory=False,
    project_id=1,
    decision_id=1,
    created_by=ANNA,
    created_at=AT,
)
DONE_TASK = Task(**{**TASK.model_dump(), "state": State.DONE, "done_by": BEN, "done_at": LATER})
OWNERLESS_TASK = Task(**{**TASK.model_dump(), "owner": None, "due_at": None, "mandatory": True})
WAITING = [OpenTask(TASK, overdue=True), OpenTask(TASK), OpenTask(OWNERLESS_TASK, leads=[ANNA, BEN])]
CHOSEN = Decision(**{**DECISION.model_dump(), "outcome": Outcome.ACCEPTED, "chosen": NASTY})
VOTES = [PutToVote("K3.2", CONSULTATION, 2, None), PutToVote("K4", CONSULTATION, None, DECISION)]
PIECES = (Piece(NASTY, changed=True), Piece(NASTY, changed=False))
CHANGES = [Change(PIECES, PIECES, NASTY), Change(PIECES, (), NASTY), Change((), PIECES, NASTY)] * 7
KNOWN = Known(
    result=RESULT,
    version=ResultVersion(**{**VERSION.model_dump(), "version": 1}),
    versions=[VERSION, VERSION],
    meeting=MEETING,
    origins=[(RESULT, 1), (RESULT, 2)],
    merged_into=RESULT,
    votes=VOTES,
    feedback=[FEEDBACK, OPEN_FEEDBACK],
    feedback_on_origins=[(RESULT, FEEDBACK)],
)
ENTRIES = [Listed(RESULT, VERSION, None), Listed(RESULT, VERSION, RESULT)]
OLD = (RESULT, VERSION)

BY_TEXT: dict[str, dict[str, Any]] = {
    "status.shown": {"tasks": [TASK] * 6, "unchanged": AT, "aims": AIMS, "linked": [PROJECT] * 6},
    "result.kept": {"meeting": MEETING},
    "result.reworded": {"version": LONG_VERSION, "changes": CHANGES, "votes": VOTES},
    "result.shown": {"known": KNOWN},
    "result.compared": {"old": OLD, "new": OLD, "same": True, "changes": CHANGES},
    "result.merged": {"known": KNOWN, "votes": VOTES},
    "result.merge_template": {"origins": [RESULT, RESULT]},
    "result.which_kind": {"kinds": [NASTY, NASTY]},
    "result.merged_already": {"into": RESULT},
    "result.no_version": {"wanted": 7},
    "result.list": {"gathered": [Gathered(None, ENTRIES), Gathered(MEETING, ENTRIES)]},
    "tasks.revise": {"made": [(TASK, PROJECT), (TASK, PROJECT)], "carried": [Carried("K3.2", BALLOT, CHOSEN)]},
}

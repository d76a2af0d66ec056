"""Samples for the texts of tasks and measures."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.task import State
from bot.domain.timeline import Measure, drawing, timeline
from bot.files.plan import Plan, Share
from bot.procedures.responsible import OpenTask, Part
from bot.store.tables import Task
from bot.store.tasks import Wanted
from commands.task_listing import Selection
from commands.task_values import Origin
from tests.fakes import ANNA, BEN, CEM, ROOM
from tests.samples.general import AT, DECISION, FEEDBACK, LATER, NASTY, ORGANISATION, PROJECT
from tests.samples.results import MEETING, TASK

SHARED = Task(
    **{
        **TASK.model_dump(),
        "state": State.STARTED,
        "council": NASTY,
        "council_at": LATER,
        "meeting_id": 1,
        "feedback_id": 1,
    }
)
DONE = Task(**{**SHARED.model_dump(), "state": State.DONE, "done_by": BEN, "done_at": LATER, "note": NASTY})
DROPPED = Task(**{**DONE.model_dump(), "state": State.DROPPED})
OWNERLESS = Task(**{**TASK.model_dump(), "owner": None, "due_at": None, "mandatory": True})
PARTS = (
    Part(CEM, None, NASTY, None, responsible=True),
    Part(None, ORGANISATION, NASTY, 12_345_67, responsible=True, speakers=(BEN,)),
    Part(None, ORGANISATION, None, 20_000_00, responsible=False),
)
OPEN = OpenTask(SHARED, leads=[ANNA], overdue=True, parts=PARTS, gone={CEM})
ORPHAN = OpenTask(OWNERLESS, leads=[ANNA, BEN])
WAITING = [OPEN, ORPHAN, OpenTask(TASK)]
SHARES = [
    Share(NASTY, is_person=False, measures=2, funds=12_345_67, contributions=[(7, NASTY, 12_345_67), (7, None, None)]),
    Share(BEN, is_person=True, measures=1, funds=None, contributions=[(7, NASTY, None)]),
]
MEASURES = [
    Measure(7, date(2026, 12, 4), date(2026, 12, 7), date(2026, 12, 7), overdue=True),
    Measure(8, date(2026, 12, 4), None, None),
    Measure(9, date(2026, 12, 4), date(2027, 1, 7), date(2026, 12, 9)),
    Measure(10, date(2026, 12, 4), None, None, settled=True),
]
PLAN = Plan(
    network=NASTY,
    name=NASTY,
    at=AT,
    entries={7: OPEN, 8: ORPHAN, 9: OpenTask(TASK), 10: OpenTask(DONE, parts=PARTS)},
    timeline=timeline(MEASURES),
    drawing=drawing(MEASURES, date(2026, 12, 4)),
    shares=SHARES,
    projects={1: PROJECT},
    groups={ROOM: NASTY},
    zone=ZoneInfo("Europe/Berlin"),
)
ORIGIN = Origin(PROJECT, DECISION, MEETING, FEEDBACK)

BY_TEXT: dict[str, dict[str, Any]] = {
    "tasks.given": {"task": SHARED, "by": ANNA},
    "task.shown": {
        "open": OpenTask(DONE, parts=PARTS),
        "done": "changed",
        "assumed_time": True,
        "free_day": NASTY,
        "origin": ORIGIN,
    },
    "task.list": {
        "chosen": Selection(Wanted(), name=NASTY),
        "waiting": WAITING * 10,
        "settled": [DONE, DROPPED],
        "settled_count": 40,
        "count": 60,
        "start": 1,
        "more": 30,
        "further": NASTY,
        "places": {ROOM: NASTY},
    },
    "task.settled": {"task": DROPPED, "remark": NASTY},
    "task.already": {"task": DONE},
    "task.which_state": {"task": TASK},
    "task.not_owner": {"open": OPEN},
    "task.which_one": {"mine": [TASK, TASK]},
    "tasks.remind": {
        "due": WAITING[2:] * 2,
        "overdue": [OPEN],
        "instead": [(OPEN, CEM)],
        "orphans": [ORPHAN],
        "answerable": [OPEN] * 21,
    },
    "plans.shown": {"plan": PLAN},
    "plans.document": {"plan": PLAN, "workbook": NASTY},
    "plans.who": {"open": OPEN},
    "plans.word": {"value": "overdue"},
    "parties.too_many": {"count": 51, "most": 50},
}

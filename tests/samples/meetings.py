"""Samples for the texts of meetings, their summary, and what people thought of them."""

from datetime import timedelta
from typing import Any

from bot.domain.timetable import Day
from bot.procedures.meeting_summary import Summary
from bot.procedures.meetings import Sitting
from bot.procedures.responsible import OpenTask
from bot.procedures.retrospects import View
from bot.store.tables import Meeting, Result, Retrospect
from tests.fakes import ANNA, BEN
from tests.samples.general import AT, LATER, NASTY, RESULT
from tests.samples.results import DONE_TASK, ENTRIES, MEETING, VOTES
from tests.samples.tasks import OPEN, ORPHAN

LINK = "https://video.example.org/raum?n=1&x=<b>\"'"
SEVERAL = [Day(AT, AT + timedelta(hours=7)), Day(LATER, LATER + timedelta(days=1)), Day(LATER + timedelta(days=2))]
TALK = Meeting(**{**MEETING.model_dump(), "link": LINK, "kind": "workshop"})
CALLED_OFF = Meeting(**{**TALK.model_dump(), "cancelled_at": AT})
SITTING = Sitting(TALK, SEVERAL, NASTY, {0: NASTY, 1: ""}, 13, is_over=False)
SINGLE = Sitting(CALLED_OFF, SEVERAL[:1], None, {0: ""}, 1, is_over=False)
WHOLE = {"title": NASTY, "days": SEVERAL, "place": None, "link": LINK, "host": NASTY, "kind": "plain", "agenda": None}
VIEW = Retrospect(
    id=1, meeting_id=1, number=1, author=BEN, organisation=NASTY, text=NASTY + "\nzweite Zeile", at=AT, event_id="$1"
)
TAKEN_BACK = Retrospect(**{**VIEW.model_dump(), "number": 2, "author": ANNA, "text": "", "withdrawn_at": LATER})
OTHER = Retrospect(**{**VIEW.model_dump(), "number": 3, "author": ANNA, "organisation": None})
NODE = View(TAKEN_BACK, [View(OTHER, [])])
FINISHED = OpenTask(DONE_TASK)
SUMMARY = Summary(
    entries=ENTRIES,
    votes=[(RESULT, vote) for vote in VOTES],
    unvoted=[RESULT, RESULT],
    all_unvoted=False,
    mandatory=[ORPHAN, FINISHED],
    if_need_be=[OPEN],
    views=[View(VIEW, []), NODE],
)

BY_TEXT: dict[str, dict[str, Any]] = {
    "meetings.when": {"day": SEVERAL[1]},
    "meetings.day_off": {"name": NASTY},
    "meetings.dates": {"days": SEVERAL, "free": {0: NASTY, 2: ""}},
    "meetings.countdown": {"sitting": SITTING},
    "meetings.video": {"link": LINK},
    "meetings.soon": {"sitting": SITTING, "open_tasks": 3, "last": True},
    "meetings.task": {"one": OPEN},
    "meetings.tasks": {"mandatory": [FINISHED], "if_need_be": [OPEN]},
    "meetings.who": {"view": VIEW},
    "meetings.one_view": {"node": NODE, "above": 1},
    "meetings.views": {"found": [NODE]},
    "meetings.summary": {"sitting": SITTING, "summary": SUMMARY},
    "meeting.was": {"changed": WHOLE, "name": "title"},
    "meeting.kind": {"name": "workshop"},
    "meeting.details": {"sitting": SITTING, "changed": WHOLE},
    "meeting.shown": {
        "sitting": SITTING,
        "done": "created",
        "changed": WHOLE,
        "entries": ENTRIES,
        "tasks": [OPEN, ORPHAN],
        "views": 2,
    },
    "meeting.list": {"sittings": [SITTING, SINGLE] * 16, "following": SITTING},
    "meeting.calendar": {"sitting": SINGLE, "name": "T2.ics"},
    "meeting.cancelled": {"sitting": SINGLE, "reason": NASTY},
    "meeting.closed": {"meeting": TALK},
    "meeting.is_cancelled": {"meeting": CALLED_OFF},
    "meeting.has_results": {"meeting": TALK},
    "meeting.not_begun": {"meeting": TALK},
    "meeting.too_long": {"start": AT, "end": LATER},
    "meeting.too_many_days": {"count": 15, "most": 14},
    "meeting.overlap": {"one": SEVERAL[0], "other": SEVERAL[1]},
    "meeting.far_apart": {"one": SEVERAL[0], "other": SEVERAL[1]},
    "meeting.bad_link": {"words": NASTY, "longest": 500},
    "meeting.bad_kind": {"words": NASTY, "offered": [NASTY, NASTY], "close": NASTY},
    "result.kept": {"meeting": TALK, "result": Result(**{**RESULT.model_dump(), "table_number": 3, "round": 2})},
    "result.bad_table": {"words": NASTY, "most": 10, "what": "round"},
    "retro.shown": {"meeting": TALK, "found": [View(VIEW, []), NODE]},
    "retro.kept": {"meeting": TALK, "view": OTHER, "about": VIEW, "done": "changed"},
    "retro.withdrawn": {"meeting": TALK, "view": VIEW},
    "retro.unknown": {"meeting": TALK, "number": 7},
    "retro.not_yours": {"view": VIEW},
    "retro.own": {"meeting": TALK, "view": VIEW},
    "retro.too_deep": {"meeting": TALK, "view": VIEW},
}

"""Samples for the texts of check-ins: the form, what is asked, what came of it."""

import json
from typing import Any

from bot.domain.checkin import Skipped, Whom
from bot.domain.project import Phase
from bot.domain.recurring import Recurrence
from bot.procedures.checkin_people import Concerned, Wanted
from bot.procedures.checkin_posts import Line, summed
from bot.procedures.checkin_showing import Round, Shown
from bot.store.tables import CheckIn, CheckInAnswer, CheckInAsk, CheckInRound, Task
from tests.fakes import ANNA, BEN, CEM, ROOM
from tests.samples.general import AT, BARE_PROJECT, GROUP, LATER, NASTY, PROJECT

RHYTHM = Recurrence("FREQ=WEEKLY;BYDAY=MO", AT.replace(tzinfo=None), "Europe/Berlin")
CHECK_IN = CheckIn(
    id=1,
    network_id=1,
    number=1,
    room_id=ROOM,
    title=NASTY,
    whom=Whom.OWNERS,
    group_id=1,
    phases=json.dumps([Phase.RUNNING]),
    questions=json.dumps([NASTY]),
    rule=RHYTHM.rule,
    first=RHYTHM.first.isoformat(),
    zone=RHYTHM.zone,
    next_at=AT,
    missed=2,
    created_by=ANNA,
    created_at=AT,
)
PAUSED = CheckIn(**{**CHECK_IN.model_dump(), "state": "paused", "next_at": None, "place": "direct", "nudge_days": 0})
ROUND = CheckInRound(
    id=3, check_in_id=1, number=3, due_at=AT, opened_at=AT, deadline=LATER, missed=2, nudge_at=AT, closed_at=LATER
)
OPEN_ROUND = CheckInRound(**{**ROUND.model_dump(), "closed_at": None})
TASK = Task(id=7, network_id=1, number=7, room_id=ROOM, title=NASTY, owner=CEM, due_at=LATER, created_at=AT)


def ask(number: int, person: str, **more: Any) -> CheckInAsk:
    return CheckInAsk(id=number, round_id=3, person=person, **more)


def answer(number: int, **more: Any) -> CheckInAnswer:
    return CheckInAnswer(id=number, ask_id=number, author=BEN, at=AT, event_id="$answer", **more)


RED = Line(ask(1, BEN), PROJECT, None, answer(1, light="red", progress=30, text=NASTY, late=True))
GENERAL = Line(ask(2, CEM, instead_of=BEN), None, None, answer(2, text=NASTY))
UNCHANGED = Line(ask(3, CEM), BARE_PROJECT, None, answer(3, no_change=True, late=True))
OPEN_TASK = Line(ask(4, CEM), None, TASK)
OPEN_PROJECT = Line(ask(5, CEM, instead_of=BEN), PROJECT)
AWAY = Line(ask(6, BEN, skipped=Skipped.AWAY), PROJECT)
LEFT = Line(ask(7, BEN, skipped=Skipped.LEFT), BARE_PROJECT)
LINES = [RED, GENERAL, UNCHANGED, OPEN_TASK, OPEN_PROJECT, AWAY, LEFT]
CONCERNED = Concerned(
    [Wanted(BEN, project=PROJECT), Wanted(CEM, task=TASK), Wanted(ANNA, skipped=Skipped.AWAY)], [BARE_PROJECT] * 21
)
SHOWN = Shown(
    check_in=CHECK_IN,
    rhythm=RHYTHM,
    group=GROUP,
    questions=[NASTY],
    phases=[Phase.RUNNING],
    concerned=CONCERNED,
    asked=[[OPEN_PROJECT, OPEN_PROJECT], [OPEN_TASK]],
    at=AT,
    closes=LATER,
    nudge=AT,
)

BY_TEXT: dict[str, dict[str, Any]] = {
    "checkin.made": {"shown": SHOWN},
    "checkin.shown": {"shown": SHOWN, "rounds": [Round(OPEN_ROUND, 1, 3, LINES), Round(ROUND, 0, 0)]},
    "checkin.list": {"entries": [(CHECK_IN, RHYTHM), (PAUSED, RHYTHM)]},
    "checkin.paused": {"check_in": PAUSED, "running": OPEN_ROUND},
    "checkin.going_on": {"shown": SHOWN},
    "checkin.put": {"shown": SHOWN, "skipped_at": AT},
    "checkin.is_over": {"check_in": CHECK_IN, "closed": True},
    "checkin.ended": {"check_in": CHECK_IN},
    "checkin.still_open": {"check_in": CHECK_IN, "round": OPEN_ROUND},
    "checkin.too_late_today": {"check_in": CHECK_IN},
    "checkin.nobody": {"whom": Whom.OWNERS, "ownerless": [NASTY] * 11, "limited": False},
    "checkin.bad_whom": {"words": NASTY, "close": NASTY},
    "checkin.strangers": {"people": [BEN, CEM]},
    "checkin.bad_phase": {"value": NASTY, "known": False},
    "checkin.bad_days": {"value": NASTY, "most": 20},
    "checkin.bad_escalation": {"value": NASTY, "most": 10},
    "checkin.too_many_people": {"count": 201, "most": 200},
    "checkin.too_many_questions": {"count": 6, "most": 5},
    "checkin.overlaps": {"days": 5, "rhythm": RHYTHM, "most": 4},
    "checkin.too_late_in_the_day": {"rhythm": RHYTHM},
    "checkin.nudge_too_early": {"days": 1},
    "checkins.line": {"line": OPEN_PROJECT},
    "checkins.root": {
        "check_in": CHECK_IN,
        "questions": [NASTY],
        "round": OPEN_ROUND,
        "summary": summed(LINES),
        "people": [BEN, CEM],
    },
    "checkins.direct": {"check_in": CHECK_IN, "questions": [], "round": OPEN_ROUND, "lines": LINES},
    "checkins.nudge": {"check_in": CHECK_IN, "questions": [NASTY], "round": OPEN_ROUND, "lines": [OPEN_TASK] * 2},
    "checkins.summary": {"check_in": CHECK_IN, "round": ROUND, "summary": summed(LINES), "early": True},
    "checkins.left": {"check_in": CHECK_IN, "lines": [LEFT, AWAY]},
    "checkins.silent": {"check_in": CHECK_IN, "people": [BEN, CEM], "times": 2},
    "checkins.missed": {"check_in": CHECK_IN, "times": 2},
}

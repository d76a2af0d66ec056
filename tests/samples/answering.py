"""Samples for what is said to those who answer a check-in."""

from typing import Any

from bot.domain.project import Light
from bot.domain.task import State
from bot.procedures.answer_keeping import Noted
from bot.store.checkins import Asked
from tests.fakes import BEN
from tests.samples.checkins import CHECK_IN, OPEN_ROUND, ROUND, TASK, answer, ask
from tests.samples.general import BARE_PROJECT, CONSULTATION, NASTY, PROJECT

ON_PROJECT = Asked(ask(1, BEN, project_id=1), OPEN_ROUND, CHECK_IN, PROJECT, None)
ON_BARE_PROJECT = Asked(ask(2, BEN, project_id=2), ROUND, CHECK_IN, BARE_PROJECT, None)
ON_TASK = Asked(ask(3, BEN, task_id=7), ROUND, CHECK_IN, None, TASK)
IN_GENERAL = Asked(ask(4, BEN), ROUND, CHECK_IN, None, None)
EVERY = [ON_PROJECT, ON_BARE_PROJECT, ON_TASK, IN_GENERAL]

NOTED = [
    Noted(ON_PROJECT, answer(1, light=Light.YELLOW, progress=60, text=NASTY), (Light.GREEN, 40)),
    Noted(ON_PROJECT, answer(1, text=NASTY, late=True), (Light.YELLOW, 60)),
    Noted(ON_PROJECT, answer(1, no_change=True), (Light.YELLOW, 60), moved=True),
    Noted(ON_BARE_PROJECT, answer(2, progress=10), over=True),
    Noted(ON_TASK, answer(3, text=NASTY), state=State.DONE),
    Noted(ON_TASK, answer(3, no_change=True)),
    Noted(IN_GENERAL, answer(4, light=Light.RED, progress=5, text=NASTY)),
    Noted(IN_GENERAL, answer(4, progress=5)),
]

BY_TEXT: dict[str, dict[str, Any]] = {
    "reports.two_lights": {"lights": [Light.GREEN, Light.YELLOW, Light.RED]},
    "reports.meant_light": {"light": Light.RED},
    "reports.progress_range": {"value": 150},
    "reports.meant_progress": {"value": 60},
    "reports.which_progress": {"values": [40, 60]},
    "answering.noted": {"noted": NOTED, "left": EVERY * 3},
    "answering.which_one": {"asked": EVERY, "said": NASTY, "all": True},
    "answering.which_tap": {"asked": EVERY[:1]},
    "answering.how": {"asked": EVERY[2:3]},
    "answering.meant": {"asked": ON_PROJECT, "said": NASTY},
    "answering.vote_or_status": {"asked": EVERY, "votes": [CONSULTATION]},
    "answering.other_project": {"asked": ON_PROJECT, "other": BARE_PROJECT, "said": NASTY},
    "answering.part_unclear": {"asked": ON_TASK, "said": NASTY},
    "answering.over": {"asked": ON_PROJECT},
    "answering.not_yours": {"asked": IN_GENERAL},
}

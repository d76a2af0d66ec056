"""Samples for the texts of the portfolio."""

from typing import Any

from bot.domain.project import AimKind
from bot.domain.project_table import Change, Known, Plan, Reason, Wrong
from bot.language.project_rows import HEADER
from bot.language.project_rows import NOTHING as FIELDS_OF
from bot.store.tables import Aim
from commands.project import Overtaken
from tests.fakes import ANNA, BEN
from tests.samples.general import AT, NASTY

AIMS = [
    Aim(id=1, network_id=1, kind=AimKind.GOAL, name=NASTY, folded="a", text=NASTY, created_by=ANNA, created_at=AT),
    Aim(id=2, network_id=1, kind=AimKind.PRINCIPLE, name=NASTY, folded="b", created_by=ANNA, created_at=AT),
]
NOTHING = dict.fromkeys(FIELDS_OF) | {"funding": "unknown", "goals": (), "principles": ()}
FILLED = dict.fromkeys(FIELDS_OF, NASTY) | {
    "phase": "running",
    "funding": "full",
    "light": "red",
    "progress": 60,
    "influential": True,
    "goals": (NASTY,),
    "principles": (NASTY,),
}
CHANGED = Change("eAkte", "eakte", 2, Known("eAkte", NOTHING), Known("eAkte", FILLED, NASTY, archived=True))
PROJECT_PLAN = Plan(
    changes=(*[Change("neu", "neu", 3, None, Known("neu", NOTHING))] * 11, *[CHANGED] * 21),
    same=3,
    groups=((NASTY, "g"),) * 21,
    goals=((NASTY, "z"),),
    principles=((NASTY, "p"),),
    respelled=(("EAKTE", "eAkte"),) * 11,
    alike=((NASTY, NASTY),),
    strangers=(BEN,) * 11,
    wrong=tuple(
        Wrong(4, reason, name, NASTY, 2, NASTY) for reason in Reason for name in ("owner", "progress", "goals", "group")
    ),
)
OVERTAKEN = Overtaken(name="Ziel", by=BEN, at=AT, before="", after=NASTY)

BY_TEXT: dict[str, dict[str, Any]] = {
    "portfolio.no_aim": {"kind": AimKind.GOAL, "close": NASTY},
    "project_files.change": {"entry": CHANGED},
    "project_files.reason": {"wrong": PROJECT_PLAN.wrong[0]},
    "project_files.alike": {"pair": PROJECT_PLAN.alike[0]},
    "project_files.strangers": {"people": PROJECT_PLAN.strangers},
    "project_files.respelled": {"pairs": PROJECT_PLAN.respelled},
    "project_files.preview": {"plan": PROJECT_PLAN},
    "project_files.applied": {"plan": PROJECT_PLAN},
    "project_files.wrong": {"plan": PROJECT_PLAN},
    "importing.explained": {"people": HEADER, "projects": HEADER},
    "bulk.not_ours": {"people": HEADER, "projects": HEADER},
    "agenda.all": {"aims": AIMS, "counts": {1: 2}, "coordinates": False},
    "agenda.shown": {"aim": AIMS[0]},
    "agenda.created": {"aim": AIMS[0]},
    "agenda.changed": {"aim": AIMS[0], "before": "x"},
    "agenda.retired": {"aim": AIMS[1]},
    "portfolio.aim_taken": {"aim": AIMS[1]},
    "agenda.no_change": {"aim": AIMS[1]},
    "portfolio.unknown_aim": {"retired": True, "close": NASTY},
    "agenda.which_kind": {"both": False},
    "project.created": {"aims": AIMS},
    "project.shown": {"aims": AIMS},
    "project.changed": {"aims": AIMS, "overtaken": [OVERTAKEN]},
    "project.restored": {"aims": AIMS},
    "project.bad_value": {"name": "Fortschritt", "possible": [NASTY]},
}

"""Samples for the texts of surveys."""

from typing import Any

from bot.domain.survey import Cohort, Item, compare
from bot.language.projects import BY_NAME
from bot.procedures.survey_answers import line
from bot.procedures.survey_asking import Put
from bot.procedures.survey_filled import Described, FormPlan, Wrong
from bot.procedures.survey_people import Concerned
from bot.procedures.survey_taking import Change, Plan
from bot.procedures.surveys import Overview, Respondent
from bot.store.surveys import Asked
from bot.store.tables import Room, Survey, SurveyAsk
from bot.texts import text
from tests.fakes import ANNA, BEN, CEM, ROOM
from tests.samples.general import AT, LATER, NASTY, ORGANISATION, PROJECT

SURVEY = Survey(
    id=1,
    network_id=1,
    number=1,
    template_id=1,
    cohort=NASTY,
    room_id=ROOM,
    due_at=LATER,
    opened_by=ANNA,
    opened_at=AT,
)
OVER = Survey(**{**SURVEY.model_dump(), "number": 2, "closed_at": LATER})


def _asked(person: str, **more: Any) -> SurveyAsk:
    return SurveyAsk(survey_id=1, person=person, asked_at=AT, **more)


ASKED = Asked(_asked(BEN, answered_at=AT), SURVEY)
OVERVIEW = Overview(
    SURVEY,
    2,
    [
        Respondent(_asked(ANNA, finished_at=AT), 3, 0, gone=False),
        Respondent(_asked(BEN, answered_at=AT), 1, 2, gone=True),
        Respondent(_asked(CEM), 0, 0, gone=False),
    ],
)
PAST = Overview(OVER, 1, OVERVIEW.people)
FREE = Item("free1", NASTY)
CHANGES = (Change("goal", NASTY, "Neu"), Change("funding", None, "full"), Change("phase", "planned", "running"))
FREE_LINE = line(FREE, {"free1": NASTY})
CHANGED = Plan(PROJECT, PROJECT.key, CHANGES, CHANGES[:1], (FREE_LINE,), (line(Item("light")),), (line(FREE),))
CREATED = Plan(None, "Rufbus", CHANGES, (), (FREE_LINE,), (), (line(Item("partners")),))
PLANNED = FormPlan(
    ASKED,
    [
        Described(2, NASTY, {}, CHANGED, None, fresh=True),
        Described(3, NASTY, {}, CREATED, PROJECT, fresh=True),
    ]
    * 20,
    [
        Wrong(4, NASTY, text("surveys.bad_answer", words=NASTY, field=BY_NAME["phase"], choices=[("eins", "one")])),
        Wrong(5, "", text("surveys.row_without_title")),
    ]
    * 15,
)
QUESTIONS = (Item("title"), Item("phase"), Item("field", NASTY))
COMPARED = compare(
    [
        Cohort(NASTY, 1, (*QUESTIONS[:2], Item("field"), Item("funding")), [{"phase": "running", "field": None}]),
        Cohort("U2 · Staffel 2", 2, QUESTIONS, [{"phase": None, "field": f"Daten, {NASTY}"}, {}]),
    ]
)
GOAL = line(Item("goal"), {"goal": NASTY})
SAID = text("surveytalk.noted", line=GOAL, known=GOAL)
PUT = Put(
    line=line(Item("phase", NASTY)),
    number=3,
    count=15,
    offered=(("in Planung", "planned"), ("in Umsetzung", "running")),
    known=line(Item("goal"), {"goal": NASTY}),
    first=True,
    free=False,
)
MINE = [ASKED, Asked(_asked(BEN, finished_at=AT), SURVEY)]

BY_TEXT: dict[str, dict[str, Any]] = {
    "surveys.invited": {"survey": SURVEY, "count": 15},
    "surveys.reminder": {"survey": SURVEY, "begun": True},
    "surveys.extended_for_you": {"survey": SURVEY},
    "surveys.closed_for_you": {"survey": SURVEY, "taken": 1, "drafts": 2},
    "surveys.ended": {"found": OVERVIEW},
    "surveys.differs": {"by": BEN, "survey": SURVEY, "kept": CHANGES},
    "surveys.over": {"survey": OVER},
    "surveys.which_survey": {"mine": MINE},
    "surveys.bad_answer": {"words": NASTY, "field": BY_NAME["phase"], "choices": [("eins", "one")]},
    "surveys.question_taken": {"words": NASTY},
    "surveys.question_twice": {"field": BY_NAME["goal"]},
    "surveys.too_many_questions": {"count": 50, "most": 40},
    "surveys.bad_question": {"line": NASTY, "close": "Ziel"},
    "surveys.nobody": {"speechless": [ORGANISATION], "outside": [BEN]},
    "surveys.too_many_people": {"count": 600, "most": 500},
    "surveys.bad_whom": {"words": NASTY, "close": NASTY},
    "surveys.compare_two": {"known": [SURVEY, OVER], "most": 6},
    "surveys.no_survey": {"name": NASTY, "close": NASTY},
    "surveys.too_many_rows": {"most": 300},
    "surveys.another_form": {"named": NASTY, "mine": MINE},
    "surveys.same_row": {"other": 3},
    "surveytalk.noted": {"line": line(Item("goal"), {"goal": None}), "known": GOAL},
    "surveytalk.taken": {"plan": CREATED},
    "surveytalk.which_influential": {"words": NASTY},
    "surveytalk.finished": {"survey": SURVEY, "taken": [PROJECT], "influential": [PROJECT]},
    "surveytalk.paused": {"survey": SURVEY},
    "surveytalk.pick": {"said": SAID, "survey": SURVEY, "open": [PROJECT] * 25, "done": 1},
    "surveytalk.same": {"said": SAID, "title": NASTY},
    "surveytalk.confirm": {"said": SAID, "plan": CHANGED},
    "surveytalk.question": {"said": SAID, "put": PUT},
    "surveytalk.influential": {"said": SAID, "mine": [PROJECT]},
    "surveytalk.meant": {"words": NASTY, "survey": SURVEY, "line": FREE_LINE},
    "surveytalk.too_many": {"most": 100},
    "surveyforms.misplaced": {},
    "surveyforms.wrong": {"name": NASTY, "plan": PLANNED},
    "surveyforms.nothing": {"name": NASTY, "survey": SURVEY},
    "surveyforms.preview": {"name": NASTY, "plan": PLANNED, "again": True},
    "surveyforms.applied": {"name": NASTY, "plan": PLANNED},
    "survey.opened": {
        "survey": SURVEY,
        "version": 2,
        "asked": Concerned({BEN: 1, CEM: None}, (ORGANISATION,), (ANNA,)),
        "room": Room(room_id=ROOM, name=NASTY, since=AT),
        "remind_at": AT,
        "assumed_time": True,
        "free_day": NASTY,
    },
    "survey.no_version": {"words": NASTY, "newest": 2},
    "survey.which_room": {"rooms": [Room(room_id=ROOM, name=NASTY, since=AT)]},
    "survey.template": {
        "version": 1,
        "versions": 2,
        "lines": [line(each) for each in (*QUESTIONS, FREE)],
        "made": True,
    },
    "survey.compared": {"found": COMPARED},
    "survey.form": {"survey": SURVEY, "name": NASTY},
    "survey.answers": {"survey": SURVEY, "name": NASTY, "count": 3},
    "survey.closed": {"found": OVERVIEW},
    "survey.extended": {"survey": SURVEY, "told": 3, "remind_at": AT, "assumed_time": True, "free_day": ""},
    "survey.mine": {"mine": MINE},
    "survey.shown": {"found": OVERVIEW, "alone": True},
    "survey.list": {"running": [OVERVIEW], "past": [PAST], "alone": False, "mine": MINE},
}

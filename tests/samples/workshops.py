"""Samples for the texts of workshops and reviews."""

from dataclasses import replace
from typing import Any

from bot.domain.groups import Part
from bot.domain.organisations import Bench
from bot.procedures.clustering import Bundled, Field
from bot.procedures.prioritising import Placed
from bot.procedures.reviewing import Bundle, Card, Review
from bot.procedures.workshop import AtTable, Planned
from bot.store.tables import Cluster, Meeting, Project
from tests.fakes import ANNA, BEN, CEM
from tests.samples.general import (
    AT,
    BARE_PROJECT,
    CONSULTATION,
    FEEDBACK,
    GROUP,
    NASTY,
    OPEN_FEEDBACK,
    PROJECT,
    RESULT,
    UPDATE,
    VERSION,
)
from tests.samples.results import MEETING

WORKSHOP = Meeting(**{**MEETING.model_dump(), "tables": 2, "rounds": 3, "round": 2})
ROUND = ((ANNA, BEN), (CEM,))
PLAN = Planned(WORKSHOP, (ROUND, ROUND, ((ANNA, CEM), ())), 3, 2, (ANNA,), (BEN, CEM))
CLUSTER = Cluster(id=1, meeting_id=1, number=3, name=NASTY, created_by=ANNA, created_at=AT)
FIELD = Field(CLUSTER, [(RESULT, VERSION)] * 2, [ANNA, BEN], [CEM], GROUP)
RESTING = Field(CLUSTER, (), (), ())
PRIORITISED = Project(**{**PROJECT.model_dump(), "priority": NASTY})
CARD = Card(PROJECT, "green", 20, [UPDATE] * 7, [OPEN_FEEDBACK] * 6, shown=True)
BARE = Card(BARE_PROJECT, None, None, (), (), shown=False)
REVIEW = Review(WORKSHOP, MEETING, [CARD, BARE])
ORDER = [Placed(PRIORITISED, 1, 12), Placed(BARE_PROJECT, 2, 1)]
_MEETINGS = (
    *("takes_part", "stays_away", "seats", "results", "how_many", "no_plan", "not_next", "just_begun"),
    "which_round",
)
BY_TEXT: dict[str, dict[str, Any]] = {
    **{f"workshop.{name}": {"meeting": WORKSHOP} for name in (*_MEETINGS, "not_what", "cancelled", "table")},
    "workshop.plan": {"plan": PLAN, "done": True},
    "workshop.begun": {"plan": PLAN},
    "workshop.takes_part": {"meeting": WORKSHOP, "table": 2},
    "workshop.seats": {"meeting": WORKSHOP, "seats": [(1, 2), (2, 1)]},
    "workshop.results": {
        "meeting": WORKSHOP,
        "tables": [AtTable(2, 1, [(RESULT, VERSION)]), AtTable(None, None, [(RESULT, VERSION)])],
    },
    "workshop.bad_rounds": {"rounds": 99, "most": 12, "running": 2},
    "workshop.bad_tables": {"tables": 99, "people": 30, "most": 15},
    "workshop.too_many": {"people": 500, "most": 400},
    "workshop.not_next": {"meeting": WORKSHOP, "number": 1},
    "workshop.which_round": {"meeting": WORKSHOP, "words": NASTY},
    "workshop.other_table": {"number": 1, "table": 2, "own": 3},
    "workshop.table": {"meeting": WORKSHOP, "table": 2, "people": [ANNA, BEN]},
    "clustering.bundled": {
        "done": Bundled(CLUSTER, True, [RESULT], [(RESULT, CLUSTER)]),
        "field": FIELD,
        "left": 2,
        "meeting": WORKSHOP,
    },
    "clustering.released": {"released": [(RESULT, CLUSTER)]},
    "clustering.list": {"meeting": WORKSHOP, "fields": [FIELD, RESTING], "left": [(RESULT, VERSION)] * 60},
    "clustering.fields": {"meeting": WORKSHOP, "fields": [FIELD, RESTING], "begun": False},
    "clustering.offer": {"meeting": WORKSHOP, "fields": [FIELD, RESTING], "part": Part.ACTIVE, "resting": [RESTING]},
    "clustering.founded": {"field": replace(FIELD, active=()), "alias": "#digilab:example.org"},
    "clustering.entered": {"cluster": CLUSTER, "part": Part.ACTIVE, "before": Part.FOLLOWER},
    "clustering.left": {"cluster": CLUSTER, "was_in": True},
    "clustering.no_name": {"meeting": WORKSHOP},
    "clustering.which_results": {"meeting": WORKSHOP},
    "clustering.not_of_meeting": {"meeting": WORKSHOP},
    "clustering.too_many": {"most": 20},
    "clustering.no_fields": {"meeting": WORKSHOP},
    "clustering.no_field": {"meeting": WORKSHOP, "close": NASTY},
    "clustering.did_you_mean": {"close": NASTY, "again": f"!treffen T2 bündeln neu {NASTY}"},
    "clustering.dissolved": {"field": FIELD},
    "reviewing.index": {"review": REVIEW, "posted": 2, "later": 3, "field": NASTY},
    "reviewing.card": {"card": CARD, "before": MEETING, "number": 3, "count": 30},
    "reviewing.said": {
        "meeting": WORKSHOP,
        "bundles": [Bundle(PROJECT, [(Bench.POLITICS, [FEEDBACK] * 31), (None, [OPEN_FEEDBACK])])],
    },
    "reviewing.all_shown": {"review": REVIEW},
    "reviewing.all_or_one": {"meeting": WORKSHOP, "words": NASTY},
    "reviewing.no_projects": {"meeting": WORKSHOP},
    "reviewing.no_field": {"field": NASTY, "close": NASTY},
    "reviewing.not_here": {"meeting": WORKSHOP},
    "reviewing.which_kind": {"words": NASTY, "key": "eAkte"},
    "prioritising.settle": {"consultation": CONSULTATION, "order": ORDER},
    "prioritising.settled": {"consultation": CONSULTATION, "order": ORDER},
    "prioritising.no_points": {"consultation": CONSULTATION, "meeting": WORKSHOP},
    "prioritising.how_many": {"count": 60, "most": 50},
    "prioritising.bad_points": {"words": NASTY, "most": 1000},
}

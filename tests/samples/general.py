"""One of everything that a text is filled with, by the name of the argument."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.command import W
from bot.domain.answers import Choice, Kind, Sheet
from bot.domain.consultation import State
from bot.domain.counting import Cast, Verdict
from bot.domain.deciding import Outcome
from bot.domain.groups import GroupState, Part
from bot.domain.organisations import Bench, Level, Mandate, Speaks
from bot.domain.project import FeedbackAnswer, FeedbackKind, Funding, Light, Phase
from bot.domain.refusals import Obstacle
from bot.domain.representation import Cell, representation
from bot.domain.roles import Role
from bot.domain.roster import Body, Change, Member, Plan, Reason, Wrong
from bot.domain.tallies import tally
from bot.events import Power
from bot.procedures.groups import Overview
from bot.procedures.mydata import Erased, Holdings
from bot.procedures.participation import Entered, Now
from bot.procedures.removal import Ties
from bot.store.tables import (
    Absence,
    Ballot,
    Consultation,
    Decision,
    Elector,
    Feedback,
    Group,
    GroupName,
    Idea,
    Network,
    Organisation,
    Participation,
    Person,
    Project,
    Result,
    ResultVersion,
    RoleGrant,
    Room,
    StatusUpdate,
)
from commands import ALL
from commands.consultation_values import VALUES as POSSIBLE
from commands.helping import Line
from tests.fakes import ANNA, BEN, CEM, ROOM

NASTY = "<b>eins</b> & „zwei“ {{ 7*7 }} {% raw %} @room"  # what people may type, wherever they may type it
AT = datetime(2026, 12, 4, 11, 0, tzinfo=UTC)
LATER = AT + timedelta(days=3)

PROJECT = Project(
    id=1,
    network_id=1,
    room_id=ROOM,
    key="eAkte",
    folded="eakte",
    title=NASTY,
    goal=NASTY,
    owner=BEN,
    organisation=NASTY,
    field=NASTY,
    phase=Phase.RUNNING,
    funding=Funding.PARTLY,
    priority=NASTY,
    partners=NASTY,
    milestone=NASTY,
    light=Light.YELLOW,
    progress=60,
    idea_number=4,
    created_by=ANNA,
    created_at=AT,
)
BARE_PROJECT = Project(id=2, network_id=1, room_id=ROOM, key="Karte", folded="karte", created_by=ANNA, created_at=AT)
UPDATE = StatusUpdate(
    id=1, project_id=1, author=BEN, at=AT, light=Light.YELLOW, progress=60, text=NASTY, event_id="$update"
)
FEEDBACK = Feedback(
    id=1,
    network_id=1,
    number=12,
    room_id=ROOM,
    project_id=1,
    kind=FeedbackKind.QUESTION,
    text=NASTY,
    author=CEM,
    at=AT,
    event_id="$feedback",
    answer=FeedbackAnswer.IN_REVIEW,
    answer_reason=NASTY,
)
OPEN_FEEDBACK = Feedback(**{**FEEDBACK.model_dump(), "number": 13, "answer": None, "answer_reason": None})
IDEA = Idea(id=1, network_id=1, number=4, room_id=ROOM, text=NASTY, author=CEM, at=AT, event_id="$idea", project_id=1)
RESULT = Result(id=1, network_id=1, number=9, room_id=ROOM, kind=NASTY, latest_version=2)
VERSION = ResultVersion(result_id=1, version=2, text=NASTY + "\nzweite Zeile", author=ANNA, at=AT, event_id="$result")
CONSULTATION = Consultation(
    id=1,
    network_id=1,
    number=3,
    room_id=ROOM,
    title=NASTY,
    state=State.OPEN,
    opens_at=AT,
    closes_at=LATER,
    grace_seconds=60,
    created_by=ANNA,
    created_at=AT,
)
BALLOT = Ballot(id=1, consultation_id=1, position=1, question=NASTY, text=NASTY, result_id=1, result_version=2)
DECISION = Decision(id=1, network_id=1, number=2, ballot_id=1, outcome=Outcome.ACCEPTED, at=LATER)
ELECTOR = Elector(id=1, consultation_id=1, person=BEN)
MUTE_ELECTOR = Elector(id=2, consultation_id=1, organisation=NASTY)
VOTE = Cast(id=1, elector=1, sender=BEN, choice=Choice.YES, sent_at=AT, received_at=AT, reason=NASTY)
RECORDED_VOTE = replace(VOTE, id=2, elector=2, sender=ANNA, informant=NASTY)
ROOM_ROW = Room(room_id=ROOM, network_id=1, name=NASTY, invited_by=ANNA, since=AT)
GROUP = Group(
    id=1,
    network_id=1,
    name=NASTY,
    folded="digitales",
    token="t",
    topic=NASTY,
    room_id=ROOM,
    created_by=ANNA,
    created_at=AT,
    dormant_since=AT,
)
ENDED_GROUP = Group(**{**GROUP.model_dump(), "id": 2, "folded": None, "room_id": None, "language": "de"})
ENDED_GROUP.ended_at, ENDED_GROUP.merged_into_id = LATER, 1
SUSPENDED_GROUP = Group(**{**GROUP.model_dump(), "id": 3, "suspended_at": LATER})
FORMER_NAME = GroupName(network_id=1, group_id=1, name=NASTY, folded="x", until=LATER, changed_by=ANNA)
OVERVIEW = Overview(GROUP, GroupState.READY, 2, 1)
RESTING, LOST = Overview(ENDED_GROUP, GroupState.DORMANT, 0, 0), Overview(SUSPENDED_GROUP, GroupState.ACTIVE, 3, 9)
FIGURES = representation(
    [Cell(Level.CITY, 2, 5, 5), Cell(Level.MUNICIPALITY, 0, 5, 0), Cell(Level.COUNTY, None, 1, 0), Cell(None, 1, 2, 1)]
)
ORGANISATION = Organisation(
    id=1,
    network_id=1,
    name=NASTY,
    folded="lindenstadt",
    level=Level.CITY,
    inhabitants=26_000,
    federal_state="BW",
    bench=Bench.POLITICS,
    weight=2,
    parent_id=2,
    email="rathaus@lindenstadt.example",
    created_by=ANNA,
    created_at=AT,
)
MANDATE = Mandate(BEN, 1, Speaks.HOLDER, AT, LATER)
ABSENCE = Absence(network_id=1, person=BEN, starts_at=AT, ends_at=LATER, said_at=AT)

HOLDINGS = Holdings(
    mandates=1,
    participations=2,
    groups_left=1,
    roles=1,
    shares=0,
    projects=3,
    votes=4,
    running=1,
    under_pseudonym=1_250,
    deleted=3,
    messages=12,
    memberships=2,
    guest=1,
)

BODY = Body(name=NASTY, level=Level.CITY, inhabitants=26_000)
MEMBER = Member(organisation="lindenstadt", speaks=Speaks.HOLDER, role=Role.GUEST, active=frozenset({"digitales"}))
PLAN = Plan(
    bodies=(*[Change("lindenstadt", None, BODY)] * 11, *[Change("ahorn", BODY, replace(BODY, level=None))] * 21),
    members=(Change(BEN, None, MEMBER), Change(CEM, MEMBER, Member(name=NASTY))),
    alike=((NASTY, NASTY),),
    same_bodies=1,
    same_members=2,
    wrong=tuple(Wrong(row, reason, "email", NASTY, 2, NASTY) for row, reason in enumerate([*Reason] * 2, 2)),
)

TIES = Ties(
    roles=[RoleGrant(network_id=1, person=BEN, role=Role.MODERATOR, granted_by=ANNA, granted_at=AT)],
    organisations=[ORGANISATION],
    parts=[(Participation(network_id=1, group_id=1, person=BEN, kind=Part.ACTIVE, since=AT, entered_by=BEN), GROUP)],
    projects=[PROJECT],
    entry=Person(network_id=1, person=BEN, added_by=ANNA, added_at=AT),
    rooms=[ROOM_ROW],
)
VALUES: dict[str, Any] = {
    "again": True,
    "columns": [NASTY, "Organisation"],
    "plan": PLAN,
    "wrong": PLAN.wrong[0],
    "alone": True,
    "belongs": True,
    "equal": True,
    "instead": True,
    "places": [NASTY] * 21,
    "ruled": [NASTY] * 21,
    "speaks": Speaks.HOLDER,
    "ties": TIES,
    "already": [BEN],
    "foreign": [CEM],
    "guest": False,
    "inside": True,
    "insiders": [ANNA],
    "inviter": ANNA,
    "left": [CEM],
    "may_found": True,
    "more": True,
    "moderations": [(BEN, NASTY)],
    "mute": 2,
    "needs": Role.MEMBER,
    "place": NASTY,
    "planned": AT,
    "kept_out": False,
    "to_call": [NASTY] * 21,
    "absent": [(NASTY, [BEN, CEM])] * 21,
    "readers": [CEM],
    "takes_room": True,
    "waiting": [ROOM_ROW],
    "was_guest": True,
    "configured": True,
    "erased": Erased(15, 1),
    "held": HOLDINGS,
    "number": "7f3a9c21",
    "came": Entered(Now.CHANGED, (), Part.ACTIVE),
    "day": datetime(2026, 11, 22, 23, 0, tzinfo=UTC),
    "email": "rathaus@lindenstadt.example",
    "entry": "invited",
    "figures": FIGURES,
    "followers": [BEN, CEM],
    "group": GROUP,
    "groups": [GROUP, GROUP],
    "last": True,
    "never": True,
    "part": Part.ACTIVE,
    "present": True,
    "small": True,
    "active": [BEN, CEM],
    "changed": True,
    "into": GROUP,
    "made": [GROUP, GROUP],
    "merged": [ENDED_GROUP],
    "obstacle": Obstacle.UNREACHABLE,
    "origin": GROUP,
    "seen": OVERVIEW,
    "server": "example.org",
    "state": GroupState.READY,
    "successor": GROUP,
    "end": AT,
    "guests": [CEM],
    "like": NASTY,
    "mandate": MANDATE,
    "mandates": [MANDATE],
    "moderators": [BEN],
    "networks": [Network(id=1, name=NASTY, founder=ANNA, created_at=AT)] * 2,
    "network": Network(id=1, name=NASTY, founder=ANNA, created_at=AT),
    "organisation": ORGANISATION,
    "organisations": [ORGANISATION] * 101,
    "others": [CEM],
    "parent": ORGANISATION,
    "people": 30,
    "person": BEN,
    "roles": [Role.MODERATOR],
    "rooms": [ROOM_ROW] * 21,
    "spoken": {2},
    "start": LATER,
    "stranger": True,
    "strangers": [CEM],
    "assumed_opening": True,
    "named": "E4 E7",
    "assumed_time": True,
    "at": AT,
    "away_since": AT,
    "ballot": BALLOT,
    "before": VERSION,
    "candidates": [AT, LATER],
    "close": "eAkte",
    "closes": LATER,
    "command": ALL[0],
    "consultation": CONSULTATION,
    "consultations": [CONSULTATION],
    "coordinators": [ANNA],
    "count": 5,
    "decision": DECISION,
    "direct": False,
    "unsealed": True,
    "entitled": 9,
    "entries": [FEEDBACK, OPEN_FEEDBACK],
    "feedback": FEEDBACK,
    "field": W("Regel", "Rule"),
    "fields": [(NASTY, None), (NASTY, "Ziel")],
    "filtered": False,
    "given": NASTY,
    "holders": [ANNA, BEN],
    "idea": IDEA,
    "ideas": [IDEA],
    "ids": [ANNA, BEN],
    "key": NASTY,
    "length": 60_000,
    "lines": [
        Line("status", NASTY, (NASTY,), ("Ziel",), details=POSSIBLE),
        Line("projekt neu", NASTY, (), (), leading=True),
    ],
    "longest": 20_000,
    "name": NASTY,
    "names": [NASTY],
    "now": AT - timedelta(days=1),
    "opens": AT,
    "prefix": "!",
    "preview": True,
    "problem": NASTY,
    "project": PROJECT,
    "projects": [PROJECT, BARE_PROJECT] * 60,
    "reference": "4f2c",
    "reply": NASTY,
    "unsure": False,
    "result": RESULT,
    "results": [(RESULT, VERSION)],
    "role": Role.COORDINATOR,
    "room": ROOM_ROW,
    "tally": tally(Sheet(Kind.APPROVAL), dict(enumerate(["yes"] * 5 + ["no", "abstain"])), dict.fromkeys(range(9), 1)),
    "twin": CONSULTATION,
    "typed": NASTY,
    "unanswered": list(range(12)),
    "unmailed": True,
    "update": UPDATE,
    "updates": [UPDATE, UPDATE],
    "usage": NASTY,
    "value": NASTY,
    "verbs": [W("neu", "new"), W("liste", "list")],
    "verdict": Verdict.LATE,
    "version": VERSION,
    "vote": RECORDED_VOTE,
    "voted": 3,
    "wanted": 7,
    "weekend": True,
    "words": NASTY,
}
"""Where an argument means another thing in one text, `BY_TEXT` has it."""
BY_TEXT: dict[str, dict[str, Any]] = {
    "relocating.left": {"target": BEN},
    "relocating.mark": {"target": BEN},
    "relocating.told": {"network": NASTY, "target": BEN, "last": False},
    "bulk.change": {"entry": PLAN.bodies[-1]},
    "bulk.alike": {"pair": PLAN.alike[0]},
    "bulk.word": {"name": "row"},
    "roomlife.left": {"by": BEN, "banned": True, "reason": NASTY},
    "roomlife.lost": {"lost": list(Power), "by": BEN},
    "roomlife.not_followed": {"successor": "!neu:example.org", "by": BEN, "taken": False},
    "roomlife.not_let_in": {"successor": "!neu:example.org", "by": BEN},
    "roomlife.silenced": {"by": BEN},
    "deputy.told": {"by": CEM},
    "dormancy.told": {"others": 3},
    "network.renamed": {"before": NASTY},
    "finding.group_ended": {"group": ENDED_GROUP},
    "group.created": {"alias": "#digitales:example.org", "invited": [BEN, CEM]},
    "group.list": {"seen": [OVERVIEW, RESTING, LOST] * 40, "representation": FIGURES},
    "group.shown": {"asked": NASTY, "active": [BEN] * 31, "names": [FORMER_NAME]},
    "group.split": {"before": NASTY},
    "group.merged": {"before": (NASTY, NASTY)},
    "group.suspended": {"group": SUSPENDED_GROUP},
    "group.invited": {"coming": [BEN], "present": [CEM]},
    "group.confirm_merge": {"other": ENDED_GROUP},
    "groups.board": {"followers": 4, "active": [BEN] * 51},
    "groups.board_ended": {"group": ENDED_GROUP},
    "groups.declined": {"dormant": True, "withdrawn_by": ANNA},
    "groups.not_invited": {"together": 12},
    "groups.by_hand": {"people": [BEN] * 51},
    "groups.merge_suspended": {"group": SUSPENDED_GROUP, "other": GROUP},
    "spaces.left": {"by": BEN, "banned": True},
    "organisation.bad": {"field": "level"},
    "organisation.shown": {"done": "changed"},
    "finding.unknown": {"kind": "result"},
    "inbox.lapsed": {"kind": "import"},
    "helping.one": {"name": ALL[0].name, "whole": True},
    "language.shown": {"name": "de"},
    "language.set": {"name": "en"},
    "status.updated": {"before": (Light.GREEN, 40)},
}

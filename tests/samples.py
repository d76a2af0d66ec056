"""One of everything that a text is filled with, by the name of the argument."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.command import W
from bot.domain.consultation import Cast, Choice, Outcome, State, Tally, Verdict
from bot.domain.organisations import Bench, Level, Mandate, Speaks
from bot.domain.project import FeedbackAnswer, FeedbackKind, Funding, Light, Phase
from bot.domain.roles import Role
from bot.procedures.consultations import Refused
from bot.procedures.digest import Digest, Moved
from bot.store.tables import (
    Absence,
    Ballot,
    Consultation,
    Decision,
    Elector,
    Feedback,
    Idea,
    Network,
    Organisation,
    Project,
    Result,
    ResultVersion,
    Room,
    StatusUpdate,
)
from commands import ALL
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
VOTE = Cast(id=1, elector=1, sender=BEN, choice=Choice.YES, sent_at=AT, received_at=AT, reason=NASTY)
ROOM_ROW = Room(room_id=ROOM, network_id=1, name=NASTY, invited_by=ANNA, since=AT)
DIGEST = Digest(
    since=AT,
    moved=[Moved(PROJECT, Light.GREEN, [UPDATE])] * 21,
    open=[(CONSULTATION, [ELECTOR] * 11), (CONSULTATION, [])],
    decided=[(CONSULTATION, DECISION)],
    feedback=[(FEEDBACK, PROJECT), (OPEN_FEEDBACK, None)] * 6,
    unanswered=[(OPEN_FEEDBACK, PROJECT), (OPEN_FEEDBACK, None)] * 6,
    ideas=[IDEA] * 11,
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

VALUES: dict[str, Any] = {
    "absence": ABSENCE,
    "end": AT,
    "guests": [CEM],
    "like": NASTY,
    "mandate": MANDATE,
    "mandates": [MANDATE],
    "moderators": [BEN],
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
    "digest": DIGEST,
    "direct": False,
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
    "lines": [Line("status [Projekt]", NASTY, (NASTY,), ("Ziel",))],
    "longest": 20_000,
    "name": NASTY,
    "names": [NASTY],
    "now": AT - timedelta(days=1),
    "opens": AT,
    "prefix": "!",
    "preview": True,
    "project": PROJECT,
    "projects": [PROJECT, BARE_PROJECT] * 60,
    "reference": "4f2c",
    "refused": [Refused(CEM, verdict, 250, AT, LATER) for verdict in Verdict if verdict.is_refusal],
    "result": RESULT,
    "results": [(RESULT, VERSION)],
    "role": Role.COORDINATOR,
    "room": ROOM_ROW,
    "rows": [(BEN, VOTE), (CEM, None)],
    "tally": Tally(yes=5, no=1, abstain=1, silent=2),
    "twin": CONSULTATION,
    "typed": NASTY,
    "unanswered": list(range(12)),
    "update": UPDATE,
    "updates": [UPDATE, UPDATE],
    "usage": NASTY,
    "value": NASTY,
    "verbs": [W("neu", "new"), W("liste", "list")],
    "verdict": Verdict.LATE,
    "version": VERSION,
    "voted": 3,
    "wanted": 7,
    "weekend": True,
    "words": NASTY,
}
"""Where an argument means another thing in one text, `BY_TEXT` has it."""
BY_TEXT: dict[str, dict[str, Any]] = {
    "network.renamed": {"before": NASTY},
    "organisation.bad": {"field": "level"},
    "organisation.shown": {"done": "changed"},
    "network.shown": {"organisations": 9},
    "finding.unknown": {"kind": "result"},
    "helping.one": {"name": ALL[0].name},
    "language.shown": {"name": "de"},
    "language.set": {"name": "en"},
    "status.updated": {"before": (Light.GREEN, 40)},
}

"""Samples for the minutes: one consultation with everything in it, and what people typed in every place."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.answers import Kind, Option, Sheet
from bot.domain.breakdown import Member, breakdown
from bot.domain.counting import Verdict
from bot.domain.tallies import tally
from bot.files.minutes import Dissenting, Minutes, Part
from bot.store.tables import Ballot, Consultation, Decision, Dissent, Edition, Elector, Result, Step, Task
from bot.store.votes import Heard
from tests.samples.general import NASTY

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
BEN = "@ben:example.org"

SHEET = Sheet(Kind.RANKING, (Option(NASTY), Option("Beta"), Option("Gamma")))
ELECTORS = {
    1: Elector(
        id=1, consultation_id=1, number=1, organisation=NASTY, level="city", bench="politics", inhabitants=126_000
    ),
    2: Elector(id=2, consultation_id=1, number=2, person=BEN),
    3: Elector(id=3, consultation_id=1, number=3, organisation="Erlenbrück", level="county", weight=2),
}  # fmt: skip
CONSULTATION = Consultation(
    id=1, network_id=1, number=3, room_id="!r:x", title=NASTY, state="published", opens_at=AT,
    closes_at=AT + timedelta(days=3), grace_seconds=60, electorate="organisations", created_by=BEN, created_at=AT,
    record_length=12, record_head="ab" * 32, reread_at=AT,
)  # fmt: skip


def heard(number: int, **more: Any) -> Heard:
    values: dict[str, Any] = {
        "id": number, "elector_id": 1, "sender": BEN, "choice": "2>1=3", "sent_at": AT, "received_at": AT, "rank": 3,
        "edition": 1, "reason": NASTY, "amendment": NASTY, "informant": None, "channel": "typed", "offline_since": None,
        "found_late": False, "record_position": number, "verdict": None,
    }  # fmt: skip
    return Heard(**(values | more))


EVENTS = [
    heard(1, choice="1>2>3"),
    heard(2, elector_id=None, choice=NASTY, rank=2, channel="poll"),
    heard(3, elector_id=3, rank=1, channel="recorded", informant=NASTY, found_late=True, offline_since=AT),
    heard(4, choice=None, channel="reaction", record_position=None),
]
VERDICTS = {1: Verdict.COUNTED, 2: Verdict.NOT_ENTITLED, 3: Verdict.COUNTED, 4: Verdict.TAKING_BACK}
VALID = {1: "1>2>3", 3: "2>1=3"}
DISSENT = Dissent(network_id=1, number=2, decision_id=1, elector_id=3, author=BEN, text=NASTY, at=AT)
PART = Part(
    short="K3",
    ballot=Ballot(
        consultation_id=1, position=1, question=NASTY, kind="ranking", text=NASTY, result_version=2, quorum=60
    ),
    sheet=SHEET,
    editions=[Edition(ballot_id=1, edition=number, text=NASTY, by=BEN, at=AT) for number in (1, 2)],
    result=Result(network_id=1, number=9, room_id="!r:x", kind="Definition"),
    count=tally(SHEET, VALID, {1: 1, 2: 1, 3: 2}),
    breakdown=breakdown(
        [Member(number, each.weight, each.bench, each.level, each.inhabitants) for number, each in ELECTORS.items()],
        VALID,
        SHEET,
    ),
    decision=Decision(network_id=1, number=2, ballot_id=1, outcome="chosen", chosen="Beta", provisional=True, at=AT),
    chosen=2,
    quorum_reached=True,
    events=EVENTS,
    verdicts=VERDICTS,
    electors=ELECTORS,
    silent=[ELECTORS[2]],
    refused=[(Verdict.NOT_ENTITLED, 1)],
    dissents=[Dissenting(dissent=DISSENT, elector=ELECTORS[3], answers=[(NASTY, NASTY), (None, NASTY)])],
)
MINUTES = Minutes(
    network=NASTY,
    consultation=CONSULTATION,
    electors=list(ELECTORS.values()),
    steps=[Step(consultation_id=1, step="opened", by=BEN, at=AT), Step(consultation_id=1, step="closed", at=AT)],
    parts=[PART],
    tasks=[
        Task(network_id=1, number=7, room_id="!r:x", title=NASTY, owner=BEN, created_at=AT),
        Task(network_id=1, number=8, room_id="!r:x", title="Plan", state="done", created_at=AT),
    ],
    found_late=1,
    away_since=AT,
    published_head=(11, "cd" * 32),
    at=AT,
)
FILES = ("protokoll-K3.html", "protokoll-K3.csv", "protokoll-K3.json")

BY_TEXT: dict[str, dict[str, Any]] = {
    "minutes.document": {"minutes": MINUTES, "files": FILES, "zone": "Europe/Berlin"},
    "minutes.word": {"value": "counted"},
    "minutes.given": {"answer": "2>1=3", "sheet": SHEET},
    "minutes.option": {"number": 1, "sheet": SHEET},
}

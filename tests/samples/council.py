"""Samples for the texts of council papers."""

from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.answers import Kind
from bot.procedures.council import Given, Paper, Resolved
from bot.texts import Text
from tests.samples.general import AT, BARE_PROJECT, CONSULTATION, NASTY, PROJECT, UPDATE
from tests.samples.publishing import shown
from tests.samples.results import MEETING
from tests.samples.tasks import WAITING

DECISIONS = [
    Resolved(shown(Kind.APPROVAL, ("yes", "yes", "no")), CONSULTATION),
    Resolved(shown(Kind.APPROVAL, ("no", "no", "abstain")), CONSULTATION),
    Resolved(shown(Kind.CHOICE, ("1", "1", "2")), CONSULTATION),
    Resolved(shown(Kind.APPROVAL, ("yes", "no", "abstain")), CONSULTATION),
]
PAPER = Paper(
    network=NASTY,
    at=AT,
    zone=ZoneInfo("Europe/Berlin"),
    given=Given(occasion=NASTY, number=NASTY),
    field=NASTY,
    projects=[PROJECT, BARE_PROJECT],
    latest={1: UPDATE},
    decisions=DECISIONS,
    left_out=2,
    measures=WAITING,
    meeting=MEETING,
)
BARE = Paper(network=NASTY, at=AT, zone=ZoneInfo("Europe/Berlin"), given=Given(), decision=DECISIONS[0])
SECTIONS = {
    name: Text(f"council.{name}", {"paper": BARE})
    for name in ("occasion", "projects", "decisions", "measures", "funds", "proposal")
}

BY_TEXT: dict[str, dict[str, Any]] = {
    "council.sent": {"paper": PAPER, "names": ["vorlage.html", "vorlage.docx"], "here": False},
    "council.document": {"paper": PAPER, "title": NASTY, "sections": SECTIONS},
    "council.title": {"paper": PAPER},
    "council.value": {"name": "council", "paper": PAPER},
    "council.occasion": {"paper": PAPER},
    "council.projects": {"paper": PAPER},
    "council.decisions": {"paper": PAPER},
    "council.measures": {"paper": PAPER},
    "council.funds": {"paper": PAPER},
    "council.proposal": {"paper": PAPER},
    "council.unknown": {"words": NASTY, "close": NASTY},
    "council.too_many": {"count": 101, "most": 100},
    "council.bad_template": {"fault": NASTY},
}

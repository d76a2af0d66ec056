"""Samples for the texts of openings, reminders and notices."""

from typing import Any

from bot.domain.answers import Kind, Option, Sheet
from bot.domain.consultation import Visibility
from bot.domain.counting import Verdict
from bot.domain.deciding import Rules, decide
from bot.domain.tallies import tally
from bot.procedures.announcing import Entitled
from bot.procedures.counts import Counted, Electorate
from bot.procedures.notices import Told
from bot.procedures.papers import Former, Paper
from bot.procedures.turnout import Turnout
from bot.store.tables import Ballot, Edition
from tests.samples.general import (
    ANNA,
    AT,
    BALLOT,
    CONSULTATION,
    DECISION,
    ELECTOR,
    MUTE_ELECTOR,
    NASTY,
    RECORDED_VOTE,
    RESULT,
)

CHOICES = Sheet(Kind.CHOICE, (Option(NASTY), Option("zwei"), Option("drei")))
CHOICE = Ballot(id=2, consultation_id=1, position=2, question=NASTY, kind=Kind.CHOICE, text=NASTY * 20)
EDITION = Edition(ballot_id=1, edition=2, text=NASTY, result_version=2, by=ANNA, at=AT)
FORMER = Former(NASTY, 1, 2, RESULT, is_long=False)
APPROVAL = Paper(BALLOT, Sheet(Kind.APPROVAL), "K3", RESULT, EDITION, (FORMER,))
PAPERS = [APPROVAL, Paper(CHOICE, CHOICES, "K3.2")]
CONFIDENTIAL = type(CONSULTATION)(**{**CONSULTATION.model_dump(), "visibility": Visibility.CONFIDENTIAL})
TURNOUT = Turnout(9, 2, 1, [ELECTOR, MUTE_ELECTOR], people=True, organisations=True)
COUNT = tally(Sheet(Kind.APPROVAL), {2: "yes"}, {1: 1, 2: 1})
COUNTED = Counted(
    ballot=BALLOT,
    sheet=Sheet(Kind.APPROVAL),
    rules=Rules(),
    electorate=Electorate.made_of([ELECTOR, MUTE_ELECTOR]),
    cast=[RECORDED_VOTE],
    found={2: Verdict.COUNTED},
    valid={2: RECORDED_VOTE},
    count=COUNT,
    ruling=decide(COUNT, Rules()),
)
TOLD = Told(APPROVAL, COUNTED, DECISION)
NAMES = [NASTY, "Erlenbrück"]

BY_TEXT: dict[str, dict[str, Any]] = {
    "opening.announced": {
        "papers": PAPERS,
        "entitled": Entitled(9, 12, organisations=True, people=False),
        "turnout": TURNOUT,
    },
    "opening.sheet": {"consultation": CONFIDENTIAL, "paper": APPROVAL, "alone": True},
    "opening.wording": {"paper": APPROVAL},
    "opening.carried": {"paper": APPROVAL},
    "opening.poll_void": {"paper": APPROVAL},
    "opening.former": {"paper": APPROVAL, "former": FORMER},
    "opening.unheard": {"to_call": NAMES, "missing": NAMES, "short": "K3.1", "sheet": Sheet(Kind.APPROVAL)},
    "reminding.reminder": {"papers": PAPERS, "several": True, "names": NAMES},
    "notices.asked": {"papers": PAPERS[:1], "names": NAMES},
    "notices.told_extended": {"names": NAMES},
    "notices.told_reworded": {"paper": APPROVAL, "carried": False, "names": NAMES},
    "notices.opened": {"papers": PAPERS},
    "notices.reworded": {"paper": PAPERS[1], "carried": False},
    "notices.result": {"elector": MUTE_ELECTOR, "told": [TOLD, TOLD]},
    "notices.result_subject": {"told": [TOLD]},
}

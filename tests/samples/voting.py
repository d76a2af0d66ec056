"""Samples for what is said about votes."""

from typing import Any

from bot.domain.answers import Kind, Option, Problem, Sheet
from bot.domain.counting import Rank, Verdict
from bot.language.ballots import Read
from tests.fakes import BEN
from tests.samples.general import BALLOT, NASTY, RECORDED_VOTE

APPROVAL = Sheet(Kind.APPROVAL)
RANKING = Sheet(Kind.RANKING, (Option(NASTY), Option("zwei"), Option("drei")))
CONCERNED = {"organisation": NASTY, "shorts": ["K3.1", "K3.2"], "informant": NASTY, "by": BEN}
GIVEN = [("K3.1", BALLOT, "yes", APPROVAL), ("K3.2", BALLOT, "2>1=3", RANKING)]

BY_TEXT: dict[str, dict[str, Any]] = {
    "votes.not_counted": {
        "shorts": ["K3.1", "K3.2"],
        "counted": ["K3.3"],
        "verdict": Verdict.SAID_OPENLY,
        "of_persons": False,
        "sheet": RANKING,
        "tapped": False,
    },
    "votes.yields": CONCERNED | {"counted": ["K3.3"], "yours": Rank.DEPUTY, "theirs": Rank.HOLDER},
    "votes.overridden": CONCERNED | {"yours": Rank.RECORDED, "theirs": Rank.HOLDER},
    "votes.again": CONCERNED | {"yours": Rank.RECORDED},
    "votes.still_counts": {"shorts": ["K3"]},
    "votes.for_all": {"organisation": NASTY, "given": GIVEN},
    "votes.which_ballot": {
        "named": [("K3.1", BALLOT, APPROVAL), ("K3.2", BALLOT, RANKING)],
        "words": NASTY,
    },
    "vote.not_entitled": {"of_persons": False},
    "vote.no_ballot": {"position": 7, "count": 2},
    "vote.which_answer": {"short": "K3.2", "sheet": RANKING},
    "vote.not_understood": {
        "short": "K3.2",
        "sheet": RANKING,
        "problem": Problem.UNKNOWN_OPTION,
        "about": NASTY,
    },
    "vote.incomplete": {"short": "K3", "sheet": RANKING, "about": "1, 3", "completed": "2>1=3"},
    "vote.who_told": {"shorts": ["K3"], "answer": "2>1=3", "sheet": RANKING},
    "vote.recorded": {
        "given": [("K3", "yes", APPROVAL)],
        "read": Read("yes", NASTY, NASTY),
        "informant": NASTY,
        "before": RECORDED_VOTE,
    },
    "vote.yields_for": {"shorts": ["K3"], "informant": NASTY, "by": BEN},
    "vote.not_counted_for": {
        "shorts": ["K3"],
        "verdict": Verdict.LATE,
        "sheet": APPROVAL,
        "before": RECORDED_VOTE,
    },
}

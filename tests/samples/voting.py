"""Samples for what is said about votes."""

from typing import Any

from bot.domain.answers import Kind, Option, Problem, Sheet
from bot.domain.counting import Rank, Verdict
from bot.language.ballots import Read
from tests.fakes import BEN
from tests.samples.general import BALLOT, CONSULTATION, NASTY, RECORDED_VOTE

APPROVAL = Sheet(Kind.APPROVAL)
RANKING = Sheet(Kind.RANKING, (Option(NASTY), Option("zwei"), Option("drei")))
CONCERNED = {"organisation": NASTY, "shorts": ["K3.1", "K3.2"], "informant": NASTY, "by": BEN}
GIVEN = [("K3.1", BALLOT, "yes", APPROVAL), ("K3.2", BALLOT, "2>1=3", RANKING)]

BY_TEXT: dict[str, dict[str, Any]] = {
    "votes.why_no": {"shorts": ["K3.1", "K3.2"], "alone": False},
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
    "votes.for_all": {"organisation": NASTY, "given": GIVEN, "rest": True},
    "votes.understood": {"given": GIVEN[:1]},
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
        "conditional": True,
    },
    "consultations.which_one": {"named": [(CONSULTATION, "K3", APPROVAL), (CONSULTATION, "K4.1", RANKING)]},
    "votes.voted_by": {"short": "K3.2", "sheet": RANKING, "by": BEN},
    "vote.named_twice": {"words": NASTY, "key": "K2"},
    "vote.part_unclear": {"short": "K3.1", "words": NASTY},
    "vote.counts": {"given": [("K3", "yes", APPROVAL)], "read": Read("yes", NASTY), "before": RECORDED_VOTE},
    "vote.withdrawn": {"shorts": ["K3.1", "K3.2"], "other": True},
    "vote.nothing_to_withdraw": {"shorts": ["K3"], "by": BEN},
    "vote.for_whom": {"short": "K3.2", "sheet": RANKING},
    "drafting.abstention_option": {"option": NASTY, "approval": True},
    "drafting.number_option": {"option": "2"},
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

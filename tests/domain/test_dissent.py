"""Who dissents from what was decided, and who objects."""

from datetime import UTC, datetime

import pytest

from bot.domain.answers import ABSTAIN, Kind
from bot.domain.counting import Cast
from bot.domain.deciding import Outcome, Ruling
from bot.domain.dissent import dissenting, objectors
from tests.domain.ballots import sheet

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def votes(*said: str, reason: str | None = "Die Fristen fehlen.") -> dict[int, Cast]:
    return {
        number: Cast(
            id=number, elector=number, sender=f"@{number}:x", choice=choice, sent_at=NOW, received_at=NOW, reason=reason
        )
        for number, choice in enumerate(said, start=1)
    }


def ruling(outcome: Outcome, *winners: str) -> Ruling:
    return Ruling(outcome, 0, 0, winners)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.ACCEPTED, [2]),
        (Outcome.REJECTED, [1]),
        (Outcome.OBJECTION, [2]),
        (Outcome.TIE, [2]),
        (Outcome.NO_QUORUM, [2]),
        (Outcome.NO_VOTES, [2]),
    ],
)
def test_dissent_of_an_approval(outcome: Outcome, expected: list[int]) -> None:
    assert dissenting(sheet(Kind.APPROVAL), ruling(outcome), votes("yes", "no", ABSTAIN)) == expected


@pytest.mark.parametrize(
    ("kind", "said", "expected"),
    [
        (Kind.CHOICE, ["1", "2", "3", ABSTAIN], [1, 3]),
        (Kind.MULTIPLE, ["1,2", "2", "1,3"], [3]),
        (Kind.RANKING, ["2>1>3", "1=2>3", "1>2>3", "3>1=2"], [3, 4]),
        (Kind.POINTS, ["2:9,3:1", "1:5,2:5", "1:6,2:4", "3:10"], [3, 4]),
        (Kind.RESISTANCE, ["1:9,2:0,3:5", "1:0,2:0,3:0", "1:0,2:1,3:9"], [3]),
        (Kind.DATES, ["1:yes,2:yes,3:no", "1:yes,2:maybe,3:no", "1:yes,2:no,3:no"], [3]),
    ],
)
def test_dissent_from_the_option_that_was_chosen(kind: Kind, said: list[str], expected: list[int]) -> None:
    paper = sheet(kind, points=10)
    assert dissenting(paper, ruling(Outcome.CHOSEN, "2"), votes(*said)) == expected
    assert dissenting(paper, ruling(Outcome.CHOSEN, "2"), votes(*said, reason=None)) == []


@pytest.mark.parametrize("outcome", [Outcome.TIE, Outcome.NO_MAJORITY, Outcome.NO_QUORUM, Outcome.NO_VOTES])
def test_where_no_option_was_chosen_there_is_nothing_to_dissent_from(outcome: Outcome) -> None:
    assert dissenting(sheet(Kind.CHOICE), ruling(outcome, "1", "2"), votes("1", "2", "3")) == []


@pytest.mark.parametrize("reason", [None, "", " \n"])
def test_nobody_dissents_or_objects_without_a_reason(reason: str | None) -> None:
    valid = votes("yes", "no", reason=reason)
    assert dissenting(sheet(Kind.APPROVAL), ruling(Outcome.ACCEPTED), valid) == []
    assert objectors(valid) == []


def test_objectors_in_the_order_of_electors() -> None:
    valid = votes("no", "yes", "no", ABSTAIN)
    assert objectors({3: valid[3], 1: valid[1], 2: valid[2], 4: valid[4]}) == [1, 3]

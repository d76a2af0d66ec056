"""What is an answer to a ballot, and what is wrong with what is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers import Kind, Problem, Sheet, canonical, is_valid, problem
from tests.domain.ballots import SHEETS, answers_to, sheet


@pytest.mark.parametrize(
    ("kind", "answer", "wrong"),
    [
        (Kind.APPROVAL, "yes", None),
        (Kind.APPROVAL, "Yes", Problem.UNKNOWN_OPTION),
        (Kind.APPROVAL, "", Problem.UNKNOWN_OPTION),
        (Kind.CHOICE, "2", None),
        (Kind.CHOICE, "0", Problem.UNKNOWN_OPTION),
        (Kind.CHOICE, "4", Problem.UNKNOWN_OPTION),
        (Kind.CHOICE, "-1", Problem.UNKNOWN_OPTION),
        (Kind.CHOICE, "1,2", Problem.ONE_ONLY),
        (Kind.CHOICE, "B", Problem.MALFORMED),
        (Kind.CHOICE, "", Problem.MALFORMED),
        (Kind.CHOICE, "9" * 5_000, Problem.MALFORMED),
        (Kind.MULTIPLE, "1,3", None),
        (Kind.MULTIPLE, "1,1", Problem.TWICE),
        (Kind.MULTIPLE, "1,4", Problem.UNKNOWN_OPTION),
        (Kind.MULTIPLE, "1,", Problem.MALFORMED),
        (Kind.RANKING, "2>1=3", None),
        (Kind.RANKING, "1=2=3", None),
        (Kind.RANKING, "2>1", Problem.INCOMPLETE),
        (Kind.RANKING, "2>1>2", Problem.TWICE),
        (Kind.RANKING, "1>2>3>4", Problem.UNKNOWN_OPTION),
        (Kind.RANKING, "1>>2", Problem.MALFORMED),
        (Kind.POINTS, "1:3,2:7", None),
        (Kind.POINTS, "1:3,2:8", Problem.OVER_BUDGET),
        (Kind.POINTS, "1:11,2:-1", Problem.OUT_OF_RANGE),
        (Kind.POINTS, "1:3,1:7", Problem.TWICE),
        (Kind.POINTS, "4:1", Problem.UNKNOWN_OPTION),
        (Kind.POINTS, "1", Problem.MALFORMED),
        (Kind.POINTS, "", Problem.MALFORMED),
        (Kind.RESISTANCE, "1:0,2:7,3:10", None),
        (Kind.RESISTANCE, "1:0,2:7,3:11", Problem.OUT_OF_RANGE),
        (Kind.RESISTANCE, "1:0,2:7,3:-1", Problem.OUT_OF_RANGE),
        (Kind.RESISTANCE, "1:0,2:7", Problem.INCOMPLETE),
        (Kind.RESISTANCE, "1:0,2:7,2:7", Problem.TWICE),
        (Kind.DATES, "1:yes,2:maybe,3:no", None),
        (Kind.DATES, "1:yes,2:perhaps,3:no", Problem.MALFORMED),
        (Kind.DATES, "1:yes,2:maybe", Problem.INCOMPLETE),
        (Kind.DATES, "1:yes,2:maybe,2:no", Problem.TWICE),
    ],
)
def test_problems(kind: Kind, answer: str, wrong: Problem | None) -> None:
    assert problem(answer, sheet(kind, points=10)) is wrong
    assert is_valid(answer, sheet(kind, points=10)) is (wrong is None)


@pytest.mark.parametrize("kind", Kind)
def test_every_ballot_takes_an_abstention(kind: Kind) -> None:
    assert is_valid("abstain", sheet(kind))


@given(SHEETS, st.data())
def test_there_is_one_way_to_write_an_answer(paper: Sheet, data: st.DataObject) -> None:
    answer = data.draw(answers_to(paper))
    assert is_valid(answer, paper)
    assert canonical(answer, paper) == answer


@pytest.mark.parametrize(
    ("kind", "answer", "properly"),
    [
        (Kind.CHOICE, " 2", "2"),
        (Kind.CHOICE, "02", "2"),
        (Kind.CHOICE, "٢", "2"),  # a digit, if an Arabic one
        (Kind.MULTIPLE, "3,1", "1,3"),
        (Kind.RANKING, "3=1>2", "1=3>2"),
        (Kind.POINTS, "2:1,1:3,3:0", "1:3,2:1"),
        (Kind.RESISTANCE, "2:1,1:3,3:0", "1:3,2:1,3:0"),
        (Kind.DATES, "2:yes,1:no,3:no", "1:no,2:yes,3:no"),
    ],
)
def test_what_is_understood_but_written_otherwise_counts_only_in_its_canonical_form(
    kind: Kind, answer: str, properly: str
) -> None:
    paper = sheet(kind, points=10)
    assert problem(answer, paper) is None
    assert not is_valid(answer, paper)
    assert canonical(answer, paper) == properly
    assert is_valid(properly, paper)


@given(SHEETS, st.text(alphabet="0123456789,:>=-+ _abstainyemo²٢", max_size=30))
def test_whatever_comes_from_a_client_is_judged(paper: Sheet, answer: str) -> None:
    """Most is none at all; what is nearly one is tried below."""
    assert is_valid(answer, paper) == (problem(answer, paper) is None and canonical(answer, paper) == answer)


@settings(max_examples=1_000)
@given(SHEETS, st.data())
def test_what_is_nearly_an_answer_is_judged_as_its_parts_are(paper: Sheet, data: st.DataObject) -> None:
    """The quick test of the canonical form agrees with reading the answer and writing it anew."""
    answer = data.draw(answers_to(paper, abstaining=False))
    at = data.draw(st.integers(0, len(answer)))
    cut = data.draw(st.integers(0, 2))
    put = data.draw(st.text(alphabet="0123456789,:>=- \n٢", max_size=3))
    nearly = answer[:at] + put + answer[at + cut :]
    assert is_valid(nearly, paper) == (problem(nearly, paper) is None and canonical(nearly, paper) == nearly)


def test_which_ballots_have_a_native_poll() -> None:
    assert sheet(Kind.APPROVAL).has_poll
    assert sheet(Kind.CHOICE, 19).has_poll
    assert not sheet(Kind.CHOICE, 20).has_poll  # the abstention would be the 21st answer
    assert not any(
        sheet(kind).has_poll for kind in (Kind.MULTIPLE, Kind.RANKING, Kind.POINTS, Kind.RESISTANCE, Kind.DATES)
    )

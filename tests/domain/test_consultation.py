"""Which votes count, and what they decide; against a second, slower reading of the rule."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.consultation import (
    Cast,
    Choice,
    Outcome,
    Tally,
    Verdict,
    Window,
    counted,
    entry,
    judge,
    parted,
    tally,
    verdicts,
)

OPENS = datetime(2026, 11, 23, 9, tzinfo=UTC)
CLOSES = datetime(2026, 12, 4, 12, tzinfo=UTC)
WINDOW = Window(OPENS, CLOSES, timedelta(seconds=60))
SECOND = timedelta(seconds=1)
NOON = OPENS + timedelta(hours=3)


def vote(number: int = 1, elector: int | None = 1, choice: str | None = Choice.YES, **more: object) -> Cast:
    sent = more.pop("sent_at", NOON)
    values = {"sent_at": sent, "received_at": sent} | more
    return Cast(id=number, elector=elector, sender=f"@{elector}:example.org", choice=choice, **values)  # type: ignore[arg-type] # a test's shorthand


LATE = CLOSES + 61 * SECOND
TABLE = [
    ("in time", vote(), Verdict.COUNTED),
    ("at the opening", vote(sent_at=OPENS), Verdict.COUNTED),
    ("a clock five minutes ahead of ours", vote(sent_at=OPENS - timedelta(minutes=5)), Verdict.COUNTED),
    ("before the opening", vote(sent_at=OPENS - timedelta(minutes=5, seconds=1)), Verdict.EARLY),
    ("in the last moment", vote(sent_at=CLOSES), Verdict.COUNTED),
    ("a moment later", vote(sent_at=CLOSES + timedelta(microseconds=1)), Verdict.LATE),
    ("under way at the close", vote(sent_at=CLOSES, received_at=CLOSES + 60 * SECOND), Verdict.COUNTED),
    ("too long under way", vote(sent_at=CLOSES, received_at=LATE), Verdict.ARRIVED_LATE),
    ("back-dated by its server", vote(sent_at=NOON, received_at=LATE), Verdict.ARRIVED_LATE),
    ("we were away", vote(received_at=LATE, offline_since=CLOSES - SECOND), Verdict.COUNTED),
    ("we went away as the grace ended", vote(received_at=LATE, offline_since=CLOSES + 60 * SECOND), Verdict.COUNTED),
    ("we went away later", vote(received_at=LATE, offline_since=LATE), Verdict.ARRIVED_LATE),
    ("sent late while we were away", vote(sent_at=LATE, received_at=LATE, offline_since=OPENS), Verdict.LATE),
    ("not entitled", vote(elector=None), Verdict.NOT_ENTITLED),
    ("not entitled and late", vote(elector=None, sent_at=LATE), Verdict.NOT_ENTITLED),
    ("left the room", vote(in_room=False), Verdict.NOT_IN_ROOM),
    ("recorded from elsewhere", vote(in_room=False, informant="telefonisch"), Verdict.COUNTED),
    ("recorded too late", vote(sent_at=LATE, informant="telefonisch"), Verdict.LATE),
    ("an answer that does not exist", vote(choice="vielleicht"), Verdict.UNKNOWN_OPTION),
    ("two answers", vote(choice="yes no"), Verdict.UNKNOWN_OPTION),
]  # fmt: skip


@pytest.mark.parametrize(("cast", "verdict"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_verdict(cast: Cast, verdict: Verdict) -> None:
    assert verdicts([cast], WINDOW) == {1: verdict}
    assert tally([cast], 3, WINDOW).turnout == (verdict is Verdict.COUNTED)


def test_the_table_has_every_reason() -> None:
    told = {row[2] for row in TABLE} | {Verdict.REPLACED, Verdict.WITHDRAWN}
    assert told == set(Verdict)


def test_of_several_votes_the_last_counts() -> None:
    casts = [vote(1), vote(2, choice=Choice.NO), vote(3, elector=2)]
    assert verdicts(casts, WINDOW) == {1: Verdict.REPLACED, 2: Verdict.COUNTED, 3: Verdict.COUNTED}
    assert tally(casts, 3, WINDOW) == Tally(yes=1, no=1, abstain=0, silent=1)


@pytest.mark.parametrize("bad", [row[1] for row in TABLE if row[2] is not Verdict.COUNTED and row[1].elector])
def test_a_vote_that_does_not_count_replaces_none(bad: Cast) -> None:
    found = verdicts([vote(1), replace(bad, id=2)], WINDOW)
    assert found[1] is Verdict.COUNTED
    assert found[2].is_refusal


def test_taking_the_last_vote_back_leaves_none() -> None:
    casts = [vote(1), replace(vote(2, choice=Choice.NO), redacted=True)]
    assert verdicts(casts, WINDOW) == {1: Verdict.REPLACED, 2: Verdict.WITHDRAWN}
    assert counted(casts, WINDOW) == {}


def test_taking_an_earlier_vote_back_changes_nothing() -> None:
    casts = [replace(vote(1), redacted=True), vote(2, choice=Choice.NO)]
    assert counted(casts, WINDOW) == {1: casts[1]}


def test_an_empty_answer_withdraws_and_a_new_one_counts_again() -> None:
    casts = [vote(1), vote(2, choice=None)]
    assert verdicts(casts, WINDOW)[2] is Verdict.WITHDRAWN
    assert counted([*casts, vote(3)], WINDOW) == {1: vote(3)}


@given(st.text(), st.text())
def test_who_told_and_why_can_be_told_apart_again(informant: str, reason: str) -> None:
    flat = " ".join(informant.split())
    assert parted(entry(flat or "telefonisch", reason)) == (flat or "telefonisch", reason or None)


@pytest.mark.parametrize(
    ("yes", "no", "abstain", "outcome"),
    [
        (0, 0, 0, Outcome.NO_VOTES),
        (0, 0, 5, Outcome.NO_VOTES),
        (1, 0, 5, Outcome.ACCEPTED),
        (2, 2, 0, Outcome.TIE),
        (1, 2, 3, Outcome.REJECTED),
        (0, 1, 0, Outcome.REJECTED),
    ],
)
def test_outcome(yes: int, no: int, abstain: int, outcome: Outcome) -> None:
    count = Tally(yes=yes, no=no, abstain=abstain, silent=2)
    assert count.outcome is outcome
    assert (count.turnout, count.entitled) == (yes + no + abstain, yes + no + abstain + 2)


# The same rule, read a second time: one elector after the other, backwards from the last vote.

MOMENTS = [OPENS - timedelta(hours=1), OPENS, NOON, CLOSES, CLOSES + 30 * SECOND, LATE, LATE + timedelta(hours=1)]
CASTS = st.lists(
    st.builds(
        Cast,
        id=st.just(0),
        elector=st.sampled_from([None, 1, 2, 3]),
        sender=st.just("@x:example.org"),
        choice=st.sampled_from([None, "yes", "no", "abstain", "maybe", "yes no", ""]),
        sent_at=st.sampled_from(MOMENTS),
        received_at=st.sampled_from(MOMENTS),
        offline_since=st.sampled_from([None, *MOMENTS]),
        in_room=st.booleans(),
        redacted=st.booleans(),
        informant=st.sampled_from([None, "telefonisch"]),
    ),
    max_size=8,
).map(lambda casts: [replace(cast, id=number) for number, cast in enumerate(casts)])


def may_count(cast: Cast) -> bool:
    sent_in_time = OPENS - timedelta(minutes=5) <= cast.sent_at <= CLOSES
    end = CLOSES + timedelta(seconds=60)
    fetched_late = cast.offline_since is not None and cast.offline_since <= end
    known = cast.choice in (None, "yes", "no", "abstain")
    present = cast.in_room or cast.informant is not None
    return sent_in_time and present and known and (cast.received_at <= end or fetched_late)


def by_hand(casts: Iterable[Cast]) -> dict[int, str]:
    """Elector to choice."""
    chosen: dict[int, str] = {}
    for elector in (1, 2, 3):
        theirs = [cast for cast in casts if cast.elector == elector and may_count(cast)]
        if theirs and theirs[-1].choice and not theirs[-1].redacted:
            chosen[elector] = theirs[-1].choice
    return chosen


@given(CASTS)
def test_counting_agrees_with_a_second_reading_of_the_rule(casts: list[Cast]) -> None:
    expected = by_hand(casts)
    assert {elector: cast.choice for elector, cast in counted(casts, WINDOW).items()} == expected
    count = tally(casts, 3, WINDOW)
    votes = list(expected.values())
    assert (count.yes, count.no, count.abstain) == tuple(votes.count(choice) for choice in ("yes", "no", "abstain"))
    assert count.entitled == 3


@given(CASTS)
def test_every_vote_is_accounted_for(casts: list[Cast]) -> None:
    found = verdicts(casts, WINDOW)
    assert set(found) == {cast.id for cast in casts}
    for cast in casts:
        assert found[cast.id].is_refusal == (judge(cast, WINDOW) is not Verdict.COUNTED)


@given(CASTS, st.data())
def test_strangers_change_nothing(casts: list[Cast], data: st.DataObject) -> None:
    """Votes of people who are not entitled, wherever they stand, leave the others' as they were."""
    place = data.draw(st.integers(0, len(casts)))
    stranger = replace(vote(99, elector=None), redacted=data.draw(st.booleans()))
    assert counted([*casts[:place], stranger, *casts[place:]], WINDOW) == counted(casts, WINDOW)

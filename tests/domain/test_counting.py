"""Which votes count; against a second, slower reading of the rule."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers import Kind, Sheet, is_valid
from bot.domain.consultation import Window
from bot.domain.counting import Cast, Rank, Terms, Verdict, counted, judge, verdicts

OPENS = datetime(2026, 11, 23, 9, tzinfo=UTC)
CLOSES = datetime(2026, 12, 4, 12, tzinfo=UTC)
WINDOW = Window(OPENS, CLOSES, timedelta(seconds=60))
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
NOON = OPENS + timedelta(hours=3)
REWORDED = NOON - timedelta(hours=1)


def known(answer: str) -> bool:
    return is_valid(answer, Sheet(Kind.APPROVAL))


TERMS = Terms(WINDOW, known)
SECOND_TEXT = Terms(WINDOW, known, first_edition=2, valid_since=REWORDED)
CONFIDENTIAL = Terms(WINDOW, known, confidential=True)


def vote(number: int = 1, elector: int | None = 1, choice: str | None = "yes", **more: object) -> Cast:
    sent = more.pop("sent_at", NOON)
    values = {"sender": f"@{elector}:example.org", "sent_at": sent, "received_at": sent} | more
    return Cast(id=number, elector=elector, choice=choice, **values)  # type: ignore[arg-type] # a test's shorthand


def deputy(number: int, **more: object) -> Cast:
    return vote(number, sender="@deputy:example.org", rank=Rank.DEPUTY, **more)


def recorded(number: int, **more: object) -> Cast:
    values = {"sender": "@anna:example.org", "rank": Rank.RECORDED, "informant": "telefonisch", "in_room": False}
    return vote(number, **(values | more))  # type: ignore[arg-type] # a test's shorthand


LATE = CLOSES + 61 * SECOND
BEFORE = REWORDED - 5 * MINUTE - SECOND
TAKING_BACK = Verdict.TAKING_BACK
TABLE = [
    ("in time", vote(), TERMS, Verdict.COUNTED),
    ("at the opening", vote(sent_at=OPENS), TERMS, Verdict.COUNTED),
    ("a clock five minutes behind ours", vote(sent_at=OPENS - 5 * MINUTE), TERMS, Verdict.COUNTED),
    ("before the opening", vote(sent_at=OPENS - 5 * MINUTE - SECOND), TERMS, Verdict.EARLY),
    ("in the last moment", vote(sent_at=CLOSES), TERMS, Verdict.COUNTED),
    ("a moment later", vote(sent_at=CLOSES + timedelta(microseconds=1)), TERMS, Verdict.LATE),
    ("by a clock ahead of ours", vote(sent_at=LATE, received_at=CLOSES), TERMS, Verdict.COUNTED),
    ("by a clock ahead, but found late", vote(sent_at=LATE, received_at=LATE, found_late=True), TERMS, Verdict.LATE),
    ("under way at the close", vote(sent_at=CLOSES, received_at=CLOSES + 60 * SECOND), TERMS, Verdict.COUNTED),
    ("too long under way", vote(sent_at=CLOSES, received_at=LATE), TERMS, Verdict.ARRIVED_LATE),
    ("back-dated by its server", vote(sent_at=NOON, received_at=LATE), TERMS, Verdict.ARRIVED_LATE),
    ("we were away", vote(received_at=LATE, offline_since=CLOSES - SECOND), TERMS, Verdict.COUNTED),
    ("we left as the grace ended", vote(received_at=LATE, offline_since=CLOSES + MINUTE), TERMS, Verdict.COUNTED),
    ("we went away later", vote(received_at=LATE, offline_since=LATE), TERMS, Verdict.ARRIVED_LATE),
    ("sent late while we were away", vote(sent_at=LATE, offline_since=OPENS), TERMS, Verdict.LATE),
    ("found on the server's list", vote(received_at=LATE, found_late=True), TERMS, Verdict.COUNTED),
    ("found there, but sent late", vote(sent_at=LATE, found_late=True), TERMS, Verdict.LATE),
    ("not entitled", vote(elector=None), TERMS, Verdict.NOT_ENTITLED),
    ("not entitled and late", vote(elector=None, sent_at=LATE), TERMS, Verdict.NOT_ENTITLED),
    ("left the room", vote(in_room=False), TERMS, Verdict.NOT_IN_ROOM),
    ("recorded from elsewhere", recorded(1), TERMS, Verdict.COUNTED),
    ("recorded too late", recorded(1, sent_at=LATE), TERMS, Verdict.LATE),
    ("an answer that does not exist", vote(choice="vielleicht"), TERMS, Verdict.UNKNOWN_OPTION),
    ("two answers", vote(choice="yes no"), TERMS, Verdict.UNKNOWN_OPTION),
    ("no answer", vote(choice=""), TERMS, Verdict.UNKNOWN_OPTION),
    ("nothing to take back", vote(choice=None), TERMS, Verdict.TAKING_BACK),
    ("takes back late", vote(choice=None, sent_at=LATE), TERMS, Verdict.LATE),
    ("on the former text", vote(edition=1), SECOND_TEXT, Verdict.FORMER_TEXT),
    ("typed before the new text", vote(edition=2, sent_at=BEFORE), SECOND_TEXT, Verdict.FORMER_TEXT),
    ("typed with it, by a clock behind", vote(edition=2, sent_at=BEFORE + SECOND), SECOND_TEXT, Verdict.COUNTED),
    ("clicked on it, by any clock", vote(edition=2, sent_at=BEFORE, channel="poll"), SECOND_TEXT, Verdict.COUNTED),
    ("takes such a one back", vote(edition=2, sent_at=BEFORE, choice=None, withdraws=1), SECOND_TEXT, TAKING_BACK),
    ("clicked on the former", vote(edition=1, channel="poll"), SECOND_TEXT, Verdict.FORMER_TEXT),
    ("with the new text", vote(edition=2, sent_at=REWORDED), SECOND_TEXT, Verdict.COUNTED),
    ("the former text, carried over", vote(edition=1), TERMS, Verdict.COUNTED),
    ("said for all to read", vote(openly=True), CONFIDENTIAL, Verdict.SAID_OPENLY),
    ("said for all, where all may", vote(openly=True), TERMS, Verdict.COUNTED),
    ("said to us alone", vote(), CONFIDENTIAL, Verdict.COUNTED),
    ("taken back for all to read", vote(choice=None, openly=True), CONFIDENTIAL, Verdict.TAKING_BACK),
]


@pytest.mark.parametrize(("cast", "terms", "verdict"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_verdict(cast: Cast, terms: Terms, verdict: Verdict) -> None:
    assert verdicts([cast], terms) == {1: verdict}
    assert len(counted([cast], terms)) == (verdict is Verdict.COUNTED)


def test_the_table_has_every_reason() -> None:
    told = {row[3] for row in TABLE} | {Verdict.REPLACED, Verdict.WITHDRAWN, Verdict.OVERRIDDEN}
    assert told == set(Verdict)


def test_of_several_votes_the_last_counts() -> None:
    casts = [vote(1), vote(2, choice="no"), vote(3, elector=2)]
    assert verdicts(casts, TERMS) == {1: Verdict.REPLACED, 2: Verdict.COUNTED, 3: Verdict.COUNTED}


@pytest.mark.parametrize(
    ("bad", "terms"),
    [row[1:3] for row in TABLE if row[3] not in (Verdict.COUNTED, Verdict.TAKING_BACK) and row[1].elector],
)
def test_a_vote_that_does_not_count_replaces_none(bad: Cast, terms: Terms) -> None:
    found = verdicts([vote(1, edition=2), replace(bad, id=2)], terms)
    assert found[1] is Verdict.COUNTED
    assert found[2].is_refusal


def test_taking_the_last_vote_back_leaves_none() -> None:
    casts = [vote(1), vote(2, choice="no"), vote(3, choice=None, withdraws=2)]
    assert verdicts(casts, TERMS) == {1: Verdict.REPLACED, 2: Verdict.WITHDRAWN, 3: Verdict.TAKING_BACK}
    assert counted(casts, TERMS) == {}


def test_taking_an_earlier_vote_back_changes_nothing() -> None:
    casts = [vote(1), vote(2, choice="no"), vote(3, choice=None, withdraws=1)]
    assert counted(casts, TERMS) == {1: casts[1]}


def test_an_empty_answer_withdraws_and_a_new_one_counts_again() -> None:
    casts = [vote(1), vote(2, choice=None)]
    assert verdicts(casts, TERMS) == {1: Verdict.WITHDRAWN, 2: Verdict.TAKING_BACK}
    assert counted([*casts, vote(3)], TERMS) == {1: vote(3)}


def test_taking_back_too_late_leaves_the_vote() -> None:
    assert counted([vote(1), vote(2, choice=None, sent_at=LATE)], TERMS) == {1: vote(1)}


def test_nobody_takes_back_what_somebody_else_said() -> None:
    casts = [vote(1), deputy(2, choice=None, withdraws=1), deputy(3, choice=None)]
    assert counted(casts, TERMS) == {1: casts[0]}


def test_a_withdrawal_found_late_finds_a_vote_that_was_long_under_way() -> None:
    slow = vote(1, sent_at=NOON, received_at=NOON + 2 * MINUTE)
    back = vote(2, choice=None, withdraws=1, sent_at=NOON + MINUTE, received_at=LATE, found_late=True)
    assert verdicts([slow, back], TERMS) == {1: Verdict.WITHDRAWN, 2: Verdict.TAKING_BACK}


def test_what_was_found_late_stands_where_it_was_sent() -> None:
    found_late = vote(2, choice="no", sent_at=NOON, received_at=LATE, found_late=True)
    assert counted([vote(1, sent_at=NOON - MINUTE), found_late], TERMS) == {1: found_late}
    assert counted([vote(1, sent_at=NOON + MINUTE), found_late], TERMS) == {1: vote(1, sent_at=NOON + MINUTE)}


def test_what_the_server_kept_for_us_stands_beside_it_as_it_was_sent() -> None:
    """We were away, came back, and only then found what had been sent a moment after what was kept for us."""
    kept = vote(1, sent_at=NOON, received_at=NOON + 9 * MINUTE, offline_since=NOON - MINUTE)
    found = vote(2, choice="no", sender="@second:example.org", sent_at=NOON + MINUTE, received_at=LATE, found_late=True)
    assert counted([kept, found], TERMS) == {1: found}
    assert counted([kept, replace(found, sent_at=NOON - MINUTE)], TERMS) == {1: kept}


def test_what_sums_up_reactions_stands_behind_those_that_it_holds() -> None:
    """Three reactions, of which we only found the second at the close: it says what all three say together."""
    first = vote(1, choice="1", option=1, channel="reaction", sent_at=NOON)
    third = vote(2, choice="1,3", option=3, channel="reaction", sent_at=NOON + 2 * MINUTE)
    second = vote(3, choice="1,2,3", option=2, channel="reaction", sent_at=NOON + MINUTE, found_late=True)
    terms = Terms(WINDOW, lambda answer: True)
    assert counted([first, third, second], terms) == {1: second}
    typed = vote(4, choice="2", sent_at=NOON + 3 * MINUTE)
    assert counted([first, third, typed, second], terms) == {1: typed}, "what was typed later still prevails"
    back = replace(second, choice="3", option=None, withdraws=1)
    assert counted([first, third, back], terms) == {1: back}, "what is left after one was taken back is a sum, too"


def test_a_deputy_counts_as_long_as_no_holder_has_voted() -> None:
    own, theirs, back = vote(1), deputy(2, choice="no"), vote(3, choice=None)
    assert counted([theirs], TERMS) == {1: theirs}
    assert verdicts([own, theirs], TERMS) == {1: Verdict.COUNTED, 2: Verdict.OVERRIDDEN}
    assert counted([own, theirs, back], TERMS) == {1: theirs}


def test_a_holders_vote_that_does_not_count_leaves_the_deputys() -> None:
    theirs = deputy(2)
    assert counted([vote(1, sent_at=LATE), theirs], TERMS) == {1: theirs}


def test_among_two_holders_the_latest_counts() -> None:
    other = vote(2, choice="no", sender="@second:example.org")
    assert verdicts([vote(1), other], TERMS) == {1: Verdict.OVERRIDDEN, 2: Verdict.COUNTED}
    again = vote(3)
    assert verdicts([vote(1), other, again], TERMS) == {
        1: Verdict.REPLACED,
        2: Verdict.OVERRIDDEN,
        3: Verdict.COUNTED,
    }


@pytest.mark.parametrize("own", [vote(1), deputy(1)], ids=["holder", "deputy"])
def test_what_was_recorded_yields_to_the_organisations_own(own: Cast) -> None:
    told = recorded(2, choice="no")
    assert counted([own, told], TERMS) == {1: own}
    assert counted([replace(own, id=3), told], TERMS) == {1: replace(own, id=3)}


def test_so_it_does_if_the_coordinator_holds_the_mandate_too() -> None:
    own, told = vote(1, sender="@anna:example.org"), recorded(2, choice="no")
    assert verdicts([own, told], TERMS) == {1: Verdict.COUNTED, 2: Verdict.OVERRIDDEN}
    back = vote(3, choice=None, sender="@anna:example.org")
    assert counted([own, told, back], TERMS) == {1: told}
    assert counted([own, told, replace(back, withdraws=2)], TERMS) == {1: own}
    assert counted([told, replace(back, withdraws=2)], TERMS) == {}


def test_a_mandate_that_changed_hands_within_the_window_changes_the_rank() -> None:
    """A deputy who became the holder replaces their own word, and does not yield to themselves."""
    before, after = vote(1, rank=Rank.DEPUTY), vote(2, choice="no", rank=Rank.HOLDER)
    assert verdicts([before, after], TERMS) == {1: Verdict.REPLACED, 2: Verdict.COUNTED}
    assert verdicts([after, replace(before, id=3)], TERMS) == {2: Verdict.REPLACED, 3: Verdict.COUNTED}


# The same rule, read a second time: one elector after the other, and for each of its voices backwards from the end.

MOMENTS = [OPENS - timedelta(hours=1), OPENS, REWORDED, NOON, CLOSES, CLOSES + 30 * SECOND, LATE]
SENDERS = ["@a:example.org", "@b:example.org", "@c:example.org"]


@st.composite
def cast_votes(draw: st.DrawFn) -> list[Cast]:
    """Whatever may come, mostly in time, with withdrawals of what came before and of what never did."""
    casts: list[Cast] = []
    for number in range(draw(st.integers(0, 10))):
        rank = draw(st.sampled_from(Rank))
        sent_at = draw(st.sampled_from([NOON, NOON, *MOMENTS]))
        cast = Cast(
            id=number,
            elector=draw(st.sampled_from([None, 1, 1, 2])),
            sender=draw(st.sampled_from(SENDERS)),
            choice=draw(st.sampled_from([None, None, "yes", "no", "abstain", "maybe", "yes no", ""])),
            sent_at=sent_at,
            received_at=draw(st.sampled_from([sent_at, sent_at, *MOMENTS])),
            offline_since=draw(st.sampled_from([None, None, *MOMENTS])),
            rank=rank,
            edition=draw(st.sampled_from([1, 2, 2])),
            in_room=draw(st.sampled_from([True, True, False])),
            openly=draw(st.booleans()),
            found_late=draw(st.booleans()),
            informant=draw(st.sampled_from([None, "telefonisch"])),
            channel=draw(st.sampled_from(["poll", "reaction", "typed"])),
        )
        if cast.choice is None:
            cast = replace(cast, withdraws=draw(st.sampled_from([None, *range(number + 1)])))
            if casts and draw(st.booleans()):  # a proper withdrawal
                named = draw(st.sampled_from(casts))
                cast = replace(cast, withdraws=named.id, elector=named.elector, sender=named.sender, edition=2)
        casts.append(cast)
    return casts


TERMS_OF_ANY_KIND = st.sampled_from([TERMS, SECOND_TEXT, CONFIDENTIAL])


def may_count(cast: Cast, terms: Terms) -> bool:
    end = CLOSES + MINUTE
    sent_in_time = cast.sent_at >= OPENS - 5 * MINUTE and (
        cast.sent_at <= CLOSES or (cast.received_at <= CLOSES and not cast.found_late)
    )
    fetched_late = cast.found_late or (cast.offline_since is not None and cast.offline_since <= end)
    on_this_text = terms is not SECOND_TEXT or (
        cast.edition == 2
        and (cast.channel != "typed" or cast.withdraws is not None or cast.sent_at >= REWORDED - 5 * MINUTE)
    )
    known = cast.choice in (None, "yes", "no", "abstain")
    proper = terms is not CONFIDENTIAL or not cast.openly or cast.choice is None
    present = cast.in_room or cast.informant is not None
    return sent_in_time and on_this_text and proper and present and known and (cast.received_at <= end or fetched_late)


def sequence(casts: Sequence[Cast]) -> list[int]:
    """The IDs in their order: each that was found late goes where everything before it had come when it was sent."""

    def moment(cast: Cast) -> datetime:
        kept_for_us = cast.found_late or cast.offline_since is not None
        return cast.sent_at if kept_for_us else cast.received_at

    line = sorted((cast for cast in casts if not cast.found_late), key=lambda cast: (cast.received_at, cast.id))
    for cast in sorted((cast for cast in casts if cast.found_late), key=lambda cast: cast.id):
        earlier = list(takewhile(lambda other: moment(other) <= cast.sent_at, line))  # noqa: B023 - used at once
        ids = [other.id for other in line]
        if cast.choice is None and cast.withdraws in ids and line[ids.index(cast.withdraws)].choice is not None:
            earlier = line[: max(len(earlier), ids.index(cast.withdraws) + 1)]
        line = [*earlier, cast, *line[len(earlier) :]]
    return [cast.id for cast in line]


def standing(voice: Sequence[Cast], withdrawals: Sequence[Cast], line: list[int]) -> Cast | None:
    """The last vote of a voice, unless something after it takes it back."""
    given = [cast for cast in voice if cast.choice is not None]
    if not given:
        return None
    last = max(given, key=lambda cast: line.index(cast.id))
    for back in withdrawals:
        after = line.index(back.id) > line.index(last.id)
        if after and (back.withdraws == last.id or (back.withdraws is None and back in voice)):
            return None
    return last


def by_hand(casts: list[Cast], terms: Terms) -> dict[int, Cast]:
    chosen: dict[int, Cast] = {}
    good = [cast for cast in casts if may_count(cast, terms)]
    for elector in (1, 2):
        line = sequence([cast for cast in casts if cast.elector == elector])
        candidates = []
        for sender in SENDERS:
            theirs = [cast for cast in good if cast.elector == elector and cast.sender == sender]
            backs = [cast for cast in theirs if cast.choice is None]
            for told in (True, False):
                voice = [cast for cast in theirs if (cast.rank is Rank.RECORDED) is told]
                if (stands := standing(voice, backs, line)) is not None:
                    candidates.append(stands)
        for rank in (Rank.RECORDED, Rank.DEPUTY, Rank.HOLDER):  # the last that has somebody prevails
            if equals := [cast for cast in candidates if cast.rank is rank]:
                chosen[elector] = max(equals, key=lambda cast: line.index(cast.id))
    return chosen


@settings(max_examples=600)
@given(cast_votes(), TERMS_OF_ANY_KIND)
def test_counting_agrees_with_a_second_reading_of_the_rule(casts: list[Cast], terms: Terms) -> None:
    assert counted(casts, terms) == by_hand(casts, terms)


@given(cast_votes(), TERMS_OF_ANY_KIND)
def test_every_vote_is_accounted_for(casts: list[Cast], terms: Terms) -> None:
    """Each has a verdict; what seen alone may not count is refused, and nothing else is."""
    found = verdicts(casts, terms)
    assert set(found) == {cast.id for cast in casts}
    for cast in casts:
        assert found[cast.id].is_refusal == (judge(cast, terms).is_refusal)
        assert found[cast.id].is_refusal == (cast.elector is None or not may_count(cast, terms))
    electors = [cast.elector for cast in casts if found[cast.id] is Verdict.COUNTED]
    assert len(electors) == len(set(electors))
    prevailing = {cast.elector: cast for cast in casts if found[cast.id] is Verdict.COUNTED}
    for cast in casts:
        assert found[cast.id] is not Verdict.OVERRIDDEN or prevailing[cast.elector].rank >= cast.rank


@given(cast_votes(), TERMS_OF_ANY_KIND, st.data())
def test_strangers_change_nothing(casts: list[Cast], terms: Terms, data: st.DataObject) -> None:
    """Votes of people who are not entitled, wherever they stand, leave the others' as they were."""
    place = data.draw(st.integers(0, len(casts)))
    stranger = vote(99, elector=None, sender=data.draw(st.sampled_from(SENDERS)))
    if data.draw(st.booleans()):
        stranger = replace(stranger, choice=None, withdraws=data.draw(st.sampled_from([None, *range(5)])))
    assert counted([*casts[:place], stranger, *casts[place:]], terms) == counted(casts, terms)


def test_who_is_not_entitled_does_not_move_a_vote_that_was_found_late() -> None:
    ours = [
        vote(0, received_at=CLOSES, offline_since=OPENS - MINUTE, rank=Rank.DEPUTY, sent_at=OPENS),
        vote(1, received_at=OPENS, found_late=True, rank=Rank.DEPUTY, sent_at=OPENS),
    ]
    stranger = vote(2, elector=None, sender="@b:example.org", sent_at=NOON, received_at=NOON)
    assert counted([*ours, stranger], TERMS) == counted(ours, TERMS)


@given(cast_votes(), TERMS_OF_ANY_KIND, st.randoms(use_true_random=False))
def test_in_which_order_they_are_read_makes_no_difference(casts: list[Cast], terms: Terms, random: object) -> None:
    shuffled: Iterable[Cast] = sorted(casts, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert verdicts(shuffled, terms) == verdicts(casts, terms)

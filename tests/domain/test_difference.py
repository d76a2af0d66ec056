"""What a new wording changes: every word is accounted for, and only what differs is marked."""

import re
import time
from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.difference import Change, Piece, difference

ONE = "Open Government heißt Öffnung von Regierung und Verwaltung."
OTHER = "Open Government heißt Öffnung von Staat und Verwaltung gegenüber allen."


def changed(pieces: tuple[Piece, ...]) -> list[str]:
    return [piece.text.strip() for piece in pieces if piece.changed]


def whole(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def test_a_changed_sentence_is_shown_word_by_word() -> None:
    (change,) = difference(ONE, OTHER)
    assert whole(change.before) == ONE
    assert whole(change.after) == OTHER
    assert changed(change.before) == ["Regierung"]
    assert changed(change.after) == ["Staat", "gegenüber allen"]


def test_what_stayed_is_left_out_and_what_is_new_says_where_it_stands() -> None:
    (change,) = difference(f"{ONE} Das gilt ab 2027.", f"{ONE} Fristen regelt die Satzung. Das gilt ab 2027.")
    assert change == Change((), (Piece("Fristen regelt die Satzung.", changed=True),), follows=ONE)


def test_a_sentence_is_paired_with_what_it_became_not_with_what_stands_in_its_place() -> None:
    before = "Alle Daten werden veröffentlicht. Das gilt ab 2027 für Satzungen."
    after = "Das gilt ab 2028 für Satzungen. Fristen regelt die Satzung."
    gone, became, new = difference(before, after)
    assert (whole(gone.before), gone.after) == ("Alle Daten werden veröffentlicht.", ())
    assert (changed(became.before), changed(became.after)) == (["2027"], ["2028"])
    assert (new.before, whole(new.after)) == ((), "Fristen regelt die Satzung.")


def test_abbreviations_and_paragraphs_do_not_end_a_sentence() -> None:
    before = "Das gilt z. B. für Satzungen nach Abs. 2 der Ordnung, auch am 3. Dezember."
    (change,) = difference(before, before.replace("Satzungen", "Pläne"))
    assert whole(change.before) == before


def test_another_layout_is_no_other_wording() -> None:
    assert difference("Eins und  zwei.\nDrei und vier.", "Eins und zwei. Drei und vier.") == ()
    assert difference("", "") == ()


def test_a_line_of_a_list_is_a_sentence() -> None:
    (change,) = difference("- Offenheit\n- Teilhabe", "- Offenheit\n- Zusammenarbeit aller\n- Teilhabe")
    assert whole(change.after) == "- Zusammenarbeit aller"


def test_of_a_very_long_sentence_only_what_is_near_the_change_is_shown() -> None:
    words = [f"Wort{number}" for number in range(300)]
    before, after = " ".join(words), " ".join([*words[:150], "neu", *words[150:]])
    (change,) = difference(before, after)
    assert changed(change.after) == ["neu"]
    assert len(whole(change.after)) < 200
    assert "Wort149 neu" in whole(change.after)
    assert "Wort150" in whole(change.after)


WORDINGS = st.lists(
    st.sampled_from(["offen", "Staat", "und", "2027", "für alle", "die", ",", "„Daten“", "Öffnung.", "\n", "Das gilt."])
).map(" ".join)


@given(WORDINGS, WORDINGS)
@settings(max_examples=300, deadline=None)
def test_nothing_is_marked_in_vain_and_nothing_is_missing(before: str, after: str) -> None:
    """What is marked as gone or new is just what one wording has more of than the other."""
    changes = difference(before, after)
    gone = list(chain.from_iterable(tokens(" ".join(changed(change.before))) for change in changes))
    new = list(chain.from_iterable(tokens(" ".join(changed(change.after))) for change in changes))
    left = tokens(before)
    for word in gone:
        left.remove(word)
    assert sorted([*left, *new]) == sorted(tokens(after))


def tokens(text: str) -> list[str]:
    return re.findall(r"[\w-]+|[^\w\s]", text)


def test_two_long_texts_without_a_common_sentence_take_no_time() -> None:
    before = "\n".join(" ".join("ab"[(i * j) % 2] for i in range(190)) for j in range(25))
    after = "\n".join(" ".join("ba"[(i + j) % 2] for i in range(190)) for j in range(25))
    started = time.process_time()
    difference(before, after)
    assert time.process_time() - started < 2

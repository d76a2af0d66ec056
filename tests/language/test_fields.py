"""Lines of a command, and blocks of lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.language.fields import FIRST, Names, read_fields

NAMES = Names(
    fields={"frage": "question", "schluss": "closes", "text": "text", "optionen": "options"},
    later={"frage": "question", "text": "text", "optionen": "options"},
    heads=frozenset({"vorlage", "ballot"}),
    head="question",
)


def test_a_line_that_is_no_field_goes_on_with_the_one_before() -> None:
    found = read_fields("Optionen:\n- Rot\n- Blau: hell\n\nSCHLUSS : morgen", NAMES)
    assert found.filled() == {FIRST: {"options": "- Rot\n- Blau: hell", "closes": "morgen"}}


def test_a_text_may_hold_colons_and_ends_at_a_known_field_or_a_block() -> None:
    found = read_fields("Text: Eins\nZwei: drei\nFrage: Ja?\nText 2\nVorlage 2", NAMES)
    assert found.filled() == {FIRST: {"text": "Eins\nZwei: drei", "question": "Ja?\nText 2"}, 2: {}}


@pytest.mark.parametrize("head", ["Vorlage 2", "vorlage 2:", "BALLOT 2.", "  Vorlage Nr. 2", "Vorlage2"])
def test_a_block_has_the_lines_that_follow(head: str) -> None:
    found = read_fields(f"Frage: A?\n{head}\nFrage: B?\nText: b", NAMES)
    assert found.filled() == {FIRST: {"question": "A?"}, 2: {"question": "B?", "text": "b"}}


def test_what_stands_behind_the_head_is_the_field_it_is_for() -> None:
    assert read_fields("Vorlage 3: C?\nwirklich?", NAMES).filled() == {FIRST: {}, 3: {"question": "C?\nwirklich?"}}


def test_a_line_of_the_whole_command_may_stand_in_a_block() -> None:
    found = read_fields("Vorlage 2\nFrage: B?\nSchluss: morgen\nText: b\nVorlage 1\nFrage: A?", NAMES)
    assert found.filled() == {FIRST: {"closes": "morgen", "question": "A?"}, 2: {"question": "B?", "text": "b"}}


def test_a_line_twice_in_one_block_is_refused_and_in_two_is_not() -> None:
    with pytest.raises(UserError, match="field_twice"):
        read_fields("Vorlage 2\nFrage: A?\nVorlage 3\nVorlage 2\nFrage: B?", NAMES)
    assert len(read_fields("Frage: A?\nVorlage 2\nFrage: B?", NAMES).filled()) == 2


def test_unknown_lines_are_named_with_their_block() -> None:
    found = read_fields("Farbe: rot\nnoch mehr\nVorlage 2\nFrag: B?", NAMES)
    assert found.unknown == [(FIRST, "Farbe", "rot"), (2, "Frag", "B?")]
    assert found.stray is None
    assert read_fields("einfach so", NAMES).stray == "einfach so"


@given(st.text(max_size=200))
def test_anything_may_be_typed(below: str) -> None:
    try:
        found = read_fields(below, NAMES)
    except UserError as problem:
        assert problem.text == "inbox.field_twice"  # noqa: PT017 - the only refusal there is
    else:
        assert FIRST in found.filled()

"""What is said of organisations: numbers with and without dots, and that there is none."""

import pytest

from bot.language.organisations import is_empty, read_whole


@pytest.mark.parametrize(
    ("words", "number"),
    [("26000", 26_000), ("26.000", 26_000), ("1 250 000", 1_250_000), ("1'250'000", 1_250_000), ("0", 0)],
)
def test_a_number_with_or_without_thousands_separators(words: str, number: int) -> None:
    assert read_whole(words, 0) == number


@pytest.mark.parametrize(
    "words", ["26000.5", "1.5", "12.345.6", "2.5", "25999.125", "0.500", "1.2345", "26,5", "", "²", "-3"]
)
def test_a_decimal_is_not_ten_times_as_much(words: str) -> None:
    assert read_whole(words, 0) is None


@pytest.mark.parametrize("words", ["keine", "Keine.", "niemand", "-", "–", "leer", "none", "nobody"])
def test_there_shall_be_nothing(words: str) -> None:
    assert is_empty(words)


@pytest.mark.parametrize("words", ["keineahnung", "@ben:example.org", "0", ""])
def test_anything_else_is_something(words: str) -> None:
    assert not is_empty(words)

"""From when to when on a line, and the table and the round of a result."""

import pytest

from bot.language.hours import is_relative, split_hours
from bot.language.tables import Found, split_table


@pytest.mark.parametrize(
    ("line", "start", "end"),
    [
        ("21.6.2027 10:00", "21.6.2027 10:00", None),
        ("21.6. 10:00–17:00", "21.6. 10:00", "17:00"),
        ("21.6. 10:00 – 17:00", "21.6. 10:00", "17:00"),
        ("21.6. 10:00-17:00", "21.6. 10:00", "17:00"),
        ("21.6. 10-17 Uhr", "21.6. 10 Uhr", "17 Uhr"),
        ("21.6. 10–16 Uhr", "21.6. 10 Uhr", "16 Uhr"),
        ("21.6. 10:00–16", "21.6. 10:00", "16 Uhr"),
        ("21.6. 10 Uhr bis 16 Uhr", "21.6. 10 Uhr", "16 Uhr"),
        ("vom 21.6. 10:00 bis 22.6. 16:00", "21.6. 10:00", "22.6. 16:00"),
        ("von Freitag 10 Uhr bis zum Samstag 12 Uhr", "Freitag 10 Uhr", "Samstag 12 Uhr"),
        ("21 June 10:00 to 22 June 16:00", "21 June 10:00", "22 June 16:00"),
        ("from 21 June 10:00 until 17:00", "21 June 10:00", "17:00"),
        ("2027-06-21 10:00", "2027-06-21 10:00", None),
        ("2027-06-21T10:00 - 2027-06-21T17:00", "2027-06-21T10:00", "2027-06-21T17:00"),
        ("2027-06-21 10:00-17:00", "2027-06-21 10:00", "17:00"),
        ("21.–22.6.2027", "21. 6.2027", "22.6.2027"),
        ("21. bis 22. Juni", "21. Juni", "22. Juni"),
        ("21. bis 22.6. 16:00", "21. 6.", "22.6. 16:00"),
        ("Freitag 10 ⟶ 2–16 Uhr", "Freitag 10 Uhr ⟶ 2", "16 Uhr"),  # the second offer, not two o'clock
        ("3.12. 10:00 bis 16 ⟶ 1", "3.12. 10:00", "16 Uhr ⟶ 1"),
    ],
)
def test_a_line_is_parted(line: str, start: str, end: str | None) -> None:
    begins, ends = split_hours(line)
    assert (begins.words, ends.words if ends else None) == (start, end)


def test_where_each_side_ends_an_answer_can_be_put() -> None:
    line = "vom 21.6. 10:00 bis 22.6. 16:00"
    begins, ends = split_hours(line)
    assert ends is not None
    assert (line[: begins.end], line[: ends.end]) == ("vom 21.6. 10:00", line)


@pytest.mark.parametrize("words", ["morgen 16 Uhr", "in 2 Stunden", "heute", "nächsten Freitag", "tomorrow 4 pm"])
def test_what_is_meant_from_when_it_was_said(words: str) -> None:
    assert is_relative(words)


@pytest.mark.parametrize("words", ["22.6. 16:00", "16 Uhr", "Freitag 16 Uhr", "9 Uhr morgens", "22 June 16:00"])
def test_what_is_meant_from_where_it_stands(words: str) -> None:
    assert not is_relative(words)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Idee: Café", Found("Idee: Café")),
        ("Idee: Café\nTisch: 3\nRunde: 2", Found("Idee: Café", "3", "2")),
        ("Idea: café\nround: 2\nTABLE: 3", Found("Idea: café", "3", "2")),
        ("Idee: Café\nfür alle\nTisch 3, Runde 2", Found("Idee: Café\nfür alle", "3", "2")),
        ("Idee: Café\nTisch: drei", Found("Idee: Café", "drei")),
        ("Tisch: ein runder", Found("Tisch: ein runder")),  # the first line names the kind
        ("Idee: Café\nTischlein deck dich", Found("Idee: Café\nTischlein deck dich")),
    ],
)
def test_the_table_and_the_round_of_a_result(words: str, found: Found) -> None:
    assert split_table(words) == found

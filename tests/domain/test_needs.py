"""Needs and obstacles, as status updates name them."""

import pytest

from bot.domain.needs import NeedKind, grouped, named_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Läuft. Hindernis: Personal fehlt", [("obstacle", "Personal fehlt")]),
        ("Hindernis: Personal fehlt. Nächster Schritt: Ausschreibung", [("obstacle", "Personal fehlt")]),
        ("Hindernis: Personal fehlt, Nächster Schritt: Ausschreibung", [("obstacle", "Personal fehlt")]),
        ("bedarf: Schulung der Leute\nHINDERNIS : Budget", [("need", "Schulung der Leute"), ("obstacle", "Budget")]),
        ("Obstacle: no staff; need: training", [("obstacle", "no staff"), ("need", "training")]),
        ("Hindernis: keins", []),
        ("Hindernis: -", []),
        ("Der Bedarf ist groß, Hindernisse gibt es keine", []),
        ("Personalbedarf: drei Stellen", []),  # a word of its own, not the label
        ("Hindernis: Zuschlag erst um 12:30 Uhr", [("obstacle", "Zuschlag erst um 12:30 Uhr")]),
        ("", []),
    ],
)
def test_what_stands_behind_a_label_up_to_the_end_of_its_sentence(text: str, found: list[tuple[str, str]]) -> None:
    assert [(need.kind, need.words) for need in named_in(text)] == [(NeedKind(kind), words) for kind, words in found]


def test_what_hangs_together_is_one_group() -> None:
    pairs = {(0, 2), (2, 4)}
    alike = [[(one, other) in pairs or (other, one) in pairs for other in range(5)] for one in range(5)]
    assert grouped(alike) == [[0, 2, 4], [1], [3]]


def test_a_very_long_one_is_cut() -> None:
    assert len(named_in("Hindernis: " + "a" * 2000)[0].words) == 300

"""Needs and obstacles, as status updates name them."""

import random

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
        ("Hindernis: Personal fehlt Nächster Schritt: Ausschreibung", [("obstacle", "Personal fehlt")]),
        ("Hindernis: Geld fehlt Bedarf: Schulung", [("obstacle", "Geld fehlt"), ("need", "Schulung")]),
        ("Hindernis: Budget: 20.000 € fehlen", [("obstacle", "Budget: 20.000 € fehlen")]),
        (
            "Hindernis: ca. drei Stellen, z. B. in der IT. Sonst gut",
            [("obstacle", "ca. drei Stellen, z. B. in der IT")],
        ),
        ("Hindernis: Nächster Schritt: Pilot", []),
        ("", []),
    ],
)
def test_what_stands_behind_a_label_up_to_the_end_of_its_sentence(text: str, found: list[tuple[str, str]]) -> None:
    assert [(need.kind, need.words) for need in named_in(text)] == [(NeedKind(kind), words) for kind, words in found]


def test_what_hangs_together_is_one_group() -> None:
    assert grouped([{"a"}, {"b"}, {"a", "c"}, set(), {"c"}]) == [[0, 2, 4], [1], [3]]
    assert grouped([{"a"}, {"b"}, {"c"}, {"c", "b"}, {"a", "b"}]) == [[0, 1, 2, 3, 4]]
    assert grouped([]) == []


def test_grouping_is_that_of_comparing_each_with_each() -> None:
    draw = random.Random(7)
    for _ in range(50):
        features = [{draw.randrange(20) for _ in range(draw.randrange(3))} for _ in range(12)]
        reached = [{number} for number in range(12)]
        for _ in range(12):
            reached = [{b for a in own for b in range(12) if features[a] & features[b] or a == b} for own in reached]
        assert grouped(features) == [list(each) for each in dict.fromkeys(tuple(sorted(own)) for own in reached)]


def test_a_very_long_one_is_cut() -> None:
    assert len(named_in("Hindernis: " + "a" * 2000)[0].words) == 300

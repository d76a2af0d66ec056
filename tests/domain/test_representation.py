"""Who falls clearly short: less than half the share in the network, where at least one would have been expected."""

import pytest

from bot.domain.organisations import SIZE_BOUNDS, Level
from bot.domain.representation import Cell, Representation, falls_short, representation
from bot.texts import text
from tests.fakes import HOUSE, TEXTS


@pytest.mark.parametrize(
    ("organisations", "taking_part", "of_all", "of_taking_part", "short"),
    [
        (50, 2, 100, 10, True),  # 5 expected, 2 there
        (50, 3, 100, 10, False),
        (40, 2, 100, 10, False),  # exactly half of the 4 expected
        (10, 0, 100, 10, True),  # exactly 1 expected
        (9, 0, 100, 10, False),  # none could be expected
        (50, 0, 100, 0, False),  # nobody takes part at all: that is another message
        (3, 0, 3, 0, False),
        (0, 0, 0, 0, False),
        (1, 1, 1, 1, False),
    ],
)
def test_the_rule(organisations: int, taking_part: int, of_all: int, of_taking_part: int, short: bool) -> None:
    assert falls_short(organisations, taking_part, of_all, of_taking_part) is short


def test_freiburg_small_municipalities_are_seen_to_be_missing() -> None:
    seen = representation(
        [
            Cell(Level.MUNICIPALITY, 0, 40, 1),
            Cell(Level.MUNICIPALITY, 1, 20, 4),
            Cell(Level.CITY, 3, 20, 6),
            Cell(Level.CITY, 5, 1, 1),
        ]
    )
    assert [(share.name, share.organisations, share.taking_part) for share in seen.sizes] == [
        (0, 40, 1),
        (1, 20, 4),
        (3, 20, 6),
        (5, 1, 1),
    ]
    assert seen.short_sizes == (0,)
    assert seen.short_levels == ()  # 5 of 60 municipalities against 7 of 21 cities: more than half their share
    assert seen.falls_short


def test_what_is_not_known_of_an_organisation_is_left_out_of_that_comparison() -> None:
    seen = representation([Cell(None, 0, 4, 2), Cell(Level.COUNTY, None, 4, 2), Cell(None, None, 9, 9)])
    assert [(share.name, share.organisations, share.taking_part) for share in seen.sizes] == [(0, 4, 2)]
    assert [(share.name, share.organisations, share.taking_part) for share in seen.levels] == [(Level.COUNTY, 4, 2)]


def test_an_empty_network_has_nothing_to_compare() -> None:
    assert representation([]) == Representation((), ())
    assert not representation([]).falls_short


@pytest.mark.parametrize("language", ["de", "en"])
def test_each_size_class_is_called_by_its_bounds(language: str) -> None:
    called = [TEXTS.render(text("representation.size", number=n), language, HOUSE.zone).plain for n in range(6)]
    separator = "." if language == "de" else ","
    lowest = [f"{bound:,}".replace(",", separator) for bound in SIZE_BOUNDS]
    highest = [f"{bound - 1:,}".replace(",", separator) for bound in SIZE_BOUNDS]
    assert lowest[0] in called[0]
    for name, low, high in zip(called[1:5], lowest[:-1], highest[1:], strict=True):
        assert low in name
        assert high in name
    assert lowest[-1] in called[5]

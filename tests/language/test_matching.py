"""A search for what changed, against a search through everything: narrowed down, not different."""

from dataclasses import replace
from functools import lru_cache

import pytest

from benchmarks.synergies import TUNING, entries, invented, labelled
from bot.domain.synergies import ALIKE, Pair
from bot.language.likeness import MOST_OF_WORDS
from bot.language.matching import Entry, Request, alike
from bot.language.synonyms import kept

LABELLED = entries(labelled(TUNING))
INVENTED = invented(150)


@lru_cache
def all_pairs(of: tuple[Entry, ...]) -> dict[tuple[int, int], Pair]:
    return {(pair.first, pair.second): pair for pair in alike(Request(of), kept(None))}


@pytest.mark.parametrize("projects", [LABELLED, INVENTED], ids=["labelled", "invented"])
def test_a_search_for_each_finds_all_that_a_search_through_everything_finds(projects: list[Entry]) -> None:
    whole = all_pairs(tuple(projects))
    assert len(whole) > 100
    for each in projects:
        some = alike(Request(projects, changed=[each.id]), kept(None))
        assert {(pair.first, pair.second): pair for pair in some} == {
            both: pair for both, pair in whole.items() if each.id in both
        }


def test_a_search_for_several_is_one_for_each_of_them() -> None:
    changed = [entry.id for entry in LABELLED[::7]]
    some = alike(Request(LABELLED, changed=changed), kept(None))
    assert {(pair.first, pair.second): pair for pair in some} == {
        both: pair for both, pair in all_pairs(tuple(LABELLED)).items() if not set(both).isdisjoint(changed)
    }


def test_a_network_without_words_has_no_pairs() -> None:
    empty = Entry(1, "", "", "", "", None)
    assert [*alike(Request([], changed=[]), kept(None))] == []
    assert [*alike(Request([empty, replace(empty, id=2)], changed=[1, 9]), kept(None))] == []


def test_words_alone_make_no_likeness() -> None:
    """What `matching` leaves out may be left out."""
    assert MOST_OF_WORDS < ALIKE

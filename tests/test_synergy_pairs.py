"""The labelled pairs for judging the search for synergies keep what their head comment promises."""

import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.domain.project import is_key

FILE = Path(__file__).parent.parent / "benchmarks" / "synergy_pairs.toml"

Pair = dict[str, Any]
Project = dict[str, Any]


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    found: list[Pair] = tomllib.loads(FILE.read_text(encoding="utf-8"))["pair"]
    return found


def projects_of(pairs: list[Pair]) -> list[Project]:
    return [pair[side] for pair in pairs for side in ("first", "second")]


def share_of_empty_goals(pairs: list[Pair]) -> float:
    projects = projects_of(pairs)
    return sum(not project["goal"] for project in projects) / len(projects)


def test_there_are_as_many_synergies_as_look_alikes_in_either_half(pairs: list[Pair]) -> None:
    counts = Counter((pair["synergy"], pair["final"]) for pair in pairs)
    assert counts == {(True, True): 15, (True, False): 15, (False, True): 15, (False, False): 15}


def test_every_pair_says_why_and_every_project_is_complete(pairs: list[Pair]) -> None:
    assert all(pair.keys() == {"synergy", "final", "why", "first", "second"} for pair in pairs)
    assert all(pair["why"].strip() for pair in pairs)
    for project in projects_of(pairs):
        assert project.keys() == {"key", "title", "goal", "description", "fields", "organisation"}
        assert project["title"].strip(), project["key"]
        assert project["organisation"].strip(), project["key"]
        assert all(field.strip() for field in project["fields"]), project["key"]


def test_keys_are_valid_and_unique_whatever_their_case(pairs: list[Pair]) -> None:
    keys = [project["key"] for project in projects_of(pairs)]
    assert [key for key in keys if not is_key(key)] == []
    assert [key for key, times in Counter(key.casefold() for key in keys).items() if times > 1] == []


@pytest.mark.parametrize("mark", ["final", "synergy"])
def test_goals_are_missing_about_as_often_on_both_sides(pairs: list[Pair], mark: str) -> None:
    marked = share_of_empty_goals([pair for pair in pairs if pair[mark]])
    others = share_of_empty_goals([pair for pair in pairs if not pair[mark]])
    assert marked > 0
    assert marked == pytest.approx(others, abs=0.1)


def test_the_order_is_mixed(pairs: list[Pair]) -> None:
    for mark in ("synergy", "final"):
        changes = sum(one[mark] != other[mark] for one, other in pairwise(pairs))
        assert changes >= 20, mark

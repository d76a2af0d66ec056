"""Who sits at which table in which round of a workshop, so that people meet new ones each time (Freiburg).

The social golfer problem. Where an orthogonal array is large enough (`bot.domain.designs`), nobody meets anybody twice,
and people are only shuffled in it. Everything else is a local search (`bot.domain.hall`). Below that, a table mixes
organisations, and Politik with Verwaltung. The same seed gives the same plan.
"""

import math
import random
from collections.abc import Sequence
from itertools import combinations

from bot.domain import designs
from bot.domain.hall import Guest, Hall, Round

__all__ = ["Guest", "Round", "fewest", "plan", "repeats"]


def plan(
    guests: Sequence[Guest],
    tables: int,
    rounds: int,
    seed: str,
    *,
    past: Sequence[Round] = (),
    ahead: Sequence[Round] = (),
) -> tuple[Round, ...]:
    """All rounds. `past` ones stay as they were; of those planned `ahead`, as much as the coming and going allows.

    Raises ValueError for no round or table, or more tables than guests.
    """
    if rounds < 1 or not 1 <= tables <= len(guests):
        raise ValueError(f"{len(guests)} guests at {tables} tables in {rounds} rounds")
    if len(past) >= rounds or tables == 1:
        missing = max(rounds - len(past), 0)
        return (*past, *[(tuple(guest.person for guest in guests),)] * missing)
    chance = random.Random(seed)  # noqa: S311 - the same plan from the same seed, no secret
    hall = Hall(guests, tables, past)
    for number in range(len(past), rounds):
        hall.add(_kept(guests, tables, ahead[number - len(past)] if number - len(past) < len(ahead) else ()))
    if not past and not ahead:
        hall.take(_designed(len(guests), tables, rounds, chance))
    hall.complete(chance)
    hall.anneal(chance)
    if not past:
        hall.mix(chance)
    return (*past, *hall.rounds())


def repeats(plan: Sequence[Round]) -> int:
    """How many meetings are not the first one of their pair."""
    met = [pair for seated in plan for table in seated for pair in combinations(sorted(table), 2)]
    return len(met) - len(set(met))


def fewest(guests: int, tables: int, rounds: int) -> int:
    """A number of repeats that no plan can undercut (many cannot reach it).

    Each meets no more people than there are. And of those who shared a table, some meet in the next round already
    where there are more of them than tables.
    """
    small, large = divmod(guests, tables)
    sizes = [small + 1] * large + [small] * (tables - large)
    seats = sum(size * (size - 1) for size in sizes)
    by_people = math.ceil(max(rounds * seats - guests * (guests - 1), 0) / 2)
    by_tables = (rounds - 1) * sum(_together(size, tables) for size in sizes)
    return max(by_people, by_tables)


def _together(people: int, tables: int) -> int:
    """How many pairs share a table at least, however these people are spread over the tables."""
    each, more = divmod(people, tables)
    return more * (each + 1) * each // 2 + (tables - more) * each * (each - 1) // 2


def _kept(guests: Sequence[Guest], tables: int, seated: Round) -> list[int]:
    """At which table each sits as it was planned; -1 for who has no seat yet."""
    at = {person: table for table, people in enumerate(seated[:tables]) for person in people}
    return [at.get(guest.person, -1) for guest in guests]


def _designed(guests: int, tables: int, rounds: int, chance: random.Random) -> list[list[int]]:
    """As many rounds without repeats as an array gives, or none."""
    columns = designs.columns(tables)
    if not columns or guests > tables**2:
        return []
    places = list(range(tables**2))
    if len(columns) > rounds:  # whole levels of a column to spare: whoever they leave out is missing at each table once
        places.sort(key=lambda place: columns[rounds][place])
        places = places[:guests]
    else:
        places = _spread(places, columns, guests, chance)
    return [[column[place] for place in places] for column in columns[:rounds]]


def _spread(places: list[int], columns: Sequence[designs.Column], guests: int, chance: random.Random) -> list[int]:
    """Leave places out, always where the tables have lost fewest."""
    lost = [[0] * (max(column) + 1) for column in columns]
    chance.shuffle(places)
    for _ in range(len(places) - guests):
        out = min(places, key=lambda place: sum(4 ** lost[n][column[place]] for n, column in enumerate(columns)))
        places.remove(out)
        for number, column in enumerate(columns):
            lost[number][column[out]] += 1
    return places

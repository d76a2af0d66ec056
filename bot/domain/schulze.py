"""Rankings put together: the Schulze method (M. Schulze, A new monotonic, clone-independent, reversal symmetric, and
Condorcet-consistent single-winner election method, Social Choice and Welfare 36, 2011), and Borda points beside it.

A duel is won by the option that more weight prefers; the weight of its supporters is its strength („winning votes“, as
Debian counts). A path is as strong as its weakest duel. One option is better than another if its strongest
path there is stronger than the strongest path back. Equal ranks in a vote support neither side. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence

Tiers = Sequence[Sequence[int]]  # the best first; each tier is of equals
Duels = Mapping[tuple[int, int], int]


def duels(rankings: Iterable[tuple[Tiers, int]], size: int) -> dict[tuple[int, int], int]:
    """How much weight prefers the first of a pair to the second.

    `rankings` are complete votes over the options 1 … `size` with their weights. An option's victories are summed in
    one whole number with a field for each opponent: a vote costs one addition an option, not one a pair (2,000
    rankings of 20 options would be 380,000).
    """
    votes = list(rankings)
    width = sum(weight for _, weight in votes).bit_length() + 1  # a field never flows over into the next
    field = [1 << (width * option) for option in range(size + 1)]
    everybody = sum(field[1:])
    victories = [0] * (size + 1)
    for tiers, weight in votes:
        below = everybody
        for tier in tiers:
            for option in tier:
                below -= field[option]
            for option in tier:
                victories[option] += below * weight
    mask = (1 << width) - 1
    pairs = ((one, other) for one in range(1, size + 1) for other in range(1, size + 1) if one != other)
    return {(one, other): victories[one] >> (width * other) & mask for one, other in pairs}


def strongest_paths(duels: Duels, size: int) -> dict[tuple[int, int], int]:
    """The strength of the strongest path between each two options; 0 where there is none (Floyd and Warshall)."""
    paths = {(one, other): won if won > duels[other, one] else 0 for (one, other), won in duels.items()}
    options = range(1, size + 1)
    for via in options:
        for start in options:
            if start == via or not (first := paths[start, via]):
                continue
            for end in options:
                if end not in (start, via):
                    reach = min(first, paths[via, end])
                    paths[start, end] = max(paths[start, end], reach)
    return paths


def places(duels: Duels, size: int) -> tuple[tuple[int, ...], ...]:
    """The options by place, the best first, equals together.

    First are those that none is better than; next those that only they are better than, and so on. „Better“ is
    transitive, „neither is better“ is not: of two options on one place neither is better, but an option may stand
    on a later place than one that is not better than it.
    """
    paths = strongest_paths(duels, size)
    left = list(range(1, size + 1))
    found: list[tuple[int, ...]] = []
    while left:
        best = [one for one in left if all(paths[one, other] >= paths[other, one] for other in left if other != one)]
        found.append(tuple(best))
        left = [option for option in left if option not in best]
    return tuple(found)


def doubled_borda(duels: Duels, size: int, weight: int) -> dict[int, int]:
    """The Borda points of each option, times two so that they stay whole. `weight` is that of all votes.

    An option gets from each vote one point for each option below it (J.-C. de Borda, Mémoire sur les élections au
    scrutin, 1781); equals share what their ranks would bring, which is half a point for each other of them. So every
    other option brings twice the weight that ranks it lower, and once the weight that ranks it equal.
    """
    options = range(1, size + 1)
    return {
        one: sum(weight + duels[one, other] - duels[other, one] for other in options if other != one) for one in options
    }

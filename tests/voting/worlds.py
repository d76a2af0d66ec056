"""What is put to whose vote, at random."""

from random import Random

from tests.voting.history import IN_ROOM, ORGANISATIONS, Paper, World

KINDS = ("approval", "choice", "multiple", "ranking", "points", "resistance", "dates")
RULES = {
    "approval": ("simple", "absolute", "two_thirds", "three_quarters", "unanimous", "consent"),
    "choice": ("simple", "absolute", "two_thirds", "three_quarters", "unanimous"),
    "multiple": ("simple", "absolute", "two_thirds", "three_quarters"),
}


def world(rng: Random) -> World:
    """What is put to whose vote."""
    franchise = rng.choice(("organisations", "organisations", "organisations", "persons", "list"))
    visibility = rng.choice(("open", "open", "covered", "confidential"))
    first = _paper(rng)
    papers = [first]
    if rng.random() < 0.3:
        papers += [first if rng.random() < 0.5 else _paper(rng) for _ in range(rng.choice((1, 1, 2)))]
    electors = {
        "organisations": tuple(ORGANISATIONS),
        "persons": IN_ROOM,
        "list": tuple(rng.sample(tuple(ORGANISATIONS), rng.randint(1, 3)) + rng.sample(IN_ROOM, rng.randint(1, 3))),
    }[franchise]
    weights = tuple((name, rng.randint(2, 4)) for name in electors if name in ORGANISATIONS and rng.random() < 0.25)
    return World(franchise, visibility, tuple(papers), electors, weights)


def _paper(rng: Random) -> Paper:
    kind = "approval" if rng.random() < 0.3 else rng.choice(KINDS)
    quorum = rng.choice((0, 0, rng.randint(1, 100)))
    return Paper(
        kind=kind,
        options=0 if kind == "approval" else rng.randint(2, 4),
        points=rng.randint(3, 10) if kind == "points" else 0,
        rule=rng.choice(RULES.get(kind, ("simple",))) if rng.random() < 0.6 else "simple",
        base=rng.choice(("valid", "valid", "cast", "all")) if kind in RULES else "valid",
        quorum=quorum,
        quorum_of=rng.choice(("electors", "weights", "classes")) if quorum else "electors",
    )

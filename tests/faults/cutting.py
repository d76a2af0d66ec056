"""Answers that never reach the bot, as the dice will: each thing that it asks for loses a few of them."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.proxy import Asked, How, Proxy

WAYS = (How.CUT_AFTER, How.TRUNCATED, How.CUT_AFTER, How.DRIP)
TIMES = (1, 1, 1, 2, 3)
"""Of what is asked for again, so many answers get lost. Each doubles the time until the next attempt."""


@dataclass
class Cutting:
    """What was decided over each request, by its method and path: how its answers get lost, and how many still do."""

    dice: random.Random
    concerns: Callable[[Asked], bool]
    cut: Counter[str] = field(default_factory=Counter)
    """How many answers got lost, by what was asked for."""
    things: set[str] = field(default_factory=set)
    """What was asked for, each once."""
    _left: dict[str, tuple[How, int]] = field(default_factory=dict)
    _latest: tuple[Asked | None, How | None] = (None, None)

    def begin(self, proxy: Proxy) -> None:
        """From now on."""
        for way in dict.fromkeys(WAYS):
            proxy.breaks(way, lambda asked, way=way: self._way(asked) is way, seconds=0.2)

    def _way(self, asked: Asked) -> How | None:
        """How the answer to this request gets lost; None if it does not. Decided once, however often it is asked."""
        if self._latest[0] is not asked:
            self._latest = asked, self._decided(asked) if self.concerns(asked) else None
        return self._latest[1]

    def _decided(self, asked: Asked) -> How | None:
        thing = f"{asked.method} {asked.what}"
        self.things.add(thing)
        how, left = self._left.pop(thing, None) or (self.dice.choice(WAYS), self.dice.choice(TIMES))
        if left or asked.method == "PUT":  # a POST has no name of its own: the next is another one
            self._left[thing] = how, max(0, left - 1)
        if not left:
            return None
        self.cut[kind_of(asked)] += 1
        return how


def kind_of(asked: Asked) -> str:
    """What a request is about, without the room: „send/m.reaction“, „createRoom“."""
    parts = asked.what.split("/")
    if parts[0] == "media":
        return parts[-1]
    if parts[0] != "rooms":
        return parts[0]
    return "/".join(parts[2:4]) if parts[2] in ("send", "state") else parts[2]

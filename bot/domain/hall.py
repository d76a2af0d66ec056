"""The rounds of a workshop while they are planned: what each seat costs, and a search for cheaper ones.

Two people change their seats in one round as long as that saves repeats, at first also where it costs some (simulated
annealing; I. Dotú and P. Van Hentenryck 2005 search the same neighbourhood). No search has more than `_MOST` tries.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

Round = tuple[tuple[str, ...], ...]
"""Who sits at each table."""

_AGAIN, _COLLEAGUE, _BENCH = 1_000, 60, 1  # what a pair at a table costs: met before, of one organisation, of one bench
_MOST: Final = 60_000
_EACH: Final = 300  # tries for each person and round, where that is fewer
_HEAT, _COLD = 600.0, 40.0


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who takes part. `organisation` and `bench` are None where they are not known."""

    person: str
    organisation: str | None = None
    bench: str | None = None


class Hall:
    """The rounds that are being planned. `_cost[a][b]` is what it would cost that these two sit together once more."""

    def __init__(self, guests: Sequence[Guest], tables: int, past: Sequence[Round]) -> None:
        self._guests, self._tables = guests, tables
        self._like = [[_likeness(one, other) for other in guests] for one in guests]
        self._cost = [list(row) for row in self._like]
        self._at: list[list[int]] = []  # round and guest to table
        self._seated: list[list[list[int]]] = []  # round and table to guests
        number = {guest.person: n for n, guest in enumerate(guests)}
        for seated in past:
            for people in seated:
                for one, other in combinations((number[person] for person in people if person in number), 2):
                    self._meet(one, other, _AGAIN)

    def add(self, at: list[int]) -> None:
        """One more round, in which some may have no seat yet."""
        self._at.append([-1] * len(at))
        self._seated.append([[] for _ in range(self._tables)])
        for guest, table in enumerate(at):
            if table >= 0:
                self._sit(len(self._at) - 1, guest, table)

    def take(self, designed: Sequence[Sequence[int]]) -> None:
        """Seat everybody as designed, in the rounds that it has."""
        for number, at in enumerate(designed):
            for guest, table in enumerate(at):
                self._sit(number, guest, table)

    def complete(self, chance: random.Random) -> None:
        """Everybody has a seat in every round, and no two tables differ by more than one."""
        for number, at in enumerate(self._at):
            waiting = [guest for guest, table in enumerate(at) if table < 0]
            chance.shuffle(waiting)
            for guest in waiting:
                self._sit(number, guest, self._cheapest(number, guest))
            self._even(number)

    def _cheapest(self, number: int, guest: int) -> int:
        """The table to join: one of the smallest, and of those where the guest knows fewest."""
        seated = self._seated[number]
        fewest_ = min(len(people) for people in seated)
        smallest = [table for table, people in enumerate(seated) if len(people) == fewest_]
        return min(smallest, key=lambda table: self._joining(guest, seated[table]))

    def _even(self, number: int) -> None:
        seated = self._seated[number]
        while True:
            large = max(range(self._tables), key=lambda table: len(seated[table]))
            small = min(range(self._tables), key=lambda table: len(seated[table]))
            if len(seated[large]) - len(seated[small]) <= 1:
                return
            mover = min(
                seated[large],
                key=lambda guest: self._joining(guest, seated[small]) - self._leaving(guest, seated[large]),
            )
            self._rise(number, mover)
            self._sit(number, mover, small)

    def anneal(self, chance: random.Random) -> None:
        """Let two people change their seats in a round, again and again; the best that was found stands."""
        total = lowest = self._price()
        best = [list(at) for at in self._at]
        steps = min(_MOST, _EACH * len(self._guests) * len(self._at))
        cooling = (_COLD / _HEAT) ** (1 / steps)
        heat = _HEAT if total >= _AGAIN else _COLD  # a design has nothing to lose but its colleagues
        for _ in range(steps):
            if not lowest:
                break
            heat *= cooling
            swap = self._some(chance)
            gain = self._change(*swap)
            if gain <= 0 or chance.random() < math.exp(-gain / heat):
                self._swap(*swap)
                total += gain
                if total < lowest:
                    lowest, best = total, [list(at) for at in self._at]
        self._restore(best)

    def mix(self, chance: random.Random) -> None:
        """Let two people change places in all rounds: who meets how often stays as it is, tables get more mixed."""
        if not any(any(row) for row in self._like):
            return
        rounds, people = range(len(self._at)), range(len(self._guests))
        for _ in range(_MOST // 4):
            a, b = chance.sample(people, 2)
            if sum(self._likes(number, a, b) + self._likes(number, b, a) for number in rounds) < 0:
                for number in rounds:
                    self._swap(number, a, b)

    def rounds(self) -> tuple[Round, ...]:
        """Who sits where, as names."""
        return tuple(
            tuple(tuple(self._guests[guest].person for guest in sorted(people)) for people in seated)
            for seated in self._seated
        )

    def _some(self, chance: random.Random) -> tuple[int, int, int]:
        """A round, and two people who sit at different tables there."""
        number = int(chance.random() * len(self._at))
        at = self._at[number]
        a = int(chance.random() * len(at))
        while True:
            b = int(chance.random() * len(at))
            if at[a] != at[b]:
                return number, a, b

    def _change(self, number: int, a: int, b: int) -> int:
        """What it would cost that these two change their seats; less than nothing: it saves as much."""
        at, seated = self._at[number], self._seated[number]
        here, there = seated[at[a]], seated[at[b]]
        now = self._leaving(a, here) + self._leaving(b, there)
        then = self._joining(a, there) - self._cost[a][b] + self._joining(b, here) - self._cost[a][b]
        return then - now

    def _likes(self, number: int, a: int, b: int) -> int:
        """What `a` in the place of `b` would cost that round, apart from who has met."""
        at, seated, likes = self._at[number], self._seated[number], self._like[a]
        if at[a] == at[b]:
            return 0
        return sum(likes[x] for x in seated[at[b]] if x != b) - sum(likes[x] for x in seated[at[a]])

    def _joining(self, guest: int, people: Sequence[int]) -> int:
        return sum(map(self._cost[guest].__getitem__, people))

    def _leaving(self, guest: int, people: Sequence[int]) -> int:
        """What is saved: with each of the others one meeting fewer."""
        return self._joining(guest, people) - (len(people) - 1) * _AGAIN - self._cost[guest][guest]

    def _price(self) -> int:
        """All that the plan costs: of each pair, every meeting after the first, and every one of colleagues."""
        return sum(
            self._cost[a][b] - _AGAIN
            for seated in self._seated
            for people in seated
            for a, b in combinations(people, 2)
        )

    def _swap(self, number: int, a: int, b: int) -> None:
        here, there = self._at[number][a], self._at[number][b]
        self._rise(number, a)
        self._rise(number, b)
        self._sit(number, a, there)
        self._sit(number, b, here)

    def _sit(self, number: int, guest: int, table: int) -> None:
        people = self._seated[number][table]
        for other in people:
            self._meet(guest, other, _AGAIN)
        people.append(guest)
        self._at[number][guest] = table

    def _rise(self, number: int, guest: int) -> None:
        people = self._seated[number][self._at[number][guest]]
        people.remove(guest)
        for other in people:
            self._meet(guest, other, -_AGAIN)
        self._at[number][guest] = -1

    def _meet(self, one: int, other: int, cost: int) -> None:
        self._cost[one][other] += cost
        self._cost[other][one] += cost

    def _restore(self, best: Sequence[Sequence[int]]) -> None:
        for number, at in enumerate(best):
            for guest, table in enumerate(at):
                if self._at[number][guest] != table:
                    self._rise(number, guest)
                    self._sit(number, guest, table)


def _likeness(one: Guest, other: Guest) -> int:
    """What it costs that two sit together who have much in common."""
    if one is other:
        return 0
    same = one.organisation is not None and one.organisation == other.organisation
    return (_COLLEAGUE if same else 0) + (_BENCH if one.bench is not None and one.bench == other.bench else 0)

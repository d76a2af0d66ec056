"""Orthogonal arrays: plans of seats in which no two people ever meet twice.

An array of order q has q² places and several columns of q levels; in any two columns each pair of levels stands at
exactly one place. A column is a round, a level a table: two people who share a table share none in any other round.

Sources: R. C. Bose 1938 (prime powers), H. F. MacNeish 1922 (products), and for the orders 10 and 22, of which Euler
thought that there are none, R. C. Bose, S. S. Shrikhande and E. T. Parker 1960 (orders 3m + 1).
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

Column = tuple[int, ...]
_LARGEST = 40  # tables; beyond that nobody holds a workshop, and the search alone does


@lru_cache(maxsize=8)
def columns(order: int) -> tuple[Column, ...]:
    """As many columns as these constructions give for q = `order`; at least two, for one they say nothing."""
    if not 2 <= order <= _LARGEST:
        return ()
    if order in (10, 22):
        return _thirds(order // 3)
    first, *others = (_of_prime_power(*factor) for factor in _factors(order))
    for other in others:
        first = _product(first, other)
    return first


def _factors(order: int) -> Iterator[tuple[int, int]]:
    """The prime powers whose product it is: prime and exponent."""
    prime = 2
    while order > 1:
        exponent = 0
        while order % prime == 0:
            order, exponent = order // prime, exponent + 1
        if exponent:
            yield prime, exponent
        prime += 1


def _product(one: tuple[Column, ...], other: tuple[Column, ...]) -> tuple[Column, ...]:
    levels = max(other[0]) + 1
    return tuple(
        tuple(a * levels + b for a, b in product(left, right)) for left, right in zip(one, other, strict=False)
    )


def _of_prime_power(prime: int, exponent: int) -> tuple[Column, ...]:
    """The lines of the affine plane: x itself, and y + m·x for each slope m."""
    field = _Field(prime, exponent)
    points = list(product(range(field.order), repeat=2))
    slopes = (tuple(field.plus(y, field.times(m, x)) for x, y in points) for m in range(field.order))
    return (tuple(x for x, _ in points), *slopes)


class _Field:
    """The field of prime-power order; an element is the number whose digits to the base of the prime it has."""

    def __init__(self, prime: int, exponent: int) -> None:
        self._prime, self._exponent = prime, exponent
        self.order = prime**exponent
        self._modulus = next(each for each in product(range(prime), repeat=exponent) if self._is_field(each))

    def plus(self, a: int, b: int) -> int:
        return self._number([(x + y) % self._prime for x, y in zip(self._digits(a), self._digits(b), strict=True)])

    def times(self, a: int, b: int) -> int:
        return self._times(a, b, self._modulus)

    def _times(self, a: int, b: int, modulus: tuple[int, ...]) -> int:
        """Multiply by Horner's scheme; xⁿ is replaced by `modulus`, the lowest digit first."""
        total = [0] * self._exponent
        for digit in reversed(self._digits(b)):
            carry = total[-1]
            total = [(low + carry * high) % self._prime for low, high in zip([0, *total[:-1]], modulus, strict=True)]
            total = [(x + digit * y) % self._prime for x, y in zip(total, self._digits(a), strict=True)]
        return self._number(total)

    def _is_field(self, modulus: tuple[int, ...]) -> bool:
        """Whether nothing but zero makes zero: with the powers of the element x, everything else can be reached."""
        power, seen = 1, set[int]()
        x = self._prime if self._exponent > 1 else modulus[0]
        while power not in seen:
            seen.add(power)
            power = self._times(power, x, modulus)
        return len(seen) == self.order - 1 and 0 not in seen

    def _digits(self, number: int) -> list[int]:
        return [number // self._prime**place % self._prime for place in range(self._exponent)]

    def _number(self, digits: list[int]) -> int:
        return sum(digit * self._prime**place for place, digit in enumerate(digits))


def _thirds(m: int) -> tuple[Column, ...]:
    """Four columns of order 3m + 1: m levels that stay where they are, the others turn in a circle of 2m + 1."""
    circle = 2 * m + 1
    rows: list[tuple[int, ...]] = [(i, i, i, i) for i in range(circle)]
    for i, j in product(range(circle), range(1, m + 1)):
        a, b, c, d = i, (i + j) % circle, (i - j) % circle, circle + j - 1
        rows += [(a, b, c, d), (b, a, d, c), (c, d, a, b), (d, c, b, a)]
    rows += [tuple(circle + level for level in row) for row in zip(*columns(m)[:4], strict=True)]
    return tuple(zip(*rows, strict=True))

"""How often somebody may ask: a bucket of tokens each, that fills up with time. In memory, and bounded."""

import ipaddress
import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

KEPT: Final = 10_000
"""Buckets; the one used longest ago goes first, and by then it is full again."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` requests at once, and from then on `second` of them a second."""

    burst: int
    second: float


class Limit:
    """Counts by name: an address, a session."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, name: str, now: float) -> int:
        """Take a token; 0, or the whole seconds until there is one. `now` is in seconds of a clock that nobody sets."""
        left, at = self._buckets.pop(name, (float(self._rate.burst), now))
        left = min(self._rate.burst, left + (now - at) * self._rate.second)
        allowed = left >= 1
        self._buckets[name] = (left - 1 if allowed else left, now)
        if len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
        return 0 if allowed else math.ceil((1 - left) / self._rate.second)


def network_of(address: str) -> str:
    """Whose address it is: with IPv6 everybody has 2^64 of them, and a limit for each would be none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)

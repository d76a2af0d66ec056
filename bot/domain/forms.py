"""The canonical answers as regular expressions: the quick test whether something is one. `answers` says what they mean.

Every vote is judged when it comes, and again at the close; reading and writing it anew would take ten times as long.
Each form is made once for a number of options.
"""

import re
from functools import lru_cache
from itertools import pairwise

_COMMA_OR_END = r"(?:,(?=\d)|$)"
_NEVER = r"(?!)"  # without options nothing is an answer


@lru_cache
def one(size: int) -> re.Pattern[str]:
    """`2`"""
    return re.compile("|".join(map(str, range(1, size + 1))) or _NEVER)


@lru_cache
def some(size: int) -> re.Pattern[str]:
    """`2,4`"""
    return re.compile(r"(?=\d)" + "".join(f"(?:{number}{_COMMA_OR_END})?" for number in range(1, size + 1)))


@lru_cache
def amounts(size: int) -> re.Pattern[str]:
    """`1:3,2:1`, whatever it adds up to."""
    parts = (rf"(?:{number}:[1-9][0-9]{{0,8}}{_COMMA_OR_END})?" for number in range(1, size + 1))
    return re.compile(r"(?=\d)" + "".join(parts))


@lru_cache
def ratings(size: int) -> re.Pattern[str]:
    """`1:0,2:10`"""
    return re.compile(",".join(rf"{number}:(?:10|[0-9])" for number in range(1, size + 1)) or _NEVER)


@lru_cache
def dates(size: int) -> re.Pattern[str]:
    """`1:yes,2:no`"""
    return re.compile(",".join(f"{number}:(?:yes|maybe|no)" for number in range(1, size + 1)) or _NEVER)


def is_ranking(answer: str, size: int) -> bool:
    """`2>1=3`"""
    if sorted(answer.replace("=", ">").split(">")) != _numbers(size):
        return False
    return "=" not in answer or all(
        int(left) < int(right) for tier in answer.split(">") for left, right in pairwise(tier.split("="))
    )


@lru_cache
def _numbers(size: int) -> list[str]:
    """The options as text, in the order of text."""
    return sorted(map(str, range(1, size + 1)))

"""A bot that cannot bear one word: `python -m tests.faults.poisoned run -c config.toml`.

A message with that word raises what nobody foresaw, a vote or reaction does wherever that happens to be.
"""

from typing import Any

from bot import handling
from bot.__main__ import main

POISON = "Bittermandel"


def breaks(real: Any) -> Any:
    """The same, and it raises over the poison."""

    def one(self: Any, happening: Any, scope: Any) -> Any:
        rows = real(self, happening, scope)
        if POISON in (getattr(happening, "body", ""), getattr(happening, "key", "")) or (
            POISON in getattr(happening, "body", "")
        ):
            raise ValueError(POISON)  # after what it has written: that must be undone
        return rows

    return one


if __name__ == "__main__":
    handling.Handling._one = breaks(handling.Handling._one)  # type: ignore[method-assign]
    main()

"""What views share: how they read an address, and how a page of ours is filled."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from bot.web.page import Absent, Shown, Tools

T = TypeVar("T")
LONGEST_NUMBER: Final = 6  # digits


def shown(template: str, tools: Tools, **values: Any) -> Shown:
    """A page of the folder `overview`. `spoken` is the language that people here write in."""
    return Shown(f"overview/{template}", values | {"spoken": tools.house.language})


def number(values: Mapping[str, str], name: str) -> int | None:
    """A number in an address; None where there is none, or something else."""
    digits = values.get(name, "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER else None


def page(values: Mapping[str, str]) -> int:
    """Which page of a list."""
    return number(values, "seite") or 1


def there(found: T | None) -> T:
    """What was found. Raises Absent."""
    if found is None:
        raise Absent
    return found


def chosen(values: Mapping[str, str], name: str) -> str | None:
    """What stands in a field of a form; None for an empty one."""
    return values.get(name, "").strip() or None

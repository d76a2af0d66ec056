"""Lines „Feld: Wert“ below the first line of a command, and blocks of them („Vorlage 2“). Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.errors import UserError
from bot.language.names import fold

FIRST: Final = 1
"""The number of the block that is the command itself; its head („Vorlage 1“) may be left out."""

_LINE = re.compile(r"\s*([^\W\d_][\w ./-]{0,29}?)\s*:(?:\s+(.*)|\s*)$")
_HEAD = re.compile(r"\s*([^\W\d_]+)\s*(?:nr\.?|no\.?)?\s*(\d{1,3})\s*[.)]?\s*(?::\s*(.*))?$", flags=re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Names:
    """What lines may be called, as compared (`fold`).

    `fields` maps to the field meant, `later` those that a further block may have of its own (the others belong to the
    command wherever they stand). `heads` are the words that start a block, `head` the field that words behind it are.
    """

    fields: Mapping[str, str]
    later: Mapping[str, str] = field(default_factory=dict)
    heads: frozenset[str] = frozenset()
    head: str = ""


@dataclass(slots=True)
class Fields:
    """What was read: values by block and field, what is no field, and the first line that belongs to none."""

    values: dict[int, dict[str, str]] = field(default_factory=lambda: {FIRST: {}})
    unknown: list[tuple[int, str, str]] = field(default_factory=list)
    stray: str | None = None

    def filled(self) -> dict[int, dict[str, str]]:
        """The values without empty ones; a block without any stays."""
        return {
            number: {name: value for name, value in block.items() if value} for number, block in self.values.items()
        }


def read_fields(below: str, names: Names) -> Fields:
    """Read the lines. One that is no field goes on with the field before it.

    Raises UserError `inbox.field_twice`. Stops at a stray line.
    """
    found = Fields()
    block, current = FIRST, ""
    place = found.values[FIRST]  # where the current field stands
    for line in below.splitlines():
        if (started := _HEAD.match(line)) and fold(started[1]) in names.heads:
            block, current = int(started[2]), ""
            place = found.values.setdefault(block, {})
            if started[3]:
                current = names.head
                _put(place, current, started[3].strip(), started[1])
            continue
        named = _LINE.match(line)
        name = names.fields.get(fold(named[1])) if named else None
        if named and name is not None:
            own = block != FIRST and fold(named[1]) in names.later
            place, current = found.values[block if own else FIRST], name
            _put(place, name, (named[2] or "").strip(), named[1].strip())
        elif named and current != "text":  # a text may hold colons, so it ends only at a known field
            found.unknown.append((block, named[1].strip(), (named[2] or "").strip()))
            current = ""
        elif current:
            place[current] = f"{place[current]}\n{line}".strip()
        elif line.strip() and not found.unknown:
            found.stray = line.strip()
            return found
    return found


def _put(place: dict[str, str], name: str, value: str, typed: str) -> None:
    if name in place:
        raise UserError("inbox.field_twice", name=typed)
    place[name] = value

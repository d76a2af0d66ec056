"""Power levels: who may do what in a room. Pure; rooms may hold anything, and nothing here raises.

(https://spec.matrix.org/latest/client-server-api/#mroompower_levels)
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.events import Power

POWER_LEVELS, CREATE, TOMBSTONE = "m.room.power_levels", "m.room.create", "m.room.tombstone"
STATE_DEFAULT = 50
DIGITS = re.compile(r"[+-]?[0-9]{1,18}")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """What else decides about our power in a room. `sovereign`: we created it, and its version makes that count."""

    sovereign: bool = False
    encrypted: bool = False


def lacks(content: Mapping[str, Any], us: str, standing: Standing) -> frozenset[Power]:
    """What these power levels do not let us do.

    Words are for the homeserver what they are sent as: `m.room.encrypted` in an encrypted room, and there nobody
    checks the level of the `m.room.message` inside.
    """
    if standing.sovereign:
        return frozenset()
    ours = level_of(content, us)
    words = "m.room.encrypted" if standing.encrypted else "m.room.message"
    needed = {
        Power.SPEAK: to_send(content, words),
        Power.REACT: to_send(content, "m.reaction"),
        Power.PIN: to_set(content, "m.room.pinned_events"),
        Power.INVITE: number(content.get("invite"), 0),
        Power.NAME: to_set(content, "m.room.name"),
    }
    return frozenset(power for power, level in needed.items() if ours < level)


def level_of(content: Mapping[str, Any], person: str) -> int:
    """A person's level. Creators of rooms from version 12 on stand above all levels: see `sovereigns`."""
    return number(_dict(content.get("users")).get(person), number(content.get("users_default"), 0))


def to_send(content: Mapping[str, Any], kind: str) -> int:
    """The level that sending such an event needs."""
    return number(_dict(content.get("events")).get(kind), number(content.get("events_default"), 0))


def to_set(content: Mapping[str, Any], kind: str) -> int:
    """The level that setting such a piece of state needs."""
    return number(_dict(content.get("events")).get(kind), number(content.get("state_default"), STATE_DEFAULT))


def raised(content: Json, wanted: Mapping[str, int], above: Collection[str]) -> Json:
    """The same power levels with these people raised, nobody lowered, and those `above` all levels not named."""
    users = _dict(content.get("users"))
    rising = {person: level for person, level in wanted.items() if person not in above}
    return content | {"users": {**users, **{p: level for p, level in rising.items() if level_of(content, p) < level}}}


def sovereigns(room_id: str, create: Mapping[str, Any]) -> frozenset[str]:
    """The creators whose power has no limit, by the whole `m.room.create` event.

    Such creators came with room version 12, and so did room IDs without a server.
    """
    if ":" in room_id:
        return frozenset()
    others = _dict(create.get("content")).get("additional_creators")
    named = [create.get("sender"), *(others if isinstance(others, list) else ())]
    return frozenset(person for person in named if isinstance(person, str))


def number(value: object, default: int) -> int:
    """A level; old rooms also hold them as text."""
    if isinstance(value, str) and DIGITS.fullmatch(value.strip()):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

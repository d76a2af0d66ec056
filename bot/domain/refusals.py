"""Why a homeserver did not do what it was asked to, in kinds that a person can do something about."""

import re
from enum import StrEnum


class Obstacle(StrEnum):
    """What stands in the way."""

    UNKNOWN = "unknown"  # no such account
    BANNED = "banned"
    UNREACHABLE = "unreachable"  # the person's server, or ours
    FORBIDDEN = "forbidden"  # our power does not suffice, or the servers do not talk to each other
    TAKEN = "taken"  # the alias and all its variants
    OTHER = "other"


SIGNS = {
    Obstacle.BANNED: r"\bbanned\b|M_BAD_STATE",
    Obstacle.UNKNOWN: r"no account|M_INVALID_PARAM|\b404\b",
    Obstacle.TAKEN: r"\balias\b|M_ROOM_IN_USE",
    Obstacle.FORBIDDEN: r"M_FORBIDDEN|M_UNAUTHORI[SZ]ED|\b403\b",
    Obstacle.UNREACHABLE: r"no answer|the answer is no|\b(?:429|5\d\d)\b|M_LIMIT_EXCEEDED",
}


def obstacle_of(problem: str) -> Obstacle:
    """The kind of a problem as `bot.matrix` words it."""
    return next((kind for kind, sign in SIGNS.items() if re.search(sign, problem)), Obstacle.OTHER)

"""Names as they may stand in an address: of a room, a space, a file."""

import re

from bot.language.names import fold

LONGEST = 60


def slug(name: str, otherwise: str = "raum") -> str:
    """„Mobilität & Straße“ as „mobilitaet-strasse“: a-z, 0-9 and single hyphens, at most 60 characters.

    `otherwise` is for a name of which nothing is left, in another script for instance.
    """
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:LONGEST].rstrip("-") or otherwise

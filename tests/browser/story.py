"""The invented network that the pages show: its people, rooms and aims, and what they said (`story.txt`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ANNA, BEN, CEM, DORA, EMIL = (f"@{name}:example.org" for name in ("anna", "ben", "cem", "dora", "emil"))
GUEST = "@kim:example.org"  # sees one project
OLGA, PAUL = "@olga:example.org", "@paul:example.org"  # another network's
OVERVIEW, AKTE, PORTAL, DATEN = (f"!{name}:example.org" for name in ("alle", "akte", "portal", "daten"))
ABROAD = "!sued:example.org"
NAMES = {
    OVERVIEW: "Modellkommunen: Überblick",
    AKTE: "Digitale Akte",
    PORTAL: "Bürgernahe Verwaltungsdienstleistungen",
    DATEN: "Daten und Netze",
    ABROAD: "Südverbund",
}
EVERYBODY = (ANNA, BEN, CEM, DORA, EMIL)
LONGEST_KEY = "Grundstücksverkehrsgenehmigungszuständig"  # 40 characters: as long as a key may be
HIDDEN = "Geheimvorhaben"  # the other network's project
AIMS = {
    "goal": ("Verwaltung ohne Papier", "Ein Antrag genügt", "Daten teilen"),
    "principle": ("Offenheit", "Wiederverwendung", "Barrierefreiheit"),
}
MORE: dict[str, dict[str, object]] = {
    "eAkte": {
        "description": "Alle Bauakten seit 1950 werden gescannt, verschlagwortet und im Fachverfahren bereitgestellt.",
        "influential": True,
        "goals": ("Verwaltung ohne Papier", "Ein Antrag genügt"),
        "principles": ("Offenheit", "Wiederverwendung"),
    },
    "Registratur": {"goals": ("Verwaltung ohne Papier",), "influential": False},
    "Serviceportal": {"goals": ("Ein Antrag genügt",), "principles": ("Barrierefreiheit",)},
}  # what is known of projects besides
SYNERGIES = (("eAkte", "Registratur", True), ("Serviceportal", "Bürgerkarte", False))  # linked, or only suggested


def direct(person: str) -> str:
    """The ID of somebody's direct chat with the bot."""
    return f"!direct-{person[1:]}"


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody gives commands in a room, so many days before today."""

    days: float
    person: str
    room: str
    commands: tuple[str, ...]


def steps() -> Iterator[Step]:
    """All that was said, in its order."""
    text = (Path(__file__).parent / "story.txt").read_text(encoding="utf-8")
    for block in re.split(r"^-- ", text, flags=re.MULTILINE)[1:]:
        head, _, said = block.partition("\n")
        days, person, room = head.split()
        commands = tuple(each.strip() for each in re.split(r"^(?=!)", said, flags=re.MULTILINE) if each.strip())
        yield Step(float(days), f"{person}:example.org", f"!{room}:example.org", commands)

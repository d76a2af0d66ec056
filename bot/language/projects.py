"""How people call what is known of a project, its phases and its funding, in both languages.

`FIELDS` is the one list of a project's fields: the lines under `!projekt`, the columns of a file, the questions of a
survey, the columns of the overview.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.project import Funding, Light, Phase, listed, several
from bot.language.names import fold, match

LONGEST = 1000  # characters of a field
NOTHING = frozenset({"-", "–", "—", "−"})  # typed for a field to empty it

PHASES = {
    "Zukunftsprojekt": Phase.FUTURE,
    "Zukunft": Phase.FUTURE,
    "future": Phase.FUTURE,
    "future project": Phase.FUTURE,
    "in Planung": Phase.PLANNED,
    "geplant": Phase.PLANNED,
    "planned": Phase.PLANNED,
    "planning": Phase.PLANNED,
    "in planning": Phase.PLANNED,
    "in Umsetzung": Phase.RUNNING,
    "laufend": Phase.RUNNING,
    "running": Phase.RUNNING,
    "in progress": Phase.RUNNING,
    "abgeschlossen": Phase.DONE,
    "fertig": Phase.DONE,
    "done": Phase.DONE,
    "completed": Phase.DONE,
    "pausiert": Phase.PAUSED,
    "paused": Phase.PAUSED,
}
FUNDINGS = {
    "unbekannt": Funding.UNKNOWN,
    "unknown": Funding.UNKNOWN,
    "nicht finanziert": Funding.NONE,
    "not funded": Funding.NONE,
    "teilweise finanziert": Funding.PARTLY,
    "teilweise": Funding.PARTLY,
    "partly funded": Funding.PARTLY,
    "partly": Funding.PARTLY,
    "finanziert": Funding.FULL,
    "funded": Funding.FULL,
}
LIGHTS = {
    "grün": Light.GREEN,
    "green": Light.GREEN,
    "🟢": Light.GREEN,
    "gelb": Light.YELLOW,
    "yellow": Light.YELLOW,
    "🟡": Light.YELLOW,
    "rot": Light.RED,
    "red": Light.RED,
    "🔴": Light.RED,
}
YES_NO = {"ja": True, "yes": True, "x": True, "nein": False, "no": False}


class Holds(StrEnum):
    """What a field holds, and so how it is asked for, checked, and shown."""

    TEXT = "text"
    PERSON = "person"
    CHOICE = "choice"
    NAMES = "names"
    AIMS = "aims"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class ProjectField:
    """A field of a project: its attribute (of aims: the name of the list), how people call it, how they fill it.

    `choices` are the words for its values, the first word of each value the one that is written (`de`, then `en`).
    `empty` is its value where nothing is known.
    """

    name: str
    de: str
    en: str
    holds: Holds = Holds.TEXT
    also: tuple[str, ...] = ()
    choices: Mapping[str, Any] | None = None
    empty: Any = None

    def folded(self) -> set[str]:
        """All its names, as compared."""
        return {fold(name) for name in (self.de, self.en, *self.also)}

    def read(self, words: str) -> Any:
        """What the words mean; None if that cannot be understood. Empty words are for the caller. People stay words."""
        lines = self.holds in (Holds.TEXT, Holds.NAMES, Holds.AIMS)  # a line break stands between names, too
        return _READ[self.holds](self, words.strip() if lines else " ".join(words.split()))

    def possible(self, language: str) -> list[str]:
        """The words for its values, one a value; without choices, none."""
        return [self.write(value, language) for value in dict.fromkeys((self.choices or {}).values())]

    def shown(self, stored: str | None, language: str) -> str:
        """A value as the history keeps it (`ProjectChange`), as people write it."""
        found = next((value for value in (self.choices or {}).values() if str(value) == stored), stored)
        return self.write(found, language)

    def write(self, value: Any, language: str) -> str:
        """A value as people write it, so that `read` gives it back; „“ for None."""
        if value is None:
            return ""
        if self.choices is not None:
            words = [word for word, meant in self.choices.items() if meant == value]
            return _in_language(words, language)
        if self.holds is Holds.AIMS:
            return listed(value) or ""
        return str(value)


def _text(_: ProjectField, words: str) -> str | None:
    return words if len(words) <= LONGEST else None


def _choice(field: ProjectField, words: str) -> Any:
    return match(words, dict(field.choices or {}))


def _names(_: ProjectField, words: str) -> str | None:
    return listed(several(words)) if len(words) <= LONGEST else None


def _aims(_: ProjectField, words: str) -> tuple[str, ...] | None:
    return several(words) if len(words) <= LONGEST else None


def _percent(_: ProjectField, words: str) -> int | None:
    number = words.rstrip("% ").strip()
    return int(number) if number.isascii() and number.isdigit() and len(number) <= 3 and int(number) <= 100 else None


_READ: Mapping[Holds, Callable[[ProjectField, str], Any]] = {
    Holds.TEXT: _text,
    Holds.PERSON: _text,
    Holds.CHOICE: _choice,
    Holds.NAMES: _names,
    Holds.AIMS: _aims,
    Holds.PERCENT: _percent,
}
ENGLISH = frozenset({"future", "planned", "running", "done", "paused", "green", "yellow", "red", "yes", "no"}) | {
    "unknown",
    "not funded",
    "partly funded",
    "funded",
}


def _in_language(words: list[str], language: str) -> str:
    if language == "de":
        return words[0]
    return next((word for word in words if word in ENGLISH), words[0])


FIELDS = (
    ProjectField("title", "Titel", "Title"),
    ProjectField("goal", "Ziel", "Goal"),
    ProjectField("description", "Beschreibung", "Description"),
    ProjectField(
        "owner", "Verantwortlich", "Owner", Holds.PERSON, ("Verantwortliche", "Verantwortlicher", "responsible")
    ),
    ProjectField("organisation", "Organisation", "Organisation", also=("Organization", "Kommune")),
    ProjectField(
        "field",
        "Handlungsfeld",
        "Field of action",
        Holds.NAMES,
        ("Handlungsfelder", "Fields of action", "Field", "Feld"),
    ),
    ProjectField("goals", "Agendaziele", "Agenda goals", Holds.AIMS, ("Agendaziel", "Agenda goal"), empty=()),
    ProjectField(
        "principles",
        "Leitprinzipien",
        "Principles",
        Holds.AIMS,
        ("Leitprinzip", "Principle", "Guiding principles"),
        empty=(),
    ),
    ProjectField("phase", "Projektstatus", "Phase", Holds.CHOICE, choices=PHASES),
    ProjectField("funding", "Finanzierung", "Funding", Holds.CHOICE, choices=FUNDINGS, empty=Funding.UNKNOWN),
    ProjectField("priority", "Priorität", "Priority"),
    ProjectField("influential", "Einflussreich", "Influential", Holds.CHOICE, ("Leuchtturm",), YES_NO),
    ProjectField("partners", "Partner", "Partners"),
    ProjectField("milestone", "Meilenstein", "Milestone"),
    ProjectField("light", "Ampel", "Light", Holds.CHOICE, choices=LIGHTS),
    ProjectField("progress", "Fortschritt", "Progress", Holds.PERCENT),
)
BY_NAME = {field.name: field for field in FIELDS}
REPORTED = frozenset({"light", "progress"})  # what a status update says; all else is changed by `!projekt`

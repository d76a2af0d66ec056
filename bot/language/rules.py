"""The terms of a ballot as people write them: Art, Regel, Basis, Quorum, Sichtbarkeit, Wahlberechtigt."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from bot.domain.answers import Kind
from bot.domain.consultation import Franchise, Visibility
from bot.domain.deciding import Base, Quorum, QuorumOf, Rule
from bot.domain.organisations import Level
from bot.language.lists import listed
from bot.language.names import fold, nearest
from bot.language.organisations import read_level

T = TypeVar("T")


class Special(StrEnum):
    """What is understood, but is no value of the field."""

    NO_QUORUM = "no_quorum"
    SECRET = "secret"  # noqa: S105 - an election that the bot cannot hold: to be refused with the reason


NO_QUORUM: Final = Special.NO_QUORUM
SECRET: Final = Special.SECRET


class OutOfRange(ValueError):
    """A quorum that is understood but impossible: 0 %, 110 %. `percent` is what was written."""

    def __init__(self, percent: str) -> None:
        super().__init__(percent)
        self.percent = percent


@dataclass(frozen=True, slots=True)
class Electorate:
    """Who may vote. `of` is a level, or for a list the names and Matrix IDs, one a line, as written."""

    franchise: Franchise
    of: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Who is on the list."""
        return tuple(self.of.splitlines()) if self.franchise is Franchise.LIST else ()


def _folded(words: Mapping[T, Iterable[str]]) -> dict[str, T]:
    return {_plain(word): value for value, spellings in words.items() for word in spellings}


def _plain(words: str) -> str:
    """Folded, hyphens as blanks, without marks at the ends."""
    return " ".join(fold(words).replace("-", " ").strip(" .!;,:„“”\"'").split())


_KINDS = _folded({
    Kind.APPROVAL: (
        "Zustimmung", "Ja/Nein", "Ja / Nein", "Ja oder Nein", "Ja Nein", "Abstimmung", "Ja/Nein/Enthaltung",
        "Zustimmung oder Ablehnung", "approval", "approve", "yes/no", "yes no", "yes or no",
    ),
    Kind.CHOICE: (
        "Auswahl", "Einfachauswahl", "Einzelauswahl", "Einfachwahl", "eine Auswahl", "eine Option", "eine Stimme",
        "choice", "single choice", "single", "one option", "one choice",
    ),
    Kind.MULTIPLE: (
        "Mehrfachauswahl", "Mehrfachwahl", "Mehrfach", "mehrere", "mehrere Optionen", "Mehrfachnennung",
        "multiple choice", "multiple", "approval voting", "several",
    ),
    Kind.RANKING: (
        "Rangfolge", "Reihenfolge", "Rangliste", "Ranking", "Rang", "Rangordnung", "Präferenz", "Präferenzwahl",
        "Schulze", "ranking", "rank", "ranked", "ranked choice", "order", "preference",
    ),
    Kind.POINTS: (
        "Punkte", "Punkt", "Punktevergabe", "Punkteverteilung", "Punkte verteilen", "Punktewahl", "Bepunktung",
        "points", "score", "spread points", "dot voting",
    ),
    Kind.RESISTANCE: (
        "Widerstand", "Widerstände", "Widerstandsabfrage", "Widerstandsmessung", "systemisches Konsensieren",
        "Konsensieren", "systemischer Konsens", "SK", "resistance", "systemic consensus", "systemic consensing",
    ),
    Kind.DATES: (
        "Termin", "Termine", "Terminfindung", "Terminumfrage", "Terminabstimmung", "Terminwahl", "Datum", "Terminsuche",
        "date", "dates", "date poll", "meeting date", "scheduling",
    ),
})  # fmt: skip
_RULES = _folded({
    Rule.SIMPLE: ("einfache Mehrheit", "einfach", "einfache", "Mehrheit", "simple majority", "simple", "majority"),
    Rule.ABSOLUTE: ("absolute Mehrheit", "absolut", "absolute", "absolute majority"),
    Rule.TWO_THIRDS: (
        "zwei Drittel", "zweidrittel", "Zweidrittelmehrheit", "zwei Drittel Mehrheit", "2/3", "2/3 Mehrheit", "⅔",
        "⅔ Mehrheit", "Mehrheit von zwei Dritteln", "two thirds", "two thirds majority", "2/3 majority", "⅔ majority",
    ),
    Rule.THREE_QUARTERS: (
        "drei Viertel", "dreiviertel", "Dreiviertelmehrheit", "drei Viertel Mehrheit", "3/4", "3/4 Mehrheit", "¾",
        "¾ Mehrheit", "Mehrheit von drei Vierteln", "three quarters", "three quarters majority", "3/4 majority",
        "¾ majority",
    ),
    Rule.UNANIMOUS: (
        "einstimmig", "Einstimmigkeit", "einmütig", "ohne Gegenstimme", "keine Gegenstimme", "unanimous", "unanimity",
        "unanimously",
    ),
    Rule.CONSENT: (
        "Konsent", "Konsentprinzip", "kein Einwand", "kein begründeter Einwand", "kein schwerwiegender Einwand",
        "ohne begründeten Einwand", "consent", "no objection", "no reasoned objection",
    ),
})  # fmt: skip
_BASES = _folded({
    Base.VALID: (
        "gültige", "gültig", "gültige Stimmen", "der gültigen Stimmen", "ohne Enthaltungen", "ohne Enthaltung",
        "Ja und Nein", "valid", "valid votes", "without abstentions",
    ),
    Base.CAST: (
        "abgegebene", "abgegeben", "abgegebene Stimmen", "der abgegebenen Stimmen", "mit Enthaltungen",
        "mit Enthaltung", "Teilnehmende", "cast", "votes cast", "all votes cast", "with abstentions",
    ),
    Base.ALL: (
        "alle", "alle Stimmberechtigten", "aller Stimmberechtigten", "Stimmberechtigte", "alle Wahlberechtigten",
        "aller Wahlberechtigten", "Wahlberechtigte", "alle Organisationen", "all", "all entitled", "entitled",
        "everyone", "everybody", "all electors",
    ),
})  # fmt: skip
_VISIBILITIES: dict[str, Visibility | Special] = _folded({
    Visibility.OPEN: ("offen", "namentlich", "offen (namentlich)", "öffentlich", "open", "named", "by name", "public"),
    Visibility.COVERED: (
        "verdeckt", "bis zum Schluss verdeckt", "erst nach Schluss", "nach Schluss", "covered", "hidden", "undisclosed",
        "hidden until the close", "after the close",
    ),
    Visibility.CONFIDENTIAL: ("vertraulich", "nur Summen", "confidential", "sums only", "totals only"),
    Special.SECRET: (
        "geheim", "geheime Wahl", "geheime Abstimmung", "anonym", "anonyme Abstimmung", "secret", "secret ballot",
        "secret election", "secret vote", "anonymous",
    ),
})  # fmt: skip
_ELECTORATES = _folded({
    Franchise.ORGANISATIONS: (
        "Organisationen", "Organisation", "alle Organisationen", "alle", "all",
        "alle Stimmberechtigten", "everybody", "jede Organisation", "Organisationen des Verbunds",
        "Kommunen", "alle Kommunen", "organisations", "organizations", "all organisations", "all organizations",
    ),
    Franchise.PERSONS: (
        "Personen", "Person", "alle Personen", "Personen im Raum", "alle im Raum", "jede Person", "persons", "people",
        "everybody in the room", "people in the room", "all persons", "all people",
    ),
    Franchise.ACTIVE: (
        "Aktive", "Aktiven", "die Aktiven", "alle Aktiven", "Aktive der Gruppe", "active", "active members",
        "active members of the group", "the active",
    ),
})  # fmt: skip
_LEVELS = _folded({
    Level.STATE: ("Länder", "states"),
    Level.COUNTY: ("Landkreise", "Kreise", "counties"),
    Level.CITY: ("Städte", "cities", "towns"),
    Level.MUNICIPALITY: ("Gemeinden", "municipalities"),
    Level.DEPARTMENT: ("Dezernate", "departments"),
    Level.OFFICE: ("Ämter", "offices"),
    Level.PARTY: ("Fraktionen", "parliamentary groups"),
    Level.UNIVERSITY: ("Hochschulen", "universities"),
})  # fmt: skip
_NO_QUORUM = frozenset({
    "", "keins", "keines", "kein", "keine", "ohne", "kein quorum", "ohne quorum",
    "none", "no", "no quorum", "without", "without quorum",
})  # fmt: skip
_SHARES = {  # no thirds: 67 % is more than two of three
    "die haelfte": 50, "haelfte": 50, "half": 50, "one half": 50, "alle": 100, "all": 100, "ein viertel": 25,
    "drei viertel": 75, "a quarter": 25, "three quarters": 75,
}  # fmt: skip
_OF = _folded({
    QuorumOf.ELECTORS: (
        "", "der Stimmberechtigten", "aller Stimmberechtigten", "der Organisationen", "aller Organisationen",
        "der Wahlberechtigten", "aller Wahlberechtigten", "der Stimmen", "der Personen", "of all", "of the electors",
        "of electors", "of the organisations", "of organisations", "of all organisations", "of the organizations",
        "of those entitled", "of those entitled to vote", "of the people",
    ),
    QuorumOf.WEIGHTS: (
        "der Stimmgewichte", "der Gewichte", "des Stimmgewichts", "der Stimmgewichtung", "nach Stimmgewicht",
        "nach Gewicht", "aller Stimmgewichte", "of the weights", "of weights", "of the voting weights", "by weight",
        "of voting weights", "of the weight", "of all weights",
    ),
    QuorumOf.CLASSES: (
        "je Größenklasse", "pro Größenklasse", "jeder Größenklasse", "in jeder Größenklasse", "je Klasse",
        "per size class", "of each size class", "in each size class", "of every size class", "in every size class",
        "per class",
    ),
})  # fmt: skip
_PERCENT = re.compile(
    r"(?P<sign>[-+]?)(?P<number>[0-9]{1,9}(?:[.,][0-9]{1,9})?) ?(?:%|v\. ?h\.|prozent|percent|per cent|pct)(?P<of>.*)"
)
_AT_LEAST = re.compile(r"^(?:mindestens|mind\.|wenigstens|at least|quorum:?) ")
_BARE = re.compile(r"[0-9]{1,3}")
LEAST_BARE: Final = 20
"""A bare number from here on is a share in percent; „5“ may mean five organisations, so it is asked for."""
_LEVEL = re.compile(
    r"(?:(?:die |alle )?(?:Organisationen )?(?:der )?Ebenen?|(?:organi[sz]ations of )?(?:the )?levels?)"
    r"(?:\s*:\s*|\s+)(.+)",
    re.IGNORECASE,
)
_LONGEST = 200


def read_kind(words: str) -> Kind | None:
    """The kind of ballot that is meant, or None."""
    return _KINDS.get(_plain(words[:_LONGEST]))


def read_rule(words: str) -> Rule | None:
    """By which majority it is decided, or None."""
    return _RULES.get(_plain(words[:_LONGEST]))


def read_base(words: str) -> Base | None:
    """What is 100 %, or None."""
    return _BASES.get(_plain(words[:_LONGEST]))


def read_visibility(words: str) -> Visibility | Special | None:
    """Who sees what; `SECRET` for a secret ballot, which is to be refused; or None."""
    return _VISIBILITIES.get(_plain(words[:_LONGEST]))


def read_quorum(words: str) -> Quorum | Special | None:
    """The quorum; `NO_QUORUM` if there shall be none („keins“); None for what is not understood.

    Raises OutOfRange for a share that is none: below 1 %, above 100 %, or broken („110 %“, „0 %“, „60,5 %“).
    """
    typed = _AT_LEAST.sub("", fold(words[:_LONGEST]).strip(" .!;"))
    if typed.rstrip("-") in _NO_QUORUM:
        return NO_QUORUM
    if (found := _PERCENT.fullmatch(typed)) is not None:
        of = _OF.get(_plain(found["of"]))
        return None if of is None else Quorum(_percent(found["sign"], found["number"]), of)
    if _BARE.fullmatch(typed) and int(typed) >= LEAST_BARE:
        return Quorum(_percent("", typed), QuorumOf.ELECTORS)
    for share, percent in _SHARES.items():
        if typed == share or typed.startswith(f"{share} "):
            of = _OF.get(_plain(typed.removeprefix(share)))
            return None if of is None else Quorum(percent, of)
    return None


def _percent(sign: str, number: str) -> int:
    value = float(number.replace(",", "."))
    if sign == "-" or not value.is_integer() or not 1 <= value <= 100:
        raise OutOfRange(f"{sign}{number}")
    return int(value)


def read_electorate(words: str) -> Electorate | None:
    """Who may vote: a word of the surface, „Ebene Stadt, Gemeinde“, „Städte“, or a list of names and Matrix IDs.

    What is no such word is a list, so only empty words and an unknown level give None; whether the names are known
    is for who knows the network.
    """
    typed = words.strip()
    if (franchise := _ELECTORATES.get(_plain(typed[:_LONGEST]))) is not None:
        return Electorate(franchise)
    if (found := _LEVEL.fullmatch(typed)) is not None:
        levels = [_level(each) for each in _and_too(found[1])]
        return _of_levels(each for each in levels if each) if levels and all(levels) else None
    if (levels := [_LEVELS.get(_plain(each.removeprefix("alle "))) for each in _and_too(typed)]) and all(levels):
        return _of_levels(each for each in levels if each)
    names = dict.fromkeys(listed(typed))
    return Electorate(Franchise.LIST, "\n".join(names)) if names else None


def _and_too(words: str) -> list[str]:
    """„Stadt, Gemeinde und Landkreis“."""
    return [each for part in listed(words[:_LONGEST]) for each in re.split(r"\s+(?:und|and|&)\s+", part)]


def _level(words: str) -> str | None:
    return read_level(words.strip(" „“”\"'.!")) or _LEVELS.get(_plain(words))


def _of_levels(levels: Iterable[str]) -> Electorate:
    return Electorate(Franchise.LEVEL, "\n".join(dict.fromkeys(levels)))


def rule_like(words: str) -> Rule | None:
    """The rule that may have been meant by a word that is none: „Konsens“ is like „Konsent“."""
    close = nearest(_plain(words[:_LONGEST]), _RULES)
    return _RULES[close[0]] if close else None

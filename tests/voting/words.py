"""What people type: a consultation, a vote, a mandate; in German, as the bot's help shows it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tests.voting.history import (
    CLOSES,
    ORGANISATIONS,
    ClosedEarly,
    Deputised,
    Event,
    Extended,
    Mandated,
    Paper,
    Reworded,
    Typed,
    World,
    moment,
)

BERLIN = ZoneInfo("Europe/Berlin")
KINDS = {
    "approval": "Zustimmung", "choice": "Auswahl", "multiple": "Mehrfachauswahl", "ranking": "Rangfolge",
    "points": "Punkte", "resistance": "Widerstand", "dates": "Termin",
}  # fmt: skip
RULES = {
    "simple": "einfache Mehrheit", "absolute": "absolute Mehrheit", "two_thirds": "zwei Drittel",
    "three_quarters": "drei Viertel", "unanimous": "einstimmig", "consent": "Konsent",
}  # fmt: skip
BASES = {"valid": "gültige", "cast": "abgegebene", "all": "alle"}
QUORUM_OF = {"electors": "", "weights": " der Stimmgewichte", "classes": " je Größenklasse"}
VISIBILITIES = {"open": "offen", "covered": "verdeckt", "confidential": "vertraulich"}


def local(seconds: float) -> str:
    """A moment as people in Berlin write it."""
    return f"{moment(seconds).astimezone(BERLIN):%d.%m.%Y %H:%M:%S}"


@dataclass(frozen=True)
class Words:
    """How people and organisations are called where it is played; `short` is the consultation's key."""

    before: str = "@"
    behind: str = ":example.org"
    apart: str = ""  # behind the name of an organisation
    short: str = "K1"

    def person(self, name: str) -> str:
        """A name as a Matrix ID."""
        return f"{self.before}{name}{self.behind}"

    def name(self, person: str) -> str:
        """A Matrix ID as a name."""
        return person.removeprefix(self.before).removesuffix(self.behind)

    def organisation(self, name: str) -> str:
        """An organisation as the bot knows it."""
        return name + self.apart

    def new_organisation(self, name: str) -> str:
        """The command that makes one, with its mandates."""
        holders, deputies, inhabitants = ORGANISATIONS[name]
        lines = [f"!organisation neu {self.organisation(name)}", f"Einwohner: {inhabitants}"]
        given = (("Mandat", holders), ("Vertretung", deputies))
        return "\n".join([*lines, *(f"{word}: {self._ids(people)}" for word, people in given if people)])

    def weighted(self, name: str, weight: int) -> str:
        """The command that sets a weight."""
        return f"!organisation {self.organisation(name)}\nStimmgewicht: {weight}"

    def opening(self, world: World, closes: float = CLOSES) -> str:
        """The command that puts it to the vote."""
        lines = ["!konsultation neu Abstimmung", f"Schluss: {local(closes)}", "Erinnerung: keine"]
        lines.append(f"Sichtbarkeit: {VISIBILITIES[world.visibility]}")
        if world.franchise == "persons":
            lines.append("Wahlberechtigt: Personen")
        elif world.franchise == "list" or self.apart:
            named = (self.organisation(each) if each in ORGANISATIONS else self.person(each) for each in world.electors)
            lines.append(f"Wahlberechtigt: {', '.join(named)}")
        for number, paper in enumerate(world.papers, 1):
            lines += ([f"Vorlage {number}"] if number > 1 else []) + _paper_lines(number, paper)
        return "\n".join(lines)

    def vote(self, event: Typed, ballots: int) -> str:
        """A typed vote."""
        behind = "" if ballots == 1 else " alle" if event.ballot is None else f".{event.ballot}"
        named = f" für {self.organisation(event.for_whom)}" if event.for_whom else ""
        reason = f" Begründung: {event.reason}" if event.reason else ""  # „weil“ would stay in it
        told = f" ({event.informant})" if event.informant else ""
        return f"{'' if event.direct else '!'}stimme {self.short}{behind}{named} {event.words}{reason}{told}"

    def command(self, event: Event) -> str:
        """What leads to everything else."""
        match event:
            case Mandated():
                word = "Vertretung" if event.deputies else "Mandat"
                return f"!organisation {self.organisation(event.organisation)}\n{word}: {self._ids(event.people)}"
            case Deputised(withdrawn=True):
                return f"!vertretung {self.person(event.person)} entziehen"
            case Deputised(start=float() | int() as start, end=float() | int() as end):
                return f"!vertretung {self.person(event.person)} von {local(start)} bis {local(end)}"
            case Deputised():
                return f"!vertretung {self.person(event.person)}"
            case Reworded():
                votes = "übernehmen" if event.carried else "verfallen"
                head = f"!konsultation {self.short}.{event.ballot} fassung"
                return f"{head}\nText: Text {event.id + 1}.\nStimmen: {votes}"
            case Extended():
                return f"!konsultation {self.short} verlängern {local(event.until)}"
            case ClosedEarly():
                return f"!konsultation {self.short} schließen"
        raise TypeError(type(event))

    def _ids(self, people: tuple[str, ...]) -> str:
        return ", ".join(map(self.person, people)) or "keine"


def _paper_lines(number: int, paper: Paper) -> list[str]:
    lines = [f"Frage: Frage {number}?", f"Text: Text 1 von {number}.", f"Art: {KINDS[paper.kind]}"]
    if paper.kind == "dates":
        lines += ["Optionen:", *(f"- {10 + day}.1.2034 10:00" for day in range(1, paper.options + 1))]
    elif paper.options:
        lines += ["Optionen:", *(f"- {name}" for name in ("Birke", "Linde", "Esche", "Ulme")[: paper.options])]
    if paper.points:
        lines.append(f"Punkte: {paper.points}")
    lines += [f"Regel: {RULES[paper.rule]}", f"Basis: {BASES[paper.base]}"]
    # a further ballot takes over what the first one says, unless it says something itself
    lines.append(f"Quorum: {paper.quorum} %{QUORUM_OF[paper.quorum_of]}" if paper.quorum else "Quorum: keins")
    return lines

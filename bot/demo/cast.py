"""Who plays, and where: nine invented municipalities, six fields of action and a plenum.

Modelled on the Zukunftswerkstatt of the Freiburg region (January 2019): six fields of action with people who drive them
(Aktive), but one field found nobody. The municipalities have the votes: Lindenstadt has a deputy besides its mandate
holder, and nobody in Weidenfurt uses Matrix.
"""

from dataclasses import dataclass

from bot.language.names import fold

BOT_LOCALPART = "zwischenstand"
BOT_NAME = "Zwischenstand"


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody from a municipality, which shows in the Matrix ID as well."""

    first_name: str
    last_name: str
    level: str
    municipality: str

    @property
    def localpart(self) -> str:
        """The Matrix ID's own part: `ben.lindenstadt`."""
        return f"{fold(self.first_name)}.{fold(self.municipality)}"

    @property
    def display_name(self) -> str:
        """What clients show."""
        return f"{self.first_name} {self.last_name} ({self.level} {self.municipality})"

    @property
    def short_name(self) -> str:
        """What fits a terminal."""
        return f"{self.first_name}, {self.municipality}"


ANNA = Character("Anna", "Sommer", "Landkreis", "Tannengrund")
BEN = Character("Ben", "Muster", "Stadt", "Lindenstadt")
CEM = Character("Cem", "Aydın", "Stadt", "Erlenbrück")
DORA = Character("Dora", "Klee", "Stadt", "Ahornfeld")
EMIL = Character("Emil", "Vogt", "Gemeinde", "Ulmenried")
FATMA = Character("Fatma", "Yıldız", "Gemeinde", "Eschenmoor")
GRETA = Character("Greta", "Lang", "Landkreis", "Haselgau")
HENRIK = Character("Henrik", "Roth", "Stadt", "Lindenstadt")
IDA = Character("Ida", "Berg", "Gemeinde", "Holunderau")

COORDINATOR = ANNA
EVERYBODY = (ANNA, BEN, CEM, DORA, EMIL, FATMA, GRETA, HENRIK, IDA)
DEPUTIES = frozenset({HENRIK})


@dataclass(frozen=True, slots=True)
class Municipality:
    """Who has a vote in the network. `inhabitants` 0: not known."""

    name: str
    level: str
    inhabitants: int = 0

    @property
    def people(self) -> tuple[Character, ...]:
        """Who speaks for it in Matrix."""
        return tuple(who for who in EVERYBODY if who.municipality == self.name)


MUNICIPALITIES = (
    Municipality("Tannengrund", "Landkreis"),
    Municipality("Lindenstadt", "Stadt", 26_000),
    Municipality("Erlenbrück", "Stadt", 18_500),
    Municipality("Ahornfeld", "Stadt", 12_400),
    Municipality("Ulmenried", "Gemeinde", 4_100),
    Municipality("Eschenmoor", "Gemeinde", 2_900),
    Municipality("Haselgau", "Landkreis"),
    Municipality("Weidenfurt", "Gemeinde", 6_700),
    Municipality("Holunderau", "Gemeinde", 1_800),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A room that the coordinator opens, with the people who are active in it."""

    name: str
    topic: str
    active: tuple[Character, ...]


DIGILAB = Place("DigiLab", "Austauschplattform für Wissen, Projekte und Visionen", (GRETA, EMIL))
STRATEGY = Place("Lokale Digitalisierungsstrategie", "Kommunen, die noch keine Strategie haben", ())
PORTAL = Place("Serviceportal", "Das Portal gemeinsam in Betrieb nehmen", (DORA, CEM, FATMA))
TOGETHER = Place("Menschen mitnehmen", "Bürgerinnen und Bürger, die sonst außen vor bleiben", (HENRIK, IDA))
FILES = Place("Elektronische Akte", "Einführung elektronischer Aktenführung", (BEN, FATMA, EMIL))
LEADERS = Place("Führung und Qualifizierung", "Führungskräfte und Mitarbeitende vorbereiten", (HENRIK, CEM))

FIELDS = (DIGILAB, STRATEGY, PORTAL, TOGETHER, FILES, LEADERS)
PLENUM = Place("Plenum der Kommunen", "Neun Kommunen, jede mit einer Stimme", EVERYBODY[1:])
PLACES = (*FIELDS, PLENUM)

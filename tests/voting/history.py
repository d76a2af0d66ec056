"""What can happen while votes are taken, in the words that the bot's edge, a homeserver and the reference share.

A history is the world as it is when K1 opens, and everything that happens then, in the order in which it reaches the
bot. Times are seconds since the opening, people and organisations are names.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

OPENED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # a Friday, 10:00 in Berlin
CLOSES = 36_000  # unless it is moved
GRACE = 60
SKEW = 300  # by how much clocks may differ at the opening

COORDINATOR = "anna"
IN_ROOM = ("anna", "ben", "cem", "dora", "emil", "fritz", "gerd", "hanna", "ida")
ORGANISATIONS = {  # holders, deputies, size class by inhabitants
    "Lindenstadt": (("ben", "dora"), ("cem",), 26_000),
    "Erlenbrück": (("emil",), ("fritz",), 3_800),
    "Ahornfeld": (("gerd",), (), 7_000),
    "Ulmenau": ((), (), 2_100),
}
NOTICED = ("ben", "dora", "emil", "gerd")  # whom the bot tells at the opening that their organisation is asked


@dataclass(frozen=True)
class Paper:
    """One ballot: kind, how many options, how it is decided."""

    kind: str
    options: int = 0
    points: int = 0
    rule: str = "simple"
    base: str = "valid"
    quorum: int = 0
    quorum_of: str = "electors"


@dataclass(frozen=True)
class World:
    """What is put to whose vote. `electors` are organisations and people by name; `weights` those that are not 1."""

    franchise: str  # organisations, persons, list
    visibility: str
    papers: tuple[Paper, ...]
    electors: tuple[str, ...]
    weights: tuple[tuple[str, int], ...] = ()

    def weight(self, name: str) -> int:
        """The weight of an elector."""
        return dict(self.weights).get(name, 1)


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something that reaches the bot `at`."""

    at: float


@dataclass(frozen=True, kw_only=True)
class Event(Happening):
    """Somebody did it, and claims to have done so when it was `sent`.

    `away_since`: it came late because the bot was away from then on. `unheard`: /sync never brought it, the
    homeserver's list at the close does.
    """

    id: int
    who: str
    sent: float
    away_since: float | None = None
    unheard: bool = False


@dataclass(frozen=True, kw_only=True)
class Typed(Event):
    """`!stimme K1.2 …`. `answer` is canonical, None where `words` are no answer; `ballot` None means all of them.

    With `for_whom` an organisation is named, with `informant` somebody says who told them.
    """

    ballot: int | None
    answer: str | None
    words: str
    reason: str = ""
    direct: bool = False
    for_whom: str = ""
    informant: str = ""


@dataclass(frozen=True, kw_only=True)
class Clicked(Event):
    """A click in the native poll of an edition; no answers take the vote back."""

    ballot: int
    edition: int
    answers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Reacted(Event):
    """An emoji on the sheet of an edition, or on the notice in the direct chat. `answer`: what it stands for, or ""."""

    ballot: int
    edition: int
    emoji: str
    answer: str
    direct: bool = False


@dataclass(frozen=True, kw_only=True)
class TookBack(Event):
    """A redaction of another event."""

    target: int


@dataclass(frozen=True, kw_only=True)
class Moved(Event):
    """Somebody left the room, or came back."""

    leaves: bool


@dataclass(frozen=True, kw_only=True)
class Mandated(Event):
    """The coordinator sets who holds an organisation's mandate, or who deputises."""

    organisation: str
    people: tuple[str, ...]
    deputies: bool = False


@dataclass(frozen=True, kw_only=True)
class Deputised(Event):
    """A holder names a deputy, from when until when; or withdraws."""

    person: str
    start: float | None = None
    end: float | None = None
    withdrawn: bool = False


@dataclass(frozen=True, kw_only=True)
class Reworded(Event):
    """A new text; votes on the one before count on if `carried`."""

    ballot: int
    carried: bool


@dataclass(frozen=True, kw_only=True)
class Extended(Event):
    """The close is moved."""

    until: float


@dataclass(frozen=True, kw_only=True)
class ClosedEarly(Event):
    """The coordinator closes it now."""


@dataclass(frozen=True, kw_only=True)
class Ticked(Happening):
    """The bot's clock does what is due; at the close, and after the grace time."""


@dataclass(frozen=True, kw_only=True)
class Again(Happening):
    """The homeserver delivers an event once more."""

    target: int


@dataclass(frozen=True)
class History:
    """A whole consultation. `seed` makes the same one again; `grace` is in seconds."""

    seed: int
    world: World
    happenings: tuple[Happening, ...]
    grace: float = GRACE

    def __str__(self) -> str:
        """Readable by a person who looks for a mistake."""
        lines = [f"history of seed {self.seed}", f"  {self.world.franchise}, {self.world.visibility}"]
        lines += [f"  K1.{number} {paper}" for number, paper in enumerate(self.world.papers, 1)]
        lines.append("  " + ", ".join(f"{each} ×{self.world.weight(each)}" for each in self.world.electors))
        return "\n".join([*lines, *(f"  {told(each)}" for each in self.happenings)])


def told(happening: Happening) -> str:
    """One line: when it came, who, what, and whatever is not as usual."""
    usual = {field.name: field.default for field in fields(happening)}
    values = {field.name: getattr(happening, field.name) for field in fields(happening)}
    head = f"{values.pop('at'):8g}"
    if isinstance(happening, Event):
        head += f" #{values.pop('id')} {values.pop('who')}"
        if values["sent"] == happening.at:
            values.pop("sent")
    told = ", ".join(f"{name}={value!r}" for name, value in values.items() if value != usual.get(name))
    return f"{head} {type(happening).__name__}({told})"


def moment(seconds: float) -> datetime:
    """When that is."""
    return OPENED + timedelta(seconds=seconds)

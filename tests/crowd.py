"""A crowd that types at random: every form of every command, with the names of its own network and of another one.

What it types comes from the commands' own examples, so a new command is in it without anybody's doing. Besides it puts
questions of all kinds to the vote, votes in words, with clicks and by reactions, and takes back what it said. It meets,
asks and answers check-ins in rooms, in threads and in direct chats (`crowd_time`).
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from commands import ALL
from tests import crowd_time

ANSWERS = ("ja", "nein", "2", "12 Uhr", "✅", "Karte")
SAMPLE_PERSON = re.compile(r"@(?:anna|ben|cem|dora|gast|eva|frida|x)(?::example\.org)?", flags=re.IGNORECASE)
SAMPLE_NAME = re.compile(r"eAkte|Karte|Lindenstadt|Erlenbrück|Digitale Akte|Digitale Region|Bürgerakte|Terminbuchung")
SAMPLE_NUMBER = re.compile(r"\b([KFIEVBTAC])\d+\b")
SAMPLE_MAIL = re.compile(r"\b[a-z]+@[a-z]+\.example\b")
SLOT = re.compile(r"\{(name|person|word|mail)\}")
KEY = re.compile(r"(?<![„“])\b([KFIEVBTAC])(\d{1,5})\b")
FIELDS: tuple[tuple[float, str, tuple[str, ...]], ...] = (
    (0.4, "Text", ("Wir duzen uns.", "Alles wird veröffentlicht.")),
    (0.1, "Fassung", ("E4/1", "E9", "E2/2")),
    (0.3, "Regel", ("zwei Drittel", "drei Viertel", "einstimmig", "Konsent", "absolute Mehrheit")),
    (0.2, "Basis", ("abgegebene", "alle")),
    (0.3, "Quorum", ("60 %", "20 % je Größenklasse", "110 %", "10 %")),
)
WHOLE: tuple[tuple[float, str, tuple[str, ...]], ...] = (
    (
        0.8,
        "Wahlberechtigt",
        (
            "Personen",
            "Personen",
            "Personen",
            "Personen",
            "Organisationen",
            "Aktive",
            "Ebene Stadt",
            "Lindenstadt, @ben",
            "@cem, @dora",
        ),
    ),
    (0.5, "Sichtbarkeit", ("verdeckt", "vertraulich", "vertraulich", "offen", "geheim")),
    (0.4, "Betrifft", ("eAkte", "eAkte", "eAkte, Karte")),
    (0.3, "Offen ab", ("in 20 Minuten", "Entwurf", "sofort")),
    (0.4, "Erinnerung", ("1 Stunde", "30 Minuten, 10 Minuten")),
)
"""Lines of the form: how often one is there, its name, and what stands in it."""
KINDS = (
    "Zustimmung",
    "Zustimmung",
    "Auswahl\nOptionen: Apfel, Birne, Quitte",
    "Mehrfachauswahl\nOptionen: Apfel, Birne, Quitte",
    "Rangfolge\nOptionen: Apfel, Birne, Quitte",
    "Punkte\nPunkte: 10\nOptionen: Apfel, Birne, Quitte",
    "Widerstand\nOptionen: Apfel, Birne, Quitte",
    "Termin\nOptionen:\n- 12.1. 10 Uhr\n- 13.1. 10 Uhr",
)
CLOSES = ("in 40 Minuten", "in 2 Stunden", "in 2 Stunden", "in 5 Stunden", "in 2 Tagen", "12.12. 12:00")
YES_OR_NO = ("ja", "ja weil es gut ist", "nein", "nein weil die Fristen fehlen", "enthaltung", "alle ja")
CHOICES = (
    *("ja, mit Änderung: kürzer", "2", "1, 3", "2 > 1 > 3", "1=4 2=6", "1=0 2=5 3=10", "Apfel weil rot", "Quitte"),
    *("1 ja 2 notfalls", "9", "", "alle nein weil es eilt", "für Lindenstadt ja (telefonisch, Fr. Huber)"),
    *("für Erlenbrück ja (per Brief)", "für Digitale Akte nein"),
)
TAPS = (("yes",), ("yes",), ("no",), ("abstain",), ("1",), ("2",), ("3",), (), ("1", "2"))
EMOJI = ("👍", "👎", "🤷", "1️⃣", "2️⃣", "✅", "❤️", *crowd_time.LIGHTS, *crowd_time.SIGN_UPS)


@dataclass(frozen=True)
class World:
    """One network as its people see it. `names` are those of its projects, organisations and groups."""

    name: str
    coordinator: str
    people: tuple[str, ...]
    guest: str
    rooms: tuple[str, ...]
    names: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def everybody(self) -> tuple[str, ...]:
        """All who may write."""
        return (self.coordinator, *self.people, self.guest)

    def mail(self, mailbox: str) -> str:
        """An address at the network's own domain."""
        return f"{mailbox}@{self.coordinator[1:5]}.example"

    @property
    def known(self) -> str:
        """The one whom the other network knows, too, and may appoint to anything: he is asked which one he means."""
        return self.people[0]


class Act(StrEnum):
    """What somebody does."""

    SAY = "say"
    ANSWER = "answer"  # one of the last things the bot said there
    TALK = "talk"  # in the thread of one of them
    TAP = "tap"  # in a poll
    REACT = "react"  # to something the bot said
    REDACT = "redact"  # something of one's own


@dataclass(frozen=True)
class Step:
    """Somebody does something. `room` None: in the direct chat. `body` is what is said, or the emoji.

    `back` is how many polls or posts before the last one it is done to; of a redaction the step that is taken back.
    """

    number: int
    person: str
    room: str | None
    act: Act
    body: str = ""
    taps: tuple[str, ...] = ()
    back: int = 0


@dataclass
class Crowd:
    """Makes steps; the same seed makes the same steps."""

    home: World
    other: World
    seed: int
    dice: random.Random = field(init=False)
    newest: dict[str, int] = field(default_factory=dict)  # the highest number heard of, by key letter
    said: dict[tuple[str, str | None], list[int]] = field(default_factory=dict)  # steps, by person and room

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} {self.home.name}")

    def steps(self, count: int) -> Iterator[Step]:
        """So many things done."""
        for number in range(count):
            person = self._person()
            room = self.dice.choice((*self.home.rooms * 3, None))
            if person == self.home.known:
                room = self.home.rooms[0]
            step = self._step(number, person, room)
            if step.act is not Act.REDACT:
                self.said.setdefault((person, room), []).append(number)
            yield step

    def hear(self, words: str) -> None:
        """Remember which keys there are; one that is far off was somebody's mistake."""
        for letter, number in KEY.findall(words):
            if self.newest.get(letter, 0) < int(number) <= self.newest.get(letter, 0) + 3:
                self.newest[letter] = int(number)

    def _step(self, number: int, person: str, room: str | None) -> Step:
        kind = self.dice.random()
        if kind < 0.10:
            back = self._back() if self.dice.random() < 0.5 else 0
            return Step(number, person, room, Act.ANSWER, self._answer(), back=back)
        if kind < 0.13:
            return Step(number, person, room, Act.TALK, self._answer(), back=self._back())
        if kind < 0.21:
            return Step(number, person, room, Act.TAP, taps=self.dice.choice(TAPS), back=self._back())
        if kind < 0.29:
            return Step(number, person, room, Act.REACT, self.dice.choice(EMOJI), back=self._back())
        own = self.said.get((person, room))
        if kind < 0.33 and own:
            return Step(number, person, room, Act.REDACT, back=self.dice.choice(own[-10:]))
        return Step(number, person, room, Act.SAY, self._words(person, room))

    def _back(self) -> int:
        return min(int(self.dice.expovariate(0.5)), 12)

    def _person(self) -> str:
        return self.dice.choice((self.home.coordinator,) * 3 + self.home.everybody)

    def _name(self) -> str:
        """Mostly one of ours, often one of theirs, sometimes misspelt."""
        name = self.dice.choice((*self.home.names, *self.home.names, *self.other.names))
        return name[:-1] if self.dice.random() < 0.15 else name

    def _answer(self) -> str:
        """To whatever was said; now and then a command in a thread."""
        kind = self.dice.random()
        if kind < 0.1:
            return f"!{self._localised(crowd_time.said(self.dice))}"
        if kind < 0.5:
            return self._localised(self.dice.choice(crowd_time.REPORTS))
        return self.dice.choice((*ANSWERS, *YES_OR_NO, *CHOICES, self._name()))

    def _words(self, person: str, room: str | None) -> str:
        kind = self.dice.random()
        if room is None and kind < 0.25:
            return self._localised(self.dice.choice(crowd_time.REPORTS))
        if kind < 0.08 and room is not None and person == self.home.coordinator:
            words = self._localised(self._consultation())
        elif kind < 0.30:
            words = self._vote()
        elif kind < 0.60:
            words = self._localised(crowd_time.said(self.dice))
        else:
            words = self._localised(self.dice.choice(examples()))
            if self.dice.random() < 0.1:
                words = f"{words.split(maxsplit=1)[0]} {self._name()}"
            if self.dice.random() < 0.1:
                words += f" {self.dice.choice(self.home.words)}"
        return words if room is None else f"!{words}"

    def _vote(self) -> str:
        """In one of the last consultations."""
        number = max(1, self.newest.get("K", 1) - self.dice.choice((0, 0, 0, 1, 1, 2, 3)))
        ballot = self.dice.choice(("", "", "", "", ".1", ".2"))
        answer = self.dice.choice(self.dice.choice((YES_OR_NO, CHOICES)))
        return f"stimme K{number}{ballot} {SAMPLE_NAME.sub(lambda _: self._name(), answer)}"

    def _consultation(self) -> str:
        """A form with any of its lines, for one to three ballots."""
        origin = self.dice.choice(("", "", "", "", " aus E4 E7", " aus E4", " aus T2", " aus K3"))
        lines = [f"konsultation neu {self.dice.choice(self.home.words)}{origin}"]
        lines += [f"Schluss: {self.dice.choice(CLOSES)}", *self._lines(WHOLE)]
        lines += self._paper() if not origin else ()
        for number in range(2, self.dice.choice((2, 2, 3, 4))):
            lines += [f"Vorlage {number}", *self._paper()]
        return "\n".join(lines)

    def _paper(self) -> list[str]:
        return ["Frage: Sind Sie dafür?", f"Art: {self.dice.choice(KINDS)}", *self._lines(FIELDS)]

    def _lines(self, fields: Sequence[tuple[float, str, tuple[str, ...]]]) -> list[str]:
        return [f"{name}: {self.dice.choice(values)}" for often, name, values in fields if self.dice.random() < often]

    def _localised(self, words: str) -> str:
        """The same with our names and numbers for those of the samples, and now and then with theirs."""
        words = SAMPLE_NAME.sub(lambda _: self._name(), words)
        words = SAMPLE_PERSON.sub(lambda _: self._id(), words)
        words = SAMPLE_MAIL.sub(lambda _: self.home.mail(self._mailbox()), words)
        words = SLOT.sub(lambda found: self._filled(found[1]), words)
        return SAMPLE_NUMBER.sub(lambda found: f"{found[1]}{self._number(found[1])}", words)

    def _filled(self, slot: str) -> str:
        """What stands for a name, a person, a word or an address."""
        match slot:
            case "name":
                return self._name()
            case "person":
                return self._id()
            case "word":
                return self.dice.choice(self.home.words)
        return self.home.mail(self._mailbox())

    def _mailbox(self) -> str:
        return self.dice.choice(("rathaus", "presse", "rat"))

    def _number(self, letter: str) -> int:
        """Mostly one of the last there are."""
        if self.dice.random() < 0.2:
            return self.dice.randint(1, 12)
        return max(1, self.newest.get(letter, 3) - int(self.dice.expovariate(0.5)))

    def _id(self) -> str:
        return self.dice.choice((*self.home.everybody, self.other.known))


@cache
def examples() -> Sequence[str]:
    """Every example of every form, in both languages, and each without its fields."""
    found = [example[language] for c in ALL for f in c.forms for example in f.examples for language in ("de", "en")]
    return tuple(dict.fromkeys([*found, *(words.partition("\n")[0] for words in found)]))

"""A crowd that types at random: every form of every command, with the names of its own network and of another one.

What it types comes from the commands' own examples, so a new command is in it without anybody's doing.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from commands import ALL

ANSWERS = ("ja", "nein", "2", "12 Uhr", "✅", "Karte")
SAMPLE_PERSON = re.compile(r"@(?:anna|ben|cem|dora|gast|eva|frida|x)(?::example\.org)?", flags=re.IGNORECASE)
SAMPLE_NAME = re.compile(r"eAkte|Karte|Lindenstadt|Erlenbrück|Digitale Akte|Digitale Region|Bürgerakte|Terminbuchung")
SAMPLE_NUMBER = re.compile(r"\b([KFIEVB])\d+\b")


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

    @property
    def known(self) -> str:
        """The one whom the other network knows, too, and may appoint to anything: he is asked which one he means."""
        return self.people[0]


@dataclass(frozen=True)
class Step:
    """Somebody writes. `room` None: in the direct chat. `answers`: to the last thing the bot said there."""

    number: int
    person: str
    body: str
    room: str | None
    answers: bool


@dataclass
class Crowd:
    """Makes steps; the same seed makes the same steps."""

    home: World
    other: World
    seed: int
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} {self.home.name}")

    def steps(self, count: int) -> Iterator[Step]:
        """So many things said."""
        for number in range(count):
            person = self._person()
            room = self.dice.choice((*self.home.rooms, *self.home.rooms, None))
            if person == self.home.known:
                room = self.home.rooms[0]
            answers = self.dice.random() < 0.12
            body = (
                self.dice.choice(("ja", "nein", "2", "12 Uhr", "✅", self._name())) if answers else self._command(room)
            )
            yield Step(number, person, body, room, answers)

    def _person(self) -> str:
        return self.dice.choice((self.home.coordinator,) * 3 + self.home.everybody)

    def _name(self) -> str:
        """Mostly one of ours, often one of theirs, sometimes misspelt."""
        name = self.dice.choice((*self.home.names, *self.home.names, *self.other.names))
        return name[:-1] if self.dice.random() < 0.15 else name

    def _command(self, room: str | None) -> str:
        words = self.dice.choice(examples())
        words = SAMPLE_NAME.sub(lambda _: self._name(), words)
        words = SAMPLE_PERSON.sub(lambda _: self._id(), words)
        words = SAMPLE_NUMBER.sub(lambda found: f"{found[1]}{self.dice.randint(1, 12)}", words)
        if self.dice.random() < 0.1:
            words = f"{words.split(maxsplit=1)[0]} {self._name()}"
        if self.dice.random() < 0.1:
            words += f" {self.dice.choice(self.home.words)}"
        return words if room is None else f"!{words}"

    def _id(self) -> str:
        return self.dice.choice((*self.home.everybody, self.other.known))


@cache
def examples() -> Sequence[str]:
    """Every example of every form, in both languages, and each without its fields."""
    found = [example[language] for c in ALL for f in c.forms for example in f.examples for language in ("de", "en")]
    return tuple(dict.fromkeys([*found, *(words.partition("\n")[0] for words in found)]))

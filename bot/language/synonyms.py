"""Names of the same thing: what ships with us (`synonyme/*.txt`, by field), and beside it a file the operator keeps.

A line is a thing, with commas between its names; `#` begins a remark. A name of several words is found where all of
them stand in one sentence. A line that is indented is a narrower thing of the last one that is not. A line may begin
with a mark (`Mark`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from itertools import permutations
from pathlib import Path
from typing import Final, NamedTuple

from bot.errors import OperatorError
from bot.language.stems import JOINT, WORD, Inside, Stems, inside

SHIPPED: Final = Path(__file__).with_name("synonyme")
MOST_LINES: Final = 5_000
MOST_WORDS: Final = 6  # of one name
LONGEST_NAME: Final = 80  # characters

OF_RELATED: Final = 0.8
"""What two things count that one solution can serve, against the same thing: so marked, or broader and narrower."""
OF_SIBLINGS: Final = 0.6
"""What two narrower things of one broader thing count."""


class Mark(Enum):
    """What a line begins with, and what its words are then."""

    FILLERS = re.compile(r"(?:füllw(?:ö|oe)rter|fillers?)\s*:", re.IGNORECASE)  # they say nothing about a project
    OBSTACLES = re.compile(r"(?:hindernis(?:se)?|obstacles?)\s*:", re.IGNORECASE)  # what projects lack
    SETTINGS = re.compile(r"(?:umfeld|settings?)\s*:", re.IGNORECASE)  # where or for whom something is done
    RELATED = re.compile(r"(?:verwandt|related)\s*:", re.IGNORECASE)  # things of other lines that may share a solution


@dataclass(frozen=True, slots=True)
class Synonyms:
    """What words stand for, by their stems: each thing is a number.

    `phrases` has names of several words, under the longest stem of each, `stems` all that a thing is named by. `parts`
    are the words that are found inside compounds. `related` has the things near a thing, and what they count against
    the thing itself. `settings` are places and people: they say where or for whom something is done, not what.
    """

    things: Mapping[str, frozenset[int]]
    phrases: Mapping[str, tuple[tuple[frozenset[str], int], ...]]
    stems: Mapping[int, frozenset[str]]
    obstacles: frozenset[int]
    settings: frozenset[int]
    fillers: frozenset[str]
    parts: Inside
    related: Mapping[int, Mapping[int, float]]


class Line(NamedTuple):
    """A line that says something: where it stands, how it is marked, its names by word."""

    where: str
    mark: Mark | None
    names: Sequence[Sequence[str]]
    narrower: bool


@dataclass(slots=True)
class Reading:
    """Files, as they are read: things are numbered in their order."""

    names: Stems = field(default_factory=Stems)
    things: defaultdict[frozenset[str], set[int]] = field(default_factory=lambda: defaultdict(set))
    marked: defaultdict[Mark | None, set[int]] = field(default_factory=lambda: defaultdict(set))
    fillers: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    related: defaultdict[int, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))

    def stemmed(self, name: Iterable[str]) -> frozenset[str]:
        """The stems of a name."""
        return frozenset(self.names.of(JOINT.sub("", word)) for word in name)

    def take(self, lines: Iterable[Line]) -> None:
        """Take all lines in. Raises OperatorError."""
        links, family = [], list[int]()
        for number, line in enumerate(lines):
            if line.mark is Mark.RELATED:
                links.append(line)
                continue
            self.words.update(JOINT.sub("", word) for name in line.names for word in name)
            if line.mark is Mark.FILLERS:
                self.fillers.update(stem for name in line.names for stem in self.stemmed(name))
                continue
            self.marked[line.mark].add(number)
            for name in line.names:
                self.things[self.stemmed(name)].add(number)
            family = [*family, number] if line.narrower else [number]
            for one in family[:-1]:
                self.relate(one, number, OF_RELATED if one == family[0] else OF_SIBLINGS)
        for line in links:
            for one, other in permutations(self.meant(line), 2):
                self.relate(one, other, OF_RELATED)

    def relate(self, one: int, other: int, much: float) -> None:
        """Say that two things are near each other; if that was said before, the nearer counts."""
        self.related[one][other] = self.related[other][one] = max(much, self.related[one].get(other, 0.0))

    def meant(self, line: Line) -> set[int]:
        """The things that a line names. Raises OperatorError if there is none of that name."""
        for name in line.names:
            if not self.things.get(self.stemmed(name)):
                raise OperatorError(f"{line.where}: synonyms: no line has the name „{' '.join(name)}“")
        return {thing for name in line.names for thing in self.things[self.stemmed(name)]}


def read(own: Path | None = None) -> Synonyms:
    """The shipped files, and the operator's own beside them.

    Raises OperatorError that names the file, the line and the mend.
    """
    reading = Reading()
    files = [*sorted(SHIPPED.glob("*.txt")), *filter(None, [own])]
    reading.take(line for file in files for line in _lines(file))
    phrases: defaultdict[str, list[tuple[frozenset[str], int]]] = defaultdict(list)
    of: defaultdict[int, set[str]] = defaultdict(set)
    for stems, things in reading.things.items():
        for thing in things:
            of[thing].update(stems)
            if len(stems) > 1:
                phrases[max(stems, key=lambda stem: (len(stem), stem))].append((stems, thing))
    return Synonyms(
        {next(iter(stems)): frozenset(things) for stems, things in reading.things.items() if len(stems) == 1},
        {stem: tuple(found) for stem, found in phrases.items()},
        {thing: frozenset(stems) for thing, stems in of.items()},
        frozenset(reading.marked[Mark.OBSTACLES]),
        frozenset(reading.marked[Mark.SETTINGS]),
        frozenset(reading.fillers),
        inside(reading.words, reading.names),
        dict(reading.related),
    )


@lru_cache(maxsize=2)
def kept(own: Path | None) -> Synonyms:
    """The same, read once a process: a changed file counts from the next start."""
    return read(own)


def _lines(file: Path) -> Iterator[Line]:
    """Each line of a file that says something."""
    try:
        content = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise OperatorError(f"{file}: synonyms: is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise OperatorError(f"{file}: synonyms: cannot be read: {error.strerror}") from error
    lines = content.splitlines()
    if len(lines) > MOST_LINES:
        raise OperatorError(f"{file}: synonyms: {len(lines)} lines, no more than {MOST_LINES} are read")
    for number, line in enumerate(lines, 1):
        said = line.partition("#")[0].strip()
        if not said:
            continue
        mark = next((each for each in Mark if each.value.match(said)), None)
        names = [name.strip() for name in (mark.value.sub("", said, count=1) if mark else said).split(",")]
        if mistake := _mistake(names := [name for name in names if name], mark):
            raise OperatorError(f"{file}, line {number}: synonyms: {mistake}")
        yield Line(f"{file}, line {number}", mark, [WORD.findall(name) for name in names], line[0].isspace())


def _mistake(names: list[str], mark: Mark | None) -> str | None:
    if len(names) < (2 if mark in (None, Mark.RELATED) else 1):
        return "a line needs two names or more, with commas between them"
    for name in names:
        words = WORD.findall(name)
        if not words:
            return f"„{name[:40]}“ has no letters in it"
        if len(words) > MOST_WORDS or len(name) > LONGEST_NAME:
            return f"„{name[:40]}…“ is too long for one name; are commas missing? ({MOST_WORDS} words at most)"
    return None

"""Names of the same thing: what ships with us (`synonyme.txt`), and beside it a file that the operator keeps.

A line is a thing, with commas between its names; `#` begins a remark. A name of several words is found where all of
them stand in one sentence. A line that begins with „Füllwörter:“ (or „Fillers:“) has words that say nothing about a
project, one with „Hindernis:“ („Obstacle:“) what projects lack or are held up by.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from bot.errors import OperatorError
from bot.language.stems import JOINT, WORD, Stems

SHIPPED: Final = Path(__file__).with_name("synonyme.txt")
FILLERS: Final = re.compile(r"(?:füllw(?:ö|oe)rter|fillers?)\s*:", re.IGNORECASE)
OBSTACLES: Final = re.compile(r"(?:hindernis(?:se)?|obstacles?)\s*:", re.IGNORECASE)
MOST_LINES: Final = 5_000
MOST_WORDS: Final = 6  # of one name
LONGEST_NAME: Final = 80  # characters


@dataclass(frozen=True, slots=True)
class Synonyms:
    """What words stand for, by their stems: each thing is a number.

    `phrases` has names of several words, under the longest stem of each, `stems` all that a thing is named by. `known`
    are the stems of all words: parts of compounds.
    """

    things: Mapping[str, frozenset[int]]
    phrases: Mapping[str, tuple[tuple[frozenset[str], int], ...]]
    stems: Mapping[int, frozenset[str]]
    obstacles: frozenset[int]
    fillers: frozenset[str]
    known: frozenset[str]


def read(own: Path | None = None) -> Synonyms:
    """The shipped file, and the operator's own beside it.

    Raises OperatorError that names the file, the line and the mend.
    """
    stems = Stems()
    things: defaultdict[str, set[int]] = defaultdict(set)
    phrases: defaultdict[str, list[tuple[frozenset[str], int]]] = defaultdict(list)
    of: defaultdict[int, set[str]] = defaultdict(set)
    fillers, obstacles = set[str](), set[int]()
    lines = [line for file in (SHIPPED, own) if file is not None for line in _lines(file)]
    for number, (mark, names) in enumerate(lines):
        if mark is OBSTACLES:
            obstacles.add(number)
        for name in names:
            stemmed = frozenset(stems.of(JOINT.sub("", word)) for word in name)
            (fillers if mark is FILLERS else of[number]).update(stemmed)
            if mark is not FILLERS and len(stemmed) == 1:
                things[next(iter(stemmed))].add(number)
            elif mark is not FILLERS:
                phrases[max(stemmed, key=lambda stem: (len(stem), stem))].append((stemmed, number))
    return Synonyms(
        {stem: frozenset(numbers) for stem, numbers in things.items()},
        {stem: tuple(found) for stem, found in phrases.items()},
        {thing: frozenset(found) for thing, found in of.items()},
        frozenset(obstacles),
        frozenset(fillers),
        frozenset(fillers.union(*of.values())),
    )


@lru_cache(maxsize=2)
def kept(own: Path | None) -> Synonyms:
    """The same, read once a process: a changed file counts from the next start."""
    return read(own)


def _lines(file: Path) -> Iterator[tuple[re.Pattern[str] | None, list[list[str]]]]:
    """Each line: how it is marked, and its names by word."""
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
        mark = next((each for each in (FILLERS, OBSTACLES) if each.match(said)), None)
        names = [name.strip() for name in (mark.sub("", said, count=1) if mark else said).split(",") if name.strip()]
        if mistake := _mistake(names, least=2 if mark is None else 1):
            raise OperatorError(f"{file}, line {number}: synonyms: {mistake}")
        yield mark, [WORD.findall(name) for name in names]


def _mistake(names: list[str], least: int) -> str | None:
    if len(names) < least:
        return "a line needs two names or more, with commas between them"
    for name in names:
        words = WORD.findall(name)
        if not words:
            return f"„{name[:40]}“ has no letters in it"
        if len(words) > MOST_WORDS or len(name) > LONGEST_NAME:
            return f"„{name[:40]}…“ is too long for one name; are commas missing? ({MOST_WORDS} words at most)"
    return None

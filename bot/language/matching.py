"""The search for synergies, in a process of its own: `python -m bot.language.matching [synonyms file]`.

It reads the projects of one network as JSON from standard input and writes the pairs found to standard output. It knows
no database; what it needs is handed to it. 5,000 projects take seconds of a processor: too long for the bot's own loop.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.domain.synergies import ALIKE, MOST_TERMS, OF_DESCRIPTION, OF_FIELDS, OF_GOAL, OF_TITLE, Pair, chosen
from bot.language.likeness import Passages, Rarity, Reader, Sketch, Term, terms, usual
from bot.language.names import fold
from bot.language.stems import WORD
from bot.language.synonyms import Synonyms, kept


@dataclass(frozen=True, slots=True)
class Entry:
    """A project, as far as the search looks at it."""

    id: int
    title: str
    goal: str
    description: str
    fields: str
    owner: str | None

    @property
    def passages(self) -> Passages:
        """Its texts, by how much they say about it."""
        weights = (OF_TITLE, OF_GOAL, OF_DESCRIPTION, OF_FIELDS)
        return tuple(zip((self.title, self.goal, self.description, self.fields), weights, strict=True))

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join((self.title, self.goal, self.description, self.fields))


@dataclass(frozen=True, slots=True)
class Request:
    """What to search. `changed` are the IDs to compare with all others; None: everything.

    `settled` are pairs that are not to be found again, `having` how many proposals are open by project.
    """

    projects: Sequence[Entry]
    changed: Sequence[int] | None = None
    settled: Sequence[tuple[int, int]] = ()
    having: Mapping[int, int] | None = None


def search(request: Request, synonyms: Synonyms) -> list[Pair]:
    """The pairs to propose. Two projects of one owner are none: whoever has both knows both."""
    entries = {entry.id: entry for entry in request.projects}
    changed = None if request.changed is None else [each for each in request.changed if each in entries]
    sketches = _sketches(entries, changed, synonyms)
    rarity = Rarity(list(sketches.values()))
    found = []
    for one, other in _near(sketches, changed, rarity, synonyms):
        if entries[one].owner is None or entries[one].owner != entries[other].owner:
            shared = terms(sketches[one], sketches[other], rarity, synonyms)
            if (score := sum(term.weight for term in shared)) >= ALIKE:
                found.append(Pair(one, other, round(score, 3), _explained(shared)))
    return chosen(found, request.settled, request.having or {})


def _sketches(entries: Mapping[int, Entry], changed: Sequence[int] | None, synonyms: Synonyms) -> dict[int, Sketch]:
    """What each project is about; with `changed` only as far as these could share it."""
    words = {own: set(WORD.findall(entry.text)) for own, entry in entries.items()}
    having = Counter(word for said in words.values() for word in said)
    if changed is None:
        reader = Reader(synonyms, having)
    else:
        said = {word for own in changed for word in words[own]}
        common = {word for word in said if usual(having[word], len(entries))}
        reader = Reader(synonyms, having, said, common)
    return {own: reader.sketch(entries[own].passages, words[own]) for own in entries}


def _near(
    sketches: Mapping[int, Sketch], changed: Sequence[int] | None, rarity: Rarity, synonyms: Synonyms
) -> Iterator[tuple[int, int]]:
    """All pairs that may be alike, each once, the lower ID first; with `changed` those that one of them is part of.

    What they share is counted here without looking whether it is counted twice: never less than `terms` does.
    """
    places: defaultdict[Any, list[tuple[int, float]]] = defaultdict(list)
    for own, sketch in sketches.items():
        for feature, mention in sketch.items():
            places[feature].append((own, mention.weight))
    wanted = set(sketches if changed is None else changed)
    for own in sorted(wanted):
        scores: defaultdict[int, float] = defaultdict(float)
        for feature, mention in sketches[own].items():
            near = synonyms.related.get(feature, {}) if isinstance(feature, int) else {}
            for one, much in ((feature, rarity.of(feature)), *near.items()):
                weight = mention.weight * much
                for other, theirs in places[one] if weight else ():
                    scores[other] += weight * theirs
        for other, score in scores.items():
            if score >= ALIKE and other != own and (other > own or other not in wanted):
                yield min(own, other), max(own, other)


def _explained(shared: Sequence[Term]) -> tuple[tuple[str, str], ...]:
    """The words that made the pair, as people wrote them; each once."""
    said: dict[tuple[str, str], tuple[str, str]] = {}
    for term in shared:
        said.setdefault((fold(term.first), fold(term.second)), (term.first, term.second))
    return tuple(said.values())[:MOST_TERMS]


def to_json(request: Request) -> bytes:
    """A request, for the child."""
    return json.dumps(asdict(request), ensure_ascii=False).encode()


def from_json(content: bytes) -> list[Pair]:
    """The child's answer."""
    rows = json.loads(content)
    return [Pair(row[0], row[1], row[2], tuple((one, other) for one, other in row[3])) for row in rows]


def _request(content: bytes) -> Request:
    table = json.loads(content)
    return Request(
        [Entry(**entry) for entry in table["projects"]],
        table["changed"],
        [(one, other) for one, other in table["settled"]],
        {int(own): many for own, many in (table["having"] or {}).items()},
    )


def main() -> None:
    """The child: one request in, the pairs out."""
    own = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    found = search(_request(sys.stdin.buffer.read()), kept(own))
    answer = [[pair.first, pair.second, pair.score, pair.terms] for pair in found]
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode())


if __name__ == "__main__":
    main()

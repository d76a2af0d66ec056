"""The search for synergies, in a process of its own: `python -m bot.language.matching [synonyms file]`.

It reads the projects of one network as JSON from standard input and writes the pairs found to standard output. It knows
no database; what it needs is handed to it. 5,000 projects take seconds of a processor: too long for the bot's own loop.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.domain.synergies import ALIKE, MOST_TERMS, OF_DESCRIPTION, OF_FIELDS, OF_GOAL, OF_TITLE, Pair, chosen
from bot.language.likeness import MOST_OF_WORDS, Feature, Passages, Rarity, Reader, Sketch, Term, terms
from bot.language.names import fold
from bot.language.narrowing import relevant
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
    """The pairs to propose."""
    return chosen(alike(request, synonyms), request.settled, request.having or {})


def alike(request: Request, synonyms: Synonyms) -> Iterator[Pair]:
    """All pairs that are. Two projects of one owner are none: whoever has both knows both."""
    entries = {entry.id: entry for entry in request.projects}
    changed = None if request.changed is None else [each for each in request.changed if each in entries]
    sketches, rarity = _all(entries, synonyms) if changed is None else _some(entries, changed, synonyms)
    for one, other in _near(sketches, changed, rarity, synonyms):
        if entries[one].owner is None or entries[one].owner != entries[other].owner:
            shared = terms(sketches[one], sketches[other], rarity, synonyms)
            if (score := sum(term.weight for term in shared)) >= ALIKE:
                yield Pair(one, other, round(score, 3), _explained(shared))


def _all(entries: Mapping[int, Entry], synonyms: Synonyms) -> tuple[dict[int, Sketch], Rarity]:
    """What each project is about."""
    reader = Reader(synonyms, {word for entry in entries.values() for word in WORD.findall(entry.text)})
    sketches = {own: reader.sketch(entry.passages) for own, entry in entries.items()}
    return sketches, Rarity(Counter(one for sketch in sketches.values() for one in sketch), len(entries))


def _some(entries: Mapping[int, Entry], changed: Sequence[int], synonyms: Synonyms) -> tuple[dict[int, Sketch], Rarity]:
    """What the changed projects are about, and the others that could be like one of them."""
    words = {own: set(WORD.findall(entry.text)) for own, entry in entries.items()}
    vocabulary = set[str]().union(*words.values())
    matter = relevant([entries[own].passages for own in changed], vocabulary, synonyms)
    reader = Reader(synonyms, vocabulary, matter)
    ours = {own: reader.sketch(entries[own].passages) for own in changed}
    most = _most(ours.values(), synonyms)
    saying = {word: found for word in matter if (found := most.keys() & reader.features(word))}
    having, near = Counter[Feature](), list[int]()
    for own, said in words.items():
        shared = set[Feature]().union(*(saying[word] for word in saying.keys() & said))
        having.update(shared)
        things = sum(most[one] for one in shared if isinstance(one, int))
        if own not in ours and things + MOST_OF_WORDS >= ALIKE:
            near.append(own)
    return ours | {own: reader.sketch(entries[own].passages) for own in near}, Rarity(having, len(entries))


def _most(sketches: Iterable[Sketch], synonyms: Synonyms) -> dict[Feature, float]:
    """What each feature of another text can count at most against one of these."""
    most: dict[Feature, float] = {}
    for sketch in sketches:
        for one, mention in sketch.items():
            related = synonyms.related.get(one, {}) if isinstance(one, int) else {}
            for other, much in ((one, 1.0), *related.items()):
                most[other] = max(most.get(other, 0.0), mention.weight * much)
    return most


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

"""`python -m benchmarks.synergies`: does the search find what it should, and how long does it take?

Quality: labelled pairs, all projects of a file as one network; a pair is found if the search proposes it. The half of
`synergy_pairs.toml` marked `final` was kept back: nothing was tuned on it, and only its figure is printed. The other
half, and `synergy_tuning.toml` by a second author, are what one tunes on: `--tuned` shows them pair by pair, and prints
nothing of the final half, nor of `synergy_validation.toml`: 100 pairs by a third author, whose figure may be looked at
when a threshold is chosen or methods are compared, and whose pairs nobody reads.

Time (alone: `--speed`): 5,000 invented projects with a vocabulary that grows as German text does (Heaps' law), in the
child process that the bot uses: the whole search, then a search after one change, from the request to the pairs.
"""

import argparse
import asyncio
import random
import resource
import time
import tomllib
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from bot.domain.synergies import Pair
from bot.language import matching
from bot.language.matching import Entry, Request
from bot.language.synonyms import SHIPPED, kept
from bot.procedures.searching import compared

PAIRS = Path(__file__).with_name("synergy_pairs.toml")
TUNING = PAIRS.with_name("synergy_tuning.toml")
VALIDATION = PAIRS.with_name("synergy_validation.toml")
PROJECTS = 5_000
PATIENCE = 300.0  # seconds
SYLLABLES = "ab al an ar bau be ber da der ein er fach ge ger hal ham ing kor lan lei mer mo nar ne ort pla ren sam ser sta tal tor ur ver wal zen".split()  # noqa: E501, SIM905


def labelled(file: Path = PAIRS) -> list[dict[str, Any]]:
    """The pairs; those of the final half without anything that says which they are."""
    found: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["pair"]
    return found


def entries(pairs: list[dict[str, Any]]) -> list[Entry]:
    """All their projects as one network; the two of a pair are the numbers 2n and 2n + 1."""
    sides = [pair[side] for pair in pairs for side in ("first", "second")]
    return [
        Entry(number, one["title"], one["goal"], one["description"], ", ".join(one["fields"]), f"@owner{number}:x")
        for number, one in enumerate(sides)
    ]


Found = dict[tuple[int, int], Pair]


def quality(*, tuned: bool) -> None:
    """Print precision and recall of what was tuned on and of the final half, or what is behind the tuned ones."""
    pairs = [pair for pair in labelled() if not (tuned and pair["final"])]
    found = proposed(pairs)
    figures("tuned half", found, pairs, final=False)
    more = labelled(TUNING)
    found_more = proposed(more)
    figures("tuning file", found_more, more, final=False)
    if tuned:
        one_by_one(found, pairs)
        one_by_one(found_more, more)
    else:
        figures("final half (kept back)", found, pairs, final=True)
        unseen = labelled(VALIDATION)
        figures("validation file", proposed(unseen), unseen, final=False)


def proposed(pairs: list[dict[str, Any]]) -> Found:
    """What the search proposes if the projects of these pairs are one network."""
    found = {(pair.first, pair.second): pair for pair in matching.search(Request(entries(pairs)), kept(None))}
    print(f"{len(pairs)} pairs, {2 * len(pairs)} projects as one network: {len(found)} pairs proposed")
    return found


def figures(name: str, found: Found, pairs: list[dict[str, Any]], *, final: bool) -> None:
    """Print precision and recall of the pairs so marked."""
    half = [(number, pair) for number, pair in enumerate(pairs) if pair.get("final", False) is final]
    hits = [pair["synergy"] for number, pair in half if (2 * number, 2 * number + 1) in found]
    precision = sum(hits) / max(len(hits), 1)
    recall = sum(hits) / sum(pair["synergy"] for _, pair in half)
    print(f"{name:24} precision {precision:.2f} (aim 0.8), recall {recall:.2f} (aim 0.7)")


def one_by_one(found: Found, pairs: list[dict[str, Any]]) -> None:
    """Print each proposal, by which words, and what was missed. Nothing of the final half is ever given to it."""
    for (one, other), pair in found.items():
        mine = pairs[one // 2] if one // 2 == other // 2 else None
        label = "  " if mine is None else "+ " if mine["synergy"] else "- "
        names = [pairs[side // 2]["second" if side % 2 else "first"]["key"] for side in (one, other)]
        print(f"{label}{pair.score:.2f} {names[0]} · {names[1]}: {pair.terms}")
    for number, each in enumerate(pairs):
        if each["synergy"] and (2 * number, 2 * number + 1) not in found:
            print(f"missed: {each['first']['key']} · {each['second']['key']}")


def invented(count: int, seed: int = 8) -> list[Entry]:
    """Projects of about 45 words: names of things, made-up nouns in Zipf's proportions, and new words all the time."""
    dice = random.Random(seed)  # noqa: S311 - the same projects each time
    lines = [line for file in sorted(SHIPPED.glob("*.txt")) for line in file.read_text(encoding="utf-8").splitlines()]
    things = [name.strip() for line in lines if ":" not in line and line[:1] != "#" for name in line.split(",") if name]
    nouns = ["".join(dice.choices(SYLLABLES, k=dice.randint(2, 6))).capitalize() for _ in range(30_000)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(nouns))))

    def words(many: int) -> str:
        picked = dice.choices(nouns, cum_weights=weights, k=many)
        small = [word.lower() if dice.random() < 0.5 else word for word in picked]
        return " ".join(small) + "."

    return [
        Entry(
            number,
            f"{dice.choice(things)} {words(2)}",
            f"{words(8)}",
            f"{words(12)} {dice.choice(things)} {words(20)}" if dice.random() < 0.8 else "",
            dice.choice(("Daten", "Bildung", "Bürgerservice", "Verkehr, Klima", "")),
            f"@owner{dice.randrange(count // 3)}:x",
        )
        for number in range(count)
    ]


class Took(NamedTuple):
    """How long a search took: seconds, seconds of a processor; how many pairs it found."""

    seconds: float
    cpu: float
    pairs: int

    def __str__(self) -> str:
        """Both figures: on a busy machine only the second one says something of us."""
        return f"{self.seconds:.2f} s (CPU {self.cpu:.2f} s)"


def timed(request: Request) -> Took:
    """Search in a process of its own, started for it."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    found = asyncio.run(compared(request, None, patience=PATIENCE))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.perf_counter() - begun, cpu, len(found))


def speed() -> None:
    """Print how long searches take."""
    projects = invented(PROJECTS)
    distinct = len({word for entry in projects for word in entry.text.split()})
    whole = timed(Request(projects))
    print(f"{PROJECTS} projects, {distinct} distinct words: {whole} for all (aim 30 s), {whole.pairs} pairs")
    one = sorted(timed(Request(projects, changed=[own])) for own in (17, 2_500, 4_983))
    print(f"after one change: {one[1]}, slowest {one[2]} (aim 1 s a changed project)")
    print(f"after ten changes at once: {timed(Request(projects, changed=list(range(10))))} for all ten")


def main() -> None:
    """Both, or one of the parts alone."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--tuned", action="store_true", help="what is tuned on, pair by pair; no figure of the final half"
    )
    parser.add_argument("--speed", action="store_true", help="only how long it takes")
    asked = parser.parse_args()
    if not asked.speed:
        quality(tuned=asked.tuned)
    if not asked.tuned:
        speed()


if __name__ == "__main__":
    main()

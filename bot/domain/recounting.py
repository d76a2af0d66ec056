"""Counting again from the record alone: do the verdicts name votes, do the numbers follow from both? Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain import answers, record
from bot.domain.counting import Verdict
from bot.domain.tallies import tally


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was read, with the digest that the file gives for it."""

    digest: str
    position: int
    kind: str
    previous: str
    body: Mapping[str, Any]
    commitments: Mapping[str, str]
    content: Mapping[str, Any]

    @classmethod
    def read(cls, line: Mapping[str, Any]) -> "Entry":
        """One element of `entries`. Raises KeyError or TypeError for what is none."""
        content = line["entry"]
        return cls(
            line["digest"],
            content["position"],
            content["kind"],
            content["previous"],
            content["body"],
            content["commitments"],
            content,
        )

    @property
    def is_confidential(self) -> bool:
        """Whether it is a vote of which only commitments are known."""
        return self.kind == record.VOTE and "choice" not in self.body


def verdicts(entries: Sequence[Entry]) -> Iterator[tuple[int, str]]:
    """What is wrong with the verdicts: position of the entry and what it is."""
    votes: dict[int, dict[int, Entry]] = {}
    for each in entries:
        if each.kind == record.VOTE:
            votes.setdefault(each.body["ballot"], {})[each.position] = each
        elif each.kind == record.VERDICTS:
            cast = votes.get(each.body["ballot"], {})
            given = {int(position): Verdict(verdict) for position, verdict in each.body["verdicts"].items()}
            for position in given.keys() - cast.keys():
                yield each.position, f"entry {each.position}: its verdict on entry {position} is about no vote"
            for position in cast.keys() - given.keys():
                yield each.position, f"entry {each.position}: it says nothing of the vote in entry {position}"


def results(entries: Sequence[Entry]) -> Iterator[tuple[int, bool | None, str]]:
    """For each result: the entry's position, whether it follows from the votes (None: cannot be said), and why."""
    for each in entries:
        if each.kind == record.RESULT:
            yield each.position, *_result(each, entries)


def _result(result: Entry, entries: Sequence[Entry]) -> tuple[bool | None, str]:
    before = entries[: result.position - 1]
    name = f"ballot {result.body['ballot']}"
    opened = next((each for each in before if each.kind == "opened"), None)
    if opened is None:
        return None, f"{name}: not counted again, the record begins after the opening"
    if opened.body["visibility"] == "confidential":
        return None, f"{name}: not counted again, the votes are confidential"
    counted, wrong = _counted(result.body["ballot"], before)
    if wrong:
        return False, f"{name}: {wrong}"
    sheet = record.sheet_of({each["ballot"]: each for each in opened.body["ballots"]}[result.body["ballot"]])
    weights = _weights(opened, before)
    strangers = counted.keys() - weights.keys()
    invalid = [elector for elector, choice in counted.items() if not answers.is_valid(choice, sheet)]
    if strangers or invalid:
        return False, f"{name}: elector {min([*strangers, *invalid])} is none, or gave no answer of this ballot"
    right = record.counts(tally(sheet, counted, weights))
    if right == result.body["counts"]:
        return True, f"{name}: {len(counted)} votes counted again, the numbers follow from them"
    differing = ", ".join(key for key in right if right[key] != result.body["counts"].get(key))
    return False, f"{name}: the votes add up to other numbers than entry {result.position} says ({differing})"


def _weights(opened: Entry, before: Sequence[Entry]) -> dict[int, int]:
    people = (each.body for each in before if each.kind == record.ELECTOR)
    return {int(each["number"]): int(each["weight"]) for each in (*opened.body["electors"], *people)}


def _counted(ballot: int, before: Sequence[Entry]) -> tuple[dict[int, str], str]:
    """The answers that count by the elector's number, and what is wrong with them."""
    given = next((e for e in reversed(before) if e.kind == record.VERDICTS and e.body["ballot"] == ballot), None)
    if given is None:
        return {}, "there are no verdicts on its votes"
    choices: dict[int, str] = {}
    for position, verdict in given.body["verdicts"].items():
        if verdict != Verdict.COUNTED:
            continue
        vote = before[int(position) - 1].body
        elector = int(vote["elector"])
        if elector in choices:
            return {}, f"two votes count for elector {elector}"
        choices[elector] = vote["choice"]
    return choices, ""

"""Counting again from the record alone: do the verdicts name votes, do the numbers follow from both? Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.domain import answers, record, rejudging
from bot.domain.counting import Verdict
from bot.domain.recordfile import Entry
from bot.domain.tallies import tally


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
        return _sums(result, before, name)
    counted, objections, wrong = _counted(result.body["ballot"], before)
    if wrong:
        return False, f"{name}: {wrong}"
    ballot = {each["ballot"]: each for each in opened.body["ballots"]}[result.body["ballot"]]
    sheet, electors = record.sheet_of(ballot), _electors(opened, before)
    weights = {int(each["number"]): int(each["weight"]) for each in electors}
    strangers = counted.keys() - weights.keys()
    invalid = [elector for elector, choice in counted.items() if not answers.is_valid(choice, sheet)]
    if strangers or invalid:
        return False, f"{name}: elector {min([*strangers, *invalid])} is none, or gave no answer of this ballot"
    count = tally(sheet, counted, weights)
    right = record.counts(count)
    if right != result.body["counts"]:
        differing = ", ".join(key for key in right if right[key] != result.body["counts"].get(key))
        return False, f"{name}: the votes add up to other numbers than entry {result.position} says ({differing})"
    ruled = rejudging.ruling(rejudging.Grounds(ballot, electors, counted, objections), count)
    again = f"{name}: {len(counted)} votes counted again, the numbers follow from them"
    if ruled is None:
        return True, f"{again}; the quorum cannot be measured again"
    wrongly = [key for key, value in ruled.items() if result.body[key] != value]
    if wrongly:
        return False, f"{name}: the numbers decide otherwise than entry {result.position} says ({', '.join(wrongly)})"
    return True, f"{again}, and so does „{ruled['outcome']}“"


def _sums(result: Entry, before: Sequence[Entry], name: str) -> tuple[bool | None, str]:
    """Of a confidential ballot only this can be said: as many votes count as are said to."""
    given = _given(result.body["ballot"], before)
    count = sum(verdict == Verdict.COUNTED for verdict in given.body["verdicts"].values()) if given else None
    if count is not None and count != result.body["counts"]["turnout"]:
        return False, f"{name}: {count} votes count, and entry {result.position} says otherwise"
    return None, f"{name}: not counted again, the votes are confidential"


def _electors(opened: Entry, before: Sequence[Entry]) -> list[Mapping[str, Any]]:
    return [*opened.body["electors"], *(each.body for each in before if each.kind == record.ELECTOR)]


def _given(ballot: int, before: Sequence[Entry]) -> Entry | None:
    return next((e for e in reversed(before) if e.kind == record.VERDICTS and e.body["ballot"] == ballot), None)


def _counted(ballot: int, before: Sequence[Entry]) -> tuple[dict[int, str], int, str]:
    """The answers that count by the elector's number, how many say no with a reason, and what is wrong with them."""
    given = _given(ballot, before)
    if given is None:
        return {}, 0, "there are no verdicts on its votes"
    choices: dict[int, str] = {}
    objections = 0
    for position, verdict in given.body["verdicts"].items():
        if verdict != Verdict.COUNTED:
            continue
        vote = before[int(position) - 1]
        elector = int(vote.body["elector"])
        if elector in choices:
            return {}, 0, f"two votes count for elector {elector}"
        choices[elector] = vote.body["choice"]
        objections += vote.body["choice"] == answers.Choice.NO and "reason" in vote.commitments
    return choices, objections, ""

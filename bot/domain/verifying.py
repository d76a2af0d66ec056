"""Whether exported minutes are what they were: checked offline, with nothing but the file.

Proven is that each entry, the chain of entries and every value that was not erased are as they were written, that
the verdicts are about votes on record, and that the numbers of the result follow from the votes. Everything up to the
entry whose digest stands in the result message is proven against that message: give it as `head`. What was added later
(dissent, counter-positions) is proven by the head of the file alone: who cuts it off and writes a new head is found out
only by comparing with another copy.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.domain import record, recordfile, recounting, rejudging
from bot.domain.recordfile import Entry

FEWEST_DIGITS = 16  # of a head that somebody types: fewer can be matched by trying
MOST_NAMED = 20  # findings of one check


class Mark(StrEnum):
    """What came of a check."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"  # could not be checked, for a reason that is no fault


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says, in English, as the command line does; `position` of the entry it is about."""

    check: str
    mark: Mark
    says: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What all checks say."""

    findings: tuple[Finding, ...] = field(default=())

    @property
    def good(self) -> bool:
        """Whether nothing was changed."""
        return all(finding.mark is not Mark.BAD for finding in self.findings)


def verify_file(content: bytes, head: str | None = None) -> Verification:
    """Check a file as it was read, byte for byte. `head` is from the result message, at least 16 digits of it."""
    try:
        text = content.decode("utf-8")
        document = json.loads(text)
        as_written = recordfile.written_again(document) == text
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Verification((Finding("file", Mark.BAD, "is no record of a consultation, or is damaged"),))
    said = (
        "written as Zwischenstand writes it" if as_written else "not written as Zwischenstand writes it: it was edited"
    )
    as_file = Finding("file", Mark.GOOD if as_written else Mark.BAD, said)
    return Verification((as_file, *verify(document, head).findings))


def verify(document: Mapping[str, Any], head: str | None = None) -> Verification:
    """Check a document that was read already. `head`: see `verify_file`."""
    found: list[Finding] = []
    try:
        found.extend(_findings(document, head))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as problem:
        said = f"is not made as this release knows it ({type(problem).__name__}: {problem})"
        found.append(Finding("format", Mark.BAD, said))
    return Verification(tuple(found))


def _findings(document: Mapping[str, Any], head: str | None) -> Iterator[Finding]:
    if (document["format"], document["version"]) != (recordfile.FORMAT, recordfile.VERSION):
        yield Finding("format", Mark.BAD, "is of another kind or version than this release knows")
        return
    yield from _summed("format", _strangers(document), "holds nothing but a record")
    entries = [Entry.read(each) for each in document["entries"]]
    yield from _named(document, entries)
    yield from _summed(
        "entries", _entries(entries), f"{len(entries)} entries match their digests, and follow one another"
    )
    yield from _heads(document, entries)
    if head is not None:
        yield _head_as_told(entries, head)
    yield from _secrets(document["secrets"], entries)
    yield from _summed("verdicts", _of(recounting.verdicts(entries)), "every verdict is about a vote on record")
    yield from _timed(entries)
    yield from _recounted(entries)
    checksum = str(document["checksum"])
    right = f'"checksum":"{checksum}"}}\n' == recordfile.written_again(document)[-(len(checksum) + 15) :]
    yield Finding("checksum", Mark.GOOD if right else Mark.BAD, "matches" if right else "does not match the content")


def _strangers(document: Mapping[str, Any]) -> Iterator[Finding]:
    """What no release of ours writes: it would be read as part of the record, and nothing proves it."""
    parts = [("the file", document, recordfile.KEYS)]
    for place, line in enumerate(document["entries"], 1):
        parts += [(f"line {place}", line, recordfile.LINE_KEYS), (f"entry {place}", line["entry"], record.KEYS)]
    parts += [(f"values of entry {of}", each, recordfile.SECRET_KEYS) for of, each in document["secrets"].items()]
    for name, part, known in parts:
        if extra := sorted(set(part) - known):
            yield Finding("format", Mark.BAD, f"{name} has „{extra[0]}“, which no record has")


def _named(document: Mapping[str, Any], entries: list[Entry]) -> Iterator[Finding]:
    """Whether the file is of the consultation that was opened: what it is called there, nobody can change later."""
    opened = next((each for each in entries if each.kind == "opened" and "title" in each.body), None)
    if opened is None:
        yield Finding("names", Mark.OPEN, "not compared, the record begins after the opening")
        return
    names = ("consultation", "title")
    for name in names:
        if document[name] != opened.body[name]:
            said = f"the file says {name} „{document[name]}“, but „{opened.body[name]}“ was opened"
            yield Finding("names", Mark.BAD, said, opened.position)
    if document["network"] != opened.body["network"]:
        said = f"the network is called „{document['network']}“ in the file, and was called „{opened.body['network']}“"
        yield Finding("names", Mark.OPEN, said, opened.position)
    if all(document[name] == opened.body[name] for name in names):
        yield Finding("names", Mark.GOOD, f"{document['consultation']} „{document['title']}“, as it was opened")


def _summed(check: str, wrong: Iterator[Finding], otherwise: str) -> Iterator[Finding]:
    """What is wrong, but not without end; else one line that nothing is."""
    found = list(wrong)
    if not found:
        yield Finding(check, Mark.GOOD, otherwise)
    yield from found[:MOST_NAMED]
    if len(found) > MOST_NAMED:
        yield Finding(check, Mark.BAD, f"and {len(found) - MOST_NAMED} more")


def _of(problems: Iterator[tuple[int, str]], check: str = "verdicts") -> Iterator[Finding]:
    return (Finding(check, Mark.BAD, said, position) for position, said in problems)


def _entries(entries: list[Entry]) -> Iterator[Finding]:
    before = record.NOTHING_BEFORE
    for place, each in enumerate(entries, 1):
        name = f"entry {place} ({each.kind})"
        if record.digest(record.canonical(each.content)) != each.digest:
            yield Finding("entries", Mark.BAD, f"{name} was changed: it does not match its digest", place)
        if each.position != place:
            yield Finding(
                "entries", Mark.BAD, f"{name} says it is entry {each.position}: entries are missing or swapped", place
            )
        if each.previous != before:
            yield Finding("entries", Mark.BAD, f"{name} does not follow what stands before it", place)
        before = each.digest


def _heads(document: Mapping[str, Any], entries: list[Entry]) -> Iterator[Finding]:
    last = entries[-1].digest if entries else ""
    if document["head"] != last:
        where = f"entry {len(entries)}" if entries else "an empty record"
        yield Finding(
            "head", Mark.BAD, f"the record does not end with {where}: entries at its end are missing", len(entries)
        )
    else:
        yield Finding("head", Mark.GOOD, f"{last[:16]}… after {len(entries)} entries")
    published = next((each for each in reversed(entries) if each.kind == "published"), None)
    told = document["published_head"]
    if (told is None) != (published is None):
        yield Finding("published head", Mark.BAD, "names no entry, or none that says so was published")
    elif published is not None and (told["position"], told["digest"]) != (published.position, published.digest):
        said = f"is not that of entry {published.position} (published)"
        yield Finding("published head", Mark.BAD, said, published.position)
    elif published is not None:
        yield Finding("published head", Mark.GOOD, f"{published.digest[:16]}… at entry {published.position}")
    else:
        yield Finding("published head", Mark.OPEN, "there is none: no result was published")


def _head_as_told(entries: list[Entry], head: str) -> Finding:
    digits = head.strip().rstrip("….").lower()
    if len(digits) < FEWEST_DIGITS or not re.fullmatch("[0-9a-f]+", digits):
        return Finding("your head", Mark.BAD, f"give at least {FEWEST_DIGITS} digits of it, 0-9 and a-f")
    found = next((each for each in entries if each.digest.startswith(digits)), None)
    if found is None:
        return Finding("your head", Mark.BAD, f"no entry has {digits}…: what was published then was changed or cut off")
    later = len(entries) - found.position
    said = f"is entry {found.position} ({found.kind})"
    return Finding("your head", Mark.GOOD, said + (f"; it does not speak for the {later} after it" if later else ""))


def _secrets(secrets: Mapping[str, Any], entries: list[Entry]) -> Iterator[Finding]:
    opened = 0
    wrong = []
    known = {str(each.position): each for each in entries}
    for position, secret in secrets.items():
        of = known.get(position)
        for name, value in secret["fields"].items():
            bound = of.commitments.get(name) if of else None
            if bound is None or bound != record.commitment(secret["salt"], name, value):
                said = f"entry {position}: „{name}“ is not the value it was committed to"
                wrong.append(Finding("values", Mark.BAD, said, of.position if of else None))
            opened += 1
    yield from _summed("values", iter(wrong), f"{opened} values match what was committed to")
    hidden = [each for each in entries if each.is_confidential]
    kept = sum(len(each.commitments) for each in hidden if str(each.position) not in secrets)
    shown = sum(len(secret["fields"]) for secret in secrets.values())
    erased = sum(len(each.commitments) for each in entries) - shown - kept
    if hidden:
        yield Finding("values", Mark.OPEN, f"{len(hidden)} votes are confidential: committed to, and not shown")
    if erased > 0:
        yield Finding(
            "values", Mark.OPEN, f"{erased} values were erased at somebody's request; the chain holds without"
        )


def _timed(entries: list[Entry]) -> Iterator[Finding]:
    """Whether the verdicts agree with the times on record."""
    if any(each.kind == "opened" and "opens_at" in each.body for each in entries):
        wrong = _of(rejudging.times(entries), "times")
        yield from _summed("times", wrong, "the verdicts agree with the times on record")
    else:
        yield Finding("times", Mark.OPEN, "not compared, the record begins after the opening")


def _recounted(entries: list[Entry]) -> Iterator[Finding]:
    marks: Mapping[bool | None, Mark] = {True: Mark.GOOD, False: Mark.BAD, None: Mark.OPEN}
    for position, right, said in recounting.results(entries):
        yield Finding("result", marks[right], said, position)

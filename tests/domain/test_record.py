"""The record and its verification: whoever changes a byte is found out, and told where."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import record, recordfile
from bot.domain.answers import Kind, Option, Sheet
from bot.domain.counting import Verdict
from bot.domain.deciding import Outcome, Rules, Ruling, decide
from bot.domain.tallies import tally
from bot.domain.verifying import Mark, Verification, verify, verify_file

SHEET = Sheet(Kind.APPROVAL)
NAMES = ("Lindenstadt", "Größenbach", "Ahornfeld", "Erlenbrück")
AT = "2026-11-20T08:00:00+00:00"
NOON, CLOSES = "2026-11-20T12:00:00+00:00", "2026-11-20T18:00:00+00:00"
LATE = "2026-11-20T18:00:01+00:00"
ANNA = "@anna:example.org"
OPENED = {
    "network": "Verbund Süd",
    "consultation": "K3",
    "title": "Satzung „neu“",
    "opens_at": AT,
    "closes_at": CLOSES,
    "grace_seconds": "60",
}


@dataclass
class Chain:
    """A record as the bot writes it, without a database."""

    entries: list[tuple[str, str]] = field(default_factory=list)
    secrets: list[tuple[int, str, str]] = field(default_factory=list)
    published: tuple[int, str] | None = None

    def add(self, kind: str, body: Mapping[str, Any], **private: str) -> int:
        position = len(self.entries) + 1
        salt = f"{position:032x}"
        hidden = {name: record.commitment(salt, name, value) for name, value in private.items()}
        previous = self.entries[-1][0] if self.entries else ""
        written = record.entry(position, kind, AT, previous, body, hidden)
        self.entries.append((record.digest(written), written))
        if private:
            self.secrets.append((position, salt, record.canonical(private)))
        if kind == "published":
            self.published = (position, self.entries[-1][0])
        return position

    def written(self) -> str:
        header = recordfile.Header("Verbund Süd", "K3", "Satzung „neu“", self.entries[-1][0], self.published)
        return recordfile.written(header, self.entries, self.secrets)


def chain(*, visibility: str = "open", sheet: Sheet = SHEET, answers: tuple[str, ...] = ("yes", "no", "yes")) -> Chain:
    """Four organisations and a person; the first answer is replaced by the same once more."""
    made = Chain()
    electors = [{"number": number, "name": name, "weight": number} for number, name in enumerate(NAMES, 1)]
    ballot = record.ballot_body(1, "Stimmen Sie zu?", "Text", 1, sheet, Rules())
    made.add("opened", OPENED | {"visibility": visibility, "ballots": [ballot], "electors": electors}, by=ANNA)
    made.add("elector", {"number": 5, "weight": 1}, person="@ben:example.org")
    verdicts, counted = {}, {}
    for elector, answer in enumerate((answers[0], *answers), 0):
        number = max(elector, 1)
        body: dict[str, Any] = {"ballot": 1, "edition": 1, "withdraws": None, "sent_at": NOON, "received_at": NOON}
        choice = {"elector": str(number), "choice": answer}
        private = {"sender": f"@x{number}:example.org", "reason": "die Fristen fehlen"}
        if visibility == "confidential":
            position = made.add("vote", body, **private, **choice)
        else:
            position = made.add("vote", body | choice, **private)
        verdicts[position] = Verdict.COUNTED if elector else Verdict.REPLACED
        counted[number] = answer
    made.add("closed", {"closes_at": CLOSES})
    made.add("verdicts", record.verdicts_body(1, verdicts))
    count = tally(sheet, counted, {1: 1, 2: 2, 3: 3, 4: 4, 5: 1})
    made.add("result", record.result_body(1, count, decide(count, Rules())))
    made.add("published", {})
    made.add("dissent", {"number": 2}, text="Die Fristen fehlen.")
    return made


def bad(found: Verification) -> list[str]:
    return [f"{finding.check}: {finding.says}" for finding in found.findings if finding.mark is Mark.BAD]


def open_(found: Verification) -> list[str]:
    return [finding.says for finding in found.findings if finding.mark is Mark.OPEN]


def test_what_was_not_touched_is_good() -> None:
    found = verify_file(chain().written().encode())
    assert bad(found) == open_(found) == []
    says = {finding.check: finding.says for finding in found.findings}
    assert list(says) == [
        "file", "format", "names", "entries", "head", "published head", "values", "verdicts", "times", "result",
        "checksum",
    ]  # fmt: skip
    assert says["entries"] == "11 entries match their digests, and follow one another"
    assert says["result"] == "ballot 1: 3 votes counted again, the numbers follow from them, and so does „accepted“"
    assert "at entry 10" in says["published head"]


@pytest.mark.parametrize(
    ("sheet", "answers"),
    [
        (Sheet(Kind.CHOICE, (Option("A"), Option("B"))), ("2", "1", "abstain")),
        (Sheet(Kind.RANKING, (Option("A"), Option("B"), Option("C"))), ("2>1=3", "3>2>1", "1>2>3")),
        (Sheet(Kind.POINTS, (Option("A"), Option("B")), 10), ("1:7,2:3", "2:10", "abstain")),
        (Sheet(Kind.RESISTANCE, (Option("A"), Option("B"))), ("1:0,2:7", "1:10,2:0", "1:5,2:5")),
        (Sheet(Kind.DATES, (Option("A"), Option("B"))), ("1:yes,2:no", "1:maybe,2:yes", "1:no,2:no")),
    ],
)
def test_every_kind_is_counted_again(sheet: Sheet, answers: tuple[str, ...]) -> None:
    assert verify_file(chain(sheet=sheet, answers=answers).written().encode()).good


def test_every_single_byte_is_watched() -> None:
    """Each byte of the file, turned into another one."""
    content = chain().written().encode()
    unnoticed = [
        (place, bit)
        for place, byte in enumerate(content)
        for bit in (0x01, 0x20)
        if verify_file(content[:place] + bytes([byte ^ bit]) + content[place + 1 :]).good
    ]
    assert unnoticed == []


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_edit_goes_unnoticed(data: st.DataObject) -> None:
    content = chain().written().encode()
    place = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 40))
    put = data.draw(st.binary(max_size=40))
    edited = content[:place] + put + content[place + length :]
    assert verify_file(edited).good == (edited == content)


def changed(edit: Callable[[dict[str, Any]], object], **made: Any) -> Verification:
    """A file as somebody writes it who knows the format and makes a new checksum."""
    document = json.loads(chain(**made).written())
    edit(document)
    again = recordfile.written_again(document)
    assert verify_file(again.encode()).findings[0].mark is Mark.GOOD  # its outside gives nothing away
    return verify_file(again.encode())


def swap(document: dict[str, Any]) -> None:
    entries = document["entries"]
    entries[3], entries[4] = entries[4], entries[3]


def rechained(place: int, edit: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], None]:
    """Change the body of an entry, and every digest from there on, and the heads."""

    def edited(document: dict[str, Any]) -> None:
        edit(document["entries"][place]["entry"]["body"])
        before = document["entries"][place - 1]["digest"]
        for line in document["entries"][place:]:
            line["entry"]["previous"] = before
            before = line["digest"] = record.digest(record.canonical(line["entry"]))
        document["head"] = before
        document["published_head"]["digest"] = document["entries"][9]["digest"]

    return edited


forge = rechained(4, lambda body: body.update(choice="yes"))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (swap, "entries: entry 4 (vote) says it is entry 5: entries are missing or swapped"),
        (lambda d: d["entries"].pop(), "head: the record does not end with entry 10: entries at its end are missing"),
        (lambda d: d["entries"].pop(3), "entries: entry 4 (vote) does not follow what stands before it"),
        (
            lambda d: d["entries"][4]["entry"]["body"].update(choice="yes"),
            "entries: entry 5 (vote) was changed: it does not match its digest",
        ),
        (
            lambda d: d["secrets"]["5"]["fields"].update(reason="nichts fehlt"),
            "values: entry 5: „reason“ is not the value it was committed to",
        ),
        (
            lambda d: d["secrets"]["5"].update(salt="0" * 32),
            "values: entry 5: „sender“ is not the value it was committed to",
        ),
        (
            lambda d: d["secrets"].update({"99": {"salt": "", "fields": {"by": "x"}}}),
            "values: entry 99: „by“ is not the value it was committed to",
        ),
        (
            lambda d: d.update(head="0" * 64),
            "head: the record does not end with entry 11: entries at its end are missing",
        ),
        (
            lambda d: d.update(published_head={"position": 8, "digest": d["entries"][7]["digest"]}),
            "published head: is not that of entry 10 (published)",
        ),
        (lambda d: d.update(published_head=None), "published head: names no entry, or none that says so was published"),
        (lambda d: d.update(title="Satzung"), "names: the file says title „Satzung“, but „Satzung „neu““ was opened"),
        (lambda d: d.update(consultation="K99"), "names: the file says consultation „K99“, but „K3“ was opened"),
        (lambda d: d["entries"][4].update(note="gut"), "format: line 5 has „note“, which no record has"),
        (lambda d: d["entries"][4]["entry"].update(note=1), "format: entry 5 has „note“, which no record has"),
        (lambda d: d["secrets"]["5"].update(note="gut"), "format: values of entry 5 has „note“, which no record has"),
        (
            rechained(8, lambda b: b.update(outcome="rejected", winners=["no"])),
            "result: ballot 1: the numbers decide otherwise than entry 9 says (outcome, winners)",
        ),
        (
            rechained(7, lambda b: b["verdicts"].update({"4": "late"})),
            "times: the vote in entry 4 is said to be late, its times say counted",
        ),
        (
            rechained(4, lambda b: b.update(sent_at=LATE, received_at=LATE)),
            "times: the vote in entry 5 is said to be counted, its times say late",
        ),
        (forge, "result: ballot 1: the votes add up to other numbers than entry 9 says (lines)"),
        (
            lambda d: d["entries"].clear(),
            "head: the record does not end with an empty record: entries at its end are missing",
        ),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong_and_where(edit: Callable[[dict[str, Any]], object], said: str) -> None:
    found = changed(edit)
    assert said in bad(found)


def test_a_checksum_that_is_not_that_of_the_file() -> None:
    document = json.loads(chain().written())
    assert bad(verify(document | {"network": "Verbund Nord"})) == ["checksum: does not match the content"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        b'{"format": "\\ud800"}',
        b'{"entries": 7}',
        b"1" * 5_000,
    ],
)
def test_what_is_no_record_at_all(content: bytes) -> None:
    found = verify_file(content)
    assert bad(found) == ["file: is no record of a consultation, or is damaged"]


def test_a_later_format_is_not_guessed_at() -> None:
    document = json.loads(chain().written())
    found = verify(document | {"version": 2})
    assert bad(found) == ["format: is of another kind or version than this release knows"]


def test_a_strange_shape_inside_is_a_finding_and_no_crash() -> None:
    document = json.loads(chain().written())
    document["entries"][2]["entry"]["body"] = {"ballot": []}
    assert any(each.startswith("format: is not made as this release knows it") for each in bad(verify(document)))


def test_the_head_of_the_result_message() -> None:
    made = chain()
    published = made.entries[9][0]
    content = made.written().encode()
    assert verify_file(content, published).good
    (found,) = [each for each in verify_file(content, f"{published[:16]}…").findings if each.check == "your head"]
    assert found.says == "is entry 10 (published); it does not speak for the 1 after it"
    assert not verify_file(content, published[:15]).good
    assert not verify_file(content, "xyz12345").good
    assert not verify_file(content, "0123456789abcdef").good


def test_what_only_the_head_of_the_message_finds_out() -> None:
    """Somebody who forges all digests, and numbers that fit, makes a file that is right in itself."""
    honest = chain().entries[9][0]
    forged = chain(answers=("yes", "yes", "yes")).written().encode()
    assert verify_file(forged).good
    assert bad(verify_file(forged, honest[:16])) == [
        f"your head: no entry has {honest[:16]}…: what was published then was changed or cut off"
    ]


def test_what_was_erased_leaves_the_chain_whole() -> None:
    made = chain()
    made.secrets = [secret for secret in made.secrets if secret[0] not in (2, 4)]
    found = verify_file(made.written().encode())
    assert found.good
    assert open_(found) == ["3 values were erased at somebody's request; the chain holds without"]


def test_of_a_confidential_one_only_commitments_are_there() -> None:
    made = chain(visibility="confidential")
    made.secrets = [secret for secret in made.secrets if '"choice"' not in secret[2]]
    content = made.written()
    assert '"choice":"yes"' not in content
    found = verify_file(content.encode())
    assert found.good
    assert open_(found) == [
        "4 votes are confidential: committed to, and not shown",
        "ballot 1: not counted again, the votes are confidential",
    ]


def test_verdicts_must_be_about_votes_and_about_all_of_them() -> None:
    made = Chain()
    made.add("vote", {"ballot": 1, "elector": "1", "choice": "yes"})
    made.add("vote", {"ballot": 1, "elector": "1", "choice": "no"})
    made.add("verdicts", record.verdicts_body(1, {1: Verdict.COUNTED, 7: Verdict.LATE}))
    assert bad(verify_file(made.written().encode())) == [
        "verdicts: entry 3: its verdict on entry 7 is about no vote",
        "verdicts: entry 3: it says nothing of the vote in entry 2",
    ]


def test_no_elector_counts_twice() -> None:
    made = Chain()
    ballot = record.ballot_body(1, "?", "", 1, SHEET, Rules())
    electors = [{"number": 1, "name": "Lindenstadt", "weight": 1}]
    made.add("opened", OPENED | {"visibility": "open", "ballots": [ballot], "electors": electors})
    made.add("vote", {"ballot": 1, "elector": "1", "choice": "yes"})
    made.add("vote", {"ballot": 1, "elector": "1", "choice": "yes"})
    made.add("verdicts", record.verdicts_body(1, {2: Verdict.COUNTED, 3: Verdict.COUNTED}))
    made.add("result", record.result_body(1, tally(SHEET, {1: "yes"}, {1: 1}), Ruling(Outcome.ACCEPTED, 1, 1)))
    assert bad(verify_file(made.written().encode())) == ["result: ballot 1: two votes count for elector 1"]


def test_a_record_that_begins_after_the_opening() -> None:
    """A consultation that ran while 0.2.0 was updated: what can be checked is, and the rest is said."""
    made = Chain()
    made.add("vote", {"ballot": 1, "elector": "1", "choice": "yes"})
    made.add("verdicts", record.verdicts_body(1, {1: Verdict.COUNTED}))
    made.add("result", record.result_body(1, tally(SHEET, {1: "yes"}, {1: 1}), Ruling(Outcome.ACCEPTED, 1, 1)))
    found = verify_file(made.written().encode())
    assert found.good
    assert "ballot 1: not counted again, the record begins after the opening" in open_(found)

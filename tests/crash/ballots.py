"""What stands in the rooms about a vote, read by somebody who shares no code with the bot: posts, votes, results."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.demo.connection import Json
from bot.demo.person import POLL_RESPONSE, relates_to

POLL = "org.matrix.msc3381.poll.start"
POLL_END = "org.matrix.msc3381.poll.end"
REDACTION = "m.room.redaction"
SIGNS = {"yes": "👍", "no": "👎", "abstain": "🤷", "1": "1️⃣", "2": "2️⃣", "3": "3️⃣"}
WORDS = {"yes": "ja", "no": "nein", "abstain": "enthaltung", "1": "1", "2": "Süd", "3": "West"}
SHOWN = {"Ja": "yes", "Nein": "no", "Enthaltung": "abstain", "1 · Nord": "1", "2 · Süd": "2", "3 · West": "3"}
APPROVAL, CHOICE = ("yes", "no", "abstain"), ("1", "2", "3", "abstain")
RECORDED = "Ulmenau"

_ANNOUNCED = re.compile(r"K(\d+) · Runde \d+ — Abstimmung(?: der Organisationen|, offen bis)")
_SHEET = re.compile(r"K(\d+)\.(\d+)\n")
_ASKED = re.compile(r"K(\d+)(?:\.(\d+))? · ")
_TYPED = re.compile(r"!?stimme K(\d+)(?:\.(\d+)| (alle))?( für Ulmenau)? (\w+)(?: weil \w+)?(?: \(.*\))?")
_RESULT = re.compile(r"K(\d+) · Runde \1: ")
_ROW = re.compile(r"^(Lindenstadt|Erlenbrück|Ulmenau)\s{2,}(\S.*?)(?:\s{2,}.*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Said:
    """A vote: what it says on each ballot of a consultation (None takes back), and whether it was for Ulmenau."""

    number: int
    answers: tuple[tuple[int, str | None], ...]
    recorded: bool = False


@dataclass
class Posts:
    """Where one may vote, by event ID: the polls, and what one may react on; for which consultation and ballot."""

    polls: dict[str, tuple[int, int]] = field(default_factory=dict)
    sheets: dict[str, tuple[int, int]] = field(default_factory=dict)
    notices: dict[str, int] = field(default_factory=dict)

    def see(self, event: Json) -> None:
        """Look at something that the bot wrote."""
        content = event["content"]
        if "m.new_content" in content:
            return
        own, body = event["event_id"], content.get("body", "")
        if event["type"] == POLL and (asked := _ASKED.match(content[POLL]["question"]["body"])):
            self.polls[own] = int(asked[1]), int(asked[2] or 1)
        elif sheet := _SHEET.match(body):
            self.sheets[own] = int(sheet[1]), int(sheet[2])
        elif announced := _ANNOUNCED.match(body):
            self.sheets[own] = int(announced[1]), 1
            if "offen bis" in announced[0]:
                self.notices[own] = int(announced[1])

    def vote(self, event: Json, several: Mapping[int, bool]) -> Said | None:
        """What an event says as a vote; `several` tells which consultations have two ballots."""
        content, [target] = event["content"], [*relates_to(event), ""][:1]
        if event["type"] == POLL_RESPONSE and target in self.polls:
            number, ballot = self.polls[target]
            return Said(number, ((ballot, next(iter(content[POLL_RESPONSE].get("answers", ())), None)),))
        if event["type"] == "m.reaction" and target in self.sheets:
            number, ballot = self.sheets[target]
            sign = content["m.relates_to"]["key"]
            return Said(number, ((ballot, next(answer for answer in SIGNS if SIGNS[answer] == sign)),))
        body = content.get("body", "")
        if event["type"] == "m.room.message" and target in self.notices and body in WORDS.values():
            return Said(self.notices[target], ((1, _meant(body)),))
        if found := _TYPED.fullmatch(body):
            number = int(found[1])
            ballots = (1, 2) if found[3] and several[number] else (int(found[2] or 1),)
            return Said(number, tuple((ballot, _meant(found[5])) for ballot in ballots), recorded=bool(found[4]))
        return None


def _meant(word: str) -> str:
    return next(answer for answer in WORDS if WORDS[answer] == word)


def sent_at(event: Json) -> datetime:
    """When its sender's homeserver had it."""
    return datetime.fromtimestamp(event["origin_server_ts"] / 1000, UTC)


def taken_back(event: Json) -> str | None:
    """What a redaction takes back."""
    return (event.get("redacts") or event["content"].get("redacts")) if event["type"] == REDACTION else None


def is_redacted(event: Json) -> bool:
    """Whether nothing is left of an event but that it was."""
    return "redacted_because" in event.get("unsigned", {})


def is_edit(event: Json) -> bool:
    """Whether it changes a message that was there before."""
    return "m.new_content" in event["content"]


def result_of(event: Json) -> int | None:
    """Of which consultation this is the result message."""
    body = "" if is_edit(event) else str(event["content"].get("body", ""))
    found = _RESULT.match(body)
    return int(found[1]) if found and "Prüfsumme des Protokolls: " in body else None


def bodies(events: Iterable[Json]) -> list[str]:
    """What was said in words, edits left out."""
    return [str(event["content"].get("body", "")) for event in events if not is_edit(event)]


def published(result: str, number: int, *, several: bool) -> list[dict[str, str]]:
    """For each ballot of a result message who voted what; the numbers in its first line agree with that."""
    heads = [f"K{number}.{ballot} · " for ballot in (1, 2)] if several else [f"K{number} · "]
    starts = [result.index(head) for head in heads]
    parts = [result[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    return [_rows(part) for part in parts]


def _rows(part: str) -> dict[str, str]:
    shown = dict(_ROW.findall(part))
    assert shown.keys() == {"Lindenstadt", "Erlenbrück", "Ulmenau"}, part
    rows = {who: SHOWN[vote] for who, vote in shown.items() if vote != "–"}
    given = list(rows.values())
    first = part.splitlines()[0]
    abstained, silent = given.count("abstain"), 3 - len(given)
    if "gültige" in first:
        said = re.search(r"(\d) gültige Stimmen?, (\d) Enthaltung(?:en)?, (\d) ohne Stimme", first)
        own = [len(given) - abstained, abstained, silent]
    else:
        said = re.search(r"(\d) Ja, (\d) Nein, (\d) Enthaltung(?:en)?, (\d) ohne Stimme", first)
        own = [given.count("yes"), given.count("no"), abstained, silent]
    assert said is not None, part
    assert [int(count) for count in said.groups()] == own, part
    return rows

"""Minutes as files: HTML that everybody can read, and CSV to calculate with. The JSON is `bot.domain.recordfile`.

The HTML is one file without scripts and without anything from elsewhere. Its tables end after `MOST_ROWS` rows in all
and say so; the CSV has them all.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain import answers
from bot.domain.answers import Sheet
from bot.domain.breakdown import Breakdown
from bot.domain.counting import Rank, Verdict
from bot.domain.tallies import Count
from bot.files import sheets
from bot.store.tables import Ballot, Consultation, Decision, Dissent, Edition, Elector, Result, Step, Task
from bot.store.votes import Heard
from bot.texts import Text, Texts, text

RANKS = {rank.value: rank.name.lower() for rank in Rank}
MOST_ROWS = 10_000
FEWEST_ROWS = 100  # of one table, however many ballots there are


@dataclass(frozen=True, slots=True, kw_only=True)
class Dissenting:
    """A dissent with its counter-positions: of whom (None: of the chair), and what."""

    dissent: Dissent
    elector: Elector
    answers: Sequence[tuple[str | None, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One ballot. `events` and `silent` are None where votes are confidential; `refused` is how many did not count.

    `events` are all vote events in the order received, `verdicts` what was decided on each by its ID; `electors` are
    the consultation's by ID.

    `result` is what was put to the vote, if it was a result; `chosen` the number of the option that won;
    `quorum_reached` None where there is no quorum. `outcome_only`: numbers would tell how somebody voted.
    """

    short: str
    ballot: Ballot
    sheet: Sheet
    editions: Sequence[Edition]
    result: Result | None
    count: Count
    breakdown: Breakdown
    decision: Decision | None
    chosen: int | None
    quorum_reached: bool | None
    events: Sequence[Heard] | None
    verdicts: Mapping[int, Verdict]
    electors: Mapping[int, Elector]
    silent: Sequence[Elector] | None
    refused: Sequence[tuple[Verdict, int]]
    dissents: Sequence[Dissenting]
    outcome_only: bool = False

    def rank(self, event: Heard) -> str:
        """On whose word a vote stands, as a name for `minutes.word`."""
        return RANKS[event.rank]

    def is_answer(self, given: str) -> bool:
        """Whether what a vote says is one of the ballot's answers."""
        return answers.is_valid(given, self.sheet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """All that the minutes of a consultation say. `published_head` is the position and digest that its result names."""

    network: str
    consultation: Consultation
    electors: Sequence[Elector]
    steps: Sequence[Step]
    parts: Sequence[Part]
    tasks: Sequence[Task]
    found_late: int
    away_since: datetime | None
    published_head: tuple[int, str] | None
    at: datetime

    @property
    def most(self) -> int:
        """How many rows a table of the HTML may have."""
        return max(FEWEST_ROWS, MOST_ROWS // max(1, len(self.parts)))


@dataclass(frozen=True, slots=True)
class Wording:
    """In which words, language and time zone to write."""

    texts: Texts
    language: str
    zone: ZoneInfo

    def document(self, minutes: Minutes, files: Sequence[str]) -> bytes:
        """The HTML; `files` are the names of the others."""
        filled = text("minutes.document", minutes=minutes, files=files, zone=self.zone.key)
        return ("<!DOCTYPE html>\n" + self.texts.html(filled, self.language, self.zone) + "\n").encode()

    def table(self, minutes: Minutes) -> bytes:
        """The CSV: every vote event of every ballot and who has none; of confidential ones the sums."""
        if any(part.events is None for part in minutes.parts):
            return sheets.to_csv(list(self._sums(minutes)))
        return sheets.to_csv(list(self._events(minutes)))

    def _events(self, minutes: Minutes) -> Iterator[Sequence[str]]:
        word, when = self._words(), self._clock()
        yield [word(name) for name in EVENT_COLUMNS]
        names = {each.id: (_name(each), str(each.weight)) for each in minutes.electors}
        for part in minutes.parts:
            given = self._answers(part)
            for each in part.events or ():
                verdict = part.verdicts[each.id]
                yield (
                    part.short,
                    str(each.record_position or ""),
                    *names.get(each.elector_id, NOBODY),
                    word(Verdict.TAKING_BACK) if each.choice is None else given(each.choice),
                    each.reason or "",
                    each.amendment or "",
                    each.sender,
                    word(RANKS[each.rank]),
                    word(each.channel),
                    each.informant or "",
                    str(each.edition),
                    when(each.sent_at),
                    when(each.received_at),
                    word("counts" if verdict is Verdict.COUNTED else "counts_not"),
                    word(verdict),
                )
            for elector in part.silent or ():
                yield part.short, "", *names[elector.id], word("silent"), *[""] * 11

    def _sums(self, minutes: Minutes) -> Iterator[Sequence[str]]:
        word = self._words()
        yield [word(name) for name in SUM_COLUMNS]
        for part in minutes.parts:
            given, count = self._answers(part), part.count
            if part.outcome_only:
                yield part.short, word("silent"), str(count.silent), "", "", ""
                continue
            for line in count.lines:
                answer = given(line.answer) if part.sheet.kind == "approval" else self._option(part.sheet, line.answer)
                yield part.short, answer, str(line.votes), str(line.weight), str(line.score), str(line.maybe)
            yield part.short, given(answers.ABSTAIN), str(count.abstained), str(count.abstained_weight), "", ""
            silent = count.entitled_weight - count.turnout_weight
            yield part.short, word("silent"), str(count.silent), str(silent), "", ""

    def _words(self) -> Callable[[str], str]:
        known: dict[str, str] = {}

        def word(value: str) -> str:
            if value not in known:
                known[value] = self._bare(text("minutes.word", value=value))
            return known[value]

        return word

    def _answers(self, part: Part) -> Callable[[str], str]:
        """Answers in words; what is none stays as it was said. Each once: many votes say the same."""
        known: dict[str, str] = {}

        def given(answer: str) -> str:
            if answer not in known:
                filled = text("minutes.given", answer=answer, sheet=part.sheet)
                known[answer] = self._bare(filled) if part.is_answer(answer) else answer
            return known[answer]

        return given

    def _option(self, sheet: Sheet, answer: str) -> str:
        return self._bare(text("minutes.option", number=int(answer), sheet=sheet))

    def _clock(self) -> Callable[[datetime], str]:
        """As every spreadsheet program reads it."""
        return lambda at: at.astimezone(self.zone).isoformat(" ", "seconds")[:19]

    def _bare(self, filled: Text) -> str:
        markup = self.texts.html(filled, self.language, self.zone)
        return html.unescape(re.sub(r"<[^>]+>", "", markup)).strip()


def _name(elector: Elector) -> str:
    return elector.organisation or elector.person or ""


NOBODY = ("", "")
EVENT_COLUMNS = (
    "ballot", "position", "elector", "weight", "answer", "reason", "amendment", "sender", "rank", "channel",
    "informant", "edition", "sent_at", "received_at", "counted_or_not", "verdict",
)  # fmt: skip
SUM_COLUMNS = ("ballot", "answer", "votes", "weight", "score", "maybe")

"""What should have come of it: the rooms' full histories, and the votes counted anew by the rule.

A vote counts if it was sent no later than the close, by somebody with a mandate. Each sender has at most one vote that
stands: the latest; taking it back leaves none. Of an organisation's standing votes the highest counts: that of a holder
before a deputy's, both before what was recorded; among equals the latest.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.demo.connection import Json
from tests.crash.ballots import RECORDED, Posts, Said, is_redacted, sent_at, taken_back

Mandates = Mapping[str, tuple[str, int]]  # by person: the organisation, 3 for a holder, 2 for a deputy


@dataclass(frozen=True)
class Given:
    """One event on one ballot, in its place: a vote, or what takes one back."""

    event: Json
    ballot: int
    answer: str | None
    recorded: bool = False
    of: str | None = None  # what a redaction takes back

    @property
    def own(self) -> tuple[str, int]:
        return self.event["event_id"], self.ballot


@dataclass
class Recount:
    """One consultation, as it stands in the rooms. `unread`: redacted before the bot could read what it said."""

    number: int
    mandates: Mandates
    given: list[Given] = field(default_factory=list)
    closes_at: datetime | None = None
    unread: set[str] = field(default_factory=set)

    @property
    def in_time(self) -> list[Given]:
        """Everything that was sent before the close and can be known."""
        assert self.closes_at is not None
        gone = self.unread
        return [
            each
            for each in self.given
            if sent_at(each.event) <= self.closes_at and each.event["event_id"] not in gone and each.of not in gone
        ]

    def miss(self, recorded: Counter[tuple[str, int]]) -> list[Given]:
        """What is not on record and should be; what was redacted before it was read is left out from now on."""
        missing = [each for each in self.in_time if each.own not in recorded]
        self.unread |= {each.event["event_id"] for each in missing if each.of is None and is_redacted(each.event)}
        return [each for each in self.in_time if each.own not in recorded]

    def counted(self, ballot: int) -> dict[str, Given]:
        """The vote that counts, by organisation."""
        standing: dict[tuple[str, bool], Given] = {}
        for each in self.in_time:
            voice = each.event["sender"], each.recorded
            if each.ballot != ballot or self._speaks(each) is None:
                continue
            if each.of is not None:
                if voice in standing and standing[voice].event["event_id"] == each.of:
                    del standing[voice]
            elif each.answer is None:
                standing.pop(voice, None)
            else:
                standing.pop(voice, None)
                standing[voice] = each
        best: dict[str, tuple[int, Given]] = {}
        for each in standing.values():
            organisation, rank = self._speaks(each) or ("", 0)
            if organisation not in best or rank >= best[organisation][0]:
                best[organisation] = rank, each
        return {organisation: each for organisation, (_, each) in best.items()}

    def _speaks(self, given: Given) -> tuple[str, int] | None:
        return (RECORDED, 1) if given.recorded else self.mandates.get(given.event["sender"])


def recounts(
    histories: Sequence[Sequence[Json]],
    posts: Posts,
    said: Mapping[str, Said],
    several: Mapping[int, bool],
    mandates: Mandates,
) -> dict[int, Recount]:
    """All consultations, by number. `said` tells what stood in events that were redacted since."""
    found = {number: Recount(number, mandates) for number in several}
    for history in histories:
        for event in history:
            for number, given in _given(event, posts, said, several):
                found[number].given.append(given)
    return found


def _given(
    event: Json, posts: Posts, said: Mapping[str, Said], several: Mapping[int, bool]
) -> Iterator[tuple[int, Given]]:
    own, target = event["event_id"], taken_back(event)
    if target is not None:
        for ballot, _ in said[target].answers if target in said else ():
            yield said[target].number, Given(event, ballot, None, said[target].recorded, target)
        return
    vote = said.get(own) if is_redacted(event) else posts.vote(event, several)
    assert vote == said.get(own), f"{event} was sent as {said.get(own)}"
    if vote is None:
        return
    for ballot, answer in vote.answers:
        yield vote.number, Given(event, ballot, answer, vote.recorded)

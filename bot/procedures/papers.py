"""The ballots of a consultation as people see them: on posts, in notices, in mail."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.context import Scope
from bot.domain.answers import Sheet
from bot.store import consultations, results
from bot.store.tables import Ballot, Consultation, Edition, Result

MOST_WITHIN = 9_000  # bytes; an edit says everything three times, and an event of ours holds 40,000 (`bot.contents`)
LONGEST_LINE = 4_000  # characters; posting splits between lines, and shortens a line that is too long for an event


@dataclass(frozen=True, slots=True)
class Former:
    """A text that is voted on no more, as its messages showed it last. `first` is the edition that they are keyed by.

    `result` is whose wording it was, if that is known. `is_long`: it stands in a message apart.
    """

    text: str
    first: int
    version: int | None
    result: Result | None
    is_long: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """One ballot. `short` is „K3“, or „K3.2“ of several; `result` is whose wording it puts to the vote, if any.

    `latest` is the edition that is voted on, where the text was changed while votes were taken. `formers` are the texts
    that are voted on no more, the first leads.
    """

    ballot: Ballot
    sheet: Sheet
    short: str
    result: Result | None = None
    latest: Edition | None = None
    formers: Sequence[Former] = ()

    @property
    def is_long(self) -> bool:
        """Whether the text is too long for the message that shows the ballot, which is edited now and then."""
        return _is_long(self.ballot.text, self.ballot, self.sheet)

    @property
    def began_anew(self) -> bool:
        """Whether votes on an earlier text are void."""
        return self.ballot.valid_edition > 1

    @property
    def wording(self) -> str:
        """The whole text, in lines that no event has to shorten."""
        return "\n".join(part for line in self.ballot.text.splitlines() for part in _wrapped(line))


def _wrapped(line: str) -> list[str]:
    if len(line) <= LONGEST_LINE:
        return [line]
    return textwrap.wrap(line, LONGEST_LINE, break_on_hyphens=False, drop_whitespace=False)


def papers(consultation: Consultation, scope: Scope) -> list[Paper]:
    """All ballots of a consultation, in their order."""
    found = consultations.ballots(scope.session, consultation.id or 0)
    return [_paper(ballot, consultation, scope, several=len(found) > 1) for ballot in found]


def of_ballot(ballot: Ballot, among: Sequence[Paper]) -> Paper:
    """The paper of a ballot."""
    return next(paper for paper in among if paper.ballot.id == ballot.id)


def _paper(ballot: Ballot, consultation: Consultation, scope: Scope, *, several: bool) -> Paper:
    result = results.by_id(scope.session, ballot.result_id) if ballot.result_id else None
    editions = consultations.editions(scope.session, ballot.id or 0) if ballot.edition > 1 else ()
    return Paper(
        ballot=ballot,
        sheet=consultations.sheet(ballot),
        short=consultations.key(consultation, ballot if several else None),
        result=result,
        latest=editions[-1] if editions else None,
        formers=tuple(_formers(ballot, editions, result, scope)),
    )


def _formers(ballot: Ballot, editions: Sequence[Edition], result: Result | None, scope: Scope) -> Iterator[Former]:
    """For each time that it was voted on anew: the text before, with what was carried over into it."""
    first = 1
    for each, following in pairwise(editions):
        if not following.carried:
            is_long = _is_long(each.text, ballot, consultations.sheet(ballot))
            yield Former(each.text, first, each.result_version, _whose(each, result, scope), is_long)
            first = following.edition


def _whose(edition: Edition, result: Result | None, scope: Scope) -> Result | None:
    """The ballot's result, if the text was a wording of it; editions do not keep of which result they are."""
    if result is None or edition.result_version is None:
        return None
    version = results.version(scope.session, result.id or 0, edition.result_version)
    return result if version is not None and version.text == edition.text else None


def _is_long(words: str, ballot: Ballot, sheet: Sheet) -> bool:
    labels = [option.label for option in sheet.options]
    return len(json.dumps([words, ballot.question, *labels])) > MOST_WITHIN

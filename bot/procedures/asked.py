"""What a message to one person asks them to vote on, and for whom: said in its key, and in what an answer completes.

A message on one ballot is answered for that ballot; one on a whole consultation for what the person has not voted on
by then: an answer never changes a vote that it does not name. Who has a vote of their own and speaks for an
organisation besides gets messages for the organisation, and their answers count for it.
"""

import re
from dataclasses import dataclass

from bot.language.kept import SLOT, literal
from bot.store.tables import Ballot, Consultation, Elector

BALLOT = re.compile(r"/ballot (?P<position>\d+) edition (?P<edition>\d+)(?:/|$)")
ELECTOR = re.compile(r"/elector (?P<elector>\d+)/")
SUBJECT = re.compile(r"consultation/(?P<consultation>\d+)(?:/ballot (?P<ballot>\d+))?(?:/elector (?P<elector>\d+))?")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: on one ballot of `several`, or on all; for an organisation, if that must be said."""

    consultation: Consultation
    several: bool = False
    ballot: Ballot | None = None
    elector: Elector | None = None

    @property
    def resume(self) -> str:
        """The command that an answer completes."""
        number = f"K{self.consultation.number}"
        named = f" für {literal(self.elector.organisation)}" if self.elector and self.elector.organisation else ""
        if not self.several:
            return f"stimme {number}{named} {SLOT}"
        return f"stimme {f'{number}.{self.ballot.position}' if self.ballot else f'{number} übrige'}{named} {SLOT}"

    def for_all(self, answer: str, *, rest: bool) -> str:
        """The command that gives one answer to all of several ballots, or to the `rest` of them, without a question."""
        return self.resume.replace(" übrige", " alle übrigen" if rest else " alle").replace(SLOT, answer)

    @property
    def subject(self) -> str:
        """What waits for a vote, for `SUBJECT` to read."""
        ballot = f"/ballot {self.ballot.position}" if self.ballot and self.several else ""
        return f"consultation/{self.consultation.id}{ballot}{self._for}"

    @property
    def in_key(self) -> str:
        """What the message's key says of it, for `BALLOT` and `ELECTOR` to read."""
        ballot = f"/ballot {self.ballot.position} edition {self.ballot.edition}" if self.ballot else ""
        return f"{ballot}{self._for}"

    @property
    def _for(self) -> str:
        return f"/elector {self.elector.id}" if self.elector else ""


def matter(subject: str) -> str:
    """The consultation that a subject is about; any other subject is as it is."""
    found = SUBJECT.fullmatch(subject)
    return f"consultation/{found['consultation']}" if found else subject

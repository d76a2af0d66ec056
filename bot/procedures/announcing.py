"""The posts that show a consultation in its room: the announcement, its ballots with their texts, the native polls.

With one ballot the announcement shows it; with several each has a message of its own, with its poll below. A text too
long to be edited stands in a message apart. In a room that replaced the first one all of it is posted once more.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.context import Scope
from bot.domain.answers import Kind
from bot.domain.consultation import Visibility
from bot.effects import Edit, Effect, Poll, Say
from bot.procedures import turnout
from bot.procedures.consultations import announcement_key, former_sheet_key, poll_key, sheet_key
from bot.procedures.papers import Paper, papers
from bot.store import moves, votes
from bot.store.tables import Ballot, Consultation
from bot.texts import Text, text

LABELS = {
    "de": {"yes": "Ja", "no": "Nein", "abstain": "Enthaltung"},
    "en": {"yes": "Yes", "no": "No", "abstain": "Abstention"},
}


@dataclass(frozen=True, slots=True)
class Entitled:
    """How many have a vote, and their weights together."""

    count: int
    weight: int
    organisations: bool
    people: bool


def posts(
    consultation: Consultation, scope: Scope, *, again: bool = False, planned: datetime | None = None
) -> tuple[Effect, ...]:
    """Everything that is to stand in its room. `planned` is when it was to open (UTC), if that is not now."""
    found, room_id = papers(consultation, scope), consultation.room_id

    def key(of: str) -> str:
        return moves.again(of, room_id) if again else of

    announced = _announced(consultation, found, scope, planned=planned)
    effects: list[Effect] = [Say(room_id=room_id, key=key(announcement_key(consultation)), text=announced)]
    for paper in found:
        effects += ballot_posts(consultation, paper, scope, again=again, alone=len(found) == 1)
    return tuple(effects)


def ballot_posts(
    consultation: Consultation, paper: Paper, scope: Scope, *, again: bool = False, alone: bool = False
) -> list[Effect]:
    """What shows one ballot: its message unless the announcement does, a long text, the native poll."""
    ballot, room_id = paper.ballot, consultation.room_id

    def key(of: str) -> str:
        return moves.again(of, room_id) if again else of

    effects: list[Effect] = []
    if not alone or paper.began_anew:
        sheet = sheet_text(consultation, paper, scope, alone=alone)
        effects.append(Say(room_id=room_id, key=key(sheet_key(ballot)), text=sheet))
    if paper.is_long:
        whole = text("opening.wording", consultation=consultation, paper=paper)
        effects.append(Say(room_id=room_id, key=key(wording_key(ballot)), text=whole))
    if paper.sheet.has_poll and consultation.visibility != Visibility.CONFIDENTIAL:
        effects.append(_poll(key(poll_key(ballot)), consultation, paper, scope))
    return effects


def keys(consultation: Consultation, scope: Scope) -> list[str]:
    """The keys under which all of it was said first."""
    found = [announcement_key(consultation)]
    for paper in papers(consultation, scope):
        found += [sheet_key(paper.ballot), wording_key(paper.ballot), poll_key(paper.ballot)]
    return found


def wording_key(ballot: Ballot) -> str:
    """The key of the message that holds a long text alone. It is no place to vote."""
    return f"ballot/{ballot.id}/wording/edition {ballot.edition}"


def edited(consultation: Consultation, scope: Scope) -> Edit:
    """The announcement as it is now; also how many have voted stands in it from here on."""
    found = papers(consultation, scope)
    of = _place(announcement_key(consultation), consultation, scope)
    announced = _announced(consultation, found, scope)
    return Edit(room_id=consultation.room_id, key=_of_now(of, consultation), of=of, text=announced)


def sheet_edited(consultation: Consultation, paper: Paper, scope: Scope, *, alone: bool) -> Edit:
    """A ballot's own message as it is now."""
    of = _place(sheet_key(paper.ballot), consultation, scope)
    said = sheet_text(consultation, paper, scope, alone=alone)
    return Edit(room_id=consultation.room_id, key=_of_now(of, consultation), of=of, text=said)


def sheets_edited(consultation: Consultation, scope: Scope) -> tuple[Edit, ...]:
    """The ballots' own messages as they are now, those that there are: after a change that all of them show."""
    found = papers(consultation, scope)
    alone = len(found) == 1
    return tuple(
        sheet_edited(consultation, paper, scope, alone=alone)
        for paper in found
        if (not alone or paper.began_anew) and moves.is_said(scope.session, sheet_key(paper.ballot))
    )


def former_edited(consultation: Consultation, paper: Paper, scope: Scope) -> tuple[Edit, ...]:
    """The message with the text before this one keeps it, and says that it is voted on no more.

    Of a single ballot the first text stands in the announcement, which is edited anyway.
    """
    former = paper.formers[-1]
    said = text("opening.former", consultation=consultation, paper=paper, former=former)
    key = former_sheet_key(paper.ballot, former.first)
    return tuple(
        Edit(room_id=room_id, key=_of_now(of, consultation), of=of, text=said)
        for of, room_id in moves.places(scope.session, key)
    )


def _place(key: str, consultation: Consultation, scope: Scope) -> str:
    """The key of a post where it stands now: in the first room, or once more in the one that replaced it."""
    here = moves.again(key, consultation.room_id)
    return here if moves.is_said(scope.session, here) else key


def _of_now(of: str, consultation: Consultation) -> str:
    """The key of an edit: each change enters the record, so that its length tells one edit from the next."""
    until = consultation.closes_at.isoformat()
    return f"{of}/{consultation.state} until {until}, entry {consultation.record_length}"


def _announced(
    consultation: Consultation, found: list[Paper], scope: Scope, *, planned: datetime | None = None
) -> Text:
    consultation.turnout_shown = consultation.record_length
    electors = votes.electors(scope.session, consultation.id or 0)
    return text(
        "opening.announced",
        consultation=consultation,
        papers=found,
        entitled=Entitled(
            len(electors),
            sum(each.weight for each in electors),
            any(each.organisation for each in electors),
            any(each.person for each in electors),
        ),
        planned=planned,
        turnout=turnout.turnout(consultation, scope),
        prefix=scope.house.prefix,
    )


def sheet_text(consultation: Consultation, paper: Paper, scope: Scope, *, alone: bool) -> Text:
    """What a ballot's own message says."""
    return text("opening.sheet", consultation=consultation, paper=paper, alone=alone, prefix=scope.house.prefix)


def _poll(key: str, consultation: Consultation, paper: Paper, scope: Scope) -> Poll:
    labels = LABELS[scope.language_of(consultation.room_id)]
    answers = list(labels.items())
    if paper.sheet.kind is not Kind.APPROVAL:
        options = [(str(number), option.label) for number, option in enumerate(paper.sheet.options, 1)]
        answers = [*options, ("abstain", labels["abstain"])]
    return Poll(
        room_id=consultation.room_id,
        key=key,
        question=f"{paper.short} · {paper.ballot.question}",
        answers=tuple(answers),
        disclosed=consultation.visibility == Visibility.OPEN,
    )

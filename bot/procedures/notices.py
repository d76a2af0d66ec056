"""Telling those who vote for organisations, wherever they are: a vote opens, ends soon, later or never, is decided.

Who speaks for an organisation in Matrix gets a direct message, and can answer it with one word or one tap; where
nobody does, its mail address gets a mail. People who have a vote of their own are told in the room, by nobody but the
announcement. Nobody gets two messages on the same thing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.context import Scope
from bot.effects import Effect, Mail
from bot.procedures import standing, telling
from bot.procedures.counts import Counted
from bot.procedures.papers import Paper, papers
from bot.store import decisions, networks, rooms
from bot.store.tables import Ballot, Consultation, Decision, Elector
from bot.texts import Text, text
from bot.texts.blanks import blanks


@dataclass(frozen=True, slots=True)
class Told:
    """How one ballot was decided."""

    paper: Paper
    counted: Counted
    decision: Decision


def opened(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Tell them that a vote is open, on what, and how their vote gets in."""
    found = papers(consultation, scope)
    room = rooms.find(scope.session, consultation.room_id)

    def asked(names: Sequence[str]) -> Text:
        return text("notices.asked", consultation=consultation, papers=found, names=names, room=room)

    return (
        *telling.directly(consultation, "notice/opened", asked, scope),
        *_mailed_opening(consultation, found, scope),
    )


def _mailed_opening(consultation: Consultation, found: Sequence[Paper], scope: Scope) -> Iterator[Mail]:
    subject = text("notices.opened_subject", consultation=consultation)
    said = text(
        "notices.opened",
        consultation=consultation,
        papers=found,
        organisation=telling.ANY,
        **_known(consultation, scope),
    )
    return telling.mails(consultation, "opened", subject, said, scope)


def extended(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Tell them of a later close: what stands in a mail cannot be edited, and nobody sees an edit."""
    what = f"until {consultation.closes_at.isoformat()}"

    def told(names: Sequence[str]) -> Text:
        return text("notices.told_extended", consultation=consultation, names=names)

    known = _known(consultation, scope)
    mailed = text("notices.extended", consultation=consultation, organisation=telling.ANY, **known)
    return (
        *telling.directly(consultation, f"notice/{what}", told, scope),
        *telling.mails(consultation, what, text("notices.extended_subject", consultation=consultation), mailed, scope),
    )


def cancelled(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Tell them that a vote is called off."""
    network = networks.by_id(scope.session, consultation.network_id)

    def told(names: Sequence[str]) -> Text:
        return text("notices.told_cancelled", consultation=consultation)

    mailed = text("notices.cancelled", network=network, organisation=telling.ANY, consultation=consultation)
    return (
        *telling.directly(consultation, "notice/cancelled", told, scope, answered=False),
        *telling.mails(
            consultation, "cancelled", text("notices.cancelled_subject", consultation=consultation), mailed, scope
        ),
    )


def reworded(consultation: Consultation, paper: Paper, scope: Scope) -> tuple[Effect, ...]:
    """Tell them that the text they vote on has changed, and whether what they have voted counts on."""
    what = f"ballot {paper.ballot.position} edition {paper.ballot.edition}"
    carried = bool(paper.latest and paper.latest.carried)

    def told(names: Sequence[str]) -> Text:
        return text("notices.told_reworded", consultation=consultation, paper=paper, carried=carried, names=names)

    mailed = text(
        "notices.reworded",
        consultation=consultation,
        paper=paper,
        carried=carried,
        organisation=telling.ANY,
        **_known(consultation, scope),
    )
    return (
        *telling.directly(consultation, "notice", told, scope, ballot=paper.ballot),
        *telling.mails(consultation, what, text("notices.reworded_subject", consultation=consultation), mailed, scope),
    )


def reminded(
    consultation: Consultation, lacking: Mapping[int, Sequence[Ballot]], what: str, scope: Scope
) -> tuple[Effect, ...]:
    """Remind those who vote for the electors in `lacking`, by elector the ballots on which they have not voted.

    `what` tells this reminder from the others of the consultation.
    """
    found, known = papers(consultation, scope), _known(consultation, scope)
    missing = {each.id for ballots in lacking.values() for each in ballots}

    def told(names: Sequence[str], left: Sequence[Paper]) -> Text:
        return text("reminding.reminder", consultation=consultation, papers=left, several=len(found) > 1, names=names)

    def single(names: Sequence[str]) -> dict[int, telling.About]:
        """For whom lacks one ballot alone, what is said of it; the same text to all that lack it."""
        of = {paper.ballot.id: (paper.ballot, told(names, [paper])) for paper in found}
        return {elector: of[ballots[0].id] for elector, ballots in lacking.items() if len(ballots) == 1}

    left = [paper for paper in found if paper.ballot.id in missing]
    mailed = text("notices.reminder", consultation=consultation, organisation=telling.ANY, **known)
    subject = text("notices.reminder_subject", consultation=consultation)
    only, key = lacking.keys(), f"reminder/{what}"
    said = partial(told, left=left)
    return (
        *telling.directly(consultation, key, said, scope, only=only, single=single(blanks(1))),
        *telling.own(consultation, key, only, told((), left), scope, single=single(())),
        *telling.mails(consultation, f"reminder {what}", subject, mailed, scope, only=only),
    )


def published(consultation: Consultation, counted: Sequence[Counted], scope: Scope) -> tuple[Effect, ...]:
    """Mail the result to those without Matrix, and what counted for them."""
    network = networks.by_id(scope.session, consultation.network_id)
    by_ballot = {each.ballot.id: each for each in counted}
    told = [
        Told(paper, by_ballot[paper.ballot.id], decision)
        for paper in papers(consultation, scope)
        if (decision := decisions.decision(scope.session, paper.ballot.id or 0)) is not None
    ]

    def mailed(elector: Elector) -> Text:
        return text(
            "notices.result",
            network=network,
            organisation=telling.ANY,
            elector=elector,
            consultation=consultation,
            told=told,
        )

    subject = text("notices.result_subject", consultation=consultation, told=told)
    silent: Text | None = None  # the same to all for whom nothing was counted
    letters = []
    for to in telling.by_mail(consultation, scope):
        if any(to.elector.id in each.counted.valid for each in told):
            said = mailed(to.elector)
        else:
            said = silent = silent or mailed(to.elector)
        letters.append(telling.mail(consultation, to, "result", subject, said))
    return tuple(letters)


def _known(consultation: Consultation, scope: Scope) -> dict[str, Any]:
    """What each mail that asks for a vote says besides: of which network it is, and who takes the vote."""
    return {
        "network": networks.by_id(scope.session, consultation.network_id),
        "coordinators": standing.coordinators(consultation.network_id, scope),
    }

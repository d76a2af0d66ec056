"""Telling those who vote for organisations, wherever they are: a vote opens, ends soon, later or never, is decided.

Who speaks for an organisation in Matrix gets a direct message, and can answer it with one word or one tap; where
nobody does, its mail address gets a mail. People who have a vote of their own are told in the room, by nobody but the
announcement. Nobody gets two messages on the same thing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.context import Scope
from bot.effects import Effect, Mail
from bot.procedures import standing, telling
from bot.procedures.counts import Counted
from bot.procedures.papers import Paper, papers
from bot.store import decisions, networks, rooms
from bot.store.tables import Ballot, Consultation, Decision
from bot.texts import Text, text


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
    known = _known(consultation, scope)
    for to in telling.by_mail(consultation, scope):
        subject = text("notices.opened_subject", consultation=consultation)
        said = text("notices.opened", consultation=consultation, papers=found, organisation=to.organisation, **known)
        yield telling.mail(consultation, to, "opened", subject, said)


def extended(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Tell them of a later close: what stands in a mail cannot be edited, and nobody sees an edit."""
    what = f"until {consultation.closes_at.isoformat()}"
    known = _known(consultation, scope)

    def told(names: Sequence[str]) -> Text:
        return text("notices.told_extended", consultation=consultation, names=names)

    def mailed(to: telling.Addressee) -> Text:
        return text("notices.extended", consultation=consultation, organisation=to.organisation, **known)

    return (
        *telling.directly(consultation, f"notice/{what}", told, scope),
        *telling.mails(consultation, what, text("notices.extended_subject", consultation=consultation), mailed, scope),
    )


def cancelled(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Tell them that a vote is called off."""
    network = networks.by_id(scope.session, consultation.network_id)

    def told(names: Sequence[str]) -> Text:
        return text("notices.told_cancelled", consultation=consultation)

    def mailed(to: telling.Addressee) -> Text:
        return text("notices.cancelled", network=network, organisation=to.organisation, consultation=consultation)

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
    known = _known(consultation, scope)

    def told(names: Sequence[str]) -> Text:
        return text("notices.told_reworded", consultation=consultation, paper=paper, carried=carried, names=names)

    def mailed(to: telling.Addressee) -> Text:
        return text(
            "notices.reworded",
            consultation=consultation,
            paper=paper,
            carried=carried,
            organisation=to.organisation,
            **known,
        )

    return (
        *telling.directly(consultation, f"notice/{what}", told, scope),
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
    open_papers = [paper for paper in found if paper.ballot.id in missing]

    def told(names: Sequence[str]) -> Text:
        return text(
            "reminding.reminder", consultation=consultation, papers=open_papers, several=len(found) > 1, names=names
        )

    def mailed(to: telling.Addressee) -> Text:
        return text("notices.reminder", consultation=consultation, organisation=to.organisation, **known)

    subject = text("notices.reminder_subject", consultation=consultation)
    return (
        *telling.directly(consultation, f"reminder/{what}", told, scope, only=lacking.keys()),
        *telling.own(consultation, what, lacking.keys(), told(()), scope),
        *telling.mails(consultation, f"reminder {what}", subject, mailed, scope, only=lacking.keys()),
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

    def mailed(to: telling.Addressee) -> Text:
        return text(
            "notices.result",
            network=network,
            organisation=to.organisation,
            elector=to.elector,
            consultation=consultation,
            told=told,
        )

    subject = text("notices.result_subject", consultation=consultation, told=told)
    return tuple(telling.mails(consultation, "result", subject, mailed, scope))


def _known(consultation: Consultation, scope: Scope) -> dict[str, Any]:
    """What each mail that asks for a vote says besides: of which network it is, and who takes the vote."""
    return {
        "network": networks.by_id(scope.session, consultation.network_id),
        "coordinators": standing.coordinators(consultation.network_id, scope),
    }

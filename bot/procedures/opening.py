"""A consultation opens: the electorate is frozen, its ballots are announced, those who vote are told."""

from datetime import datetime

from bot.context import Scope
from bot.domain.consultation import State, Step, Visibility
from bot.effects import Direct, Effect, EndPoll, Say
from bot.procedures import announcing, electorates, notices, recording, standing, turnout
from bot.procedures.consultations import announcement_key, is_in_its_room, step
from bot.procedures.papers import Paper, of_ballot, papers
from bot.store import consultations, moves, rooms, votes
from bot.store.tables import Ballot, Consultation, Edition
from bot.texts import text


def open_ballots(consultation: Consultation, scope: Scope, *, by: str | None = None) -> tuple[Effect, ...]:
    """Freeze electorate and texts, announce, open the native polls, tell those who vote.

    It is cancelled instead if there is nobody to ask, or if the bot was away during all of its time. Before its close
    it is opened only in a room that we are in (`is_in_its_room`).
    """
    if consultation.closes_at <= scope.now:
        return _missed(consultation, scope)
    electors = electorates.at_opening(consultation, scope)
    if not electors:
        return _nobody(consultation, scope)
    votes.add_electors(scope.session, electors)
    consultation.state = State.OPEN
    planned = _put_off(consultation, scope)
    for ballot in consultations.ballots(scope.session, consultation.id or 0):
        _keep_text(ballot, by or consultation.created_by, scope)
    step(consultation, Step.OPENED, scope, by=by, body=recording.opened(consultation, scope))
    recording.electors(consultation, scope)
    return (
        *announcing.posts(consultation, scope, planned=planned),
        *notices.opened(consultation, scope),
        *electorates.unheard(consultation, scope),
    )


def _keep_text(ballot: Ballot, by: str, scope: Scope) -> None:
    """The first text that is put to the vote; a later one gets an edition of its own."""
    kept = Edition(
        ballot_id=ballot.id or 0,
        edition=ballot.edition,
        text=ballot.text,
        result_version=ballot.result_version,
        by=by,
        at=scope.now,
    )
    consultations.add_edition(scope.session, kept)


def _put_off(consultation: Consultation, scope: Scope) -> datetime | None:
    """When it was to open (UTC), if we were not in its room then; it opens now, and reminders count from now on."""
    room, planned = rooms.find(scope.session, consultation.room_id), consultation.opens_at
    if room is None or room.since <= planned:
        return None
    consultation.opens_at = scope.now
    return planned


def _nobody(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    consultation.state = State.CANCELLED
    step(consultation, Step.CANCELLED, scope, body={"reason": "nobody_entitled"})
    nobody = text("opening.nobody_to_ask", consultation=consultation)
    return (Say(room_id=consultation.room_id, key=announcement_key(consultation), text=nobody),)


def _missed(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Called off unopened: said where it was to be held, or directly, if that room is closed to us."""
    consultation.state = State.CANCELLED
    step(consultation, Step.CANCELLED, scope, body={"reason": "missed"})
    if is_in_its_room(consultation, scope):
        missed = text("opening.missed", consultation=consultation)
        return (Say(room_id=consultation.room_id, key=announcement_key(consultation), text=missed),)
    room = rooms.find(scope.session, consultation.room_id)
    told = text("opening.kept_out", consultation=consultation, room=room)
    return tuple(
        Direct(
            person=person,
            key=f"consultation/{consultation.id}/kept out/{person}",
            text=told,
            network_id=consultation.network_id,
            language=room.language if room else None,
        )
        for person in standing.coordinators(consultation.network_id, scope)
    )


def open_again(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Announce an open one, with its polls, in the room that replaces its first; votes given there count as well."""
    return announcing.posts(consultation, scope, again=True)


def announce_again(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Put the announcement right after a change, and tell those concerned of a later close.

    A poll cannot be edited: its question names no date. What is called off is told by `consultations.cancel`.
    """
    shown = consultation.state == State.OPEN
    if consultation.state == State.CANCELLED:
        shown = moves.is_said(scope.session, announcement_key(consultation))
    if not shown:
        return ()
    extended = notices.extended(consultation, scope) if consultation.state == State.OPEN else ()
    return (announcing.edited(consultation, scope), *announcing.sheets_edited(consultation, scope), *extended)


def show_turnout(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Bring the number of those who have voted up to date in the announcement, if it changed."""
    if not turnout.has_changed(consultation, scope):
        consultation.turnout_shown = consultation.record_length
        return ()
    return (announcing.edited(consultation, scope),)


def reworded(consultation: Consultation, ballot: Ballot, scope: Scope, *, carried: bool) -> tuple[Effect, ...]:
    """Post a text that changed while votes are taken; the ballot has its new text, and its edition is stored.

    `carried`: votes on the one before count on, so what stands there is edited, and the room told. Else it is voted on
    anew: the old polls end, a new message and a new poll follow, and whoever is entitled hears of it.
    """
    found = papers(consultation, scope)
    paper, alone = of_ballot(ballot, found), len(found) == 1
    if carried:
        return (*_carried(consultation, paper, scope, alone=alone), *notices.reworded(consultation, paper, scope))
    return (
        *_old_polls_end(consultation, paper, scope),
        announcing.edited(consultation, scope),
        *announcing.former_edited(consultation, paper, scope),
        *announcing.ballot_posts(consultation, paper, scope, alone=alone),
        *notices.reworded(consultation, paper, scope),
    )


def _carried(consultation: Consultation, paper: Paper, scope: Scope, *, alone: bool) -> tuple[Effect, ...]:
    room_id, ballot = consultation.room_id, paper.ballot
    shown_above = alone and not paper.began_anew
    edited = (
        announcing.edited(consultation, scope)
        if shown_above
        else announcing.sheet_edited(consultation, paper, scope, alone=alone)
    )
    told = text("opening.carried", consultation=consultation, paper=paper)
    whole = text("opening.wording", consultation=consultation, paper=paper)
    apart = (Say(room_id=room_id, key=announcing.wording_key(ballot), text=whole),) if paper.is_long else ()
    return (edited, Say(room_id=room_id, key=f"ballot/{ballot.id}/carried/{ballot.edition}", text=told), *apart)


def _old_polls_end(consultation: Consultation, paper: Paper, scope: Scope) -> tuple[Effect, ...]:
    """The native polls on texts before this one, in each room where one stands; those that ended are not touched.

    Covered ones stay until the close: once a poll has ended, clients show how each person voted.
    """
    if consultation.visibility == Visibility.COVERED:
        return ()
    ballot, ended = paper.ballot, text("opening.poll_void", paper=paper)
    former = [f"ballot/{ballot.id}/poll", *(f"ballot/{ballot.id}/poll/edition {n}" for n in range(2, ballot.edition))]
    return tuple(
        EndPoll(room_id=room_id, key=f"{key}/end", of=key, text=ended)
        for each in former
        for key, room_id in moves.places(scope.session, each)
    )

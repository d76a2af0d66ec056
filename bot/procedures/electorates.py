"""Who may vote in a consultation, and as whom; and who is told of it where an organisation has the vote."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.context import Scope
from bot.domain.consultation import Franchise
from bot.domain.counting import Rank
from bot.domain.organisations import Mandate, Speaks, in_force
from bot.effects import Direct, Effect
from bot.events import Event
from bot.language.names import fold
from bot.procedures import standing
from bot.store import absences, consultations, groups, organisations, participations, people, rooms, votes
from bot.store.tables import Consultation, Elector, Organisation
from bot.texts import text


def default(network_id: int, scope: Scope) -> Franchise:
    """Who votes where nothing was said: the organisations, once anybody can speak for one or be written to."""
    if any(one.email and one.weight > 0 for one in organisations.of_network(scope.session, network_id)):
        return Franchise.ORGANISATIONS
    mandates = organisations.mandates_of_network(scope.session, network_id, scope.now)
    return Franchise.ORGANISATIONS if in_force(mandates, scope.now) else Franchise.PERSONS


def preview(franchise: Franchise, of: str, room_id: str, network_id: int, scope: Scope) -> list[Elector]:
    """Who would have a vote if it were opened now, people first: not stored, and of no consultation yet.

    `of` is what the franchise is limited to: levels, or names and Matrix IDs, one a line.
    """
    known = organisations.of_network(scope.session, network_id)
    named = _lines(of)
    persons: Iterable[str] = ()
    bodies: list[Organisation] = []
    match franchise:
        case Franchise.ORGANISATIONS:
            bodies = list(known)
        case Franchise.LEVEL:
            bodies = [one for one in known if one.level in named]
        case Franchise.LIST:
            wanted = {fold(line) for line in named}
            bodies = [one for one in known if one.folded in wanted]
            persons = [line for line in named if line.startswith("@")]
        case Franchise.ACTIVE:
            group = groups.of_room(scope.session, room_id)
            active = participations.active(scope.session, group.id or 0) if group else ()
            persons = [each.person for each in active]
        case Franchise.PERSONS:
            guests = standing.guests(room_id, network_id, scope)
            persons = [each for each in rooms.members(scope.session, room_id) if each not in guests]
    speaking = [_of_organisation(one) for one in bodies if one.weight > 0]
    present = sorted({person for person in persons if person != scope.house.us})
    electors = [*_of_people(present, network_id, known, scope), *speaking]
    for number, elector in enumerate(electors, 1):
        elector.number = number
    return electors


def at_opening(consultation: Consultation, scope: Scope) -> list[Elector]:
    """Who may vote, as it is now: numbered, with everything that the result is broken down by."""
    of, room_id = consultation.electorate_of, consultation.room_id
    electors = preview(Franchise(consultation.electorate), of, room_id, consultation.network_id, scope)
    for elector in electors:
        elector.consultation_id = consultation.id or 0
    return electors


def unknown(of: str, network_id: int, scope: Scope) -> list[str]:
    """The lines of a list of names that name no organisation of the network (any more) and nobody in Matrix."""
    known = {one.folded for one in organisations.of_network(scope.session, network_id)}
    return [line for line in _lines(of) if not line.startswith("@") and fold(line) not in known]


def _lines(of: str) -> list[str]:
    return [line.strip() for line in of.splitlines() if line.strip()]


def _of_organisation(organisation: Organisation) -> Elector:
    return Elector(
        consultation_id=0,
        organisation_id=organisation.id,
        organisation=organisation.name,
        weight=organisation.weight,
        level=organisation.level,
        bench=organisation.bench,
        inhabitants=organisation.inhabitants,
        federal_state=organisation.federal_state,
    )


def _of_people(
    persons: Sequence[str], network_id: int, known: Sequence[Organisation], scope: Scope
) -> Iterable[Elector]:
    """Each with what is known of the organisation that they speak for, or else belong to."""
    if not persons:
        return
    belonging = people.belonging(scope.session, network_id)
    mandates = organisations.mandates_of_network(scope.session, network_id, scope.now)
    for mandate in reversed(in_force(mandates, scope.now)):  # of several the first is the one that stays
        belonging[mandate.person] = mandate.organisation_id
    by_id = {one.id: one for one in known}
    for person in persons:
        own = by_id.get(belonging.get(person))
        yield Elector(
            consultation_id=0,
            person=person,
            level=own.level if own else None,
            bench=own.bench if own else None,
            inhabitants=own.inhabitants if own else None,
            federal_state=own.federal_state if own else None,
        )


def speaking(
    consultation: Consultation, event: Event, scope: Scope, *, found_late: bool = False
) -> tuple[Elector, Rank] | None:
    """For which elector the sender of an event speaks, and with what rank; None for who is not entitled.

    What counts is when the event reached us; when it was sent, if it came late because we were away, or was only
    found at the close: who has been given a mandate since then could not vote.
    """
    return spoken_for(consultation, event.sender, _moment(consultation, event, found_late=found_late), scope)


def rank_for(
    consultation: Consultation, event: Event, elector: Elector, scope: Scope, *, found_late: bool = False
) -> Rank | None:
    """With what rank the sender of an event speaks for this elector, as `speaking` finds it; None if not at all."""
    if elector.person is not None:
        return Rank.HOLDER if elector.person == event.sender else None
    at = _moment(consultation, event, found_late=found_late)
    spoken = in_force(organisations.spoken_at(scope.session, consultation.network_id, event.sender, at), at)
    mandate = next((each for each in spoken if each.organisation_id == elector.organisation_id), None)
    return None if mandate is None else _rank(mandate)


def _moment(consultation: Consultation, event: Event, *, found_late: bool) -> datetime:
    """When it reached us; events that did so together lie apart: a mandate may have been given by the one before."""
    if found_late:
        return min(event.sent_at, consultation.closes_at)
    return event.sent_at if event.offline_since else event.received_at


def _rank(mandate: Mandate) -> Rank:
    return Rank.HOLDER if mandate.speaks is Speaks.HOLDER else Rank.DEPUTY


def spoken_for(consultation: Consultation, person: str, at: datetime, scope: Scope) -> tuple[Elector, Rank] | None:
    """For which elector a person speaks at `at` (UTC), and with what rank; None for who is not entitled.

    A person who is an elector speaks for themselves; for an organisation whoever holds its mandate or deputises.
    """
    own = votes.elector(scope.session, consultation.id or 0, person)
    if own is not None:
        return own, Rank.HOLDER
    spoken = organisations.spoken_at(scope.session, consultation.network_id, person, at)
    for mandate in in_force(spoken, at):
        elector = votes.elector_organisation(scope.session, consultation.id or 0, mandate.organisation_id)
        if elector is not None:
            return elector, _rank(mandate)
    return None


def elector_of(consultation: Consultation, organisation: Organisation, scope: Scope) -> Elector | None:
    """The elector that an organisation is in a consultation, if it has a vote of its own there."""
    return votes.elector_organisation(scope.session, consultation.id or 0, organisation.id or 0)


# who is told


def spokespeople(consultation: Consultation, scope: Scope) -> dict[int, list[str]]:
    """Who is told for each organisation of the network that somebody in Matrix speaks for, by its database ID.

    Those who hold its mandate and are not away; their deputies if there is none; if all are away, the holders still.
    """
    network_id, speakers = consultation.network_id, dict[int, list[Mandate]]()
    for mandate in in_force(organisations.mandates_of_network(scope.session, network_id, scope.now), scope.now):
        speakers.setdefault(mandate.organisation_id, []).append(mandate)
    away = absences.away(scope.session, network_id, scope.now) if speakers else set()
    return {own: _present(mandates, away) for own, mandates in speakers.items()}


def _present(mandates: Sequence[Mandate], away: set[str]) -> list[str]:
    """Of those who speak for one organisation, holders first."""
    for speaks in Speaks:
        if found := [each.person for each in mandates if each.speaks is speaks and each.person not in away]:
            return list(dict.fromkeys(found))
    return list(dict.fromkeys(each.person for each in mandates if each.speaks is mandates[0].speaks))


def unheard(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Tell the coordinators at the opening, in one message, of organisations that nothing tells of this vote.

    Nobody in Matrix speaks for them, and no mail reaches them: somebody must call them. So with names on the list of
    those entitled that belong to no organisation any more.
    """
    told_here = spokespeople(consultation, scope)
    mailed = _with_address(consultation, scope)
    to_call = [
        one.organisation
        for one in votes.electors(scope.session, consultation.id or 0)
        if one.organisation and one.organisation_id not in told_here and one.organisation_id not in mailed
    ]
    of = consultation.electorate_of if consultation.electorate == Franchise.LIST else ""
    missing = unknown(of, consultation.network_id, scope)
    if not to_call and not missing:
        return ()
    room = rooms.find(scope.session, consultation.room_id)
    ballots = consultations.ballots(scope.session, consultation.id or 0)
    told = text(
        "opening.unheard",
        consultation=consultation,
        to_call=to_call,
        missing=missing,
        short=f"K{consultation.number}.1" if len(ballots) > 1 else f"K{consultation.number}",
        sheet=consultations.sheet(ballots[0]),
        prefix=scope.house.prefix,
    )
    return tuple(
        Direct(
            person=person,
            key=f"consultation/{consultation.id}/unheard/{person}",
            text=told,
            network_id=consultation.network_id,
            language=room.language if room else None,
        )
        for person in standing.coordinators(consultation.network_id, scope)
    )


def _with_address(consultation: Consultation, scope: Scope) -> set[int | None]:
    """The organisations that a mail can reach; none where mail is not set up."""
    if not scope.house.mail:
        return set()
    return {one.id for one in organisations.of_network(scope.session, consultation.network_id) if one.email}

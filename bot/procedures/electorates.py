"""Who may vote in a consultation, and as whom."""

from bot.context import Scope
from bot.domain.organisations import in_force
from bot.effects import Direct, Effect
from bot.language.names import fold
from bot.procedures import standing
from bot.store import consultations, groups, networks, organisations, rooms
from bot.store.tables import Consultation, Elector, Organisation
from bot.texts import text


def at_opening(consultation: Consultation, scope: Scope) -> list[Elector]:
    """Who may vote, as it is now: the people in the room, but for guests.

    Where it is no group's, so are the organisations that have an address and nobody in Matrix to speak for them.
    """
    own = consultation.id or 0
    voiceless = {scope.house.us, *standing.guests(consultation.room_id, consultation.network_id, scope)}
    people = rooms.members(scope.session, consultation.room_id)
    electors = [Elector(consultation_id=own, person=person) for person in people if person not in voiceless]
    if groups.of_room(scope.session, consultation.room_id) is not None:
        return electors
    mandates = organisations.mandates_of_network(scope.session, consultation.network_id, scope.now)
    spoken_for = {mandate.organisation_id for mandate in in_force(mandates, scope.now)}
    known = organisations.of_network(scope.session, consultation.network_id)
    mute = [one for one in known if one.email and one.id not in spoken_for]
    return electors + [Elector(consultation_id=own, organisation=one.name) for one in mute]


def unheard(consultation: Consultation, scope: Scope) -> tuple[Effect, ...]:
    """Tell the coordinators at the opening, in one message, of organisations that nothing tells of this vote.

    Without mail these are the electors that have no Matrix: somebody must call them. With and without, those that have
    an address and a mandate, and whoever speaks for them is in no room: they are written to no more, and cannot vote.
    """
    everybody = consultations.electors(scope.session, consultation.id or 0)
    to_call = [] if scope.house.mail else [one.organisation for one in everybody if one.organisation]
    absent = _absent(consultation, scope)
    if not to_call and not absent:
        return ()
    room = rooms.find(scope.session, consultation.room_id)
    told = text(
        "consultations.unheard", consultation=consultation, to_call=to_call, absent=absent, prefix=scope.house.prefix
    )
    return tuple(
        Direct(
            person=person,
            key=f"consultation/{consultation.id}/unheard/{person}",
            text=told,
            language=room.language if room else None,
        )
        for person in standing.coordinators(consultation.network_id, scope)
    )


def _absent(consultation: Consultation, scope: Scope) -> list[tuple[str, list[str]]]:
    """The organisations with an address whose speakers are in none of the network's rooms, and these people."""
    network_id, speakers = consultation.network_id, dict[int, list[str]]()
    if groups.of_room(scope.session, consultation.room_id) is not None:
        return []
    for mandate in in_force(organisations.mandates_of_network(scope.session, network_id, scope.now), scope.now):
        speakers.setdefault(mandate.organisation_id, []).append(mandate.person)
    here = networks.people_in_rooms(scope.session, network_id)
    return [
        (one.name, people)
        for one in organisations.of_network(scope.session, network_id)
        if one.email and (people := speakers.get(one.id or 0)) and here.isdisjoint(people)
    ]


def elector_of(consultation: Consultation, organisation: Organisation, scope: Scope) -> Elector | None:
    """The elector that an organisation is in a consultation, if it has a vote of its own there."""
    everybody = consultations.electors(scope.session, consultation.id or 0)
    return next((one for one in everybody if fold(one.organisation or "") == organisation.folded), None)

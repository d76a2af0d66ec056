"""Who may vote in a consultation, and as whom."""

from bot.context import Scope
from bot.domain.organisations import in_force
from bot.language.names import fold
from bot.procedures import standing
from bot.store import consultations, groups, organisations, rooms
from bot.store.tables import Consultation, Elector, Organisation


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


def elector_of(consultation: Consultation, organisation: Organisation, scope: Scope) -> Elector | None:
    """The elector that an organisation is in a consultation, if it has a vote of its own there."""
    everybody = consultations.electors(scope.session, consultation.id or 0)
    return next((one for one in everybody if fold(one.organisation or "") == organisation.folded), None)

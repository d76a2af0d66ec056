"""Who looks at a page, and what they may see: asked anew for each request, so that who has left sees nothing more."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.context import Scope
from bot.domain.roles import Role
from bot.procedures import standing
from bot.store import networks, rooms


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody at a page. `role` is what they would be in a direct chat about this network; `usual` is its zone."""

    person: str
    network_id: int
    role: Role
    language: str
    zone: ZoneInfo
    usual: ZoneInfo
    network: str


def reader(person: str, network_id: int, language: str | None, scope: Scope) -> Reader | None:
    """Who somebody is now; None for who does not belong to the network any more.

    `language` is what they chose on the page; else it is that of their direct chat, else the operator's.
    """
    role = standing.role_in(network_id, person, scope)
    if role is None:
        return None
    habits, usual = rooms.habits_of(scope.session, person), scope.network_zone(network_id)
    return Reader(
        person=person,
        network_id=network_id,
        role=role,
        language=language or habits.language or scope.house.language,
        zone=ZoneInfo(habits.zone) if habits.zone else usual,
        usual=usual,
        network=networks.by_id(scope.session, network_id).name,
    )

"""Somebody is to belong to a network no longer: all that ties them to it ends, and stays on record."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.context import Context
from bot.effects import Effect
from bot.procedures import participation
from bot.store import holdings, networks, organisations, shares
from bot.store.tables import Group, Organisation, Participation, Person, Project, RoleGrant, Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """What ties somebody to a network. `rooms` are those they are in: only who may remove them there can end that."""

    roles: Sequence[RoleGrant]
    organisations: Sequence[Organisation]
    parts: Sequence[tuple[Participation, Group]]
    projects: Sequence[Project]
    entry: Person | None
    rooms: Sequence[Room]

    @property
    def groups(self) -> Sequence[Group]:
        """The groups they take part in."""
        return [group for _, group in self.parts]

    @property
    def ends(self) -> bool:
        """Whether there is anything that we can end."""
        return bool(self.roles or self.organisations or self.parts or self.projects or self.entry)


def ties(person: str, ctx: Context) -> Ties:
    """What ties somebody to the network now. Who is in a room as a guest stays a guest: nobody gains by removal."""
    session, here = ctx.session, ctx.network_id
    spoken_for = holdings.mandates(session, person, ctx.now, within=here)
    return Ties(
        roles=holdings.roles(session, person, within=here),
        organisations=[organisations.by_id(session, one) for one in spoken_for],
        parts=holdings.participations(session, person, within=here),
        projects=shares.of_person(session, here, person),
        entry=holdings.entry(session, person, here),
        rooms=holdings.rooms(session, person, here),
    )


def remove(person: str, ctx: Context) -> tuple[Effect, ...]:
    """End all that ties somebody to the network; what others must learn."""
    session, found = ctx.session, ties(person, ctx)
    for organisation in found.organisations:
        organisations.end_mandate(session, organisation.id or 0, person, ctx.now)
    for role in found.roles:
        networks.withdraw(session, role, ctx.person, ctx.now)
    shares.withdraw_all(session, ctx.network_id, person, ctx.person, ctx.now)
    effects: list[Effect] = []
    for part, group in found.parts:
        effects += participation.leave(group, part, ctx.person, ctx)
    if found.entry is not None:
        holdings.strike(session, found.entry)
    return tuple(effects)

"""Guests: people from outside who read what is shared with them, and nothing else."""

from collections.abc import Sequence
from enum import StrEnum

from bot.context import Context, Scope
from bot.domain.roles import Role
from bot.procedures.standing import belongs_to
from bot.store import networks, shares
from bot.store.tables import Project


class Sharing(StrEnum):
    """What came of sharing a project with somebody."""

    SHARED = "shared"
    ALREADY = "already"
    INSIDER = "insider"


def share(project: Project, person: str, ctx: Context) -> Sharing:
    """Let somebody from outside read a project; as a guest they are heard in a direct chat, too.

    Who belongs to the network reads everything as it is.
    """
    roles = {row.role for row in networks.grants(ctx.session, ctx.network_id, person)}
    if Role.COORDINATOR in roles or (Role.GUEST not in roles and ctx.network in belongs_to(person, ctx)):
        return Sharing.INSIDER
    networks.grant(ctx.session, ctx.network_id, person, Role.GUEST, ctx.person, ctx.now)
    new = shares.share(ctx.session, project, person, ctx.person, ctx.now)
    return Sharing.SHARED if new else Sharing.ALREADY


def withdraw(project: Project, person: str, ctx: Context) -> bool:
    """Share a project with somebody no longer; they stay a guest. False if it was not shared."""
    return shares.withdraw(ctx.session, project, person, ctx.person, ctx.now)


def sees_nothing(person: str, ctx: Context) -> bool:
    """Whether a guest has nothing left to read."""
    return not shares.of_person(ctx.session, ctx.network_id, person)


def end(person: str, ctx: Context) -> Sequence[Project]:
    """Somebody is a guest no longer, and nothing stays shared that a later appointment would bring back."""
    return end_for(person, ctx.network_id, ctx.person, ctx)


def end_for(person: str, network_id: int, by: str, scope: Scope) -> Sequence[Project]:
    """The same where nobody says it in a room: a table does."""
    for row in networks.grants(scope.session, network_id, person):
        if row.role == Role.GUEST:
            networks.withdraw(scope.session, row, by, scope.now)
    return shares.withdraw_all(scope.session, network_id, person, by, scope.now)

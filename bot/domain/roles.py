"""Who may do what. A role belongs to a Matrix ID, never to a display name, and never follows from power levels."""

from enum import StrEnum


class Role(StrEnum):
    """Roles inside a network, the strongest first."""

    COORDINATOR = "coordinator"
    MODERATOR = "moderator"
    MEMBER = "member"
    GUEST = "guest"


RANK = {Role.GUEST: 0, Role.MEMBER: 1, Role.MODERATOR: 2, Role.COORDINATOR: 3}


def suffices(has: Role, needs: Role) -> bool:
    """Whether somebody with role `has` may do what `needs` that role."""
    return RANK[has] >= RANK[needs]

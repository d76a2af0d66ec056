"""What somebody finds on the overview pages: exactly what they may see in a direct chat about their network.

Members, moderators and coordinators see the whole network there, guests the projects shared with them and nothing
else. What is told of a thing is decided where the commands ask it, too; nothing here reads those rules a second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from bot.context import Scope
from bot.domain.roles import Role
from bot.store import shares
from bot.store.tables import Project

T = TypeVar("T")
AT_ONCE: Final = 50
"""So many rows a page shows."""


class Viewer(Protocol):
    """Who looks: a Matrix ID, in which network, in which role."""

    @property
    def person(self) -> str:
        """The Matrix ID."""

    @property
    def network_id(self) -> int:
        """The network's ID in the database."""

    @property
    def role(self) -> Role:
        """What they would be in a direct chat about it."""


def is_guest(viewer: Viewer) -> bool:
    """Whether somebody sees no more than the projects shared with them."""
    return viewer.role is Role.GUEST


def shared(viewer: Viewer, scope: Scope) -> Sequence[Project] | None:
    """The only projects there are for this viewer; None: all."""
    return shares.of_person(scope.session, viewer.network_id, viewer.person) if is_guest(viewer) else None


@dataclass(frozen=True, slots=True)
class Leaf(Generic[T]):
    """One page of a list: its rows, how many there are on all pages, which page this is and of how many."""

    rows: Sequence[T]
    count: int
    number: int
    pages: int


def leaf(rows: Sequence[T], number: int, at_once: int = AT_ONCE) -> Leaf[T]:
    """A page of these rows; the last one where there are not so many."""
    pages = max(1, -(-len(rows) // at_once))
    number = min(max(1, number), pages)
    return Leaf(rows[(number - 1) * at_once : number * at_once], len(rows), number, pages)

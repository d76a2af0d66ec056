"""A file that somebody drops, whatever its kind: what `bulk` must know of a kind, and who may send which.

The kinds are listed in `file_kinds`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeVar

from bot.context import Scope
from bot.effects import Effect
from bot.procedures import roster, standing
from bot.store import rooms
from bot.store.tables import Network
from bot.texts import Text

Rows = Sequence[Sequence[str]]
Named = Sequence[tuple[str, Any]]  # rows as read, each with the name of the network it names („“ for none)


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was dropped: by whom, where, and what it is called."""

    person: str
    room_id: str
    name: str


class Said(StrEnum):
    """What is to be told of a file. AGAIN is a preview that differs from the one that was confirmed."""

    WRONG = "wrong"
    NOTHING = "nothing"
    PREVIEW = "preview"
    AGAIN = "again"
    APPLIED = "applied"


class Planned(Protocol):
    """What a file would do. With anything wrong, nothing is done."""

    @property
    def wrong(self) -> Sequence[Any]:
        """The rows that cannot be taken over, and why."""

    @property
    def changes_nothing(self) -> bool:
        """Whether everything is so already."""


P = TypeVar("P", bound=Planned)


class Kind(Protocol[P]):
    """A kind of file. `confirmed_with` is the command that takes it over: its number and fingerprint are added.

    `beside`: large ones are weighed beside the transactions (`weighing`).
    """

    confirmed_with: ClassVar[str]
    beside: ClassVar[bool]

    def expects(self, sent: Sent, scope: Scope) -> Sequence[Network] | None:
        """The networks that such a file may be for, sent by this person to this room; None where none is read.

        Asked before the file is fetched, and again when it is there.
        """

    def recognises(self, rows: Rows) -> bool:
        """Whether the header is that of such a file, wrong columns or not."""

    def read(self, rows: Rows) -> Named:
        """The rows below the header. Raises UserError for a header with faults, and for a file without rows."""

    def planned(self, lines: Named, network: Network, by: str, scope: Scope) -> P:
        """What the rows would do to the network; a row that names another one is wrong."""

    def basis(self, network: Network, scope: Scope) -> str | None:
        """What changes whenever something does that a plan depends on; None for kinds that are not weighed `beside`."""

    def fingerprint(self, plan: P) -> str:
        """Eight characters that change when the plan does."""

    def apply(self, plan: P, network: Network, by: str, name: str, scope: Scope) -> tuple[Effect, ...]:
        """Take the plan over, and what is to be done about it. `name` is the file's."""

    def said(self, what: Said, name: str, network: Network, plan: P) -> Text:
        """What is told of a file of this name."""


def of_coordinators(sent: Sent, scope: Scope) -> Sequence[Network] | None:
    """The networks that a file of a coordinator may be for; None for others, and where others could look on.

    Read in their direct chat, and where nobody but coordinators is: all else that people drop into rooms is none of
    our business, and stays unanswered.
    """
    room = rooms.find(scope.session, sent.room_id)
    if room is None:
        return None
    found = roster.coordinated(sent.person, scope)
    if room.direct_with is not None:
        return found or ([] if sent.person in scope.house.coordinators else None)
    here = [network for network in found if network.id == room.network_id]
    if not here:
        return None
    present = set(rooms.members(scope.session, room.room_id)) - {scope.house.us}
    if not present <= set(standing.coordinators(here[0].id or 0, scope)):
        return None
    return here if all(here[0] in roster.coordinated(person, scope) for person in present) else None

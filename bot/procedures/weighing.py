"""What a file would do, found out; of a large one beside the transactions, so that nobody waits for it meanwhile.

To read ten thousand rows, and to compare them with what there is, takes seconds, and the store has one thread. So of
such a file that is done in a process of its own (`weighing_apart`), and comes back as `Weighed`. What the plan was made
from is then compared, by its fingerprint (`Kind.basis`), in the transaction that takes it over: if anything of it has
changed, the plan is made anew, and the third time within the transaction, so that it comes to an end. That one
transaction writes, all at once: nobody ever sees half a file, none is taken over twice, and none otherwise than shown.

In portions, each of them would have to be taken back where the next one fails, and people would see what they did not
confirm: a part.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from bot.context import Scope
from bot.effects import Weigh
from bot.errors import UserError
from bot.language.names import fold
from bot.procedures import roster
from bot.procedures.dropping import Kind, Named, Rows, Sent
from bot.procedures.file_kinds import KINDS
from bot.procedures.file_tables import PEOPLE, PROJECTS
from bot.store import networks, people
from bot.store.tables import Network, PendingImport

KEY = "import/"
LARGE = 500  # rows; that many take a tenth of a second
ATTEMPTS = 3
NOT_SHOWN = "-"
K = TypeVar("K", bound=Kind[Any])


@dataclass(frozen=True, slots=True)
class Found:
    """What a file would do to a network. `fingerprint` is that of the plan, `basis` that of what it was made from."""

    kind: Kind[Any]
    network_id: int
    plan: Any
    fingerprint: str
    basis: str | None


class Asked(NamedTuple):
    """What a row of `Weigh` is about: the file, the event to answer, what was shown and confirmed („-“: nothing)."""

    pending: PendingImport | None
    cause: str
    seen: str
    attempt: int


def is_large(rows: Rows) -> bool:
    """Whether it is to be weighed: more than a few rows, and of a kind that may take long."""
    found = next((kind for kind in KINDS if kind.recognises(rows)), None) if len(rows) > LARGE else None
    return found is not None and found.beside


def weigh(pending: PendingImport, room_id: str, cause: str, seen: str = NOT_SHOWN, attempt: int = 1) -> Weigh:
    """Have it weighed. `seen` is the fingerprint of what was confirmed; the answer goes to this room."""
    return Weigh(key=f"{KEY}{pending.id}/weigh {attempt} {seen}/{cause}", room_id=room_id)


def asked(key: str, scope: Scope) -> Asked:
    """What the key of such a row says."""
    _, number, what, cause = key.split("/", 3)
    _, attempt, seen = what.split(" ")
    return Asked(people.import_by_id(scope.session, int(number)), cause, seen, int(attempt))


def weighed(key: str, scope: Scope) -> Found | None:
    """What the file of such a row would do; None where that is to be answered for, or done, in a transaction."""
    pending, _, seen, _ = asked(key, scope)
    if pending is None or pending.applied_at is not None:
        return None
    try:
        return found(pending, json.loads(pending.rows), scope, confirmed=seen != NOT_SHOWN)
    except UserError:
        return None


def found(pending: PendingImport, rows: Rows, scope: Scope, *, confirmed: bool = False) -> Found:
    """What these rows would do, to the network that they name or, once `confirmed`, to that for which they were shown.

    Raises UserError for a file that cannot be read, or that is for none of this person's networks.
    """
    kind = kind_of(rows, [each for each in KINDS if confirmed or _networks(each, pending, scope)])
    lines = kind.read(rows)
    network = networks.by_id(scope.session, pending.network_id) if confirmed else _network(kind, pending, lines, scope)
    basis = kind.basis(network, scope)  # before the rest: what changes in between is then seen
    plan = kind.planned(lines, network, pending.person, scope)
    return Found(kind, network.id or 0, plan, kind.fingerprint(plan), basis)


def still_holds(what: Found, scope: Scope) -> bool:
    """Whether nothing that it was found from has changed since."""
    return what.basis == what.kind.basis(networks.by_id(scope.session, what.network_id), scope)


def kind_of(rows: Rows, among: Iterable[K]) -> K:
    """The kind of a table, by its header. Raises UserError for a table of something else."""
    kinds = list(among)
    found = next((kind for kind in kinds if kind.recognises(rows)), None)
    if found is None and PROJECTS not in kinds:  # from somebody who coordinates nothing, whom a survey asks
        raise UserError("surveys.no_form")
    if found is None:
        raise UserError("bulk.not_ours", people=PEOPLE.header, projects=PROJECTS.header)
    return found


def _networks(kind: Kind[Any], pending: PendingImport, scope: Scope) -> list[Network]:
    sent = Sent(pending.person, pending.room_id, pending.name)
    return list(kind.expects(sent, scope) or ())


def _network(kind: Kind[Any], pending: PendingImport, lines: Named, scope: Scope) -> Network:
    """The network a file is for: in a direct chat with somebody who has several, the one it names."""
    found = _networks(kind, pending, scope)
    named = {fold(name) for name, _ in lines if name}
    candidates = [network for network in found if fold(network.name) in named] if len(found) > 1 else found
    roster.require_unlike(candidates, scope)
    if len(candidates) != 1:
        raise UserError("bulk.which_network", networks=found)
    return candidates[0]

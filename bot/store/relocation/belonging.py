"""Which rows of which table belong to a network, and go with it from one account to another (`handover`).

Told from the tables themselves, so that a new one cannot be forgotten: what has a `network_id` belongs to it, what must
refer to such a row belongs where that does. The others are named here, each with its reason.
"""

from collections.abc import Sequence
from enum import StrEnum

import sqlalchemy as sa

from bot.store import dump
from bot.store.relocation.carrying import one_of


class Way(StrEnum):
    """How a table's rows go."""

    NETWORK = "by its column network_id"
    REFERENCE = "with the row that it must refer to"
    ROOM = "with its room"
    OWN = "in a way of its own"
    DROPPED = "not: the row is deleted"
    STAYS = "not"


BY_ROOM = {
    "room_member": "who is in a room is the same for both",
    "sealed_event": "whoever gets the key handles it: the event stands before the mark, and was handled by nobody",
    "sealed_session": "whom we asked and told already",
    "unread": "while there are some, a result is provisional",
}
OWN = {
    "network": "itself",
    "room": "and those that it replaced, which belong to no network any more",
    "outbox": "whole in its rooms; else, where its key names the network, the key alone",
    "open_question": "in its rooms; in direct chats nobody answers the other account",
    "occurrence": "what its name says is about the network: a reminder must not come twice",
    "handled_event": "what came of its rows; events are told apart by the mark in each room",
}
DROPPED = {
    "web_session": "people log in at the other account's pages",
    "login_link": "likewise",
}
STAYS = {
    "account": "how far an account has read",
    "incident": "of an account's own bot",
    "handed": "nothing is on its way when a network goes",
}


def way(table: sa.Table) -> Way | None:
    """How a table's rows go; None for one that nobody has thought of."""
    named = ((BY_ROOM, Way.ROOM), (OWN, Way.OWN), (DROPPED, Way.DROPPED), (STAYS, Way.STAYS))
    for names, found in named:
        if table.name in names:
            return found
    if "network_id" in table.c and not table.c.network_id.nullable:
        return Way.NETWORK
    return Way.REFERENCE if _parent(table) is not None else None


def _parent(table: sa.Table) -> sa.ForeignKey | None:
    """The reference that each row has, to a table whose rows go."""
    for column in table.columns:
        for key in column.foreign_keys:
            if not column.nullable and way(key.column.table) in (Way.NETWORK, Way.REFERENCE):
                return key
    return None


def going(*ways: Way) -> Sequence[sa.Table]:
    """The tables whose rows go in these ways, those that are referred to first."""
    return [table for table in dump.tables() if way(table) in ways]


def rows_of(table: sa.Table, network_id: int, rooms: Sequence[str]) -> sa.ColumnElement[bool]:
    """What holds of the rows that go with a network, in a table that has no way of its own."""
    found = way(table)
    if found is Way.ROOM:
        return one_of(table.c.room_id, rooms)
    if found in (Way.NETWORK, Way.DROPPED):
        return table.c.network_id == network_id
    key = _parent(table)
    if key is None:
        raise RuntimeError(f"whose the rows of {table.name} are is not settled")
    return key.parent.in_(sa.select(key.column).where(rows_of(key.column.table, network_id, rooms)))

"""The records of a network go from account to account: from schema to schema of one PostgreSQL, in one transaction.

The transaction is the old account's, so it stands behind its lease; killed before the commit, nothing has changed. What
goes how is said by `belonging`. The new account's bot works on meanwhile: no row of its own is touched.
"""

from collections import Counter, deque
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import Session, col, select

from bot.store import rooms
from bot.store.relocation import keyed
from bot.store.relocation.belonging import Way, going, rows_of
from bot.store.relocation.carrying import Carrier, one_of, require_same, table_of
from bot.store.relocation.obstacles import obstacles, schema_of
from bot.store.relocation.relocations import Relocation, State
from bot.store.tables import Network, Room

ALIKE = (Way.NETWORK, Way.REFERENCE, Way.ROOM)
"""Ways in which a table's rows go as they are."""
ROOMS, NETWORKS, QUESTIONS, ROWS, HANDED = (
    table_of(name) for name in ("room", "network", "open_question", "outbox", "handed")
)


def rooms_of(session: Session, network_id: int) -> list[str]:
    """The rooms of a network: those we are in, those we have left, and those that they replaced. Without the space."""
    own = select(Room.room_id).where(Room.network_id == network_id, col(Room.direct_with).is_(None))
    found = list(session.exec(own.order_by(Room.room_id)))
    after = deque(found)
    while after:
        replaced = select(Room.room_id).where(
            Room.successor == after.popleft(), ~col(Room.joined), col(Room.network_id).is_(None)
        )
        new = [room_id for room_id in session.exec(replaced.order_by(Room.room_id)) if room_id not in found]
        found += new
        after += new
    return found


def hindrances(session: Session, relocation: Relocation) -> list[str]:
    """Why a network cannot go as things are, for whoever runs the bot. What is on its way there is not looked at."""
    here = rooms_of(session, relocation.network_id)
    return obstacles(session, relocation, here, _with_space(session, relocation.network_id, here))


def _with_space(session: Session, network_id: int, here: Sequence[str]) -> list[str]:
    space = session.get_one(Network, network_id).space_id
    return [*here, *((space,) if space else ())]


def hand_over(session: Session, relocation: Relocation) -> Counter[str]:
    """Move a network's records to the new account; how many rows went, by table. Part of the caller's transaction.

    Raises RuntimeError, with all of it to be undone, where that cannot be: rooms without a mark, or something that is
    on its way there and would find nobody when it comes back.
    """
    session.flush()
    connection, network_id = session.connection(), relocation.network_id
    schema = schema_of(connection, relocation.target)
    if schema is None:
        raise RuntimeError(f"{relocation.target} is not registered")
    here = rooms_of(session, network_id)
    places = _with_space(session, network_id, here)
    _require_ready(connection, relocation, places)
    carrier, count = Carrier(connection, schema), Counter[str]()
    names = keyed.names_of(carrier, network_id, places)
    _forget(carrier, places)
    count["network"] = carrier.copy(NETWORKS, NETWORKS.c.id == network_id)
    count["room"] = carrier.copy(ROOMS, one_of(ROOMS.c.room_id, here), _for_the_new(relocation))
    for table in going(*ALIKE):
        count[table.name] = carrier.copy(table, rows_of(table, network_id, places))
    count["open_question"] = _questions(carrier, network_id, places)
    count += keyed.move(carrier, relocation, names, places)
    _clear(carrier, network_id, here, places, count)
    session.expire_all()
    return +count


def _require_ready(connection: Connection, relocation: Relocation, places: Sequence[str]) -> None:
    unmarked = sa.select(ROOMS.c.room_id).where(
        one_of(ROOMS.c.room_id, places), ROOMS.c.joined, ROOMS.c.reads_after.is_(None)
    )
    waits = sa.select(ROWS.c.key).where(one_of(ROWS.c.room_id, places), ROWS.c.state == "waiting")
    handed = sa.select(HANDED.c.room_id).where(one_of(HANDED.c.room_id, places))
    wrong = [connection.execute(each.limit(1)).scalar() for each in (unmarked, waits, handed)]
    if relocation.state != State.MARKED or any(each is not None for each in wrong):
        said = dict(zip(("unmarked", "waiting", "handed"), wrong, strict=True))
        raise RuntimeError(f"network {relocation.network_id}, {relocation.state}, cannot be handed over: {said}")


def _forget(carrier: Carrier, places: Sequence[str]) -> None:
    """What the new account knows of these rooms, though they are none of its own: whom it saw, that it was there."""
    for name in ("room_member", "room"):
        table = carrier.there(ROOMS if name == "room" else ROOMS.metadata.tables[name])
        gone = one_of(table.c.room_id, places)
        if name == "room":
            gone = sa.and_(gone, ~table.c.joined, table.c.network_id.is_(None), table.c.successor.is_(None))
        carrier.connection.execute(sa.delete(table).where(gone))


def _for_the_new(relocation: Relocation) -> dict[str, sa.ColumnElement[str]]:
    """A room as the new account has it: what it opened is its own, and what may be done there is looked up anew."""
    opened = sa.case((ROOMS.c.invited_by == relocation.source, relocation.target), else_=ROOMS.c.invited_by)
    return {"invited_by": opened, "lacks": sa.case((ROOMS.c.joined, rooms.UNSEEN), else_=ROOMS.c.lacks)}


def _questions(carrier: Carrier, network_id: int, places: Sequence[str]) -> int:
    """What was asked in the rooms can be answered there; in a chat with the old account nobody hears it."""
    about = sa.or_(QUESTIONS.c.network_id.is_(None), QUESTIONS.c.network_id == network_id)
    count = carrier.move(QUESTIONS, sa.and_(one_of(QUESTIONS.c.room_id, places), about))
    carrier.delete(QUESTIONS, sa.or_(QUESTIONS.c.network_id == network_id, one_of(QUESTIONS.c.room_id, places)))
    return count


def _clear(carrier: Carrier, network_id: int, here: Sequence[str], places: Sequence[str], count: Counter[str]) -> None:
    """Delete what has gone, children first. Raises RuntimeError where that is not what was copied."""
    for table in going(Way.DROPPED):
        carrier.delete(table, rows_of(table, network_id, places))
    for table in reversed(going(*ALIKE)):
        require_same(table.name, count[table.name], carrier.delete(table, rows_of(table, network_id, places)))
    require_same("room", count["room"], carrier.delete(ROOMS, one_of(ROOMS.c.room_id, here)))
    alone = sa.update(ROOMS).values(chosen_network_id=None, chosen_at=None)
    carrier.connection.execute(alone.where(ROOMS.c.chosen_network_id == network_id))
    carrier.connection.execute(sa.update(ROOMS).where(ROOMS.c.network_id == network_id).values(network_id=None))
    require_same("network", count["network"], carrier.delete(NETWORKS, NETWORKS.c.id == network_id))

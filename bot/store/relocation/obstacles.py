"""Why a network cannot go from one account to another as things are, in words for whoever runs the bot."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlmodel import Session

from bot.domain.consultation import State
from bot.store.relocation.belonging import Way, going, rows_of
from bot.store.relocation.carrying import Carrier, one_of, table_of
from bot.store.relocation.relocations import Relocation
from bot.store.shards import listed

RUNNING = (State.OPEN, State.CLOSED)
NAMED = 3
"""So many examples are named of what is many."""
ROOMS, NETWORKS, QUESTIONS, ROWS, CONSULTATIONS = (
    table_of(name) for name in ("room", "network", "open_question", "outbox", "consultation")
)


def schema_of(connection: Connection, account: str) -> str | None:
    """Where an account's tables are; None for one that is not registered."""
    return next((each.schema for each in listed(connection) if each.account == account), None)


def obstacles(session: Session, relocation: Relocation, rooms: Sequence[str], places: Sequence[str]) -> list[str]:
    """All that stands in the way. `rooms` are the network's, `places` these and its space."""
    session.flush()
    connection, target = session.connection(), relocation.target
    schema = schema_of(connection, target)
    if schema is None:
        return [f"{target} is not registered in this database: run `zwischenstand add-account` with its configuration"]
    here, there = (_release(connection, name) for name in ("", f'"{schema}".'))
    if here != there:
        return [f"the tables of {target} are of another release: start its bot once with this one"]
    carrier = Carrier(connection, schema)
    return [
        *_running(connection, relocation.network_id),
        *_replaced(connection, rooms),
        *_called_alike(carrier, relocation),
        *_known_there(carrier, target, places),
        *_meeting(carrier, relocation.network_id, places),
    ]


def _release(connection: Connection, place: str) -> str | None:
    if not connection.execute(sa.text("SELECT to_regclass(:name)"), {"name": f"{place}alembic_version"}).scalar():
        return None
    return str(connection.exec_driver_sql(f"SELECT version_num FROM {place}alembic_version").scalar())  # noqa: S608


def _running(connection: Connection, network_id: int) -> Iterator[str]:
    """Whoever votes in answer to a message of the old account would be heard by nobody."""
    wanted = (CONSULTATIONS.c.network_id == network_id, CONSULTATIONS.c.state.in_(RUNNING))
    found = connection.execute(sa.select(CONSULTATIONS.c.number).where(*wanted).order_by(CONSULTATIONS.c.number))
    if numbers := [f"K{number}" for number in found.scalars()]:
        yield f"{_some(numbers)} runs: the network goes when its result is published"


def _replaced(connection: Connection, rooms: Sequence[str]) -> Iterator[str]:
    wanted = (one_of(ROOMS.c.room_id, rooms), ROOMS.c.joined, ROOMS.c.successor.is_not(None))
    found = connection.execute(sa.select(ROOMS.c.room_id).where(*wanted).order_by(ROOMS.c.room_id)).scalars().all()
    if found:
        yield f"{_some(found)} is being replaced, and nobody has let the bot into the new room yet"


def _called_alike(carrier: Carrier, relocation: Relocation) -> Iterator[str]:
    """Whoever belongs to both is asked for one by its name."""
    there = carrier.there(NETWORKS)
    named = carrier.connection.execute(
        sa.select(NETWORKS.c.name)
        .join(there, sa.func.lower(there.c.name) == sa.func.lower(NETWORKS.c.name))
        .where(NETWORKS.c.id == relocation.network_id, there.c.id != relocation.network_id)
    ).scalar()
    if named is not None:
        yield f"{relocation.target} has a network “{named}” already: rename one of them first"


def _known_there(carrier: Carrier, target: str, places: Sequence[str]) -> Iterator[str]:
    there = carrier.there(ROOMS)
    known = sa.or_(there.c.joined, there.c.network_id.is_not(None), there.c.successor.is_not(None))
    wanted = (one_of(there.c.room_id, places), known)
    found = carrier.connection.execute(sa.select(there.c.room_id).where(*wanted).order_by(there.c.room_id))
    if rooms := found.scalars().all():
        yield f"{target} has records of {_some(rooms)} already: remove it from the room, and forget the room there"


def _meeting(carrier: Carrier, network_id: int, places: Sequence[str]) -> Iterator[str]:
    """Rows of the same number in both: none is given twice since the second account came, but some may be restored."""
    whose = [(table, rows_of(table, network_id, places)) for table in going(Way.NETWORK, Way.REFERENCE, Way.ROOM)]
    whose.append((NETWORKS, NETWORKS.c.id == network_id))
    whose += [(table, one_of(table.c.room_id, places)) for table in (ROWS, QUESTIONS)]
    asked = [
        sa.select(sa.literal(table.name)).where(sa.exists(_both(table, carrier.there(table)).where(which)))
        for table, which in whose
        if table.name != "room_member" and not any(column.foreign_keys for column in table.primary_key)
    ]
    if found := sorted(carrier.connection.execute(sa.union_all(*asked)).scalars()):
        yield (
            f"both accounts have rows of the same number in {', '.join(found)}: they were brought in by `restore` or "
            "`move-database`, and such networks cannot go from account to account"
        )


def _both(table: sa.Table, there: sa.TableClause) -> sa.Select[int]:
    same = sa.and_(*(there.c[column.name] == column for column in table.primary_key))
    return sa.select(sa.literal(1)).select_from(sa.join(table, there, same))


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")

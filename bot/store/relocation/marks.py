"""The marks at which rooms change hands, and what still waits there; see `bot.procedures.relocating`."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import union
from sqlmodel import Session, and_, col, or_, select

from bot.store.progress import CIPHERTEXT
from bot.store.relocation import relocations
from bot.store.relocation.carrying import Carrier, table_of
from bot.store.relocation.obstacles import schema_of
from bot.store.relocation.relocations import Relocation, State
from bot.store.tables import (
    Mandate,
    Network,
    OutboxRow,
    Participation,
    Person,
    RoleGrant,
    Room,
    RoomMember,
    SealedEvent,
)


def sent_under(session: Session, transaction: str) -> tuple[str, str | None] | None:
    """Key and room of what we send under this transaction ID."""
    found = select(OutboxRow.key, OutboxRow.room_id).where(OutboxRow.transaction == transaction)
    return session.exec(found).first()


def unread(session: Session, networks: Collection[int]) -> Sequence[tuple[str, str]]:
    """The rooms of these networks, which have come to us, that are still to be read, and after which event."""
    statement = select(Room.room_id, Room.reads_after).where(
        col(Room.network_id).in_(networks), col(Room.reads_after).is_not(None), col(Room.joined)
    )
    return [(room_id, mark or "") for room_id, mark in session.exec(statement.order_by(Room.room_id))]


def arrived(session: Session, us: str) -> Sequence[tuple[str, str]]:
    """The rooms of all networks that have come to us which are still to be read, and after which event."""
    networks = [each.network_id for each in relocations.coming(session, us) if each.state == State.HANDED]
    return unread(session, networks) if networks else ()


def without(session: Session, rooms: Collection[str], person: str) -> list[str]:
    """Those of these rooms in which somebody is not."""
    there = select(RoomMember.room_id).where(RoomMember.person == person, col(RoomMember.room_id).in_(rooms))
    found = set(session.exec(there))
    return [room_id for room_id in rooms if room_id not in found]


def unsaid(session: Session, keys: Collection[str]) -> set[str]:
    """Those of these keys that were never used."""
    used = session.exec(select(OutboxRow.key).where(col(OutboxRow.key).in_(keys))).all()
    return set(keys) - set(used)


def unsent(session: Session, rooms: Collection[str], before: datetime | None = None) -> bool:
    """Whether something is still to be done in these rooms; with `before` (UTC) only what was wanted by then."""
    here = select(OutboxRow.id).where(OutboxRow.state == "waiting", col(OutboxRow.room_id).in_(rooms))
    if before is not None:
        here = here.where(OutboxRow.created_at <= before)
    return session.exec(here.limit(1)).first() is not None


def under_way(session: Session, since: datetime) -> bool:
    """Whether something was begun after then (UTC) that makes a room, or comes back with what it found.

    Whose it is, such a row does not say.
    """
    nowhere = (col(OutboxRow.room_id).is_(None), col(OutboxRow.person).is_(None), OutboxRow.action != "mail")
    statement = select(OutboxRow.id).where(OutboxRow.state == "waiting", OutboxRow.created_at > since, *nowhere)
    return session.exec(statement.limit(1)).first() is not None


def locked(session: Session, rooms: Collection[str], since: datetime) -> bool:
    """Whether something waits for its key that came to these rooms after then (UTC)."""
    waits = select(SealedEvent.event_id).where(
        col(SealedEvent.room_id).in_(rooms), col(SealedEvent.received_at) > since
    )
    return session.exec(waits).first() is not None


def share_claims(session: Session, account: str, since: datetime) -> None:
    """Let another account know which events we have handled since then (UTC), by their IDs alone.

    Events have no rooms there, so it learns those of other rooms, too: they claim nothing that it would ever meet. What
    came of rows is left out, as it names people.
    """
    connection = session.connection()
    if (schema := schema_of(connection, account)) is not None:
        claims = table_of("handled_event")
        events = (claims.c.event_id.startswith(each, autoescape=True) for each in ("$", CIPHERTEXT))
        Carrier(connection, schema).copy(claims, and_(claims.c.at >= since, or_(*events)), once=True)


def alone_with(session: Session, network_id: int) -> Sequence[str]:
    """Who is in a direct chat with us and belongs to a network: by a room, a role, a mandate, a group, or the list."""
    in_room = (
        select(RoomMember.person)
        .join(Room, col(Room.room_id) == col(RoomMember.room_id))
        .where(Room.network_id == network_id, col(Room.direct_with).is_(None))
    )
    role = select(RoleGrant.person).where(RoleGrant.network_id == network_id, col(RoleGrant.withdrawn_at).is_(None))
    part = select(Participation.person).where(
        Participation.network_id == network_id, col(Participation.until).is_(None)
    )
    mandate = select(Mandate.person).where(Mandate.network_id == network_id)
    listed = select(Person.person).where(Person.network_id == network_id)
    statement = (
        select(RoomMember.person)
        .join(Room, and_(col(Room.room_id) == col(RoomMember.room_id), col(Room.direct_with) == col(RoomMember.person)))
        .where(col(RoomMember.person).in_(union(in_room, role, part, mandate, listed)), col(Room.joined))
    )
    return session.exec(statement.distinct().order_by(RoomMember.person)).all()


def belongs_there(session: Session, relocation: Relocation, room_id: str) -> bool:
    """Whether a room, or space, is one of the network's that is still with another account."""
    connection = session.connection()
    if (schema := schema_of(connection, relocation.source)) is None:
        return False
    carrier, network_id = Carrier(connection, schema), relocation.network_id
    room, network = (carrier.there(table_of(name)) for name in ("room", "network"))
    found = union(
        select(room.c.room_id).where(room.c.room_id == room_id, room.c.network_id == network_id),
        select(network.c.space_id).where(network.c.space_id == room_id, network.c.id == network_id),
    )
    return connection.execute(found).first() is not None


def entered(session: Session, since: datetime) -> Sequence[str]:
    """The rooms that we were let into after then (UTC), and that we know nothing else of."""
    statement = select(OutboxRow.room_id).where(
        OutboxRow.action == "join",
        OutboxRow.created_at >= since,
        col(OutboxRow.room_id).not_in(select(Room.room_id)),
        col(OutboxRow.room_id).not_in(select(Network.space_id).where(col(Network.space_id).is_not(None))),
    )
    return [room_id or "" for room_id in session.exec(statement.distinct().order_by(OutboxRow.room_id))]

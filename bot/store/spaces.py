"""The spaces of networks: which network's a room is or was the space of, and what became of opening one."""

from sqlmodel import Session, col, or_, select

from bot.store.tables import Network, OutboxRow


def network_of(session: Session, room_id: str) -> Network | None:
    """The network whose space this is now."""
    return session.exec(select(Network).where(Network.space_id == room_id)).first()


def state_of_opening(session: Session, key: str) -> str | None:
    """What became of the row of this key, which was to open a space; None if there is none."""
    return session.exec(select(OutboxRow.state).where(OutboxRow.key == key)).first()


def said_in(session: Session, room_id: str, prefix: str) -> str | None:
    """The key, beginning so, of anybody's invitation to this room, or of a room that was put into it."""
    statement = select(OutboxRow.key).where(
        OutboxRow.room_id == room_id,
        or_(OutboxRow.action == "invite", col(OutboxRow.key).contains("/child/")),
        col(OutboxRow.key).startswith(prefix, autoescape=True),
    )
    return session.exec(statement.order_by(col(OutboxRow.id))).first()

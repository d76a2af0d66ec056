"""Rows as the tests of the store want them."""

from datetime import timedelta
from typing import Any

from bot.store import (
    Session,
    networks,
    questions,
    rooms,
)
from bot.store.outbox import Row
from bot.store.tables import (
    OpenQuestion,
    OutboxRow,
    Room,
)
from tests.fakes import ANNA, BEN, DEVICE, ROOM, START

SOON = START + timedelta(minutes=30)
EMOJI = "Grüße 👩‍💻 „so“ ﷽ \U0001f7e2"


def row(key: str, **more: Any) -> OutboxRow:
    values: dict[str, Any] = {
        "room_id": ROOM,
        "action": "send",
        "event_type": "m.room.message",
        "content": EMOJI,
    } | more
    return OutboxRow(
        key=key, transaction=f"t-{key}", device_id=DEVICE, first_attempt_at=START, created_at=START, **values
    )


def sent(row_id: int, event_id: str | None, room_id: str | None) -> Row:
    now = START
    return Row(
        id=row_id,
        key="",
        transaction="",
        action="send",
        device_id=DEVICE,
        first_attempt_at=now,
        created_at=now,
        event_id=event_id,
        room_id=room_id,
    )


def found(session: Session, name: str = "Verbund") -> int:
    return networks.found(session, name, ANNA, START).id or 0


def room(session: Session, network_id: int | None, room_id: str = ROOM, **more: Any) -> None:
    rooms.save(session, Room(room_id=room_id, network_id=network_id, invited_by=ANNA, since=START, **more))


def question(key: str, room_id: str | None, **more: Any) -> OpenQuestion:
    values: dict[str, Any] = {"person": BEN, "resume": "status {answer}", "expires_at": SOON} | more
    return OpenQuestion(outbox_key=key, room_id=room_id, **values)


def keep(session: Session, *kept: OpenQuestion) -> None:
    for one in kept:
        questions.keep(session, one, START)

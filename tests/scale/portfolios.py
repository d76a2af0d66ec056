"""Networks that have lived: rows in every table, of several networks that share nothing, in one account's records."""

import os
import random
import signal
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import sqlalchemy as sa

from bot.store import Session, dump
from bot.store.database import Database
from bot.store.leased import taken_now
from bot.store.relocation import handover
from bot.store.relocation.relocations import Relocation, State
from bot.store.tables import Account, HandedRow, HandledEvent, Incident, Occurrence, OpenQuestion, OutboxRow, Room
from tests import every_table
from tests.fakes import START
from tests.scale.accounts import NORD, US

ROWS = 3
MARK, PERSON = "$mark", "@ben:example.org"
APART = ("account", "handed", "handled_event", "incident", "occurrence", "open_question", "outbox", "room")


def room(block: int, number: int = 0) -> str:
    """A block's rooms: the one people are in, those it replaced, and a direct chat (`direct`)."""
    return f"!room{block}.{number}:example.org"


def direct(block: int) -> str:
    return f"!direct{block}:example.org"


def space(block: int) -> str:
    return f"!space{block}:example.org"


def relocation(block: int = 0, **more: Any) -> Relocation:
    """A block's network on its way from the first account to the second, with all marks back."""
    of: dict[str, Any] = {"source": US, "target": NORD, "state": State.MARKED, "asked_at": START}
    return Relocation(network_id=own(block), name=f"Verbund {block}", **of | more)


def own(block: int, number: int = 0) -> int:
    """The IDs of a block, in every table."""
    return 1000 * (block + 1) + number + 1


def fill(session: Session, block: int) -> None:
    """One network, with some rows in every table, of which each refers to others of its block."""
    chance = random.Random(block)
    for table in dump.tables():
        if table.name not in APART:
            count = 1 if table.name in ("network", "synergy_scan") else ROWS
            made = [_row(table, block, number, chance) for number in range(count)]
            session.connection().execute(table.insert().values(made))
    session.add_all(_rooms(block))
    session.flush()
    session.add_all(_posts(block, _token(session, block)))
    _machine(session, block)


def fill_account(session: Session) -> None:
    """What concerns no network."""
    session.add(Account(user_id=US, token="s1", alive_at=START))
    session.add(Incident(id=1, trouble="database", began_at=START))
    for name in ("groups", "housekeeping", "successors", "sending", "health store"):
        session.add(Occurrence(schedule=name, due_at=START, done_at=START))
    session.add(HandledEvent(event_id="megolm key/session/0", at=START))
    session.add(HandedRow(row_id=999, fence=2, room_id="!elsewhere:example.org"))


def _token(session: Session, block: int) -> str:
    found = session.connection().execute(sa.text(f"SELECT token FROM working_group WHERE id = {own(block)}"))  # noqa: S608
    return str(found.scalar_one())


def _row(table: sa.Table, block: int, number: int, chance: random.Random) -> dict[str, Any]:
    return {column.name: _value(column, block, number, chance) for column in table.columns}


def _value(column: sa.Column[Any], block: int, number: int, chance: random.Random) -> Any:
    if column.foreign_keys:
        (key,) = column.foreign_keys
        if key.column.table.name == "network":
            return own(block)
        if column.nullable and chance.random() < 0.3:
            return None
        distinct = column.primary_key or column.unique or every_table.in_unique(column)
        return own(block, number if distinct else chance.randrange(ROWS))
    if (column.table.name, column.name) in (("network", "name"), ("network", "space_id")):
        return f"Verbund {block}" if column.name == "name" else space(block)
    if column.name == "token":
        return f"{block}{number}a0b1c2d3e4f5"
    if column.name == "room_id":
        return room(block, number if column.primary_key and column.table.name == "board" else 0)
    return every_table.value(column, own(block, number) - 1, 1, chance)


def _rooms(block: int) -> Sequence[Room]:
    of: dict[str, Any] = {"since": START, "last_digest_at": START}
    return (
        Room(room_id=room(block), network_id=own(block), invited_by=US, reads_after=f"{MARK}{block}", name="A", **of),
        Room(room_id=room(block, 1), network_id=own(block), invited_by=PERSON, joined=False, lacks="speak", **of),
        Room(room_id=room(block, 2), joined=False, successor=room(block), invited_by=PERSON, **of),
        Room(room_id=room(block, 3), joined=False, successor=room(block, 2), invited_by=PERSON, **of),
        Room(
            room_id=direct(block),
            direct_with=f"@p{block}:x",
            invited_by="x",
            chosen_network_id=own(block),
            chosen_at=START,
            **of,
        ),
    )


def _posts(block: int, token: str) -> Sequence[OutboxRow]:
    """In the rooms, and about them elsewhere; the last of these are nobody's."""
    one, person = own(block), {"person": PERSON, "room_id": direct(block)}
    inside = (
        ("announced", f"consultation/{one}/announcement", "sent", room(block)),
        ("held", f"digest/{room(block)}/2026-11-23T07:00:00+00:00", "held", room(block)),
        ("parked", f"group/{token}/invite/{PERSON}", "parked", room(block)),
        ("answer", f"$question{block}/0", "sent", room(block)),
        ("before", f"ballot/{one}/poll", "sent", room(block, 3)),
        ("child", f"space/{one}/child/{room(block)}", "sent", space(block)),
    )
    made = [_post(key, text, state, room_id=room_id, event_id=f"$of {key}") for text, key, state, room_id in inside]
    made[0].sender = None if block else "@west:example.org"
    for text, key, state in (
        ("told", f"consultation/{one}/notice/opened/{PERSON}", "sent"),
        ("asked", f"survey/{one}/invitation", "sent"),
        ("parked alone", f"task/{one}/asked/{PERSON}", "parked"),
        ("on its way", f"dormant/{one}/0/{PERSON}", "waiting"),
        ("held alone", f"participation/{one}/mail to x/{PERSON}", "held"),
        ("answered alone", f"$asked alone{block}/0", "sent"),
        ("of the way", f"relocation/{one}/2026/told/{PERSON}", "sent"),
    ):
        made.append(_post(key, text, state, event_id=f"$of {key}", refers_to="x", **person))
    made.append(_post(f"group/{token}", "opened", "sent", action="open"))
    made.append(_post(f"list/{one}/digest 2026", "letter", "sent", action="mail"))
    made.append(_post(f"list/{one}/digest 2027", "letter on its way", "waiting", action="mail"))
    return made


def _post(key: str, text: str, state: str, **more: Any) -> OutboxRow:
    of: dict[str, Any] = {"action": "send", "device_id": "OLD", "first_attempt_at": START, "created_at": START}
    return OutboxRow(key=key, transaction=f"t {key}", content=f'{{"body": "{text}"}}', state=state, **of | more)


def _machine(session: Session, block: int) -> None:
    one = own(block)
    for name in (
        f"consultation.remind {one} BW", f"digest {room(block)}", f"digest plan {one}", f"tasks.remind {one}",
        f"checkin.put {one}", f"meeting {one}", f"survey.close {one}", f"relocation/{one}/2026/mark",
    ):  # fmt: skip
        session.add(Occurrence(schedule=name, due_at=START, done_at=START))
    for name in (f"$handled{block}", f"Failed list/{one}/digest 2026", f"Opened group/{block}0a0b1c2d3e4f5"):
        session.add(HandledEvent(event_id=name, at=START))
    for key, room_id, network_id in (
        (f"$question{block}/0", room(block), one),
        (f"import/{one}/$e/preview", room(block), None),
        (f"survey/{one}/invitation", None, one),
        (f"consultation/{one}/notice/opened/{PERSON}", None, None),
    ):
        of: dict[str, Any] = {"person": PERSON, "resume": "x", "expires_at": START}
        session.add(OpenQuestion(outbox_key=key, room_id=room_id, network_id=network_id, **of))
    session.flush()


def killed_at(url: str, words: str) -> None:
    """Hand over, and be killed before the first statement that begins with these words, the commit, or the end."""

    def statement(_connection: object, _cursor: object, text: str, *_rest: object) -> None:
        if text.strip().startswith(words):
            os.kill(os.getpid(), signal.SIGKILL)

    def commit(_connection: object) -> None:
        if words == "COMMIT":
            os.kill(os.getpid(), signal.SIGKILL)

    def work(session: Session) -> None:
        sa.event.listen(session.get_bind(), "before_cursor_execute", statement)
        sa.event.listen(session.get_bind(), "commit", commit)
        handover.hand_over(session, relocation())

    with taken_now(url, US) as lease, closing(Database(url, lease=lease)) as database:
        database.run_now(work)
        os.kill(os.getpid(), signal.SIGKILL)

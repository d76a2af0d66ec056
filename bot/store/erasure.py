"""One person erased from every table, by what the columns declare (`tables.columns`)."""

import json
import secrets
from typing import Any

from sqlalchemy import Table, delete, false, or_, select, update
from sqlmodel import Session

from bot.store.mydata import OUTBOX, ROOM, declared, erasure_of, ids, parsed, pattern, said_to, spellings, tables
from bot.store.tables.columns import Erasure

WITHDRAWN = "withdrawn"  # a row of the outbox that nobody is to send any more


def erase(session: Session, person: str) -> int:
    """Erase a person from every table; how many rows went.

    One random pseudonym stands for all they did. It has no server part, so that it is no Matrix ID, and it is told to
    nobody: not to the person either, because what we tell them is on record with their direct chat.
    """
    session.flush()
    pseudonym = f"gelöscht-{secrets.token_hex(6)}"
    gone = _forget_messages(session, person)
    _forget_mails(session, person)
    for table in reversed(list(tables())):
        gone += _erase_from(session, table, person, pseudonym)
    for table in tables():
        _replace_in(session, table, person, pseudonym)
    session.expire_all()  # what was read before is no longer so
    return gone


def _forget_messages(session: Session, person: str) -> int:
    """Drop what was said to somebody. What waits may be in the outbox's hands: its row stays, with nothing in it."""
    connection, said = session.connection(), said_to(person)
    waiting = connection.execute(select(OUTBOX.c.id).where(said, OUTBOX.c.state == "waiting")).scalars().all()
    for row_id in waiting:
        blank = f"{WITHDRAWN}/{secrets.token_hex(8)}"
        emptied = {"key": blank, "transaction": blank, "state": WITHDRAWN, "content": "", "person": None}
        connection.execute(update(OUTBOX).where(OUTBOX.c.id == row_id).values(room_id=None, refers_to=None, **emptied))
    return connection.execute(delete(OUTBOX).where(said)).rowcount + len(waiting)


def _forget_mails(session: Session, person: str) -> None:
    """The wording of mails to an address of theirs; one that waits goes out: others may read that address, too."""
    connection = session.connection()
    for table in tables():
        for address in (column for column in table.c if column.name == "email" and declared(column)):
            mine = or_(*(column == person for column in ids(table, about=True)))
            for known in connection.execute(select(address).where(mine, address.is_not(None))).scalars().all():
                to_it = OUTBOX.c.content.contains(json.dumps(known, ensure_ascii=False), autoescape=True)
                sent = update(OUTBOX).where(OUTBOX.c.action == "mail", OUTBOX.c.state != "waiting", to_it)
                connection.execute(sent.values(content=""))


def _erase_from(session: Session, table: Table, person: str, pseudonym: str) -> int:
    """One table. A row that stays because it is still true stays whole: half of it would give the pseudonym away."""
    connection = session.connection()
    gone = 0
    mine = or_(false(), *(column == person for column in ids(table, about=True)))
    emptied = {c.name: None for c in table.c if (d := declared(c)) and d.on_erasure is Erasure.EMPTY and not d.is_id}
    if emptied:
        connection.execute(update(table).where(mine).values(emptied))
    if table is ROOM:  # a direct chat that we have left is no longer true
        gone += connection.execute(delete(ROOM).where(mine, ROOM.c.joined.is_(False))).rowcount
    stays = [column for column in ids(table) if erasure_of(column) is Erasure.STAYS]
    others = [or_(column.is_(None), column != person) for column in stays]
    for column in ids(table):
        match erasure_of(column):
            case Erasure.DELETE_ROW:
                gone += connection.execute(delete(table).where(column == person)).rowcount
            case Erasure.EMPTY | Erasure.PSEUDONYM as erasure:
                value = pseudonym if erasure is Erasure.PSEUDONYM else None
                connection.execute(update(table).where(column == person, *others).values({column.name: value}))
    return gone


def _replace_in(session: Session, table: Table, person: str, pseudonym: str) -> None:
    """Inside longer texts. The wording of what was sent is dropped; what still waits goes out without the ID."""
    connection = session.connection()
    columns = [c for c in table.c if erasure_of(c) is Erasure.REPLACE]
    if not columns:
        return
    holds = or_(*(c.contains(spelling, autoescape=True) for c in columns for spelling in spellings(person)))
    keys = list(table.primary_key)
    for row in connection.execute(select(table).where(holds)).mappings().all():
        values: dict[str, Any] = {c.name: _replaced(row[c.name], person, pseudonym) for c in columns if row[c.name]}
        if table is OUTBOX and row["state"] != "waiting" and values.get("content") != row["content"]:
            values["content"] = ""
        connection.execute(update(table).where(*(key == row[key.name] for key in keys)).values(values))


def _replaced(text: str, person: str, pseudonym: str) -> str:
    """Whom a message mentions is told of it: a pseudonym is told of nothing.

    Of a table that was read, a line that names the person goes: it has their name and address beside the ID.
    """
    found = parsed(text)
    if isinstance(found, list):
        found = [line for line in found if not pattern(person).search(json.dumps(line, ensure_ascii=False))]
        text = json.dumps(found, ensure_ascii=False)
    if isinstance(found, dict) and person in (mentioned := found.get("m.mentions", {}).get("user_ids", [])):
        mentioned.remove(person)
        text = json.dumps(found, ensure_ascii=False)
    return pattern(person).sub(pseudonym, text)

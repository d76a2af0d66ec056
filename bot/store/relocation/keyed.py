"""What of a network goes by its name alone: posts by their keys, due times by their schedules, outcomes by their rows.

A post stands in a room of the network, and goes whole; or it was said to somebody alone, in a chat with the other
account. Then its key goes, so that it is not said again, and neither wording nor event: nobody hears an answer to it.
"""

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from bot.store.progress import CIPHERTEXT
from bot.store.relocation import belonging
from bot.store.relocation.carrying import Carrier, one_of, table_of
from bot.store.relocation.named import GROUP, NAMES, NETWORK, OWN, TOKEN, Names
from bot.store.relocation.relocations import Relocation

ROWS, CLAIMS, DUE, ASKED = (table_of(name) for name in ("outbox", "handled_event", "occurrence", "open_question"))
KEY_ALONE = {"room_id": None, "content": "", "refers_to": None, "event_id": None, "problem": None, "device_id": ""}


def names_of(carrier: Carrier, network_id: int, places: Sequence[str]) -> Names:
    """All by which a network may be named: its rooms in `places`, and its IDs. It is still here."""
    tables = {table.name: table for table in belonging.going(belonging.Way.NETWORK, belonging.Way.REFERENCE)}
    columns = {name: tables[name].c.id for _, name in NAMES if name in tables} | {TOKEN: tables[GROUP].c.token}
    ids = {
        name: frozenset(map(str, carrier.values(column, belonging.rows_of(column.table, network_id, places))))
        for name, column in columns.items()
    }
    return Names(frozenset(places), ids | {NETWORK: frozenset((str(network_id),))})


def move(carrier: Carrier, relocation: Relocation, names: Names, places: Sequence[str]) -> Counter[str]:
    """Move it; how many rows, by table. What is still to be said to somebody alone is the old account's to say.

    It may be sending it this moment; so of that only the key is copied.
    """
    here = one_of(ROWS.c.room_id, places)
    keys = set(carrier.values(ROWS.c.key, here))
    sender = sa.func.nullif(sa.func.coalesce(ROWS.c.sender, relocation.source), relocation.target)
    begun_by = sa.case((ROWS.c.state == "sent", ROWS.c.device_id), else_="")
    said = carrier.move(ROWS, here, {"sender": sender, "device_id": begun_by})
    alone = _said_alone(carrier, names)
    for state in ("sent", "parked"):
        bare = KEY_ALONE if state == "sent" else {"room_id": None, "event_id": None, "device_id": ""}
        ids = [row_id for row_id, _, found in alone if found == state]
        said += carrier.move_named(ROWS.c.id, ids, bare | {"sender": sender})
    unsent = [row_id for row_id, _, state in alone if state in ("waiting", "held")]
    said += carrier.move_named(ROWS.c.id, unsent, KEY_ALONE | {"sender": sender, "state": "sent"}, stays=True)
    keys.update(key for _, key, _ in alone)
    carrier.delete(ASKED, one_of(ASKED.c.outbox_key, [key for _, key, _ in alone]))
    events = sa.or_(CLAIMS.c.event_id.startswith("$"), CLAIMS.c.event_id.startswith(CIPHERTEXT))
    outcomes = [each for each in carrier.values(CLAIMS.c.event_id, ~events) if each.partition(" ")[2] in keys]
    due = [each for each in carrier.values(DUE.c.schedule) if names.hold(each) and not each.startswith(OWN)]
    return Counter(
        outbox=said,
        handled_event=carrier.move_named(CLAIMS.c.event_id, outcomes),
        occurrence=carrier.move_named(DUE.c.schedule, due),
    )


def _said_alone(carrier: Carrier, names: Names) -> list[tuple[int, str, str]]:
    """IDs, keys and states of what is about the network and stands in none of its rooms."""
    elsewhere = sa.or_(ROWS.c.room_id.is_(None), ~one_of(ROWS.c.room_id, list(names.rooms)))
    found = carrier.connection.execute(sa.select(ROWS.c.id, ROWS.c.key, ROWS.c.state).where(elsewhere))
    return [(row_id, key, state) for row_id, key, state in found if names.hold(key) and not key.startswith(OWN)]

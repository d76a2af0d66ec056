"""Whose devices get room keys: of people who sign their own devices, only those they have signed (MSC4153).

Who has a cross-signing identity is pinned with it at first sight. From then on an answer that shows none, or a broken
one, changes nothing. Another identity takes the place of the first: people lose their keys and begin anew, Element
accepts that too, and nobody can tell it from a homeserver that made one up; so it stands in the log. Who has never had
an identity gets keys on all devices: an old client must not cost anybody a vote.

That a key has signed a device stays true, so each signature is checked once and then kept. It is not taken back: a
device is logged out, or the identity made anew. (https://spec.matrix.org/latest/client-server-api/#cross-signing)
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.matrix.account.identity import MASTER, SEED_BYTES, SELF_SIGNING, decoded, key_of
from bot.matrix.asking import Json

TABLES = (
    """CREATE TABLE IF NOT EXISTS identities
    (user_id TEXT PRIMARY KEY, master_key TEXT NOT NULL, self_signing_key TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS signeddevices
    (user_id TEXT, device_id TEXT, ed25519 TEXT NOT NULL, curve25519 TEXT NOT NULL, self_signing_key TEXT NOT NULL,
    PRIMARY KEY (user_id, device_id))""",
)
"""Beside nio's own in its database, by names that nio does not use."""

COLUMNS = {
    "identities": ("user_id", "master_key", "self_signing_key"),
    "signeddevices": ("user_id", "device_id", "ed25519", "curve25519", "self_signing_key"),
}
"""Of our tables."""

SAVE_IDENTITY = """
    INSERT INTO identities (user_id, master_key, self_signing_key) VALUES (?, ?, ?) ON CONFLICT (user_id)
    DO UPDATE SET master_key = excluded.master_key, self_signing_key = excluded.self_signing_key
"""
SAVE_DEVICE = """
    INSERT INTO signeddevices (user_id, device_id, ed25519, curve25519, self_signing_key) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (user_id, device_id) DO UPDATE SET ed25519 = excluded.ed25519, curve25519 = excluded.curve25519,
    self_signing_key = excluded.self_signing_key
"""
LOAD_IDENTITIES = "SELECT user_id, master_key, self_signing_key FROM identities"
LOAD_DEVICES = "SELECT user_id, device_id, ed25519, curve25519, self_signing_key FROM signeddevices"

Verify = Callable[[Json, str, str, str], bool]
"""nio's `verify_json`: content, public key, user ID, key ID. Raises whatever, for malformed ones."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Public:
    """A person's public keys: `master` stands for the person and has signed `self_signing`, which signs devices."""

    master: str
    self_signing: str


class Identities:
    """What is known of everybody, in memory and in nio's database."""

    def __init__(self, database: Any) -> None:
        """`database` is that of the key store, open. Raises STORE_DOWN."""
        self._database = database
        make_tables(database)
        self._pinned = {user: Public(*keys) for user, *keys in database.execute_sql(LOAD_IDENTITIES).fetchall()}
        self._signed = {
            (user, device): tuple(keys) for user, device, *keys in database.execute_sql(LOAD_DEVICES).fetchall()
        }
        self._ours = ""
        self._missed: set[str] = set()

    def of(self, user: str) -> Public | None:
        """The identity in force; None for who has never had any."""
        return self._pinned.get(user)

    def admits(self, device: Any) -> bool:
        """Whether this device (nio's) may have room keys."""
        return device.user_id not in self._pinned or self.has_signed(device)

    def has_signed(self, device: Any) -> bool:
        """Whether the identity in force has signed this device, with the keys that it has now."""
        public = self._pinned.get(device.user_id)
        return public is not None and self._signed.get((device.user_id, device.id)) == _proof(device, public)

    def is_ours(self, user: str, public: Public) -> None:
        """This is our own account, and we know its identity better than any homeserver."""
        self._ours, self._pinned[user] = user, public

    def see(self, found: Mapping[str, Public | None]) -> None:
        """What the homeserver shows of people now; in one transaction, on disk when this returns. Raises STORE_DOWN."""
        fresh: dict[str, Public] = {}
        for user, public in found.items():
            before = self._pinned.get(user)
            if public is None:
                self._miss(user, before)
                continue
            self._missed.discard(user)
            if public != before and user != self._ours:
                fresh[user] = public
        if not fresh:
            return
        with self._database.atomic():
            for user, public in fresh.items():
                self._database.execute_sql(SAVE_IDENTITY, (user, public.master, public.self_signing))
        for user, public in fresh.items():
            _warn_of_change(user, self._pinned.get(user), public)
        self._pinned |= fresh

    def sign(self, devices: Iterable[Any]) -> None:
        """Keep it that the identities in force have signed these devices. Raises STORE_DOWN."""
        proofs = {(device.user_id, device.id): _proof(device, self._pinned[device.user_id]) for device in devices}
        with self._database.atomic():
            for whose, proof in proofs.items():
                self._database.execute_sql(SAVE_DEVICE, (*whose, *proof))
        self._signed |= proofs

    def _miss(self, user: str, before: Public | None) -> None:
        """The homeserver shows none, or a broken one; said once."""
        if before is not None and user not in self._missed:
            self._missed.add(user)
            values = {"user_id": user, "master_key": before.master}
            log.warning("The homeserver shows no valid identity of %(user_id)s any more; %(master_key)s stays", values)


def make_tables(database: Any) -> None:
    """In a key store's database, if it does not have them. Raises STORE_DOWN."""
    for table in TABLES:
        database.execute_sql(table)


def published(answer: Json, user: str, known: Public | None, verify: Verify) -> Public | None:
    """The identity of a person in an answer to /keys/query; None for one that is not whole, or not signed by itself.

    `known` is the one in force: its signature was checked. Raises whatever, for a malformed one.
    """
    master, self_signing = (_of_role(answer, role, user) for role in (MASTER, SELF_SIGNING))
    if master is None or self_signing is None:
        return None
    public = Public(_key(master, MASTER, user), _key(self_signing, SELF_SIGNING, user))
    if public != known and not verify(self_signing, public.master, user, public.master):
        raise ValueError("not signed by the master key")
    return public


def _of_role(answer: Json, role: str, user: str) -> Any:
    keys = answer.get(f"{role}_keys")
    return keys.get(user) if isinstance(keys, dict) else None


def _key(content: Json, role: str, user: str) -> str:
    key = key_of(content)
    if key is None or content["user_id"] != user or role not in list(content["usage"]):
        raise ValueError("another key than it says")
    if len(decoded(key)) != SEED_BYTES:
        raise ValueError("no key")
    return key


def _proof(device: Any, public: Public) -> tuple[str, ...]:
    return device.ed25519, device.curve25519, public.self_signing


def _warn_of_change(user: str, before: Public | None, now: Public) -> None:
    """For the operator's eyes: this may be the person, or somebody who wants to read along."""
    if before is not None and before.master != now.master:
        log.warning(
            "%(user_id)s has another identity than before: master key %(master_key)s, before %(before)s. "
            "If they did not reset it themselves, somebody else reads along from now on",
            {"user_id": user, "master_key": now.master, "before": before.master},
        )

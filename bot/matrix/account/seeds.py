"""The seeds of our cross-signing keys: the one thing that makes a new device of ours still us.

They lie in a file apart from the crypto store (`matrix.signing_keys_file`, 0600), or sealed in the PostgreSQL that
holds our keys, on disk before anything of them is published. Who signs in is alone with the crypto store, so there is
one writer; except that `zwischenstand check` takes out the recovery key once it was shown, also beside a running bot.
Therefore each change is: lock, read, replace.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bot.config import Matrix
from bot.errors import OperatorError
from bot.matrix.account.identity import ROLES, SEED_BYTES, Identity, decoded, encoded
from bot.matrix.account.shelf import Files, Shelf

HERE = ""
NEXT = ".next"
"""After the name: an identity that is to take the other's place, kept until the homeserver has it."""
OLD = ".old"
"""After the name: what lay there before other seeds took its place."""

SETTING = "matrix.signing_keys_file"


class Damaged(OperatorError):
    """Something is there and cannot be read."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept.

    `recovery_key` waits to be shown; `stored` says whether the homeserver's secret storage holds the seeds under it.
    """

    identity: Identity
    recovery_key: str | None = field(default=None, repr=False)
    stored: bool = True


class Seeds:
    """What is kept, and what may take its place."""

    def __init__(self, settings: Matrix, shelf: Shelf | None = None) -> None:
        """Without a shelf: in the file of the settings."""
        self._shelf: Shelf = shelf or Files(settings.signing_file, SETTING)
        self._user_id = settings.user_id
        self._redaction = settings.redaction

    @property
    def place(self) -> str:
        """Where they are, for an operator."""
        return self._shelf.named(HERE)

    @property
    def setting(self) -> str:
        """The key of the configuration that says where."""
        return self._shelf.setting

    def read(self) -> Kept | None:
        """What is kept, None without any. Raises OperatorError for what is damaged or another account's."""
        return self._read(HERE)

    def read_next(self) -> Kept | None:
        """What waits to take its place; see `begin`."""
        return self._read(NEXT)

    def write(self, kept: Kept) -> None:
        """Keep this; other seeds that lay there go to `….old`. On disk when this returns."""
        with self._shelf.locked():
            self._make_room(kept.identity)
            self._write(HERE, kept)

    def update(self, identity: Identity, *, stored: bool) -> None:
        """Note that the secret storage holds these seeds, or not; a recovery key that was shown meanwhile stays out."""
        with self._shelf.locked():
            kept = self._read(HERE)
            if kept is not None and kept.identity == identity:
                self._write(HERE, replace(kept, stored=stored))

    def begin(self, kept: Kept) -> None:
        """Keep seeds besides, on disk when this returns: until they are published, the others hold."""
        with self._shelf.locked():
            self._write(NEXT, kept)

    def promote(self) -> None:
        """The homeserver has what `begin` kept: it takes the other's place."""
        with self._shelf.locked():
            kept = self._read(NEXT)
            if kept is not None:
                self._make_room(kept.identity)
                self._shelf.move(NEXT, HERE)

    @contextmanager
    def showing(self) -> Iterator[str | None]:
        """The recovery key that waits to be shown. It is gone from here if the block ends without an exception."""
        if not self._shelf.holds(HERE):
            yield None
            return
        with self._shelf.locked():
            kept = self._read(HERE)
            waits = kept.recovery_key if kept and kept.stored else None
            yield waits
            if kept and waits:
                self._write(HERE, replace(kept, recovery_key=None))

    def set_aside(self) -> str | None:
        """Where what lay there was put; None if nothing was."""
        return self._shelf.named(OLD) if self._shelf.holds(OLD) else None

    def _make_room(self, identity: Identity) -> None:
        """Keep what is to be written over, unless it is the same: it may be somebody's only copy."""
        try:
            kept = self._read(HERE)
        except Damaged:
            same = False
        else:
            same = kept is not None and kept.identity == identity
        if not same and self._shelf.holds(HERE):
            self._shelf.move(HERE, OLD)

    def _read(self, name: str) -> Kept | None:
        try:
            text = self._shelf.read(name)
            kept = _from_json(json.loads(text)) if text is not None else None
        except (ValueError, TypeError, KeyError):  # its own words may quote what stands there
            raise Damaged(
                f"{self.setting} {self._shelf.named(name)} is damaged; put it back from the backup, "
                "or run `zwischenstand recover` with the recovery key"
            ) from None
        if kept is None:
            return None
        if kept.identity.user_id != self._user_id:
            raise OperatorError(
                f"{self.setting} {self._shelf.named(name)} belongs to {kept.identity.user_id}, but matrix.user_id is "
                f"{self._user_id}; give every account a file of its own"
            )
        self._hide(kept)
        return kept

    def _hide(self, kept: Kept) -> None:
        self._redaction.hide(kept.recovery_key, *(encoded(kept.identity.seed(role)) for role in ROLES))

    def _write(self, name: str, kept: Kept) -> None:
        self._hide(kept)
        self._shelf.write(name, json.dumps(_to_json(kept), indent=2) + "\n")


def _to_json(kept: Kept) -> dict[str, Any]:
    seeds = {role: encoded(kept.identity.seed(role)) for role in ROLES}
    waits = {"recovery_key": kept.recovery_key} if kept.recovery_key else {}
    return {"user_id": kept.identity.user_id, **seeds, "stored": kept.stored, **waits}


def _from_json(content: Any) -> Kept:
    seeds = [decoded(content[role]) for role in ROLES]
    user_id, stored, waits = content["user_id"], content["stored"], content.get("recovery_key")
    whole = isinstance(user_id, str) and isinstance(stored, bool) and isinstance(waits, str | None)
    if not whole or any(len(seed) != SEED_BYTES for seed in seeds):
        raise ValueError("not what we wrote")
    return Kept(Identity(user_id, *seeds), waits, stored)

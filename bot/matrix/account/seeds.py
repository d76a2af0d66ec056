"""The file with the seeds of our cross-signing keys: the one thing that makes a new device of ours still us.

It lies apart from the crypto store (`matrix.signing_keys_file`, 0600), on disk before anything of it is published. Who
signs in holds the lock of the crypto store, so there is one writer; except that `zwischenstand check` takes out the
recovery key once it was shown, also beside a running bot. Therefore each change is: lock, read, replace.
"""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.config import Matrix
from bot.durable import replace_private, sync_folder
from bot.errors import OperatorError
from bot.matrix.account.identity import ROLES, SEED_BYTES, Identity, decoded, encoded

NEXT = ".next"
"""After the file's name: an identity that is to take the other's place, kept until the homeserver has it."""
OLD = ".old"
"""After the file's name: what lay there before other seeds took its place."""


class Damaged(OperatorError):
    """The file is there and cannot be read."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file holds.

    `recovery_key` waits to be shown; `stored` says whether the homeserver's secret storage holds the seeds under it.
    """

    identity: Identity
    recovery_key: str | None = field(default=None, repr=False)
    stored: bool = True


class Seeds:
    """The file, and the one beside it that may take its place."""

    def __init__(self, settings: Matrix) -> None:
        self.file = settings.signing_file
        self._user_id = settings.user_id
        self._redaction = settings.redaction

    def read(self) -> Kept | None:
        """What the file holds, None without one. Raises OperatorError for a damaged file or one of another account."""
        return self._read(self.file)

    def read_next(self) -> Kept | None:
        """What waits to take its place; see `begin`."""
        return self._read(self._beside(NEXT))

    def write(self, kept: Kept) -> None:
        """Put this in the file; other seeds that lay there go to `….old`. On disk when this returns."""
        with self._locked():
            self._make_room(kept.identity)
            self._write(self.file, kept)

    def update(self, identity: Identity, *, stored: bool) -> None:
        """Note that the secret storage holds these seeds, or not; a recovery key that was shown meanwhile stays out."""
        with self._locked():
            kept = self._read(self.file)
            if kept is not None and kept.identity == identity:
                self._write(self.file, replace(kept, stored=stored))

    def begin(self, kept: Kept) -> None:
        """Keep seeds beside the file, on disk when this returns: until they are published, the others hold."""
        with self._locked():
            self._write(self._beside(NEXT), kept)

    def promote(self) -> None:
        """The homeserver has what `begin` kept: it takes the file's place."""
        with self._locked():
            kept = self._read(self._beside(NEXT))
            if kept is not None:
                self._make_room(kept.identity)
                self._beside(NEXT).replace(self.file)
                sync_folder(self.file.parent)

    @contextmanager
    def showing(self) -> Iterator[str | None]:
        """The recovery key that waits to be shown. It is gone from the file if the block ends without an exception."""
        if not self.file.exists():
            yield None
            return
        with self._locked():
            kept = self._read(self.file)
            waits = kept.recovery_key if kept and kept.stored else None
            yield waits
            if kept and waits:
                self._write(self.file, replace(kept, recovery_key=None))

    def set_aside(self) -> Path | None:
        """Where what lay in the file's place was put; None if nothing was."""
        old = self._beside(OLD)
        return old if old.exists() else None

    def _beside(self, ending: str) -> Path:
        return self.file.with_name(self.file.name + ending)

    def _make_room(self, identity: Identity) -> None:
        """Keep what is to be written over, unless it is the same: it may be somebody's only copy."""
        try:
            kept = self._read(self.file)
        except Damaged:
            same = False
        else:
            same = kept is not None and kept.identity == identity
        if not same and self.file.exists():
            self.file.replace(self._beside(OLD))

    def _read(self, file: Path) -> Kept | None:
        try:
            _tighten(file)
            content = json.loads(file.read_text(encoding="utf-8"))
            kept = _from_json(content)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OperatorError(f"matrix.signing_keys_file {file}: {error.strerror}; mend it") from error
        except (ValueError, TypeError, KeyError):  # its own words may quote what stands there
            raise Damaged(
                f"matrix.signing_keys_file {file} is damaged; put it back from the backup, "
                "or run `zwischenstand recover` with the recovery key"
            ) from None
        if kept.identity.user_id != self._user_id:
            raise OperatorError(
                f"matrix.signing_keys_file {file} belongs to {kept.identity.user_id}, but matrix.user_id is "
                f"{self._user_id}; give every account a file of its own"
            )
        self._hide(kept)
        return kept

    def _hide(self, kept: Kept) -> None:
        self._redaction.hide(kept.recovery_key, *(encoded(kept.identity.seed(role)) for role in ROLES))

    def _write(self, file: Path, kept: Kept) -> None:
        self._hide(kept)
        try:
            replace_private(file, json.dumps(_to_json(kept), indent=2) + "\n")
        except OSError as error:
            raise OperatorError(
                f"matrix.signing_keys_file {file} cannot be written: {error.strerror}; "
                "let it lie where the bot may write"
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One change at a time. The lock is on the folder: the file itself is replaced, and a lock would go with it."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            folder = os.open(self.file.parent, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise OperatorError(f"matrix.signing_keys_file {self.file}: {error.strerror}; mend it") from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


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


def _tighten(file: Path) -> None:
    """Seeds are for the owner's eyes only, whatever a copy or an archive made of their mode."""
    mode = file.stat().st_mode
    if stat.S_ISREG(mode) and mode & 0o077:
        file.chmod(0o600)

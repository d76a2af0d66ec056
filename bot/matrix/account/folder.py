"""The folder with our session and our keys: only one process uses it.

lock                        held while we run; the kernel frees it however we end
session.json                which device we are, and its access token
@user:server_DEVICE.db      nio's keys of that device; its header holds their generation (see `generation`)
….db.old                    keys of an earlier device, carried over (see `carrying`); for the operator alone
"""

import fcntl
import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.config import Matrix
from bot.durable import replace_private
from bot.errors import InUse, OperatorError
from bot.matrix.account.carrying import carry
from bot.matrix.account.seeds import Seeds
from bot.matrix.account.store import Busy, Session
from bot.matrix.crypto.storage import KeyStore
from bot.store.lease import Lease

SESSION_FILE = "session.json"
MAKE_ROOM = "make room, let the bot write there, and let nothing else hold it"


class Folder:
    """The folder (0700), held by a lock; a `Store`. Everything here is a few small local files."""

    def __init__(self, settings: Matrix) -> None:
        self.seeds = Seeds(settings)
        self.lease: Lease | None = None
        self._settings = settings
        self._folder = settings.store
        self._lock: int | None = None

    @property
    def place(self) -> str:
        return str(self._folder)

    @property
    def way_out(self) -> str:
        return f"take {self.session_file} away"

    def keys_of(self, device_id: str) -> str:
        return str(self.database(device_id))

    def open(self) -> None:
        """Make the folder and take the lock. Raises OperatorError when another process has it."""
        if self._lock is not None:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            lock = os.open(self._folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise OperatorError(
                f"matrix.store {self._folder}: {error.strerror}; give the bot a folder of its own"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise InUse(f"{self._folder} is in use by another running bot; stop that one first") from error
        self._lock = lock

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def session_file(self) -> Path:
        """What an operator takes away to have the bot start as a new device."""
        return self._folder / SESSION_FILE

    def session(self) -> Session | None:
        """The session of the last run. Raises OperatorError when it is damaged or another account's."""
        file = self.session_file
        try:
            session = Session.from_json(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise OperatorError(
                f"{file} cannot be read; take it out of the folder: the bot then starts as a new device "
                "and keeps its room keys"
            ) from error
        if session.user_id != self._settings.user_id:
            raise OperatorError(
                f"{self._folder} belongs to {session.user_id}, but matrix.user_id is {self._settings.user_id}; "
                "give every account a matrix.store of its own"
            )
        self._settings.redaction.hide(session.access_token)
        return session

    def save(self, session: Session) -> None:
        """Replace the session file, all of it or nothing; on disk when this returns. Raises OperatorError."""
        self._settings.redaction.hide(session.access_token)
        try:
            replace_private(self.session_file, session.to_json())
        except OSError as error:
            raise OperatorError(
                f"{self.session_file} cannot be written: {error.strerror}; make room, and let the bot write there"
            ) from error

    def database(self, device_id: str) -> Path:
        """Where nio keeps the keys of this device."""
        return self._folder / f"{self._settings.user_id}_{device_id}.db"

    def has_keys(self, device_id: str) -> bool:
        """Whether nio's database for this device exists."""
        return self.database(device_id).exists()

    def older(self, device_id: str) -> list[Path]:
        """The databases of other devices of ours."""
        ours = [file for file in self._folder.glob("*.db") if file.name.startswith(f"{self._settings.user_id}_")]
        return sorted(file for file in ours if file != self.database(device_id))

    def generation(self, device_id: str) -> int:
        """How often this device's keys were signed for; 0 for new ones. Raises OperatorError if they cannot be read."""
        return self._generation(device_id, add=0)

    def raise_generation(self, device_id: str) -> int:
        """One more, on disk when this returns. Raises OperatorError if it cannot be written."""
        return self._generation(device_id, add=1)

    def _generation(self, device_id: str, add: int) -> int:
        """It stands in the database itself (`PRAGMA user_version`): the age of the keys matters, no other file's."""
        file = self.database(device_id)
        if not file.exists():
            return 0
        try:
            with closing(sqlite3.connect(file, isolation_level=None)) as database:
                database.execute("PRAGMA synchronous = FULL")
                (generation,) = database.execute("PRAGMA user_version").fetchone()
                if add:
                    database.execute(f"PRAGMA user_version = {generation + add}")
                return int(generation + add)
        except sqlite3.OperationalError as error:
            raise Busy(f"{file}: {error}; {MAKE_ROOM}") from error
        except sqlite3.Error as error:
            raise OperatorError(
                f"{file}: {error}; if it is damaged, take it and {SESSION_FILE} out of the folder: "
                "the bot then starts as a new device, without the room keys in it; "
                "or restore a backup with `zwischenstand restore`"
            ) from error

    def pickle_key(self) -> str:
        """The key to the crypto store; made at the first start. nio's default key is public knowledge."""
        file = self._settings.key_file
        if key := kept_key(self._settings):
            return key
        if any(self._folder.glob("*.db")):
            raise OperatorError(
                f"{file} is missing or empty, and without it the keys in {self._folder} cannot be read; "
                f"restore it from the backup, or move {self._folder} away (the bot then starts as a new device)"
            )
        key = secrets.token_urlsafe(32)
        self._settings.redaction.hide(key)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_private(file, key + "\n")
        except OSError as error:
            raise OperatorError(f"{file} cannot be written: {error.strerror}; let the bot write there") from error
        return key

    def require_key(self) -> None:
        """Nobody else uses the folder; a wrong key is told of when the keys are opened."""

    def open_keys(self, user_id: str, device_id: str, key: str) -> KeyStore:
        return KeyStore(user_id, device_id, str(self._folder), key)

    def carry(self, device_id: str, key: str) -> None:
        carry(self._settings.user_id, device_id, self._folder, self.older(device_id), key)

    def down(self, error: BaseException) -> Busy:
        return Busy(f"{self._folder}: {error}; {MAKE_ROOM}")


def kept_key(settings: Matrix) -> str | None:
    """What is in the file with the key to the keys; None for an empty one and for none."""
    try:
        key = settings.key_file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperatorError(f"{settings.key_file} cannot be read: {error.strerror}") from error
    if key:
        settings.redaction.hide(key)
    return key or None

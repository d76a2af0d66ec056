"""Who we are to the homeserver: one device, kept across restarts, in a folder that only one process uses.

The device ID is written down before the login, so that a process killed in between comes back as the same device.
"""

import fcntl
import json
import os
import secrets
import string
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.config import Matrix
from bot.errors import InUse, OperatorError, Unreachable
from bot.matrix.answers import NETWORK_ERRORS, TOKEN_GONE, Refusal, account_gone, refusal, unreachable
from bot.matrix.safe import SafeClient

DEVICE_NAME = "Zwischenstand"
DEVICE_LETTERS = string.ascii_uppercase
SESSION_FILE = "session.json"


@dataclass(frozen=True, slots=True)
class Session:
    """What `session.json` holds. Without a token, a login under this device was begun and not seen to end."""

    user_id: str
    device_id: str
    access_token: str | None = None


class Store:
    """The folder with our session and our keys (0700), held by a lock. Everything here is a few small local files."""

    def __init__(self, settings: Matrix) -> None:
        self._settings = settings
        self._folder = settings.store
        self._lock: int | None = None

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

    def session(self) -> Session | None:
        """The session of the last run. Raises OperatorError when it is damaged or another account's."""
        file = self._folder / SESSION_FILE
        try:
            session = Session(**json.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise OperatorError(
                f"{file} cannot be read; restore it from the backup, or move {self._folder} away"
            ) from error
        if session.user_id != self._settings.user_id:
            raise OperatorError(
                f"{self._folder} belongs to {session.user_id}, but matrix.user_id is {self._settings.user_id}; "
                "give every account a matrix.store of its own"
            )
        return session

    def save(self, session: Session) -> None:
        """Replace the session file, all of it or nothing."""
        text = json.dumps(asdict(session), indent=2) + "\n"
        temporary = self._folder / f"{SESSION_FILE}.new"
        temporary.unlink(missing_ok=True)
        _write_private(temporary, text)
        temporary.replace(self._folder / SESSION_FILE)

    def has_keys(self, device_id: str) -> bool:
        """Whether nio's database for this device exists."""
        return (self._folder / f"{self._settings.user_id}_{device_id}.db").exists()

    def pickle_key(self) -> str:
        """The key to the crypto store; made at the first start. nio's default key is public knowledge."""
        file = self._settings.key_file
        try:
            return file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            if any(self._folder.glob("*.db")):
                raise OperatorError(
                    f"{file} is missing, and without it the keys in {self._folder} cannot be read; "
                    f"restore it from the backup, or move {self._folder} away (the bot then starts as a new device)"
                ) from None
            key = secrets.token_urlsafe(32)
            file.parent.mkdir(parents=True, exist_ok=True)
            _write_private(file, key + "\n")
            return key
        except OSError as error:
            raise OperatorError(f"{file} cannot be read: {error.strerror}") from error


async def sign_in(settings: Matrix, store: Store) -> SafeClient:
    """A client that is logged in and has its keys loaded.

    Raises OperatorError when only a person can mend it, Unreachable when the caller should try again later.
    """
    store.open()
    session, key = store.session(), store.pickle_key()
    if session and session.access_token and not settings.device_id and not store.has_keys(session.device_id):
        session = None  # a device cannot be taken up again without its keys
    device = settings.device_id or (session.device_id if session else _new_device())
    client = SafeClient(settings.homeserver, settings.user_id, device, settings.store, key)
    try:
        for token in _tokens(settings, session, device):
            if await _accepted(client, settings, token, device):
                _restore(client, settings, device, token)
                store.save(Session(settings.user_id, device, token))
                return client
        await _log_in(client, settings, store, device)
    except BaseException:
        await client.close()
        raise
    return client


def _tokens(settings: Matrix, session: Session | None, device: str) -> list[str]:
    """The access tokens worth trying: the one of our last login, then the configured one."""
    kept = session.access_token if session and session.device_id == device else None
    configured = settings.access_token.get_secret_value() if settings.access_token else None
    return list(dict.fromkeys(token for token in (kept, configured) if token))


async def _accepted(client: SafeClient, settings: Matrix, token: str, device: str) -> bool:
    """Ask the homeserver whose token this is. False when it was revoked."""
    client.access_token = token
    try:
        answer = await client.whoami()
    except NETWORK_ERRORS as error:
        raise _no_answer(settings, error) from error
    finally:
        client.access_token = ""
    if refused := refusal(answer):
        if refused.code in TOKEN_GONE:
            return False
        raise _problem(settings, refused)
    if answer.user_id != settings.user_id:
        raise OperatorError(f"the access token belongs to {answer.user_id}, but matrix.user_id is {settings.user_id}")
    if answer.device_id and answer.device_id != device:
        raise OperatorError(f"the access token belongs to the device {answer.device_id}; set matrix.device_id to it")
    return True


async def _log_in(client: SafeClient, settings: Matrix, store: Store, device: str) -> None:
    if settings.password is None:
        raise OperatorError(
            "the homeserver does not know our access token (any more); "
            "set matrix.access_token and matrix.device_id anew, or give matrix.password"
        )
    store.save(Session(settings.user_id, device))
    try:
        answer = await client.login(settings.password.get_secret_value(), device_name=DEVICE_NAME)
    except NETWORK_ERRORS as error:
        raise _no_answer(settings, error) from error
    except Exception as error:
        raise _wrong_key(settings) from error
    if refused := refusal(answer):
        raise _problem(settings, refused)
    if answer.user_id != settings.user_id:
        raise OperatorError(f"the homeserver logged us in as {answer.user_id}; set matrix.user_id to it")
    store.save(Session(settings.user_id, device, answer.access_token))


def _restore(client: SafeClient, settings: Matrix, device: str, token: str) -> None:
    try:
        client.restore_login(settings.user_id, device, token)
    except Exception as error:
        raise _wrong_key(settings) from error


def _wrong_key(settings: Matrix) -> OperatorError:
    return OperatorError(
        f"the keys in {settings.store} cannot be opened with {settings.key_file}; restore both from the same backup"
    )


def _no_answer(settings: Matrix, error: BaseException) -> Unreachable:
    return Unreachable(f"{settings.homeserver} does not answer: {type(error).__name__} {error}".strip())


def _problem(settings: Matrix, refused: Refusal) -> OperatorError | Unreachable:
    if gone := account_gone(refused, settings.user_id):
        return gone
    if refused.code == "M_FORBIDDEN":
        return OperatorError(f"{settings.homeserver} refuses the password of {settings.user_id}; mend matrix.password")
    if refused.status == 404 or (refused.code and not refused.passing):
        return OperatorError(
            f"{settings.homeserver} does not accept a login ({refused}); "
            "is matrix.homeserver its client address, and are logins by password allowed?"
        )
    return unreachable(refused)


def _new_device() -> str:
    return "ZS" + "".join(secrets.choice(DEVICE_LETTERS) for _ in range(8))


def _write_private(file: Path, text: str) -> None:
    """A new file with mode 0600 from its first moment, on disk when this returns."""
    handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def forget(client: Any) -> None:
    """Close nio's database; nothing is told to the homeserver."""
    if isinstance(client.store, nio.store.MatrixStore):
        client.store.database.close()

"""Where our session, our seeds and our keys are.

Beside SQLite in a folder that one process holds (`folder`); with PostgreSQL in the database itself (`vault`), where
another machine finds them when it takes over. The key to all of it is a file on the machine's disk in either case.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, Self

from bot.config import Matrix
from bot.errors import OperatorError, Problem
from bot.matrix.account.seeds import Seeds
from bot.store.lease import Lease


class Busy(OperatorError):
    """The keys can neither be read nor written at the moment: locked, full, read-only."""


@dataclass(frozen=True, slots=True)
class Session:
    """What is kept of a login. Without a token, a login under this device was begun and not seen to end.

    `before` is the device whose place this one takes, until that is on record. `recorded` says that the homeserver's
    record has named this device, or the one before. `displaced_by` is how that record named another bot.
    """

    user_id: str
    device_id: str
    access_token: str | None = field(default=None, repr=False)
    before: str | None = None
    recorded: bool = False
    displaced_by: str | None = None

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError or TypeError for anything else than what `to_json` gives."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self), indent=2) + "\n"


class Store(Protocol):
    """One account's. Everything here is quick, and may be called in the event loop.

    Every method raises OperatorError when only a person can mend it; those of the database also Unreachable while it
    does not answer, and Fenced when another process leads.
    """

    seeds: Seeds
    lease: Lease | None

    @property
    def place(self) -> str:
        """Where it is, for an operator."""

    @property
    def way_out(self) -> str:
        """What an operator does to have the bot start as a new device, as an order."""

    def keys_of(self, device_id: str) -> str:
        """Where the keys of a device are, for an operator."""

    def open(self) -> None:
        """Make it, and keep others from it. Raises InUse when another process has it."""

    def close(self) -> None:
        """Let others have it."""

    def session(self) -> Session | None:
        """The session of the last run."""

    def save(self, session: Session) -> None:
        """Replace the session; on disk when this returns."""

    def has_keys(self, device_id: str) -> bool:
        """Whether there are keys of this device."""

    def generation(self, device_id: str) -> int:
        """How often this device's keys were signed for; 0 for new ones."""

    def raise_generation(self, device_id: str) -> int:
        """One more, on disk when this returns. Called in a thread."""

    def pickle_key(self) -> str:
        """The key to the keys; made at the first start. nio's default key is public knowledge."""

    def require_key(self) -> None:
        """Say early that the key file is not that of what others have sealed. A standby may ask, too."""

    def open_keys(self, user_id: str, device_id: str, key: str) -> Any:
        """The key store of a device of ours (nio's). Raises STORE_DOWN."""

    def carry(self, device_id: str, key: str) -> None:
        """Give this device the room keys of earlier ones; see `carrying`. Called in a thread."""

    def down(self, error: BaseException) -> Problem:
        """What to raise when the key store fails (STORE_DOWN) before the bot has begun."""


def store_of(settings: Matrix, url: str = "", lease: Lease | None = None) -> Store:
    """The store of an account. `url` is the database's, where it is PostgreSQL.

    Who leads there gives the `lease`; without it, as for tools beside the running bot, nothing is opened or begun.
    """
    if lease is not None or url.startswith("postgresql"):
        from bot.matrix.account.vault import Vault  # noqa: PLC0415 - most bots need no PostgreSQL

        return Vault(settings, lease.url if lease is not None else url, lease)
    from bot.matrix.account.folder import Folder  # noqa: PLC0415 - it knows this protocol

    return Folder(settings)

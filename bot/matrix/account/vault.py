"""Session, seeds and keys in the PostgreSQL that two machines share: whoever leads goes on as the same device.

A schema `keys` with two tables: `secret` holds what is sealed under the key file (`rows`, `sealing`), `device` our
devices, each with a schema of its own for nio's tables (`bot.matrix.crypto.tables`). Every change asks for the lease.

What an earlier release, or SQLite, left in the folder is carried over when a process leads (`moving`).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peewee  # type: ignore[import-untyped]  # it carries no types; nio depends on it

from bot.config import Matrix
from bot.errors import Fenced, OperatorError, Unreachable
from bot.matrix.account import rows
from bot.matrix.account.carrying import IDENTITIES, Unfit, make_account, merge, require_opened
from bot.matrix.account.folder import Folder, kept_key
from bot.matrix.account.moving import Moving
from bot.matrix.account.registry import Registry, State
from bot.matrix.account.rows import BY_HAND, PROOF, SEEDS, SESSION, Rows, SealedShelf
from bot.matrix.account.sealing import Unopened
from bot.matrix.account.seeds import HERE, NEXT, Seeds
from bot.matrix.account.store import Session
from bot.matrix.crypto.copying import copy_rows
from bot.matrix.crypto.identities import make_tables
from bot.matrix.crypto.postgres import KeyDatabase
from bot.matrix.crypto.storage import STORE_DOWN, KeyStore
from bot.matrix.crypto.tables import TableKeyStore, schema_of
from bot.store.lease import Lease

log = logging.getLogger(__name__)


class Vault:
    """A `Store` in the database. Nothing is open in between; nobody but who leads may change anything."""

    def __init__(self, settings: Matrix, url: str, lease: Lease | None) -> None:
        """Without a lease, to read beside the bot (and to take out a recovery key that was shown)."""
        self.lease = lease
        self._settings = settings
        self._url = url
        self._folder = Folder(settings)
        self._opened = False
        self._database = KeyDatabase(url, lease, rows.SCHEMA)
        self._secrets = Rows(self._database, settings.user_id, self._key_file)
        self._devices = Registry(self._database, settings.user_id)
        self.seeds = Seeds(settings, SealedShelf(self._secrets, SEEDS, self._using))

    @property
    def place(self) -> str:
        return "the database (database.url)"

    @property
    def way_out(self) -> str:
        return f"delete the session in the database ({BY_HAND.format(self._settings.user_id, SESSION)})"

    def keys_of(self, device_id: str) -> str:
        return f"the schema {schema_of(self._settings.user_id, device_id)} of the database"

    def open(self) -> None:
        """Whoever has the lease is alone with it; a folder that is carried over is held meanwhile."""
        if self._opened or self.lease is None:
            return
        with self._using() as database:
            database.make_schema()
            database.execute_sql(rows.TABLE)
            self._devices.make()
            key = self.pickle_key()
            if not self._secrets.holds(PROOF):
                self._secrets.write(PROOF, "")
            Moving(self._settings, self._secrets, self._devices, self.seeds, self.open_keys, key).run(database)
        self._opened = True

    def close(self) -> None:
        """Nothing is open."""

    def session(self) -> Session | None:
        with self._using():
            self.require_key()
            try:
                text = self._secrets.read(SESSION)
            except Unopened as error:
                raise OperatorError(f"the session in the database is damaged; {self.way_out}") from error
        session = Session.from_json(text) if text else None
        self._settings.redaction.hide(session.access_token if session else None)
        return session

    def save(self, session: Session) -> None:
        self._settings.redaction.hide(session.access_token)
        with self._using():
            self._secrets.write(SESSION, session.to_json())

    def has_keys(self, device_id: str) -> bool:
        with self._using():
            return self._devices.generation(device_id) is not None

    def generation(self, device_id: str) -> int:
        with self._using():
            return self._devices.generation(device_id) or 0

    def raise_generation(self, device_id: str) -> int:
        with self._using():
            return self._devices.raise_generation(device_id)

    def pickle_key(self) -> str:
        with self._using():
            if not self._secrets.holds(PROOF):
                return self._folder.pickle_key()
            self.require_key()
            return self._key_file()

    def require_key(self) -> None:
        """Raises OperatorError unless the key file is the one with which the secrets in the database were sealed.

        A standby may ask, too: it would have to stop at the moment in which it is needed.
        """
        with self._using():
            try:
                self._secrets.read(PROOF)
            except Unopened as error:
                raise OperatorError(
                    f"matrix.pickle_key_file {self._settings.key_file}: the keys in the database were sealed with "
                    "another key; copy the file from the other machine, or put it back from the backup"
                ) from error

    def open_keys(self, user_id: str, device_id: str, key: str) -> TableKeyStore:
        if self.lease is None:
            raise RuntimeError("only who leads may open the keys")
        with self._using():
            self._devices.add(device_id)
        return TableKeyStore(user_id, device_id, key, self._url, self.lease)

    def carry(self, device_id: str, key: str) -> None:
        with self._using():
            for earlier in sorted(self._devices.of(State.HERE) - {device_id}):
                self._carry(device_id, earlier, key)

    def devices(self) -> list[str]:
        """Those that have keys here."""
        with self._using():
            return sorted(self._devices.of(State.HERE)) if self._devices.is_there() else []

    def seed_texts(self) -> dict[str, str]:
        """What is kept of the seeds, by the ending of its name (`seeds`), as it would stand in files."""
        shelf, found = SealedShelf(self._secrets, SEEDS, self._using), {}
        for name in (HERE, NEXT):
            if (text := shelf.read(name)) is not None:
                found[name] = text
        return found

    def export(self, device_id: str, folder: Path) -> Path:
        """The keys of a device as they are now, as a file of SQLite's; also while the bot uses them."""
        us, generation = self._settings.user_id, self.generation(device_id)
        target = KeyStore(us, device_id, str(folder))
        source = KeyDatabase(self._url, self.lease, schema_of(us, device_id))
        try:
            source.connect()
            make_tables(target.database)
            with source.atomic("REPEATABLE READ"), target.database.atomic():
                copy_rows(source, target.database)
            target.database.execute_sql(f"PRAGMA user_version = {generation}")
        except STORE_DOWN as error:
            raise self.down(error) from error
        finally:
            source.close()
            target.database.close()
        return Path(target.database_path)

    def down(self, error: BaseException) -> Unreachable:
        return Unreachable(f"the database does not work: {error}")

    def _carry(self, device_id: str, earlier: str, key: str) -> None:
        """In one transaction. Keys that cannot be opened are left where they are, with a warning at each start."""
        us = self._settings.user_id
        ours, theirs = schema_of(us, device_id), schema_of(us, earlier)
        store = self.open_keys(us, device_id, key)
        try:
            query = f"SELECT account FROM {theirs}.accounts WHERE user_id = ?"  # noqa: S608 - a name of ours
            require_opened((pickle for (pickle,) in store.database.execute_sql(query, (us,)).fetchall()), key)
            make_account(store)
            with store.database.atomic():
                count = merge(store, ours, theirs)
                store.database.execute_sql(IDENTITIES.format(ours=ours, earlier=theirs))
                Registry(store.database, us).put(earlier, State.CARRIED)
        except (Unfit, peewee.ProgrammingError) as error:  # no tables: we were killed when we made it
            log.warning("The room keys in %s cannot be carried over: %s", self.keys_of(earlier), error)
        else:
            log.info("Room keys were carried over from %s: %d", self.keys_of(earlier), count)
        finally:
            store.database.close()

    def _key_file(self) -> str:
        key = kept_key(self._settings)
        if key is None:
            raise OperatorError(
                f"matrix.pickle_key_file {self._settings.key_file} is missing or empty, and without it the keys in the "
                "database cannot be read; copy it from the other machine, or put it back from the backup"
            )
        return key

    @contextmanager
    def _using(self) -> Iterator[KeyDatabase]:
        """Connected, in this thread; the outermost block closes. Raises Unreachable when the database does not work."""
        if not self._database.is_closed():
            yield self._database
            return
        try:
            self._database.connect()
            try:
                yield self._database
            finally:
                self._database.close()
        except Fenced:
            raise
        except STORE_DOWN as error:
            raise self.down(error) from error

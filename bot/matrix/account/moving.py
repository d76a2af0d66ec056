"""From the folder into the database, once: at the first start on PostgreSQL that leads, and after a restore.

A ratchet that is used from two copies breaks encryption with everybody, so at no time may both be usable, wherever this
is broken off. The steps, each of which finds what an earlier attempt has done:

1. The keys of each device in the folder are copied. In the database they are `coming`: nobody uses them, and whoever
   begins again copies anew what still lies in the folder.
2. The seeds are copied. (They do not change by being used.) Then the session, as `session-coming`.
3. In the folder everything is renamed to `….old`, `session.json` first: from that moment on a bot that knows only the
   folder begins as a new device. This is the step that decides.
4. In one transaction the devices are `here`, and the session counts.

Another machine that leads between 2 and 4 does not know whether the folder was renamed. It says so, and stops.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.config import Matrix
from bot.errors import OperatorError
from bot.matrix.account.carrying import OLD, Unfit, require_opened, set_aside
from bot.matrix.account.folder import SESSION_FILE, Folder
from bot.matrix.account.registry import Registry
from bot.matrix.account.rows import BY_HAND, COMING, SESSION, Rows
from bot.matrix.account.seeds import HERE, NEXT, SETTING, Kept, Seeds
from bot.matrix.account.shelf import Files
from bot.matrix.account.store import Session
from bot.matrix.crypto.copying import copy
from bot.matrix.crypto.postgres import KeyDatabase
from bot.matrix.crypto.storage import DATABASE_ERRORS, OpenKeys
from bot.matrix.crypto.tables import schema_of

MOVED = ".moved"
"""After the name of the file with the seeds, once they are in the database."""

log = logging.getLogger(__name__)


class Moving:
    """What of one account is in a folder."""

    def __init__(
        self, settings: Matrix, secrets: Rows, devices: Registry, seeds: Seeds, open_keys: OpenKeys, key: str
    ) -> None:
        """`secrets`, `devices`, `seeds` and `open_keys` are the database's; `key` opens the keys in either place."""
        self._settings = settings
        self._folder = Folder(settings)
        self._secrets = secrets
        self._devices = devices
        self._seeds = seeds
        self._open_keys = open_keys
        self._key = key

    def run(self, database: KeyDatabase) -> None:
        """Carry over what there is. `database` is that of `secrets` and `devices`, connected.

        Raises OperatorError, STORE_DOWN, Fenced; whoever comes next goes on.
        """
        if not (self._files() or self._folder.session_file.exists() or self._secrets.holds(COMING)):
            self._move_seeds()
            return
        self._folder.open()
        try:
            session, files = self._folder.session(), self._files()
            files = {device: file for device, file in files.items() if self._copied(database, device, file, session)}
            self._move_seeds()
            self._move_session(session)
            for file in (self._folder.session_file, *files.values()):
                if file.exists():
                    set_aside(file)
            with database.atomic():
                self._devices.arrived(self._aside())
                if self._secrets.holds(COMING):
                    self._secrets.move(COMING, SESSION)
        finally:
            self._folder.close()
        log.info("The keys in %s are in the database now; what is left there is not used any more", self._folder.place)

    def _files(self) -> dict[str, Path]:
        """The databases of our devices."""
        start = f"{self._settings.user_id}_"
        files = sorted(self._settings.store.glob("*.db"))
        return {file.stem.removeprefix(start): file for file in files if file.name.startswith(start)}

    def _aside(self) -> set[str]:
        """The devices whose databases were set aside here."""
        start = f"{self._settings.user_id}_"
        files = self._settings.store.glob(f"*.db{OLD}*")
        return {file.name.partition(".db")[0].removeprefix(start) for file in files if file.name.startswith(start)}

    def _copied(self, database: KeyDatabase, device: str, file: Path, session: Session | None) -> bool:
        """Copy the keys of a device, unless the database has them; whether the file has done its duty."""
        if self._devices.generation(device) is not None:
            return True
        ours, generation = session is not None and session.device_id == device, 0
        try:
            generation = self._folder.generation(device)
            source = self._folder.open_keys(self._settings.user_id, device, self._key)
        except (OperatorError, *DATABASE_ERRORS) as error:
            return self._left(file, error, ours=ours)
        try:
            rows = source.database.execute_sql("SELECT account FROM accounts").fetchall()
            require_opened((pickle for (pickle,) in rows), self._key)
            self._devices.announce(device, generation)
            database.execute_sql(f"DROP SCHEMA IF EXISTS {schema_of(self._settings.user_id, device)} CASCADE")
            target = self._open_keys(self._settings.user_id, device, self._key)
            try:
                copy(source, target)
            finally:
                target.database.close()
        except Unfit as error:
            return self._left(file, error, ours=ours)
        finally:
            source.database.close()
        return True

    def _left(self, file: Path, error: Exception, *, ours: bool) -> bool:
        """It cannot be read. Without the room keys of earlier devices one can go on, without our own keys not."""
        if ours:
            raise OperatorError(f"{file} cannot be carried into the database: {error}") from error
        log.warning("The room keys in %s cannot be carried over; the file is left where it is: %s", file, error)
        return False

    def _move_seeds(self) -> None:
        """What the database has counts; other seeds stay where they are."""
        files, seeds = Files(self._settings.signing_file, SETTING), Seeds(self._settings)
        self._move_kept(files, HERE, self._seeds.read, seeds.read, self._seeds.write)
        self._move_kept(files, NEXT, self._seeds.read_next, seeds.read_next, self._seeds.begin)

    def _move_kept(
        self,
        files: Files,
        name: str,
        theirs: Callable[[], Kept | None],
        ours: Callable[[], Kept | None],
        write: Callable[[Kept], Any],
    ) -> None:
        if not files.holds(name):
            return
        there = theirs()
        here = ours()
        if here is not None and there is None:
            write(here)
        elif here is None or there is None or here.identity != there.identity:
            log.warning("%s is not used: the database holds other signing keys", files.named(name))
            return
        files.move(name, name + MOVED)

    def _move_session(self, session: Session | None) -> None:
        if session is not None and not self._secrets.holds(SESSION):
            self._secrets.write(COMING, session.to_json())
        elif session is not None:
            log.warning("%s is not used: the database holds a session", self._folder.session_file)
        elif self._secrets.holds(COMING) and not self._was_ours():
            raise OperatorError(
                "the keys are being carried into the database from the folder of another machine, and that was broken "
                "off: start the bot there. If that machine is gone for good, begin as a new device "
                f"({BY_HAND.format(self._settings.user_id, COMING)})"
            )

    def _was_ours(self) -> bool:
        """Whether the session that is coming was set aside in this folder."""
        coming = Session.from_json(self._secrets.read(COMING) or "")
        kept = self._settings.store.glob(f"{SESSION_FILE}{OLD}*")
        return any(Session.from_json(file.read_text(encoding="utf-8")) == coming for file in kept)

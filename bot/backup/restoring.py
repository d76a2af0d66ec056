"""`zwischenstand restore`: database and keys of a backup, all of it or nothing.

Everything is made beside where it belongs, and renamed when nothing can fail any more: keys, then the database. With
PostgreSQL the database is one transaction, committed after the keys are in place; fails that, they go back.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import IO

from bot.backup import keys
from bot.backup.archive import Archive, Manifest
from bot.backup.placing import Placing
from bot.config import Settings, without_password
from bot.errors import OperatorError
from bot.matrix.account.folder import SESSION_FILE, Folder
from bot.store import Session, dump, loading, outbox, progress, rooms
from bot.store.database import held
from bot.store.lease import Lease
from bot.store.leased import taken_now

Tell = Callable[[str], None]
BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a database


def restore(settings: Settings, file: Path, now: datetime, tell: Tell, *, force: bool = False) -> None:
    """Put back what `file` holds; `now` is UTC. With `force`, what is in the way is renamed. Raises OperatorError."""
    with closing(Archive(file)) as archive:
        _require_ours(settings, archive)
        tell(_what(archive.manifest))
        with ExitStack() as stack:
            stack.enter_context(held(settings.database.url))
            lease = stack.enter_context(taken_now(settings.database.url, settings.matrix.user_id))
            _hold(Folder(settings.matrix), stack)
            _require_room(settings, archive, force=force)
            try:
                _Restoring(settings, archive, now, stack, lease).run(tell)
            except OSError as error:
                raise OperatorError(
                    f"{error.filename or file}: {error.strerror}; nothing was restored, everything is as it was"
                ) from error
    _advise(settings, tell)


class _Restoring:
    """One restore; what it makes on the way goes when `stack` ends."""

    def __init__(
        self, settings: Settings, archive: Archive, now: datetime, stack: ExitStack, lease: Lease | None
    ) -> None:
        self._settings = settings
        self._archive = archive
        self._now = now
        self._stack = stack
        self._lease = lease
        self._placing = Placing(f".before-{now:%Y%m%dT%H%M%SZ}")

    def run(self, tell: Tell) -> None:
        """Do it. Raises OperatorError and OSError, with everything as it was."""
        self._keys()
        url = self._settings.database.url
        try:
            if url.startswith("sqlite"):
                file = Path(url.partition(":///")[2])
                new = self._scratch(file.parent, file.name) / "database"
                os.close(os.open(new, os.O_CREAT | os.O_EXCL, 0o600))
                with loading.loaded(f"sqlite:///{new}", self._archive.manifest.revision, self._fill) as session:
                    self._mark(session)
                self._placing.put(new, file, BESIDE)
                self._placing.make()
            else:
                with loading.loaded(url, self._archive.manifest.revision, self._fill, self._lease) as session:
                    self._mark(session)
                    self._placing.make()
        except BaseException:
            self._placing.undo()
            raise
        for aside in self._placing.moved_aside:
            if not _gone_if_empty(aside):
                tell(f"what was there before: {aside}")

    def _fill(self, session: Session) -> None:
        for name, lines in self._archive.tables():
            try:
                dump.fill(session, name, lines)
            except dump.Malformed as error:
                raise OperatorError(f"{self._archive.file}: {name}: {error}; nothing was restored") from error

    def _mark(self, session: Session) -> None:
        """What was sent after the backup must not be sent again: it is looked for first; see `bot.restored`.

        Nor is a network on its way to or from another account: a backup knows of no other.
        """
        outbox.doubt_all(session)
        rooms.hear_all(session)
        progress.note_restore(session, self._archive.manifest.taken_at, self._now)

    def _keys(self) -> None:
        """Prepare the store as a whole, without a session; the files beside it where they are not the same anyway."""
        matrix = self._settings.matrix
        folder = self._scratch(matrix.store.parent, matrix.store.name) / "store"
        _hold(Folder(matrix.model_copy(update={"store": folder})), self._stack)  # whoever starts finds it taken
        for part in self._archive.key_parts():
            if part.device is not None:
                with _private(keys.database_of(matrix, folder, part.device)) as out:
                    self._archive.copy(part, out)
                    os.fsync(out.fileno())
            elif (place := keys.single_files(matrix).get(part.name)) is not None:
                content = self._archive.content(part)
                if place.is_relative_to(matrix.store):
                    _write(content, folder / place.relative_to(matrix.store))  # it goes with the folder
                else:
                    self._single(content, place)
        self._placing.put(folder, matrix.store)

    def _single(self, content: bytes, place: Path) -> None:
        if place.exists() and place.read_bytes() == content:
            return
        new = self._scratch(place.parent, place.name) / "file"
        _write(content, new)
        self._placing.put(new, place)

    def _scratch(self, parent: Path, name: str) -> Path:
        """A folder for us alone (0700) on the file system of what is to be replaced; gone at the end."""
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{name}.restoring-", dir=parent))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder


def _gone_if_empty(aside: Path) -> bool:
    """Delete what only our own locks have made: a file without content, a folder with nothing but a lock."""
    if aside.is_dir() and all(file.name == "lock" for file in aside.iterdir()):
        shutil.rmtree(aside, ignore_errors=True)
    elif aside.is_file() and aside.stat().st_size == 0:
        aside.unlink()
    return not aside.exists()


def _write(content: bytes, file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _private(file) as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _private(file: Path) -> IO[bytes]:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _hold(store: Folder, stack: ExitStack) -> None:
    store.open()
    stack.callback(store.close)


def _require_ours(settings: Settings, archive: Archive) -> None:
    manifest = archive.manifest
    if manifest.user_id != settings.matrix.user_id:
        raise OperatorError(
            f"{archive.file}: is a backup of {manifest.user_id}, but matrix.user_id is {settings.matrix.user_id}; "
            "nothing was restored"
        )
    if not loading.is_known(manifest.revision):
        raise OperatorError(
            f"{archive.file}: was written by Zwischenstand {manifest.version}, which is newer than this one "
            f"(database revision {manifest.revision}); install that version, then restore"
        )


def _require_room(settings: Settings, archive: Archive, *, force: bool) -> None:
    """Nothing that somebody may still need is in the way. Raises OperatorError that names all that is."""
    url, matrix = settings.database.url, settings.matrix
    in_the_way = []
    if loading.has_rows(url, matrix.user_id):
        if not url.startswith("sqlite"):
            raise OperatorError(
                f"database.url: {without_password(url)} is not empty. Restore into an empty database "
                "(CREATE DATABASE …), and name that one in the configuration; nothing was restored"
            )
        in_the_way.append(f"database.url: {url.partition(':///')[2]} has data")
    if (vault := keys.vault_of(matrix, url)) is not None and vault.devices():
        raise OperatorError(
            f"database.url: {without_password(url)} holds keys of {matrix.user_id}. Restore into an empty database "
            "(CREATE DATABASE …), and name that one in the configuration; nothing was restored"
        )
    if any(matrix.store.glob("*.db")) or (matrix.store / SESSION_FILE).exists():
        in_the_way.append(f"matrix.store: {matrix.store} has keys")
    for part in archive.key_parts():
        place = keys.single_files(matrix).get(part.name)
        if place is not None and place.exists() and place.read_bytes() != archive.content(part):
            in_the_way.append(f"{place} is there, and another one")
    if in_the_way and not force:
        raise OperatorError(
            "\n".join([*in_the_way, "nothing was restored; with --force all of this is renamed (….before-TIME) first"])
        )


def _what(manifest: Manifest) -> str:
    rows = sum(part.rows or 0 for part in manifest.parts)
    devices = sum(part.device is not None for part in manifest.parts)
    keys = "room keys of 1 device" if devices == 1 else f"room keys of {devices} devices"
    return (
        f"backup of {manifest.user_id}, {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, Zwischenstand {manifest.version}, "
        f"{manifest.database}: {rows} rows, {keys}; every checksum is right"
    )


def _advise(settings: Settings, tell: Tell) -> None:
    tell("restored. At its start the bot logs in as a new device, with its identity and the room keys of the backup.")
    tell("What happened after the backup it reads again; what it answered then, it looks for before it says anything.")
    if settings.matrix.password is None:
        tell(
            "Needed before the start: matrix.access_token and matrix.device_id of a new login. The old device's keys "
            "have gone on since the backup, so that it must not be used again."
        )

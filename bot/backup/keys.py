"""What of our keys belongs in a backup, and how it is read while the bot writes to it.

Not `session.json`: a session that goes on from an old copy of its keys would use Olm ratchets a second time, which
breaks every conversation with it. Without it the bot starts as a new device, with its identity and its room keys.

With PostgreSQL the keys are in the database (`bot.matrix.account.vault`). In the backup they are what they are with
SQLite, so that it can be restored to either; from the folder the next start carries them into the database again.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.backup.archive import CHUNK, KEYS, Writer
from bot.config import Matrix
from bot.errors import OperatorError
from bot.matrix.account.seeds import NEXT

if TYPE_CHECKING:
    from bot.matrix.account.vault import Vault

PICKLE, SIGNING = f"{KEYS}pickle-key", f"{KEYS}signing-keys"
PATIENCE = 60
"""Seconds to wait for a moment in which nobody writes."""


def single_files(settings: Matrix) -> dict[str, Path]:
    """The parts that are one small file beside the store, and where each lies."""
    seeds = settings.signing_file
    return {PICKLE: settings.key_file, SIGNING: seeds, f"{SIGNING}-next": seeds.with_name(seeds.name + NEXT)}


def database_of(settings: Matrix, folder: Path, device: str) -> Path:
    """Where nio keeps the keys of a device."""
    return folder / f"{settings.user_id}_{device}.db"


def devices(settings: Matrix) -> list[str]:
    """Whose keys lie in the store; the latest last, so that it is the latest again when all are written anew."""
    start = f"{settings.user_id}_"
    names = (file.stem for file in sorted(settings.store.glob("*.db"), key=lambda file: file.stat().st_mtime))
    return [name.removeprefix(start) for name in names if name.startswith(start)]


def write(settings: Matrix, url: str, writer: Writer, scratch: Path) -> None:
    """Add all keys, through copies in the folder `scratch`; `url` is the database's.

    Raises OperatorError for a file that cannot be read, Unreachable for a database that does not answer.
    """
    vault = vault_of(settings, url)
    there = vault.devices() if vault else []
    left = [device for device in devices(settings) if device not in there]
    for number, device in enumerate([*left, *there], 1):
        copy = scratch / f"{number}.db"
        if vault is None or device in left:
            _copy(database_of(settings, settings.store, device), copy)
        else:
            vault.export(device, scratch).rename(copy)
        writer.add(f"{KEYS}{number}.db", _chunks(copy), device=device)
        copy.unlink()
    texts = vault.seed_texts() if vault else {}
    sealed = {f"{SIGNING}{name.replace('.', '-')}": text for name, text in texts.items()}
    for name, text in sealed.items():
        writer.add(name, [text.encode()])
    for name, file in single_files(settings).items():
        if name in sealed:
            continue
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OperatorError(f"{file}: cannot be read: {error.strerror}") from error
        writer.add(name, [content])


def vault_of(settings: Matrix, url: str) -> "Vault | None":
    """The keys in the database, as one looks at them beside the bot; None where they are in the folder alone."""
    if url.startswith("sqlite"):
        return None
    from bot.matrix.account.vault import Vault  # noqa: PLC0415 - most installations need no PostgreSQL

    return Vault(settings, url, None)


def _copy(file: Path, to: Path) -> None:
    """A consistent copy of a database in use.

    While we read in a transaction nobody writes to the file, so it can be copied as it is (sqlite.org/backup.html):
    that holds a writer up 2 ms a megabyte, SQLite's own way 5. The latter is for a database with a write-ahead log.
    Opened for writing, though nothing is written: what a killed bot left half-done must be undone before it is read.
    """
    address = f"file:{quote(str(file))}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=PATIENCE)) as source:
            if source.execute("PRAGMA journal_mode").fetchone() == ("wal",):
                with closing(sqlite3.connect(to)) as copy:
                    source.backup(copy)
                return
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # only now it holds the others off
            shutil.copyfile(file, to)
    except sqlite3.Error as error:
        raise OperatorError(f"{file}: cannot be copied: {error}") from error


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk

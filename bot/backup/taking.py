"""`zwischenstand backup`: everything that is needed to go on elsewhere, in one file, while the bot runs."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

from bot.backup import keys
from bot.backup.archive import DATABASE, Manifest, Part, Writer, writing
from bot.config import Settings
from bot.durable import sync_folder
from bot.errors import OperatorError, StoreDown, Unreachable
from bot.store import Session, dump
from bot.store.database import NEWEST, Database

Tell = Callable[[str], None]
LEFT_OUT = (
    "Not in it: config.toml and what it refers to (password files, templates), and the bot's session: after a restore "
    "it logs in as a new device. Keep the file secret: with it one can speak as the bot and read its encrypted rooms."
)


def back_up(settings: Settings, file: Path, now: datetime, tell: Tell, *, force: bool = False) -> None:
    """Write a backup to `file` (0600), all of it or nothing. `now` (UTC) is before anything was read.

    The records come first and the keys after them: a record never speaks of a device or a room key that the keys do
    not know yet. Raises OperatorError.
    """
    if file.is_dir():
        raise OperatorError(f"{file}: is a folder; name the file that is to be written")
    if file.exists() and not force:
        raise OperatorError(f"{file}: is there already. Choose another name, or say --force.")
    url = settings.database.url
    manifest = Manifest(
        version=version("zwischenstand"),
        revision=NEWEST,
        database=url.partition(":")[0].partition("+")[0],
        taken_at=now,
        user_id=settings.matrix.user_id,
    )
    try:
        with _beside(file) as (out, scratch):
            with writing(out, manifest, lambda part: tell(_line(part))) as writer:
                with closing(Database(url, read_only=True, account=settings.matrix.user_id)) as database:
                    database.run_now(lambda session: _tables(session, writer))
                keys.write(settings.matrix, url, writer, scratch)
            size = out.seek(0, os.SEEK_END)
    except OSError as error:
        if error.errno is None:
            raise
        raise OperatorError(f"{file}: cannot be written: {error.strerror}{_hint(error)}") from error
    except (StoreDown, Unreachable) as error:
        raise OperatorError(f"database.url: the database cannot be read now: {error}") from error
    tell(f"{file}: {_bytes(size)}")
    tell(LEFT_OUT)


def _tables(session: Session, writer: Writer) -> None:
    dump.freeze(session)
    for table in dump.tables():
        lines = dump.lines(session, table)
        writer.add(f"{DATABASE}{table.name}.jsonl", (f"{line}\n".encode() for line in lines), lines=True)


@contextmanager
def _beside(file: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A new file that takes the place of `file` at the end, and a folder for what comes and goes; both for us alone."""
    scratch = Path(tempfile.mkdtemp(prefix=f".{file.name}.", dir=file.parent))  # 0700
    try:
        beside = scratch / "backup"
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w+b") as out:
            yield out, scratch
        beside.replace(file)
        sync_folder(file.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _line(part: Part) -> str:
    what = part.name.rpartition("/")[2].removesuffix(".jsonl")
    if part.rows is not None:
        return f"table {what}: {part.rows} rows, {_bytes(part.size)}"
    whose = f"room keys of the device {part.device}" if part.device else what.replace("-", " ")
    return f"keys: {whose}, {_bytes(part.size)}"


def _bytes(size: int) -> str:
    amount = float(size)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def _hint(error: OSError) -> str:
    return "; nothing is left of it, make room and try again" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""

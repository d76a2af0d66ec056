"""Small files that must be whole, for our eyes only, and on disk when we say so. Every function may raise OSError."""

import os
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """A new file with mode 0600 from its first moment, on disk when this returns. It must not be there yet."""
    handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(file.parent)


def replace_private(file: Path, text: str) -> None:
    """Put this in the place of a file, all of it or nothing; on disk when this returns."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    write_private(new, text)
    new.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """A new name is on disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

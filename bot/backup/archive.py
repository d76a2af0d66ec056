"""The file: a ZIP of parts, a manifest with the checksum of each, and at its very end one over all that goes before.

A ZIP can be written in a stream and read in any order. Its own checksums cover the parts only; the one at the end (as
the ZIP's comment) finds whatever was cut off or changed, before anything else in the file is believed.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from bot.errors import OperatorError

FORMAT = 1
MANIFEST = "manifest.json"
DIGITS = 64  # of a SHA-256 in hexadecimal
CHUNK = 1 << 20
LONGEST_LINE = 1 << 30
"""Bytes of one row: more than any database column of ours holds."""

DATABASE, KEYS = "database/", "keys/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part; `rows` of a table, `device` of a key database. `size` is in bytes, unpacked."""

    name: str
    size: int
    sha256: str
    rows: int | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the file says of itself. `revision` is the database's, `taken_at` (UTC) is before anything was read."""

    version: str
    revision: str
    database: str
    taken_at: datetime
    user_id: str
    parts: tuple[Part, ...] = ()


class Writer:
    """Writes parts one after the other."""

    def __init__(self, zipped: zipfile.ZipFile, on_part: Callable[[Part], None]) -> None:
        self._zipped = zipped
        self._on_part = on_part
        self.parts: list[Part] = []

    def add(self, name: str, chunks: Iterable[bytes], *, lines: bool = False, device: str | None = None) -> None:
        """Add a part. `lines`: each chunk is a line of a table, the first one its head."""
        found, size, count = hashlib.sha256(), 0, 0
        info = zipfile.ZipInfo(name)
        info.compress_type = self._zipped.compression  # else stored as it is
        with self._zipped.open(info, "w", force_zip64=True) as out:
            for chunk in chunks:
                found.update(chunk)
                out.write(chunk)
                size, count = size + len(chunk), count + 1
        rows = count - 1 if lines else None
        part = Part(name=name, size=size, sha256=found.hexdigest(), rows=rows, device=device)
        self.parts.append(part)
        self._on_part(part)


@contextmanager
def writing(out: IO[bytes], manifest: Manifest, on_part: Callable[[Part], None]) -> Iterator[Writer]:
    """Write an archive to an open file (for reading, too): parts first, then the manifest, then the checksum."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.comment = b"0" * DIGITS
        writer = Writer(zipped, on_part)
        yield writer
        told = asdict(manifest) | {"format": FORMAT, "taken_at": manifest.taken_at.isoformat()}
        told["parts"] = [asdict(part) for part in writer.parts]
        zipped.writestr(zipfile.ZipInfo(MANIFEST), json.dumps(told, indent=1) + "\n")
    size = out.tell()
    out.seek(0)
    digest = _digest(out, size - DIGITS)
    out.seek(size - DIGITS)
    out.write(digest.encode())
    out.flush()
    os.fsync(out.fileno())


class Archive:
    """A file that was checked wholly. Raises OperatorError with the reason when it is no good."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._stream = file.open("rb")
        except OSError as error:
            raise OperatorError(f"{file}: cannot be read: {error.strerror}") from error
        try:
            self._zipped = self._opened()
            self.manifest = self._manifest()
            for part in self.manifest.parts:
                self._check(part)
        except OSError as error:
            self._stream.close()
            raise OperatorError(f"{file}: cannot be read: {error.strerror}") from error
        except BaseException:
            self._stream.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def tables(self) -> Iterator[tuple[str, Iterator[str]]]:
        """Each table's name and lines, in the order in which they were written."""
        for part in self.manifest.parts:
            if part.name.startswith(DATABASE):
                yield part.name.removeprefix(DATABASE).removesuffix(".jsonl"), self._lines(part)

    def key_parts(self) -> list[Part]:
        """The parts that are keys."""
        return [part for part in self.manifest.parts if part.name.startswith(KEYS)]

    def content(self, part: Part) -> bytes:
        """A small part as a whole."""
        return self._zipped.read(part.name)

    def copy(self, part: Part, out: IO[bytes]) -> None:
        """A part, chunk by chunk."""
        with self._zipped.open(part.name) as stream:
            while chunk := stream.read(CHUNK):
                out.write(chunk)

    def _lines(self, part: Part) -> Iterator[str]:
        with self._zipped.open(part.name) as stream:
            while line := stream.readline(LONGEST_LINE):
                yield line.decode().removesuffix("\n")

    def _opened(self) -> zipfile.ZipFile:
        size = self._stream.seek(0, os.SEEK_END)
        start = self._stream.read(0) if size < DIGITS else None
        if start is not None or not self._is_zip():
            raise OperatorError(f"{self.file}: is no backup of Zwischenstand")
        self._stream.seek(size - DIGITS)
        told = self._stream.read()
        self._stream.seek(0)
        if _digest(self._stream, size - DIGITS).encode() != told:
            raise self._damaged("its checksum is wrong")
        try:
            return zipfile.ZipFile(self._stream)
        except zipfile.BadZipFile as error:
            raise self._damaged(str(error)) from error

    def _is_zip(self) -> bool:
        self._stream.seek(0)
        return self._stream.read(4) == b"PK\x03\x04"

    def _manifest(self) -> Manifest:
        try:
            told: dict[str, Any] = json.loads(self._zipped.read(MANIFEST))
            if told.pop("format") != FORMAT:
                raise OperatorError(f"{self.file}: was written by a newer version of Zwischenstand; install that one")
            parts = tuple(Part(**part) for part in told.pop("parts"))
            manifest = Manifest(**told | {"taken_at": datetime.fromisoformat(told["taken_at"])}, parts=parts)
        except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
            raise OperatorError(f"{self.file}: is no backup of Zwischenstand: its manifest cannot be read") from error
        self._require_plain(manifest)
        return manifest

    def _require_plain(self, manifest: Manifest) -> None:
        """Only names that we give ourselves; where a part belongs is never read from its name. Raises OperatorError."""
        listed = [part.name for part in manifest.parts]
        if sorted([*listed, MANIFEST]) != sorted(self._zipped.namelist()):
            raise OperatorError(f"{self.file}: holds other parts than its manifest says; nothing is restored")
        for part in manifest.parts:
            folder, slash, name = part.name.partition("/")
            plain = name.removesuffix(".jsonl").removesuffix(".db").replace("_", "").replace("-", "")
            if folder + slash not in (DATABASE, KEYS) or not (plain.isascii() and plain.isalnum()):
                raise OperatorError(f"{self.file}: holds a part {part.name!r} that no backup has; nothing is restored")
            if part.device is not None and not (part.device.isprintable() and "/" not in part.device):
                raise OperatorError(f"{self.file}: names a device that cannot be one; nothing is restored")

    def _check(self, part: Part) -> None:
        found, size, lines = hashlib.sha256(), 0, 0
        try:
            with self._zipped.open(part.name) as stream:
                while chunk := stream.read(CHUNK):
                    found.update(chunk)
                    size, lines = size + len(chunk), lines + chunk.count(b"\n")
        except (zipfile.BadZipFile, EOFError, ValueError) as error:
            raise self._damaged(f"{part.name}: {error}") from error
        if (found.hexdigest(), size) != (part.sha256, part.size):
            raise self._damaged(f"the checksum of {part.name} is wrong")
        if part.rows is not None and lines != part.rows + 1:
            raise self._damaged(f"{part.name} has {lines - 1} rows instead of {part.rows}")

    def _damaged(self, how: str) -> OperatorError:
        return OperatorError(
            f"{self.file}: is damaged or incomplete ({how}); nothing is restored. Take another backup."
        )


def _digest(stream: IO[bytes], size: int) -> str:
    """The SHA-256 of the next `size` bytes."""
    found = hashlib.sha256()
    while size > 0 and (chunk := stream.read(min(CHUNK, size))):
        found.update(chunk)
        size -= len(chunk)
    return found.hexdigest()

"""Secrets that are looked for: in every form in which they could have got somewhere, in every byte of it."""

import asyncio
import base64
import contextlib
import gzip
import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil

SHORTEST = 10  # bytes: what is shorter could stand somewhere by chance
SAMPLED_EVERY = 0.25  # seconds


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret by what it is called; `content` is what is to be seen nowhere."""

    name: str
    content: bytes

    def forms(self) -> Iterator[tuple[str, bytes]]:
        """How it could be written; each half counts, too, so that a line broken in between hides nothing."""
        plain, middle = self.content, len(self.content) // 2
        text = plain.decode("utf-8", errors="replace")
        yield "plain", plain
        yield "half", plain[:middle]
        yield "half", plain[middle:]
        yield "reversed", plain[::-1]
        yield "in UTF-16", text.encode("utf-16-le")
        yield "hexadecimal", plain.hex().encode()
        yield "hexadecimal", plain.hex().upper().encode()
        yield "repr", repr(plain)[2:-1].encode()
        if "\ufffd" not in text:
            yield "in an address", quote(text).encode()
            yield "in an address", quote(text, safe="").encode()
            yield "in JSON", json.dumps(text)[1:-1].encode()
            yield "in JSON", json.dumps(text, ensure_ascii=False)[1:-1].encode()
        for offset in range(3):  # base64 of something longer, at each of the three places where it can begin
            coded = base64.b64encode(bytes(offset) + plain)
            inner = coded[(0, 2, 3)[offset] : len(coded) // 4 * 4 - 4]
            yield "base64", inner
            yield "base64", inner.translate(bytes.maketrans(b"+/", b"-_"))


@dataclass
class Search:
    """Looks for canaries; counts the places, and keeps the hits."""

    canaries: list[Canary] = field(default_factory=list)
    places: int = 0
    size: int = 0
    hits: list[str] = field(default_factory=list)

    def know(self, name: str, content: str | bytes) -> None:
        """From now on this is looked for."""
        canary = Canary(name, content if isinstance(content, bytes) else content.encode())
        assert len(canary.content) >= 2 * SHORTEST, f"{name} is too short to be looked for"
        if canary not in self.canaries:
            self.canaries.append(canary)

    def found(self, content: bytes) -> set[str]:
        """What is in there, packed or not: the names of canaries with their forms."""
        return {
            f"{canary.name} ({form})"
            for layer in _layers(content)
            for canary in self.canaries
            for form, looks in canary.forms()
            if len(looks) >= SHORTEST and looks in layer
        }

    def look(self, place: str, content: bytes, allowed: Iterable[str] = ()) -> None:
        """Search one place. What is `allowed` there, by name, belongs there."""
        self.places += 1
        self.size += len(content)
        known = tuple(allowed)
        self.hits += [f"{place}: {what}" for what in sorted(self.found(content)) if not what.startswith(known or "\0")]

    def look_through(self, folder: Path, allowed: dict[str, tuple[str, ...]]) -> None:
        """Search every file below a folder, and its name; `allowed` by the file's name."""
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            self.look(str(file), str(file).encode() + b"\n" + file.read_bytes(), allowed.get(file.name, ()))


def _layers(content: bytes) -> Iterator[bytes]:
    """What is packed in there as well: Excel's tables are ZIPs, long minutes are gzipped."""
    yield content
    if content.startswith(b"\x1f\x8b"):
        with contextlib.suppress(OSError, EOFError):
            yield from _layers(gzip.decompress(content))
    if content.startswith(b"PK"):
        with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as zipped:
            for name in zipped.namelist():
                yield from _layers(name.encode() + b"\n" + zipped.read(name))
                yield from _layers(zipped.read(name))


@asynccontextmanager
async def watching(seen: dict[str, bytes]) -> AsyncIterator[None]:
    """Note the command line of every process below ours, and the environment of the bot's children, while they run."""

    async def watch() -> None:
        while True:
            _note(seen)
            await asyncio.sleep(SAMPLED_EVERY)

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _note(seen: dict[str, bytes]) -> None:
    for process in psutil.Process().children(recursive=True):
        of = Path(f"/proc/{process.pid}")
        with contextlib.suppress(psutil.Error, OSError):
            line = (of / "cmdline").read_bytes()
            seen[f"command line {line!r}"] = line
            if b"bot.files" in line:
                seen[f"environment of {line!r}"] = (of / "environ").read_bytes()

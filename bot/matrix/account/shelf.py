"""Where a few small secrets lie by name, each whole, private, and on disk when we say so."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from bot.durable import replace_private, sync_folder
from bot.errors import OperatorError


class Shelf(Protocol):
    """Things by their name; "" is the thing itself, `.next` and `.old` lie beside it. All raise OperatorError.

    `setting` is the key of the configuration that says where.
    """

    setting: str

    def named(self, name: str) -> str:
        """What an operator knows it by."""

    def locked(self) -> AbstractContextManager[None]:
        """One change at a time, by whichever process."""

    def read(self, name: str) -> str | None:
        """What lies there, or None. Raises ValueError for what is no text, or was changed by somebody."""

    def write(self, name: str, text: str) -> None:
        """Put this there, all of it or nothing; on disk when this returns."""

    def move(self, name: str, to: str) -> None:
        """It lies there from now on, in the place of what did; on disk when this returns."""

    def holds(self, name: str) -> bool:
        """Whether anything lies there."""


class Files:
    """A file, and others beside it whose names begin like its own."""

    def __init__(self, file: Path, setting: str) -> None:
        """`setting` is what names the file in the configuration."""
        self.setting = setting
        self._file = file

    def named(self, name: str) -> str:
        return str(self._beside(name))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The lock is on the folder: the file itself is replaced, and a lock would go with it."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            folder = os.open(self._file.parent, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise OperatorError(f"{self.setting} {self._file}: {error.strerror}; mend it") from error
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def read(self, name: str) -> str | None:
        file = self._beside(name)
        try:
            _tighten(file)
            return file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OperatorError(f"{self.setting} {file}: {error.strerror}; mend it") from error

    def write(self, name: str, text: str) -> None:
        file = self._beside(name)
        try:
            replace_private(file, text)
        except OSError as error:
            raise OperatorError(
                f"{self.setting} {file} cannot be written: {error.strerror}; let it lie where the bot may write"
            ) from error

    def move(self, name: str, to: str) -> None:
        self._beside(name).replace(self._beside(to))
        sync_folder(self._file.parent)

    def holds(self, name: str) -> bool:
        return self._beside(name).exists()

    def _beside(self, name: str) -> Path:
        return self._file.with_name(self._file.name + name)


def _tighten(file: Path) -> None:
    """Secrets are for the owner's eyes only, whatever a copy or an archive made of their mode."""
    mode = file.stat().st_mode
    if stat.S_ISREG(mode) and mode & 0o077:
        file.chmod(0o600)

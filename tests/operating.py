"""An operator at the command line, without a process of its own."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from sqlmodel import select

from bot.config import Database as Section
from bot.config import Matrix, Settings
from bot.procedures import file_tables
from bot.procedures.file_tables import Table
from bot.store.database import Database
from bot.transfer import Transfer
from tests.fakes import ANNA


class Office:
    """An operator with a configuration, a terminal and files."""

    def __init__(self, url: str, folder: Path) -> None:
        matrix = Matrix(
            homeserver="https://matrix.example.org",
            user_id="@zwischenstand:example.org",
            password=SecretStr("geheim"),
        )
        self.settings = Settings(coordinators=(ANNA,), matrix=matrix, database=Section(url=url))
        self.folder = folder
        self.url = url

    def read_in(
        self, content: str | bytes, ask: Callable[[str], str] | None = None, name: str = "a.csv"
    ) -> tuple[int, str]:
        """Import a file; the exit code and what the terminal shows."""
        file = self.folder / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        out = io.StringIO()
        code = Transfer(self.settings, Console(file=out, width=200)).read_in(file, ask)
        return code, out.getvalue()

    def write_out(
        self, name: str, network: str | None = None, table: Table[Any] = file_tables.PEOPLE, *, force: bool = True
    ) -> bytes:
        file = self.folder / name
        transfer = Transfer(self.settings, Console(file=io.StringIO()))
        assert transfer.write_out(file, network, table, force=force) == 0
        return file.read_bytes()

    def all(self, model: Any) -> list[Any]:
        database = Database(self.url)
        try:
            return database.run_now(lambda session: list(session.exec(select(model)).all()))
        finally:
            database.close()

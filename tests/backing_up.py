"""An installation without a homeserver: a configuration, records in a database, keys in a folder."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import app
from bot.config import Settings, load
from bot.errors import OperatorError
from bot.store import dump, rooms
from bot.store.database import Database
from tests import every_table

US = "@zwischenstand:example.org"
DEVICES = ("ZSOLDER", "ZSLATER")
PASSWORD = 'password = "geheim"'
CONFIG = """
coordinators = ["@anna:example.org"]
[matrix]
homeserver = "http://127.0.0.1:1"
user_id = "{user_id}"
{secret}
store = "var/crypto"
[database]
url = "{url}"
"""


OURS = "UPDATE account SET user_id = ?, alive_at = '2099-01-01 00:00:00.000000' WHERE user_id = '0'"


class Installation:
    """A folder with everything; `url` is the database's, by default SQLite in the folder."""

    def __init__(self, folder: Path, *, url: str = "", user_id: str = US, secret: str = PASSWORD) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.config = folder / "config.toml"
        url = url or f"sqlite:///{folder / 'var' / 'zwischenstand.db'}"
        self.config.write_text(CONFIG.format(url=url, user_id=user_id, secret=secret))

    @property
    def settings(self) -> Settings:
        return load(self.config)

    @property
    def store(self) -> Path:
        return self.settings.matrix.store

    def fill(self, empty: Path, rows: int = 3) -> None:
        """Records and keys, as a bot has them after a while; `empty` is a database to begin with."""
        file = self.folder / "var" / "zwischenstand.db"
        file.parent.mkdir()
        shutil.copyfile(empty, file)
        database = Database(self.settings.database.url)
        database.run_now(lambda session: every_table.fill(session, rows))
        database.run_now(lambda session: session.connection().exec_driver_sql(OURS, (US,)).close())
        database.run_now(rooms.hear_all)  # as it is but for a moment: a restore would change it
        database.close()
        self.store.mkdir(mode=0o700, parents=True)
        for number, device in enumerate(DEVICES):
            with closing(sqlite3.connect(self.store / f"{US}_{device}.db")) as keys:
                keys.execute("CREATE TABLE sessions (number INTEGER)")
                keys.executemany("INSERT INTO sessions VALUES (?)", [(number,)] * 1000)
                keys.commit()
        (self.store / "session.json").write_text('{"access_token": "geheim"}')
        self.settings.matrix.key_file.write_text("pickle\n")
        self.settings.matrix.signing_file.write_text('{"seeds": 1}\n')

    def run(self, *words: str) -> str:
        """What a command says; raises what it raises."""
        result = self.tried(*words)
        if result.exception is not None:
            raise result.exception
        return result.output

    def tried(self, command: str, *words: str) -> Result:
        return CliRunner().invoke(app, [command, "-c", str(self.config), *words])

    def refusal(self, *words: str) -> str:
        """Why a command does not do it."""
        result = self.tried(*words)
        assert isinstance(result.exception, OperatorError), result.output
        return str(result.exception)

    def records(self) -> dict[str, list[str]]:
        """Every row of every table."""
        database = Database(self.settings.database.url, read_only=True)
        try:
            return database.run_now(
                lambda session: {each.name: list(dump.lines(session, each)) for each in dump.tables()}
            )
        finally:
            database.close()

    def snapshot(self) -> dict[str, bytes]:
        """Every file with its content; locks, and what SQLite keeps while it is open, left out."""
        files = (file for file in self.folder.rglob("*") if file.is_file())
        apart = ("-wal", "-shm", "lock")
        return {str(f.relative_to(self.folder)): f.read_bytes() for f in files if not f.name.endswith(apart)}


def keys_in(file: Path) -> list[int]:
    with closing(sqlite3.connect(file)) as keys:
        return [number for (number,) in keys.execute("SELECT number FROM sessions")]


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Installation:
    made = Installation(tmp_path / "house")
    made.fill(migrated)
    return made


@pytest.fixture
def elsewhere(tmp_path: Path) -> Installation:
    """Another machine: nothing but a configuration."""
    return Installation(tmp_path / "elsewhere")


@pytest.fixture
def kept(house: Installation, tmp_path: Path) -> Path:
    """A backup."""
    house.run("backup", str(tmp_path / "kept"))
    return tmp_path / "kept"

"""A backup holds the keys wherever they are: with PostgreSQL in the database, and from there to either kind."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from bot.matrix.account.folder import Folder
from bot.matrix.account.identity import Identity
from bot.matrix.account.seeds import Kept, Seeds
from bot.matrix.account.store import Session
from bot.matrix.account.vault import Vault
from bot.store.database import Database
from tests.backing_up import US, Installation
from tests.matrix.tables import leading
from tests.matrix.vaults import Keys

DEVICE = "ZSDORT"
KEPT = Kept(Identity.new(US))


@pytest.fixture
def house(postgres_database: str, tmp_path: Path) -> Installation:
    """On PostgreSQL, with keys there. The bot has stopped."""
    house = Installation(tmp_path / "house", url=postgres_database)
    with closing(Database(postgres_database)) as database:
        database.migrate()
    vault = Vault(house.settings.matrix, postgres_database, leading(postgres_database, US))
    vault.open()
    vault.save(Session(US, DEVICE, "geheimes-token"))
    vault.seeds.write(KEPT)
    with closing(Keys(vault.open_keys(US, DEVICE, vault.pickle_key()))) as keys:
        keys.begin()
    vault.raise_generation(DEVICE)
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("DELETE FROM lease")
    return house


def test_keys_go_along_and_no_session(house: Installation, postgres_database: str, tmp_path: Path) -> None:
    vault = Vault(house.settings.matrix, postgres_database, leading(postgres_database, US))  # and runs again
    with closing(Keys(vault.open_keys(US, DEVICE, vault.pickle_key()))) as keys:
        written, ratchets = keys.receive(), keys.ratchets
    said = house.run("backup", str(tmp_path / "kept"))
    assert f"keys: room keys of the device {DEVICE}" in said
    assert "keys: signing keys" in said

    there = Installation(tmp_path / "there")
    there.run("restore", str(tmp_path / "kept"))
    matrix = there.settings.matrix
    folder = Folder(matrix)
    with closing(Keys(folder.open_keys(US, DEVICE, folder.pickle_key()))) as keys:
        assert keys.opens(written)
        assert keys.ratchets == ratchets
    assert folder.generation(DEVICE) == 1
    assert Seeds(matrix).read() == KEPT
    assert folder.session() is None


def test_nothing_is_restored_over_keys(house: Installation, postgres_database: str, tmp_path: Path) -> None:
    house.run("backup", str(tmp_path / "kept"))
    assert f"holds keys of {US}" in house.refusal("restore", str(tmp_path / "kept"))


def test_restored_to_postgresql_they_are_carried_over_at_the_next_start(
    house: Installation, postgres_database: str, tmp_path: Path
) -> None:
    house.run("backup", str(tmp_path / "kept"))
    with psycopg.connect(postgres_database, autocommit=True) as connection:  # as another, empty one
        names = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'keys%'"
        for (name,) in connection.execute(names).fetchall():
            connection.execute(psycopg.sql.SQL("DROP SCHEMA {} CASCADE").format(psycopg.sql.Identifier(name)))
    there = Installation(tmp_path / "there", url=postgres_database)
    there.run("restore", str(tmp_path / "kept"))
    vault = Vault(there.settings.matrix, postgres_database, leading(postgres_database, US, 2))
    vault.open()
    assert (vault.session(), vault.devices(), vault.seeds.read()) == (None, [DEVICE], KEPT)

"""`zwischenstand check` and `recover` with the keys in PostgreSQL, as an operator runs them, on a real homeserver."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg
import pytest

from bot.config import Matrix
from bot.matrix.client import Account
from tests.matrix.identities import Session
from tests.matrix.test_recovery import configured, line, zwischenstand
from tests.scale.leases import leading

NewSettings = Callable[[], Awaitable[Matrix]]
PLACE = "signing-keys in the table keys.secret"
LONG = 60.0  # seconds: no lease runs out while a test lasts


def key_in(said: str) -> str:
    """The recovery key that was shown."""
    return line(said, "recovery key").partition(": ")[2].partition(" (")[0]


def forget_seeds(url: str) -> None:
    with psycopg.connect(url) as connection:
        assert connection.execute("DELETE FROM keys.secret WHERE name = 'signing-keys'").rowcount == 1


async def test_lost_seeds_come_back(new_settings: NewSettings, postgres_database: str) -> None:
    settings = await new_settings()
    config = configured(settings, settings.store.parent, postgres_database)
    status, said = await zwischenstand(config, "check")
    assert status == 0, said
    known = await (await Session.of(settings)).known()
    (device,) = (name for name in known.devices if name.startswith("ZS"))
    assert line(said, "database").endswith(", up to date")
    assert line(said, "login") == f"✓ login: {settings.user_id}, device {device}"
    assert line(said, "cross-signing") == f"✓ cross-signing: device {device} signed, master key {known.master_key}"
    key = key_in(said)
    here = {file.name for file in config.parent.iterdir()}
    assert here == {config.name, settings.key_file.name}, "nothing else is left on the machine"
    status, again = await zwischenstand(config, "check")
    assert (status, "recovery key: " in again) == (0, False), "shown once"
    assert f"device {device}" in line(again, "login"), "the same one"

    forget_seeds(postgres_database)
    status, said = await zwischenstand(config, "check")
    assert status == 1
    assert f"{PLACE} (database.url) is missing" in line(said, "cross-signing")
    status, said = await zwischenstand(config, "recover", typed=f"{key}\n")
    assert status == 0, said
    assert line(said, "signing keys") == f"✓ signing keys: back in {PLACE}"
    assert known.master_key in line(said, "cross-signing")
    assert key not in said
    assert not settings.signing_file.exists()
    assert (await zwischenstand(config, "check"))[0] == 0


async def test_another_recovery_key_and_another_identity(new_settings: NewSettings, postgres_database: str) -> None:
    settings = await new_settings()
    config = configured(settings, settings.store.parent, postgres_database)
    first = key_in((await zwischenstand(config, "check"))[1])
    session = await Session.of(settings)
    before = await session.known()
    status, said = await zwischenstand(config, "recover", "--new-key")
    assert status == 0, said
    second = key_in(said)
    assert second != first
    forget_seeds(postgres_database)
    status, said = await zwischenstand(config, "recover", typed=f"{first}\n")
    assert (status, "does not open the secret storage" in said) == (1, True)
    assert (await zwischenstand(config, "recover", typed=f"{second}\n"))[0] == 0

    status, said = await zwischenstand(config, "recover", "--new-identity", typed="no\n")
    assert (status, "nothing was changed" in said) == (1, True)
    status, said = await zwischenstand(config, "recover", "--new-identity", typed="yes\n")
    assert status == 0, said
    assert f"kept as {PLACE.replace('keys in', 'keys.old in')}" in line(said, "former signing keys")
    after = await session.known()
    assert after.master_key != before.master_key
    assert after.master_key in line(said, "cross-signing")
    status, said = await zwischenstand(config, "check")
    assert status == 0, said


async def test_beside_the_running_bot(new_settings: NewSettings, postgres_database: str) -> None:
    settings = await new_settings()
    config = configured(settings, settings.store.parent, postgres_database)
    with leading(postgres_database, settings.user_id, LONG) as bot:
        account = Account(settings, lease=bot.lease)
        await account.login()
        said = [said for _, said in await asyncio.gather(*(zwischenstand(config, "check") for _ in range(3)))]
        for words in ((), ("--new-key",), ("--new-identity",)):
            status, refused = await zwischenstand(config, "recover", *words, typed="yes\n")
            assert (status, "is in use by the bot" in refused) == (1, True), refused
        assert bot.lease.is_held
        await account.close()
    assert sum("recovery key: Es" in each for each in said) == 1, "taken out beside the bot, by one of them"
    for each in said:
        assert line(each, "database").endswith("in use by the running bot")
        assert "the running bot holds the session" in line(each, "login")
        assert account.fingerprints.master_key in line(each, "cross-signing")
        assert line(each, "recovery").startswith("✓")


async def test_another_machine(new_settings: NewSettings, postgres_database: str, tmp_path: Path) -> None:
    """It needs the key file, says so, and makes none; with it, it is the same device."""
    settings = await new_settings()
    here = configured(settings, settings.store.parent, postgres_database)
    device = line((await zwischenstand(here, "check"))[1], "login")
    elsewhere = settings.model_copy(update={"store": tmp_path / "anderswo" / "crypto"})
    there = configured(elsewhere, elsewhere.store.parent, postgres_database)
    for words in (("check",), ("recover",)):
        status, said = await zwischenstand(there, *words, typed="EsTw\n")
        assert (status, "copy it from the other machine" in said) == (1, True), said
        assert "Traceback" not in said
        assert not elsewhere.key_file.exists()
    shutil.copy(settings.key_file, elsewhere.key_file)
    status, said = await zwischenstand(there, "check")
    assert (status, line(said, "login")) == (0, device)


@pytest.mark.parametrize("word", ["check", "recover"])
async def test_a_database_that_is_away(new_settings: NewSettings, word: str) -> None:
    settings = await new_settings()
    config = configured(settings, settings.store.parent, "postgresql://bot:geheimes-wort@127.0.0.1:1/nirgends")
    status, said = await zwischenstand(config, word)
    assert status == 1
    assert "database.url: postgresql://127.0.0.1:1/nirgends cannot be used" in said.replace("✗ database: ", "")
    assert "geheimes-wort" not in said
    assert "Traceback" not in said
    assert word != "check" or "cannot be checked: the keys are in the database" in line(said, "login")

"""A backup that 0.5.0 wrote is restored by this version, for as long as its format is read.

`releases/0.5.0.backup.gz` was written once by that release, of its played case (`tests.store.earlier`) and of keys made
for it: a device that nobody has, a room key, an identity that was never published.
"""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import nio  # type: ignore[import-untyped]  # nio ships no types
import pytest

from bot.matrix.account.folder import Store
from bot.matrix.account.identity import MASTER
from bot.matrix.account.seeds import Seeds
from bot.matrix.crypto.storage import KeyStore
from bot.store import progress
from bot.store.database import Database
from tests.backing_up import US, Installation
from tests.fakes import BEN, ROOM, Bot, plain
from tests.store import earlier

DEVICE = "ZSGOLDENAB"
MASTER_KEY = "6l9I8AvwMK7SrFOYtmtP2rKpK/t8aYfrapGJU0UzB1o"
CLOSE = datetime(2026, 12, 15, 11, tzinfo=UTC)
SEALED = (  # „Grüße“, under the room key that is in it
    "AwgAEoABzTT3zCW0qWtySzeNttoJCAoQNlf2CS1mZ8S+ovNR9cFJrg6a7YY+AiOsgUDEGGZfPh/FCaIuCwnWvMvzM3QDTbzpzlR4"
    "98ej2Ht550m616dxC6FdxVd4BHMXKMbJiqMFCYDgfllX7RVhTL2HJ+kvxgfPyMvLGeIdpctWPo8vhWXI743fYut3xotk+HCioybQ"
    "cndRiZJg0tuTCeBfjlOXN0hR1s8gb9r81ISJzbvekzoputIMpw2NwYWDMn3T1M3N8gmzqRb55wM"
)
SESSION = "Ybh3X7UiSHmQQCnNmfyO5YRARrPmirHIi0yS8COJrC0"


@pytest.fixture(params=["sqlite", "postgresql"])
def restored(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    url = request.getfixturevalue("postgres_database") if request.param == "postgresql" else ""
    house = Installation(tmp_path / "house", url=url)
    file = tmp_path / "kept"
    file.write_bytes(gzip.decompress((earlier.FOLDER / "0.5.0.backup.gz").read_bytes()))
    assert "every checksum is right" in house.run("restore", str(file))
    return house


async def test_its_records_go_on(restored: Installation) -> None:
    database = Database(restored.settings.database.url)
    try:
        database.migrate()
        account = database.run_now(lambda session: progress.account(session, US))
        assert account is not None
        bot = Bot(database, now=account.alive_at)
        bot._count = 1000  # IDs of events that the earlier one has not seen
        assert [plain(row) for row in await bot.tick()] == [], "what was done is done"
        assert "eAkte · Elektronische Akte — 🟡 gelb · 65 %" in await bot.hear(BEN, "!status")
        bot.now = CLOSE
        await bot.tick()
        bot.now = CLOSE.replace(minute=2)
        said = [plain(row) for row in await bot.tick()]
        assert [each for each in said if "K3 · Logo: " in each and "1 Ja, 1 Nein" in each]
    finally:
        database.close()


def test_its_keys_open(restored: Installation) -> None:
    settings = restored.settings.matrix
    kept = KeyStore(US, DEVICE, str(settings.store), Store(settings).pickle_key())
    try:
        assert kept.load_account() is not None
        key = kept.load_inbound_group_sessions().get(ROOM, _sender(kept), SESSION)
        plaintext, _ = key.decrypt("".join(SEALED))
    finally:
        kept.database.close()
    assert json.loads(plaintext)["content"]["body"] == "Grüße"
    seeds = Seeds(settings).read()
    assert seeds is not None
    assert seeds.identity.public(MASTER) == MASTER_KEY


def _sender(kept: KeyStore) -> str:
    account = kept.load_account()
    assert isinstance(account, nio.crypto.OlmAccount)
    return str(account.identity_keys["curve25519"])

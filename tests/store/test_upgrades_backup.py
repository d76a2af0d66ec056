"""A backup that an earlier release wrote is restored by this version, for as long as its format is read.

`releases/0.5.0.backup.gz` was written once by that release, of its played case (`tests.store.earlier`) and of keys made
for it: a device that nobody has, a room key, an identity that was never published. `releases/0.6.0.backup.gz` is what
the next release wrote, in its own form, when it had taken that over and gone on for some days.
"""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import nio  # type: ignore[import-untyped]  # nio ships no types
import pytest
from sqlmodel import func, select

from bot.matrix.account.folder import Folder
from bot.matrix.account.identity import MASTER
from bot.matrix.account.seeds import Seeds
from bot.matrix.crypto.storage import KeyStore
from bot.store import Session, progress, shares
from bot.store.database import Database
from bot.store.tables import Incident, Project, ProjectChange, StatusUpdate
from tests.backing_up import US, Installation
from tests.fakes import ANNA, BEN, ROOM, Bot, plain
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


STATUS = {
    "0.5.0": "eAkte · Elektronische Akte — 🟡 gelb · 65 %",
    "0.6.0": "eAkte · Elektronische Akte — 🟡 gelb · 65 % · in Umsetzung",
}


@pytest.fixture(params=sorted(STATUS))
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["sqlite", "postgresql"])
def restored(request: pytest.FixtureRequest, tmp_path: Path, version: str) -> Installation:
    url = request.getfixturevalue("postgres_database") if request.param == "postgresql" else ""
    house = Installation(tmp_path / "house", url=url)
    file = tmp_path / "kept"
    file.write_bytes(gzip.decompress((earlier.FOLDER / f"{version}.backup.gz").read_bytes()))
    assert "every checksum is right" in house.run("restore", str(file))
    return house


def test_every_release_is_there() -> None:
    assert sorted(STATUS) == sorted(file.name.removesuffix(".backup.gz") for file in earlier.FOLDER.glob("*.backup.gz"))


async def test_its_records_go_on(restored: Installation, version: str) -> None:
    database = Database(restored.settings.database.url)
    try:
        database.migrate()
        account = database.run_now(lambda session: progress.account(session, US))
        assert account is not None
        bot = Bot(database, now=account.alive_at)
        bot._count = 9000  # IDs of events that the earlier one has not seen
        assert [plain(row) for row in await bot.tick()] == [], "what was done is done"
        assert STATUS[version] in await bot.hear(BEN, "!status")
        bot.now = CLOSE
        await bot.tick()
        bot.now = CLOSE.replace(minute=2)
        said = [plain(row) for row in await bot.tick()]
        assert [each for each in said if "K3 · Logo: " in each and "1 Ja, 1 Nein" in each]
    finally:
        database.close()


def test_its_keys_open(restored: Installation) -> None:
    settings = restored.settings.matrix
    kept = KeyStore(US, DEVICE, str(settings.store), Folder(settings).pickle_key())
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


@pytest.mark.parametrize("version", ["0.6.0"], indirect=True)
async def test_what_0_6_0_kept_is_there_and_counts_as_changed_when_it_last_did(restored: Installation) -> None:
    """Projects got a time of their last change after it: that of the last report, else of their beginning."""
    database = Database(restored.settings.database.url)
    try:
        database.migrate()

        def work(session: Session) -> None:
            known = {each.key: each for each in session.exec(select(Project))}
            reported = session.exec(
                select(func.max(StatusUpdate.at)).where(StatusUpdate.project_id == known["eAkte"].id)
            )
            assert known["eAkte"].changed_at == reported.one()
            assert known["Portal"].changed_at == known["Portal"].created_at
            assert known["Portal"].description is known["Portal"].influential is None
            assert [each.trouble for each in session.exec(select(Incident))] == ["unsent"]
            assert shares.readers(session, known["eAkte"].id or 0) == ["@kim:example.org"]
            assert not session.exec(select(ProjectChange)).all()

        database.run_now(work)
        bot = Bot(database, now=datetime(2026, 11, 28, 16, tzinfo=UTC))
        bot._count = 9000
        for words, told in (
            ("!status Portal", "nicht finanziert"),
            ("!aufgabe A3", "Gemeinderat"),
            ("!checkin", "C2 Wochenstand"),
            ("!treffen", "Zwischentreffen"),
            ("!gruppe Daten", "Daten"),
            ("!ideen", "Bürgerkarte"),
        ):
            assert told in await bot.hear(ANNA, words), words
    finally:
        database.close()

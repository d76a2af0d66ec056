"""Machines that share a PostgreSQL, and a folder that an earlier installation left, for tests without a homeserver."""

import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nio  # type: ignore[import-untyped]
import vodozemac
from pydantic import SecretStr

from bot.config import Matrix
from bot.matrix.account.folder import Folder
from bot.matrix.account.identity import Identity
from bot.matrix.account.seeds import Kept, Seeds
from bot.matrix.account.store import Session
from bot.matrix.account.vault import Vault
from bot.store.lease import Lease
from tests.matrix.tables import leading

US, DEVICE, ROOM, BEN = "@bot:x.example", "ZSGERAET", "!raum:x.example", "bens-key"
SESSION = Session(US, DEVICE, "token", recorded=True)


def settings_in(folder: Path) -> Matrix:
    """A machine's."""
    return Matrix(homeserver="http://127.0.0.1:9", user_id=US, password=SecretStr("x"), store=folder / "crypto")


@dataclass
class Machine:
    """One of several with this account; whoever leads last, leads."""

    settings: Matrix
    url: str
    fence: int = 0

    @classmethod
    def of(cls, folder: Path, url: str, key_of: "Machine | None" = None) -> "Machine":
        """A new machine, with the key file of another one."""
        folder.mkdir(exist_ok=True)
        machine = cls(settings_in(folder), url)
        if key_of is not None:
            shutil.copy(key_of.settings.key_file, machine.settings.key_file)
        return machine

    def lead(self, fence: int = 1) -> Vault:
        """Start, and take the lease under this number."""
        return Vault(self.settings, self.url, self.lease(fence))

    def lease(self, fence: int = 1) -> Lease:
        return leading(self.url, US, fence)

    @property
    def beside(self) -> Vault:
        """As a tool looks at it."""
        return Vault(self.settings, self.url, None)


class Left:
    """What a bot on SQLite leaves in its folder: a device that has talked, an identity, a session."""

    def __init__(self, settings: Matrix) -> None:
        self.settings = settings
        self.folder = Folder(settings)
        self.folder.open()
        self.key = self.folder.pickle_key()
        self.folder.save(SESSION)
        self.kept = Kept(Identity.new(US), "EsTw ABCD", stored=True)
        Seeds(settings).write(self.kept)
        with closing(Keys(self.folder.open_keys(US, DEVICE, self.key))) as keys:
            keys.begin()
            self.written = keys.receive()
        self.folder.raise_generation(DEVICE)
        self.folder.raise_generation(DEVICE)
        self.folder.close()

    def talk_on(self) -> None:
        """The bot ran once more on the folder."""
        with closing(Keys(self.folder.open_keys(US, DEVICE, self.key))) as keys:
            keys.step()


class Keys:
    """One device's keys, closed after each use."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def close(self) -> None:
        self._store.database.close()

    def begin(self) -> None:
        """An account, and a session with another device."""
        account, other = nio.crypto.OlmAccount(), nio.crypto.OlmAccount()
        self._store.save_account(account)
        other.generate_one_time_keys(1)
        [one_time_key] = other.one_time_keys["curve25519"].values()
        session = nio.crypto.OutboundSession(account, other.identity_keys["curve25519"], one_time_key)
        self._store.save_session(BEN, session)
        device = nio.crypto.OlmDevice("@ben:x.example", "B1", dict(other.identity_keys), "Handy")
        self._store.save_device_keys({"@ben:x.example": {"B1": device}})
        self._store.verify_device(device)

    def begin_another(self) -> None:
        """New rows in all tables that number theirs."""
        other = nio.crypto.OlmAccount()
        device = nio.crypto.OlmDevice("@cem:x.example", "C1", dict(other.identity_keys), "Rechner")
        self._store.save_device_keys({"@cem:x.example": {"C1": device}})
        self._store.save_encrypted_rooms({"!anderer:x.example"})

    def step(self) -> None:
        """The ratchet moves on."""
        [session] = self._store.load_sessions()[BEN]
        session.encrypt("hallo")
        self._store.save_session(BEN, session)

    def receive(self) -> dict[str, str]:
        """A room key, and a message that it opens."""
        sender = vodozemac.GroupSession()
        session = nio.crypto.InboundGroupSession(sender.session_key.to_base64(), "ed", BEN, ROOM)
        self._store.save_inbound_group_session(session)
        self._store.save_encrypted_rooms({ROOM})
        return {session.id: sender.encrypt(b"Guten Tag").to_base64()}

    def opens(self, written: dict[str, str]) -> bool:
        """Whether all of this can be read."""
        keys = self._store.load_inbound_group_sessions()
        found = {name: keys.get(ROOM, BEN, name) for name in written}
        return all(key and key.decrypt(written[name])[0] == "Guten Tag" for name, key in found.items())

    @property
    def ratchets(self) -> list[Any]:
        """The account, and all sessions with devices, as they are on disk."""
        query = "SELECT session_id, session FROM olmsessions ORDER BY session_id"
        rows = self._store.database.execute_sql(query).fetchall()
        [[account]] = self._store.database.execute_sql("SELECT account FROM accounts").fetchall()
        return [_bytes(account), *((name, _bytes(session)) for name, session in rows)]

    @property
    def devices(self) -> list[Any]:
        """Those of other people, and whether we trust them."""
        found = self._store.load_device_keys()
        return [(each.user_id, each.id, each.ed25519, each.display_name, each.verified) for each in found]


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)

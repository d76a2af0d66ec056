"""People who sign their own devices: what a homeserver shows of them, made by hand, and on a real one."""

import copy
from dataclasses import dataclass, field
from typing import Any

import nio  # type: ignore[import-untyped]
from nio.crypto import OlmAccount  # type: ignore[import-untyped]
from pydantic import SecretStr

from bot.config import Matrix
from bot.demo.homeserver import Homeserver
from bot.matrix.account.identity import MASTER, SELF_SIGNING, Identity
from tests.matrix.identities import Session
from tests.matrix.phones import Phone

Json = dict[str, Any]


@dataclass
class Owner:
    """Somebody with devices; `identity` signs those that are to be signed."""

    user_id: str
    devices: dict[str, Json] = field(default_factory=dict)
    identity: Identity | None = None
    accounts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> Identity:
        """Begin anew: signatures of before are worth nothing."""
        self.identity = Identity.new(self.user_id)
        return self.identity

    @property
    def public(self) -> dict[str, Json]:
        """The keys that are shown, by role."""
        assert self.identity is not None
        return {role: self.identity.key_object(role) for role in (MASTER, SELF_SIGNING)}

    def device(self, name: str, *, signed: bool) -> Json:
        """A new device of theirs; the same name again is the same device with other keys."""
        self.accounts[name] = account = OlmAccount()
        self._show(name, account.identity_keys)
        if signed:
            self.sign(name)
        return self.devices[name]

    def other_identity_key(self, name: str) -> None:
        """The same device, its own signature included, with another key for what is sent to it."""
        other = OlmAccount().identity_keys["curve25519"]
        before = self.devices[name]["signatures"][self.user_id]
        self._show(name, self.accounts[name].identity_keys | {"curve25519": other})
        self.devices[name]["signatures"][self.user_id] = before | self.devices[name]["signatures"][self.user_id]

    def _show(self, name: str, keys: dict[str, str]) -> None:
        named = {f"{kind}:{name}": key for kind, key in keys.items()}
        made = {"user_id": self.user_id, "device_id": name, "algorithms": [], "keys": named}
        by_itself = {f"ed25519:{name}": self.accounts[name].sign(nio.Api.to_canonical_json(made))}
        self.devices[name] = made | {"signatures": {self.user_id: by_itself}}

    def sign(self, name: str) -> None:
        """As comparing emojis with an older device of one's own ends."""
        assert self.identity is not None
        by_owner = self.identity.signed(SELF_SIGNING, self.devices[name])["signatures"][self.user_id]
        self.devices[name]["signatures"][self.user_id] |= by_owner

    def shown(self, *, identity: bool = True) -> Json:
        """An answer to /keys/query; a test may change it."""
        found: Json = {"device_keys": {self.user_id: self.devices}}
        if identity:
            found |= {f"{role}_keys": {self.user_id: key} for role, key in self.public.items()}
        return copy.deepcopy(found)


async def identify(homeserver: Homeserver, phone: Phone, password: str) -> Identity:
    """A new identity for the person who has this device; it has signed nothing yet."""
    settings = Matrix(homeserver=homeserver.url, user_id=phone.user_id, password=SecretStr(password))
    return await Session(settings, phone.connection.token, phone.device_id).reset_identity()


async def sign(identity: Identity, *phones: Phone) -> None:
    """The owner verifies these devices."""
    (user,) = {phone.user_id for phone in phones}
    published = await phones[0].call("POST", "/keys/query", {"device_keys": {user: []}})
    devices = published["device_keys"][user]
    signed = {phone.device_id: identity.signed(SELF_SIGNING, devices[phone.device_id]) for phone in phones}
    answer = await phones[0].call("POST", "/keys/signatures/upload", {user: signed})
    assert not answer["failures"]

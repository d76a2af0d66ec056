"""Somebody else's look at our identity: signatures checked by the library that Synapse uses, and sessions by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import SecretStr
from signedjson.key import decode_verify_key_bytes
from signedjson.sign import SignatureVerifyException, verify_signed_json
from unpaddedbase64 import decode_base64

from bot.config import Matrix
from bot.matrix.account.identity import ROLES, Identity
from bot.matrix.client import Account

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What anybody is told about an account."""

    user_id: str
    master: Json
    self_signing: Json
    user_signing: Json
    devices: dict[str, Json]

    @property
    def master_key(self) -> str:
        (key,) = self.master["keys"].values()
        return str(key)

    def signs(self, signer: Json, signed: Json) -> bool:
        """Whether a key published here signs another one, or a device."""
        for name, key in signer["keys"].items():
            if name in signed.get("signatures", {}).get(self.user_id, {}):
                try:
                    verify_signed_json(signed, self.user_id, decode_verify_key_bytes(name, decode_base64(key)))
                except SignatureVerifyException:
                    return False
                return True
        return False

    def trusts(self, device_id: str) -> bool:
        """The whole chain, as a client goes through it."""
        return (
            self.signs(self.master, self.self_signing)
            and self.signs(self.master, self.user_signing)
            and self.signs(self.self_signing, self.devices[device_id])
        )


class Session:
    """A session of the bot's account in somebody's hands: Element's, say."""

    def __init__(self, settings: Matrix, token: str, device_id: str) -> None:
        self.token, self.device_id = token, device_id
        self._settings = settings
        self._headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    async def of(cls, settings: Matrix, device_id: str | None = None) -> "Session":
        """Signs in with the password; as a new device, unless one is named."""
        login = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": settings.user_id},
            "password": password_of(settings),
            **({"device_id": device_id} if device_id else {}),
        }
        async with aiohttp.ClientSession(settings.homeserver) as client:
            answer = await (await client.post("/_matrix/client/v3/login", json=login)).json()
        return cls(settings, answer["access_token"], answer["device_id"])

    async def ask(self, method: str, path: str, body: Json | None = None) -> tuple[int, Json]:
        async with (
            aiohttp.ClientSession(self._settings.homeserver, headers=self._headers) as client,
            client.request(method, f"/_matrix/client/v3/{path}", json=body) as answer,
        ):
            return answer.status, await answer.json()

    async def confirmed(self, method: str, path: str, body: Json) -> None:
        """A request that wants the password."""
        status, asked = await self.ask(method, path, body)
        if status == 401:
            auth = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": self._settings.user_id},
                "password": password_of(self._settings),
                "session": asked["session"],
            }
            status, asked = await self.ask(method, path, {**body, "auth": auth})
        assert status == 200, asked

    async def known(self) -> Known:
        """What the homeserver publishes of the account."""
        us = self._settings.user_id
        _, answer = await self.ask("POST", "keys/query", {"device_keys": {us: []}})
        master, self_signing, user_signing = (answer.get(f"{role}_keys", {}).get(us, {}) for role in ROLES)
        return Known(us, master, self_signing, user_signing, answer["device_keys"].get(us, {}))

    async def reset_identity(self) -> Identity:
        """What somebody does who says in Element that all of the account's verification is to begin anew."""
        identity = Identity.new(self._settings.user_id)
        await self.confirmed(
            "POST", "keys/device_signing/upload", {f"{role}_key": identity.key_object(role) for role in ROLES}
        )
        return identity

    async def change_password(self, password: str, *, log_others_out: bool) -> Matrix:
        """The settings with the new password."""
        await self.confirmed("POST", "account/password", {"new_password": password, "logout_devices": log_others_out})
        return self._settings.model_copy(update={"password": SecretStr(password)})


def password_of(settings: Matrix) -> str:
    assert settings.password is not None
    return settings.password.get_secret_value()


@asynccontextmanager
async def running(settings: Matrix) -> AsyncIterator[Account]:
    """Signed in, as the bot is while it runs."""
    account = Account(settings)
    await account.login()
    try:
        yield account
    finally:
        await account.close()


async def signed_in(settings: Matrix) -> str:
    """Sign in as the bot does, close, and say under which device."""
    async with running(settings) as account:
        return account.device_id

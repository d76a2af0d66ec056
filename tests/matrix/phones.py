"""Devices with keys, as little of them as it takes to read: nothing here shares code with the bot's way of sharing."""

import json
import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any, Self

import nio  # type: ignore[import-untyped]
from nio.crypto import InboundGroupSession, OlmAccount, OutboundGroupSession  # type: ignore[import-untyped]
from vodozemac import MegolmMessage, PreKeyMessage

from bot.demo.connection import Connection, Json, Refused, quoted
from bot.demo.homeserver import Homeserver

ALGORITHMS = ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"]


@dataclass
class Phone:
    """One device of somebody's. It reads what it has a key for, and keeps what else came to it."""

    user_id: str
    device_id: str
    connection: Connection
    account: Any = field(default_factory=OlmAccount)
    came: list[Json] = field(default_factory=list)
    keys: dict[str, Any] = field(default_factory=dict)
    since: str | None = None
    olm: dict[str, Any] = field(default_factory=dict)
    writer: tuple[Json, Any] = ({}, None)

    @classmethod
    async def of(
        cls, homeserver: Homeserver, user_id: str, password: str, *, one_time_keys: int = 3, damaged: bool = False
    ) -> Self:
        """Log in as a new device. `damaged`: its one-time keys are signed wrongly."""
        connection = Connection(homeserver.url, timeout=30)
        identifier = {"type": "m.id.user", "user": user_id}
        login = {"type": "m.login.password", "identifier": identifier, "password": password}
        answer = await connection.call("POST", "/login", login)
        connection.token = answer["access_token"]
        phone = cls(user_id, answer["device_id"], connection)
        keys = {f"{kind}:{phone.device_id}": key for kind, key in phone.account.identity_keys.items()}
        named = {"user_id": user_id, "device_id": phone.device_id, "algorithms": ALGORITHMS, "keys": keys}
        await connection.call("POST", "/keys/upload", {"device_keys": phone._signed(named)})
        if one_time_keys:
            await phone.upload(one_time_keys, damaged=damaged)
        return phone

    async def upload(self, count: int, *, damaged: bool = False) -> None:
        """More one-time keys."""
        self.account.generate_one_time_keys(count)
        fresh = self.account.one_time_keys["curve25519"]
        self.account.mark_keys_as_published()
        signed = {f"signed_curve25519:{name}": self._signed({"key": key}) for name, key in fresh.items()}
        if damaged:
            for key in signed.values():
                key["signatures"] = self._signed({"key": "another"})["signatures"]
        await self.connection.call("POST", "/keys/upload", {"one_time_keys": signed})

    async def look(self) -> None:
        """Take what came to this device."""
        query = {"timeout": "0", "filter": json.dumps({"room": {"rooms": []}})}
        while True:
            answer = await self.connection.call(
                "GET", "/sync", query=query | ({"since": self.since} if self.since else {})
            )
            events = answer.get("to_device", {}).get("events", [])
            self.since = answer["next_batch"]
            if not events:
                return
            self.came += events
            for event in events:
                if event["type"] == "m.room.encrypted":
                    self._open(event)

    async def read(self, room_id: str, event_id: str) -> str | None:
        """The body of an event; None without its key."""
        await self.look()
        path = f"/rooms/{quoted(room_id)}/event/{quoted(event_id)}"
        content = (await self.connection.call("GET", path))["content"]
        key = self.keys.get(content["session_id"])
        if key is None or key.first_known_index > MegolmMessage.from_base64(content["ciphertext"]).message_index():
            return None
        return str(json.loads(key.decrypt(content["ciphertext"])[0])["content"]["body"])

    async def talk(self, room_id: str, text: str) -> str:
        """Give whoever wrote to us last the key of a new session of ours, and say something; the event's ID."""
        group, (sender, session) = OutboundGroupSession(), self.writer
        group.mark_as_shared()
        content = {"algorithm": ALGORITHMS[1], "room_id": room_id, "session_id": group.id}
        inside = {
            "sender": self.user_id,
            "keys": {"ed25519": self.account.identity_keys["ed25519"]},
            "recipient": sender["sender"],
            "recipient_keys": sender["keys"],
            "type": "m.room_key",
            "content": content | {"session_key": group.session_key},
        }
        kind, sealed = session.encrypt(json.dumps(inside).encode()).to_parts()
        ours = self.account.identity_keys["curve25519"]
        body = {"type": kind, "body": b64encode(sealed).decode().rstrip("=")}
        copy = {"algorithm": ALGORITHMS[0], "sender_key": ours, "ciphertext": {sender["sender_key"]: body}}
        message = {"messages": {sender["sender"]: {sender["sender_device"]: copy}}}
        await self.call("PUT", f"/sendToDevice/m.room.encrypted/{secrets.token_hex(8)}", message)
        said = {"type": "m.room.message", "room_id": room_id, "content": {"msgtype": "m.text", "body": text}}
        outside = {"sender_key": ours, "device_id": self.device_id, "ciphertext": group.encrypt(json.dumps(said))}
        event = {"algorithm": ALGORITHMS[1], "session_id": group.id} | outside
        path = f"/rooms/{quoted(room_id)}/send/m.room.encrypted/{secrets.token_hex(8)}"
        return str((await self.call("PUT", path, event))["event_id"])

    async def has(self, session_id: str) -> bool:
        """Whether it has the key of a session (somebody who left cannot fetch events)."""
        await self.look()
        return session_id in self.keys

    def of_type(self, kind: str) -> list[Json]:
        """What came of a type."""
        return [event for event in self.came if event["type"] == kind]

    async def log_out(self) -> None:
        """The device is no more."""
        await self.connection.call("POST", "/logout", {})

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """Any request."""
        try:
            return await self.connection.call(method, path, body)
        except Refused as refused:
            raise AssertionError(f"{method} {path}: {refused}") from refused

    def _open(self, event: Json) -> None:
        ours = event["content"]["ciphertext"][self.account.identity_keys["curve25519"]]
        sender = event["content"]["sender_key"]
        assert ours["type"] == 0  # we never answer, so it is the first message for ever
        message = PreKeyMessage.from_base64(ours["body"])
        session = self.olm.get(message.session_id())
        if session is None:
            session, plain = self.account.create_inbound_session(sender, message)
            self.olm[session.session_id] = session
        else:
            plain = session.decrypt(message.to_any())
        inside = json.loads(plain)
        assert (inside["recipient"], inside["type"]) == (self.user_id, "m.room_key")
        self.writer = (inside | {"sender_key": sender}, session)
        content = inside["content"]
        key = InboundGroupSession(content["session_key"], inside["keys"]["ed25519"], sender, content["room_id"])
        assert key.id == content["session_id"]
        self.keys[key.id] = key

    def _signed(self, value: Json) -> Json:
        signature = self.account.sign(nio.Api.to_canonical_json(value))
        return value | {"signatures": {self.user_id: {f"ed25519:{self.device_id}": signature}}}

"""People in encrypted rooms whose client is matrix-js-sdk with rust crypto; see sealed.mjs for what it can be asked."""

import asyncio
import base64
import contextlib
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from bot.demo.connection import Json, Refused
from bot.demo.homeserver import Homeserver
from bot.demo.person import POLL_RESPONSE, Person

PATIENCE = 90  # seconds, on a busy machine
ENCRYPTION: Json = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


class Clients:
    """One JavaScript process with everybody's clients in it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._people: dict[str, Sealed] = {}
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._asked = 0
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, node: Path, script: Path, log: Path) -> Self:
        """Start the process; what it grumbles goes to `log`."""
        with log.open("ab") as grumbling:
            process = await asyncio.create_subprocess_exec(
                *(str(node), str(script)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=grumbling,
                limit=2**26,
            )
        return cls(process)

    async def do(self, what: str, who: str, **more: Any) -> Json:
        """Ask one client for one thing; its answer. Raises Refused where the homeserver denies it."""
        assert self._process.stdin is not None
        assert not self._listening.done(), "the JavaScript process has ended"
        self._asked += 1
        number, answer = self._asked, asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._process.stdin.write(json.dumps({"id": number, "do": what, "who": who, **more}).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            found: Json = await answer
        if "status" in found:
            raise Refused(found["status"], found["body"])
        assert "error" not in found, f"{who}, {what}: {found['error']}"
        return found

    async def newcomer(self, homeserver: Homeserver, name: str, *, auto_join: bool = False) -> "Sealed":
        """Somebody new on this homeserver: registered, logged in, cross-signed, listening."""
        password, unique = secrets.token_urlsafe(12), f"{name}-{secrets.token_hex(4)}"
        user_id = await homeserver.register(unique, password, display_name=name.title())
        person = Sealed(self, homeserver.url, user_id, password, auto_join=auto_join)
        self._people[user_id] = person
        await person.login()
        return person

    async def second(self, person: "Sealed") -> "Sealed":
        """Another session of the same person, which they have not verified. Like any such, it excludes nobody."""
        session = Sealed(self, person._server, person.user_id, person._password, name="second")
        self._people[session.who] = session
        await session.login()
        return session

    async def ended(self) -> None:
        """Wait until nobody listens any more."""
        await asyncio.shield(self._listening)

    async def close(self) -> None:
        """Stop all clients, and the process."""
        for person in self._people.values():
            await person.close()
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            await self._listening
            await self._process.wait()

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if "id" in told:
                self._waiting.pop(told.pop("id")).set_result(told)
            else:
                await self._people[told["who"]].hear(told)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(AssertionError("the JavaScript process has ended"))


class Sealed(Person):
    """A person who sees nothing of a bot that is not cross-signed, and of nobody else's either.

    What a client must decrypt or encrypt is done by matrix-js-sdk: `seen`, `wait_for` and `history` hold what it could
    read, under the keys `sealed`, `shield` and `reason` what it thinks of it, and under `failure` why it could not.
    """

    def __init__(
        self,
        clients: Clients,
        homeserver_url: str,
        user_id: str,
        password: str,
        *,
        auto_join: bool = False,
        name: str = "",
    ) -> None:
        """`name` tells this session from the person's first one."""
        super().__init__(homeserver_url, user_id, password, auto_join=auto_join)
        self.who = f"{user_id} {name}".strip()
        self._second = bool(name)
        self._clients = clients
        self._server = homeserver_url
        self._joining: set[asyncio.Task[str]] = set()
        self.device_id = ""

    async def do(self, what: str, **more: Any) -> Json:
        """Ask this person's client for one thing."""
        return await self._clients.do(what, self.who, **more)

    async def login(self) -> None:
        given = {"server": self._server, "user": self.user_id, "password": self._password}
        login = await self.do("login", **given, second=self._second)
        self._connection.token, self.device_id = login["token"], login["device"]
        self._listening = asyncio.create_task(self._clients.ended())

    async def hear(self, told: Json) -> None:
        """What the client tells by itself."""
        if room_id := told.get("invited"):
            if self.auto_join:
                joining = asyncio.create_task(self.join(room_id))
                self._joining.add(joining)
                joining.add_done_callback(self._joining.discard)
            self._invitations.append(room_id)
        elif "event_id" in told["event"]:
            self._remember(told["event"]["room_id"], [told["event"]])
        await self._tell()

    async def close(self) -> None:
        for joining in self._joining:
            joining.cancel()
        await super().close()

    async def create_room(
        self,
        name: str,
        *,
        invite: Iterable[str] = (),
        topic: str | None = None,
        direct: bool = False,
        encrypted: bool = True,
        alias_name: str | None = None,
        public: bool = False,
    ) -> str:
        assert not public
        content: Json = {"name": name, "invite": list(invite), "is_direct": direct}
        content["preset"] = "trusted_private_chat" if direct else "private_chat"
        content["initial_state"] = [ENCRYPTION] if encrypted else []
        content |= {"topic": topic} if topic else {}
        content |= {"room_alias_name": alias_name} if alias_name else {}
        return str((await self.do("create", content=content))["room"])

    async def join(self, room_id_or_alias: str) -> str:
        return str((await self.do("join", room=room_id_or_alias))["room"])

    async def send(
        self, room_id: str, event_type: str, content: Json, *, transaction: str | None = None, fresh: bool = False
    ) -> str:
        """With `fresh` under a new key of the room."""
        assert transaction is None, "the SDK makes its own"
        return str((await self.do("send", room=room_id, type=event_type, content=content, fresh=fresh))["event"])

    async def drop(self, room_id: str, name: str, content: bytes, mimetype: str) -> str:
        packed = base64.b64encode(content).decode()
        said = await self.do("upload", name=name, type=mimetype, content=packed)
        return await self.send(room_id, "m.room.message", said["content"] | {"m.mentions": {}})

    async def vote(self, room_id: str, poll_event_id: str, *answers: str) -> str:
        if not answers:  # the SDK has no such thing; Element sends this
            relation = {"rel_type": "m.reference", "event_id": poll_event_id}
            return await self.send(room_id, POLL_RESPONSE, {"m.relates_to": relation, POLL_RESPONSE: {}})
        return str((await self.do("vote", room=room_id, poll=poll_event_id, answers=list(answers)))["event"])

    async def redact(self, room_id: str, event_id: str) -> str:
        return str((await self.do("redact", room=room_id, event=event_id))["event"])

    async def history(self, room_id: str) -> list[Json]:
        return list((await self.do("history", room=room_id))["events"])

    async def attachment(self, event: Json) -> bytes:
        return base64.b64decode((await self.do("download", content=event["content"]))["content"])

    async def tally(self, room_id: str, poll_event_id: str) -> Json:
        """What this client counts: {"ended", "votes": {user: answer ID}, "unreadable"}."""
        return await self.do("tally", room=room_id, poll=poll_event_id)

    async def unread(self) -> dict[str, str]:
        """What this client cannot decrypt, and why."""
        return dict((await self.do("unread"))["events"])

    async def unread_after_a_while(self, seconds: float = 5) -> dict[str, str]:
        """The same, once a key that is on its way has had its time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await self.unread():  # noqa: ASYNC110 - of another process
                    await asyncio.sleep(0.1)
        return await self.unread()

"""A person with a Matrix client, as far as the demo and the tests need one: unencrypted rooms, nothing but HTTP.

Speaks the client-server API by itself (https://spec.matrix.org/latest/client-server-api/) and shares no code with the
bot's own client, so that a mistake there cannot hide here.
"""

# ruff: noqa: ASYNC109  a `timeout` of our own, because the error must list what was seen instead

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self, TypeVar

from bot.demo.connection import Connection, Json, Refused, quoted
from bot.demo.homeserver import Homeserver
from bot.errors import Unreachable

T = TypeVar("T")

POLL_RESPONSE = "org.matrix.msc3381.poll.response"
SYNC_SECONDS = 30
TIMELINE_LIMIT = 100
NOTHING: Json = {"types": []}
FILTER = {
    "presence": NOTHING,
    "account_data": NOTHING,
    "room": {
        "account_data": NOTHING,
        "ephemeral": NOTHING,
        "state": {"lazy_load_members": True},
        "timeline": {"limit": TIMELINE_LIMIT},
    },
}


class Person:
    """Somebody at a client. After `login` a background task keeps up with all rooms that the person is in.

    With `auto_join` invitations are followed at once. Every request is repeated for up to 60 s while the homeserver
    is away or asks for patience; then Unreachable is raised. What the homeserver denies raises Refused.
    """

    def __init__(
        self,
        homeserver_url: str,
        user_id: str,
        password: str,
        *,
        auto_join: bool = False,
        hears: Callable[[Json], None] | None = None,
    ) -> None:
        """`hears` gets every event of the rooms' timelines once, in each room's order, before anybody waits for it."""
        self.user_id = user_id
        self.auto_join = auto_join
        self._hears = hears
        self._connection = Connection(homeserver_url, timeout=SYNC_SECONDS + 15)
        self._password = password
        self._since: str | None = None
        self._listening: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self._timelines: dict[str, list[Json]] = {}
        self._known: set[str] = set()
        self._invitations: list[str] = []

    async def login(self) -> None:
        """Log in as a new device, read what is there, and start to listen. Once logged in, it does nothing."""
        if self._listening is not None:
            return
        try:
            body = await self._connection.call(
                "POST",
                "/login",
                {
                    "type": "m.login.password",
                    "identifier": {"type": "m.id.user", "user": self.user_id},
                    "password": self._password,
                },
            )
            self._connection.token = body["access_token"]
            await self._sync()
        except BaseException:
            await self.close()
            raise
        self.go_online()

    def go_online(self) -> None:
        """Listen (again), from where one stopped; what was missed is fetched."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen(), name=f"sync of {self.user_id}")

    async def go_offline(self) -> None:
        """Stop listening, as a phone in a pocket does; one may still write."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
            self._listening = None

    async def close(self) -> None:
        """Stop listening and close the connection. The device stays, as when a client is closed."""
        await self.go_offline()
        await self._connection.close()

    async def __aenter__(self) -> Self:
        await self.login()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # Rooms

    async def create_room(
        self,
        name: str,
        *,
        invite: Iterable[str] = (),
        topic: str | None = None,
        direct: bool = False,
        encrypted: bool = False,
        alias_name: str | None = None,
        public: bool = False,
    ) -> str:
        """Open a room and return its ID. `encrypted` rooms can be made, but not read, by this client."""
        body: Json = {
            "name": name,
            "invite": list(invite),
            "is_direct": direct,
            "preset": "public_chat" if public else "trusted_private_chat" if direct else "private_chat",
            "visibility": "public" if public else "private",
        }
        if topic is not None:
            body["topic"] = topic
        if alias_name is not None:
            body["room_alias_name"] = alias_name
        if encrypted:
            content = {"algorithm": "m.megolm.v1.aes-sha2"}
            body["initial_state"] = [{"type": "m.room.encryption", "state_key": "", "content": content}]
        return str((await self._connection.call("POST", "/createRoom", body, again=False))["room_id"])

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invite somebody."""
        await self._connection.call("POST", f"/rooms/{quoted(room_id)}/invite", {"user_id": user_id})

    async def join(self, room_id_or_alias: str) -> str:
        """Join and return the room's ID."""
        return str((await self._connection.call("POST", f"/join/{quoted(room_id_or_alias)}", {}))["room_id"])

    async def leave(self, room_id: str) -> None:
        """Leave a room, or decline its invitation."""
        await self._connection.call("POST", f"/rooms/{quoted(room_id)}/leave", {})

    async def wait_for_invite(self, timeout: float = 15) -> str:
        """The room of the oldest invitation not yet handed out. Raises TimeoutError after `timeout` seconds."""
        room_id = await self._until(lambda: self._invitations.pop(0) if self._invitations else None, timeout)
        if room_id is None:
            raise TimeoutError(f"{self.user_id} got no invitation within {timeout:g} s")
        return room_id

    # Saying something

    async def say(
        self,
        room_id: str,
        text: str,
        *,
        reply_to: str | None = None,
        thread: str | None = None,
        html: str | None = None,
        mentions: Iterable[str] = (),
    ) -> str:
        """Write a message; returns its event ID. `thread` is the event ID of the thread's first message."""
        users = list(mentions)
        content: Json = {"msgtype": "m.text", "body": text, "m.mentions": {"user_ids": users} if users else {}}
        if html is not None:
            content |= {"format": "org.matrix.custom.html", "formatted_body": html}
        relation: Json = {}
        if thread is not None:
            relation |= {"rel_type": "m.thread", "event_id": thread, "is_falling_back": reply_to is None}
        if reply_to is not None or thread is not None:
            relation["m.in_reply_to"] = {"event_id": reply_to or thread}
            content["m.relates_to"] = relation
        return await self.send(room_id, "m.room.message", content)

    async def send(self, room_id: str, event_type: str, content: Json, *, transaction: str | None = None) -> str:
        """Send any event; returns its ID. The same `transaction` twice gives the same event."""
        path = f"/rooms/{quoted(room_id)}/send/{quoted(event_type)}/{quoted(transaction or secrets.token_hex(8))}"
        return str((await self._connection.call("PUT", path, content))["event_id"])

    async def drop(self, room_id: str, name: str, content: bytes, mimetype: str) -> str:
        """Drop a file into a room; returns its event ID."""
        address = await self._connection.upload(name, content, mimetype)
        info = {"size": len(content), "mimetype": mimetype}
        said: Json = {"msgtype": "m.file", "body": name, "filename": name, "url": address, "info": info}
        return await self.send(room_id, "m.room.message", said | {"m.mentions": {}})

    async def react(self, room_id: str, event_id: str, emoji: str) -> str:
        """Put an emoji on an event."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": emoji}
        return await self.send(room_id, "m.reaction", {"m.relates_to": relation})

    async def vote(self, room_id: str, poll_event_id: str, *answers: str) -> str:
        """Click in a native poll (MSC3381). No answers: withdraw the vote, in the way Element does it."""
        relation = {"rel_type": "m.reference", "event_id": poll_event_id}
        response = {"answers": list(answers)} if answers else {}
        return await self.send(room_id, POLL_RESPONSE, {"m.relates_to": relation, POLL_RESPONSE: response})

    async def redact(self, room_id: str, event_id: str) -> str:
        """Take an event back."""
        path = f"/rooms/{quoted(room_id)}/redact/{quoted(event_id)}/{secrets.token_hex(8)}"
        return str((await self._connection.call("PUT", path, {}))["event_id"])

    # Reading

    async def state(self, room_id: str, event_type: str) -> Json:
        """A piece of the room's state. Raises Refused where there is none."""
        return await self._connection.call("GET", f"/rooms/{quoted(room_id)}/state/{quoted(event_type)}")

    def seen(self, room_id: str) -> list[Json]:
        """Every event of the room's timeline so far, in order."""
        return list(self._timelines.get(room_id, ()))

    def rooms(self) -> set[str]:
        """Every room of which anything was seen."""
        return set(self._timelines)

    async def download(self, address: str) -> bytes:
        """The file at an `mxc://` address. Raises Refused, or Unreachable."""
        server, _, media = address.removeprefix("mxc://").partition("/")
        return await self._connection.download(f"/media/download/{quoted(server)}/{quoted(media)}")

    async def attachment(self, event: Json) -> bytes:
        """The file that a message carries. Raises Refused, or Unreachable."""
        return await self.download(str(event["content"]["url"]))

    async def history(self, room_id: str) -> list[Json]:
        """The whole room as the homeserver has it now, oldest first."""
        return await self._earlier(room_id)

    async def wait_for(
        self,
        room_id: str,
        predicate: Callable[[Json], bool],
        *,
        timeout: float = 15,
    ) -> Json:
        """The first event of the room that fits, already seen or still to come.

        Raises TimeoutError after `timeout` seconds, with a list of what was seen instead.
        """
        found = await self._until(lambda: next(filter(predicate, self.seen(room_id)), None), timeout)
        if found is None:
            lines = "\n".join(f"  {line}" for line in map(summary, self.seen(room_id))) or "  nothing at all"
            raise TimeoutError(f"{self.user_id} waited {timeout:g} s in {room_id} and saw only:\n{lines}")
        return found

    async def answer_to(
        self,
        room_id: str,
        event_id: str,
        *,
        event_type: str | None = None,
        timeout: float = 15,
    ) -> Json:
        """The first event of somebody else that relates to `event_id`: a reply, in its thread, or a reaction."""

        def fits(event: Json) -> bool:
            return (
                event["sender"] != self.user_id
                and event_id in relates_to(event)
                and event_type in {None, event["type"]}
            )

        return await self.wait_for(room_id, fits, timeout=timeout)

    async def ask(
        self,
        room_id: str,
        text: str,
        *,
        reply_to: str | None = None,
        thread: str | None = None,
        event_type: str | None = None,
        timeout: float = 15,
    ) -> Json:
        """Write a message and wait for the answer to it."""
        event_id = await self.say(room_id, text, reply_to=reply_to, thread=thread)
        return await self.answer_to(room_id, event_id, event_type=event_type, timeout=timeout)

    # Keeping up

    async def _until(self, look: Callable[[], T | None], timeout: float) -> T | None:
        """What `look` finds, now or after any later sync; None after `timeout` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout), self._news:
                while (found := look()) is None:
                    if self._listening is None:
                        raise RuntimeError(f"{self.user_id} is not listening")
                    if self._listening.done():
                        self._listening.result()
                    await self._news.wait()
                return found
        return None

    async def _listen(self) -> None:
        try:
            while True:
                with contextlib.suppress(Unreachable):  # however long the homeserver is away
                    await self._sync()
        finally:
            await self._tell()  # whoever waits shall learn that nothing more will come

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _sync(self) -> None:
        since = self._since
        query = {"filter": json.dumps(FILTER), "timeout": str(SYNC_SECONDS * 1000 if since else 0)}
        body = await self._connection.call("GET", "/sync", query=query | ({"since": since} if since else {}))
        rooms = body.get("rooms", {})
        for room_id, room in rooms.get("join", {}).items():
            timeline = room["timeline"]
            if timeline.get("limited") and since:
                self._remember(room_id, await self._earlier(room_id, start=timeline["prev_batch"], stop=since))
            self._remember(room_id, timeline["events"])
        for room_id, room in rooms.get("leave", {}).items():
            self._remember(room_id, room.get("timeline", {}).get("events", []))
        for room_id in rooms.get("invite", {}):
            if self.auto_join:
                with contextlib.suppress(Refused):  # withdrawn in the meantime
                    await self.join(room_id)
            self._invitations.append(room_id)
        self._since = body["next_batch"]
        await self._tell()

    async def _earlier(self, room_id: str, *, start: str | None = None, stop: str | None = None) -> list[Json]:
        """The events before `start` (None: the end of the room) back to `stop` (None: its beginning), oldest first."""
        events: list[Json] = []
        query = {"dir": "b", "limit": str(TIMELINE_LIMIT)} | ({"to": stop} if stop else {})
        while True:
            position = {"from": start} if start else {}
            page = await self._connection.call("GET", f"/rooms/{quoted(room_id)}/messages", query=query | position)
            events += page["chunk"]
            start = page.get("end")
            if start is None:
                return events[::-1]

    def _remember(self, room_id: str, events: Iterable[Json]) -> None:
        timeline = self._timelines.setdefault(room_id, [])
        for event in events:
            if event["event_id"] not in self._known:  # a sync that broke off is repeated from its beginning
                self._known.add(event["event_id"])
                timeline.append(event | {"room_id": room_id})
                if self._hears is not None:
                    self._hears(timeline[-1])


async def registered(
    homeserver: Homeserver, name: str, display_name: str | None = None, *, auto_join: bool = False
) -> Person:
    """Somebody new on this homeserver: registered, logged in, listening. To be closed, or used in `async with`."""
    password = secrets.token_urlsafe(12)
    user_id = await homeserver.register(name, password, display_name=display_name)
    person = Person(homeserver.url, user_id, password, auto_join=auto_join)
    await person.login()
    return person


def relates_to(event: Json) -> set[str]:
    """The IDs of the events that this one answers, reacts to, votes in, edits or takes back; anybody may write it."""
    relation = event["content"].get("m.relates_to")
    named = [event.get("redacts")]
    if isinstance(relation, dict):
        answered = relation.get("m.in_reply_to")
        named += [relation.get("event_id"), answered.get("event_id") if isinstance(answered, dict) else None]
    return {event_id for event_id in named if event_id and isinstance(event_id, str)}


def summary(event: Json) -> str:
    """One line for a person who looks for a mistake."""
    content = event["content"]
    text = content.get("body") or json.dumps(content, ensure_ascii=False)
    return f"{event['event_id'][:8]}… {event['sender']} {event['type']}: {text[:200]}"

"""What really stands there, seen by somebody who shares no code with the bot: the homeserver's administrator, and SQL.

A command is what people say with an exclamation mark. Each is answered by exactly one event that relates to it; each
`!idee` is numbered, so that one that was carried out twice, or not, shows in the numbers of all.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.demo.connection import Connection, Json, quoted
from bot.demo.homeserver import Homeserver
from bot.demo.person import relates_to
from tests.crash.database import rows_of
from tests.crash.process import PASSWORD

PAGE = 500
PATIENCE = 120  # seconds until everything that waited has gone out, on a busy machine
NOTED = re.compile(r"I(\d+) notiert")
UNSENT = "SELECT id, key, action, state, coalesce(problem, '') FROM outbox WHERE state != 'sent' ORDER BY id"


@dataclass
class Oracle:
    """Sees every room of a homeserver, and the database of the bot whose Matrix ID is `us`."""

    admin: Connection
    homeserver: Homeserver
    us: str
    database: str
    """A file of SQLite's, or postgresql://…"""

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a question to the database gives."""
        return rows_of(self.database, statement)

    async def history(self, room: str) -> list[Json]:
        """The whole room, oldest first; the administrator need not be in it."""
        found: list[Json] = []
        start: str | None = None
        while True:
            query = {"dir": "b", "limit": str(PAGE)} | ({"from": start} if start else {})
            page = await self.call("GET", f"/v1/rooms/{quoted(room)}/messages", query=query)
            found += page["chunk"]
            start = page.get("end")
            if start is None or not page["chunk"]:
                return found[::-1]

    async def rooms(self) -> list[str]:
        """Every room that the bot is in."""
        return list((await self.call("GET", f"/v1/users/{quoted(self.us)}/joined_rooms"))["joined_rooms"])

    async def call(self, method: str, path: str, body: Json | None = None, query: dict[str, str] | None = None) -> Json:
        """A request to Synapse's API for administrators; `path` begins with its version."""
        return await self.admin.call(method, path, body, query=query)

    def ours(self, history: Iterable[Json]) -> list[Json]:
        """What the bot posted, reactions included; no state."""
        return [event for event in history if event["sender"] == self.us and "state_key" not in event]

    def commands(self, history: Iterable[Json]) -> list[Json]:
        """What people said with an exclamation mark, in the room's order."""
        return [
            event
            for event in history
            if event["sender"] != self.us and str(event["content"].get("body", "")).startswith("!")
        ]

    def answers(self, history: list[Json]) -> dict[str, list[Json]]:
        """To each command, what the bot posted about it."""
        found: dict[str, list[Json]] = {event["event_id"]: [] for event in self.commands(history)}
        for event in self.ours(history):
            for about in relates_to(event) & found.keys():
                found[about].append(event)
        return found

    def faults(self, history: list[Json]) -> tuple[int, int]:
        """How many commands have no answer, and how many more than one."""
        numbers = [len(about) for about in self.answers(history).values()]
        return numbers.count(0), sum(number > 1 for number in numbers)

    def ideas(self, histories: Iterable[list[Json]]) -> list[int]:
        """The numbers of all ideas that were noted: 1, 2, 3 … without a hole where each was carried out once."""
        said = [str(event["content"].get("body", "")) for history in histories for event in self.ours(history)]
        return sorted(int(found[1]) for body in said if (found := NOTED.match(body)))

    def twice(self, histories: Iterable[list[Json]]) -> list[str]:
        """Posts of ours that no row has been sent as, and rows that were sent as several: each is one post too many."""
        ours = Counter(event["event_id"] for history in histories for event in self.ours(history))
        sent = Counter(own for (own,) in self.rows("SELECT event_id FROM outbox WHERE event_id IS NOT NULL"))
        return [own for own in ours if sent[own] != 1]

    def missing(self, histories: Iterable[list[Json]]) -> list[str]:
        """Rows that say they were sent, and stand in no room."""
        ours = {event["event_id"] for history in histories for event in self.ours(history)}
        posted = "SELECT event_id FROM outbox WHERE event_id IS NOT NULL AND event_type != ''"
        return [own for (own,) in self.rows(posted) if own not in ours]

    def unsent(self) -> list[tuple[Any, ...]]:
        """Rows that were not sent; pinning and the like need a power we may lack."""
        return [row for row in self.rows(UNSENT) if row[2] not in ("pin", "state")]

    async def drained(self, patience: float = PATIENCE) -> None:
        """Return when nothing waits to be sent. Raises TimeoutError with what does, after `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                while any(row[3] == "waiting" for row in self.rows(UNSENT)):  # noqa: ASYNC110 - of another process
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise TimeoutError(f"after {patience:g} s still waiting: {self.unsent()[:10]}") from None


async def administrator(homeserver: Homeserver, name: str) -> Connection:
    """Somebody with the powers of Synapse's administrator; to be closed."""
    user_id = await homeserver.register(name, PASSWORD, admin=True)
    identifier = {"type": "m.id.user", "user": user_id}
    login = {"type": "m.login.password", "identifier": identifier, "password": PASSWORD}
    signing_in = Connection(homeserver.url, timeout=120)
    admin = Connection(homeserver.url, timeout=120, api="/_synapse/admin")
    try:
        admin.token = (await signing_in.call("POST", "/login", login))["access_token"]
    finally:
        await signing_in.close()
    return admin

"""The rooms and people of a shard on a real Synapse, started here with its own SQLite, for `benchmarks.municipalities`.

`python -m benchmarks.shard_synapse PORT NETWORKS MUNICIPALITIES PEOPLE FOLDER`. The people are users of an application
service, so that none of them has to log in. A second session of the bot's account watches when its answers stand.
`/bench/named` tells what rooms and polls are called here and where the homeserver is, `/bench/crowd` plays people,
`/bench/posted` counts the bot's posts.
"""

import asyncio
import json
import secrets
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import web

from benchmarks.crowd import MESSAGE, TAPPED, Act, acts
from benchmarks.fake_homeserver import serve
from benchmarks.shard import BALLOTS, OPERATOR, SERVER, US, Shard, person_id, plenary, poll
from bot.demo.connection import Connection, Json, quoted
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person, relates_to

PASSWORD = "geheim"
AT_ONCE = 8  # requests while the rooms are made
PATIENCE = 60.0  # seconds for the last answer
VERSION = "11"  # the maker of a newer room may not be named among its powers
COMMITTED = "SELECT event_id FROM cast_vote WHERE event_id = ANY(%s)"


@dataclass(slots=True)
class Said:
    """What somebody sent: from right before it until its answer was seen, or (clicks) it was committed."""

    kind: str
    event_id: str
    at: float
    end: float | None = None


class Crowd:
    """The people, their rooms, and what becomes of what they say."""

    def __init__(self, shard: Shard, folder: Path) -> None:
        service = {"id": "crowd", "url": None, "sender_localpart": "crowd", "rate_limited": False}
        self._tokens = {"as_token": secrets.token_hex(), "hs_token": secrets.token_hex()}
        people = {"users": [{"exclusive": False, "regex": f"@person[0-9]+:{SERVER}"}]}
        folder.mkdir(parents=True)
        file = folder / "crowd.yaml"
        file.write_text(json.dumps(service | self._tokens | {"namespaces": people}))  # JSON is YAML
        extra = {"app_service_config_files": [str(file)]}
        self.homeserver = Homeserver(folder / "homeserver", server_name=SERVER, extra=extra)
        self._shard = shard
        self._people = Connection(self.homeserver.url, timeout=60)
        self._people.token = self._tokens["as_token"]
        self._bot = Person(self.homeserver.url, US, PASSWORD, hears=self._hear)
        self._named: dict[str, str] = {}
        self._answered: dict[str, float] = {}
        self._posted = 0
        self._few = asyncio.Semaphore(AT_ONCE)

    async def begin(self, _app: web.Application) -> AsyncIterator[None]:
        """With the homeserver, and everybody in their rooms."""
        async with self.homeserver:
            for account in (US, OPERATOR):
                await self.homeserver.register(account[1:].partition(":")[0], PASSWORD)
            async with self._bot:
                await self._bot.go_offline()
                await self._together(self._registered(each) for each in range(self._shard.people))
                await self._together(self._room(room, people) for room, _, people in self._shard.rooms())
                await self._together(self._room(self._shard.direct(n), [n]) for n in range(self._shard.people))
                await self._together(
                    self._poll(n, place) for n in range(self._shard.networks) for place in range(BALLOTS)
                )
                self._bot.go_online()
                yield
        await self._people.close()

    async def named(self, _request: web.Request) -> web.Response:
        """Where the homeserver is, and what here is called what there."""
        return web.json_response({"url": self.homeserver.url, "pid": self.homeserver.pid, "names": self._named})

    async def counted(self, _request: web.Request) -> web.Response:
        """How many messages of the bot were seen."""
        return web.json_response(self._posted)

    async def crowd(self, request: web.Request) -> web.Response:
        """As `benchmarks.shard_homeserver` does it; of each the seconds until it was answered or committed."""
        order = await request.json()
        began, said = time.perf_counter(), list[Said]()
        looking = asyncio.create_task(self._look(said, order["database"]))
        async with asyncio.TaskGroup() as sending:
            for act in acts(self._shard, order):
                await asyncio.sleep(max(0.0, began + act.after - time.perf_counter()))
                sending.create_task(self._say(act, said))
        end = time.perf_counter() + PATIENCE
        while time.perf_counter() < end and not all(self._ended(each) for each in said):  # noqa: ASYNC110 - two sources
            await asyncio.sleep(0.1)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        took = [(each.kind, self._ended(each), each.at) for each in said]
        return web.json_response([(kind, end and end - at, None) for kind, end, at in took])

    async def _say(self, act: Act, said: list[Said]) -> None:
        content = act.content
        if act.kind == TAPPED:
            about = content["m.relates_to"]
            content = content | {"m.relates_to": about | {"event_id": self._named[about["event_id"]]}}
        before = time.perf_counter()
        path = f"/rooms/{quoted(self._named[act.room])}/send/{quoted(act.event_type)}/{secrets.token_hex(8)}"
        answer = await self._as(act.sender, "PUT", path, content)
        said.append(Said(act.kind, answer["event_id"], before))

    async def _look(self, said: list[Said], url: str) -> None:
        """Nobody answers a click: when it is committed is seen in the database."""
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as database:
            while True:
                waiting = [each for each in said if each.kind == TAPPED and each.end is None]
                if waiting:
                    found = await database.execute(COMMITTED, [[each.event_id for each in waiting]])
                    there, now = {event_id for (event_id,) in await found.fetchall()}, time.perf_counter()
                    for each in waiting:
                        each.end = now if each.event_id in there else None
                await asyncio.sleep(0.02)

    def _ended(self, each: Said) -> float | None:
        return each.end if each.kind == TAPPED else self._answered.get(each.event_id)

    def _hear(self, event: Json) -> None:
        if event["sender"] != US:
            return
        self._posted += event["type"] == MESSAGE
        for about in relates_to(event):
            self._answered.setdefault(about, time.perf_counter())

    async def _registered(self, number: int) -> None:
        account = {"type": "m.login.application_service", "username": f"person{number}", "inhibit_login": True}
        async with self._few:
            await self._people.call("POST", "/register", account)

    async def _room(self, room: str, people: list[int]) -> None:
        """Made by the first of them; the bot may do everything there."""
        maker, *others = (person_id(each) for each in people)
        wanted = {"preset": "public_chat", "room_version": VERSION, "name": room,
                  "power_level_content_override": {"users": {maker: 100, US: 100}}}  # fmt: skip
        async with self._few:
            made = str((await self._as(maker, "POST", "/createRoom", wanted))["room_id"])
            self._named[room] = made
            await self._bot.join(made)
            for each in others:
                await self._as(each, "POST", f"/join/{quoted(made)}", {})

    async def _poll(self, network: int, ballot: int) -> None:
        said = f"Stimmen Sie {ballot + 1} zu?"
        answers = [{"id": each, "org.matrix.msc1767.text": each} for each in ("yes", "no", "abstain")]
        start = {"kind": "org.matrix.msc3381.poll.disclosed", "max_selections": 1,
                 "question": {"org.matrix.msc1767.text": said}, "answers": answers}  # fmt: skip
        content = {"org.matrix.msc3381.poll.start": start, "org.matrix.msc1767.text": said}
        room = self._named[plenary(network)]
        self._named[poll(network, ballot)] = await self._bot.send(room, "org.matrix.msc3381.poll.start", content)

    async def _as(self, person: str, method: str, path: str, body: Json) -> Json:
        return await self._people.call(method, path, body, query={"user_id": person})

    @staticmethod
    async def _together(doing: Iterable[Coroutine[Any, Any, None]]) -> None:
        async with asyncio.TaskGroup() as group:
            for each in doing:
                group.create_task(each)


def main() -> None:
    """Serve until stopped."""
    port, networks, municipalities, people, folder = sys.argv[1:]

    async def made() -> web.Application:
        crowd = Crowd(Shard(int(networks), int(municipalities), int(people)), Path(folder))
        app = web.Application()
        app.cleanup_ctx.append(crowd.begin)
        app.router.add_post("/bench/named", crowd.named)
        app.router.add_post("/bench/crowd", crowd.crowd)
        app.router.add_post("/bench/posted", crowd.counted)
        return app

    serve(made(), int(port))


if __name__ == "__main__":
    main()

"""A homeserver that does nothing but keep time: it says when a client saw an event and when it answered.

It runs in a process of its own, answers from memory, and knows no permissions. Like a real one it shows every sent
event again by /sync, under its transaction ID. What it cannot do (history, media, encryption) the measured paths never
ask for.

`/bench/…` is ours: `one_by_one` and `at_once` play commands and return what the clock said.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from benchmarks.fake_keys import Keys

Json = dict[str, Any]

SERVER = "bench.example"
CLIENT = "/_matrix/client/v3"
US, ANNA = f"@bot:{SERVER}", f"@anna:{SERVER}"
PEOPLE = [ANNA, *(f"@person{number}:{SERVER}" for number in range(1, 10))]


def state(kind: str, key: str, content: Json, sender: str = ANNA) -> Json:
    return event(kind, content, sender) | {"state_key": key}


def event(kind: str, content: Json, sender: str) -> Json:
    event.count += 1  # type: ignore[attr-defined]  # one counter for all event IDs
    now = int(time.time() * 1000)
    return {
        "type": kind,
        "event_id": f"$event{event.count:08d}",  # type: ignore[attr-defined]
        "sender": sender,
        "origin_server_ts": now,
        "content": content,
        "unsigned": {},
    }


event.count = 0  # type: ignore[attr-defined]


class Homeserver:
    """Rooms with ten people and one bot; the bot is in them, or invited to them."""

    def __init__(self, rooms: int, *, invited: bool) -> None:
        self.rooms = {f"!room{number}:{SERVER}": self._room(number) for number in range(rooms)}
        self.joined_at = dict.fromkeys(self.rooms, None if invited else 0)
        self.stream: list[tuple[str, Json]] = []
        self.news = asyncio.Condition()
        self.asleep = 0  # up to where the client that waits at /sync has read
        self.shown: dict[str, float] = {}
        self.asked: dict[int, float] = {}
        self.answered: dict[str, float] = {}

    @staticmethod
    def _room(number: int) -> list[Json]:
        return [
            state("m.room.create", "", {"room_version": "10", "creator": ANNA}),
            *(state("m.room.member", person, {"membership": "join"}, person) for person in PEOPLE),
            state("m.room.member", US, {"membership": "join"}, US),
            state("m.room.name", "", {"name": f"Gruppe {number}"}),
        ]

    # What a client asks

    async def sync(self, request: web.Request) -> web.Response:
        since, full = int(request.query.get("since", "0")), request.query.get("full_state") == "true"
        self.asked.setdefault(since, time.perf_counter())
        if not full and "since" in request.query and since == len(self.stream):
            await self._wait(since, float(request.query.get("timeout", "0")) / 1000)
        until = len(self.stream)
        body = json.dumps(self._answer(since, until, first=full or "since" not in request.query)).encode()
        now = time.perf_counter()
        for _, shown in self.stream[since:until]:
            self.shown.setdefault(shown["event_id"], now)
        return web.Response(body=body, content_type="application/json")

    async def _wait(self, since: int, seconds: float) -> None:
        async with self.news:
            self.asleep = since
            self.news.notify_all()
            try:
                async with asyncio.timeout(seconds):
                    await self.news.wait_for(lambda: len(self.stream) > since)
            except TimeoutError:
                pass
            self.asleep = -1

    def _answer(self, since: int, until: int, *, first: bool) -> Json:
        timelines: dict[str, list[Json]] = {}
        for room_id, shown in self.stream[since:until]:
            timelines.setdefault(room_id, []).append(shown)
        joined, invited = {}, {}
        for room_id, room in self.rooms.items():
            at = self.joined_at[room_id]
            if at is None:
                own = state("m.room.member", US, {"membership": "invite"})
                invited[room_id] = {"invite_state": {"events": [own]}}
            elif first or room_id in timelines:
                timeline = {"events": timelines.get(room_id, []), "limited": False, "prev_batch": str(since)}
                joined[room_id] = {
                    "timeline": timeline,
                    "state": {"events": room if first or (at and since <= at <= until) else []},
                    "summary": {},
                }
        return {
            "next_batch": str(until),
            "rooms": {"join": joined, "invite": invited if first else {}, "leave": {}},
            "device_one_time_keys_count": {"signed_curve25519": 50},
            "to_device": {"events": []},
            "device_lists": {"changed": [], "left": []},
        }

    async def join(self, request: web.Request) -> web.Response:
        room_id = request.match_info["room"]
        if self.joined_at[room_id] is None:
            entered = state("m.room.member", US, {"membership": "join"}, US)
            entered["unsigned"] = {"prev_content": {"membership": "invite"}, "prev_sender": ANNA}
            self.joined_at[room_id] = len(self.stream) + 1
            await self._add([(room_id, entered)])
        return web.json_response({"room_id": room_id})

    async def send(self, request: web.Request) -> web.Response:
        arrived, content = time.perf_counter(), await request.json()
        sent = event(request.match_info["type"], content, US)
        sent["unsigned"] = {"transaction_id": request.match_info["txn"]}
        about = content.get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
        self.answered.setdefault(about, arrived)
        await self._add([(request.match_info["room"], sent)])
        return web.json_response({"event_id": sent["event_id"]})

    async def _add(self, events: list[tuple[str, Json]]) -> None:
        async with self.news:
            self.stream += events
            self.news.notify_all()

    # What a benchmark asks

    async def one_by_one(self, request: web.Request) -> web.Response:
        """`count` commands, each after the answer to the last; the seconds from our /sync answer to the PUT."""
        order = await request.json()
        seconds = []
        for _ in range(order["count"]):
            [said] = await self._say(order["body"], 1, 0)
            async with self.news:
                await self.news.wait_for(lambda said=said: said in self.answered)  # type: ignore[misc]  # mypy infers no default arguments
            await self._until_read()
            await asyncio.sleep(0.002)
            seconds.append(self.answered[said] - self.shown[said])
        return web.json_response(seconds)

    async def at_once(self, request: web.Request) -> web.Response:
        """`commands` and `talk` in one answer of /sync; the seconds until the next /sync and until the last PUT.

        A bot that commits before it asks again has committed all of it by then.
        """
        order = await request.json()
        await self._until_read()
        before = len(self.stream)
        said = await self._say(order["body"], order["commands"], order["talk"])
        async with self.news:
            await self.news.wait_for(lambda: all(key in self.answered for key in said))
        await self._until_read()
        told = self.shown[self.stream[before][1]["event_id"]]
        last = max((self.answered[key] for key in said), default=told)
        asked = self.asked[before + order["commands"] + order["talk"]]
        return web.json_response({"asked": asked - told, "answered": last - told})

    async def _say(self, body: str, commands: int, talk: int) -> list[str]:
        """Commands evenly among talk, evenly over rooms and people; the IDs of the commands."""
        rooms, said, events = list(self.rooms), [], []
        for number in range(commands + talk):
            is_command = (number + 1) * commands // (commands + talk) > number * commands // (commands + talk)
            text = body if is_command else f"Guten Morgen, dazu sage ich gleich noch etwas ({number})."
            person = PEOPLE[number % len(PEOPLE)]
            new = event("m.room.message", {"msgtype": "m.text", "body": text, "m.mentions": {}}, person)
            events.append((rooms[number % len(rooms)], new))
            if is_command:
                said.append(new["event_id"])
        await self._add(events)
        return said

    async def _until_read(self) -> None:
        """Wait until the client waits at /sync and has seen everything."""
        async with self.news:
            await self.news.wait_for(lambda: self.asleep == len(self.stream))

    async def joined(self, _request: web.Request) -> web.Response:
        """Wait until the client is in all rooms and waits for news."""
        async with self.news:
            await self.news.wait_for(lambda: None not in self.joined_at.values())
        await self._until_read()
        return web.json_response({})


def always(answer: Json) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that knows one answer."""

    async def handle(_request: web.Request) -> web.Response:
        return web.json_response(answer)

    return handle


async def no_power(request: web.Request) -> web.Response:
    """Nothing stands there, and nothing may be pinned here."""
    if request.method == "GET":
        return web.json_response({"errcode": "M_NOT_FOUND", "error": "none"}, status=404)
    return web.json_response({"errcode": "M_FORBIDDEN", "error": "no power"}, status=403)


def application(homeserver: Homeserver) -> web.Application:
    app = web.Application(client_max_size=2**26)
    fixed: dict[tuple[str, str], Json] = {
        ("GET", "/_matrix/client/versions"): {"versions": ["v1.11"]},
        ("GET", f"{CLIENT}/account/whoami"): {"user_id": US},
        ("POST", f"{CLIENT}/user/{{user}}/filter"): {"filter_id": "1"},
    }
    for (method, path), answer in fixed.items():
        app.router.add_route(method, path, always(answer))
    Keys(US).serve(app)
    app.router.add_get(f"{CLIENT}/sync", homeserver.sync)
    app.router.add_post(f"{CLIENT}/join/{{room}}", homeserver.join)
    app.router.add_post(f"{CLIENT}/rooms/{{room}}/join", homeserver.join)
    app.router.add_put(f"{CLIENT}/rooms/{{room}}/send/{{type}}/{{txn}}", homeserver.send)
    app.router.add_route("*", f"{CLIENT}/rooms/{{room}}/state/{{rest:.*}}", no_power)
    app.router.add_post("/bench/one_by_one", homeserver.one_by_one)
    app.router.add_post("/bench/at_once", homeserver.at_once)
    app.router.add_post("/bench/joined", homeserver.joined)
    return app


def serve(app: Awaitable[web.Application], port: int) -> None:
    """Serve until stopped; says that it listens."""

    def listening(*_: object) -> None:
        print("listening", flush=True)

    web.run_app(app, host="127.0.0.1", port=port, print=listening, access_log=None, shutdown_timeout=0.1)


def main() -> None:
    """`python -m benchmarks.fake_homeserver PORT ROOMS invited|joined`"""
    port, rooms, membership = sys.argv[1:]

    async def made() -> web.Application:
        return application(Homeserver(int(rooms), invited=membership == "invited"))

    serve(made(), int(port))


if __name__ == "__main__":
    main()

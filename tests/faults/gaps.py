"""A homeserver from which a bot that was away has to fetch what it missed: limited timelines, and pages of history.

It runs in a process of its own and answers from memory, so that what a run takes is the bot's time. Its pages are as
nasty as the specification allows: some are empty and go on all the same, some repeat what the timeline holds, and among
the talk stand events that nobody can read. Like a real one it takes a transaction ID once.

`/bench/…` is ours: `gap` says a lot at once, `told` what was sent here, `until` waits for answers.
"""

import asyncio
import contextlib
import json
import random
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

from benchmarks.fake_homeserver import ANNA, CLIENT, PEOPLE, US, Homeserver, Json, application, event
from benchmarks.processes import free_port
from tests.crash.process import PATIENCE, Installation

LONGEST = 150  # seconds until nobody waits for answers any more
TIMELINE = 100  # events, as our filter asks for
NONSENSE: tuple[Json, ...] = (
    {"type": "m.room.message", "content": None},
    {"type": "m.room.message", "content": {"msgtype": "m.text", "body": ["!idee nie"]}},
    {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "!idee nie"}, "origin_server_ts": "gestern"},
    {"type": "m.room.encrypted", "content": {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AAAA"}},
    {"type": 7, "content": {}},
)
"""What stands between the talk; each as it differs from an event that could be read."""


class Gapped(Homeserver):
    """Shows at most the last events of each room, and the rest by pages."""

    def __init__(self, rooms: int, seed: int) -> None:
        super().__init__(rooms, invited=True)
        self.dice = random.Random(seed)
        self.sent: list[Json] = []
        self.said: list[Json] = []
        self._transactions: dict[tuple[str, str], str] = {}

    def _answer(self, since: int, until: int, *, first: bool) -> Json:
        answer = super()._answer(since, until, first=first)
        places: dict[str, list[int]] = {}
        for place in range(since, until):
            places.setdefault(self.stream[place][0], []).append(place)
        for room_id, room in answer["rooms"]["join"].items():
            if len(mine := places.get(room_id, [])) > TIMELINE:
                room["timeline"] = {
                    "events": [self.stream[place][1] for place in mine[-TIMELINE:]],
                    "limited": True,
                    "prev_batch": str(mine[-TIMELINE]),
                }
        return answer

    async def messages(self, request: web.Request) -> web.Response:
        """The page before `from`, newest first; a token is a place in the stream, and whether its page was empty."""
        room_id, limit = request.match_info["room"], int(request.query["limit"])
        place, _, empty = request.query.get("from", str(len(self.stream))).partition("~")
        start, to = int(place), int(request.query.get("to", "0").partition("~")[0])
        if not empty and self.dice.random() < 0.2:
            return web.json_response({"chunk": [], "start": str(start), "end": f"{start}~empty"})
        mine = [each for each in range(to, start) if self.stream[each][0] == room_id]
        page, rest = mine[-limit:], mine[:-limit]
        chunk = [self.stream[each][1] for each in reversed(page)]
        after = [each for each in range(start, min(start + 200, len(self.stream))) if self.stream[each][0] == room_id]
        again = [self.stream[each][1] for each in reversed(after[:3])]
        return web.json_response(
            {"chunk": again + chunk, "start": str(start)} | ({"end": str(page[0])} if rest else {})
        )

    async def send(self, request: web.Request) -> web.Response:
        room_id, transaction = request.match_info["room"], request.match_info["txn"]
        if (known := self._transactions.get((room_id, transaction))) is not None:
            return web.json_response({"event_id": known})
        content = await request.json()
        answer = await super().send(request)
        event_id = json.loads(answer.body)["event_id"]  # type: ignore[arg-type]  # bytes
        self._transactions[room_id, transaction] = event_id
        relation = content.get("m.relates_to", {})
        about = relation.get("m.in_reply_to", {}).get("event_id") or relation.get("event_id")
        self.sent.append({"room": room_id, "about": about, "at": time.time(), "event_id": event_id})
        return answer

    # What a row asks

    async def gap(self, request: web.Request) -> web.Response:
        """Say `events` in each of `rooms`, `commands` of them commands, evenly: `words`, each with its number.

        `people` say it in turn (all, unless named). With `nonsense` a tenth of the talk is what nobody can read.
        """
        order = await request.json()
        rooms = [list(self.rooms)[number] for number in order.get("rooms", range(len(self.rooms)))]
        events, commands, people = order["events"], order["commands"], order.get("people", PEOPLE)
        new: list[tuple[str, Json]] = []
        for number in range(events):
            is_command = (number + 1) * commands // events > number * commands // events
            for room_id in rooms:
                words = f"{order['words']} {len(self.said)}" if is_command else f"Dazu gleich mehr, {number}."
                said = event("m.room.message", {"msgtype": "m.text", "body": words, "m.mentions": {}}, "")
                said["sender"] = people[number % len(people)]
                if is_command:
                    self.said.append({"room": room_id, "event_id": said["event_id"], "at": time.time()})
                elif order.get("nonsense") and self.dice.random() < 0.1:
                    said |= self.dice.choice(NONSENSE)
                new.append((room_id, said))
        await self._add(new)
        return web.json_response({})

    async def told(self, _request: web.Request) -> web.Response:
        """What people said that is a command, and what the bot sent; each in its order."""
        return web.json_response({"said": self.said, "sent": self.sent, "end": len(self.stream)})

    async def until(self, request: web.Request) -> web.Response:
        """Wait until so many different commands are `answered`, but not for ever: a row is to say what is lost."""
        wanted = (await request.json())["answered"]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._answered(wanted), LONGEST)
        return web.json_response({})

    async def _answered(self, wanted: int) -> None:
        async with self.news:
            await self.news.wait_for(lambda: len({each["about"] for each in self.sent if each["about"]}) >= wanted)


@dataclass
class Away:
    """What a row has of such a homeserver."""

    url: str
    _session: aiohttp.ClientSession

    async def ask(self, what: str, **order: Any) -> Json:
        """`/bench/…`"""
        async with self._session.post(f"{self.url}/bench/{what}", json=order) as answer:
            assert answer.status == 200, await answer.text()
            return dict(await answer.json())

    def installation(self, folder: Path) -> Installation:
        """A bot's, whom Anna coordinates."""
        return Installation.make(folder / f"bot-{secrets.token_hex(3)}", self.url, US, ANNA)

    @classmethod
    @asynccontextmanager
    async def made(cls, rooms: int, seed: int) -> AsyncIterator[Self]:
        """With so many rooms, to all of which the bot is invited."""
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.gaps", str(port), str(rooms), str(seed)),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(PATIENCE):
                assert await process.stdout.readline() == b"listening\n"
            timeout = aiohttp.ClientTimeout(total=600)
            async with aiohttp.ClientSession(timeout=timeout) as session:
                yield cls(f"http://127.0.0.1:{port}", session)
        finally:
            process.kill()
            await process.wait()


def main() -> None:
    """`python -m tests.faults.gaps PORT ROOMS SEED`"""
    port, rooms, seed = map(int, sys.argv[1:])

    async def made() -> web.Application:
        homeserver = Gapped(rooms, seed)
        app = application(homeserver)
        app.router.add_get(f"{CLIENT}/rooms/{{room}}/messages", homeserver.messages)
        app.router.add_post("/bench/gap", homeserver.gap)
        app.router.add_post("/bench/told", homeserver.told)
        app.router.add_post("/bench/until", homeserver.until)
        return app

    def listening(*_: object) -> None:
        print("listening", flush=True)

    web.run_app(made(), host="127.0.0.1", port=port, print=listening, access_log=None, shutdown_timeout=0.1)


if __name__ == "__main__":
    main()

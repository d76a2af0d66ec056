"""The homeserver of `fake_homeserver` with polls that people vote in, and what the libraries of others ask for besides.

`/bench/…` has more: `talked` says something, `opened` waits for a poll, `vote_by_vote` and `votes_at_once` vote in it.
Nobody answers a vote: it has arrived when the client waits for what comes after it, which a bot that commits first does
when it is committed. A client that posted no poll sees the same votes, in a poll that it does not know.
"""

import asyncio
import sys
import time

from aiohttp import web

from benchmarks.fake_homeserver import ANNA, CLIENT, PEOPLE, SERVER, US, Homeserver, Json, application, event, state

POLL, RESPONSE = "org.matrix.msc3381.poll.start", "org.matrix.msc3381.poll.response"
ANSWERS = ("yes", "no", "abstain")


class Polled(Homeserver):
    """Its rooms, and direct chats as the client opens them."""

    def __init__(self, rooms: int, *, invited: bool) -> None:
        super().__init__(rooms, invited=invited)
        self.rested: dict[int, float] = {}

    async def sync(self, request: web.Request) -> web.Response:
        """A client that has time to wait has nothing left to do; one that has asks at once for what else is new."""
        if float(request.query.get("timeout", "0")) > 0:
            async with self.news:
                self.rested.setdefault(int(request.query.get("since", "0")), time.perf_counter())
                self.news.notify_all()
        return await super().sync(request)

    async def create(self, request: web.Request) -> web.Response:
        """A room with the client alone; whom it invites does not come."""
        await request.json()
        room_id = f"!made{len(self.rooms)}:{SERVER}"
        entered = state("m.room.member", US, {"membership": "join"}, US)
        self.rooms[room_id] = [state("m.room.create", "", {"room_version": "10", "creator": US}, US), entered]
        self.joined_at[room_id] = len(self.stream) + 1
        await self._add([(room_id, entered)])
        return web.json_response({"room_id": room_id})

    async def entered(self, _request: web.Request) -> web.Response:
        """The rooms that the client is in."""
        return web.json_response({"joined_rooms": [room for room, at in self.joined_at.items() if at is not None]})

    # What a benchmark asks

    async def talked(self, _request: web.Request) -> web.Response:
        """A word in the first room: who asks now for what is new need not wait for it."""
        said = event("m.room.message", {"msgtype": "m.text", "body": "Guten Morgen", "m.mentions": {}}, ANNA)
        await self._add([(next(iter(self.rooms)), said)])
        return web.json_response({})

    async def opened(self, _request: web.Request) -> web.Response:
        """Wait for the client's poll, and until it has read everything."""
        async with self.news:
            await self.news.wait_for(lambda: any(shown["type"] == POLL for _, shown in self.stream))
        await self._until_read()
        return web.json_response({})

    async def vote_by_vote(self, request: web.Request) -> web.Response:
        """`count` votes, each when the last one has arrived; the seconds from our /sync answer until it has."""
        order = await request.json()
        seconds = []
        for number in range(order["count"]):
            seconds.append(await self._voted(number, 1))
            await asyncio.sleep(0.002)
        return web.json_response(seconds)

    async def votes_at_once(self, request: web.Request) -> web.Response:
        """`count` votes in one answer of /sync; the seconds until they have arrived."""
        return web.json_response(await self._voted(0, (await request.json())["count"]))

    async def _voted(self, first: int, count: int) -> float:
        await self._until_read()
        known = ((room_id, shown["event_id"]) for room_id, shown in self.stream if shown["type"] == POLL)
        room_id, poll = next(known, (next(iter(self.rooms)), "$poll"))
        said = [(room_id, _vote(poll, number)) for number in range(first, first + count)]
        before = len(self.stream)
        await self._add(said)
        async with self.news:
            await self.news.wait_for(lambda: max(self.rested, default=0) >= before + count)
        rested = min(at for place, at in self.rested.items() if place >= before + count)
        return rested - self.shown[said[0][1]["event_id"]]


def _vote(poll: str, number: int) -> Json:
    """People vote in turn, and differently in each round."""
    turn, person = divmod(number, len(PEOPLE))
    content = {
        "m.relates_to": {"rel_type": "m.reference", "event_id": poll},
        RESPONSE: {"answers": [ANSWERS[(turn + person) % len(ANSWERS)]]},
    }
    return event(RESPONSE, content, PEOPLE[person])


def form(title: str) -> str:
    """What Anna says to put a question to the vote of the people in the room."""
    assert PEOPLE[0] == ANNA  # the first command of all is hers
    return f"!konsultation neu {title}\nFrage: Stimmen Sie zu?\nWahlberechtigt: Personen\nSchluss: in 3 Tagen"


def served(homeserver: Polled) -> web.Application:
    """All that can be asked."""
    app = application(homeserver)
    app.router.add_post(f"{CLIENT}/createRoom", homeserver.create)
    app.router.add_get(f"{CLIENT}/joined_rooms", homeserver.entered)
    app.router.add_post("/bench/talked", homeserver.talked)
    app.router.add_post("/bench/opened", homeserver.opened)
    app.router.add_post("/bench/vote_by_vote", homeserver.vote_by_vote)
    app.router.add_post("/bench/votes_at_once", homeserver.votes_at_once)
    return app


def main() -> None:
    """`python -m benchmarks.fake_polls PORT ROOMS invited|joined`"""
    port, rooms, membership = sys.argv[1:]

    async def made() -> web.Application:
        return served(Polled(int(rooms), invited=membership == "invited"))

    def listening(*_: object) -> None:
        print("listening", flush=True)

    web.run_app(made(), host="127.0.0.1", port=int(port), print=listening, access_log=None, shutdown_timeout=0.1)


if __name__ == "__main__":
    main()

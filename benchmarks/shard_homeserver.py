"""The homeserver of `benchmarks.municipalities`: the rooms of one shard, and people who vote and write at random times.

`python -m benchmarks.shard_homeserver PORT NETWORKS MUNICIPALITIES PEOPLE POSTS_A_SECOND`. It takes one post after the
other, at most so many a second (0: as they come), as one Synapse does. `/bench/crowd` plays people, `/bench/posted`
tells how many posts stand.
"""

import asyncio
import sys
import time
from dataclasses import dataclass

from aiohttp import web

from benchmarks.crowd import TAPPED, acts
from benchmarks.fake_homeserver import Homeserver, Json, application, event, serve, state
from benchmarks.shard import OPERATOR, US, Shard, person_id


@dataclass(slots=True)
class Said:
    """What somebody said: when it reached the homeserver, and up to which place of its stream."""

    kind: str
    event_id: str
    at: float
    place: int


class Crowded(Homeserver):
    """The rooms of a shard."""

    def __init__(self, shard: Shard, pace: float) -> None:
        super().__init__(0, invited=False)
        self.shard = shard
        named = [(room, [person_id(each) for each in people]) for room, _, people in shard.rooms()]
        named += [(shard.direct(each), [person_id(each)]) for each in range(shard.people)]
        self.rooms = {room: _state(room, people) for room, people in named}
        self.joined_at = dict.fromkeys(self.rooms, 0)
        self.posted = 0
        self._pause = 1 / pace if pace else 0.0
        self._one = asyncio.Lock()

    def _answer(self, since: int, until: int, *, first: bool) -> Json:
        """The full state is asked for once; later answers name only the rooms in which something happened."""
        everything = self.rooms
        if not first:
            self.rooms = {room: [] for room in dict.fromkeys(room for room, _ in self.stream[since:until])}
        try:
            return super()._answer(since, until, first=first)
        finally:
            self.rooms = everything

    async def send(self, request: web.Request) -> web.Response:
        """It stands when it has been taken; a reaction is an answer, too."""
        content = await request.json()
        if self._pause:
            async with self._one:
                await asyncio.sleep(self._pause)
        self.posted += 1
        if request.match_info["type"] == "m.reaction":
            self.answered.setdefault(content["m.relates_to"]["event_id"], time.perf_counter())
        return await super().send(request)

    async def counted(self, _request: web.Request) -> web.Response:
        """How many posts were taken."""
        return web.json_response(self.posted)

    async def crowd(self, request: web.Request) -> web.Response:
        """So many `votes` and `commands` a second for so many `seconds`, at random times from `seed`.

        Of each, from its arrival here: the seconds until its answer stands, or (clicks, which nobody answers) until it
        is committed, that is until /sync is asked for what comes after it; and the same from the answer of /sync that
        it was handed out with. None: not within a minute.
        """
        order = await request.json()
        said: list[Said] = []
        began = time.perf_counter()
        for act in acts(self.shard, order):
            await asyncio.sleep(max(0.0, began + act.after - time.perf_counter()))
            new = event(act.event_type, act.content, act.sender)
            await self._add([(act.room, new)])
            said.append(Said(act.kind, new["event_id"], time.perf_counter(), len(self.stream)))
        await self._until_all(said)
        return web.json_response([self._told(each) for each in said])

    async def _until_all(self, said: list[Said]) -> None:
        for _ in range(600):
            if all(self._end(each) is not None for each in said):
                return
            await asyncio.sleep(0.1)

    def _end(self, each: Said) -> float | None:
        if each.kind != TAPPED:
            return self.answered.get(each.event_id)
        return next(
            (self.asked[place] for place in range(each.place, len(self.stream) + 1) if place in self.asked), None
        )

    def _told(self, each: Said) -> tuple[str, float | None, float | None]:
        end = self._end(each)
        if end is None:
            return each.kind, None, None
        return each.kind, end - each.at, end - self.shown[each.event_id]


def _state(room: str, people: list[str]) -> list[Json]:
    members = [state("m.room.member", each, {"membership": "join"}, each) for each in (*people, US)]
    return [state("m.room.create", "", {"room_version": "10", "creator": OPERATOR}), *members]


def main() -> None:
    """Serve until stopped."""
    port, networks, municipalities, people, pace = sys.argv[1:]

    async def made() -> web.Application:
        crowded = Crowded(Shard(int(networks), int(municipalities), int(people)), float(pace))
        app = application(crowded)
        app.router.add_post("/bench/crowd", crowded.crowd)
        app.router.add_post("/bench/posted", crowded.counted)
        return app

    serve(made(), int(port))


if __name__ == "__main__":
    main()

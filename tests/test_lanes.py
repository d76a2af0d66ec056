"""How many rows go out at the same time, and how the homeserver's allowance is shared."""

import asyncio
import gc
import json
from dataclasses import dataclass, field

import pytest

from bot.errors import TryAgain
from bot.sending.lanes import AT_ONCE, IN_TURN, OF_ONE_PERSON, WIDE_AFTER, Lane, Pace, Slots
from bot.store.database import Database
from bot.store.outbox import Row
from tests.outboxes import Start, confirming_soon, row, sent, starting, store
from tests.sending import FakeSender

__all__ = ["confirming_soon", "starting"]


class Paced:
    """A lane, a clock that moves when somebody rests, and a homeserver with an allowance."""

    def __init__(self, every: float = 0.0) -> None:
        self.now = 0.0
        self.every = every
        self.free_at = 0.0
        self.refused = 0
        self.most = self.under_way = 0
        self.went: list[str] = []
        self.pace = Pace(self._rest, lambda: self.now)
        self.lane = Lane(AT_ONCE, self.pace)

    async def send(self, what: str, lane: Lane | None = None) -> None:
        """One row, until the homeserver takes it."""
        gone = False
        while not gone:
            async with (lane or self.lane).turn() as alone:
                gone = await self._attempt(what)
                while alone and not gone:
                    await self.pace.rested()
                    gone = await self._attempt(what)

    async def _attempt(self, what: str) -> bool:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if self.now >= self.free_at:
            self.free_at = self.now + self.every
            self.went.append(what)
            self.pace.went()
            return True
        self.refused += 1
        self.pace.patience(self.free_at - self.now)
        return False

    async def _rest(self, seconds: float) -> None:
        self.now += max(0.0, seconds)
        await asyncio.sleep(0)


async def test_a_lane_is_as_wide_as_it_says() -> None:
    paced = Paced()
    await asyncio.gather(*(paced.send(str(number)) for number in range(50)))
    assert (paced.most, paced.refused) == (AT_ONCE, 0)


async def test_who_is_limited_is_refused_once_a_row_at_most() -> None:
    """If each row waited for itself, all but one of eight would be refused again and again."""
    paced = Paced(every=5.0)
    await asyncio.gather(*(paced.send(str(number)) for number in range(100)))
    assert len(paced.went) == 100
    assert paced.refused <= 100 + AT_ONCE
    assert 5.0 * 99 <= paced.now <= 5.0 * 110, "and nobody waits longer than the homeserver wants"


async def test_it_is_wide_again_when_the_limit_is_gone() -> None:
    paced = Paced()
    paced.pace.patience(30.0)
    await asyncio.gather(*(paced.send(str(number)) for number in range(WIDE_AFTER)))
    assert (paced.most, paced.now) == (1, 30.0)
    await asyncio.gather(*(paced.send(str(number)) for number in range(50)))
    assert paced.most == AT_ONCE


async def test_direct_chats_are_written_to_at_once_again_after_a_refusal(database: Database, start: Start) -> None:
    """A row that has gone out has got its room; the lane that it went in is another one than that of rows in rooms."""
    waits = [TryAgain("429", 0.01, ours=True)]
    box = start(FakeSender(fault=lambda _post: waits.pop() if waits else None))
    await sent(box, database, *(row(f"{n}", None, person=f"@p{n}:example.org") for n in range(WIDE_AFTER)))
    assert not waits
    assert not box._lanes["direct"].pace.is_narrow


async def test_two_lanes_share_what_the_account_is_allowed() -> None:
    """If each had a pace of its own, one would spend what the other waits for, and might do so for ever."""
    paced = Paced(every=5.0)
    other = Lane(AT_ONCE, paced.pace)
    rows = [paced.send(f"{number}", other if number % 2 else None) for number in range(100)]
    await asyncio.gather(*rows)
    assert len(paced.went) == 100
    assert paced.refused <= 100 + 2 * AT_ONCE
    assert paced.now <= 5.0 * 110
    assert sum(int(each) % 2 for each in paced.went[:50]) >= 15, "neither waits for the other's end"


FLOOD, OTHERS = "@flut:example.org", "@anna:example.org"


@dataclass
class Door(FakeSender):
    """A homeserver at which each entrance takes until it is let go."""

    under_way: int = 0
    most: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def join(self, room_id: str) -> None:
        """Counts how many stand at it."""
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if "flut" in room_id:
            await self.open.wait()
        self.under_way -= 1
        await super().join(room_id)
        self.entered.set()


async def test_of_one_person_a_few_invitations_are_answered_at_a_time(database: Database, start: Start) -> None:
    """Who invites us into a thousand rooms waits; who invites us into one comes next, though they came last."""
    door = Door()
    flood = [_invitation(f"!flut{n}:example.org", FLOOD) for n in range(3 * AT_ONCE)]
    one = _invitation("!eine:example.org", OTHERS)
    box = start(door)
    sending = asyncio.create_task(sent(box, database, *flood, one))
    async with asyncio.timeout(5):
        await door.entered.wait()
    assert door.joined == [one.room_id]
    assert door.most == OF_ONE_PERSON + 1
    door.open.set()
    await sending
    assert len(door.joined) == len(flood) + 1
    gc.collect()
    assert not box._lanes["join"]._each, "nobody is remembered who does not wait"


async def test_a_row_of_an_earlier_version_names_nobody_and_goes(database: Database, start: Start) -> None:
    sender = FakeSender()
    rows = [row(f"{n}", f"!alt{n}:example.org", action="join", content="{}") for n in range(3)]
    await sent(start(sender), database, *rows)
    assert len(sender.joined) == 3


def _invitation(room_id: str, by: str) -> Row:
    return row(room_id, room_id, action="join", content=json.dumps({"by": by}))


@pytest.mark.parametrize("kind", ["$asked", "incident/"])
async def test_an_answer_does_not_wait_behind_what_many_rooms_are_told(
    database: Database, start: Start, kind: str
) -> None:
    """Nor does it where its own room has still to be told: that goes with it, and first. Nor an alert."""
    have_asked = asyncio.Event()
    sender = FakeSender(before_send=lambda _post: have_asked.wait())
    rooms = [f"!r{n}:example.org" for n in range(60)]
    box = start(sender)
    box.offer(await store(database, *(row(f"digest/{room}", room) for room in rooms)))
    await asyncio.wait_for(sender.attempted.wait(), 5)
    asked = [rooms[50], "!direkt:example.org"]
    box.offer(await store(database, *(row(f"{kind}{room}/0", room) for room in asked)))
    have_asked.set()
    await asyncio.wait_for(box.drained(), 10)
    order = [(post.room_id, json.loads(json.dumps(post.content))["body"]) for post in sender.attempts]
    assert len(order) == 62
    for room in asked:
        assert order.index((room, f"{kind}{room}/0")) <= len(order) // 2, order
    assert order.index((asked[0], f"digest/{asked[0]}")) < order.index((asked[0], f"{kind}{asked[0]}/0"))


async def test_answers_do_not_keep_all_else_back() -> None:
    slots, went = Slots(1), list[str]()

    async def go(name: str) -> None:
        async with slots.slot(lambda: name.startswith("$")):
            await asyncio.sleep(0)
            went.append(name)

    await asyncio.gather(go("first"), go("told"), *(go(f"${n}") for n in range(20)))
    assert went.index("told") <= IN_TURN
    assert went[1] == "$0"


async def test_whoever_gives_up_waiting_takes_no_slot_along() -> None:
    slots, entered = Slots(1), list[str]()

    async def go(name: str) -> None:
        async with slots.slot(lambda: False):
            entered.append(name)

    async with slots.slot(lambda: False):
        waits, given = (asyncio.create_task(go(name)) for name in ("waits", "given"))
        await asyncio.sleep(0)
        waits.cancel()
    given.cancel()  # it has been given the slot, and does not know yet
    await asyncio.gather(waits, given, return_exceptions=True)
    await asyncio.wait_for(go("next"), 1)
    assert entered == ["next"]

"""What goes out at the same time: rows share slots by what they may have to wait for.

Homeservers limit how many posts an account may send (Synapse: one in five seconds after the first ten). Then all rooms
share one allowance, and if each tried by itself, all but one would be refused each time. So after a refusal the lane is
narrow: one row at a time, and none before the homeserver is willing to take it; each waits for its turn without asking.

Whoever has asked something is waiting, and does not wait behind what a thousand rooms are told at 8:00: an answer gets
the next slot, and with it whatever is to be said in its room before. Every fourth slot goes to who has waited longest.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import islice
from weakref import WeakValueDictionary

from bot.store.outbox import FOR_OPERATORS, Row

AT_ONCE = 8  # rows of a lane carried out at the same time
HANDED_AT_ONCE = 64  # by senders, however many there are: a second and a third one shall have something to do
OF_ONE_PERSON = 2  # answers to invitations of one person: each costs the homeserver more than a post does
MAILS_AT_ONCE = 4  # a mail server does not like many
FAR = frozenset({"invite", "join", "follow", "fetch"})  # a far server may let us wait: each has a lane of its own
OURSELVES = frozenset({"mail", "compare", "weigh"})  # nothing that the homeserver is asked for, and it may take long
PACED = frozenset({"ours", "direct"})  # lanes whose rows share what the homeserver allows an account
ANSWERS = frozenset({"join", "leave"})  # what an invitation gets
IN_TURN = 4  # one slot of so many goes to who came first, or answers could keep all else back for ever
LOOKED_AT = 20  # rows of a queue that may hold an answer
WIDE_AFTER = 20  # rows in a row that were not refused: more than the burst that a homeserver allows


class Pace:
    """How quickly rows may follow each other. `rest` waits some seconds, but not beyond a stop.

    `clock` is monotonic, in seconds. Lanes that share what the homeserver allows an account share one of these: else
    each would spend what another one waits for.
    """

    def __init__(self, rest: Callable[[float], Awaitable[None]], clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest
        self._clock = clock
        self._single = asyncio.Lock()
        self._narrow = 0  # rows to go until it is wide again
        self._not_before = 0.0

    @property
    def is_narrow(self) -> bool:
        """Whether rows go one at a time."""
        return self._narrow > 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """At once; after a refusal one at a time, and not before it is wanted: True then.

        Who is alone keeps the turn until it has gone: else of two rooms one would find out that it is too early, and
        the other one go, time and again.
        """
        if not self._narrow:
            yield False
            return
        async with self._single:
            await self.rested()
            yield True

    async def rested(self) -> None:
        """Wait until the homeserver is willing."""
        await self._rest(self._not_before - self._clock())

    def patience(self, seconds: float) -> None:
        """The homeserver has refused a row: it takes none for so many seconds, and not many after that."""
        self._narrow = WIDE_AFTER
        self._not_before = max(self._not_before, self._clock() + seconds)

    def went(self) -> None:
        """It took one."""
        self._narrow = max(0, self._narrow - 1)


class Slots:
    """So many at a time. Of those who wait whoever is pressing goes first; that is asked when a slot is free."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._given = 0
        self._waiting: dict[asyncio.Future[None], Callable[[], bool]] = {}

    @asynccontextmanager
    async def slot(self, pressing: Callable[[], bool]) -> AsyncIterator[None]:
        """Wait for a slot, and give it back in the end."""
        await self._taken(pressing)
        try:
            yield
        finally:
            self._give_back()

    async def _taken(self, pressing: Callable[[], bool]) -> None:
        if self._free:  # then nobody waits
            self._free -= 1
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting[mine] = pressing
        try:
            await mine
        except asyncio.CancelledError:
            if self._waiting.pop(mine, None) is None and not mine.cancelled():
                self._give_back()  # it came at the very moment
            raise

    def _give_back(self) -> None:
        self._waiting = {each: presses for each, presses in self._waiting.items() if not each.done()}
        if not self._waiting:
            self._free += 1
            return
        self._given += 1
        oldest = next(iter(self._waiting))
        chosen = oldest
        if self._given % IN_TURN:
            chosen = next((each for each, presses in self._waiting.items() if presses()), oldest)
        del self._waiting[chosen]
        chosen.set_result(None)


class Lane:
    """So many slots, at a pace."""

    def __init__(self, slots: int, pace: Pace) -> None:
        self.pace = pace
        self._slots = Slots(slots)
        self._each: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()  # of those who wait now

    @asynccontextmanager
    async def turn(
        self, inviter: str | None = None, pressing: Callable[[], bool] = lambda: False
    ) -> AsyncIterator[bool]:
        """A slot, and of the few that one inviter has at a time; see `Slots` and `Pace.turn`."""
        async with self._share(inviter), self._slots.slot(pressing), self.pace.turn() as alone:
            yield alone

    @asynccontextmanager
    async def _share(self, inviter: str | None) -> AsyncIterator[None]:
        if inviter is None:
            yield
            return
        own = self._each.get(inviter) or asyncio.Semaphore(OF_ONE_PERSON)
        self._each[inviter] = own
        async with own:
            yield


def lane_of(row: Row) -> str:
    """With what a row shares the slots: nobody waits for what another server, or opening a chat, may take."""
    if row.action in FAR or row.action in OURSELVES:
        return row.action
    return "ours" if row.room_id or row.person is None else "direct"


def is_pressing(queue: Iterable[Row]) -> bool:
    """Whether somebody waits for one of these rows: the key of an answer begins with the event that it answers.

    An alert goes first, too: that posts are late is not to be told behind all of them.
    """
    return any(row.key.startswith(("$", FOR_OPERATORS)) for row in islice(queue, LOOKED_AT))


def inviter_of(row: Row) -> str | None:
    """Whose invitation a row follows or declines; None for all others."""
    if row.action not in ANSWERS:
        return None
    by = json.loads(row.content).get("by")  # a row that an earlier version left has none
    return by if isinstance(by, str) else None

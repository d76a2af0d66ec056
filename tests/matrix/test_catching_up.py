"""A room that has come from another account is read back to its mark: what of its history is handed over."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.errors import Unreachable
from bot.events import CaughtUp, Event, Members, Message, Powers, Undecryptable
from bot.matrix import catching_up
from bot.matrix.batches import Reader
from bot.matrix.listening import Listener
from bot.matrix.raw import Raw
from bot.others import Behind, NothingUnread
from bot.vitals import Vitals

US, BEN, ROOM, MARK = "@sued:example.org", "@ben:example.org", "!room:example.org", "$mark"
AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
BEHIND = Behind(ROOM, MARK, AT)


def event(event_id: str, seconds: float, kind: str = "m.room.message", **more: Any) -> Raw:
    """An event so long after the mark was sent."""
    sent = int((AT + timedelta(seconds=seconds)).timestamp() * 1000)
    content = {"msgtype": "m.text", "body": event_id} if kind == "m.room.message" else {"session_id": "s"}
    source = {"event_id": event_id, "sender": BEN, "origin_server_ts": sent, "type": kind, "content": content} | more
    return Raw(source, decrypted=False)


MARKED = event(MARK, 0, sender="@nord:example.org")
STATE = [
    event("$j", -900, "m.room.member", state_key=BEN, content={"membership": "join"}),
    event("$p", -900, "m.room.power_levels", state_key="", content={}),
]


class World:
    """A homeserver with one room; `history` is what stands there, oldest first, and comes in pages of two."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *history: Raw, there: bool = True) -> None:
        self.read: list[Raw] = []
        self._history = history
        self._there = there
        for name in ("backwards", "_is_there", "_state"):
            monkeypatch.setattr(catching_up, name, getattr(self, name))

    async def backwards(
        self, _client: object, _room: str, start: None, *, enough: Callable[[Sequence[Raw]], bool]
    ) -> list[Raw]:
        newest_first = self._history[::-1]
        for begin in range(0, len(newest_first), 2):
            page = newest_first[begin : begin + 2]
            self.read += page
            if enough(page):
                break
        return self.read[::-1]

    async def _is_there(self, _client: object, _room: Behind) -> bool:
        return self._there

    async def _state(self, _client: object, _room: str) -> list[Raw]:
        return STATE


async def caught_up(now: datetime = AT) -> list[Any]:
    client: Any = SimpleNamespace(rooms={}, olm=None)
    batch = await catching_up.caught_up(Reader(client, US), client, BEHIND, now)
    assert batch is None or (batch.unread and batch.token is None)
    return list(batch.happenings) if batch else []


def ids(happenings: Sequence[object]) -> list[str]:
    return [each.event_id for each in happenings if isinstance(each, Message | Undecryptable)]


async def test_what_stands_after_the_mark_and_who_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    World(monkeypatch, event("$long ago", -3600), MARKED, event("$1", 1), event("$2", 2))
    found = await caught_up()
    assert ids(found) == ["$1", "$2"]
    members, powers, last = found[-3:]
    assert isinstance(members, Members)
    assert members.joined == {US, BEN}
    assert isinstance(powers, Powers)
    assert last == CaughtUp(room_id=ROOM, mark=MARK), "in the transaction of the last of it"
    assert {each.offline_since for each in found if isinstance(each, Event)} == {AT}, "we were away for them"


async def test_what_stands_shortly_before_the_mark_may_have_come_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be read of it says nothing: that was the other account's to tell."""
    history = (event("$old", -61), event("$late", -59), event("$x", -1, "m.room.encrypted"), MARKED)
    World(monkeypatch, *history, event("$y", 1, "m.room.encrypted"))
    assert ids(await caught_up()) == ["$late", "$y"]


async def test_no_page_more_than_needed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [event(f"$old{number}", number - 1000) for number in range(100)]
    world = World(monkeypatch, *before, MARKED, *(event(f"$new{number}", number) for number in range(50)))
    assert len(ids(await caught_up())) == 50
    assert len(world.read) <= 54


@pytest.mark.parametrize("there", [False, True])
async def test_a_mark_that_has_not_come_is_waited_for(monkeypatch: pytest.MonkeyPatch, *, there: bool) -> None:
    """Its server is slow. It is not waited for, for ever: then the room is heard from now on."""
    world = World(monkeypatch, event("$1", 1), there=there)
    assert await caught_up() == []
    assert bool(world.read) == there, "the history is not read in vain"
    later = await caught_up(AT + catching_up.GIVEN_UP_AFTER + timedelta(seconds=1))
    assert later == [CaughtUp(room_id=ROOM, mark=MARK)]


async def test_a_homeserver_that_fails_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    World(monkeypatch, MARKED)

    async def fails(*_: object, **__: object) -> list[Raw]:
        raise Unreachable("502")

    monkeypatch.setattr(catching_up, "backwards", fails)
    assert await caught_up(AT + timedelta(days=1)) == []


async def test_nothing_is_settled_while_a_room_is_to_be_read() -> None:
    """The homeserver is not even asked."""

    class Unread(NothingUnread):
        async def awaited(self) -> bool:
            return True

    async def listens(*_: object, **__: object) -> None:
        raise Unreachable("it is asked")

    client: Any = SimpleNamespace(send=listens, access_token="x", user_id=US)
    listener = Listener(client, US, Vitals())
    listener._handled = "token"
    listener._unread = Unread()
    assert not await listener.nothing_waiting(AT)
    listener._unread = NothingUnread()
    with pytest.raises(Unreachable, match="it is asked"):
        await listener.nothing_waiting(AT)

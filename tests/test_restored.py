"""After a restore the outbox looks for what it may have sent already."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.contents import gist
from bot.events import Batch, Happening, Members, Message
from bot.post import Post, Stands
from bot.restored import Restored, by_time
from bot.store import progress
from bot.store.database import Database
from tests.fakes import BEN, ROOM, START
from tests.sending import FakeSender

NOW = datetime.now(UTC)
TAKEN = NOW - timedelta(hours=5)
POST = Post(ROOM, "m.room.message", {"body": "K3 endet bald."}, "t1", NOW)
REPLY, DUE, OBJECT = "$frage/0", "digest/!r:x/2026-11-22T08:00:00+00:00", "consultation/3/opened"


class Shop(FakeSender):
    """A homeserver that says what stands; each question is counted."""

    stands: dict[str, Stands]
    asked: list[tuple[str, datetime]]

    async def standing(self, room_id: str, since: datetime) -> dict[str, Stands]:
        self.asked.append((room_id, since))
        return self.stands


@pytest.fixture
def sender() -> Shop:
    shop = Shop()
    shop.asked, shop.stands = [], {"t1": Stands("$stand", gist(POST.content))}
    return shop


def restored(database: Database, sender: Shop, at: datetime = NOW) -> Restored:
    database.run_now(lambda session: progress.note_restore(session, TAKEN, at))
    return Restored(database, sender)


@pytest.mark.parametrize("key", [REPLY, DUE, OBJECT])
async def test_without_a_restore_nobody_is_asked(key: str, database: Database, sender: Shop) -> None:
    assert await Restored(database, sender).stands(key, POST) is None
    assert sender.asked == []


@pytest.mark.parametrize("key", [REPLY, DUE, OBJECT])
async def test_after_one_each_room_is_read_once(key: str, database: Database, sender: Shop) -> None:
    found = restored(database, sender)
    assert await found.stands(key, POST) == "$stand"
    assert await found.stands(key, replace(POST, transaction="t2")) is None
    assert sender.asked == [(ROOM, TAKEN)]


async def test_a_long_time_after_it_nobody_is_asked_any_more(database: Database, sender: Shop) -> None:
    assert await restored(database, sender, NOW - timedelta(days=15)).stands(REPLY, POST) is None
    assert sender.asked == []


@pytest.mark.parametrize(("key", "stands"), [(REPLY, True), (DUE, True), (OBJECT, False)])
@pytest.mark.parametrize("sealed", [True, False])
async def test_an_id_may_mean_something_else_since_then(
    key: str, stands: bool, sealed: bool, database: Database, sender: Shop
) -> None:
    """K3 was something else, or nobody can read what it was; an event or a due time is always the same."""
    sender.stands = {"t1": Stands("$stand", None if sealed else gist({"body": "K3 ist eröffnet."}))}
    assert (await restored(database, sender).stands(key, POST) is not None) is stands


def test_only_a_checksum_may_differ() -> None:
    said = [{"body": f"K3 angenommen · 5 Ja\nPrüfsumme: {digit * 64}"} for digit in "7f"]
    assert gist(said[0]) == gist(said[1])
    assert gist({"body": said[0]["body"].replace("5", "4")}) != gist(said[0])
    assert gist({"org.matrix.msc1767.text": "Frage"}) == gist({"body": "Frage"}) != gist({})


def message(room_id: str, number: int, seconds: int) -> Message:
    return Message(
        room_id=room_id,
        event_id=f"${number}",
        sender=BEN,
        sent_at=START + timedelta(seconds=seconds),
        received_at=START,
        body="!idee",
    )


def test_rooms_are_read_side_by_side_and_each_in_its_own_order() -> None:
    here, there = Members(room_id="!a", joined=frozenset()), Members(room_id="!b", joined=frozenset())
    first, late, wrong_clock = message("!a", 1, 10), message("!a", 2, 40), message("!a", 3, 5)
    between, last = message("!b", 4, 20), message("!b", 5, 50)
    happenings: tuple[Happening, ...] = (here, first, late, wrong_clock, there, between, last)
    batch = by_time(Batch(happenings, "token", START))
    assert batch.happenings == (here, there, first, between, late, wrong_clock, last)
    assert (batch.token, batch.received_at) == ("token", START)

"""The outbox reads what the homeserver lists for posts of ours, and reports it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

import bot.sending.outbox as module
from bot.effects import Poll, Reread
from bot.errors import Rejected, TryAgain
from bot.events import Failed, Redacted, Related, Relations, Vote
from bot.sending import confirming
from bot.store import progress
from bot.store.database import Database
from tests.fakes import BEN, ROOM
from tests.workbench import Bench, failing

POLL = Poll(room_id=ROOM, key="ballot/1/poll", question="?", answers=(("yes", "Ja"),))
REREAD = Reread(key="consultation/1/reread", of=((POLL.key, ROOM), ("ballot/2/poll", ROOM)))
NOW = datetime.now(UTC)


def vote(event_id: str) -> Vote:
    return Vote(
        room_id=ROOM, event_id=event_id, sender=BEN, sent_at=NOW, received_at=NOW, poll="$sent0", answers=("yes",)
    )


@pytest.fixture
async def bench(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(confirming, "EVERY", 0.005)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.002)
    made = Bench(database, None)
    yield made
    for box in made.boxes:
        await asyncio.wait_for(box.stop(), 5)


async def test_what_is_listed_is_reported_and_what_we_know_is_not_read(bench: Bench) -> None:
    """A post that was never sent (`ballot/2/poll`) is left out."""
    await bench.do(POLL)
    listed = frozenset({"$known", "$new"})
    bench.sender.related["$sent0"] = Relations(listed, (vote("$known"), vote("$new")))
    await bench.database.run(lambda session: progress.claim_event(session, "$known", NOW))
    await bench.do(REREAD)
    (related,) = bench.reported
    assert isinstance(related, Related)
    assert (related.key, related.found) == (REREAD.key, Relations(listed, (vote("$new"),)))
    assert related.redacted == ()
    assert (await bench.stored(REREAD.key)).state == "sent"


async def test_what_is_gone_is_looked_up(bench: Bench) -> None:
    gone = Redacted(room_id=ROOM, event_id="$r", sender=BEN, sent_at=NOW, received_at=NOW, target="$gone")
    bench.sender.redacted["$gone"] = gone
    await bench.do(Reread(key="consultation/1/reread/gone", gone=("$gone", "$purged"), rooms=(ROOM,)))
    (related,) = bench.reported
    assert isinstance(related, Related)
    assert related.redacted == (gone,)


async def test_it_is_tried_again_and_reported_once(bench: Bench) -> None:
    calls = failing(bench.sender, "relations", TryAgain("502", ours=True), TryAgain("limited", 0.001))
    await bench.do(REREAD)
    assert calls == [3]
    assert len(bench.reported) == 1


@pytest.mark.parametrize("problems", [[Rejected("403 M_FORBIDDEN")], [TryAgain("500")] * 8])
async def test_what_will_never_be_read_is_reported_too(problems: list[Exception], bench: Bench) -> None:
    """Somebody waits for the result."""
    failing(bench.sender, "relations", *problems)
    await bench.do(REREAD)
    (failed,) = bench.reported
    assert isinstance(failed, Failed)
    assert (failed.key, failed.action, failed.problem) == (REREAD.key, "reread", str(problems[-1]))


async def test_after_a_crash_it_is_read_again(bench: Bench) -> None:
    bench.faults = [RuntimeError("killed")]
    await bench.do(REREAD)
    assert [each.key for each in bench.reported] == [REREAD.key]
    assert json.loads((await bench.stored(REREAD.key)).content)["of"][0] == [POLL.key, ROOM]

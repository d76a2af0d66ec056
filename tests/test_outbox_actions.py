"""What the outbox does besides posting: rooms, invitations, state, files; and who hears what came of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

import bot.sending.outbox as module
from bot.deeds import Wordless
from bot.effects import Document, Empower, Fetch, Follow, Invite, OpenRoom, Pin, Poll, SetState
from bot.errors import Rejected, StoreDown, TryAgain
from bot.events import Failed, Fetched, Moved, Opened, Outcome
from bot.post import NewRoom, Upload
from bot.sending.delivery import LARGEST_FILE
from bot.store import Session, outbox
from bot.store.database import Database
from bot.store.tables import OutboxRow
from tests.fakes import BEN, CEM, ROOM
from tests.workbench import FILE, Bench, FakeMailer, failing, letter, row_of, shorten_pauses, until

NEW = "!neu:example.org"
TRIES = 8

OPEN = OpenRoom(key="group/1/room", name="Größe", alias="groesse", topic="Thema", encrypted=True, powers={BEN: 50})
INVITE = Invite(room_id=ROOM, person=BEN, key="group/1/invite")
STATE = SetState(room_id=ROOM, key="group/1/name", event_type="m.room.name", content={"name": "Größe"})
CHILD = SetState(room_id=ROOM, key="space/1", event_type="m.space.child", content={"via": ["a"]}, state_key=NEW)
EMPOWER = Empower(room_id=ROOM, key="group/1/level", person=BEN, level=50)
FOLLOW = Follow(room_id=ROOM, key="move/1", successor=NEW, by=BEN)
FETCH = Fetch(room_id=ROOM, key="bulk/1", name="leute.csv", source={"url": "mxc://example.org/1"})
POLL = Poll(room_id=ROOM, key="ballot/1", question="?", answers=(("yes", "Ja"),))
FILES = {"mxc://example.org/1": b"Name;Ebene\nLindenstadt;Stadt"}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_pauses(monkeypatch)


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
async def bench(database: Database, mailer: FakeMailer) -> AsyncIterator[Bench]:
    made = Bench(database, mailer)
    made.sender.files.update(FILES)
    yield made
    for box in made.boxes:
        await asyncio.wait_for(box.stop(), 5)


async def test_a_room_is_opened_and_reported(bench: Bench) -> None:
    await bench.do(OPEN)
    room = NewRoom(
        key=OPEN.key, alias="groesse", name="Größe", topic="Thema", space=False, encrypted=True, powers={BEN: 50}
    )
    assert bench.sender.opened_rooms == [room]
    (opened,) = bench.reported
    assert isinstance(opened, Opened)
    assert (opened.key, opened.room_id) == (OPEN.key, "!groesse:example.org")
    assert (await bench.stored(OPEN.key)).state == "sent"


async def test_what_a_room_is_told_comes_in_order(bench: Bench) -> None:
    """Invitations stand in queues of their own."""
    poll = Poll(room_id=ROOM, key="poll", question="?", answers=(("yes", "Ja"),))
    pin = Pin(room_id=ROOM, key="group/1/pin", of=("poll",))
    await bench.do(STATE, CHILD, poll, pin, EMPOWER, INVITE)
    assert bench.sender.states == [
        (ROOM, "m.room.name", "", {"name": "Größe"}),
        (ROOM, "m.space.child", NEW, {"via": ["a"]}),
    ]
    assert bench.sender.pinned == [(ROOM, ["$sent0"])]
    assert bench.sender.empowered == [(ROOM, BEN, 50)]
    assert bench.sender.invited == [(ROOM, BEN)]
    assert bench.reported == []


async def test_what_was_never_posted_cannot_be_pinned(bench: Bench) -> None:
    await bench.do(Pin(room_id=ROOM, key="pin", of=("nie",)), STATE)
    assert (await bench.stored("pin")).state == "parked"
    assert len(bench.sender.states) == 1
    assert bench.reported == []


async def test_a_successor_is_followed_and_reported(bench: Bench) -> None:
    await bench.do(FOLLOW)
    assert bench.sender.followed == [(ROOM, NEW, BEN)]
    (moved,) = bench.reported
    assert isinstance(moved, Moved)
    assert (moved.key, moved.room_id, moved.successor) == (FOLLOW.key, ROOM, NEW)


async def test_who_is_not_let_in_waits_for_an_invitation(bench: Bench) -> None:
    bench.sender.lets_in = False
    await bench.do(FOLLOW)
    assert bench.reported == []
    assert (await bench.stored(FOLLOW.key)).state == "sent"


async def test_a_file_is_fetched_and_read(bench: Bench) -> None:
    await bench.do(FETCH)
    (fetched,) = bench.reported
    assert isinstance(fetched, Fetched)
    assert fetched.rows == (("Name", "Ebene"), ("Lindenstadt", "Stadt"))
    assert (fetched.room_id, fetched.name) == (ROOM, "leute.csv")


async def test_a_file_that_is_too_large_is_not_read(bench: Bench) -> None:
    bench.sender.files["mxc://example.org/1"] = b"x" * (LARGEST_FILE + 1)
    await bench.do(FETCH)
    (failed,) = bench.reported
    assert isinstance(failed, Failed)
    assert failed.action == "fetch"
    assert "larger" in failed.problem


@pytest.mark.parametrize("where", [{"room_id": ROOM}, {"room_id": None, "person": CEM}])
async def test_a_file_is_posted_and_then_nobodys_business(bench: Bench, where: Mapping[str, Any]) -> None:
    document = Document(key="d", name="daten.json", mimetype="application/json", content=b"\x00geheim", **where)
    await bench.do(document)
    room = where["room_id"] or f"!direct-{CEM[1:]}"
    (post,) = bench.sender.events[room]
    assert bench.sender.uploads == [Upload(b"\x00geheim", "application/json", "daten.json")]
    assert post.content["msgtype"] == "m.file"
    assert (post.content["filename"], post.content["url"]) == ("daten.json", "mxc://example.org/1")
    stored = await bench.stored("d")
    assert (stored.state, stored.content) == ("sent", "")


async def test_a_file_survives_a_restart_before_it_is_sent(bench: Bench) -> None:
    calls = failing(bench.sender, "upload", TryAgain("502", 3600))
    await bench.offer(FILE)
    await until(lambda: calls[0] == 1)
    await bench.box.stop()
    assert (await bench.stored(FILE.key)).content != ""
    assert await bench.resumed() == 1
    assert [upload.content for upload in bench.sender.uploads] == [FILE.content]
    assert (await bench.stored(FILE.key)).content == ""


@pytest.mark.parametrize(("effect", "method"), [(INVITE, "invite"), (FETCH, "download")])
async def test_a_far_server_is_asked_eight_times(
    bench: Bench, effect: Wordless, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    calls = failing(bench.sender, method, *[TryAgain("504")] * (TRIES + 5))
    await bench.do(effect)
    assert calls == [TRIES]
    (failed,) = bench.reported
    assert isinstance(failed, Failed)
    assert (failed.key, failed.room_id, failed.problem) == (effect.key, ROOM, "504")  # type: ignore[union-attr] # both have keys
    assert failed.person == (BEN if effect is INVITE else None)
    assert (await bench.stored(failed.key)).state == "parked"
    assert "parked" in caplog.text
    assert await bench.resumed() == 0


@pytest.mark.parametrize(("effect", "method"), [(INVITE, "invite"), (FETCH, "download")])
async def test_that_our_own_homeserver_restarts_is_no_refusal(bench: Bench, effect: Wordless, method: str) -> None:
    calls = failing(bench.sender, method, *[TryAgain("no answer", ours=True)] * (3 * TRIES), *[TryAgain("504")] * 7)
    await bench.do(effect)
    assert calls == [3 * TRIES + 8]
    assert not [outcome for outcome in bench.reported if isinstance(outcome, Failed)]


@pytest.mark.parametrize(("effect", "method"), [(INVITE, "invite"), (FETCH, "download"), (FOLLOW, "follow")])
async def test_far_servers_that_do_not_answer_hold_up_their_like_only(
    bench: Bench, effect: Wordless, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = asyncio.Event()
    work = getattr(bench.sender, method)

    async def hang(*args: Any) -> Any:
        await answers.wait()
        return await work(*args)

    monkeypatch.setattr(bench.sender, method, hang)
    others = [other for other in (INVITE, FETCH, FOLLOW) if other is not effect]
    hanging = [row_of(effect, key=f"far/{n}", person=f"@p{n}:far.example", transaction=f"t{n}") for n in range(20)]
    await bench.offer(*hanging)
    await bench.offer(STATE, letter(), row_of(POLL, room_id=None, person=BEN), *others)
    keys = [STATE.key, letter().key, POLL.key, *(other.key for other in others)]

    async with asyncio.timeout(5):
        while [key for key in keys if (await bench.stored(key)).state != "sent"]:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.001)
    answers.set()
    await bench.done()


async def test_the_eighth_time_may_succeed(bench: Bench) -> None:
    calls = failing(bench.sender, "invite", *[TryAgain("504")] * (TRIES - 1))
    await bench.do(INVITE)
    assert calls == [TRIES]
    assert bench.sender.invited == [(ROOM, BEN)]
    assert bench.reported == []


async def test_a_homeserver_that_asks_for_patience_gets_it(bench: Bench) -> None:
    """„Later“ with a time is no failure: a coordinator who invites forty people runs into that."""
    failing(bench.sender, "invite", *[TryAgain("429", 0.001)] * (3 * TRIES))
    await bench.do(INVITE)
    assert bench.sender.invited == [(ROOM, BEN)]


@pytest.mark.parametrize(("effect", "method"), [(OPEN, "open_room"), (STATE, "set_state"), (FOLLOW, "follow")])
async def test_our_own_homeserver_is_asked_until_it_answers(bench: Bench, effect: Wordless, method: str) -> None:
    calls = failing(bench.sender, method, *[TryAgain("502")] * 20)
    await bench.do(effect)
    assert calls == [21]
    assert not [outcome for outcome in bench.reported if isinstance(outcome, Failed)]


@pytest.mark.parametrize(
    ("effect", "reported"),
    [(OPEN, True), (INVITE, True), (FOLLOW, True), (FETCH, True), (STATE, False), (EMPOWER, False)],
)
async def test_a_refusal_is_reported_where_somebody_waits(bench: Bench, effect: Wordless, reported: bool) -> None:
    bench.sender.refuse = Rejected("M_FORBIDDEN")
    row = row_of(effect)
    await bench.do(row)
    assert [(outcome.key, type(outcome)) for outcome in bench.reported] == [(row.key, Failed)] * reported
    assert (await bench.stored(row.key)).problem == "M_FORBIDDEN"


@pytest.mark.parametrize(("effect", "outcome"), [(OPEN, Opened), (FOLLOW, Moved), (FETCH, Fetched)])
async def test_a_database_that_is_down_delays_the_report(
    bench: Bench, effect: Wordless, outcome: type[Outcome]
) -> None:
    """However often: it counts as no attempt."""
    bench.faults = [StoreDown("locked") for _ in range(2 * TRIES)]
    await bench.do(effect)
    assert [type(each) for each in bench.reported] == [outcome]


@pytest.mark.parametrize("effect", [OPEN, INVITE, FOLLOW, FETCH])
async def test_a_database_that_is_down_delays_the_report_of_a_failure(bench: Bench, effect: Wordless) -> None:
    bench.sender.refuse = Rejected("M_FORBIDDEN")
    bench.faults = [StoreDown("locked")] * 3
    await bench.do(effect)
    assert [type(each) for each in bench.reported] == [Failed]


async def test_what_was_reported_as_failed_does_not_succeed_afterwards(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes down between the report and the note of it: nothing is tried or reported again."""
    calls = failing(bench.sender, "invite", Rejected("M_UNKNOWN"))
    faults = [StoreDown("full"), StoreDown("full")]
    park = outbox.park

    def full(session: Session, row_id: int, problem: str, now: Any) -> None:
        if faults:
            raise faults.pop()
        park(session, row_id, problem, now)

    monkeypatch.setattr(outbox, "park", full)
    await bench.do(INVITE)
    assert calls == [1]
    assert bench.sender.invited == []
    assert [type(each) for each in bench.reported] == [Failed]
    assert (await bench.stored(INVITE.key)).state == "parked"


async def test_a_mistake_of_ours_in_a_report_parks_the_row_and_says_so(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.faults = [ZeroDivisionError() for _ in range(module.UNEXPECTED_AT_MOST + 1)]
    await bench.do(OPEN)
    assert [type(each) for each in bench.reported] == [Failed]
    assert (await bench.stored(OPEN.key)).state == "parked"
    assert "unexpected failure" in caplog.text


async def test_even_a_failure_that_cannot_be_told_is_parked(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.sender.refuse = Rejected("M_FORBIDDEN")
    bench.faults = [ZeroDivisionError()]
    await bench.do(OPEN)
    assert bench.reported == []
    assert (await bench.stored(OPEN.key)).state == "parked"
    assert "nobody could be told" in caplog.text


@pytest.mark.parametrize(("effect", "method"), [(OPEN, "open_room"), (INVITE, "invite"), (FETCH, "download")])
async def test_a_restart_takes_up_what_waits(bench: Bench, effect: Wordless, method: str) -> None:
    calls = failing(bench.sender, method, TryAgain("502", 3600))
    await bench.offer(effect)
    await until(lambda: calls[0] == 1)
    await bench.box.stop()
    assert bench.reported == []
    assert await bench.resumed() == 1
    assert calls == [2]
    assert len(bench.reported) == (0 if effect is INVITE else 1)
    assert await bench.resumed() == 0


async def test_killed_between_report_and_note_it_is_reported_again(bench: Bench) -> None:
    """Whoever hears it knows the key: `Opened` of a room that is known changes nothing."""
    await bench.do(OPEN)
    await bench.database.run(_forget_that_it_was_sent)
    assert await bench.resumed() == 1
    assert [each.key for each in bench.reported] == [OPEN.key] * 2
    assert {each.room_id for each in bench.reported if isinstance(each, Opened)} == {"!groesse:example.org"}


async def test_an_action_of_a_newer_version_is_parked(bench: Bench) -> None:
    await bench.do(row_of(STATE, action="teleport"), EMPOWER)
    assert (await bench.stored(STATE.key)).problem == "no such action: teleport"
    assert bench.sender.empowered == [(ROOM, BEN, 50)]


def _forget_that_it_was_sent(session: Session) -> None:
    session.get_one(OutboxRow, 1).state = "waiting"


async def test_what_is_pinned_no_longer_is_named_by_its_event_and_what_was_never_said_by_none(bench: Bench) -> None:
    poll = Poll(room_id=ROOM, key="poll", question="?", answers=(("yes", "Ja"),))
    await bench.do(poll, Pin(room_id=ROOM, key="unpin", without=("poll", "nie")))
    assert bench.sender.pinned == [(ROOM, [])]
    assert bench.sender.unpinned == [(ROOM, "$sent0")]

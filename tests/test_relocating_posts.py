"""What stands in a room that came from another account: nobody edits it any more, and nothing of it gets lost.

Each `Edit`, `EndPoll` and `Pin` there is.
"""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select, update

from bot.context import Scope
from bot.effects import Effect, Pin, Say
from bot.events import Power, Powers
from bot.posting import Posting
from bot.procedures import boards, groups
from bot.store import groups as known_groups
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import OutboxRow, Room
from tests import checking_in, test_publishing, test_signing_up
from tests.fakes import ANNA, BEN, CEM, DEVICE, HOUSE, ROOM, TEXTS, Bot, plain
from tests.group_rooms import made
from tests.workbench import Bench, row_of

NORD, WEST = "@nord:example.org", "@west:example.org"


def comes(database: Database, account: str = NORD) -> None:
    """All that was said until now was said by another account."""
    own = update(OutboxRow).where(col(OutboxRow.state) == "sent", col(OutboxRow.sender).is_(None))
    database.run_now(lambda session: session.exec(own.values(sender=account)))


def effects(bot: Bot, work: Callable[[Scope], Sequence[Effect]]) -> list[Row]:
    """The rows of what a procedure wants now."""

    def stored(session: Any) -> list[Row]:
        scope = Scope(session, bot.now, HOUSE)
        rows = Posting(TEXTS, DEVICE).store(scope, work(scope), f"cause {bot.now.isoformat()}")
        bot._offer(rows)
        return rows

    return bot.database.run_now(stored)


async def taken_over(bot: Bot, work: Callable[[Scope], Sequence[Effect]]) -> list[Row]:
    effects(bot, work)
    return await bot._sent()


def here(scope: Scope, room_id: str = ROOM) -> Room:
    return scope.session.get_one(Room, room_id)


# how it is delivered


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database, None)


def referring(key: str, kind: str, **more: Any) -> Row:
    content = json.dumps({"m.relates_to": {"rel_type": kind}, "body": key})
    return row_of(Pin(room_id=ROOM, key=key), action="send", refers_to="root", content=content, **more)


@pytest.mark.parametrize(("kind", "posts"), [("m.replace", 1), ("m.reference", 2), ("m.thread", 2)])
async def test_only_edits_are_dropped(bench: Bench, kind: str, posts: int) -> None:
    """A poll may be ended by whoever may redact, a thread answered by anybody."""
    await bench.do(row_of(Pin(room_id=ROOM, key="root"), action="send"))
    comes(bench.database)
    bench.start()
    await bench.do(referring("later", kind))
    assert len(bench.sender.attempts) == posts
    stored = await bench.stored("later")
    assert (stored.state, stored.event_id is None) == ("sent", kind == "m.replace")


async def test_an_edit_of_ours_is_sent_wherever_the_row_has_been(bench: Bench) -> None:
    """The network has gone and come back."""
    await bench.do(row_of(Pin(room_id=ROOM, key="root"), action="send"))
    comes(bench.database, HOUSE.us)
    bench.start()
    await bench.do(referring("later", "m.replace"))
    assert len(bench.sender.attempts) == 2


async def test_another_accounts_post_is_pinned(bench: Bench) -> None:
    await bench.do(row_of(Pin(room_id=ROOM, key="root"), action="send"))
    comes(bench.database)
    bench.start()
    await bench.do(Pin(room_id=ROOM, key="pin", of=("root",)))
    assert (await bench.stored("pin")).state == "sent"


# boards


async def _with_board(database: Database) -> Bot:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!projekt neu eAkte\nVerantwortlich: {BEN}")
    await bot.say(ANNA, "!tafel")
    return bot


async def test_a_board_is_said_anew_and_kept_from_then_on(database: Database) -> None:
    bot = await _with_board(database)
    (before,) = database.run_now(
        lambda s: s.exec(select(OutboxRow.key).where(col(OutboxRow.key).like("board/%message_")))
    )
    comes(database)
    said, pinned = await taken_over(bot, lambda scope: boards.said_anew(here(scope), scope))
    assert "eAkte" in plain(said)
    assert json.loads(pinned.content) == {"of": [said.key], "without": [before]}
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, "!status eAkte rot")
    bot.now += timedelta(minutes=2)
    edits = [row for row in await bot.tick() if row.key.startswith("board/")]
    assert [row.refers_to for row in edits] == [said.key]
    assert await taken_over(bot, lambda scope: boards.said_anew(here(scope), scope)) == [], "it is ours"


async def test_a_board_said_anew_by_three_accounts(database: Database) -> None:
    bot = await _with_board(database)
    keys = []
    for account in (NORD, WEST):
        comes(database, account)
        said, _ = await taken_over(bot, lambda scope: boards.said_anew(here(scope), scope))
        keys.append(said.key)
    assert len(set(keys)) == 2


async def test_a_board_taken_down_before_it_was_said_anew(database: Database) -> None:
    """Its last edit is dropped; it is pinned no longer, and that shows."""
    bot = await _with_board(database)
    comes(database)
    rows = await bot.say(ANNA, "!tafel entfernen")
    assert [row.action for row in rows if row.key.startswith("board/")] == ["send", "pin"]


# groups


async def test_a_groups_board_is_said_anew_and_kept_from_then_on(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    group = await made(bot, "Verkehr")
    base = f"{groups.key_of(group)}/board"
    comes(database)
    said, pinned = await taken_over(bot, lambda scope: groups.said_anew(known_groups.by_id(scope.session, 1), scope))
    assert "Verkehr" in plain(said)
    assert json.loads(pinned.content) == {"of": [said.key], "without": [base]}
    rows = await bot.say(BEN, "!mitmachen", room_id=group.room_id)
    assert [row.refers_to for row in rows if "m.replace" in row.content] == [said.key]


async def test_a_groups_board_that_comes_home_is_edited_again(database: Database) -> None:
    """From us to Nord and back: ours is right again, and theirs is pinned no longer."""
    bot = Bot(database)
    await bot.enter()
    group = await made(bot, "Verkehr")
    base = f"{groups.key_of(group)}/board"
    theirs = f"{base}/in {group.room_id} by {NORD}"
    database.run_now(lambda session: session.add(_copy(session, base, theirs)))
    edit, pinned = await taken_over(bot, lambda scope: groups.said_anew(known_groups.by_id(scope.session, 1), scope))
    assert edit.refers_to == base
    assert json.loads(pinned.content) == {"of": [base], "without": [theirs]}


def _copy(session: Any, key: str, theirs: str) -> OutboxRow:
    """A post of Nord's in the place of ours."""
    row = session.exec(select(OutboxRow).where(OutboxRow.key == key)).one()
    values = row.model_dump(exclude={"id"}) | {"key": theirs, "transaction": theirs, "event_id": "$theirs"}
    return OutboxRow(**values | {"sender": NORD})


async def test_what_could_not_be_pinned_is_pinned_once(database: Database) -> None:
    """We may pin again: our board, and the welcome, whoever said it."""
    bot = Bot(database)
    await bot.enter()
    group = await made(bot, "Verkehr")
    comes(database)
    said, _ = await taken_over(bot, lambda scope: groups.said_anew(known_groups.by_id(scope.session, 1), scope))
    frame: dict[str, Any] = {"room_id": group.room_id, "sender": ANNA, "sent_at": bot.now, "received_at": bot.now}
    await bot.handle(Powers(event_id="$less", lacks=frozenset({Power.PIN}), **frame))
    (pin,) = await bot.handle(Powers(event_id="$more", lacks=frozenset(), **frame))
    assert json.loads(pin.content)["of"] == [said.key, f"{groups.key_of(group)}/welcome"]


# check-ins


async def test_a_late_answer_is_told_in_a_summary_of_ours(database: Database) -> None:
    """The root shows how many answers came, which the summary says, too: that edit is dropped. The summary is not."""
    bot = await checking_in.working(database)
    await bot.hear(ANNA, checking_in.WEEKLY)
    await checking_in.at(bot, "2026-11-23T09:00")
    await checking_in.at(bot, "2026-11-25T18:00")
    comes(database)
    bot.now = checking_in.local("2026-11-26T10:00")
    (again,) = await checking_in.answer(bot, 1, light="yellow", text="doch noch")
    assert isinstance(again, Say)
    assert "doch noch" in checking_in.said(again)
    effects(bot, lambda _: (again,))
    await bot._sent()
    (corrected,) = await checking_in.answer(bot, 1, light="red", text="nun doch nicht")
    assert corrected.of == again.key  # type: ignore[union-attr]


async def test_a_round_under_way_is_answered_and_closed_by_the_new_bot(database: Database) -> None:
    """A reply in the old one's thread counts; the root is left as it was."""
    bot = await checking_in.working(database)
    await bot.hear(ANNA, checking_in.WEEKLY)
    rows = await checking_in.at(bot, "2026-11-23T09:00")
    ask = next(row for row in rows if row.key == "checkin/1/1")
    comes(database)
    rows = await bot.say(BEN, "grün, läuft", reply_to=ask.event_id)
    assert [row for row in rows if "m.replace" in row.content] == []
    closed = await checking_in.at(bot, "2026-11-25T18:00")
    assert [row.key for row in closed] == ["checkin/1/summary"]
    assert "läuft" in plain(closed[0])


# the others


async def test_a_counter_position_is_said_besides(database: Database) -> None:
    bot = Bot(database)
    await test_publishing.disputed(bot)
    comes(database)
    bot.now += timedelta(minutes=1)
    rows = await bot.say(BEN, "!antwort V1 Fristen regelt die Satzung.")
    assert [row for row in rows if "m.replace" in row.content] == []
    assert rows[1:] == [], "in its own room the answer says it"
    direct = f"!direct-{BEN[1:]}"
    rows = await bot.say(BEN, "!antwort V1 Und so.", room_id=direct)
    assert [plain(row) for row in rows if row.room_id == ROOM and "Und so." in plain(row)]


async def test_the_offer_to_sign_up_is_made_anew_when_it_changes(database: Database) -> None:
    """A tap on the old one's message still counts, and shows in one of ours."""
    bot = await test_signing_up.bot.__wrapped__(database)  # type: ignore[attr-defined]
    active, _ = await test_signing_up.offered(bot)
    comes(database)
    _, (again,) = await test_signing_up.react(bot, BEN, active, "1️⃣")
    assert (again.refers_to, again.room_id) == (None, ROOM)
    assert (await test_signing_up.people(bot))["DigiLab"] == ([BEN], [])
    _, (edit,) = await test_signing_up.react(bot, CEM, again, "2️⃣")
    assert edit.refers_to == again.key
    said = await bot.say(ANNA, "!treffen T1 handlungsfelder")
    assert len(said) == 1, "it is offered already"

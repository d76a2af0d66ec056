"""Boards: names that change, what is merely heard, posts that never came, clocks that were put back."""

from datetime import timedelta

from bot.events import Named, Power
from bot.procedures.boards import LATEST
from bot.store import Session, outbox
from bot.store.outbox import Row
from tests.fakes import ANNA, BEN, ROOM, START, plain
from tests.roomlife import House
from tests.test_boards import MINUTE, body, bot, later, set_up

__all__ = ["bot"]  # a fixture


def edits(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.key.startswith("board/") and "/edit" in row.key]


async def test_a_room_that_is_renamed_has_a_board_of_that_name(bot: House) -> None:
    await set_up(bot)
    await bot.see(Named, ROOM, name="Neuer Name")
    (edit,) = edits(await later(bot, MINUTE))
    assert "Projekttafel · Neuer Name" in body(edit)


async def test_no_change_said_in_a_check_in_shows_the_same_day(bot: House) -> None:
    await bot.say(BEN, "!status eAkte gelb")
    await bot.say(ANNA, "!checkin neu Stand\nWen: Verantwortliche\nWann: jeden Montag 9:00\nWo: direkt")
    await set_up(bot)
    await later(bot, timedelta(days=3))
    await bot.say(BEN, "keine Änderung", room_id=f"!direct-{BEN[1:]}")
    assert edits(await later(bot, MINUTE)) == []
    (edit,) = edits(await later(bot, LATEST))
    assert "ben · heute" in body(edit)


async def test_a_board_that_was_never_said_is_not_edited(bot: House) -> None:
    post = await set_up(bot)

    def parked(session: Session) -> None:
        outbox.park(session, post.id, "413 M_TOO_LARGE", bot.now)

    await bot.database.run(parked)
    bot.now += MINUTE
    await bot.say(BEN, "!status eAkte rot")
    assert edits(await later(bot, 2 * MINUTE)) == []
    again = await bot.say(ANNA, "!tafel")
    assert "steht neu" in plain(again[0])


async def test_after_a_clock_that_was_ahead_changes_show_at_once(bot: House) -> None:
    bot.now += timedelta(days=1)
    await set_up(bot)
    await bot.tick()
    bot.now = START + timedelta(minutes=5)
    await bot.tick()
    await bot.say(BEN, "!status eAkte rot")
    (edit,) = edits(await later(bot, 2 * MINUTE))
    assert "rot" in body(edit)


async def test_where_we_may_not_pin_nobody_is_sent_to_the_pinned_messages(bot: House) -> None:
    await set_up(bot)
    assert "bei den angehefteten Nachrichten" in await bot.hear(BEN, "!tafel")
    await bot.lack(ROOM, Power.PIN)
    assert "angehefteten" not in await bot.hear(BEN, "!tafel")

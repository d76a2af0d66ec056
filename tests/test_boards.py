"""The board of a room: set up, found again, edited when things have calmed down, taken down, gone with its room."""

import json
from datetime import timedelta

import pytest

from bot.events import Invited, Left, Members, Power, Redacted
from bot.store import boards
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Board
from tests.fakes import ANNA, BEN, CEM, ROOM, US, plain
from tests.roomlife import NEW, House

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def bot(database: Database) -> House:
    """Anna's room with two projects, on a Friday at 9:00; she coordinates."""
    house = House(database)
    await house.enter()
    await house.say(ANNA, f"!projekt neu eAkte\nTitel: Elektronische Akte\nVerantwortlich: {BEN}\nHandlungsfeld: Daten")
    await house.say(ANNA, f"!projekt neu Portal\nVerantwortlich: {CEM}\nProjektstatus: in Umsetzung")
    return house


def new_content(row: Row) -> dict[str, str]:
    content: dict[str, dict[str, str]] = json.loads(row.content)
    return content["m.new_content"]


def body(row: Row) -> str:
    """What an edit shows."""
    return new_content(row)["body"]


def stored(bot: House, room_id: str = ROOM) -> Board | None:
    return bot.ask(lambda session: boards.find(session, room_id))


async def later(bot: House, by: timedelta) -> list[Row]:
    """What comes of the clock after so long: one tick."""
    bot.now += by
    return await bot.tick()


async def set_up(bot: House, room_id: str = ROOM) -> Row:
    rows = await bot.say(ANNA, "!tafel", room_id=room_id)
    return next(row for row in rows if row.key.startswith("board/") and row.action == "send")


# set up


async def test_a_board_is_said_and_pinned_and_notifies_nobody(bot: House) -> None:
    await bot.say(BEN, "!status eAkte gelb 60% Vergabe verzögert sich")
    answer, board, pin = await bot.say(ANNA, "!tafel")
    assert "hat jetzt eine Projekttafel" in plain(answer)
    assert "m.relates_to" in json.loads(answer.content)
    content = json.loads(board.content)
    assert (content["msgtype"], content["m.mentions"]) == ("m.notice", {})
    assert "m.relates_to" not in content
    assert "matrix.to" not in content["formatted_body"], "a pill is a mention"
    assert "@" not in content["body"]
    shown = plain(board)
    assert "Stand: Freitag, 20. November 2026, 09:00 Uhr" in shown
    assert "1 × 🟡 gelb, 1 × ⚪ ohne Ampel" in shown
    for line in ("Daten", "eAkte Elektronische Akte", "🟡 gelb · 60 %", "ben · heute"):
        assert line in shown
    assert shown.index("Daten") < shown.index("Ohne Handlungsfeld") < shown.index("cem · noch keine Meldung")
    assert json.loads(pin.content) == {"of": [board.key], "without": []}


async def test_whoever_may_not_set_it_up_hears_who_may_and_may_ask_where_it_is(bot: House) -> None:
    assert "Moderation" in await bot.hear(BEN, "!tafel")
    assert stored(bot) is None
    board = await set_up(bot)
    (answer,) = await bot.say(BEN, "!tafel")
    assert f"{board.event_id}?via=example.org" in json.loads(answer.content)["formatted_body"].replace("%24", "$")
    assert "Moderation" in await bot.hear(BEN, "!tafel entfernen")
    assert stored(bot) is not None


async def test_where_we_may_not_pin_it_says_so(bot: House) -> None:
    await bot.lack(ROOM, Power.PIN)
    rows = await bot.say(ANNA, "!tafel")
    assert "heften Sie die Nachricht selbst an" in plain(rows[0])
    again = await bot.lack(ROOM)
    assert [json.loads(row.content)["of"] for row in again if row.action == "pin"] == [[rows[1].key]]


async def test_in_a_direct_chat_it_is_the_whole_network_and_nothing_is_kept(bot: House) -> None:
    await bot.say(ANNA, "!gruppe neu Verkehr")
    await bot.say(ANNA, "!projekt neu Radweg", room_id=bot.group().room_id or "")
    direct = await _direct(bot)
    answer = await bot.hear(ANNA, "tafel", room_id=direct)
    assert all(key in answer for key in ("eAkte", "Portal", "Verkehr", "Radweg"))
    assert "aktuell gehalten" not in answer
    assert stored(bot, direct) is None


async def _direct(bot: House) -> str:
    room_id = "!direkt:example.org"
    await bot.handle(
        Invited(room_id=room_id, inviter=ANNA, direct=True, received_at=bot.now),
        Members(room_id=room_id, joined=frozenset({US, ANNA})),
    )
    return room_id


# kept up to date


async def test_changes_are_bundled_until_nothing_changes_for_a_minute(bot: House) -> None:
    board = await set_up(bot)
    for number in range(3):
        bot.now += timedelta(seconds=30)
        await bot.say((BEN, CEM, BEN)[number], f"!status {('eAkte', 'Portal', 'eAkte')[number]} gelb {number + 1}0%")
        assert await bot.tick() == []
    assert await later(bot, timedelta(seconds=59)) == []
    (edit,) = await later(bot, timedelta(seconds=1))
    assert edit.refers_to == board.key
    assert "🟡 gelb · 30 %" in body(edit)
    assert "🟡 gelb · 20 % · in Umsetzung" in body(edit)
    assert json.loads(edit.content)["m.mentions"] == {}
    assert await later(bot, 30 * MINUTE) == []


async def test_two_people_who_change_two_projects_at_once_make_one_edit(bot: House) -> None:
    await set_up(bot)
    bot.now += MINUTE
    await bot.handle(
        bot.message(BEN, "!status eAkte grün 70%"),
        bot.message(CEM, "!status Portal rot 5%"),
        bot.message(ANNA, "!projekt eAkte\nHandlungsfeld: Netze, Daten"),
    )
    (edit,) = await later(bot, MINUTE + timedelta(seconds=1))
    assert all(words in body(edit) for words in ("🟢 grün · 70 %", "🔴 rot · 5 %", "Netze", "auch: Daten"))


async def test_who_never_stops_changing_things_sees_them_after_ten_minutes(bot: House) -> None:
    await set_up(bot)
    edits = []
    for second in range(0, 1200, 30):
        bot.now += timedelta(seconds=30)
        await bot.say(BEN, f"!status eAkte gelb {second // 15}%")
        if rows := await bot.tick():
            edits.append((second + 30, body(rows[0])))
    assert [at for at, _ in edits] == [630]
    assert "· 40 %" in edits[0][1]


async def test_what_changes_nothing_on_the_board_edits_nothing(bot: House) -> None:
    await set_up(bot)
    bot.now += MINUTE
    assert "Geändert" in await bot.hear(ANNA, "!projekt eAkte\nPriorität: hoch")
    assert await later(bot, 2 * MINUTE) == []
    assert await later(bot, 20 * MINUTE) == []


async def test_a_new_project_one_put_away_and_one_that_left_for_another_group_show(bot: House) -> None:
    await bot.say(ANNA, "!gruppe neu Verkehr")
    await set_up(bot)
    bot.now += MINUTE
    await bot.say(ANNA, "!projekt neu Karte")
    await bot.say(ANNA, "!projekt eAkte archivieren")
    (edit,) = await later(bot, MINUTE)
    assert "Karte" in body(edit)
    assert "eAkte" not in body(edit)
    bot.now += MINUTE
    await bot.say(ANNA, "!projekt Portal\nGruppe: Verkehr")
    (edit,) = [row for row in await later(bot, MINUTE) if row.key.startswith("board/")]
    assert "Portal" not in body(edit)


async def test_a_board_in_another_language_follows_its_room(bot: House) -> None:
    await set_up(bot)
    await bot.say(ANNA, "!sprache en")
    (edit,) = await later(bot, MINUTE)
    assert "Project board" in body(edit)


async def test_ages_change_in_the_morning_of_the_room_and_once_a_day(bot: House) -> None:
    await bot.say(BEN, "!status eAkte gelb 60%")
    await bot.say(ANNA, "!zeitzone America/New_York")
    await set_up(bot)
    seen = []
    bot.now += timedelta(hours=1)
    for _ in range(13):
        seen += [(bot.now, body(row)) for row in await later(bot, timedelta(hours=6)) if row.key.startswith("board/")]
    assert [f"{at:%d. %H:%M}" for at, _ in seen] == ["21. 15:00", "22. 15:00", "23. 15:00"]  # 6:00 there is 11:00
    assert ["gestern" in shown for _, shown in seen] == [True, False, False]
    assert "vor 3 Tagen" in seen[2][1]


async def test_what_nobody_hears_of_is_named_after_weeks_and_old_ages_edit_weekly(bot: House) -> None:
    await bot.say(CEM, "!status Portal gelb")
    await set_up(bot)
    edits = []
    for _ in range(30):
        edits += [row for row in await later(bot, timedelta(days=1)) if row.key.startswith("board/")]
    assert "seit 4 Wochen nichts" in body(edits[-1])
    assert len(edits) == 13 + 3  # daily for two weeks, then weekly


async def test_no_change_said_in_a_check_in_is_heard(bot: House) -> None:
    await bot.say(BEN, "!status eAkte gelb")
    await bot.say(ANNA, "!checkin neu Stand\nWen: Verantwortliche\nWann: jeden Montag 9:00\nWo: direkt")
    await set_up(bot)
    await later(bot, timedelta(days=3))
    await bot.say(BEN, "keine Änderung", room_id=f"!direct-{BEN[1:]}")
    rows = [row for row in await later(bot, timedelta(days=1)) if row.key.startswith("board/")]
    assert "ben · gestern" in body(rows[-1])


async def test_while_an_edit_is_on_its_way_none_is_added(bot: House) -> None:
    await set_up(bot)
    await bot.lack(ROOM, Power.SPEAK)
    bot.refuses["send"] = "403 M_FORBIDDEN"
    for number in range(5):
        bot.now += 15 * MINUTE
        await bot.say(BEN, f"!status eAkte gelb {number}%")
        await bot.tick()
        await later(bot, MINUTE)
    del bot.refuses["send"]
    rows = await bot.lack(ROOM)
    edits = [row for row in rows if row.key.startswith("board/")]
    assert len(edits) == 1
    (last,) = [row for row in await later(bot, 11 * MINUTE) if row.key.startswith("board/")]
    assert "gelb · 4 %" in body(last)


async def test_whose_data_were_erased_is_on_no_board_any_more(bot: House) -> None:
    await set_up(bot)
    chat = f"!chat-{BEN[1:]}"
    await bot.handle(
        Invited(room_id=chat, inviter=BEN, direct=True, received_at=bot.now),
        Members(room_id=chat, joined=frozenset({US, BEN})),
    )
    await bot.say(BEN, "meinedaten löschen", room_id=chat)
    bot.now += timedelta(seconds=5)
    await bot.say(BEN, "ja", room_id=chat)
    (edit,) = [row for row in await bot.tick() if row.key.startswith("board/")]
    assert "ben" not in body(edit)
    assert "niemand verantwortlich" in body(edit)


# gone, and back


async def test_taken_down_it_says_so_and_is_no_longer_pinned(bot: House) -> None:
    board = await set_up(bot)
    answer, edit, pin = await bot.say(ANNA, "!tafel entfernen")
    assert "abgehängt" in plain(answer)
    assert "seit dem 20. November 2026 nicht mehr gepflegt" in body(edit)
    assert json.loads(pin.content) == {"of": [], "without": [board.key]}
    await bot.say(BEN, "!status eAkte rot")
    assert await later(bot, timedelta(days=1)) == []
    assert "keine Projekttafel" in await bot.hear(ANNA, "!tafel entfernen")
    again = await set_up(bot)
    assert again.key != board.key


async def test_a_board_that_somebody_deleted_is_kept_no_longer_and_can_be_set_up_again(bot: House) -> None:
    board = await set_up(bot)
    (pin,) = await bot.see(Redacted, ROOM, CEM, target=board.event_id)
    assert json.loads(pin.content)["without"] == [board.key]
    await bot.say(BEN, "!status eAkte rot")
    assert await later(bot, timedelta(days=1)) == []
    assert stored(bot) is None
    await set_up(bot)


async def test_back_in_a_room_the_board_is_said_anew_when_asked_for(bot: House) -> None:
    first = await set_up(bot)
    bot.now += MINUTE
    await bot.handle(Left(room_id=ROOM, received_at=bot.now, by=CEM))
    assert await later(bot, timedelta(days=2)) == [], "a room that is closed to us waits"
    await bot.invite(ROOM)
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN})))
    answer, second, pin = await bot.say(BEN, "!tafel")
    assert "steht neu" in plain(answer)
    assert second.key != first.key
    assert json.loads(pin.content) == {"of": [second.key], "without": [first.key]}
    assert "steht schon" in await bot.hear(BEN, "!tafel")


async def test_a_board_goes_with_its_room(bot: House) -> None:
    first = await set_up(bot)
    rows = await bot.upgrade(ROOM)
    moved = [row for row in rows if row.key.startswith("board/")]
    assert [(row.action, row.room_id) for row in moved] == [("send", NEW), ("pin", NEW)]
    assert moved[0].key != first.key
    assert stored(bot) is None
    await bot.handle(Members(room_id=NEW, joined=frozenset({US, ANNA, BEN, CEM})))
    bot.now += MINUTE
    await bot.say(BEN, "!status eAkte rot 1%", room_id=NEW)
    (edit,) = await later(bot, MINUTE)
    assert (edit.room_id, edit.refers_to) == (NEW, moved[0].key)
    assert "steht schon" in await bot.hear(BEN, "!tafel", room_id=NEW)

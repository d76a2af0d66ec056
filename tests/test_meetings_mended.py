"""What a second look at meetings, workshops and tasks found: told wrong, told never, or broken by what came between."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.events import Reaction, Upgraded
from bot.procedures.retrospects import DEEPEST
from bot.procedures.reviewing import AT_ONCE
from bot.store import Session, erasure
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import ANNA, BEN, CEM, ROOM, Bot, plain


@pytest.fixture
async def bot(database: Database) -> Bot:
    """A bot on Friday, 20 November 2026, nine o'clock."""
    made = Bot(database)
    await made.enter()
    return made


def berlin(day: int, hour: int, *, month: int = 12) -> datetime:
    """A time in the winter of 2026 by the clocks of Berlin."""
    return datetime(2026, month, day, hour - 1, tzinfo=UTC)


async def told(bot: Bot, at: datetime, beginning: str = "") -> list[str]:
    """The first lines of what the clock says at a time, as far as they begin so."""
    bot.now = at
    firsts = [plain(row).splitlines()[0] for row in await bot.tick() if row.action == "send"]
    return [first for first in firsts if first.startswith(beginning)]


async def reminded(bot: Bot, at: datetime) -> list[tuple[str, str]]:
    """Whom the clock reminds of tasks at a time, and how."""
    bot.now = at
    return [(row.person, plain(row).splitlines()[0]) for row in await bot.tick() if row.person]


async def test_a_task_of_an_organisation_is_not_said_to_be_nobodys(bot: Bot) -> None:
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}")
    await bot.say(ANNA, "!treffen neu Kurz\nBeginn: heute 9:30")
    await bot.say(ANNA, f"!aufgabe neu Karte zeichnen\nVerantwortlich: Lindenstadt, {CEM}")
    for words in ("!treffen T1 zusammenfassung", "!treffen T1"):
        said = await bot.hear(BEN, words)
        assert f"A1 · Karte zeichnen: {CEM}, Lindenstadt" in said
        assert "niemand" not in said


async def test_a_meeting_put_off_after_its_summary_is_reminded_of_and_summed_up_again(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Kurz\nBeginn: 20.11. 10:00–11:00")
    bot.now += timedelta(hours=1)
    await bot.say(ANNA, "!aufgabe neu Karte zeichnen")
    assert await told(bot, berlin(23, 9, month=11), "T1") == ["T1 · Kurz: was herausgekommen ist"]
    await bot.say(ANNA, "!treffen T1\nBeginn: 10.12. 10:00")
    assert await told(bot, berlin(3, 9), "In 7") == ["In 7 Tagen: T1 · Kurz"]
    assert await told(bot, berlin(9, 9), "Morgen") == ["Morgen: T1 · Kurz"]
    assert await told(bot, berlin(11, 9), "T1") == ["T1 · Kurz: was herausgekommen ist"]
    assert await told(bot, berlin(12, 9), "T1") == []


@pytest.mark.parametrize("city", ["Helsinki", "Tokio", "Lissabon", "New York"])
async def test_a_room_that_gets_another_zone_is_reminded_once_all_the_same(city: str, bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Kurz\nBeginn: 10.12. 10:00–11:00")
    assert "Zeitzone" in await bot.hear(ANNA, f"!zeitzone {city}")
    found = [first for hour in range(9 * 24) for first in await told(bot, berlin(2, 1) + timedelta(hours=hour))]
    assert [first.partition(":")[0] for first in found if "T1 · Kurz" in first] == ["In 7 Tagen", "Morgen"]


async def test_a_field_can_be_given_up_after_its_results_went_elsewhere(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Eins\nBeginn: heute 9:30")
    await bot.say(ANNA, "!treffen neu Zwei\nBeginn: gestern 9:30")
    for words in "abcd":
        await bot.say(ANNA, f"!ergebnis T1 Idee: {words}")
    await bot.say(ANNA, "!treffen T1 bündeln DigiLab: E1 E2 E3")
    await bot.say(ANNA, "!ergebnis E3 Treffen: T2")
    assert "E3 Idee: c" in await bot.hear(ANNA, "!treffen T2 bündel")
    assert "E5" in await bot.hear(ANNA, "!ergebnis neu aus E1 E2\nText: a und b")
    listed = await bot.hear(ANNA, "!treffen T1 bündel")
    assert "1. DigiLab\n\n  * E5 Idee: a und b" in listed  # one result of several stays where they all were
    said = await bot.hear(ANNA, "!treffen T1 lösen DigiLab")
    assert said == "Das Handlungsfeld DigiLab gibt es nicht mehr. Wieder frei: E5."


async def test_results_of_two_fields_become_one_in_none(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Eins\nBeginn: heute 9:30")
    for words in "ab":
        await bot.say(ANNA, f"!ergebnis T1 Idee: {words}")
    await bot.say(ANNA, "!treffen T1 bündeln DigiLab: E1")
    await bot.say(ANNA, "!treffen T1 bündeln Strategie: E2")
    await bot.say(ANNA, "!ergebnis neu aus E1 E2\nText: a und b")
    assert "Noch in keinem Handlungsfeld\n\n  * E3 Idee" in await bot.hear(ANNA, "!treffen T1 bündel")


async def test_who_is_away_without_a_deputy_is_reminded_when_they_are_back(bot: Bot) -> None:
    await bot.say(BEN, "!aufgabe neu Satzung\nFrist: 25.11. 12:00")
    await bot.say(BEN, "!aufgabe neu Vorlage\nFrist: 4.12. 12:00")
    await bot.say(BEN, "!abwesend von 21.11. bis 30.11.")
    found = {}
    for hour in range(24 * 30):
        at = berlin(21, 1, month=11) + timedelta(hours=hour)
        if rows := await reminded(bot, at):
            found[at] = rows
    assert found == {
        berlin(1, 9): [(BEN, "Überfällig")],
        berlin(3, 9): [(BEN, "Bald fällig")],
        berlin(7, 9): [(BEN, "Überfällig")],
    }


async def cards(bot: Bot) -> list[Row]:
    rows = await bot.say(ANNA, "!treffen T1 rückschau alle")
    return [row for row in rows if "Karte " in plain(row).splitlines()[-1]]


async def test_a_review_of_many_projects_does_not_flood_the_room(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Kurz\nBeginn: heute 9:30")
    for number in range(AT_ONCE + 3):
        await bot.say(ANNA, f"!projekt neu P{number}")
    said = plain((await bot.say(ANNA, "!treffen T1 rückschau alle"))[0])
    assert f"Es folgen {AT_ONCE} Karten, dann sind es noch 3: !treffen T1 rückschau alle" in said
    assert len(await cards(bot)) == 3
    assert await cards(bot) == []


async def test_a_round_that_everybody_had_erased_does_not_move_the_next_one(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Kurz\nBeginn: heute 9:30")
    said = await bot.hear(ANNA, f"!treffen T1 werkstatt 2 Runden, 1 Tisch ohne {ANNA}, {CEM}")
    assert "an einem Tisch mit je einer Person" in said
    assert "Eine Person nimmt teil." in said
    await bot.say(ANNA, "!treffen T1 runde 1")

    def erase(session: Session) -> None:
        erasure.erase(session, BEN)

    await bot.database.run(erase)
    assert "In Runde 1 sitzt die Person an Tisch 1" in await bot.hear(ANNA, f"!treffen T1 dabei {CEM}")


async def test_a_time_limit_can_be_dropped(bot: Bot) -> None:
    await bot.say(BEN, "!aufgabe neu Satzung\nFrist: 25.11. 12:00")
    assert "Frist" not in await bot.hear(BEN, "!aufgabe A1\nFrist: keine")
    assert await reminded(bot, berlin(24, 9, month=11)) == []
    assert await reminded(bot, berlin(26, 9, month=11)) == []


async def test_nobody_takes_part_in_what_is_called_off(bot: Bot) -> None:
    await bot.say(ANNA, "!projekt neu A")
    await bot.say(ANNA, "!projekt neu B")
    await bot.say(ANNA, "!treffen neu Kurz\nBeginn: 27.11. 9:30")
    await bot.say(ANNA, "!treffen T1 absagen")
    for words in ("dabei", "nicht dabei", "priorisieren 10 Punkte\nSchluss: 12.12. 12:00"):
        assert await bot.hear(ANNA, f"!treffen T1 {words}") == "T1 · Kurz ist abgesagt."


async def test_a_meeting_entered_afterwards_says_how_its_results_are_entered(bot: Bot) -> None:
    said = plain((await bot.say(ANNA, "!treffen neu Auftakt\nBeginn: 12.11.2026 14:00–16:00"))[0])
    assert said.endswith("Ergebnisse nachtragen: !ergebnis T1 Definition: …")


async def tap(bot: Bot, person: str, to: Row) -> list[Row]:
    reaction = Reaction(
        room_id=to.room_id or "",
        event_id=bot.message(person, "").event_id,
        sender=person,
        sent_at=bot.now,
        received_at=bot.now,
        target=to.event_id or "",
        key="1️⃣",
    )
    return await bot.handle(reaction)


async def test_people_sign_up_on_in_the_room_that_came_after(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Kurz\nBeginn: heute 9:30")
    await bot.say(ANNA, "!treffen T1 bündeln DigiLab")
    before = (await bot.say(ANNA, "!treffen T1 handlungsfelder"))[1]
    new = "!neu:example.org"
    upgraded = Upgraded(
        room_id=ROOM,
        event_id=bot.message(ANNA, "").event_id,
        sender=ANNA,
        sent_at=bot.now,
        received_at=bot.now,
        successor=new,
    )
    await bot.handle(upgraded)
    assert [row.action for row in await bot.say(BEN, "!mitmachen DigiLab", room_id=new)] == ["send"]
    after = await bot.say(ANNA, "!treffen T1 handlungsfelder", room_id=new)
    assert [row.room_id for row in after] == [new] * 3
    assert await tap(bot, CEM, before) == []
    await bot.say(BEN, "!verlassen DigiLab", room_id=new)
    edit = (await tap(bot, CEM, after[1]))[0]
    assert (edit.room_id, edit.refers_to) == (new, after[1].key)
    assert f"1. DigiLab: {CEM}" in await bot.hear(ANNA, "!treffen T1 handlungsfelder", room_id=new)


async def test_a_dispute_that_goes_on_and_on_ends_before_it_cannot_be_shown(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen neu Kurz\nBeginn: heute 9:00")
    await bot.say(BEN, "!rückblick T1 So.")
    for number in range(1, DEEPEST):
        assert "Daneben" in await bot.hear((BEN, CEM)[number % 2], f"!rückblick T1 anders als {number}: Nein.")
    assert "am Ende einer langen Reihe" in await bot.hear(BEN, f"!rückblick T1 anders als {DEEPEST}: Nein.")
    assert f"Rückblick {DEEPEST + 1} " in await bot.hear(CEM, f"!rückblick T1 anders als {DEEPEST - 1}: Nein.")

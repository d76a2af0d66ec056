"""Reminders: to whom, when, and on a working day of their Land."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.consultation import State
from bot.events import Redacted
from bot.procedures import reminding
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Consultation
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, Bot, plain

DORA = "@dora:example.org"
BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def reminded(rows: Sequence[Row]) -> set[str]:
    return {row.person or row.key for row in rows if "/reminder/" in row.key or "/mail/" in row.key}


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Lindenstadt in BW (Ben), Erlenbrück in BE (Cem, deputy Dora), Ahornfeld without Matrix in NI."""
    bot = Bot(database, house=replace(HOUSE, mail=True), now=local("2026-05-25T09:00"))
    await bot.enter()
    await bot.hear(ANNA, f"!organisation neu Lindenstadt\nBundesland: BW\nMandat: {BEN}")
    await bot.hear(ANNA, f"!organisation neu Erlenbrück\nBundesland: BE\nMandat: {CEM}\nVertretung: {DORA}")
    await bot.hear(ANNA, "!organisation neu Ahornfeld\nBundesland: NI\nE-Mail: rathaus@ahornfeld.example")
    return bot


async def ask(bot: Bot, closes: str, reminder: str = "1 Tag") -> list[Row]:
    return await bot.say(ANNA, f"!konsultation neu Kaffee\nFrage: Ja?\nSchluss: {closes}\nErinnerung: {reminder}")


async def at(bot: Bot, when: str) -> set[str]:
    bot.now = local(when)
    return reminded(await bot.tick())


async def test_each_land_has_its_own_working_days(bot: Bot) -> None:
    """Friday, 5 June 2026: the day before is Corpus Christi in BW, and a working day elsewhere."""
    await ask(bot, "5.6.2026 12:00")
    assert await at(bot, "2026-06-03T11:59") == set()
    assert await at(bot, "2026-06-03T12:00") == {BEN}
    assert await at(bot, "2026-06-04T11:59") == set()
    assert await at(bot, "2026-06-04T12:00") == {
        CEM,
        "consultation/1/mail/3/reminder 2026-06-05T10:00:00+00:00/2026-06-04T10:00:00+00:00",
    }
    assert await at(bot, "2026-06-05T11:00") == set()


async def test_a_weekend_is_passed_over_backwards(bot: Bot) -> None:
    await ask(bot, "1.6.2026 18:00")  # a Monday; the day before is a Sunday
    assert await at(bot, "2026-05-29T17:59") == set()
    assert await at(bot, "2026-05-29T18:00") >= {BEN, CEM}
    assert await at(bot, "2026-06-01T17:00") == set()


async def test_before_the_opening_nobody_is_reminded(bot: Bot) -> None:
    bot.now = local("2026-05-29T13:00")
    await ask(bot, "1.6.2026 12:00")
    assert await at(bot, "2026-05-31T13:00") == set()
    assert await at(bot, "2026-06-01T11:59") == set()


async def test_on_the_day_of_the_opening_a_reminder_stays_where_it_was_set(bot: Bot) -> None:
    bot.now = local("2026-05-31T13:00")  # a Sunday
    await ask(bot, "31.5.2026 18:00", "1 Stunde")
    assert await at(bot, "2026-05-31T16:59") == set()
    assert await at(bot, "2026-05-31T17:00") >= {BEN, CEM}


async def test_two_times_that_fall_together_are_one(bot: Bot) -> None:
    await ask(bot, "1.6.2026 12:00", "2 Tage, 1 Tag")  # Saturday and Sunday
    assert await at(bot, "2026-05-29T12:00") >= {BEN, CEM}
    assert await at(bot, "2026-05-31T12:00") == set()


async def test_only_who_has_not_voted(bot: Bot) -> None:
    await ask(bot, "29.5.2026 12:00")
    await bot.say(BEN, "!stimme K1 ja")
    assert BEN not in await at(bot, "2026-05-28T12:00")


async def test_who_took_a_vote_back_has_none(bot: Bot) -> None:
    await ask(bot, "29.5.2026 12:00")
    vote = bot.message(BEN, "!stimme K1 ja")
    await bot.handle(vote)
    back = {"room_id": ROOM, "sender": BEN, "sent_at": bot.now, "received_at": bot.now}
    await bot.handle(Redacted(event_id="$back", target=vote.event_id, **back))
    assert BEN in await at(bot, "2026-05-28T12:00")


async def test_a_recorded_vote_is_one(bot: Bot) -> None:
    await ask(bot, "29.5.2026 12:00")
    await bot.hear(ANNA, "!stimme K1 für Ahornfeld ja (telefonisch, Fr. Huber)")
    await at(bot, "2026-05-27T12:00")
    assert await at(bot, "2026-05-28T12:00") == {BEN, CEM}


async def test_a_deputy_is_asked_while_the_holder_is_away(bot: Bot) -> None:
    await ask(bot, "29.5.2026 12:00")
    await bot.say(CEM, "!abwesend von 27.5.2026 bis 29.5.2026")
    told = await at(bot, "2026-05-28T12:00")
    assert told >= {BEN, DORA}
    assert CEM not in told


async def test_on_several_ballots_who_lacks_one_is_reminded_of_that(bot: Bot) -> None:
    form = "Frage: Erstens?\nSchluss: 29.5.2026 12:00\nErinnerung: 1 Tag\nVorlage 2\nFrage: Zweitens?"
    await bot.say(ANNA, f"!konsultation neu Zwei\n{form}")
    await bot.say(BEN, "!stimme K1.1 ja")
    await bot.say(CEM, "!stimme K1.1 ja")
    await bot.say(CEM, "!stimme K1.2 nein")
    bot.now = local("2026-05-28T12:00")
    told = {row.person: plain(row) for row in await bot.tick() if "/reminder/" in row.key}
    assert CEM not in told
    assert "Für Lindenstadt" in told[BEN]
    assert "stimme K1.2 ja" in told[BEN]
    assert "K1.1" not in told[BEN] or "Erstens" in told[BEN]


async def test_after_an_extension_the_same_reminder_is_due_again(bot: Bot) -> None:
    await ask(bot, "28.5.2026 12:00")
    assert await at(bot, "2026-05-27T12:00") >= {BEN, CEM}
    assert await at(bot, "2026-05-27T12:30") == set()
    await bot.say(ANNA, "!konsultation K1 verlängern 29.5.2026 12:00")
    assert await at(bot, "2026-05-28T12:00") >= {BEN, CEM}


async def test_what_was_missed_is_not_made_up_for_after_the_close(bot: Bot) -> None:
    await ask(bot, "28.5.2026 12:00", "2 Tage, 1 Tag")
    assert await at(bot, "2026-05-28T11:59") >= {BEN, CEM}  # once, though two times have come
    assert await at(bot, "2026-05-28T12:00") == set()


async def test_a_bare_word_answers_it(bot: Bot) -> None:
    await ask(bot, "28.5.2026 12:00")
    bot.now = local("2026-05-27T12:00")
    (asked,) = [row for row in await bot.tick() if row.person == BEN]
    rows = await bot.say(BEN, "ja", room_id=asked.room_id)
    assert [plain(row) for row in rows] == ["✅"]
    rows = await bot.tick()
    assert "1 von 3 Organisationen: Lindenstadt" in plain(rows[0])


def times(closes: str, reminders: str, *, state: str | None = "BW", zone: str = "Europe/Berlin") -> list[str]:
    """When people are reminded of a consultation that opened long ago, in local time."""
    here = ZoneInfo(zone)
    moment = datetime.fromisoformat(closes).replace(tzinfo=here).astimezone(UTC)
    consultation = Consultation(
        id=1,
        network_id=1,
        number=1,
        room_id=ROOM,
        title="x",
        state=State.OPEN,
        opens_at=moment - timedelta(days=60),
        closes_at=moment,
        grace_seconds=60,
        reminders=reminders,
        created_by=ANNA,
        created_at=moment,
    )
    return [each.astimezone(here).isoformat()[:16] for each in reminding.times(consultation, state, here)]


DAY = "86400"


@pytest.mark.parametrize(
    ("closes", "reminders", "expected"),
    [
        ("2026-12-10T12:00", f"{3 * 86400},{DAY}", ["2026-12-07T12:00", "2026-12-09T12:00"]),
        ("2026-12-14T12:00", DAY, ["2026-12-11T12:00"]),
        ("2027-01-07T08:30", DAY, ["2027-01-05T08:30"]),
        ("2026-04-07T10:00", DAY, ["2026-04-02T10:00"]),
        ("2026-12-10T12:00", "3600", ["2026-12-10T11:00"]),
        ("2026-12-10T12:00", "", []),
        ("2026-12-12T12:00", "3600", ["2026-12-11T11:00"]),
    ],
)
def test_times(closes: str, reminders: str, expected: list[str]) -> None:
    assert times(closes, reminders) == expected


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo"])
def test_the_local_time_holds_over_a_change_of_the_clocks(zone: str) -> None:
    """A close on Monday after the change: the reminder moves to Friday, at the same local time."""
    for closes, friday in (
        ("2026-03-30T09:00", "2026-03-27"),
        ("2026-10-26T09:00", "2026-10-23"),
        ("2026-03-09T09:00", "2026-03-06"),
    ):
        moved = times(closes, DAY, state="HH", zone=zone)
        sunday = datetime.fromisoformat(closes).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(days=1)
        assert moved == [f"{friday}T{sunday.astimezone(ZoneInfo(zone)):%H:%M}"]


def test_where_no_land_is_known_the_operator_s_counts() -> None:
    assert times("2026-06-05T12:00", DAY, state=None) == ["2026-06-04T12:00"]
    assert times("2026-06-05T12:00", DAY, state="BW") == ["2026-06-03T12:00"]


async def test_the_operator_s_land_serves_electors_without_one(database: Database) -> None:
    bot = Bot(database, house=replace(HOUSE, federal_state="BW"), now=local("2026-05-25T09:00"))
    await bot.enter()
    await ask(bot, "5.6.2026 12:00")
    assert await at(bot, "2026-06-03T12:00") == {ANNA, BEN, CEM}
    assert await at(bot, "2026-06-04T12:00") == set()

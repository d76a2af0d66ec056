"""When a digest comes and to whom: as set, once, not too late, and nobody is told the same twice in a day."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.roles import Role
from bot.events import Named
from bot.store import Session, networks, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Network, Room
from schedules import digests as schedule
from tests.fakes import ANNA, BEN, CEM, ROOM, US, Bot, plain
from tests.taking_part import DORA, OFFICE, chat, make_group

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def only_digests(database: Database, now: datetime) -> Bot:
    return Bot(database, jobs=(schedule.JOB,), now=now)


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Anna, Ben and Cem in a room called Digitales."""
    made = only_digests(database, datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
    await made.enter()
    await made.handle(
        Named(room_id=ROOM, event_id="$name", sender=US, sent_at=made.now, received_at=made.now, name="Digitales")
    )
    made.now += timedelta(minutes=1)
    return made


def told(rows: list[Row]) -> dict[str, str]:
    """What was said by whom it was said to: a room, or a person."""
    return {row.person or row.room_id or "": plain(row) for row in rows if row.action == "send"}


# what moderators and coordinators say


async def test_it_says_when_it_comes(bot: Bot) -> None:
    said = await bot.hear(BEN, "!bericht plan")
    assert "kommt jeden Montag um 8:00 Uhr, das nächste Mal am Montag, 23. November 2026, 08:00 Uhr." in said


async def test_a_moderator_sets_it_and_it_comes_then(bot: Bot) -> None:
    said = await bot.hear(ANNA, "!bericht plan jeden Freitag 15:00")
    assert "kommt von jetzt an jeden Freitag um 15:00 Uhr, das nächste Mal am Freitag, 20. November 2026" in said
    await bot.say(BEN, "!idee Bürgerkarte")
    assert "Der nächste Bericht kommt am Freitag, 20. November 2026, 15:00 Uhr" in await bot.hear(
        BEN, "!bericht vorschau"
    )
    bot.now = FRIDAY - WEEK - timedelta(seconds=1)
    assert await bot.tick() == []
    bot.now += timedelta(seconds=1)
    assert "Bürgerkarte" in told(await bot.tick())[ROOM]
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, "!idee Bäderkarte")
    bot.now = MONDAY
    assert await bot.tick() == []
    bot.now = FRIDAY
    assert "Bäderkarte" in told(await bot.tick())[ROOM]


async def test_off_and_back_to_mondays(bot: Bot) -> None:
    await bot.say(BEN, "!idee Bürgerkarte")
    assert "kommt nicht mehr von selbst" in await bot.hear(ANNA, "!bericht plan aus")
    assert "kommt nicht von selbst" in await bot.hear(ANNA, "!bericht plan")
    assert "Von selbst kommt dieser Bericht nicht." in await bot.hear(ANNA, "!bericht vorschau")
    bot.now = MONDAY + timedelta(hours=1)
    assert await bot.tick() == []
    said = await bot.hear(ANNA, "!bericht plan Standard")
    assert "jeden Montag um 8:00 Uhr, das nächste Mal am Montag, 30. November 2026, 08:00 Uhr" in said
    assert await bot.tick() == [], "what was missed before is not made up for"
    bot.now = MONDAY + WEEK
    assert "Bürgerkarte" in told(await bot.tick())[ROOM]


async def test_in_english(bot: Bot) -> None:
    await bot.say(ANNA, "!language en")
    said = await bot.hear(ANNA, "!digest plan every Friday 15:00")
    assert "From now on this room's digest comes every Friday at" in said
    assert "no longer comes by itself" in await bot.hear(ANNA, "!digest plan off")
    assert "every Monday" in await bot.hear(ANNA, "!digest plan default")


@pytest.mark.parametrize(
    ("who", "words", "role"),
    [
        (BEN, "jeden Freitag 15:00", "Moderation oder Koordination"),
        (BEN, "aus", "Moderation oder Koordination"),
        (BEN, "Koordination jeden Montag 7:30", "Koordination"),
        (CEM, "Koordination jeden Montag 7:30", "Koordination"),
    ],
)
async def test_only_those_who_lead_may(who: str, words: str, role: str, bot: Bot) -> None:
    await bot.say(ANNA, f"!rolle {CEM} Moderation")
    assert f"braucht es hier die Rolle {role}" in await bot.hear(who, f"!bericht plan {words}")
    assert "jeden Montag um 8:00 Uhr" in await bot.hear(BEN, "!bericht plan")


@pytest.mark.parametrize(
    "words", ["am 31. jeden Monats 9:00", "jeden Tag 2:30", "jeden 30. Februar 9:00", "irgendwann", "jede Minute"]
)
async def test_what_is_no_time_or_never_comes_is_refused_or_asked_back(words: str, bot: Bot) -> None:
    said = await bot.hear(ANNA, f"!bericht plan {words}")
    assert "von jetzt an" not in said
    assert "jeden Montag um 8:00 Uhr" in await bot.hear(ANNA, "!bericht plan")


async def test_an_answer_completes_it(bot: Bot) -> None:
    rows = await bot.say(ANNA, "!bericht plan jeden 31. im Monat 9:00")
    assert "von jetzt an" not in plain(rows[0])
    said = await bot.hear(ANNA, "jeden Freitag 9:00", reply_to=f"$bot{rows[0].id}")
    assert "von jetzt an jeden Freitag um 9:00 Uhr" in said


async def test_in_a_direct_chat_there_is_no_room_to_set_it_for(bot: Bot) -> None:
    direct = await chat(bot, ANNA)
    assert "von jetzt an" not in await bot.hear(ANNA, "bericht plan jeden Freitag 15:00", room_id=direct)
    said = await bot.hear(ANNA, "bericht plan", room_id=direct)
    assert "geht kein Bericht als Direktnachricht" in said


# lateness


def naive(after: datetime, until: datetime, weekdays: set[int], at: time) -> Iterator[datetime]:
    """Every such local time between the two, found day by day."""
    day: date = after.astimezone(BERLIN).date()
    while day <= until.astimezone(BERLIN).date():
        found = datetime.combine(day, at, BERLIN).astimezone(UTC)
        if day.weekday() in weekdays and after < found <= until:
            yield found
        day += timedelta(days=1)


PLANS = {
    "": ({0}, time(8, 0)),
    "jeden Freitag 15:00": ({4}, time(15, 0)),
    "werktags 8:30": ({0, 1, 2, 3, 4}, time(8, 30)),
}


@pytest.mark.parametrize("words", PLANS)
async def test_after_any_downtime_at_most_one_and_none_later_than_three_days(
    words: str, database: Database, bot: Bot
) -> None:
    """From a minute to 30 days, with a restart after each and once more right after it."""
    if words:
        await bot.say(ANNA, f"!bericht plan {words}")
    dice, keys, seen = random.Random(5), list[str](), {0: 0, 1: 0}
    downtimes = [
        timedelta(minutes=1),
        timedelta(days=30),
        *(timedelta(minutes=dice.randint(1, 43_200)) for _ in range(40)),
    ]
    for down in [*downtimes, *(timedelta(hours=each) for each in range(1, 120, 7))]:
        bot.now += timedelta(minutes=1)
        assert await bot.tick() == [], "the minute at which one is due is not meant here"
        await bot.say(BEN, "!idee Bürgerkarte", event_id=f"$idea {bot.now}")
        began, back = bot.now, bot.now + down
        missed = list(naive(began, back, *PLANS[words]))
        expected = 1 if missed and back - missed[-1] <= timedelta(days=3) else 0
        bot = only_digests(database, back)
        rows = await bot.tick()
        assert len(rows) == expected, (began, back, missed[-1:])
        bot = only_digests(database, back + timedelta(seconds=1))
        assert await bot.tick() == []
        keys += [row.key for row in rows]
        seen[expected] += 1
        assert [row.key for row in rows] == [f"digest/{ROOM}/{each.isoformat()}" for each in missed[-1:] if expected]
    assert len(keys) == len(set(keys))
    assert min(seen.values()) >= 5, seen


async def test_of_a_whole_year_every_monday_once_at_eight_local_time(bot: Bot) -> None:
    """Across both changes of the clock, with a tick every hour."""
    at, local = [], set()
    for _ in range(24 * 7 * 30):
        if bot.now.hour == 1:
            await bot.say(BEN, "!idee Bürgerkarte")
        bot.now += timedelta(hours=1)
        bot.now = bot.now.replace(minute=0)
        if bot.now.astimezone(BERLIN).weekday() in (6, 0) and await bot.tick():
            at.append(bot.now)
            local.add((bot.now.astimezone(BERLIN).weekday(), bot.now.astimezone(BERLIN).hour))
    assert local == {(0, 8)}
    assert len(at) == len(set(at)) == 30


async def test_each_room_has_its_monday_in_its_own_zone(bot: Bot) -> None:
    def move(session: Session) -> None:
        session.get_one(Room, ROOM).zone = "Europe/Lisbon"

    await bot.database.run(move)
    await bot.say(BEN, "!idee Bürgerkarte")
    bot.now = MONDAY
    assert await bot.tick() == []
    bot.now += timedelta(hours=1)
    assert ROOM in told(await bot.tick())

    def network(session: Session) -> None:
        session.get_one(Room, ROOM).zone = None
        session.get_one(Network, 1).zone = "Pacific/Kiritimati"

    await bot.database.run(network)
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, "!idee Bäderkarte")
    bot.now = MONDAY + WEEK - timedelta(hours=13)
    assert ROOM in told(await bot.tick()), "Monday 8:00 there"


# roles


async def working(bot: Bot) -> None:
    """A group with a room that Anna and Ben are in; Ben drives it, Cem and Dora follow it."""
    await make_group(bot)
    await bot.enter(OFFICE, ANNA, BEN)
    await bot.say(BEN, "!mitmachen Digitale Akte")
    for person in (CEM, DORA):
        await bot.say(ANNA, f"!folgen Digitale Akte {person}")
    bot.now += timedelta(minutes=1)
    await bot.say(ANNA, f"!projekt neu eAkte\nVerantwortlich: {BEN}", room_id=OFFICE)
    await bot.say(BEN, "!status eAkte rot Haushaltssperre", room_id=OFFICE)
    await bot.say(BEN, "!feedback eAkte Frage: Was kostet das?", room_id=OFFICE)
    await bot.say(BEN, "!idee Bürgerkarte", room_id=OFFICE)
    await bot.say(ANNA, "!aufgabe neu Satzung\nFrist: 21.11.2026 12:00", room_id=OFFICE)
    await bot.say(ANNA, "!konsultation neu Leitbild\nFrage: Einverstanden?\nSchluss: 30.11.2026 12:00", room_id=OFFICE)


async def test_coordinators_get_what_they_must_act_on_across_rooms(bot: Bot) -> None:
    await working(bot)
    direct = await chat(bot, ANNA)
    said = await bot.hear(ANNA, "bericht plan Koordination jeden Montag 7:30", room_id=direct)
    assert "Bericht für die Koordination · Verbund Anna" in said
    assert "jeden Montag um 7:30 Uhr, das nächste Mal am Montag, 23. November 2026, 07:30 Uhr" in said
    bot.now = MONDAY - timedelta(minutes=30)
    rows = told(await bot.tick())
    assert set(rows) == {ANNA}
    for words in ("A1 Satzung, seit 2 Tagen überfällig", "K1 Leitbild: noch 7 Tage", "Sie den Verbund koordinieren"):
        assert words in rows[ANNA]
    for words in ("Haushaltssperre", "Bürgerkarte"):
        assert words not in rows[ANNA]
    assert "F1 zu eAkte (verantwortlich: @ben:example.org): Was kostet das?" in rows[ANNA]
    bot.now = MONDAY
    assert {OFFICE} <= set(told(await bot.tick())), "the rooms' come all the same"
    assert "A1 Satzung" in await bot.hear(ANNA, "bericht vorschau", room_id=direct)


async def test_no_links_into_rooms_that_the_reader_is_not_in(bot: Bot) -> None:
    await working(bot)
    await bot.say(ANNA, "!rolle @dora:example.org Koordination")
    await bot.say(ANNA, "!bericht plan Koordination jeden Montag 7:30")
    bot.now = MONDAY - timedelta(minutes=30)
    rows = {row.person: row.content for row in await bot.tick()}
    assert set(rows) == {ANNA, DORA}
    assert "%21akte%3Aexample.org/%24" in rows[ANNA]
    assert "%21akte%3Aexample.org/%24" not in rows[DORA]


async def test_each_reads_it_in_their_own_language_and_zone(bot: Bot) -> None:
    await working(bot)
    direct = await chat(bot, ANNA)
    await bot.say(ANNA, "sprache en", room_id=direct)

    def move(session: Session) -> None:
        session.get_one(Room, direct).zone = "Europe/London"

    await bot.database.run(move)
    await bot.say(ANNA, "!bericht plan Koordination jeden Montag 7:30")
    bot.now = MONDAY - timedelta(minutes=30)
    rows = told(await bot.tick())
    assert "K1 Leitbild: 7 days left, until Monday, 30 November 2026, 11:00 (London time)" in rows[ANNA]


async def politics(bot: Bot) -> None:
    """Emil and Fritz are of a parliamentary group, Dora is a guest now."""
    for number, person in enumerate(("@emil:example.org", "@fritz:example.org", DORA)):
        await bot.say(ANNA, f"!organisation neu Fraktion {number}\nZugehörigkeit: Politik\nMandat: {person}")
    await bot.database.run(lambda session: networks.grant(session, 1, DORA, Role.GUEST, ANNA, bot.now))
    await bot.say(ANNA, "!bericht plan Politik jeden Dienstag 9:00")


async def test_politics_gets_votes_councils_and_lights_and_nothing_internal(bot: Bot) -> None:
    await politics(bot)
    await working(bot)
    bot.now = MONDAY + timedelta(days=1, hours=1)
    rows = told(await bot.tick())
    assert {"@emil:example.org", "@fritz:example.org"} <= set(rows)
    assert DORA not in rows, "guests never"
    said = rows["@emil:example.org"]
    assert "K1 Leitbild" in said
    assert "🔴 rot" in said
    for internal in ("A1", "F1", "I1", "Aufgaben"):
        assert internal not in said


async def test_politics_does_not_hear_again_what_stands_in_a_room_they_read_that_day(bot: Bot) -> None:
    await politics(bot)
    await working(bot)
    await bot.enter(OFFICE, ANNA, BEN, "@emil:example.org")
    await bot.say(ANNA, "!bericht plan Politik jeden Montag 9:00")
    bot.now = MONDAY
    assert OFFICE in told(await bot.tick())
    bot.now += timedelta(hours=1)
    assert set(told(await bot.tick())) == {"@fritz:example.org"}


async def test_the_active_get_their_group_s_unless_they_read_it_in_the_room_that_day(bot: Bot) -> None:
    await working(bot)
    await bot.say(ANNA, "!mitmachen Digitale Akte @fritz:example.org")
    await bot.say(ANNA, "!bericht plan Aktive jeden Montag 7:00")
    await bot.say(BEN, "!status eAkte gelb", room_id=OFFICE)
    bot.now = MONDAY - timedelta(hours=1)
    rows = told(await bot.tick())
    assert set(rows) == {"@fritz:example.org"}
    assert "weil Sie in der Gruppe Digitale Akte aktiv sind" in rows["@fritz:example.org"]
    await bot.say(ANNA, "!bericht plan Aktive jeden Donnerstag 9:00")
    await bot.say(BEN, "!status eAkte rot", room_id=OFFICE)
    bot.now = MONDAY + timedelta(days=3, hours=1)
    await bot.say(BEN, "!status eAkte grün", room_id=OFFICE)
    assert {BEN, "@fritz:example.org"} <= set(told(await bot.tick()))


async def test_followers_at_a_time_of_their_own_no_longer_with_the_room_s(bot: Bot) -> None:
    await working(bot)
    said = await bot.hear(ANNA, "!bericht plan Interessierte jeden Mittwoch 9:00")
    assert "Zusammen mit dem Bericht des Raums kommt er dann nicht mehr." in said
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, "!idee Bäderkarte", room_id=OFFICE)
    bot.now = MONDAY
    assert not {CEM, DORA} & set(told(await bot.tick()))
    bot.now = MONDAY + timedelta(days=2, hours=1)
    rows = told(await bot.tick())
    assert set(rows) == {CEM, DORA}
    assert "Bäderkarte" in rows[DORA]
    assert "!verlassen Digitale Akte" in rows[DORA]
    assert "kommt nicht mehr" in await bot.hear(ANNA, "!bericht plan Interessierte aus")
    bot.now += timedelta(minutes=1)
    await bot.say(BEN, "!idee Kalender", room_id=OFFICE)
    bot.now = MONDAY + WEEK
    assert {CEM, DORA} <= set(told(await bot.tick())), "with the room's again"


async def test_nothing_to_say_nothing_sent(bot: Bot) -> None:
    for each in ("Koordination", "Politik", "Aktive", "Interessierte"):
        await bot.say(ANNA, f"!bericht plan {each} jeden Montag 7:30")
    await bot.say(ANNA, "!organisation neu Fraktion\nZugehörigkeit: Politik\nMandat: @emil:example.org")
    bot.now = MONDAY
    assert await bot.tick() == []
    bot.now += WEEK
    assert await bot.tick() == []


async def test_nothing_of_one_network_reaches_another(bot: Bot) -> None:
    await working(bot)

    def elsewhere(session: Session) -> None:
        other = networks.found(session, "Anderswo", CEM, bot.now).id or 0
        rooms.save(session, Room(room_id="!fern:example.org", network_id=other, invited_by=CEM, since=bot.now))

    await bot.database.run(elsewhere)
    for each in ("Koordination", "Politik", "Aktive", "Interessierte"):
        await bot.say(ANNA, f"!bericht plan {each} jeden Montag 7:30")
    assert "jeden Montag um 8:00 Uhr" in await bot.hear(CEM, "!bericht plan", room_id="!fern:example.org")
    bot.now = MONDAY + timedelta(minutes=1)
    assert "!fern:example.org" not in told(await bot.tick())

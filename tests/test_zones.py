"""On whose clocks: what is read where it is written, and shown to whoever reads it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.context import Context, Scope
from bot.domain.roles import Role
from bot.events import Invited, Members
from bot.store import erasure, networks, organisations, rooms
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Network, Room
from bot.texts import text
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, START, TEXTS, US, Bot, plain
from tests.statements import statements

BERLIN, LONDON, LISBON, NEW_YORK = map(
    ZoneInfo, ("Europe/Berlin", "Europe/London", "Europe/Lisbon", "America/New_York")
)
NOON = datetime(2026, 12, 12, 11, 0, tzinfo=UTC)  # a Saturday, 12:00 in Berlin
OTHER = "!zweiter:example.org"
ALONE = "!direct-ben:example.org"
QUESTION = "!konsultation neu Grundsätze\nFrage: Stimmen Sie zu?\nSchluss: 10.12.2026 12:00\nErinnerung: 1 Tag"


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Two rooms of one network, and a direct chat with Ben."""
    bot = Bot(database, house=replace(HOUSE, mail=True))
    await bot.enter()
    await bot.enter(OTHER)
    await bot.handle(
        Invited(room_id=ALONE, inviter=BEN, direct=True, received_at=bot.now),
        Members(room_id=ALONE, joined=frozenset({US, BEN})),
    )
    return bot


async def alone(bot: Bot, words: str) -> str:
    return await bot.hear(BEN, words, room_id=ALONE)


def said(rows: Sequence[Row], key: str) -> str:
    (found,) = [plain(row) for row in rows if row.key.endswith(key)]
    return found


# how a time is shown


@pytest.mark.parametrize(
    ("language", "zone", "usual", "shown"),
    [
        ("de", BERLIN, None, "Samstag, 12. Dezember 2026, 12:00 Uhr ist schon vorbei."),
        ("de", BERLIN, BERLIN, "Samstag, 12. Dezember 2026, 12:00 Uhr ist schon vorbei."),
        ("de", LONDON, BERLIN, "Samstag, 12. Dezember 2026, 11:00 Uhr (Ortszeit London) ist schon vorbei."),
        ("en", LONDON, BERLIN, "Saturday, 12 December 2026, 11:00 (London time) is already over."),
        ("de", LISBON, LONDON, "Samstag, 12. Dezember 2026, 11:00 Uhr ist schon vorbei."),  # the same clocks
        ("de", LONDON, LONDON, "Samstag, 12. Dezember 2026, 11:00 Uhr ist schon vorbei."),
        ("de", ZoneInfo("Europe/Vienna"), BERLIN, "Samstag, 12. Dezember 2026, 12:00 Uhr ist schon vorbei."),
        (
            "de",
            ZoneInfo("Europe/Kyiv"),
            BERLIN,
            "Samstag, 12. Dezember 2026, 13:00 Uhr (Ortszeit Kiew) ist schon vorbei.",
        ),
    ],
)
def test_a_time_says_whose_it_is_where_others_have_another(
    language: str, zone: ZoneInfo, usual: ZoneInfo | None, shown: str
) -> None:
    assert TEXTS.render(text("dates.past", at=NOON), language, zone, usual).plain.startswith(shown)


def test_the_clocks_at_that_moment_count() -> None:
    """In winter Phoenix and Denver have the same time."""
    denver, phoenix = ZoneInfo("America/Denver"), ZoneInfo("America/Phoenix")
    summer, winter = datetime(2026, 7, 1, 18, 0, tzinfo=UTC), datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
    assert "Ortszeit" in TEXTS.render(text("dates.past", at=summer), "de", phoenix, denver).plain
    assert "Ortszeit" not in TEXTS.render(text("dates.past", at=winter), "de", phoenix, denver).plain


# where what is read and shown


async def test_a_room_reads_and_shows_its_own_time(bot: Bot) -> None:
    await bot.say(ANNA, "!zeitzone London")
    assert "12:00 Uhr (Ortszeit London)" in await bot.hear(ANNA, "!aufgabe neu Entwurf\nFrist: 10.12. 12:00")
    assert "13:00 Uhr" in (elsewhere := await alone(bot, "aufgabe A1"))
    assert "Ortszeit" not in elsewhere


async def test_a_refusal_and_a_question_are_on_the_clocks_of_their_room(bot: Bot) -> None:
    await alone(bot, "zeitzone New York")
    assert "10:00 Uhr (Ortszeit New York) ist schon vorbei" in await alone(bot, "abwesend bis 1.11.2026 10:00")
    assert (await alone(bot, "abwesend bis Freitag 18 Uhr")).count("18:00 Uhr (Ortszeit New York)") == 2


async def test_one_consultation_is_told_to_everybody_on_their_own_clocks(bot: Bot) -> None:
    await alone(bot, "zeitzone London")
    await bot.say(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}")
    await bot.say(ANNA, f"!organisation neu Erlenbrück\nMandat: {CEM}")
    await bot.say(ANNA, "!organisation neu Ahornfeld\nE-Mail: rathaus@ahornfeld.example")
    rows = await bot.say(ANNA, QUESTION)
    assert "10. Dezember 2026, 12:00 Uhr · " in said(rows, "/announcement")
    letters = [json.loads(row.content)["plain"] for row in rows if row.action == "mail"]
    assert ["12:00 Uhr." in each for each in letters] == [True]
    bot.now = datetime(2026, 12, 9, 11, 0, tzinfo=UTC)
    rows = await bot.tick()
    told = {row.person: plain(row) for row in rows if row.person}
    assert "10. Dezember 2026, 11:00 Uhr (Ortszeit London)" in told[BEN]
    assert "10. Dezember 2026, 12:00 Uhr." in told[CEM]


async def test_a_network_has_a_zone_of_its_own_for_rooms_people_and_mail(bot: Bot) -> None:
    await bot.say(ANNA, "!verbund\nZeitzone: London")
    await bot.say(ANNA, "!organisation neu Ahornfeld\nE-Mail: rathaus@ahornfeld.example")
    rows = await bot.say(ANNA, QUESTION)
    assert "10. Dezember 2026, 12:00 Uhr · " in said(rows, "/announcement")
    letters = [json.loads(row.content)["plain"] for row in rows if row.action == "mail"]
    assert ["12:00 Uhr." in each for each in letters] == [True]
    assert "12:00 Uhr" in (shown := await alone(bot, "konsultation K1"))
    assert "Ortszeit" not in shown
    bot.now = datetime(2026, 12, 10, 12, 0, tzinfo=UTC)  # that is noon in London
    assert [row.action for row in await bot.tick()] == ["send"]  # the board of turnout stays, the poll is closed


async def test_people_choose_among_dates_as_they_were_shown_to_them(bot: Bot) -> None:
    """A date poll in Berlin; Ben reads 11:00 in London and answers with that."""
    await alone(bot, "zeitzone London")
    form = "Art: Termin\nSchluss: 10.12.2026 12:00\nOptionen:\n- 14.12.2026 12:00\n- 15.12.2026 12:00"
    await bot.say(ANNA, f"!konsultation neu Treffen\nFrage: Wann?\nWahlberechtigt: Personen\n{form}")
    shown = await alone(bot, "konsultation K1")
    assert "14. Dezember 2026, 11:00 Uhr (Ortszeit London)" in shown
    assert "nicht" in await alone(bot, "14.12.2026 12:00 ja, 15.12.2026 12:00 nein")
    rows = await bot.say(BEN, "14.12.2026 11:00 ja, 15.12.2026 11:00 nein", room_id=ALONE)
    assert "14. Dezember 2026, 11:00 Uhr (Ortszeit London): ja" in plain(rows[-1])


async def test_reminders_keep_to_working_days_of_the_network(bot: Bot) -> None:
    """Friday, 5 June 2026: the day before is Corpus Christi in BW."""
    bot.now = datetime(2026, 5, 25, 8, 0, tzinfo=UTC)
    await bot.say(ANNA, "!verbund\nBundesland: BW")
    await bot.say(ANNA, "!konsultation neu Kaffee\nFrage: Ja?\nSchluss: 5.6.2026 12:00\nErinnerung: 1 Tag")
    bot.now = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)
    assert {row.person for row in await bot.tick() if row.person} == {ANNA, BEN, CEM}
    bot.now = datetime(2026, 6, 4, 10, 0, tzinfo=UTC)
    assert not [row for row in await bot.tick() if row.person]


async def test_a_deadline_on_a_holiday_of_the_network_is_pointed_out(bot: Bot) -> None:
    frist = "!konsultation neu X\nFrage: Ja?\nSchluss: 6.1.2027 12:00"
    assert "Feiertag" not in " ".join(plain(row) for row in await bot.say(ANNA, frist))
    await bot.say(ANNA, "!verbund\nBundesland: Bayern")
    assert "Feiertag (Heilige Drei Könige)" in " ".join(plain(row) for row in await bot.say(ANNA, frist))


# the rule itself


async def ask(bot: Bot, question: Any) -> Any:
    return await bot.database.run(lambda session: question(Scope(session, START, bot.house)))


async def test_room_before_network_before_operator(bot: Bot) -> None:
    assert await ask(bot, lambda scope: scope.zone_of(ROOM)) == BERLIN
    await bot.say(ANNA, "!verbund\nZeitzone: London")
    assert await ask(bot, lambda scope: scope.zone_of(ROOM)) == LONDON
    await bot.say(ANNA, "!zeitzone New York")
    assert await ask(bot, lambda scope: (scope.zone_of(ROOM), scope.zone_of(OTHER))) == (NEW_YORK, LONDON)
    assert await ask(bot, lambda scope: scope.clocks_of(ROOM)) == (NEW_YORK, LONDON)
    assert await ask(bot, lambda scope: scope.zone_of("!unknown:example.org")) == BERLIN
    assert await ask(bot, lambda scope: scope.zone_of(ALONE)) == BERLIN  # a direct chat belongs to no network
    assert await ask(bot, lambda scope: scope.zone_of(ALONE, 1)) == LONDON  # … but is about one
    await alone(bot, "zeitzone Lissabon")
    assert await ask(bot, lambda scope: scope.zone_of(ALONE, 1)) == LISBON


async def test_the_land_of_the_network_before_the_operator_s(bot: Bot) -> None:
    bot.house = replace(bot.house, federal_state="HH")
    assert await ask(bot, lambda scope: scope.land_of(1)) == "HH"
    await bot.say(ANNA, "!verbund\nBundesland: bw")
    assert await ask(bot, lambda scope: scope.land_of(1)) == "BW"


async def test_a_command_from_abroad_does_not_move_other_rooms(bot: Bot) -> None:
    """In a command `house.zone` is the asker's; what is said of another room goes by that room's clocks."""

    def seen(session: Any) -> tuple[Any, ...]:
        house = HOUSE.at(LONDON, "BW").at(NEW_YORK, "BY")  # a command asked from another one's place
        room = rooms.find(session, ALONE)
        assert room is not None
        said, network = bot.message(BEN, "", ALONE), networks.by_id(session, 1)
        ctx = Context(session, START, house, said, "", room, network, Role.MEMBER)
        return ctx.zone_of(ROOM), ctx.zone_of(ALONE), ctx.land_of(1), house.operator

    assert await bot.database.run(seen) == (BERLIN, BERLIN, None, HOUSE)


async def test_nothing_of_one_network_reaches_another(bot: Bot) -> None:
    def second(session: Any) -> None:
        network = Network(name="Anderer", founder=CEM, created_at=START, zone="America/New_York", federal_state="SN")
        session.add(network)
        session.flush()
        rooms.save(session, Room(room_id="!fern:example.org", network_id=network.id, invited_by=CEM, since=START))

    await bot.database.run(second)
    assert await ask(bot, lambda scope: (scope.zone_of("!fern:example.org"), scope.land_of(2))) == (NEW_YORK, "SN")
    assert await ask(bot, lambda scope: (scope.zone_of(ROOM), scope.land_of(1))) == (BERLIN, None)


async def test_who_is_forgotten_leaves_no_zone_behind(bot: Bot) -> None:
    await bot.say(ANNA, "!zeitzone London")
    await alone(bot, "zeitzone New York")
    await bot.database.run(lambda session: erasure.erase(session, BEN))
    assert await ask(bot, lambda scope: rooms.habits_of(scope.session, BEN).zone) is None
    assert await ask(bot, lambda scope: scope.zone_of(ROOM)) == LONDON


# what it costs


async def test_a_command_asks_nothing_more_for_its_zone(bot: Bot) -> None:
    async def cost(room_id: str) -> int:
        with statements() as found:
            await bot.hear(BEN, "!aufgabe A1", room_id=room_id)
        return len(found)

    await bot.hear(ANNA, "!aufgabe neu Entwurf\nFrist: 10.12. 12:00")
    usual = {room_id: await cost(room_id) for room_id in (ROOM, ALONE)}
    await bot.say(ANNA, "!verbund\nZeitzone: London")
    await bot.say(ANNA, "!zeitzone New York")
    await alone(bot, "zeitzone Lissabon")
    assert {room_id: await cost(room_id) for room_id in (ROOM, ALONE)} == usual
    with statements() as found:
        await bot.hear(BEN, "!aufgabe A1")
    assert not [each for each in found if "FROM network" in each]  # it came with the room


async def test_a_message_to_many_asks_once_for_their_network(bot: Bot) -> None:
    async def asked(people: int) -> int:
        names = [f"@p{number}:example.org" for number in range(people)]
        for name in names:
            await bot.say(ANNA, f"!organisation neu Ort{name[1:-12]}\nMandat: {name}")
        await bot.say(ANNA, QUESTION.replace("Grundsätze", f"G{people}"))
        bot.now = datetime(2026, 12, 9, 11, 0, tzinfo=UTC)
        with statements() as found:
            rows = await bot.tick()
        assert len([row for row in rows if "/reminder" in row.key and row.person]) >= people
        bot.now = START
        return len([each for each in found if "FROM network" in each])

    few = await asked(2)
    assert await asked(12) <= few


async def test_an_unknown_name_never_gets_into_the_store(bot: Bot) -> None:
    for words in ("!zeitzone Mond/Krater", "!zeitzone ../../etc/passwd", f"!zeitzone {'x' * 5000}"):
        assert "kenne ich nicht" in await bot.hear(ANNA, words)
    assert await ask(bot, lambda scope: rooms.find(scope.session, ROOM).zone) is None  # type: ignore[union-attr]
    assert await ask(bot, lambda scope: organisations.count(scope.session, 1)) == 0

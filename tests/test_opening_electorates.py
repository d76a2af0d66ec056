"""Who has a vote, frozen at the opening; and who is told of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from bot.context import Scope
from bot.domain.consultation import Franchise
from bot.domain.organisations import Speaks
from bot.procedures import electorates, opening
from bot.store import Session, consultations, networks, votes
from bot.store import organisations as known
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Ballot, Consultation, Elector, Mandate, Organisation, Person, Room
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, US, Bot, plain

DORA = "@dora:example.org"
OPEN = "!konsultation neu Grundsätze\nFrage: Stimmen Sie zu?\nSchluss: 11.12.2026 12:00"


@pytest.fixture
async def bot(database: Database) -> Bot:
    bot = Bot(database)
    await bot.enter()
    return bot


async def organisations(bot: Bot) -> None:
    fields = "Ebene: Stadt\nEinwohner: 26000\nBundesland: BW\nZugehörigkeit: Verwaltung\nStimmgewicht: 3"
    await bot.hear(ANNA, f"!organisation neu Lindenstadt\n{fields}\nMandat: {BEN}")
    await bot.hear(ANNA, f"!organisation neu Erlenbrück\nEbene: Gemeinde\nMandat: {CEM}\nVertretung: {DORA}")
    await bot.hear(ANNA, "!organisation neu Ahornfeld\nEbene: Gemeinde")
    await bot.hear(ANNA, "!organisation neu Beirat\nEbene: extern")
    await bot.database.run(without_a_vote)


def without_a_vote(session: Session) -> None:
    """Weight 0 is for those who belong to the network and do not vote."""
    (council,) = [one for one in known.of_network(session, 1) if one.name == "Beirat"]
    council.weight = 0


async def frozen(bot: Bot) -> list[Elector]:
    return list(await bot.database.run(lambda session: votes.electors(session, 1)))


def directly(rows: Sequence[Row], what: str = "/notice/") -> dict[str, str]:
    return {row.person or "": plain(row) for row in rows if row.person and what in row.key}


async def test_organisations_are_frozen_with_all_that_results_are_broken_down_by(bot: Bot) -> None:
    await organisations(bot)
    await bot.say(ANNA, OPEN)
    await bot.hear(ANNA, "!organisation Lindenstadt\nName: Neustadt\nEinwohner: 30000\nStimmgewicht: 1")
    await bot.hear(ANNA, "!organisation neu Zuspät")
    electors = await frozen(bot)
    assert [(one.number, one.organisation, one.weight) for one in electors] == [
        (1, "Ahornfeld", 1),
        (2, "Erlenbrück", 1),
        (3, "Lindenstadt", 3),
    ]
    last = electors[-1]
    assert (last.level, last.bench, last.inhabitants, last.federal_state) == ("city", "administration", 26000, "BW")
    assert not any(one.person for one in electors)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("Ebene Gemeinde", ["Ahornfeld", "Erlenbrück"]),
        ("Lindenstadt, Ahornfeld", ["Ahornfeld", "Lindenstadt"]),
        (f"Ahornfeld, {CEM}", [CEM, "Ahornfeld"]),
        ("Personen", [ANNA, BEN, CEM]),
        ("Organisationen", ["Ahornfeld", "Erlenbrück", "Lindenstadt"]),
    ],
)
async def test_whoever_is_named(bot: Bot, field: str, expected: list[str]) -> None:
    await organisations(bot)
    await bot.say(ANNA, f"{OPEN}\nWahlberechtigt: {field}")
    electors = await frozen(bot)
    assert [one.person or one.organisation for one in electors] == expected
    assert [one.number for one in electors] == [*range(1, len(expected) + 1)]


async def test_people_have_what_is_known_of_their_organisation(bot: Bot) -> None:
    await organisations(bot)
    belongs = Person(network_id=1, person=ANNA, organisation_id=3, added_by=ANNA, added_at=bot.now)
    await bot.database.run(lambda session: session.add(belongs))
    await bot.say(ANNA, f"{OPEN}\nWahlberechtigt: Personen")
    known = {one.person: (one.level, one.federal_state, one.organisation_id) for one in await frozen(bot)}
    assert known == {ANNA: ("municipality", None, None), BEN: ("city", "BW", None), CEM: ("municipality", None, None)}


async def test_the_active_of_a_group(bot: Bot) -> None:
    await bot.say(ANNA, "!gruppe neu Digitales\nRaum: hier")
    await bot.say(BEN, "!mitmachen")
    await bot.say(ANNA, f"{OPEN}\nWahlberechtigt: Aktive")
    assert BEN in {one.person for one in await frozen(bot)}
    assert CEM not in {one.person for one in await frozen(bot)}


async def test_guests_have_no_vote(bot: Bot) -> None:
    await bot.say(ANNA, f"!rolle {CEM} Gast")
    await bot.say(ANNA, OPEN)
    assert {one.person for one in await frozen(bot)} == {ANNA, BEN}


async def default(bot: Bot) -> Franchise:
    return await bot.database.run(lambda session: electorates.default(1, Scope(session, bot.now, HOUSE)))


async def test_the_default(bot: Bot) -> None:
    assert await default(bot) is Franchise.PERSONS
    await bot.hear(ANNA, "!organisation neu Stumm")
    assert await default(bot) is Franchise.PERSONS
    await bot.hear(ANNA, "!organisation Stumm\nE-Mail: rathaus@stumm.example")
    assert await default(bot) is Franchise.ORGANISATIONS


async def test_a_mandate_makes_organisations_the_default(bot: Bot) -> None:
    await bot.hear(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}")
    assert await default(bot) is Franchise.ORGANISATIONS


async def test_a_preview_is_stored_nowhere(bot: Bot) -> None:
    await organisations(bot)

    def preview(session: Session) -> list[tuple[int, str | None]]:
        scope = Scope(session, bot.now, HOUSE)
        shown = electorates.preview(Franchise.LEVEL, "city", ROOM, 1, scope)
        return [(one.number, one.organisation) for one in shown]

    assert await bot.database.run(preview) == [(1, "Lindenstadt")]
    assert await frozen(bot) == []
    unknown = await bot.database.run(
        lambda session: electorates.unknown(f"Lindenstadt\nNirgendwo\n{BEN}", 1, Scope(session, bot.now, HOUSE))
    )
    assert unknown == ["Nirgendwo"]


async def test_nobody_left_at_the_opening_calls_it_off_with_the_reason(bot: Bot) -> None:
    await organisations(bot)
    await bot.say(ANNA, f"{OPEN}\nWahlberechtigt: Ebene Stadt\nOffen ab: 1.12.2026 9:00")
    await bot.hear(ANNA, "!organisation Lindenstadt\nEbene: Gemeinde")
    bot.now += timedelta(days=12)
    rows = [row for row in await bot.tick() if row.key == "consultation/1/announcement"]
    assert [plain(row) for row in rows] == [
        "K1 · Grundsätze ist abgesagt: Der Verbund hat auf der Ebene Stadt keine Organisation mit Stimmrecht."
    ]
    assert "abgesagt" in await bot.hear(ANNA, "!konsultation K1")


# who is told


async def test_each_organisation_s_holders_are_told_once_and_nobody_else(bot: Bot) -> None:
    await organisations(bot)
    rows = await bot.say(ANNA, OPEN)
    told = directly(rows)
    assert set(told) == {BEN, CEM}
    assert "Bitte stimmen Sie für Lindenstadt ab." in told[BEN]
    assert "Ja · Nein · Enthaltung genügt als Antwort" in told[BEN]
    assert all('"user_ids"' not in row.content and "@room" not in row.content for row in rows)
    again = bot.message(ANNA, OPEN)
    await bot.handle(again)
    assert await bot.handle(again) == []


async def test_deputies_are_told_where_there_is_no_holder(bot: Bot) -> None:
    await bot.hear(ANNA, f"!organisation neu Erlenbrück\nVertretung: {DORA}")
    assert set(directly(await bot.say(ANNA, OPEN))) == {DORA}


async def test_deputies_are_told_while_all_holders_are_away(bot: Bot) -> None:
    await organisations(bot)
    await bot.say(CEM, "!abwesend von 20.11.2026 bis 22.11.2026")
    assert set(directly(await bot.say(ANNA, OPEN))) == {BEN, DORA}


async def test_one_of_two_holders_away_leaves_the_other(bot: Bot) -> None:
    await organisations(bot)
    await bot.hear(ANNA, f"!organisation Lindenstadt\nMandat: {BEN}, {ANNA}")
    await bot.say(ANNA, "!abwesend von 20.11.2026 bis 22.11.2026")
    assert set(directly(await bot.say(ANNA, OPEN))) == {BEN, CEM}


async def test_who_has_a_vote_of_their_own_is_told_in_the_room(bot: Bot) -> None:
    assert directly(await bot.say(ANNA, OPEN)) == {}


async def test_coordinators_hear_of_organisations_that_nothing_tells(bot: Bot) -> None:
    await organisations(bot)
    told = directly(await bot.say(ANNA, OPEN), "/unheard/")
    assert set(told) == {ANNA}
    assert "Ahornfeld" in told[ANNA]
    assert "Lindenstadt" not in told[ANNA]


async def test_mail_is_heard(database: Database) -> None:
    bot = Bot(database, house=replace(HOUSE, mail=True))
    await bot.enter()
    await bot.hear(ANNA, "!organisation neu Ahornfeld\nE-Mail: rathaus@ahornfeld.example")
    rows = await bot.say(ANNA, OPEN)
    assert directly(rows, "/unheard/") == {}
    assert [row.key for row in rows if row.action == "mail"] == ["consultation/1/mail/1/opened"]


async def test_who_left_the_list_since_is_named(bot: Bot) -> None:
    await organisations(bot)
    form = f"{OPEN}\nWahlberechtigt: Lindenstadt, Ahornfeld\nOffen ab: 1.12.2026 9:00"
    await bot.say(ANNA, form)
    await bot.hear(ANNA, "!organisation Ahornfeld\nName: Ahornstadt")
    bot.now += timedelta(days=12)
    told = directly(await bot.tick(), "/unheard/")
    assert "Nicht stimmberechtigt" in told[ANNA]
    assert "Ahornfeld" in told[ANNA]


async def test_later_and_never_are_told_too(bot: Bot) -> None:
    await organisations(bot)
    await bot.say(ANNA, OPEN)
    rows = await bot.say(ANNA, "!konsultation K1 verlängern 18.12.2026 12:00")
    assert set(directly(rows)) == {BEN, CEM}
    assert "verlängert: offen bis Freitag, 18. Dezember 2026, 12:00 Uhr" in directly(rows)[BEN]
    rows = await bot.say(ANNA, "!konsultation K1 absagen")
    assert set(directly(rows)) == {BEN, CEM}
    edited = [plain(row) for row in rows if row.key.startswith("consultation/1/announcement/")]
    assert "Abgesagt." in edited[0]
    assert "Tippen Sie" not in edited[0]


async def test_the_answer_to_a_notice_is_a_vote_and_so_is_a_tap(bot: Bot) -> None:
    await organisations(bot)
    rows = await bot.say(ANNA, OPEN)
    (notice,) = [row for row in rows if row.person == BEN]
    assert [plain(row) for row in await bot.say(BEN, "Enthaltung", room_id=notice.room_id)] == ["✅"]
    assert US not in {row.person for row in rows}


async def test_the_opening_of_a_large_network_asks_the_database_no_more_for_each(database: Database) -> None:
    """Statements outside posting: twice as many organisations cost not a question more."""
    counts = [await _statements(database, number) for number in (50, 500)]
    assert counts[0] == counts[1]


async def _statements(database: Database, number: int) -> int:
    bot = Bot(database, house=replace(HOUSE, mail=True))

    def make(session: Session) -> int:
        network = networks.found(session, f"Verbund {number}", ANNA, bot.now)
        room = f"!large-{number}:example.org"
        session.add(Room(room_id=room, network_id=network.id, invited_by=ANNA, since=bot.now, lacks=""))
        for each in range(number):
            organisation = known.add(
                session,
                Organisation(
                    network_id=network.id or 0,
                    name=f"Ort {each}",
                    folded=f"ort {each}",
                    email=f"ort{each}@example.org",
                    created_by=ANNA,
                    created_at=bot.now,
                ),
            )
            if each % 2:
                session.add(
                    Mandate(
                        network_id=network.id or 0,
                        organisation_id=organisation.id or 0,
                        person=f"@p{each}:example.org",
                        speaks=Speaks.HOLDER,
                        starts_at=bot.now,
                        given_by=ANNA,
                        given_at=bot.now,
                    )
                )
        consultation = consultations.add(
            session,
            Consultation(
                network_id=network.id or 0,
                number=1,
                room_id=room,
                title="x",
                state="scheduled",
                opens_at=bot.now,
                closes_at=bot.now + timedelta(days=9),
                grace_seconds=60,
                electorate="organisations",
                created_by=ANNA,
                created_at=bot.now,
            ),
        )
        consultations.add_ballot(session, Ballot(consultation_id=consultation.id or 0, position=1, question="?"))
        return consultation.id or 0

    own = await database.run(make)

    def run(session: Session) -> tuple[int, int]:
        seen: list[str] = []
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
        consultation = consultations.by_id(session, own)
        effects = opening.open_ballots(consultation, Scope(session, bot.now, bot.house))
        return len(seen), len(effects)

    statements, effects = await database.run(run)
    assert effects == number + 2  # each organisation by one way, the announcement, the poll
    return statements

"""Synergies in the chat: found, told to both owners once, answered, linked or dismissed."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.domain.synergies import MOST_A_DAY
from bot.store import Session, synergies
from bot.store.database import Database
from bot.store.outbox import Row
from bot.store.tables import Synergy
from tests.fakes import ANNA, BEN, CEM, ROOM, Bot, plain
from tests.neighbours import chat

OTHER_ROOM = "!bau:example.org"
KIM = "@kim:example.org"
AKTE = "Titel: Elektronische Akte im Bauamt\nZiel: Papierlose Bauakten"
DMS = "Titel: Einführung eines DMS\nZiel: Eine Ablage für alle"
BENCH = "Titel: Bänke im Stadtpark\nZiel: Sitzen im Schatten"


async def propose(bot: Bot) -> list[Row]:
    """Let the search run, and the next working day begin."""
    bot.now += timedelta(minutes=16)
    assert await bot.tick() == []  # a search says nothing
    bot.now += timedelta(days=3)  # Friday to Monday
    return [row for row in await bot.tick() if (row.key or "").startswith("synergy/")]


async def two_alike(bot: Bot) -> list[Row]:
    """Ben's and Cem's projects; what both are told."""
    await bot.enter()
    await bot.say(ANNA, f"!projekt neu eAkte\n{AKTE}\nVerantwortlich: {BEN}")
    await bot.say(ANNA, f"!projekt neu DMS-Neu\n{DMS}\nVerantwortlich: {CEM}")
    await bot.say(ANNA, f"!projekt neu Bänke\n{BENCH}\nVerantwortlich: {BEN}")
    return await propose(bot)


async def rows(bot: Bot) -> list[Synergy]:
    def work(session: Session) -> list[Synergy]:
        return [tied.synergy for tied in synergies.of_network(session, 1)]

    return await bot.database.run(work)


def direct(person: str) -> dict[str, str]:
    return {"room_id": f"!direct-{person[1:]}"}


async def test_both_owners_are_told_once_and_why(database: Database) -> None:
    bot = Bot(database)
    told = await two_alike(bot)
    assert sorted(row.person or "" for row in told) == [BEN, CEM]
    to_ben = next(plain(row) for row in told if row.person == BEN)
    assert "S1" in to_ben
    assert "DMS-Neu" in to_ben
    assert "Elektronische … Akte – DMS" in to_ben
    assert "Bänke" not in to_ben
    for _ in range(3):
        bot.now += timedelta(days=1)
        assert [plain(row) for row in await bot.tick() if (row.key or "").startswith("synergy/")] == []


async def test_two_yes_link_and_open_a_thread_in_the_room_both_read(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    answer = await bot.hear(BEN, "ja", **direct(BEN))
    assert "Es fehlt noch die Antwort von" in answer
    came = await bot.say(CEM, "ja, gern", **direct(CEM))
    reply, root, begin = (plain(row) for row in came)
    assert "sind jetzt verbunden" in reply
    assert {row.room_id for row in came[1:]} == {ROOM}
    assert "S1 · Synergie" in root
    assert "nächsten Schritt" in begin
    assert BEN in came[2].content
    assert CEM in came[2].content
    assert '"rel_type": "m.thread"' in came[2].content


async def test_one_no_dismisses_for_good_and_says_so_quietly(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    await bot.say(BEN, "!synergie S1 ja")
    came = await bot.say(CEM, "nein weil wir schon beauftragt haben", **direct(CEM))
    assert "Der Vorschlag kommt nicht wieder" in plain(came[0])
    assert came[1].person == BEN
    assert "wir schon beauftragt haben" in plain(came[1])
    assert '"msgtype": "m.notice"' in came[1].content or "m.notice" in came[1].content
    await bot.say(CEM, "!projekt DMS-Neu\nZiel: Elektronische Akte für alle Ämter")
    assert await propose(bot) == []
    assert await rows(bot) == []


async def test_a_mistaken_no_can_be_taken_back_by_who_said_it(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    await bot.say(BEN, "!synergie S1 nein")
    assert "Notiert" in await bot.hear(BEN, "!synergie S1 ja")
    assert [row.dismissed_at for row in await rows(bot)] == [None]


async def test_a_new_owner_is_asked_and_the_answer_of_the_other_side_stays(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    await bot.say(BEN, "!synergie S1 ja")
    await bot.say(ANNA, f"!projekt DMS-Neu\nVerantwortlich: {ANNA}")
    told = await propose(bot)
    assert [row.person for row in told] == [ANNA]
    assert "verbunden" in plain((await bot.say(ANNA, "!synergie S1 ja"))[0])


@pytest.fixture
def on_postgresql(postgres_database: str) -> Iterator[Database]:
    database = Database(postgres_database)
    database.migrate()
    yield database
    database.close()


async def test_the_same_on_postgresql(on_postgresql: Database) -> None:
    bot = Bot(on_postgresql)
    assert sorted(row.person or "" for row in await two_alike(bot)) == [BEN, CEM]
    await bot.say(BEN, "!synergie S1 ja")
    assert "sind jetzt verbunden" in plain((await bot.say(CEM, "!synergie S1 ja"))[0])
    await bot.say(BEN, "!status eAkte gelb Hindernis: Personal fehlt")
    await bot.say(CEM, "!status DMS-Neu gelb Hindernis: Personalmangel")
    assert "(2 Projekte)" in await bot.hear(ANNA, "!synergien hindernisse")


async def test_of_one_owner_nothing_is_found_nor_asked(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!projekt neu eAkte\n{AKTE}\nVerantwortlich: {BEN}")
    await bot.say(ANNA, f"!projekt neu DMS-Neu\n{DMS}\nVerantwortlich: {BEN}")
    assert await propose(bot) == []
    assert await rows(bot) == []


async def test_an_archived_project_is_neither_listed_nor_answered_and_comes_back(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    await bot.say(CEM, "!projekt DMS-Neu archivieren")
    assert "keine Synergie" in await bot.hear(BEN, "!synergien")
    assert "gibt es hier nicht" in await bot.hear(BEN, "!synergie S1 ja")
    await bot.say(CEM, "!projekt DMS-Neu wiederherstellen")
    assert "S1" in await bot.hear(BEN, "!synergien")


async def test_only_owners_and_coordinators_answer_or_see_what_is_open(database: Database) -> None:
    bot = Bot(database)
    await bot.enter(ROOM, ANNA, BEN, CEM, KIM)
    await bot.say(ANNA, f"!projekt neu eAkte\n{AKTE}\nVerantwortlich: {BEN}")
    await bot.say(ANNA, f"!projekt neu DMS-Neu\n{DMS}\nVerantwortlich: {CEM}")
    await propose(bot)
    for words in ("!synergie S1", "!synergie S1 ja"):
        assert "betrifft keines Ihrer Projekte" in await bot.hear(KIM, words)
    assert "keine Synergie" in await bot.hear(KIM, "!synergien")
    assert "sind jetzt verbunden" in plain((await bot.say(ANNA, "!synergie S1 ja"))[0])  # for both owners
    assert "verbunden seit" in await bot.hear(KIM, "!synergie S1")


async def test_with_a_guest_in_the_room_the_owners_are_told_alone(database: Database) -> None:
    bot = Bot(database)
    await bot.enter(ROOM, ANNA, BEN, CEM, KIM)
    await bot.say(ANNA, f"!projekt neu eAkte\n{AKTE}\nVerantwortlich: {BEN}")
    await bot.say(ANNA, f"!projekt neu DMS-Neu\n{DMS}\nVerantwortlich: {CEM}")
    await bot.say(ANNA, f"!rolle {KIM} Gast")
    await propose(bot)
    came = await bot.say(ANNA, "!synergie S1 ja")
    assert sorted(row.person or "" for row in came[1:]) == [BEN, CEM]
    assert "Rolle" in await bot.hear(KIM, "!synergien")
    assert "DMS-Neu" not in await bot.hear(KIM, "!synergie S1")


async def test_a_coordinator_searches_at_once(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!projekt neu eAkte\n{AKTE}\nVerantwortlich: {BEN}")
    await bot.say(ANNA, f"!projekt neu DMS-Neu\n{DMS}\nVerantwortlich: {CEM}")
    came = await bot.say(ANNA, "!synergien suchen")
    assert "Ich suche jetzt" in plain(came[0])
    assert sorted(row.person or "" for row in came[1:]) == [BEN, CEM]
    assert "S1" in await bot.hear(ANNA, "!synergien")


async def test_nobody_is_told_more_than_a_few_a_day(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!projekt neu eAkte\n{AKTE}\nVerantwortlich: {BEN}")
    for number in range(5):
        await bot.say(ANNA, f"!projekt neu DMS{number}\n{DMS}\nVerantwortlich: @o{number}:example.org")
    for number in range(5):
        await bot.say(f"@o{number}:example.org", "guten Morgen")
    people = [f"@o{number}:example.org" for number in range(5)]
    await bot.enter(ROOM, ANNA, BEN, CEM, *people)
    first = [row for row in await propose(bot) if row.person == BEN]
    assert len(first) == 1
    assert len(re.findall(r"S\d+:", plain(first[0]))) == MOST_A_DAY
    bot.now += timedelta(days=1)
    second = [row for row in await bot.tick() if row.person == BEN and (row.key or "").startswith("synergy/")]
    assert len(re.findall(r"S\d+:", plain(second[0]))) == 5 - MOST_A_DAY


async def test_several_are_answered_at_once_and_a_bare_yes_is_asked_back(database: Database) -> None:
    bot = Bot(database)
    await bot.enter()
    await bot.say(ANNA, f"!projekt neu eAkte\n{AKTE}\nVerantwortlich: {BEN}")
    for key in ("DMS1", "DMS2"):
        await bot.say(ANNA, f"!projekt neu {key}\n{DMS}\nVerantwortlich: {CEM}")
    await propose(bot)
    assert "Bitte nennen Sie einen" in await bot.hear(BEN, "ja", **direct(BEN))
    answer = await bot.hear(BEN, "S1 ja, S2 nein weil zu klein", **direct(BEN))
    assert "Notiert zu S1" in answer
    assert "Verworfen: S2" in answer


async def test_linked_projects_stand_in_the_status_and_not_for_guests(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    await bot.say(ANNA, "!synergie S1 ja")
    assert "Verbunden mit: DMS-Neu" in await bot.hear(BEN, "!status eAkte")
    assert "Verbunden mit: eAkte" in await bot.hear(BEN, "!status DMS-Neu")
    await bot.say(ANNA, f"!projekt eAkte teilen {KIM}")
    seen = await bot.hear(KIM, "status eAkte", room_id=await chat(bot, KIM))
    assert "eAkte" in seen
    assert "DMS-Neu" not in seen
    await bot.say(ANNA, "!projekt eAkte archivieren")
    assert "Verbunden" not in await bot.hear(BEN, "!status DMS-Neu")


@pytest.mark.parametrize("words", ["!synergie", "!synergie S9 ja", "!synergie S1 vielleicht", "!synergie S1 ja S1"])
async def test_what_cannot_be_understood_is_answered_in_words(database: Database, words: str) -> None:
    bot = Bot(database)
    await two_alike(bot)
    assert "leider nicht geklappt" not in await bot.hear(BEN, words)


async def test_the_digest_tells_what_was_linked(database: Database) -> None:
    bot = Bot(database)
    await two_alike(bot)
    assert "Neu verbunden" not in await bot.hear(ANNA, "!bericht vorschau")
    bot.now += timedelta(hours=1)
    await bot.say(ANNA, "!synergie S1 ja")
    assert "Neu verbunden" in await bot.hear(ANNA, "!bericht vorschau")

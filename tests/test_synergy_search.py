"""The search behind synergies: in its own process, once for each change, made up for, tried again."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from bot.events import Compared
from bot.language.matching import Entry, Request
from bot.procedures.searching import NotSearched, compared
from bot.store import Session, networks, synergies
from bot.store.database import Database
from bot.store.tables import OutboxRow, Project, Synergy
from tests.fakes import ANNA, BEN, CEM, ROOM, START, Bot, plain

DMS = "Titel: Einführung eines DMS"


async def projects(bot: Bot, *owners: str) -> None:
    await bot.enter()
    for number, owner in enumerate(owners):
        await bot.say(ANNA, f"!projekt neu Akte{number}\n{DMS}\nVerantwortlich: {owner}")


async def searches(bot: Bot) -> list[str]:
    """The keys of all searches that were begun."""

    def work(session: Session) -> list[str]:
        found = session.exec(select(OutboxRow.key).where(OutboxRow.action == "compare").order_by(col(OutboxRow.id)))
        return list(found)

    return await bot.database.run(work)


async def test_the_child_finds_what_we_find() -> None:
    entries = [Entry(number, "DMS", "", "", "", f"@o{number}:x") for number in (1, 2)]
    (pair,) = await compared(Request(entries))
    assert (pair.first, pair.second, pair.terms) == (1, 2, (("DMS", "DMS"),))


async def test_a_child_that_fails_or_takes_too_long_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotSearched, match="more than 0 seconds"):
        await compared(Request([]), patience=0)
    with pytest.raises(NotSearched, match="OperatorError"):
        await compared(Request([]), tmp_path / "nowhere.txt")


async def test_one_search_a_quarter_of_an_hour_after_the_first_of_several_changes(database: Database) -> None:
    bot = Bot(database)
    await projects(bot, BEN, CEM)
    bot.now += timedelta(minutes=14)
    await bot.tick()
    assert await searches(bot) == []
    await bot.say(BEN, "!projekt Akte0\nZiel: Papierlos")
    bot.now += timedelta(minutes=2)
    await bot.tick()
    await bot.tick()
    assert len(await searches(bot)) == 1
    bot.now += timedelta(days=1)
    await bot.tick()
    assert len(await searches(bot)) == 1  # nothing was changed since
    await bot.say(BEN, "!projekt Akte0\nZiel: Noch papierloser")
    bot.now += timedelta(minutes=16)
    await bot.tick()
    assert len(await searches(bot)) == 2


async def test_a_single_project_is_like_none_and_costs_no_search(database: Database) -> None:
    bot = Bot(database)
    await projects(bot, BEN)
    bot.now += timedelta(hours=1)
    await bot.tick()
    assert await searches(bot) == []


async def test_a_search_that_failed_comes_again_after_an_hour(database: Database) -> None:
    bot = Bot(database)
    await projects(bot, BEN, CEM)
    bot.refuses = {"compare": "the search failed"}
    bot.now += timedelta(minutes=16)
    await bot.tick()
    bot.refuses = {}
    bot.now += timedelta(minutes=59)
    await bot.tick()
    assert len(await searches(bot)) == 1
    bot.now += timedelta(minutes=2)
    await bot.tick()
    assert len(await searches(bot)) == 2
    assert await bot.database.run(lambda session: len(synergies.open_of(session, 1))) == 1


async def test_what_was_found_is_kept_once_however_often_it_is_reported(database: Database) -> None:
    bot = Bot(database)
    await projects(bot, BEN, CEM)
    bot.now += timedelta(minutes=16)
    await bot.tick()
    (key,) = await searches(bot)

    def pairs(session: Session) -> list[tuple[int, int]]:
        return [(row.first_id, row.second_id) for row in session.exec(select(Synergy))]

    before = await bot.database.run(pairs)
    again = Compared(key=key, network_id=1, pairs=(), changed=None, seen_to=bot.now, received_at=bot.now)
    assert await bot.came(again) == []
    assert await bot.database.run(pairs) == before == [(1, 2)]


async def test_what_nobody_was_asked_about_goes_when_it_is_alike_no_more(database: Database) -> None:
    bot = Bot(database)
    await projects(bot, BEN, CEM)
    bot.now += timedelta(minutes=16)
    await bot.tick()
    await bot.say(BEN, "!projekt Akte0\nTitel: Bänke im Park")
    bot.now += timedelta(minutes=16)
    await bot.tick()
    assert await bot.database.run(lambda session: synergies.open_of(session, 1)) == []


async def test_proposals_missed_while_away_are_sent_once_and_say_what_is_true(database: Database) -> None:
    bot = Bot(database)
    await projects(bot, BEN, CEM)
    bot.now += timedelta(minutes=16)
    await bot.tick()
    bot.now += timedelta(days=20)
    told = [row for row in await bot.tick() if row.key.startswith("synergy/")]
    assert sorted(row.person or "" for row in told) == [BEN, CEM]
    assert all("S1" in plain(row) for row in told)


def test_each_network_is_searched_by_its_own_clock(database: Database) -> None:
    """That another network was searched later hides no change of this one."""

    def unsearched(session: Session) -> list[int]:
        for name, hours in (("Nord", 9), ("Süd", 1)):
            network_id = networks.found(session, name, ANNA, START).id or 0
            made: Any = {"network_id": network_id, "created_by": ANNA, "created_at": START}
            changed_at = START + timedelta(hours=5)
            session.add(Project(room_id=ROOM, key=name, folded=name, changed_at=changed_at, **made))
            synergies.scan(session, network_id).scanned_to = START + timedelta(hours=hours)
        session.flush()
        return [network_id for network_id, _, _ in synergies.unsearched(session)]

    assert database.run_now(unsearched) == [2]

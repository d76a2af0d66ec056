"""Who is away, and who is asked in their place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.context import Scope
from bot.events import Members
from bot.procedures import absences
from bot.store import absences as stored
from bot.store.database import Database
from bot.store.tables import Absence, Network, Person
from tests.fakes import ANNA, BEN, CEM, ROOM, START, US, Bot
from tests.statements import statements

DORA, EMIL = "@dora:example.org", "@emil:example.org"
BEFORE, IN_IT, AFTER = (datetime(2026, 12, day, 12, 0, tzinfo=UTC) for day in (1, 4, 9))


@pytest.fixture
async def bot(database: Database) -> Bot:
    """Lindenstadt: Ben, his deputies Cem and Dora. Emil belongs to no organisation."""
    bot = Bot(database)
    await bot.enter(ROOM, ANNA, BEN, CEM, DORA, EMIL)
    await bot.hear(ANNA, f"!organisation neu Lindenstadt\nMandat: {BEN}\nVertretung: {CEM}, {DORA}")
    return bot


async def ask(bot: Bot, question: Any) -> Any:
    return await bot.database.run(lambda session: question(Scope(session, bot.now, bot.house)))


async def is_away(bot: Bot, network_id: int, at: datetime) -> bool:
    return await ask(bot, lambda scope: BEN in absences.away_among((BEN,), network_id, at, scope))


async def stands_in(bot: Bot, person: str = BEN, at: datetime = IN_IT) -> str | None:
    found: str | None = await ask(bot, lambda scope: absences.stand_in(person, 1, at, scope))
    return found


async def test_from_the_first_day_to_the_end_of_the_last(bot: Bot) -> None:
    await bot.hear(BEN, "!abwesend von 2.12. bis 8.12.")
    first, end = (
        datetime(2026, 12, 1, 23, 0, tzinfo=UTC),
        datetime(2026, 12, 8, 23, 0, tzinfo=UTC),
    )
    second = timedelta(seconds=1)
    seen = [await is_away(bot, 1, at) for at in (first - second, first)]
    assert seen == [False, True]
    seen = [await is_away(bot, 1, at) for at in (end - second, end)]
    assert seen == [True, False]


async def test_the_days_are_those_of_the_room_it_is_said_in(bot: Bot) -> None:
    await bot.hear(ANNA, "!zeitzone New York")
    await bot.hear(BEN, "!abwesend am 2.12.")
    (row,) = await ask(bot, lambda scope: stored.of_person(scope.session, 1, BEN, START))
    assert (row.starts_at, row.ends_at) == (
        datetime(2026, 12, 2, 5, 0, tzinfo=UTC),
        datetime(2026, 12, 3, 5, 0, tzinfo=UTC),
    )


async def test_who_among_many_is_away(bot: Bot) -> None:
    await bot.hear(BEN, "!abwesend von 2.12. bis 8.12.")
    await bot.hear(DORA, "!abwesend bis 4.12.")
    everybody = [ANNA, BEN, CEM, DORA]
    for at, away in ((BEFORE, {DORA}), (IN_IT, {BEN, DORA}), (AFTER, set())):
        assert await ask(bot, lambda scope, at=at: absences.away_among(everybody, 1, at, scope)) == away
    assert await ask(bot, lambda scope: absences.away_among([CEM], 1, IN_IT, scope)) == set()


async def test_the_first_deputy_stands_in_then_the_next(bot: Bot) -> None:
    assert await stands_in(bot) == CEM
    await bot.hear(CEM, "!abwesend von 2.12. bis 8.12.")
    assert await stands_in(bot) == DORA
    assert await stands_in(bot, at=AFTER) == CEM
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN, CEM, EMIL})))  # Dora has left
    assert await stands_in(bot) is None


async def test_for_a_deputy_the_other_deputy_comes_before_the_holder(bot: Bot) -> None:
    assert await stands_in(bot, CEM) == DORA
    await bot.hear(DORA, "!abwesend von 2.12. bis 8.12.")
    assert await stands_in(bot, CEM) == BEN


async def test_a_mandate_counts_only_while_it_holds(bot: Bot) -> None:
    await bot.hear(ANNA, "!organisation Lindenstadt\nVertretung: keine")
    await bot.hear(BEN, f"!vertretung {CEM} von 3.12. bis 5.12.")
    assert [await stands_in(bot, at=at) for at in (BEFORE, IN_IT, AFTER)] == [None, CEM, None]


async def test_nobody_stands_in_for_who_belongs_to_no_organisation(bot: Bot) -> None:
    assert await stands_in(bot, EMIL) is None
    assert await stands_in(bot, "@never.seen:example.org") is None


async def test_who_is_only_entered_for_an_organisation_is_stood_in_for(bot: Bot) -> None:
    """The owner of a project has no mandate as a rule; their town has a deputy all the same."""

    def enter(session: Any) -> None:
        session.add(Person(network_id=1, person=EMIL, organisation_id=1, added_by=ANNA, added_at=START))

    await bot.database.run(enter)
    assert await stands_in(bot, EMIL) == CEM


async def test_those_who_are_absent_together_do_not_stand_in_for_each_other(bot: Bot) -> None:
    found = await ask(bot, lambda scope: absences.stand_ins([BEN, CEM], 1, IN_IT, scope))
    assert found == {BEN: DORA, CEM: DORA}
    found = await ask(bot, lambda scope: absences.stand_ins([BEN, CEM, DORA], 1, IN_IT, scope))
    assert set(found.values()) == {None}


async def test_we_never_stand_in(bot: Bot) -> None:
    bot.house = replace(bot.house, us=CEM)
    assert await stands_in(bot) == DORA


async def test_an_absence_holds_in_one_network(bot: Bot) -> None:
    def second(session: Any) -> None:
        session.add(Network(id=2, name="Anderer", founder=ANNA, created_at=START))

    await bot.database.run(second)
    await bot.hear(BEN, "!abwesend von 2.12. bis 8.12.")
    assert [await is_away(bot, n, IN_IT) for n in (1, 2)] == [
        True,
        False,
    ]
    assert await ask(bot, lambda scope: absences.stand_in(BEN, 2, IN_IT, scope)) is None


async def test_what_overlaps_is_replaced_and_what_does_not_stays(bot: Bot) -> None:
    await bot.hear(BEN, "!abwesend von 2.12. bis 8.12.")
    assert "ersetzt" not in await bot.hear(BEN, "!abwesend von 9.12. bis 10.12.")  # the next day
    assert "ersetzt" not in await bot.hear(BEN, "!abwesend am 1.12.")
    assert "ersetzt" in await bot.hear(BEN, "!abwesend von 8.12. bis 9.12.")
    rows = await ask(bot, lambda scope: stored.of_person(scope.session, 1, BEN, START))
    zone = bot.house.zone
    days = [(row.starts_at.astimezone(zone).day, row.ends_at.astimezone(zone).day) for row in rows]
    assert days == [(1, 2), (8, 10)]


async def test_back_early_ends_it_now(bot: Bot) -> None:
    await bot.hear(BEN, "!abwesend von 2.12. bis 8.12.")
    bot.now = IN_IT
    assert "Beendet" in await bot.hear(BEN, "!abwesend wieder da")
    assert not await is_away(bot, 1, bot.now)
    assert await ask(
        bot, lambda scope: BEN in absences.away_among((BEN,), 1, bot.now - timedelta(hours=1), scope)
    )  # it was so


async def test_what_was_taken_back_before_it_began_never_was(bot: Bot) -> None:
    await bot.hear(BEN, "!abwesend von 2.12. bis 8.12.")
    assert "Zurückgenommen" in await bot.hear(BEN, "!abwesend zurücknehmen")
    assert not await ask(bot, lambda scope: scope.session.get(Absence, 1))


async def test_a_month_after_it_was_over_nobody_knows_it_any_more(bot: Bot) -> None:
    await bot.hear(BEN, "!abwesend von 2.12. bis 8.12.")
    for day, left in ((datetime(2027, 1, 6, tzinfo=UTC), True), (datetime(2027, 1, 9, tzinfo=UTC), False)):
        bot.now = day.replace(hour=4)
        await bot.tick()
        assert bool(await ask(bot, lambda scope: scope.session.get(Absence, 1))) is left


async def test_the_questions_to_the_database_do_not_grow_with_the_absent(bot: Bot) -> None:
    async def cost(people: list[str]) -> int:
        with statements() as found:
            await ask(bot, lambda scope: absences.stand_ins(people, 1, IN_IT, scope))
        return len(found)

    assert await cost([BEN]) == await cost([BEN, CEM, DORA, EMIL] + [f"@p{n}:example.org" for n in range(100)])

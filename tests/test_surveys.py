"""Surveys as a whole: whom they ask, their versions, reminders, the end, and cohorts side by side."""

from dataclasses import replace
from typing import Any

from sqlmodel import select

from bot.context import Scope
from bot.events import Invited, Members
from bot.procedures import surveys
from bot.store import Session
from bot.store.database import Database
from bot.store.surveys import of_network
from bot.store.tables import SurveyTemplate
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, US, Bot
from tests.statements import statements
from tests.surveying import asks, direct, local, surveyed, told

DORA, KIM, OLGA = "@dora:example.org", "@kim:example.org", "@olga:example.org"
ABROAD = "!fern:example.org"


async def opened(database: Database) -> Bot:
    """Organisations with mandates, a group with Aktive, and a guest."""
    bot = Bot(database, now=local("2026-11-23T08:00"))
    await bot.enter(ROOM, ANNA, BEN, CEM, DORA, KIM)
    await bot.say(ANNA, "!gruppe neu Netze\nRaum: hier")
    await bot.say(ANNA, f"!rolle {KIM} Gast")
    await bot.say(ANNA, f"!organisation neu Dezernat Kultur\nMandat: {BEN}\nVertretung: {DORA}")
    await bot.say(ANNA, "!organisation neu Dezernat Soziales")
    await bot.say(CEM, "!mitmachen Netze")
    await bot.say(ANNA, f"!projekt neu eAkte\nVerantwortlich: {DORA}")
    return bot


async def asked(bot: Bot, whom: str) -> set[str | None]:
    """Who gets a message when these are to be asked."""
    rows = await bot.say(ANNA, f"!umfrage neu Staffel\nWen: {whom}\nFrist: 11.12.2026 12:00")
    return {row.person for row in rows} - {None}


async def test_it_asks_owners_aktive_groups_people_and_who_holds_a_mandate(database: Database) -> None:
    bot = await opened(database)
    assert await asked(bot, "Verantwortliche") == {DORA}
    assert await asked(bot, "Aktive") == {CEM}
    assert await asked(bot, "Gruppe Netze") == {CEM}
    assert await asked(bot, "Dezernat Kultur") == {BEN}
    assert await asked(bot, f"Dezernat Kultur, Verantwortliche und {CEM}") == {BEN, CEM, DORA}


async def test_whom_it_cannot_ask_is_said(database: Database) -> None:
    bot = await opened(database)
    said = await bot.hear(ANNA, "!umfrage neu Eins\nWen: Dezernat Soziales\nFrist: 11.12.2026 12:00")
    assert "Ohne stimmberechtigte Person: Dezernat Soziales" in said
    said = await bot.hear(ANNA, f"!umfrage neu Eins\nWen: {KIM}, @fern:example.org\nFrist: 11.12.2026 12:00")
    assert "Nicht im Verbund, oder dort Gast: @kim:example.org, @fern:example.org" in said
    said = await bot.hear(ANNA, "!umfrage neu Eins\nWen: Dezernat Kulturr\nFrist: 11.12.2026 12:00")
    assert "Dezernat Kultur" in said
    assert await asks(bot) == {}


async def test_those_who_have_not_finished_are_reminded_once_and_nobody_else(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, BEN, "ja", "1", "fertig", "ja", "fertig")
    bot.now = local("2026-12-09T08:59")
    assert told(await bot.tick(), CEM) == []
    bot.now = local("2026-12-09T09:00")
    rows = await bot.tick()
    assert ["keine Antwort" in said for said in told(rows, CEM)] == [True]
    assert told(rows, BEN) == []
    bot = Bot(database, now=local("2026-12-09T09:05"))
    assert told(await bot.tick(), CEM) == []


async def test_a_reminder_that_was_missed_comes_late_but_not_after_the_deadline(database: Database) -> None:
    bot = await surveyed(database)
    bot.now = local("2026-12-11T11:00")
    assert ["endet am" in said for said in told(await bot.tick(), CEM)] == [True]
    other = await surveyed_again(bot)
    bot.now = local("2026-12-19T12:00")
    assert [said for said in told(await bot.tick(), CEM) if "endet am" in said] == []
    assert f"U{other} · Staffel 2 — geschlossen" in await bot.hear(ANNA, f"!umfrage U{other}")


async def surveyed_again(bot: Bot, questions: str = "") -> int:
    """A second cohort; its number."""
    if questions:
        await bot.hear(ANNA, f"!umfrage vorlage neu\n{questions}")
    await bot.say(ANNA, f"!umfrage neu Staffel 2\nWen: {CEM}\nFrist: 18.12.2026 12:00")
    return 2


async def test_it_ends_at_its_deadline_and_who_coordinates_is_told_once(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus", "fertig", "ja", "Seilbahn", "Über den Fluss")
    bot.now = local("2026-12-11T12:00")
    rows = await bot.tick()
    (summary,) = told(rows, ANNA)
    assert "0 vollständig, 1 begonnen, 1 ohne Antwort · 1 Projekt übernommen, 1 nicht bestätigt" in summary
    assert ["Entwurf" in said for said in told(rows, CEM)] == [True]
    assert told(await bot.tick(), ANNA) == []
    assert "fragt Sie keine" in await direct(bot, CEM, "umfrage weiter")


async def test_a_deadline_put_off_holds_and_brings_a_reminder_of_its_own(database: Database) -> None:
    bot = await surveyed(database)
    bot.now = local("2026-12-09T09:00")
    assert len(told(await bot.tick(), CEM)) == 1
    rows = await bot.say(ANNA, "!umfrage U1 verlängern 18.12.2026 12:00")
    assert "18. Dezember" in told(rows, CEM)[0]
    bot.now = local("2026-12-11T12:00")
    assert told(await bot.tick(), ANNA) == []
    bot.now = local("2026-12-16T09:00")
    assert ["18. Dezember" in said for said in told(await bot.tick(), CEM)] == [True]


async def test_a_version_is_never_changed_and_the_survey_keeps_its_own(database: Database) -> None:
    bot = await surveyed(database)

    async def rows() -> list[tuple[int, str]]:
        return await database.run(
            lambda session: [(row.version, row.questions) for row in session.exec(select(SurveyTemplate))]
        )

    before = await rows()
    await bot.hear(ANNA, "!umfrage vorlage neu\nTitel\nFrage: Wem nützt es?")
    assert (await rows())[: len(before)] == before
    assert [version for version, _ in await rows()] == [1, 2, 3]
    assert "Ziel (1 von 4)" in await direct(bot, CEM, "ja", "Rufbus")


async def test_cohorts_stand_side_by_side_with_the_unknown_apart(database: Database) -> None:
    bot = await surveyed(database)
    await direct(bot, CEM, "ja", "Rufbus", "-", "in Planung", "weiß nicht", "Mobilität, Daten", "ja")
    await direct(bot, CEM, "Seilbahn", "-", "-", "nicht finanziert", "fertig", "ja")
    await direct(bot, BEN, "ja", "1", "-", "in Planung", "weiß nicht", "-", "ja")  # it is funded, as is known
    await bot.say(ANNA, "!umfrage U1 schließen")
    await surveyed_again(bot, "Titel\nProjektstatus: Wie weit sind Sie?\nHandlungsfeld")
    await direct(bot, CEM, "ja", "2", "in Umsetzung", "Daten", "ja")
    said = await bot.hear(ANNA, "!umfrage vergleich")
    cells = {line.split("  ")[0].strip(): line.split()[-2:] for line in said.splitlines() if line.strip()}
    assert cells["in Planung"] == ["2", "0"]
    assert cells["in Umsetzung"] == ["0", "1"]
    assert cells["Daten"] == ["1", "1"]
    assert "Projektstatus (anders gefragt)" in said
    assert "nicht alle Fassungen danach fragen: Finanzierung" in said


async def test_one_cohort_alone_is_not_compared(database: Database) -> None:
    bot = await surveyed(database)
    assert "zwei bis" in await bot.hear(ANNA, "!umfrage vergleich")
    assert "Staffel 1" in await bot.hear(ANNA, "!umfrage vergleich Staffel 1, Staffel 7")


async def test_another_network_sees_and_touches_nothing_of_it(database: Database) -> None:
    bot = await surveyed(database, house=replace(HOUSE, coordinators=(ANNA, OLGA)))
    await bot.handle(
        Invited(room_id=ABROAD, inviter=OLGA, direct=False, received_at=bot.now),
        Members(room_id=ABROAD, joined=frozenset({US, OLGA, DORA})),
    )
    there: dict[str, Any] = {"room_id": ABROAD}
    assert "noch keine Umfrage" in await bot.hear(OLGA, "!umfrage", **there)
    assert "gibt es hier nicht" in await bot.hear(OLGA, "!umfrage U1", **there)
    assert "gibt es hier nicht" in await bot.hear(OLGA, "!umfrage U1 schließen", **there)
    assert "Nicht im Verbund" in await bot.hear(
        OLGA, f"!umfrage neu Eins\nWen: {CEM}\nFrist: 11.12.2026 12:00", **there
    )
    await bot.say(OLGA, f"!umfrage neu Eins\nWen: {DORA}\nFrist: 11.12.2026 12:00", **there)
    await direct(bot, DORA, "ja")
    assert "✓ Titel: Elektronische Akte" in await direct(bot, DORA, "Elektronische Akte")


async def test_the_invitation_counts_the_questions_that_are_put(database: Database) -> None:
    bot = await surveyed(database)
    rows = await bot.say(ANNA, f"!umfrage neu Zwei\nVorlage: 1\nWen: {CEM}\nFrist: 11.12.2026 12:00")
    assert "13 Fragen je Projekt" in told(rows, CEM)[0]  # of 15: no goals and no principles are named here


async def test_names_are_shown_in_the_direct_chat_alone(database: Database) -> None:
    bot = await surveyed(database)
    assert CEM not in await bot.hear(ANNA, "!umfrage U1")
    assert CEM not in await bot.hear(BEN, "!umfrage U1")


async def test_the_overview_asks_the_database_as_often_for_many_as_for_few(database: Database) -> None:
    bot = await surveyed(database)

    async def queries() -> int:
        def look(session: Session) -> int:
            scope = Scope(session, bot.now, HOUSE)
            with statements() as found:
                surveys.overviews(of_network(session, 1), scope)
            return len(found)

        return await database.run(look)

    few = await queries()
    for number in range(5):
        await bot.say(ANNA, f"!umfrage neu Staffel {number + 2}\nWen: {BEN}, {CEM}, {ANNA}\nFrist: 11.12.2026 12:00")
    assert await queries() == few

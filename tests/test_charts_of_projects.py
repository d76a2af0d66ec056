"""`!diagramm`: what the pictures of the portfolio show, to whom, and what is said beside them."""

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlmodel import select

from bot.context import Scope
from bot.domain.chart import LineChart, StackedChart, from_table
from bot.events import Invited, Members
from bot.procedures import picture_counts, pictures
from bot.procedures.pictures import MOST_POINTS, Reader, samples
from bot.store import Session
from bot.store.database import Database
from bot.store.pictures import Extent
from bot.store.tables import CheckInRound
from tests.fakes import ANNA, BEN, CEM, HOUSE, ROOM, START, US, Bot, plain
from tests.portfolio import fill

DAY, WEEK = timedelta(days=1), timedelta(days=7)
KIM = "@kim:example.org"
BERLIN = Reader("de", ZoneInfo("Europe/Berlin"))


@pytest.fixture
async def bot(database: Database) -> Bot:
    made = Bot(database)
    await made.enter()
    await made.say(
        ANNA, f"!projekt neu eAkte\nVerantwortlich: {BEN}\nHandlungsfeld: Daten, Netze\nProjektstatus: in Umsetzung"
    )
    await made.say(ANNA, f"!projekt neu Portal\nVerantwortlich: {CEM}\nHandlungsfeld: daten\nProjektstatus: in Planung")
    return made


async def drawn(bot: Bot, words: str, sender: str = ANNA, room_id: str = ROOM) -> tuple[str, Any]:
    """What is said, and the chart that is posted besides."""
    rows = await bot.say(sender, words, room_id=room_id)
    assert [row.action for row in rows] == ["send", "chart"]
    assert "m.relates_to" in json.loads(rows[0].content)
    return plain(rows[0]), from_table(json.loads(rows[1].content))


async def report(bot: Bot, *said: tuple[str, str, timedelta]) -> None:
    for sender, words, after in said:
        bot.now += after
        await bot.say(sender, f"!status {words}")


# progress


async def test_the_progress_of_one_project_with_its_lights(bot: Bot) -> None:
    await report(bot, (BEN, "eAkte grün 20%", DAY), (BEN, "eAkte Text allein", DAY), (BEN, "eAkte gelb 60%", 9 * DAY))
    said, chart = await drawn(bot, "!diagramm Fortschritt eAkte")
    assert isinstance(chart, LineChart)
    assert [(point.y, point.tone) for point in chart.lines[0].points] == [(20, "green"), (60, "yellow")]
    assert chart.key == (("green", "grün"), ("yellow", "gelb"))
    assert chart.alt == "Liniendiagramm Fortschritt · eAkte. 21.11.2026: 20 % (grün), 01.12.2026: 60 % (gelb)."
    assert [line.split() for line in said.splitlines() if "2026" in line] == [
        ["21.11.2026", "20", "%", "grün"],
        ["01.12.2026", "60", "%", "gelb"],
    ]
    assert (await drawn(bot, "!diagramm eAkte"))[1] == chart
    said, chart = await drawn(bot, "!chart progress eAkte")
    assert chart.title == "Fortschritt · eAkte", "in the room's language"


async def test_the_mean_progress_of_a_room_counts_who_reported_and_holds_until_the_next_report(bot: Bot) -> None:
    await report(
        bot,
        (BEN, "eAkte 20%", DAY),
        (CEM, "Portal 60%", 8 * DAY),
        (BEN, "eAkte 30%", timedelta()),
        (BEN, "eAkte 40%", WEEK),
    )
    said, chart = await drawn(bot, "!diagramm")
    assert isinstance(chart, LineChart)
    assert [point.y for point in chart.lines[0].points] == [20, 45, 50]
    assert [mark.note for mark in chart.marks] == ["1", "2", "2"]
    assert "29.11.2026: 45 % (Projekte: 2), 06.12.2026: 50 % (Projekte: 2)." in chart.alt
    assert all(row in " ".join(said.split()) for row in ("22.11.2026 20 % 1", "29.11.2026 45 % 2", "06.12.2026 50 % 2"))
    await bot.say(ANNA, "!projekt Portal archivieren")
    assert [point.y for point in (await drawn(bot, "!diagramm"))[1].lines[0].points] == [20, 30, 40]


async def test_where_nothing_was_reported_it_says_so_and_draws_nothing(bot: Bot) -> None:
    assert "noch kein Fortschritt" in await bot.hear(ANNA, "!diagramm")
    assert "noch kein Fortschritt" in await bot.hear(ANNA, "!diagramm eAkte")
    assert "keine ausgezählte Konsultation" in await bot.hear(ANNA, "!diagramm Beteiligung")
    assert "Meinten Sie" in await bot.hear(ANNA, "!diagramm eAkt")


@pytest.mark.parametrize("days", [0, 1, 6, 7, 8, 83, 84, 85, 364, 365])
def test_samples_reach_back_to_the_first_report_and_are_no_more_than_a_phone_shows(days: int) -> None:
    first = START - days * DAY
    found = samples(first, START)
    assert found[-1] == START
    assert found[0] <= first
    assert len(found) <= MOST_POINTS
    assert {(later - at) % WEEK for at, later in itertools.pairwise(found)} <= {timedelta()}


# phases


async def test_phases_by_field_count_a_project_in_each_of_its_fields(bot: Bot) -> None:
    await bot.say(ANNA, "!projekt neu Karte")
    said, chart = await drawn(bot, "!diagramm Projektstatus")
    assert isinstance(chart, StackedChart)
    assert chart.parts == (("in Planung", "planned"), ("in Umsetzung", "running"), ("ohne Angabe", "unknown"))
    assert [(each.label, each.values) for each in chart.stacks] == [
        ("Daten", (1, 1, 0)),
        ("Netze", (0, 1, 0)),
        ("ohne Handlungsfeld", (0, 0, 1)),
    ]
    assert (
        "Daten 2: 1 in Planung, 1 in Umsetzung; Netze 1: 1 in Umsetzung; ohne Handlungsfeld 1: 1 ohne Angabe."
        in chart.alt
    )
    assert "zählt in jedem" in said
    assert "zählt in jedem" in chart.alt


async def test_of_many_fields_the_small_ones_stand_together(bot: Bot) -> None:
    for number in range(15):
        await bot.say(ANNA, f"!projekt neu P{number}\nHandlungsfeld: Feld {number:02}{', Daten' if number < 3 else ''}")
    _, chart = await drawn(bot, "!diagramm Phasen")
    assert len(chart.stacks) == picture_counts.MOST_STACKS
    assert chart.stacks[-1].label == "weitere Handlungsfelder (6)"
    assert sum(chart.stacks[-1].values) == 6
    assert sum(next(each.values for each in chart.stacks if each.label == "Daten")) == 5


# participation


async def test_participation_over_time_is_turnout_and_answers(bot: Bot) -> None:
    await bot.say(ANNA, "!konsultation neu Leitsätze\nFrage: Gut so?\nSchluss: in 2 Tagen\nWahlberechtigt: Personen")
    await bot.say(BEN, "!stimme K1 ja")
    await bot.say(CEM, "!stimme K1 nein")
    await bot.say(ANNA, "!checkin neu Stand\nWen: Verantwortliche\nWann: jeden Montag 9:00\nFrist: 2 Werktage")
    for _ in range(4):
        bot.now += 2 * DAY
        await bot.tick()
    _, chart = await drawn(bot, "!diagramm Beteiligung")
    votes, answers = chart.lines
    assert [point.y for point in votes.points] == [67]
    assert [point.y for point in answers.points] == [0]
    assert (votes.tone, answers.tone) == ("neutral", "second")
    assert "K1 Leitsätze (22.11.2026): 2 von 3 (67 %)" in chart.alt
    assert "Rückfragen, Woche ab 23.11.: 0 von 2 (0 %)" in chart.alt
    bot.now += 120 * DAY
    assert "Rückfragen, November 2026: 0 von 2 (0 %)" in (await drawn(bot, "!diagramm Beteiligung"))[1].alt


# who sees what


async def test_a_guest_sees_only_what_is_shared_with_them(bot: Bot) -> None:
    await report(bot, (BEN, "eAkte 20%", DAY), (CEM, "Portal 80%", DAY))
    await bot.say(ANNA, f"!rolle {KIM} Gast")
    await bot.handle(Members(room_id=ROOM, joined=frozenset({US, ANNA, BEN, CEM, KIM})))
    assert "den ich Ihnen zeigen kann" in await bot.hear(KIM, "!diagramm")
    await bot.say(ANNA, f"!projekt Portal teilen {KIM}")
    assert (await drawn(bot, "!diagramm", KIM))[1].lines[0].points[-1].y == 80
    assert [each.label for each in (await drawn(bot, "!diagramm Projektstatus", KIM))[1].stacks] == ["daten"]
    assert "kenne ich hier nicht" in await bot.hear(KIM, "!diagramm eAkte")
    assert "Mitglied" in await bot.hear(KIM, "!diagramm Beteiligung")


async def test_a_room_shows_its_own_and_a_direct_chat_the_network(bot: Bot) -> None:
    await bot.enter("!zwei:example.org")
    await bot.say(ANNA, "!projekt neu Radweg\nProjektstatus: fertig", room_id="!zwei:example.org")
    direct = "!direkt:example.org"
    await bot.handle(
        Invited(room_id=direct, inviter=ANNA, direct=True, received_at=bot.now),
        Members(room_id=direct, joined=frozenset({US, ANNA})),
    )
    here = (await drawn(bot, "!diagramm Projektstatus", room_id="!zwei:example.org"))[1]
    assert [each.label for each in here.stacks] == ["ohne Handlungsfeld"]
    whole = (await drawn(bot, "diagramm Projektstatus", room_id=direct))[1]
    assert {each.label: sum(each.values) for each in whole.stacks} == {"Daten": 2, "Netze": 1, "ohne Handlungsfeld": 1}


# cost


def questions(database: Database, network: int) -> int:
    """How many statements the three charts of a network take that has something to show in each."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.extend([] if statement.startswith("BEGIN") else [statement])

    def draw(session: Session) -> None:
        session.expire_all()
        scope, extent = Scope(session, START, HOUSE), Extent(network)
        assert pictures.progress(extent, BERLIN, scope) is not None
        assert picture_counts.phases(extent, BERLIN, scope) is not None
        assert picture_counts.participation(extent, BERLIN, scope) is not None

    database.run_now(close_rounds)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        database.run_now(draw)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(asked)


def close_rounds(session: Session) -> None:
    for each in session.exec(select(CheckInRound)):
        each.closed_at = each.deadline = START


def test_charts_ask_the_same_number_of_questions_however_much_there_is(new_url: Callable[[], str]) -> None:
    found = []
    for count in (8, 60):
        database = Database(new_url())
        network = database.run_now(lambda session, n=count: fill(session, n, 4, START))  # type: ignore[misc]
        found.append(questions(database, network))
        database.close()
    assert found[0] == found[1] <= 6

"""Reviews (Mainz): what the period achieved, feedback below the cards, points, and what it costs to show them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from bot.context import Scope
from bot.domain.project import FeedbackKind
from bot.procedures import reviewing
from bot.store import Session, consultations, meetings, projects
from bot.store.database import Database
from bot.store.tables import Feedback, Meeting, Project, StatusUpdate
from tests.fakes import ANNA, BEN, CEM, ROOM, Bot, plain

GROUP = "!gruppe:example.org"
JUNE = datetime(2026, 6, 8, 8, 0, tzinfo=UTC)


@pytest.fixture
async def bot(database: Database) -> Bot:
    """A bot in an overview room: a meeting in June, Ben's project, and a review at nine."""
    made = Bot(database, now=JUNE)
    await made.enter()
    await made.say(ANNA, "!treffen neu Auftakt\nBeginn: 8.6.2026 10:00")
    await made.say(ANNA, f"!projekt neu eAkte\nTitel: Elektronische Akte\nVerantwortlich: {BEN}")
    await made.say(BEN, "!status eAkte grün 40% Pilot beginnt")
    made.now = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    await made.say(ANNA, "!treffen neu Marktplatz\nBeginn: 20.11.2026 9:00")
    return made


def meeting(session: Session, number: int = 2) -> Meeting:
    found = meetings.by_number(session, 1, number)
    assert found is not None
    return found


async def given(bot: Bot) -> list[Feedback]:
    def work(session: Session) -> list[Feedback]:
        project = projects.by_folded(session, 1, "eakte")
        assert project is not None
        return list(projects.feedback_on_project(session, project.id or 0))

    return await bot.database.run(work)


async def test_a_card_shows_what_changed_since_the_last_meeting_and_nothing_older(bot: Bot) -> None:
    bot.now = JUNE.replace(month=7)
    await bot.say(BEN, "!status eAkte Zwischenbericht ohne Ampel")
    bot.now = JUNE.replace(month=11, day=20)
    await bot.say(BEN, "!status eAkte rot 55% Vergabe aufgehoben")
    _, card = await bot.say(ANNA, "!treffen T2 weiter")
    said = plain(card)
    assert "Erreicht seit dem 8. Juni 2026 (T1): 🟢 grün → 🔴 rot · 40 % → 55 %" in said
    assert "Zwischenbericht" in said
    assert "Vergabe aufgehoben" in said
    assert "Pilot beginnt" not in said  # reported before that meeting began


async def test_without_an_earlier_meeting_a_card_shows_all_there_was(bot: Bot) -> None:
    bot.now = JUNE
    _, card = await bot.say(ANNA, "!treffen T1 weiter")
    assert "Erreicht bisher" in plain(card)
    assert "Pilot beginnt" in plain(card)


async def test_a_meeting_that_was_called_off_begins_no_period(bot: Bot) -> None:
    def call_off(session: Session) -> None:
        meeting(session, 1).cancelled_at = bot.now

    await bot.database.run(call_off)
    _, card = await bot.say(ANNA, "!treffen T2 weiter")
    assert "Erreicht bisher" in plain(card)


async def test_a_groups_room_reviews_its_own_projects_an_overview_room_all(bot: Bot) -> None:
    await bot.enter(GROUP, ANNA, BEN, CEM)
    await bot.say(ANNA, "!gruppe neu Digitale Akte\nRaum: hier", room_id=GROUP)
    await bot.say(ANNA, "!projekt neu Scan", room_id=GROUP)
    await bot.say(ANNA, "!treffen neu Rückblick\nBeginn: 20.11.2026 9:00", room_id=GROUP)
    assert "Rückschau auf 2 Projekte" in await bot.hear(CEM, "!treffen T2 rückschau")
    here = await bot.hear(CEM, "!treffen T3 rückschau", room_id=GROUP)
    assert "Rückschau auf 1 Projekt" in here
    assert "eAkte" not in here


async def test_all_cards_at_once_leave_out_those_that_were_shown(bot: Bot) -> None:
    for number in range(30):
        await bot.say(ANNA, f"!projekt neu P{number:02}")
    await bot.say(ANNA, "!treffen T2 weiter P07")
    rows = await bot.say(ANNA, "!treffen T2 rückschau alle")
    assert "Es folgen 30 Karten." in plain(rows[0])
    assert len(rows) == 31
    assert not any(plain(row).startswith("P07 ") for row in rows[1:])
    assert await bot.hear(ANNA, "!treffen T2 rückschau alle") != ""
    assert "Alle 31 Karten sind gezeigt." in await bot.hear(ANNA, "!treffen T2 weiter")


async def test_archived_projects_have_no_card(bot: Bot) -> None:
    await bot.say(ANNA, "!projekt neu Alt")
    await bot.say(ANNA, "!projekt Alt archivieren")
    assert "auf 1 Projekt" in await bot.hear(ANNA, "!treffen T2 rückschau")


async def test_only_what_names_its_kind_is_feedback_in_a_cards_thread(bot: Bot) -> None:
    card = (await bot.say(ANNA, "!treffen T2 weiter"))[1]
    assert await bot.say(CEM, "Das sehe ich auch so: gut!", thread=card.event_id) == []
    assert await bot.say(CEM, "Frage: Wann?", thread="$another") == []
    said = await bot.hear(CEM, "Frage: Wann kommt das Sozialamt?", thread=card.event_id)
    assert said.startswith("F1 · Frage zu eAkte: Wann kommt das Sozialamt?")
    (feedback,) = await given(bot)
    assert (feedback.kind, feedback.author, feedback.meeting_id) == (FeedbackKind.QUESTION, CEM, 2)


async def test_a_reply_to_the_card_is_asked_for_its_kind(bot: Bot) -> None:
    card = (await bot.say(ANNA, "!treffen T2 weiter"))[1]
    question = (await bot.say(CEM, "Sehr gelungen, {answer} und alles", reply_to=card.event_id))[0]
    assert "Lob, Anregung, Frage oder Einwand?" in plain(question)
    again = (await bot.say(CEM, "Lob und Einwand", reply_to=question.event_id))[0]
    assert "Lob, Anregung, Frage oder Einwand?" in plain(again)
    said = await bot.hear(CEM, "Das ist ein Lob.", reply_to=again.event_id)
    assert said == "F1 · Lob zu eAkte: Sehr gelungen, {answer} und alles"


async def test_a_reply_to_somebody_in_the_thread_is_talk(bot: Bot) -> None:
    card = (await bot.say(ANNA, "!treffen T2 weiter"))[1]
    assert await bot.say(CEM, "Ja, finde ich auch.", thread=card.event_id, reply_to="$bens") == []


async def test_feedback_belongs_to_the_meeting_while_it_is_held_and_under_its_cards_later_too(bot: Bot) -> None:
    await bot.say(CEM, "!feedback eAkte Lob: Gut")
    card = (await bot.say(ANNA, "!treffen T2 weiter"))[1]
    bot.now = bot.now.replace(day=23)
    await bot.say(CEM, "!feedback eAkte Lob: Am Montag")
    await bot.say(CEM, "Lob: Noch einmal angesehen", thread=card.event_id)
    assert [each.meeting_id for each in await given(bot)] == [2, None, 2]


async def test_the_same_card_may_be_shown_again_and_takes_feedback_too(bot: Bot) -> None:
    await bot.say(ANNA, "!treffen T2 weiter")
    again = (await bot.say(ANNA, "!treffen T2 weiter eAkte"))[1]
    assert "F1" in await bot.hear(CEM, "Lob: Wieder gut", thread=again.event_id)


async def test_a_card_named_from_another_room_tells_nobody_there_anything(bot: Bot) -> None:
    """Rooms of other networks are other rooms: not even the project's key is told."""
    card = (await bot.say(ANNA, "!treffen T2 weiter"))[1]
    other = "!fern:example.org"
    await bot.enter(other, CEM)
    assert await bot.say(CEM, "Lob: Gut", room_id=other, thread=card.event_id) == []
    assert await bot.say(CEM, "Ganz gut", room_id=other, reply_to=card.event_id) == []
    assert await given(bot) == []


async def test_what_a_review_asks_of_the_database_does_not_grow_with_the_projects(bot: Bot) -> None:
    counts = [await _statements(bot, 5), await _statements(bot, 200)]
    assert counts[0] == counts[1]


async def _statements(bot: Bot, more: int) -> int:
    def work(session: Session) -> int:
        for number in range(more):
            key = f"m{more}x{number}"
            project = Project(
                network_id=1, room_id=ROOM, key=key, folded=key, created_by=ANNA, created_at=bot.now, light="green"
            )
            project_id = projects.add(session, project).id or 0
            for at in (JUNE, bot.now):
                update = StatusUpdate(
                    project_id=project_id, author=ANNA, at=at, light="green", progress=10, text="x", event_id="$x"
                )
                session.add(update)
        session.flush()
        held = meeting(session)
        with counted(session) as statements:
            assert len(reviewing.gather(held, Scope(session, bot.now, bot.house)).cards) > more
        return len(statements)

    return await bot.database.run(work)


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(*args: object) -> None:
        asked.append(str(args[2]))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield asked
    event.remove(connection, "before_cursor_execute", note)


async def test_priorities_follow_from_a_published_vote_by_points_only(bot: Bot) -> None:
    assert "mindestens zwei Projekte" in await bot.hear(ANNA, "!treffen T2 priorisieren\nSchluss: 27.11.2026 12:00")
    await bot.say(ANNA, "!projekt neu Portal\nTitel: Portal – für alle")
    bad = await bot.hear(ANNA, "!treffen T2 priorisieren viele\nSchluss: 27.11.2026 12:00")
    assert "verstehe ich nicht als Zahl von Punkten" in bad
    made = await bot.hear(ANNA, "!treffen T2 priorisieren 6 Punkte\nSchluss: 27.11.2026 12:00")
    assert "K1 · Prioritäten: Marktplatz (Entwurf)" in made
    assert "6 zu verteilen" in made
    assert "ergibt sich keine Reihenfolge" in await bot.hear(ANNA, "!treffen T2 prioritäten K1")
    await bot.say(ANNA, "!konsultation K1 öffnen")
    await bot.say(BEN, "!stimme K1 1=1 2=5")
    await bot.say(CEM, "!stimme K1 2=6")
    bot.now = datetime(2026, 11, 27, 11, 5, tzinfo=UTC)
    await bot.tick()
    asked = (await bot.say(ANNA, "!treffen T2 prioritäten K1"))[0]
    assert "1. Portal · 11 Punkte" in plain(asked)
    await bot.say(ANNA, "ja", reply_to=asked.event_id)

    def priorities(session: Session) -> dict[str, str | None]:
        return {project.key: project.priority for project in projects.listed(session, 1, None)}

    assert await bot.database.run(priorities) == {"eAkte": "2", "Portal": "1"}


async def test_the_vote_belongs_to_the_meeting(bot: Bot) -> None:
    await bot.say(ANNA, "!projekt neu Portal")
    await bot.say(ANNA, "!treffen T2 priorisieren\nSchluss: 27.11.2026 12:00")

    def of(session: Session) -> int | None:
        found = consultations.by_number(session, 1, 1)
        assert found is not None
        return found.meeting_id

    assert await bot.database.run(of) == 2

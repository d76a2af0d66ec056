"""A page tells exactly what the chat tells the same person at the same moment, kind by kind and role by role."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.domain.answers import Kind, Sheet
from bot.domain.consultation import State, Visibility
from bot.domain.roles import Role
from bot.events import Invited, Members
from bot.procedures import minutes
from bot.store import Session, networks
from bot.store.database import Database
from bot.store.tables import Task
from bot.web.kept import FOR
from tests.ballotbox import APPROVAL, COLOURS, Box, opened
from tests.fakes import ANNA, BEN, CEM, US, Bot, plain
from tests.web.reading import Told
from tests.web.serving import Answer, Served, serving

KIM = "@kim:example.org"
EVA = "@eva:example.org"  # founded another network
OTHER = "!verkehr:example.org"
ROLES = {"coordinator": ANNA, "moderator": CEM, "member": BEN, "guest": KIM}
ONLY_INSIDE = ("/konsultationen", "/konsultation/K1", "/konsultation/K1/protokoll.html", "/treffen", "/treffen/T1",
               "/aufgaben", "/beteiligung", "/bild/beteiligung.svg")  # fmt: skip
PROJECT = (
    "projekt neu eAkte\nTitel: Elektronische Akte\nZiel: Papierlos bis 2028\nOrganisation: Lindenstadt\n"
    "Handlungsfeld: Daten, Netze\nProjektstatus: in Umsetzung\nPartner: Ahornfeld\nMeilenstein: Zuschlag"
)
SAID = (
    PROJECT,
    "projekt neu Serviceportal\nTitel: Ein Portal für alle",
    "projekt neu Altes",
    "projekt Altes archivieren",
    "status eAkte gelb 60% Vergabe verzögert sich",
    "feedback eAkte Frage: Was kostet das Scannen?",
    "feedback eAkte Lob: Gut gemacht",
    "antwort F1 angenommen Wir rechnen es aus.",
    "feedback eAkte Einwand: Das geht zu schnell.",
    "aufgabe neu Ausschreibung schreiben\nFrist: 12.12.2026 12:00",
    "aufgabe neu Raum buchen",
    "aufgabe A2 erledigt",
    "treffen neu Workshop\nBeginn: 3.12.2026 10:00\nOrt: Erlenbrück, Kreishaus",
    "gruppe neu Daten und Netze",
    f"projekt eAkte teilen {KIM}",
)


def direct(person: str) -> str:
    return f"!direct-{person[1:]}"


async def talk(bot: Bot, *people: str) -> None:
    """Everybody has a direct chat."""
    for person in people:
        await bot.handle(
            Invited(room_id=direct(person), inviter=person, direct=True, received_at=bot.now),
            Members(room_id=direct(person), joined=frozenset({US, person})),
        )


def about_a_project(session: Session) -> None:
    """A1 is for eAkte, as if a decision had led to it."""
    session.exec(select(Task).where(Task.number == 1)).one().project_id = 1


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    """A network with something of each kind; of it eAkte is shared with Kim."""
    bot = Bot(database)
    await bot.enter()
    await talk(bot, *ROLES.values())
    for said in SAID:
        rows = await bot.say(ANNA, f"!{said}")
        assert rows, said
        assert "kenne ich nicht" not in plain(rows[0]), plain(rows[0])
    await database.run(about_a_project)
    await bot.enter(OTHER, ANNA, CEM)
    await bot.say(ANNA, "!projekt neu Radweg", room_id=OTHER)
    await database.run(lambda session: networks.grant(session, 1, CEM, Role.MODERATOR, ANNA, bot.now, OTHER))
    async with serving(bot) as pages:
        yield pages


async def hear(served: Served, person: str, words: str) -> str:
    rows = await served.bot.say(person, words, room_id=direct(person))
    return plain(rows[0])


async def look(served: Served, path: str, person: str, network_id: int = 1) -> Answer:
    """A page in the one browser that each person has: nobody may have many."""
    cookies: dict[tuple[str, int], str] = served.__dict__.setdefault("cookies", {})
    if (person, network_id) not in cookies:
        cookies[person, network_id] = await served.session(person, network_id)
    return await served.ask(path, cookie=cookies[person, network_id])


async def told(served: Served, path: str, person: str) -> Told:
    answer = await look(served, path, person)
    assert answer.status == 200, path
    page = Told(answer.text)
    assert list(page.faults()) == [], path
    return page


# projects


@pytest.mark.parametrize("role", ROLES)
async def test_the_portfolio_has_the_projects_that_the_chat_lists(role: str, served: Served) -> None:
    person = ROLES[role]
    chat = await hear(served, person, "status" if role == "guest" else "projekt liste")
    listed = {key for key in ("eAkte", "Serviceportal", "Altes", "Radweg") if key in chat}
    assert listed == ({"eAkte"} if role == "guest" else {"eAkte", "Serviceportal", "Radweg"})
    page = await told(served, "/projekte", person)
    assert set(page.keys()) == listed
    assert f"{len(listed)} Projekt{'' if len(listed) == 1 else 'e'} gefunden" in page.text
    start = await told(served, "/", person)
    assert set(start.keys()) <= listed
    assert f"{len(listed)} Projekt{'' if len(listed) == 1 else 'e'} " in start.text


async def test_a_project_is_there_where_the_chat_knows_it(served: Served) -> None:
    for person in ROLES.values():
        for key in ("eAkte", "Serviceportal", "Altes", "gibtesnicht"):
            knows = "kenne ich hier nicht" not in await hear(served, person, f"status {key}")
            assert (await look(served, f"/projekt/{key}", person)).status == (200 if knows else 404), (person, key)
            picture = (await look(served, f"/bild/projekt/{key}.svg", person)).status
            assert picture == (200 if knows and key == "eAkte" else 404), (person, key)


@pytest.mark.parametrize("role", ["member", "guest"])
async def test_a_project_page_says_what_status_projekt_and_feedback_say(role: str, served: Served) -> None:
    person = ROLES[role]
    chat = [await hear(served, person, f"{command} eAkte") for command in ("status", "projekt", "feedback")]
    page = (await told(served, "/projekt/eAkte", person)).text
    facts = ("Papierlos bis 2028", "Lindenstadt", "Daten", "Netze", "in Umsetzung", "Ahornfeld", "Zuschlag", "gelb",
             "60 %", "Vergabe verzögert sich", "Scannen", "Wir rechnen es aus.", "Das geht zu schnell.",
             "Gut gemacht", "Ausschreibung schreiben", "A1", "F3", KIM)  # fmt: skip
    differing = {fact for fact in facts if (fact in page) != any(fact in said for said in chat)}
    assert differing == set()
    assert ("Das geht zu schnell." in page) is (role != "guest")


async def test_nobody_reads_seconds_of_what_happened(served: Served) -> None:
    served.bot.now += timedelta(seconds=17)
    await served.bot.say(ANNA, "!status eAkte 70% Der Zuschlag ist da")
    page = (await look(served, "/projekt/eAkte", BEN)).text
    assert "Der Zuschlag ist da" in page
    assert re.findall(r"\d\d:\d\d:\d\d Uhr", page) == []


async def test_a_guest_is_shown_as_many_status_updates_as_the_chat_shows(served: Served) -> None:
    for number in range(8):
        await served.bot.say(ANNA, f"!status eAkte {number + 10}% Meldung Nummer {number}")
    chat = await hear(served, KIM, "status eAkte")
    page = (await told(served, "/projekt/eAkte", KIM)).text
    for number in range(8):
        assert (f"Meldung Nummer {number}" in page) is (f"Meldung Nummer {number}" in chat)
    assert "Meldung Nummer 3" in page
    assert "Meldung Nummer 2" not in page


async def test_what_is_shared_no_more_is_gone_at_once(served: Served) -> None:
    await served.bot.say(ANNA, f"!projekt eAkte entziehen {KIM}")
    assert (await look(served, "/projekt/eAkte", KIM)).status == 404
    assert (await told(served, "/projekte", KIM)).keys() == []


# what only the network sees


async def test_guests_find_no_more_than_the_chat_tells_them(served: Served) -> None:
    for path in (*ONLY_INSIDE, "/gesundheit"):
        assert (await look(served, path, KIM)).status == 404, path
    for words in ("konsultation", "treffen", "treffen T1", "aufgabe liste alle", "gruppe liste", "projekt liste"):
        assert "Dafür braucht es" in await hear(served, KIM, words), words


async def test_the_state_of_the_network_is_for_who_coordinates_it(served: Served) -> None:
    for role, person in ROLES.items():
        assert (await look(served, "/gesundheit", person)).status == (200 if role == "coordinator" else 404)


@pytest.mark.parametrize("role", ["coordinator", "member"])
async def test_meetings_tasks_and_groups_are_those_of_the_chat(role: str, served: Served) -> None:
    person = ROLES[role]
    for words, path, facts in (
        ("treffen liste", "/treffen", ("T1", "Workshop", "Erlenbrück, Kreishaus", "3. Dezember 2026, 10:00")),
        ("treffen T1", "/treffen/T1", ("T1", "Workshop", "Erlenbrück, Kreishaus", "3. Dezember 2026, 10:00")),
        ("aufgabe liste alle", "/aufgaben", ("A1", "Ausschreibung schreiben", "12. Dezember 2026, 12:00", ANNA)),
        ("aufgabe liste erledigt alle", "/aufgaben?stand=erledigt", ("A2", "Raum buchen")),
        ("gruppe liste", "/beteiligung", ("Daten und Netze", "ruhend")),
    ):
        chat, page = await hear(served, person, words), (await told(served, path, person)).text
        assert [fact for fact in facts if fact not in chat] == [], words
        assert [fact for fact in facts if fact not in page] == [], path
    open_ones = (await told(served, "/aufgaben", person)).text
    assert "Raum buchen" not in open_ones
    mine = (await told(served, "/aufgaben?meine=ja", person)).text
    assert ("Ausschreibung schreiben" in mine) is ("A1" in await hear(served, person, "aufgabe liste meine"))


# votes


async def _voted(database: Database, visibility: Visibility, state: State) -> Box:
    """Lindenstadt has chosen Grün; Erlenbrück has said nothing."""
    box = await opened(database, Sheet(Kind.CHOICE, COLOURS), visibility=visibility)
    await box.directly(BEN, "stimme K1 2")
    if state is State.CANCELLED:
        await box.bot.say(ANNA, "!konsultation K1 absagen")
    elif state in (State.CLOSED, State.PUBLISHED):
        await box.bot.say(ANNA, "!konsultation K1 schließen")
    if state is State.PUBLISHED:
        box.bot.now = box.bot.now.replace(hour=box.bot.now.hour + 1)
        await box.bot.tick()
    return box


def voters(chat: str) -> dict[str, str]:
    """Who voted, and how where that is told: „* Lindenstadt: 2 · Grün“."""
    inside = chat.partition("Wer abgestimmt hat")[2].partition("\n\n")[0]
    return dict(re.findall(r"(Lindenstadt|Erlenbrück)(?:: )?(.*)", inside))


@pytest.mark.parametrize("state", [State.OPEN, State.CLOSED, State.PUBLISHED, State.CANCELLED])
@pytest.mark.parametrize("visibility", list(Visibility))
async def test_votes_are_told_as_far_as_the_chat_tells_them(
    visibility: Visibility, state: State, database: Database
) -> None:
    box = await _voted(database, visibility, state)
    chat = plain((await box.directly(CEM, "konsultation K1"))[0])
    given = "Protokoll zu K1 folgt" in plain((await box.directly(CEM, "konsultation K1 protokoll"))[0])
    async with serving(box.bot) as served:
        page = await told(served, "/konsultation/K1", CEM)
        rows = {name: "" if vote == "hat abgestimmt" else vote for name, vote in page.cells("Stimme")}
        assert rows == voters(chat)
        assert bool(rows) is (visibility is not Visibility.CONFIDENTIAL)
        assert ("2 · Grün" in rows.values()) is (visibility is Visibility.OPEN or (
            state is State.PUBLISHED and visibility is Visibility.COVERED))  # fmt: skip
        (turnout,) = re.findall(r"Beteiligung: \d von \d", chat)
        assert turnout in page.text
        assert bool(page.cells("Möglichkeit")) is (state is State.PUBLISHED)
        for kind in ("html", "csv", "json"):
            there = (await look(served, f"/konsultation/K1/protokoll.{kind}", CEM)).status == 200
            assert there is given, kind
            assert (f"/konsultation/K1/protokoll.{kind}" in page.links()) is given


async def test_the_numbers_are_those_of_the_published_result(database: Database) -> None:
    box = await opened(database, APPROVAL, extra=2)
    await box.directly(BEN, "stimme K1 ja")
    await box.directly("@emil:example.org", "stimme K1 nein weil die Fristen fehlen")
    await box.bot.say(ANNA, "!konsultation K1 schließen")
    box.bot.now = box.bot.now.replace(hour=box.bot.now.hour + 1)
    said = "\n".join(plain(row) for row in await box.bot.tick())
    assert "1 Ja, 1 Nein, 0 Enthaltung" in said
    async with serving(box.bot) as served:
        page = await told(served, "/konsultation/K1", BEN)
        assert page.cells("Antwort") == [["Ja", "1"], ["Nein", "1"], ["Enthaltung", "0"], ["ohne Stimme", "2"]]
        assert "nicht angenommen (Stimmengleichheit)" in page.text
        assert ("die Fristen fehlen" in page.text) is (
            "die Fristen fehlen" in await box.bot.hear(BEN, "!konsultation K1")
        )


async def test_minutes_are_the_files_of_the_chat(database: Database) -> None:
    box = await _voted(database, Visibility.OPEN, State.PUBLISHED)
    await box.directly(CEM, "konsultation K1 protokoll")
    async with serving(box.bot) as served:
        csv = await look(served, "/konsultation/K1/protokoll.csv", CEM)
        assert "Lindenstadt" in csv.text
        assert csv.headers["Content-Disposition"] == "attachment; filename*=UTF-8''protokoll-K1.csv"
        assert '"head"' in (await look(served, "/konsultation/K1/protokoll.json", CEM)).text


async def test_minutes_are_written_once_however_many_ask_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 80,000 votes it takes seconds, in which nothing else is stored."""
    written: list[object] = []
    write = minutes.documents

    def counted(*given: Any) -> Any:
        written.append(given)
        return write(*given)

    monkeypatch.setattr(minutes, "documents", counted)
    box = await _voted(database, Visibility.OPEN, State.PUBLISHED)
    async with serving(box.bot) as served:
        cookies = [await served.session(person) for person in (BEN, CEM)]
        kinds = ("html", "csv", "json")
        asked = [served.ask(f"/konsultation/K1/protokoll.{kind}", cookie=each) for kind in kinds for each in cookies]
        assert {answer.status for answer in await asyncio.gather(*asked)} == {200}
        assert len(written) == 1
        served.bot.now += FOR
        assert (await look(served, "/konsultation/K1/protokoll.csv", CEM)).status == 200
    assert len(written) == 2


@pytest.mark.parametrize("visibility", list(Visibility))
async def test_the_state_of_the_network_names_nobody_whom_the_digest_does_not_name(
    visibility: Visibility, database: Database
) -> None:
    box = await _voted(database, visibility, State.OPEN)
    chat = plain((await box.bot.say(ANNA, "!bericht vorschau"))[0])
    async with serving(box.bot) as served:
        page = (await told(served, "/gesundheit", ANNA)).text
    assert ("Erlenbrück" in page) is ("Erlenbrück" in chat) is (visibility is not Visibility.CONFIDENTIAL)
    assert "1 Stimme fehlt" in page


async def test_people_of_another_network_find_nothing_of_this_one(served: Served) -> None:
    await served.bot.database.run(lambda session: networks.found(session, "Süden", EVA, served.bot.now))
    await served.bot.database.run(
        lambda session: networks.grant(session, 2, BEN, Role.COORDINATOR, EVA, served.bot.now)
    )
    for path in ("/projekt/eAkte", "/treffen/T1", "/bild/projekt/eAkte.svg"):
        assert (await look(served, path, BEN, network_id=2)).status == 404, path
    for path in ("/", "/projekte", "/aufgaben", "/treffen", "/beteiligung", "/gesundheit", "/konsultationen"):
        answer = await look(served, path, BEN, network_id=2)
        assert answer.status == 200, path
        assert not re.search(r"eAkte|Ausschreibung|Workshop|Daten und Netze", answer.text), path

"""Every page in both languages can be used without eyes or a mouse, and nothing that people type does anything."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from bot.domain.roles import Role
from bot.store import Session, networks, shares
from bot.store.database import Database
from bot.store.tables import Consultation, Feedback, Group, Idea, Meeting, Project, ProjectChange, StatusUpdate, Task
from bot.web.kept import FOR, Kept
from bot.web.view_parts import LONGEST_NUMBER
from bot.web.views import ROUTES
from tests.fakes import ANNA, Bot
from tests.portfolio import fill
from tests.web.reading import Told
from tests.web.serving import Served, serving

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
NASTY = "<script>alert(1)</script> <img src=x onerror=alert(1)> https://evil.example {{ 7*191 }} {n} „ä“ \u202e& =1+1"
EXAMPLES = {
    "/projekt/{key}": "/projekt/Projekt-1",
    "/konsultation/K{number}": "/konsultation/K1",
    "/treffen/T{number}": "/treffen/T1",
    "/aufgaben": "/aufgaben?meine=ja&stand=ueberfaellig&gruppe=Handlungsfeld 0",
    "/projekte": "/projekte?text=vorhaben&sortierung=-ampel&seite=2",
}
PAGES = [EXAMPLES.get(page.path, page.path) for page in ROUTES if not page.path.endswith((".svg", ".{kind}"))]
ABSENT = (
    "/projekt/gibtesnicht",
    "/projekt/..%2F..%2Fetc%2Fpasswd",
    "/projekt/%00",
    "/projekt/" + "x" * 600,
    "/konsultation/K0",
    "/konsultation/K",
    "/konsultation/Kx",
    "/konsultation/K" + "9" * (LONGEST_NUMBER + 1),
    "/konsultation/K1/protokoll.exe",
    "/konsultation/K1/protokoll.html",  # it is open
    "/treffen/T999",
    "/treffen/T-1",
    "/bild/geheim.svg",
    "/bild/projekt/gibtesnicht.svg",
)
ODD = (
    "/projekte?seite=-3&ampel=lila&sortierung=%27;drop",
    "/projekte?seite=99999999999999999999",
    "/projekte?feld=%3Cscript%3E&ziel=%22%3E&organisation=x&verantwortlich=%3Cb%3E&text=%3Cscript%3E",
    "/projekt/Projekt-1?vor=gestern&feedback=-1",
    "/projekt/Projekt-1?vor=0001-01-01T00:00:00%2B00:00_m1",
    "/projekt/Projekt-1?vor=9999-12-31T23:59:59-23:59_m1",
    "/aufgaben?stand=x&gruppe=gibtesnicht&organisation=gibtesnicht&seite=0",
    "/treffen?seite=77",
)


def nasty(session: Session) -> None:
    """Everything that people type is as bad as it can be."""
    for table, names in (
        (Project, ("title", "goal", "description", "organisation", "field", "priority", "partners", "milestone")),
        (StatusUpdate, ("text",)),
        (Feedback, ("text",)),
        (Idea, ("text",)),
        (Task, ("title", "council", "note")),
        (Meeting, ("title", "place", "agenda", "link")),
        (Consultation, ("title",)),
        (Group, ("name",)),
    ):
        for row in session.exec(select(table)):
            for name in names:
                setattr(row, name, NASTY)
    session.add(
        ProjectChange(
            project_id=2, at=NOW, by=ANNA, field="goal", before=NASTY, after="javascript:alert(1)", cause="$c"
        )
    )
    answered = session.get_one(Feedback, 1)
    answered.answer, answered.answer_reason, answered.answered_at = "accepted", NASTY, NOW - timedelta(days=1)


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    """A network of 60 projects, its texts full of markup."""
    bot = Bot(database, now=NOW)
    await database.run(lambda session: fill(session, 60, 3, NOW))
    await database.run(nasty)
    async with serving(bot) as pages:
        yield pages


async def test_every_page_is_for_everybody_and_what_people_type_is_text(served: Served) -> None:
    cookie = await served.session(ANNA)
    for language in ("de", "en"):
        data = {"language": language, "here": "/"}
        assert (await served.ask("/sprache", method="POST", cookie=cookie, data=data)).status == 303
        for path in PAGES:
            answer = await served.ask(path, cookie=cookie)
            assert answer.status == 200, path
            page = Told(answer.text)
            assert list(page.faults()) == [], path
            assert page.tree.get("lang") == language
            assert "1337" not in page.text, path  # {{ 7*191 }}
            assert "<script" not in answer.text, path
        shown = Told((await served.ask("/projekt/Projekt-1", cookie=cookie)).text)
        assert "<script>alert(1)</script>" in shown.text
        spoken = {each.get("lang") for each in shown.main.iter("bdi")}
        assert spoken == ({None} if language == "de" else {None, "de"})


async def test_pages_that_are_not_there_are_not_there(served: Served) -> None:
    cookie = await served.session(ANNA)
    for path in ABSENT:
        assert (await served.ask(path, cookie=cookie)).status == 404, path
    for path in ODD:
        answer = await served.ask(path, cookie=cookie)
        assert answer.status == 200, path
        assert list(Told(answer.text).faults()) == [], path


async def test_pictures_are_files_with_words_in_them(served: Served) -> None:
    cookie = await served.session(ANNA)
    for path in ("/bild/phasen.svg", "/bild/fortschritt.svg", "/bild/projekt/Projekt-1.svg?farben=dunkel"):
        answer = await served.ask(path, cookie=cookie)
        assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, "image/svg+xml"), path
        assert "<title>" in answer.text
        assert "<desc>" in answer.text
        assert "<script" not in answer.text


async def test_a_list_leads_through_all_its_pages(served: Served) -> None:
    cookie = await served.session(ANNA)
    first = Told((await served.ask("/projekte?sortierung=-fortschritt&status=running", cookie=cookie)).text)
    assert len(first.keys()) == 20
    whole = Told((await served.ask("/projekte?sortierung=-ampel", cookie=cookie)).text)
    (onward,) = [link for link in whole.links() if "seite=2" in link]
    assert "sortierung=-ampel" in onward
    second = Told((await served.ask(onward, cookie=cookie)).text)
    assert len(set(whole.keys()) | set(second.keys())) == 60
    assert len(second.keys()) == 10


async def test_a_chart_is_made_once_a_minute_and_for_nobody_who_may_not_see_it(served: Served) -> None:
    kim = "@kim:example.org"
    await served.bot.database.run(lambda session: networks.grant(session, 1, kim, Role.GUEST, ANNA, NOW))
    await served.bot.database.run(lambda session: _share(session, kim))
    cookies = {person: await served.session(person) for person in (ANNA, kim)}

    async def alt(person: str) -> str:
        page = Told((await served.ask("/", cookie=cookies[person])).text)
        return str(page.main.xpath("//img[contains(@src, 'phasen')]/@alt")[0])

    hers, his = await alt(ANNA), await alt(kim)
    assert hers != his
    await served.bot.database.run(lambda session: setattr(session.get_one(Project, 2), "phase", "done"))
    assert (await alt(ANNA), await alt(kim)) == (hers, his)
    served.bot.now += FOR
    assert hers != await alt(ANNA)
    assert "1 abgeschlossen" in await alt(kim)


def test_what_is_too_old_is_not_kept_in_memory() -> None:
    kept = Kept()
    kept.put("minutes", "x", NOW)
    kept.put("chart", "y", NOW + FOR / 2)
    kept.put("state", "z", NOW + FOR)
    assert list(kept._known) == ["chart", "state"]


def _share(session: Session, person: str) -> None:
    shares.share(session, session.get_one(Project, 2), person, ANNA, NOW)

"""What people find on the pages, and what they must not find."""

import re
from html import unescape
from urllib.parse import unquote

import pytest

from tests.browser import pages
from tests.browser.chromium import Visitor
from tests.browser.conftest import NewVisitor
from tests.browser.site import Site
from tests.browser.story import DORA, HIDDEN, LONGEST_KEY

ABSENT = ("/projekt/gibt-es-nicht", f"/projekt/{HIDDEN}", "/projekt/..%2F..%2Fetc%2Fpasswd", "/konsultation/K99")
BROKEN = """async () => {
  const images = [...document.images]
  for (const one of images) one.loading = "eager"
  await Promise.allSettled(images.map(one => one.decode()))
  return images.filter(one => !one.naturalWidth || !one.alt).map(one => one.src)
}"""


async def keys(visitor: Visitor) -> list[str]:
    """The projects that the page links to, by their keys, each once."""
    links = await visitor.page.locator("main a[href*='/projekt/']").all()
    found = [await link.get_attribute("href") or "" for link in links]
    return list(dict.fromkeys(path.rpartition("/")[2] for path in found))


async def hrefs(visitor: Visitor, path: str) -> set[str]:
    """Where a page links to, whatever else it shows; it must be there."""
    answer = await visitor.page.request.get(visitor.base + path, max_redirects=0)
    assert answer.status == 200, f"{path}: {answer.status}"
    if not answer.headers["content-type"].startswith("text/html"):
        return set()
    html = await answer.text()
    assert HIDDEN not in html
    return {unescape(link).partition("#")[0] for link in re.findall(r'(?:href|src|srcset)="([^"#]+)', html)}


def kind(link: str) -> str:
    """What links that differ only in what is typed, or in the order of a list, have in common."""
    return re.sub(r"(?<=[?&])(sortierung|text|vor|feedback|seite)=[^&]*", r"\1", link)


@pytest.mark.parametrize("reader", pages.ROLES)
async def test_every_link_leads_somewhere(reader: str, new_visitor: NewVisitor) -> None:
    visitor = await new_visitor(reader)
    seen: dict[str, str] = {}  # one link of each kind
    waiting = {"/"}
    while waiting:
        path = waiting.pop()
        if kind(path) in seen:
            continue
        seen[kind(path)] = path
        links = await hrefs(visitor, path)
        foreign = {link for link in links if not link.startswith("/")}
        assert foreign <= {"https://video.example.org/modellkommunen"}  # the only one that somebody typed
        waiting |= links - foreign
    found = {unquote(path.partition("?")[0]) for path in seen.values()}
    assert {path.partition("?")[0] for path in pages.of(reader)} <= found


@pytest.mark.parametrize("reader", pages.ROLES)
async def test_a_page_has_one_heading_a_title_of_its_own_and_a_language(reader: str, new_visitor: NewVisitor) -> None:
    visitor, titles = await new_visitor(reader), {}
    for path in pages.of(reader):
        await visitor.open(path)
        assert await visitor.page.locator("h1").count() == 1, path
        assert await visitor.page.locator("html").get_attribute("lang") == "de"
        assert await visitor.page.locator("main").count() == 1
        titles[path.partition("?")[0]] = await visitor.page.title()
        assert await visitor.page.evaluate(BROKEN) == [], path
    assert len(set(titles.values())) == len(titles), titles


async def test_nobody_learns_of_another_network(new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member")
    said = set()
    for path in ABSENT:
        await ben.open(path, 404)
        said.add(await ben.said())
    assert len(said) == 1  # what is another network's cannot be told from what nobody has
    for path in (
        f"/bild/projekt/{HIDDEN}.svg",
        "/gesundheit",
        "/projekte/..%2f..%2fconfig.toml",
        "/static/../server.py",
    ):
        assert (await ben.page.request.get(ben.base + path)).status == 404, path
    await ben.open("/projekte?text=Geheim")
    assert await keys(ben) == []


async def test_a_guest_finds_what_is_shared_and_nothing_else(new_visitor: NewVisitor) -> None:
    kim = await new_visitor("guest")
    await kim.open("/projekte")
    assert await keys(kim) == ["eAkte"]
    await kim.open("/projekt/eAkte")
    assert "Papierlose Bauakten" in await kim.said()
    assert "Registratur" not in await kim.page.content()  # the synergy's other side is not shared
    for path in (
        "/projekt/Serviceportal",
        "/konsultationen",
        "/konsultation/K1",
        "/treffen",
        "/aufgaben",
        "/beteiligung",
    ):
        await kim.open(path, 404)
    for path in (
        "/bild/projekt/Serviceportal.svg",
        "/beteiligung",
        "/bild/beteiligung.svg",
        "/konsultation/K1/protokoll.json",
    ):
        assert (await kim.page.request.get(kim.base + path)).status == 404, path


async def test_the_portfolio_is_filtered_without_javascript(new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member", java_script_enabled=False)
    await ben.open("/projekte")
    everything = await keys(ben)
    assert {"eAkte", "Serviceportal", "B%C3%BCrgerkarte"} <= set(everything)
    assert "Stillgelegt" not in everything
    form = ben.page.get_by_role("main").locator("form")
    await form.get_by_label("Projektstatus").select_option(label="in Umsetzung")
    await form.get_by_role("button").first.click()
    assert set(await keys(ben)) == {"eAkte", "Serviceportal"}
    await form.get_by_label("Handlungsfeld").select_option(label="Digitale Akte")
    await form.get_by_role("button").first.click()
    assert await keys(ben) == ["eAkte"]
    assert await form.get_by_label("Projektstatus").input_value() == "running"


async def test_what_people_typed_is_text_and_nothing_else(new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member")
    await ben.open("/projekt/Altvorhaben")
    assert "<script>alert(1)</script> & „Söhne“" in await ben.said()
    await ben.open("/projekte?text=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert await keys(ben) == []
    assert await ben.page.locator("script").count() == 0


async def test_umlauts_are_found_and_lead_on(new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member")
    await ben.open("/projekte")
    form = ben.page.get_by_role("main").locator("form")
    await form.get_by_role("searchbox").fill("bäder")
    await ben.page.keyboard.press("Enter")
    await ben.page.get_by_role("main").get_by_role("link", name="Bürgerkarte").first.click()
    assert "Eine Karte für Bäder, Busse und Bücher" in await ben.said()
    await ben.open(f"/projekt/{LONGEST_KEY}")
    assert LONGEST_KEY in await ben.said()


async def test_a_project_tells_its_story(new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member")
    await ben.open("/projekt/eAkte")
    said = await ben.said()
    for words in (
        "Elektronische Akte",
        "Papierlose Bauakten bis Ende 2027",
        "gelb",
        "60 %",
        "in Umsetzung",
        "Verwaltung ohne Papier",
        "Wiederverwendung",
        "Vergabe verzögert sich um zwei Wochen",
        "Pilot in zwei Ämtern abgeschlossen",
        "Was kostet das Scannen?",
        "Registratur",  # the synergy
    ):
        assert words in said, words


async def test_a_result_can_be_read_and_its_minutes_kept(new_visitor: NewVisitor) -> None:
    ben = await new_visitor("member")
    await ben.open("/konsultation/K1")
    said = await ben.said()
    for words in ("angenommen", "Erlenbrück", "weil die Fristen fehlen", "Fristen regelt die Satzung"):
        assert words in said, words
    async with ben.page.expect_download() as download:
        await ben.page.get_by_role("link", name=re.compile("json", re.IGNORECASE)).click()
    assert (await download.value).suggested_filename.endswith(".json")


async def test_a_running_vote_is_not_betrayed(new_visitor: NewVisitor) -> None:
    anna = await new_visitor("coordinator")
    for path, chosen in (("/konsultation/K2", "Linde"), ("/konsultation/K4", "Ja")):
        await anna.open(path)
        cells = await anna.page.locator("td").all_inner_texts()
        assert chosen not in {cell.strip() for cell in cells}, path  # covered, and confidential


async def test_the_language_can_be_chosen(site: Site, new_visitor: NewVisitor) -> None:
    dora = await new_visitor()
    await dora.log_in(await site.link(DORA))
    await dora.open("/projekte?status=running")
    await dora.page.get_by_role("button", name="English").click()
    assert dora.path == "/projekte"
    assert await dora.page.locator("html").get_attribute("lang") == "en"
    assert "Projects" in await dora.said()
    assert set(await keys(dora)) == {"eAkte", "Serviceportal"}  # still filtered
    await dora.page.get_by_role("button", name="Deutsch").click()
    assert "Projekte" in await dora.said()

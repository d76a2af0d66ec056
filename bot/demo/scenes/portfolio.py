"""The portfolio: what projects serve, which ones resemble each other, the board, and the pages in a browser."""

import re

import aiohttp

from bot.demo.cast import ANNA, BEN, DORA, FILES, PORTAL
from bot.demo.performance import Performance, Scene, saying

AIM = "Bürgernahe Verwaltung"


async def alike(play: Performance) -> None:
    """Two projects in two municipalities are the same thing by two names; both owners agree."""
    await play.asks(ANNA, FILES, f"!agenda neu\nZiel: {AIM}", AIM)
    await play.asks(BEN, FILES, f"!projekt eAkte\nAgendaziele: {AIM}\nEinflussreich: ja", "Geändert", AIM)
    await play.asks(
        ANNA,
        PORTAL,
        f"!projekt neu Bauakten\nTitel: Einführung eines DMS im Bauamt\nVerantwortlich: {play.stage.user_id(DORA)}",
        *("Projekt angelegt", "DMS im Bauamt"),
    )
    await play.asks(ANNA, PORTAL, "!synergien suchen", "Ich suche jetzt")
    for who, answer in ((BEN, "Es fehlt noch die Antwort"), (DORA, "sind jetzt verbunden")):
        chat = await play.chat(who)
        await play.expects(f"der Vorschlag an {who.first_name}", chat, saying("ähnelt"), "S1", "Bauakten", by=who)
        await play.asks(who, chat, "ja", answer)
    await play.asks(BEN, FILES, "!status eAkte", "Verbunden mit", "Bauakten")


async def board_and_pages(play: Performance) -> None:
    """One pinned message shows all; a personal link opens the same in a browser, once."""
    await play.asks(ANNA, FILES, "!tafel", "Projekttafel")
    await play.expects("die Tafel", FILES, saying("Projekttafel ·"), "eAkte")
    chat = await play.chat(BEN)
    await play.asks(BEN, FILES, "!übersicht", "schicke ich Ihnen im Direktchat")
    sent = await play.expects("der Link", chat, saying("/anmelden/"), "nur einmal", by=BEN)
    link = re.findall(r"http://\S+/anmelden/[\w-]+", str(sent["content"]["body"]))[-1]
    site, _, token = link.rpartition("/anmelden/")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Origin": site}) as browser:
        before = await _page(browser, link)
        start = await _page(browser, f"{site}/anmelden", token)
        projects = await _page(browser, f"{site}/projekte?status=running")
        again = await _page(browser, f"{site}/anmelden", token)
    for what, page, fact in (
        ("Der Link zeigt keinen Knopf", before, "Anmelden"),
        ("Niemand ist angemeldet", start, play.stage.user_id(BEN)),
        ("Die Projekte fehlen", projects, "eAkte"),
        ("Der Link gilt zweimal", again, "gilt nicht mehr"),
    ):
        play.check(what, holds=fact in page, seen=re.sub(r"<[^>]+>|\s+", " ", page)[:300])
    play.note(f"Im Browser: {site}/projekte, für {BEN.first_name} und nur zum Lesen.")


async def papers(play: Performance) -> None:
    """What a council reads is written from what the network knows."""
    chat = await play.chat(BEN)
    await play.asks(BEN, FILES, "!vorlage B1", "vorlage-B1.docx")
    await play.expects("die Vorlage", chat, lambda event: event["content"].get("filename") == "vorlage-B1.docx", by=BEN)


async def _page(browser: aiohttp.ClientSession, url: str, token: str | None = None) -> str:
    data = {"token": token} if token else None
    async with browser.request("POST" if token else "GET", url, data=data) as answer:
        return await answer.text()


SCENES = (
    Scene(
        "Zwei Projekte, die sich ähneln",
        "eAkte und DMS sind dasselbe: Der Bot merkt es, erklärt es, und beide Verantwortlichen stimmen zu.",
        alike,
    ),
    Scene(
        "Tafel und Übersicht",
        "Eine angeheftete Nachricht hält sich selbst aktuell; ein persönlicher Link öffnet dasselbe im Browser.",
        board_and_pages,
    ),
)
PAPERS = Scene("Eine Vorlage für den Rat", "Als Word-Datei, aus Beschluss, Projekten und Maßnahmen.", papers)

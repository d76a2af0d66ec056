"""Council papers: what stands in them, for whom, and that nobody's words become markup, a placeholder or code."""

import base64
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.document import Document as WordFile
from docx.oxml.ns import qn

from bot import checkup
from bot.domain.consultation import Visibility
from bot.files import council, council_template, paper
from bot.files.making import make
from bot.language.names import fold
from bot.procedures.groups import place_of
from bot.store import Session, groups, projects
from bot.store.database import Database
from bot.store.outbox import Row
from bot.texts import Texts
from tests.ballotbox import APPROVAL, EMIL, FRITZ, Box, direct, opened
from tests.fakes import ANNA, BEN, HOUSE, ROOM, Bot, plain

FILE = (
    "!projekt neu eAkte\nTitel: Elektronische Akte\nZiel: Papierlose Bauakten\nOrganisation: Lindenstadt\n"
    "Handlungsfeld: Digitale Verwaltung, Daten\nFinanzierung: nicht finanziert\nMeilenstein: Zuschlag"
)
MEASURE = (
    "!aufgabe neu Rechenzentrum\nVerantwortlich: Lindenstadt\nBeteiligt:\n- Lindenstadt: stellt Server, 12.000 €\n"
    "Frist: 15.1.2027 12:00\nGremium: Gemeinderat 15.12.2026"
)
EVIL = "Portal {{ 7*7 }} {{Titel}} <b>x</b> & ]]> „zwei“"


async def decided(database: Database, visibility: Visibility = Visibility.OPEN) -> Box:
    """Two projects, a measure, and a decision with a dissent and its counter-position."""
    box = await opened(database, APPROVAL, visibility=visibility, extra=1)
    for words in (
        FILE,
        f"!projekt neu Portal\nTitel: {EVIL}\nHandlungsfeld: Daten",
        "!status eAkte gelb 60% Vergabe verzögert sich",
        MEASURE,
    ):
        await box.bot.say(ANNA, words)
    for who, words in ((BEN, "ja"), (EMIL, "nein weil Fristen fehlen")):
        await box.directly(who, f"stimme K1 {words}")
    await box.bot.say(ANNA, "!stimme K1 für Ort 0 ja (telefonisch, Fr. Huber)")
    await box.bot.say(ANNA, "!konsultation K1 schließen")
    box.bot.now += timedelta(hours=1)
    await box.bot.tick()
    await box.bot.say(BEN, "!antwort V1 Fristen regelt die Satzung.")
    return box


@pytest.fixture
async def bot(database: Database) -> Bot:
    return (await decided(database)).bot


async def papers(bot: Bot, words: str = "!vorlage", who: str = BEN, **more: Any) -> tuple[str, str, WordFile]:
    """What is said; the HTML; the Word file as whoever opens it has it."""
    reply, *files = await bot.say(who, words, **more)
    assert [file.person for file in files] == [who, who]
    first, second = (json.loads(file.content) for file in files)
    assert second["maker"] == "paper"
    markup = base64.b64decode(first["content"]).decode()
    return plain(reply), markup, Document(io.BytesIO(paper.made(base64.b64decode(second["content"]))))


def said(file: WordFile) -> str:
    """All words of a Word file, in its order."""
    return "\n".join(
        "".join(text.text or "" for text in each.iter(qn("w:t"))) for each in file.element.body.iter(qn("w:p"))
    )


async def test_a_room_gives_projects_decisions_dissents_measures_and_a_proposal(bot: Bot) -> None:
    answer, markup, file = await papers(bot, "!vorlage\nAnlass: Haushalt 2027\nAmt: Hauptamt")
    assert "2 Projekte, 1 Beschluss, 1 Maßnahme" in answer
    assert "Direktnachricht" in answer
    bare = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup)).replace("\u00a0", " ")
    for words in (
        "Haushalt 2027", "Papierlose Bauakten", "nicht finanziert", "gelb", "60 %", "Nächster Meilenstein: Zuschlag",
        "Vergabe verzögert sich", "Sondervotum V1: Erlenbrück", "Fristen fehlen", "Gegenposition Lindenstadt",
        "Fristen regelt die Satzung.", "Gemeinderat, Dienstag, 15. Dezember 2026", "15. Januar 2027", "12.000 €",
        "wird zugestimmt: „Frage 1?“", "die Maßnahme A1", "[Vorlagennummer eintragen]", "Hauptamt",
        "20. November 2026", "2 Ja, 1 Nein", "Finanzierung unbekannt: Portal", "Dienstag, 15. Dezember 2026",
    ):  # fmt: skip
        assert words in bare, words
        assert words in re.sub(r"\s+", " ", said(file)), words


async def test_the_word_file_has_styles_header_rows_and_a_language(bot: Bot) -> None:
    _, _, file = await papers(bot)
    styles = {each.style.name for each in file.paragraphs if each.style is not None}
    assert {"Title", "Heading 1", "Heading 2", "Heading 3", "Quote", "Caption", "List Number", "List Bullet"} <= styles
    projects = next(table for table in file.tables if table.rows[0].cells[0].text == "Projekt")
    assert [cell.text for cell in projects.rows[1].cells] == [
        "eAkte",
        "ohne Angabe",
        "nicht finanziert",
        "gelb",
        "60 %",
    ]
    assert projects.rows[0]._tr.trPr is not None
    assert projects.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert file.core_properties.title.startswith("Projekte eAkte und Portal")
    assert {each.get(qn("w:val")) for each in file.styles.element.iter(qn("w:lang"))} == {"de-DE"}
    assert file.sections[0].header.paragraphs[0].text == "Verbund Anna"


async def test_what_people_wrote_is_neither_markup_nor_placeholder_nor_code(bot: Bot) -> None:
    _, markup, file = await papers(bot, f"!vorlage Projekt Portal\nAnlass: {EVIL}\nAmt: {EVIL}\nGremium: =1+1")
    assert EVIL in said(file)
    assert [cell.text for row in file.tables[0].rows for cell in row.cells][3] == EVIL
    assert "<b>x</b>" not in markup
    assert "Portal {{ 7*7 }} {{Titel}} &lt;b&gt;x&lt;/b&gt;" in markup
    assert "49" not in said(file)


class Outline(HTMLParser):
    """What a screen reader goes by, and what would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.referred: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.referred |= set((values.get("aria-labelledby") or "").split())
        assert not any(name.startswith("on") or name in ("src", "href") for name in values)


async def test_the_html_is_accessible_printable_and_needs_nothing_from_elsewhere(bot: Bot) -> None:
    _, markup, _ = await papers(bot)
    outline = Outline()
    outline.feed(markup)
    assert markup.startswith('<!DOCTYPE html>\n<html lang="de">')
    assert outline.referred == set(outline.ids)
    assert len(outline.ids) == len(set(outline.ids)) == 6
    levels = [int(tag[1]) for tag in outline.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert outline.tags.count("table") == outline.tags.count("caption") == 3
    assert "script" not in outline.tags
    assert "@media print" in markup


async def test_it_is_about_a_field_projects_or_a_decision(bot: Bot) -> None:
    for words, title, keys in (
        ("!vorlage Handlungsfeld Daten", "Handlungsfeld Daten", "eAkte und Portal"),
        ("!vorlage digitale verwaltung", "Handlungsfeld Digitale Verwaltung", "Projekts eAkte"),
        ("!vorlage Projekte Portal, eAkte", "Projekte Portal und eAkte", "Portal und eAkte"),
        ("!vorlage eakte", "Projekt eAkte", "Projekts eAkte"),
        ("!vorlage B1", "Beschluss B1: Frage 1?", "Der Sachstand"),
        ("!councilpaper decision B1", "Beschluss B1", "Der Sachstand"),
        ("!ratsvorlage eAkte und Portal", "Projekte eAkte und Portal", "Stand der Projekte"),
    ):
        answer, markup, _ = await papers(bot, words)
        assert title in answer, words
        assert keys in markup, words


async def test_what_nobody_knows_is_said(bot: Bot) -> None:
    assert "Meinten Sie eAkte?" in await bot.hear(BEN, "!vorlage eAkt")
    assert "„Wege“" in await bot.hear(BEN, "!vorlage Handlungsfeld Wege")
    assert "B7" in await bot.hear(BEN, "!vorlage B7")
    assert "Worüber soll die Vorlage sein?" in await bot.hear(BEN, "vorlage", room_id=direct(BEN))


async def test_in_english_too(bot: Bot) -> None:
    await bot.say(ANNA, "!sprache en")
    answer, markup, file = await papers(bot, "!councilpaper eAkte\nOccasion: budget")
    assert "come by direct message" in answer
    for words in (
        "Proposed resolution",
        "not funded",
        "[enter the paper number]",
        "The state of project eAkte is noted",
    ):
        assert words in markup
        assert words in said(file)


async def test_guests_get_none(bot: Bot) -> None:
    await papers(bot, who=FRITZ)
    await bot.say(ANNA, f"!rolle {FRITZ} Gast")
    await bot.say(ANNA, f"!projekt eAkte teilen {FRITZ}")
    for place in (ROOM, direct(FRITZ)):
        assert "Rolle Mitglied" in await bot.hear(FRITZ, "!vorlage eAkte", room_id=place)


async def test_of_a_confidential_vote_no_more_than_in_chat(database: Database) -> None:
    box = await decided(database, Visibility.CONFIDENTIAL)
    for words in ("!vorlage", "!vorlage B1"):
        _, markup, file = await papers(box.bot, words, FRITZ)
        for secret in ("Fristen fehlen", "Sondervotum", "Erlenbrück"):
            assert secret not in markup
            assert secret not in said(file)
        assert "Die Abstimmung war vertraulich" in markup


async def test_the_same_paper_is_the_same_file(bot: Bot) -> None:
    (_, _, row), (_, _, again) = await bot.say(BEN, "!vorlage"), await bot.say(BEN, "!vorlage")

    def made(each: Row) -> bytes:
        return paper.made(base64.b64decode(json.loads(each.content)["content"]))

    assert made(row) == made(again)
    with zipfile.ZipFile(io.BytesIO(made(row))) as packed:
        assert {entry.date_time[0] for entry in packed.infolist()} == {1980}


# the operator's own template


@pytest.fixture
def own(tmp_path: Path, bot: Bot) -> Bot:
    """The same bot, whose operator has a folder of templates."""
    (tmp_path / "de").mkdir()
    made = Bot(bot.database, house=replace(HOUSE, templates=tmp_path), texts=Texts(tmp_path), now=bot.now)
    made._count = 1000  # further than any event of before
    return made


async def test_the_operators_template_is_used_as_soon_as_it_stands_there(own: Bot, tmp_path: Path) -> None:
    file = Document()
    line = file.add_paragraph("Stadt Lindenstadt, ")
    for piece in ("{{", "Ti", "tel", "}} vom {{ Date }}"):  # as Word cuts what one types
        line.add_run(piece)
    file.add_paragraph("{{Beschlussvorschlag}}")
    file.save(str(tmp_path / "vorlage.docx"))
    _, _, made = await papers(own, "!vorlage B1")
    words = said(made)
    assert words.startswith("Stadt Lindenstadt, Beschluss B1: Frage 1? vom 20. November 2026")
    assert "wird zugestimmt" in words
    assert "Sondervotum" not in words


async def test_a_broken_template_names_the_file_and_the_fault(own: Bot, tmp_path: Path) -> None:
    place = tmp_path / "de" / "vorlage.docx"

    async def fault(*lines: str) -> str:
        file = Document()
        for line in lines:
            file.add_paragraph(line)
        file.save(str(place))
        return await own.hear(BEN, "!vorlage B1")

    for words, lines in (
        ("{{Beschlussvorschlg}}. Did you mean {{Beschlussvorschlag}}?", ["{{Beschlussvorschlg}}"]),
        ("no placeholder {{7*7}}", ["{{Titel}} {{7*7}}"]),
        ("must be alone", ["Antrag: {{Beschlussvorschlag}}"]),
        ("no placeholder in it", ["Nichts"]),
    ):
        answer = await fault(*lines)
        assert words in answer
        assert str(place) in answer
    place.write_bytes(b"PK\x03\x04 kein Word")
    assert "no Word file" in await own.hear(BEN, "!vorlage B1")


def test_the_check_reads_the_operators_templates(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    file = Document()
    file.add_paragraph("{{Titel}}")
    file.save(str(tmp_path / "vorlage.docx"))
    (tmp_path / "en" / "vorlage.docx").write_bytes(b"kein Word")
    bad, good = checkup.council_templates(tmp_path)
    assert (good.good, bad.good) == (True, False)
    assert str(tmp_path / "en" / "vorlage.docx") in bad.says
    assert list(checkup.council_templates(None)) == []


def test_the_shipped_templates_are_those_that_the_script_draws_up() -> None:
    for language in ("de", "en"):
        shipped = Document(str(council.SHIPPED / language / council.NAME))
        drawn = Document(io.BytesIO(council_template.drawn(language)))
        council.read(council.SHIPPED / language / council.NAME)
        assert said(shipped) == said(drawn)
        assert {style.name for style in shipped.styles} == {style.name for style in drawn.styles}


async def test_the_word_file_is_made_in_a_process_of_its_own(bot: Bot) -> None:
    *_, row = await bot.say(BEN, "!vorlage")
    request = base64.b64decode(json.loads(row.content)["content"])
    assert await make("paper", request) == paper.made(request)


async def test_a_session_is_only_that_of_the_council_that_was_named(bot: Bot) -> None:
    for council_named, session in (("Kreistag", "[Sitzungstag eintragen]"), ("gemeinderat", "15. Dezember 2026")):
        _, markup, _ = await papers(bot, f"!vorlage\nGremium: {council_named}")
        assert session in markup, council_named


async def test_a_group_that_has_no_room_yet_has_its_projects(bot: Bot) -> None:
    bot.refuses["open"] = "403 M_FORBIDDEN"
    await bot.say(ANNA, "!gruppe neu Wege und Plätze")

    def take_over(session: Session) -> None:  # as a file of projects does
        group = groups.by_folded(session, 1, fold("Wege und Plätze"))
        project = projects.by_folded(session, 1, "eakte")
        assert group is not None
        assert project is not None
        project.room_id = place_of(group)

    await bot.database.run(take_over)
    _, markup, _ = await papers(bot, "!vorlage Wege und Plätze")
    assert "Projekts eAkte" in markup


async def test_a_network_that_calls_itself_one_is_not_called_so_twice(bot: Bot) -> None:
    _, markup, _ = await papers(bot, "!vorlage eAkte")
    assert "im Verbund Anna gemeinsam" in re.sub(r"\s+", " ", markup)


async def test_whoever_waits_for_a_file_that_cannot_be_made_is_told(bot: Bot) -> None:
    bot.refuses["file"] = "the file was not made (paper, exit status 1): KeyError"
    rows = await bot.say(BEN, "!vorlage eAkte")
    told = [row for row in rows if row.key.endswith("/lost")]
    assert [row.person for row in told] == [BEN, BEN]  # of each of the two
    assert "ließ sich nicht erstellen" in plain(told[0])

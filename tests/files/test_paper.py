"""Council papers in templates as Word saves them: content controls, text boxes, without styles that nobody used."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.document import Document as WordFile
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from bot.files import council, paper
from bot.files.council import Broken, Request

SECTIONS = {
    "occasion": "<p>Anlass</p>",
    "projects": "<table><caption>Alle</caption><thead><tr><th>Projekt</th></tr></thead><tr><td>eAkte</td></tr></table>"
    "<h3>eAkte</h3><blockquote>Zitat</blockquote>",
    "decisions": "<p>keine</p>",
    "measures": "<p>keine</p>",
    "funds": "<ul><li>keine</li></ul>",
    "proposal": "<ol><li>Zustimmen</li><li>Berichten</li></ol><p>Ende</p><ol><li>Neu</li></ol>",
}
WORDS = {name: name for name in council.WORDS} | {"title": "Titel {{Amt}}", "office": "Hauptamt"}


def saved(file: WordFile) -> bytes:
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def filled(file: WordFile) -> WordFile:
    """The paper that comes of a template, which passes the check."""
    template = saved(file)
    council.check(Path("vorlage.docx"), template)
    made = paper.made(Request(template=template, language="de", words=WORDS, sections=SECTIONS).to_json())
    return Document(io.BytesIO(made))


def bare() -> WordFile:
    """A file with the few styles that Word saves where nobody used others."""
    file = Document()
    for style in list(file.styles):
        if style.name not in ("Normal", "Default Paragraph Font", "Normal Table", "No List", "Heading 1"):
            style.element.getparent().remove(style.element)
    return file


def inside(tag: str, words: str) -> Any:
    """Words in an element of a paragraph that is no run: `sdt` is a content control, `ins` a tracked change."""
    control = parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtContent/></w:sdt>") if tag == "sdt" else OxmlElement(f"w:{tag}")
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = words
    run.append(text)
    (control[0] if tag == "sdt" else control).append(run)
    return control


def said(file: WordFile) -> list[str]:
    return ["".join(text.text or "" for text in council.own_texts(each)) for each in file.element.body.iter(qn("w:p"))]


@pytest.mark.parametrize("tag", ["sdt", "ins", "smartTag"])
def test_a_section_in_a_content_control_or_a_tracked_change_is_written(tag: str) -> None:
    file = Document()
    file.add_paragraph()._p.append(inside(tag, "{{Beschlussvorschlag}}"))
    assert "Zustimmen" in said(filled(file))


def test_without_its_styles_tables_have_lines_and_lists_their_numbers() -> None:
    file = bare()
    for mark in ("{{Projekte}}", "{{Beschlussvorschlag}}", "{{Finanzielle Auswirkungen}}"):
        file.add_paragraph(mark)
    made = filled(file)
    assert {"1. Zustimmen", "2. Berichten", "1. Neu", "• keine"} <= set(said(made))
    borders = made.tables[0]._tbl.tblPr.find(qn("w:tblBorders"))
    assert borders is not None
    assert len(borders) == 6
    assert [child.tag for child in made.tables[0]._tbl.tblPr].index(qn("w:tblBorders")) < [
        child.tag for child in made.tables[0]._tbl.tblPr
    ].index(qn("w:tblLook"))
    by_words = {each.text: each for each in made.paragraphs}
    assert all(by_words[words].runs[0].bold for words in ("Alle", "eAkte"))
    assert by_words["Zitat"].paragraph_format.left_indent


def test_with_its_styles_nothing_is_set_directly() -> None:
    file = Document()
    for mark in ("{{Projekte}}", "{{Beschlussvorschlag}}"):
        file.add_paragraph(mark)
    made = filled(file)
    assert "Zustimmen" in said(made)
    assert made.tables[0]._tbl.tblPr.find(qn("w:tblBorders")) is None


BOX = (
    "<w:r {}><w:pict><v:shape xmlns:v='urn:schemas-microsoft-com:vml'><v:textbox><w:txbxContent><w:p><w:r>"
    "<w:t>{{{{{{{{Titel}}}}}}}} im Kasten</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
)


def test_in_a_text_box_words_are_put_in_once_and_never_read_again() -> None:
    file = Document()
    anchor = file.add_paragraph("Stadt {{Amt}}")
    anchor._p.append(parse_xml(BOX.format(nsdecls("w")).replace("{{{{", "{{").replace("}}}}", "}}")))
    file.add_paragraph("{{Anlass}}")
    assert said(filled(file))[:2] == ["Stadt Hauptamt", "Titel {{Amt}} im Kasten"]


def test_a_template_of_another_kind_and_a_damaged_one_are_named() -> None:
    file = Document()
    file.add_paragraph("{{Titel}}")
    good = saved(file)
    other = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(other, "w") as target:
        for entry in source.infolist():
            content = source.read(entry).replace(b"document.main+xml", b"template.main+xml")
            target.writestr(entry.filename, content)
    begins = re.search(rb"word/document\.xml", good)
    assert begins is not None
    broken = bytearray(good)
    broken[begins.end() + 5 : begins.end() + 60] = bytes(55)
    for content in (other.getvalue(), bytes(broken)):
        with pytest.raises(Broken, match="no Word file"):
            council.check(Path("vorlage.docx"), content)

"""Draws up the templates of council papers that come with us: the same files each time.

`python -m bot.files.council_template` writes them anew, into `bot/files/templates/<language>/vorlage.docx`. They are
what an operator begins with: open in Word, change what you like, save as your own.
"""

import io
from collections.abc import Mapping
from typing import Any

from docx import Document
from docx.document import Document as WordFile
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from bot.files import sheets
from bot.files.council import NAME, SECTIONS, SHIPPED, WORDS
from bot.files.paper import LONG_AGO

FONT = "Arial"
INK = RGBColor(0x1A, 0x1A, 0x1A)
SIZES: Mapping[str, float] = {"Title": 20, "Heading 1": 14, "Heading 2": 12, "Heading 3": 11, "Caption": 10}
LOCALES = {"de": "de-DE", "en": "en-GB"}
HEADINGS = {"de": 0, "en": 1}  # which of the names of a placeholder
TABLE = ("number", "office", "council", "session", "date", "field")
PAGE = {"de": ("Seite ", " von "), "en": ("Page ", " of ")}


def drawn(language: str) -> bytes:
    """The template in one language."""
    file = Document()
    _page(file)
    _styles(file, LOCALES[language])
    name = HEADINGS[language]
    head = file.sections[0].header.paragraphs[0]
    head.text = _mark(WORDS["network"][name])
    _footer(file, language)
    file.add_paragraph(_mark(WORDS["title"][name]), style="Title")
    facts = file.add_table(0, 2, style="Table Grid")
    facts.autofit = False
    for column, width in zip(facts.columns, (4.5, 12.0), strict=True):
        column.width = Cm(width)
    for key in TABLE:
        cells = facts.add_row().cells
        cells[0].paragraphs[0].add_run(WORDS[key][name]).bold = True
        cells[1].paragraphs[0].add_run(_mark(WORDS[key][name]))
        cells[0].width, cells[1].width = Cm(4.5), Cm(12.0)
        for cell in cells:
            cell.paragraphs[0].paragraph_format.space_after = Pt(2)
    order = ("proposal", *(key for key in SECTIONS if key != "proposal"))
    for number, key in enumerate(order, 1):
        file.add_paragraph(f"{number}. {SECTIONS[key][name]}", style="Heading 1")
        file.add_paragraph(_mark(SECTIONS[key][name]))
    core = file.core_properties
    core.author = core.title = core.comments = core.last_modified_by = ""
    core.created = core.modified = LONG_AGO
    out = io.BytesIO()
    file.save(out)
    return sheets.timeless(out.getvalue())


def _mark(name: str) -> str:
    return f"{{{{{name}}}}}"


def _page(file: WordFile) -> None:
    section = file.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.25)
    section.top_margin = section.bottom_margin = Cm(2.5)


def _styles(file: WordFile, locale: str) -> None:
    for name in ("Normal", *SIZES, "Quote", "Header", "Footer", "List Bullet", "List Number"):
        style: Any = file.styles[name]
        _font(style, FONT)
        style.font.color.rgb = INK
        if name in SIZES:
            style.font.size, style.font.bold = Pt(SIZES[name]), True
            style.font.italic = False
    normal: Any = file.styles["Normal"]
    normal.font.size, normal.paragraph_format.space_after = Pt(11), Pt(6)
    table: Any = file.styles.add_style("Table Text", WD_STYLE_TYPE.PARAGRAPH)
    table.base_style, table.font.size = normal, Pt(9)
    table.paragraph_format.space_after = Pt(0)
    title: Any = file.styles["Title"]
    borders = title.element.pPr.find(qn("w:pBdr"))
    if borders is not None:
        title.element.pPr.remove(borders)
    quote: Any = file.styles["Quote"]
    quote.paragraph_format.left_indent = Cm(0.75)
    for spoken in file.styles.element.iter(qn("w:lang")):  # what a screen reader speaks
        spoken.set(qn("w:val"), locale)


def _font(style: Any, name: str) -> None:
    style.font.name = name
    fonts = style.element.rPr.rFonts
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), name)


def _footer(file: WordFile, language: str) -> None:
    line = file.sections[0].footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for words, field in zip(PAGE[language], ("PAGE", "NUMPAGES"), strict=True):
        line.add_run(words)
        code = OxmlElement("w:fldSimple")
        code.set(qn("w:instr"), field)
        line._p.append(code)


def main() -> None:
    """Write them where they belong."""
    for language in LOCALES:
        (SHIPPED / language).mkdir(parents=True, exist_ok=True)
        (SHIPPED / language / NAME).write_bytes(drawn(language))


if __name__ == "__main__":
    main()

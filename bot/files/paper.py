"""A council paper as a Word file, written into its template in a process of its own.

`python -m bot.files.paper` reads a `bot.files.council.Request` from standard input and writes the file to standard
output. The template's own styles are used by their names (Heading 2, List Bullet, Table Grid, Table Text …). Word saves
only those that a file uses: for one that is lacking the look is set directly (`_unstyled`), or a table would be without
lines, and a resolution without numbers.
"""

import io
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.document import Document as WordFile
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length
from docx.table import Table as WordTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph

from bot.clean import clean, in_xml
from bot.files import markup, sheets
from bot.files.council import MARK, Request, named, own_texts
from bot.files.markup import LISTS, Block, Paragraph, Run, Table

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # nobody made it at a time: the same paper is the same file
NUMBERED, BULLETS = LISTS["ol"], LISTS["ul"]
SIGNS = {BULLETS: "• ", NUMBERED: ""}  # before an item where the template has no such list; numbers are counted
INDENT = Cm(0.75)


def made(request: bytes) -> bytes:
    """The file that a request asks for; the same bytes for the same request."""
    asked = Request.from_json(request)
    file = Document(io.BytesIO(asked.template))
    for paragraph in list(_paragraphs(file)):
        alone = MARK.fullmatch("".join(text.text or "" for text in own_texts(paragraph._p)).strip())
        section = named(alone[1]) if alone else None
        if section in asked.sections:
            _section(file, paragraph, markup.blocks(asked.sections[section or ""]))
        else:
            _words(paragraph, asked)
    _properties(file, asked)
    out = io.BytesIO()
    file.save(out)
    return sheets.timeless(out.getvalue())


def _paragraphs(file: WordFile) -> Iterator[WordParagraph]:
    """All of them: in the text, in its tables, in text boxes, in headers and footers."""
    parts: list[Any] = [file.part]
    parts += [rel.target_part for rel in file.part.rels.values() if rel.reltype.endswith(("/header", "/footer"))]
    for part in parts:
        owner = file._body if part is file.part else part
        for element in part.element.iter(qn("w:p")):
            yield WordParagraph(element, owner)


def _words(paragraph: WordParagraph, asked: Request) -> None:
    """Put words for placeholders, from the last to the first: what was put in is never looked at again.

    Word cuts a line into runs as it likes; a placeholder may begin in one and end in another. The first keeps its look.
    """
    texts = list(own_texts(paragraph._p))
    whole = "".join(text.text or "" for text in texts)
    for found in reversed(list(MARK.finditer(whole))):
        name = named(found[1])
        if name is not None:
            _replace(texts, found.span(), _plain(asked.words.get(name, "")))


def _replace(texts: Sequence[Any], span: tuple[int, int], words: str) -> None:
    begins, ends, at = *span, 0
    for text in texts:
        own = text.text or ""
        first, last = max(begins - at, 0), min(ends - at, len(own))
        if first < last or (first == last == begins - at and begins == ends):
            text.text = own[:first] + words + own[last:]
            text.set(qn("xml:space"), "preserve")
            words = ""
        at += len(own)


def _section(file: WordFile, place: WordParagraph, blocks: Sequence[Block]) -> None:
    """Write before the placeholder what it stands for, and take it away."""
    number = 0
    for block in blocks:
        number = number + 1 if isinstance(block, Paragraph) and block.style == NUMBERED else 0
        if isinstance(block, Table):
            _table(file, place, block)
            continue
        style = _style(file, block.style) if block.style else place.style
        made = place.insert_paragraph_before(style=style)
        if block.style and style is None:
            _unstyled(made, block, number)
        else:
            _say(made, block.runs)
    parent = place._p.getparent()
    if parent is not None and (parent.tag != qn("w:tc") or len(parent.findall(qn("w:p"))) > 1):
        parent.remove(place._p)
    else:
        _say(place, [], anew=True)


def _unstyled(made: WordParagraph, block: Paragraph, number: int) -> None:
    """Look like a style that the template lacks."""
    runs = block.runs
    if block.style in SIGNS:
        runs = [Run(SIGNS[block.style] or f"{number}. "), *runs]
    if block.style in SIGNS or block.style == "Quote":
        made.paragraph_format.left_indent = INDENT
    else:
        made.paragraph_format.keep_with_next = True
        runs = [Run(run.text, bold=True, italic=run.italic) for run in runs]
    _say(made, runs)


def _table(file: WordFile, place: WordParagraph, table: Table) -> None:
    if table.caption:
        style = _style(file, "Caption")
        said = place.insert_paragraph_before(style=style)
        said.paragraph_format.keep_with_next = True
        _say(said, [Run(run.text, bold=style is None, italic=run.italic) for run in table.caption])
    columns = max((len(row) for row in table.rows), default=0)
    if not columns:
        return
    grid = _style(file, "Table Grid")
    made = file.add_table(len(table.rows), columns, style=grid)
    if grid is None:
        _lines_around(made)
    place._p.addprevious(made._tbl)
    for number, row in enumerate(table.rows):
        for cell, target in zip(row, made.rows[number].cells, strict=False):
            _cell(file, target, cell)
    _widths(made, table, file)
    _heads(made, table.headers)
    place.insert_paragraph_before()  # else two tables would become one


def _lines_around(table: WordTable) -> None:
    """Thin lines around each cell, as Table Grid has them."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "auto")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    layout = table._tbl.tblPr.find(qn("w:tblLayout"))
    look = layout if layout is not None else table._tbl.tblPr.find(qn("w:tblLook"))
    if look is not None:  # the schema wants an order
        look.addprevious(borders)
    else:
        table._tbl.tblPr.append(borders)


def _cell(file: WordFile, target: _Cell, cell: markup.Cell) -> None:
    paragraph = target.paragraphs[0]
    paragraph.style = _style(file, "Table Text") or paragraph.style
    _say(paragraph, [Run(run.text, bold=run.bold or cell.is_header, italic=run.italic) for run in cell.runs])
    paragraph.paragraph_format.space_after = 0
    if cell.is_number:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _widths(made: WordTable, table: Table, file: WordFile) -> None:
    """Each column as wide as what it says needs, and no word broken while there is room."""
    section = file.sections[0]
    room = (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)
    columns = [[row[at] for row in table.rows if at < len(row)] for at in range(len(made.columns))]
    needs = [_needs(cells) for cells in columns]
    made.autofit = False
    for column, need in zip(made.columns, needs, strict=True):
        column.width = Length(room * need // sum(needs))
        for cell in column.cells:
            cell.width = column.width


def _needs(cells: Sequence[markup.Cell]) -> int:
    """In characters: the longest word with the margins of its cell; more for what is long, and breaks into lines."""
    said = ["".join(run.text for run in cell.runs) for cell in cells]
    word = max((len(word) for words in said for word in words.split(" ")), default=1)
    return min(word, 24) + 3 + max(0, min(max(map(len, said), default=0), 40) - word) // 4


def _heads(table: WordTable, headers: int) -> None:
    """Rows that name columns are said so, to screen readers, and stand again on each page; no row is torn apart."""
    for number, row in enumerate(table.rows):
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if number < headers:
            properties.append(OxmlElement("w:tblHeader"))


def _say(paragraph: WordParagraph, runs: Sequence[Run], *, anew: bool = False) -> None:
    if anew:
        paragraph.text = ""
    for run in runs:
        made = paragraph.add_run(_lines(run.text))
        made.bold, made.italic = run.bold or None, run.italic or None


def _style(file: WordFile, name: str) -> Any:
    """A style of the template; None where it has none of that name."""
    return next((style for style in file.styles if style.name == name), None)


def _properties(file: WordFile, asked: Request) -> None:
    core = file.core_properties
    core.title = _plain(asked.words.get("title", ""))[:255]
    core.author, core.last_modified_by = _plain(asked.words.get("network", ""))[:255], ""
    core.language, core.revision = asked.language, 1
    core.created = core.modified = core.last_printed = LONG_AGO


def _plain(words: str) -> str:
    return " ".join(_lines(words).split())


def _lines(words: str) -> str:
    return in_xml(clean(words))


def main() -> None:
    """The child: a request in, a Word file out."""
    sys.stdout.buffer.write(made(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()

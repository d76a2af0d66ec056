"""The little HTML that our own texts are made of, as paragraphs and tables: what a Word file is written from.

Only what `council.html` uses is known. People's words are in it as text: the template engine has escaped them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

STYLES = {"h3": "Heading 2", "h4": "Heading 3", "blockquote": "Quote", "p": None}
LISTS = {"ul": "List Bullet", "ol": "List Number"}
BOLD, ITALIC = frozenset({"b", "strong"}), frozenset({"i", "em"})


@dataclass(frozen=True, slots=True)
class Run:
    """Words in one appearance; a line break is one in them."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(slots=True)
class Paragraph:
    """`style` is Word's name of one; None for that of the placeholder."""

    style: str | None
    runs: list[Run] = field(default_factory=list)


@dataclass(slots=True)
class Cell:
    """`is_header` is what names its row or column."""

    runs: list[Run]
    is_header: bool = False
    is_number: bool = False


@dataclass(slots=True)
class Table:
    """The first `headers` rows name the columns."""

    caption: list[Run] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    headers: int = 0


Block = Paragraph | Table


def blocks(markup: str) -> Sequence[Block]:
    """What the markup says, in its order."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return [block for block in reader.found if isinstance(block, Table) or block.runs]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Block] = []
        self._into: list[Run] | None = None  # where words go
        self._open: list[str] = []
        self._table: Table | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        values = dict(attrs)
        match tag:
            case "br":
                self._open.pop()
                self._say("\n")
            case "p" | "h3" | "h4" | "blockquote":
                self._begin(STYLES[tag])
            case "li":
                kind = next((each for each in reversed(self._open) if each in LISTS), "ul")
                self._begin(LISTS[kind])
            case "table":
                self._table = Table()
                self.found.append(self._table)
            case "caption" if self._table is not None:
                self._into = self._table.caption
            case "tr" if self._table is not None:
                self._table.rows.append([])
                self._table.headers += "thead" in self._open
            case "th" | "td" if self._table is not None and self._table.rows:
                cell = Cell([], tag == "th", values.get("class") == "number")
                self._table.rows[-1].append(cell)
                self._into = cell.runs

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "table":
            self._table = None
        if tag in STYLES or tag in ("li", "caption", "th", "td", "table"):
            self._into = None

    def handle_data(self, data: str) -> None:
        if data.strip() or (self._into and data):
            self._say(data)

    def _begin(self, style: str | None) -> None:
        if self._table is None:
            paragraph = Paragraph(style)
            self.found.append(paragraph)
            self._into = paragraph.runs

    def _say(self, words: str) -> None:
        if self._into is None:
            self._begin(None)
        if self._into is not None:
            bold, italic = (any(tag in self._open for tag in tags) for tags in (BOLD, ITALIC))
            self._into.append(Run(words, bold, italic))

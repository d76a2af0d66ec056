"""A message's HTML as a terminal can show it: bold, links, lists, tables, quotations, details.

Only what Matrix clients show (https://spec.matrix.org/latest/client-server-api/#mroommessage-msgtypes).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
STYLES = {
    **dict.fromkeys(("b", "strong", "th", *HEADINGS), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    "code": "cyan",
    "del": "strike",
    "u": "underline",
    "a": "blue",
}
BLOCKS = frozenset(("p", "div", "ul", "ol", "blockquote", "table", "details", "pre", "hr", *HEADINGS))
VOID = frozenset(("br", "hr", "img"))
PILL = "https://matrix.to/#/"


@dataclass(slots=True)
class Node:
    """An element with what is in it."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: list["Node | str"] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator["Node"]:
        """Every element of these tags below this one, in reading order."""
        for child in self.children:
            if isinstance(child, Node):
                if child.tag in tags:
                    yield child
                yield from child.all(*tags)

    @property
    def text(self) -> str:
        """The words in it."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class _Tree(HTMLParser):
    """Builds the tree; an end tag closes everything that its element still has open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("div")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs))
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        depth = next((i for i in range(len(self._open) - 1, 0, -1) if self._open[i].tag == tag), None)
        if depth is not None:
            del self._open[depth:]

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def parsed(html: str) -> Node:
    """The tree of an HTML fragment; what is not closed ends with the fragment."""
    tree = _Tree()
    tree.feed(html)
    tree.close()
    return tree.root


def table_rows(html: str) -> list[tuple[str, ...]]:
    """The rows of all tables, headings included, as plain words."""
    return [tuple(cell.text.strip() for cell in row.all("td", "th")) for row in parsed(html).all("tr")]


@dataclass(frozen=True, slots=True)
class Barred:
    """Something with a bar along its left side."""

    inside: RenderableType
    bar: str = "┃ "
    style: str = "green"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(1, options.max_width - len(self.bar))
        bar = Segment(self.bar, console.get_style(self.style) if self.style else Style())
        for line in console.render_lines(self.inside, options.update(width=width, height=None), pad=False):
            yield bar
            yield from line
            yield Segment.line()


class Renderer:
    """Turns HTML into something Rich prints. `names` are the display names by Matrix ID, which pills show."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def render(self, html: str) -> RenderableType:
        """The message as one renderable."""
        return Group(*self._blocks(parsed(html)))

    def _blocks(self, node: Node, style: str = "") -> list[RenderableType]:
        """The children of an element: words that run on become one text, blocks stand for themselves."""
        found: list[RenderableType] = []
        running = Text(style=style)

        def end_of_text() -> None:
            nonlocal running
            running.rstrip()
            if running.plain.strip():
                found.append(running)
            running = Text(style=style)

        for child in node.children:
            if isinstance(child, Node) and child.tag in BLOCKS:
                end_of_text()
                found += self._block(child)
            else:
                self._inline(child, running)
        end_of_text()
        return found

    def _block(self, node: Node) -> list[RenderableType]:
        match node.tag:
            case "ul":
                return [self._list(node, lambda _: "•")]
            case "ol":
                return [self._list(node, lambda number: f"{number}.")]
            case "table":
                return [self._table(node)]
            case "blockquote":
                return [Barred(Group(*self._blocks(node)), "▏ ", "dim")]
            case "details":
                return [self._details(node)]
            case "pre":
                return [Padding(Text(node.text.strip("\n"), style="cyan"), (0, 0, 0, 2))]
            case "hr":
                return [Text("───", style="dim")]
            case tag:
                return self._blocks(node, STYLES.get(tag, ""))

    def _list(self, node: Node, mark: Callable[[int], str]) -> RenderableType:
        items = [child for child in node.children if isinstance(child, Node) and child.tag == "li"]
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for number, item in enumerate(items, 1):
            grid.add_row(mark(number), Group(*self._blocks(item)))
        return grid

    def _table(self, node: Node) -> RenderableType:
        rows = [list(row.all("td", "th")) for row in node.all("tr")]
        headed = bool(rows) and all(cell.tag == "th" for cell in rows[0])
        table = Table(box=box.ROUNDED, show_header=headed, border_style="dim", header_style="bold")
        columns = max((len(row) for row in rows), default=0)
        for number in range(columns):
            heading = Group(*self._blocks(rows[0][number])) if headed and number < len(rows[0]) else ""
            table.add_column(heading, overflow="fold")
        for row in rows[1:] if headed else rows:
            table.add_row(*(Group(*self._blocks(cell)) for cell in row))
        return table

    def _details(self, node: Node) -> RenderableType:
        summary = next(node.all("summary"), None)
        rest = Node("div", children=[child for child in node.children if child is not summary])
        heading = Text(f"▾ {summary.text.strip() if summary else 'Einzelheiten'}", style="italic")
        return Group(heading, Padding(Group(*self._blocks(rest)), (0, 0, 0, 2)))

    def _inline(self, child: "Node | str", text: Text, style: str = "") -> None:
        if isinstance(child, str):
            words = " ".join(child.split())
            if child[:1].isspace() and text.plain and not text.plain[-1].isspace():
                text.append(" ")
            text.append(words, style)
            if words and child[-1:].isspace():
                text.append(" ")
        elif child.tag == "br":
            text.rstrip()
            text.append("\n")
        elif child.tag == "img":
            text.append(f"[{child.attributes.get('alt') or 'Bild'}]", style)
        else:
            style = f"{style} {STYLES.get(child.tag, '')}".strip()
            address = child.attributes.get("href") or ""
            name = self._names.get(address.removeprefix(PILL)) if address.startswith(PILL) else None
            for inner in [name] if name else child.children:
                self._inline(inner, text, style)

"""What a page says, taken from its HTML."""

import itertools
from collections.abc import Iterator

from lxml.html import HtmlElement, document_fromstring  # type: ignore[import-untyped]  # no types

CONTROLS = ("input", "select", "textarea")


class Told:
    """A page as it was answered."""

    def __init__(self, content: str) -> None:
        self.tree = document_fromstring(content)
        self.main = self.tree.xpath("//main")[0]

    @property
    def text(self) -> str:
        """All that can be read, each run of blanks as one."""
        return " ".join(" ".join(self.main.itertext()).split())

    def cells(self, heading: str) -> list[list[str]]:
        """The rows of the table with a heading of this name, in words."""
        for table in self.main.iter("table"):
            if heading in [_words(cell) for cell in table.iter("th")]:
                return [[_words(cell) for cell in row if cell.tag in ("th", "td")] for row in table.xpath("./tbody/tr")]
        return []

    def links(self) -> list[str]:
        """Where it leads to."""
        return [str(link.get("href")) for link in self.main.iter("a")]

    def keys(self) -> list[str]:
        """The projects it links to, each once."""
        return list(dict.fromkeys(link.rpartition("/")[2] for link in self.links() if "/projekt/" in link))

    def faults(self) -> Iterator[str]:
        """What keeps people out (WCAG 1.3.1, 2.4.6, 4.1.2): found without a browser, so on every page at once."""
        for table in self.tree.iter("table"):
            if table.find("caption") is None or not _words(table.find("caption")):
                yield "a table without a caption"
            if any(cell.get("scope") is None for cell in table.iter("th")):
                yield "a heading of a table without a scope"
        labelled = {label.get("for") for label in self.tree.iter("label")}
        for control in (each for tag in CONTROLS for each in self.tree.iter(tag)):
            if control.get("type") != "hidden" and not (
                control.get("id") in labelled or any(each.tag == "label" for each in control.iterancestors())
            ):
                yield f"a field without a label: {control.get('name')}"
        levels = [int(each.tag[1]) for each in self.tree.iter("h1", "h2", "h3", "h4")]
        if levels[:1] != [1] or levels.count(1) != 1 or any(b > a + 1 for a, b in itertools.pairwise(levels)):
            yield f"headings out of order: {levels}"
        ids = [each.get("id") for each in self.tree.iter() if each.get("id")]
        if len(ids) != len(set(ids)):
            yield f"an ID twice: {ids}"
        yield from self._unsafe()

    def _unsafe(self) -> Iterator[str]:
        for each in self.tree.iter():
            if not isinstance(each.tag, str):
                continue
            if (
                each.tag == "script"
                or each.get("style") is not None
                or any(name.startswith("on") for name in each.attrib)
            ):
                yield f"a script or style: {each.tag} {dict(each.attrib)}"
            for name in ("href", "src", "srcset", "action"):
                if not (each.get(name) or "/").startswith(("/", "#")):
                    yield f"something from elsewhere: {each.get(name)}"
        for image in self.tree.iter("img"):
            if not image.get("alt"):
                yield "a picture without words"


def _words(element: HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())

"""Long messages: cut into several events between the blocks of their HTML, each part well-formed by itself.

How large a part may be is the caller's to say (`fits`): its plain body counts too, and is no longer than the text.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement, HTMLParser, document_fromstring, tostring  # type: ignore[import-untyped]  # no types
from markupsafe import escape

BLOCKS = {
    "blockquote",
    "details",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "tbody",
    "tr",
    "ul",
}
HEADS = {"thead", "summary"}  # said again in every part that has something of their table or details
EMPTY = {"br", "hr", "img"}

Fits = Callable[[str], bool]


@dataclass(frozen=True, slots=True, eq=False)
class _Shell:
    """What stands around a piece; a part that begins inside it opens it anew."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """A block, or a line of text, that goes into one part if it can. A block may be opened into smaller pieces."""

    html: str
    block: HtmlElement | None = None
    inside: tuple[_Shell, ...] = ()


def split(html: str, fits: Fits, mark: str) -> list[str]:
    """The parts of `html` in order, each as large as `fits` lets it be.

    A block is opened only if it is too large for a part of its own; what cannot be opened any further (a line, a row of
    a table) is shortened, with `mark` where words are missing.
    """
    if fits(html):
        return [html]
    pieces, parts = list(_pieces(_parsed(html), ())), []
    while pieces:
        count = _most(pieces, fits)
        if count < len(pieces) and not fits(_joined(pieces[count : count + 1])):
            if smaller := _opened(pieces[count]):
                pieces[count : count + 1] = smaller
                continue
            if count == 0:
                pieces[0], count = _shortened(pieces[0], lambda piece: fits(_joined([piece])), mark), 1
        parts.append(_joined(pieces[:count]))
        del pieces[:count]
    return parts


def fitted(html: str, fits: Fits, mark: str) -> str:
    """`html` as one part: its longest blocks are shortened, with `mark` at their ends, until it fits."""
    pieces = list(_pieces(_parsed(html), ()))
    for place in sorted(range(len(pieces)), key=lambda place: -len(pieces[place].html)):
        if fits(_joined(pieces)):
            break
        pieces[place] = _giving_way(pieces, place, fits, mark)
    return _joined(pieces)


def _giving_way(pieces: Sequence[_Piece], place: int, fits: Fits, mark: str) -> _Piece:
    """One piece, shortened as far as the others need."""
    before, after = pieces[:place], pieces[place + 1 :]
    return _shortened(pieces[place], lambda piece: fits(_joined([*before, piece, *after])), mark)


def _parsed(html: str) -> HtmlElement:
    return document_fromstring(f"<div>{html}</div>", parser=HTMLParser(remove_comments=True)).body[0]


def _pieces(node: HtmlElement, inside: tuple[_Shell, ...]) -> Iterator[_Piece]:
    """What stands in an element: its blocks, and the lines of text between them."""
    line = str(escape(node.text or ""))
    for child in node:
        html = tostring(child, encoding="unicode", with_tail=False)
        if child.tag in BLOCKS:
            if line.strip():
                yield _Piece(line, inside=inside)
            yield _Piece(html, child, inside)
            line = ""
        elif child.tag not in HEADS:
            line += html
            if child.tag == "br":
                yield _Piece(line, inside=inside)
                line = ""
        line += str(escape(child.tail or ""))  # Markup would escape what it is added to
    if line.strip():
        yield _Piece(line, inside=inside)


def _opened(piece: _Piece) -> list[_Piece]:
    """The pieces that a block consists of; none if it goes no further: a row's cells stay together."""
    if piece.block is None or piece.block.tag == "tr":
        return []
    start, end = _tags(piece.block)
    heads = (tostring(child, encoding="unicode", with_tail=False) for child in piece.block if child.tag in HEADS)
    return list(_pieces(piece.block, (*piece.inside, _Shell(start + "".join(heads), end))))


def _joined(pieces: Sequence[_Piece]) -> str:
    """Pieces in a row, with what stands around them opened and closed."""
    html: list[str] = []
    standing: tuple[_Shell, ...] = ()
    for piece in pieces:
        same = 0
        while same < min(len(standing), len(piece.inside)) and standing[same] is piece.inside[same]:
            same += 1
        html += [shell.end for shell in reversed(standing[same:])]
        html += [shell.start for shell in piece.inside[same:]]
        html.append(piece.html)
        standing = piece.inside
    return "".join([*html, *(shell.end for shell in reversed(standing))])


def _most(pieces: Sequence[_Piece], fits: Fits) -> int:
    """How many pieces from the first on fit into one part."""
    return bisect_left(range(1, len(pieces) + 1), x=True, key=lambda count: not fits(_joined(pieces[:count])))


def _shortened(piece: _Piece, fits: Callable[[_Piece], bool], mark: str) -> _Piece:
    """As many of its words as fit; nothing but the mark if what stands around them is too large by itself."""
    node = _parsed(piece.html)
    letters = sum(len(words) for words in node.itertext())

    def cut(length: int) -> _Piece:
        return _Piece(_beginning(node, length, mark)[0], None, piece.inside)

    kept = bisect_left(range(letters), x=True, key=lambda length: not fits(cut(length))) - 1
    return cut(kept) if kept >= 0 else _Piece(mark)


def _beginning(node: HtmlElement, left: int, mark: str) -> tuple[str, int]:
    """The first `left` letters in an element, and how many may still follow: -1 once something was left out."""
    html, left = _words(node.text or "", left, mark)
    for child in node:
        if left < 0:
            break
        inner, left = _beginning(child, left, mark)
        start, end = _tags(child)
        html += start + inner + end
        if left >= 0:
            after, left = _words(child.tail or "", left, mark)
            html += after
    return html, left


def _words(words: str, left: int, mark: str) -> tuple[str, int]:
    if len(words) <= left or not words.strip():
        return str(escape(words)), max(left - len(words), 0)
    kept = words[:left]
    if not words[left].isspace():
        kept = kept.rpartition(" ")[0] or kept
    return str(escape(f"{kept.rstrip()} {mark}")), -1


def _tags(element: HtmlElement) -> tuple[str, str]:
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.items())
    return f"<{element.tag}{attributes}>", "" if element.tag in EMPTY else f"</{element.tag}>"

"""The template of a council paper (Gemeinderatsvorlage): a Word file with placeholders, ours or the operator's.

A placeholder is a word in double braces, `{{Beschlussvorschlag}}`, in German or English. Some stand for a few words,
anywhere in the file; some, alone in their paragraph, for a whole section. There is no code in a template, and what
people wrote is put in as text and never looked at again: it cannot become a placeholder.
"""

import base64
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.clean import clean
from bot.errors import OperatorError

SHIPPED = Path(__file__).parent / "templates"
NAME = "vorlage.docx"
LARGEST = 5_000_000  # bytes
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PARTS = re.compile(r"word/(?:document|header\d*|footer\d*)\.xml")
MAIN = b"wordprocessingml.document.main+xml"
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, ParseError, DefusedXmlException, ValueError, RuntimeError,
)  # fmt: skip
MARK = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
WORDS: Mapping[str, tuple[str, ...]] = {
    "title": ("Titel", "Title"),
    "network": ("Verbund", "Network"),
    "field": ("Handlungsfeld", "Field of action"),
    "date": ("Datum", "Date"),
    "number": ("Vorlagennummer", "Paper number"),
    "office": ("Amt", "Office"),
    "council": ("Gremium", "Council"),
    "session": ("Sitzung", "Session"),
}
"""Placeholders for a few words."""
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "occasion": ("Anlass", "Occasion"),
    "projects": ("Projekte", "Projects"),
    "decisions": ("Beschlüsse", "Decisions"),
    "measures": ("Maßnahmen", "Measures"),
    "funds": ("Finanzielle Auswirkungen", "Financial effects"),
    "proposal": ("Beschlussvorschlag", "Proposed resolution"),
}
"""Placeholders for whole sections."""


def _named(known: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {_folded(name): key for key, names in known.items() for name in names}


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


BY_NAME = {**_named(WORDS), **_named(SECTIONS)}
BY_SECTION = _named(SECTIONS)


class Broken(OperatorError):
    """A template that no paper can be made from; the message names the file and the fault."""


def named(mark: str) -> str | None:
    """Which placeholder a word in braces is; None for none."""
    return BY_NAME.get(_folded(mark))


def template(folder: Path | None, language: str) -> bytes:
    """The operator's `<folder>/<language>/vorlage.docx`, or `<folder>/vorlage.docx`, else ours. Raises Broken."""
    own = [folder / language / NAME, folder / NAME] if folder is not None else []
    file = next((each for each in own if each.exists()), SHIPPED / language / NAME)
    return read(file)


def read(file: Path) -> bytes:
    """A template as it stands now, checked. Raises Broken."""
    try:
        stat = file.stat()
        return _read(file, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise Broken(f"{file}: cannot be read: {error.strerror}") from error


@lru_cache(maxsize=8)
def _read(file: Path, _changed: int, size: int) -> bytes:
    """Read and checked once until the file changes."""
    if size > LARGEST:
        raise Broken(f"{file}: larger than {LARGEST // 1_000_000} MB. Take large pictures out of it.")
    content = file.read_bytes()
    check(file, content)
    return content


def check(file: Path, content: bytes) -> None:
    """Raises Broken for what is no Word file, or has placeholders that nobody knows, or none at all."""
    try:
        marks = list(_marks(content))
    except UNREADABLE as error:
        raise Broken(
            f"{file}: no Word file (.docx), or damaged. Save it in Word as “Word document (.docx)”."
        ) from error
    known = ", ".join(f"{{{{{names[0]}}}}}" for names in (*WORDS.values(), *SECTIONS.values()))
    for mark, alone in marks:
        if named(mark) is None:
            close = get_close_matches(_folded(mark), BY_NAME, 1)
            meant = next((name for names in (*WORDS.values(), *SECTIONS.values()) for name in names
                          if close and _folded(name) == close[0]), None)  # fmt: skip
            hint = f" Did you mean {{{{{meant}}}}}?" if meant else f" Known are: {known}."
            raise Broken(f"{file}: there is no placeholder {{{{{clean(mark)[:60]}}}}}.{hint}")
        if _folded(mark) in BY_SECTION and not alone:
            raise Broken(f"{file}: {{{{{mark}}}}} stands for a section and must be alone in its paragraph of the text.")
    if not marks:
        raise Broken(f"{file}: there is no placeholder in it. Known are: {known}.")


def own_texts(paragraph: Any) -> Iterator[Any]:
    """The texts of a paragraph itself, also inside links, content controls and tracked changes.

    Those of a text box anchored in it are paragraphs of their own. For elements of either XML library.
    """
    for child in paragraph:
        if child.tag == f"{W}t":
            yield child
        elif child.tag != f"{W}p":
            yield from own_texts(child)


def _marks(content: bytes) -> Iterator[tuple[str, bool]]:
    """Every placeholder, and whether it is alone in a paragraph of the text itself."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        packed.getinfo("word/document.xml")
        if MAIN not in packed.read("[Content_Types].xml"):  # a template (.dotx) or one with macros, renamed
            raise ValueError("another kind of Word file")
        if sum(entry.file_size for entry in packed.infolist()) > 20 * LARGEST:
            raise ValueError("too large once unpacked")
        for entry in packed.infolist():
            if not PARTS.fullmatch(entry.filename):
                continue
            for paragraph in fromstring(packed.read(entry)).iter(f"{W}p"):
                words = "".join(text.text or "" for text in own_texts(paragraph))
                for found in MARK.finditer(words):
                    alone = words.strip() == found[0] and entry.filename == "word/document.xml"
                    yield found[1], alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A paper in the making: its template, what stands for its placeholders (sections as HTML), its language."""

    template: bytes
    language: str
    words: Mapping[str, str]
    sections: Mapping[str, str]

    def to_json(self) -> bytes:
        """As `bot.files.paper` reads it."""
        packed = base64.b64encode(self.template).decode()
        made = {"template": packed, "language": self.language, "words": self.words, "sections": self.sections}
        return json.dumps(made, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, request: bytes) -> "Request":
        """Back from `to_json`."""
        table = json.loads(request)
        return cls(**{**table, "template": base64.b64decode(table["template"])})

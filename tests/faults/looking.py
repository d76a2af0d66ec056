"""Looks at what the bot sends: did anything in it come true that somebody has written?"""

import csv
import functools
import io
import json
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from bot.texts import SHIPPED
from tests.faults.hostile import COUNTED, RAW

LARGEST = 65_536  # bytes of an event (specification: size limits)
SCHEMES = ("https://", "http://", "mailto:", "#")
EMOJI_PARTS = frozenset("\u200d")
CALCULATED = re.compile(r"[=+\-@\t\r]")
HARMLESS_NUMBER = re.compile(r"[+-]?[\d.,]+( ?%)?")
VOID = frozenset(("br", "hr", "meta", "link", "line", "rect", "path"))


@functools.cache
def our_tags() -> frozenset[tuple[str, str]]:
    """Every element with each of its attributes that our own texts write; the element alone with an empty one."""
    found: set[tuple[str, str]] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.update([(tag, ""), *((tag, name) for name, _ in attrs)])

    for folder in SHIPPED:
        for file in folder.rglob("*.html"):
            Reader().feed(re.sub(r"\{[{%#].*?[}%#]\}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL))
    return frozenset(found)


@dataclass
class Look:
    """Counts what was looked at, and keeps what is wrong with it by kind: ping, tag, template, sign, size, formula."""

    people: frozenset[str]
    looked: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def at(self, content: dict[str, Any], *, answer: bool) -> None:
        """At the content of one event; an `answer` mentions nobody, other posts may mention people who are there."""
        self.looked += 1
        try:
            raw = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
        except ValueError as error:
            return self._bad("size", f"cannot be sent: {error}")
        if len(raw) > LARGEST:
            self._bad("size", f"{len(raw)} bytes")
        self._pings(content, answer=answer)
        for part in (content, content.get("m.new_content", {})):
            self.html(part.get("formatted_body", ""))
        for words in _strings(content):
            self.words(words)
        return None

    def html(self, page: str) -> None:
        """At HTML: only our own elements and attributes, no other addresses, and none that holds somebody's words."""
        reader = _Reader()
        reader.feed(page)
        reader.close()
        for tag, name, value in reader.found:
            if (tag, name) not in our_tags():
                self._bad("tag", f"<{tag} {name}> in {page[:300]}")
            if name in ("href", "src", "action") and not (value or "").startswith(SCHEMES):
                self._bad("tag", f"{value} in {page[:300]}")
        for words in reader.raw:
            self._bad("tag", f"{words[:50]} is an element in {page[:300]}")
        if "</template" in page or "<!--" in page:
            self._bad("tag", page[:300])

    def words(self, words: str) -> None:
        """At any text: nothing was counted, and nothing turns the reading round or is not seen."""
        if COUNTED in words:
            self._bad("template", words[:300])
        for sign in words:
            if unicodedata.category(sign) == "Cf" and sign not in EMOJI_PARTS:
                self._bad("sign", f"U+{ord(sign):04X} in {words[:100]!r}")

    def file(self, name: str, content: bytes) -> None:
        """At a file we made: tables calculate nothing; pages are looked at like messages."""
        self.looked += 1
        if name.endswith(".csv"):
            rows = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
            self._cells(name, (cell for line in rows for cell in line))
        elif name.endswith(".html"):
            self.html(content.decode())
        elif name.endswith(".xlsx"):
            with zipfile.ZipFile(io.BytesIO(content)) as zipped:
                for sheet in (each for each in zipped.namelist() if each.endswith(".xml")):
                    if b"<f>" in zipped.read(sheet) or b"<hyperlink" in zipped.read(sheet):
                        self._bad("formula", f"{name}: {sheet}")

    def _cells(self, name: str, cells: Iterable[str]) -> None:
        for cell in cells:
            self.words(cell)
            if CALCULATED.match(cell) and not HARMLESS_NUMBER.fullmatch(cell):
                self._bad("formula", f"{name}: {cell[:100]!r}")

    def _pings(self, content: dict[str, Any], *, answer: bool) -> None:
        """Without `m.mentions` a client looks into the words (specification: intentional mentions)."""
        for part in [content, *([content["m.new_content"]] if "m.new_content" in content else [])]:
            if "body" in part and "m.mentions" not in part and "org.matrix.msc3381.poll.end" not in part:
                self._bad("ping", f"no m.mentions: {str(part)[:200]}")
            mentions = part.get("m.mentions", {})
            named = set(mentions.get("user_ids", ()))
            if mentions.keys() - {"user_ids"} or named - self.people or (answer and named):
                self._bad("ping", str(mentions)[:200])

    def _bad(self, kind: str, what: str) -> None:
        self.wrong[kind] += 1
        if len(self.examples) < 20:
            self.examples.append(f"{kind}: {what}")


class _Reader(HTMLParser):
    """Keeps all elements with their attributes, and those that begin with what was to be no element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str | None]] = []
        self.raw: list[str] = []
        self._just_opened = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, "", None), *((tag, name, value) for name, value in attrs)]
        self._just_opened = tag if tag not in VOID else ""

    def handle_data(self, data: str) -> None:
        if self._just_opened and data.startswith(RAW) and "<" not in data:  # with its end tag in it, it is text
            self.raw.append(data)
        self._just_opened = ""

    def handle_comment(self, data: str) -> None:
        if RAW in data:
            self.raw.append(data)


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)

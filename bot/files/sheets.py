"""Tables as people keep them: CSV and XLSX, read as rows of text, and written so that every reader gets the same bytes.

A formula is text that begins with „=“. Text that only looks like one („=x“ typed as text, „@ben:example.org“ in a CSV)
stands behind an apostrophe (`bot.clean.guarded`), on its way in and on its way out.

Reading happens in a child process: what a stranger packed into a file costs neither our memory nor our time.
`python -m bot.files.sheets` reads the file from standard input and writes JSON to standard output.
"""

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.clean import clean, guarded
from bot.errors import Rejected
from bot.files import child, merged

PATIENCE = 60.0
MOST_ROWS = 50_000
MOST_COLUMNS = 200
LARGEST_UNPACKED = 50_000_000  # bytes; a file of 50,000 rows unpacks to a third of it
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Percent:
    """A share as a number to calculate with; `value` is 60 for „60 %“."""

    value: float


Cell = str | date | Decimal | int | Percent
"""Decimal: a sum in euros. A date may be a datetime, without a zone: as it is to be read."""


class Fault(StrEnum):
    """Why a file cannot be read: the whole message of the `Rejected` that is raised."""

    OLD_EXCEL = "an old Excel file (.xls)"
    LOCKED = "protected by a password"
    BROKEN = "damaged, or no table"
    EMPTY = "empty"
    TOO_LONG = "too many rows"
    TOO_LARGE = "too large once unpacked"


async def read(name: str, content: bytes, *, patience: float = PATIENCE) -> Rows:
    """The cells of a file, row for row, the empty ones included. Raises Rejected with a `Fault` for its message.

    Raises Rejected after `patience` seconds, too.
    """
    try:
        status, answer, _ = await child.run("bot.files.sheets", name, request=content, patience=patience)
    except TimeoutError as error:
        raise Rejected(Fault.TOO_LARGE) from error
    if status:
        raise Rejected(Fault.BROKEN)
    found = json.loads(answer)
    if isinstance(found, str):
        raise Rejected(Fault(found))
    return [tuple(row) for row in found]


def main() -> None:
    """The child: one file in, its rows or what is wrong with it out."""
    found: Any
    try:
        found = read_now(sys.argv[1], sys.stdin.buffer.read())
    except Rejected as refusal:
        found = str(refusal)
    json.dump(found, sys.stdout)


def read_now(name: str, content: bytes) -> Rows:
    """The same as `read`, here and now."""
    if content.startswith(OLE):
        raise Rejected(Fault.LOCKED if ENCRYPTED in content else Fault.OLD_EXCEL)
    if content.startswith(ZIP) or Path(name).suffix.lower() == ".xlsx":
        rows = _limited(_unpacked(content))
    else:
        rows = _limited(_separated(content))
    if not any(rows):
        raise Rejected(Fault.EMPTY)
    return rows


def _limited(rows: Iterable[Iterable[str]]) -> list[tuple[str, ...]]:
    """Cleaned, without what is empty at the end of a row and of the table."""
    kept: list[tuple[str, ...]] = []
    last = 0
    for number, row in enumerate(rows, 1):
        cells = [clean(cell).strip() for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            last = number
        if last > MOST_ROWS:
            raise Rejected(Fault.TOO_LONG)
        if number <= MOST_ROWS:
            kept.append(tuple(cells[:MOST_COLUMNS]))
    return kept[:last]


def _separated(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    if "\0" in text:
        raise Rejected(Fault.BROKEN)
    hint = re.match(r'"?sep=([;,\t|])"?(?:\r\n|\n|\r)', text)  # Excel's own line, which Excel does not count
    delimiter, text = (hint[1], text[hint.end() :]) if hint else (_delimiter(text), text)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise Rejected(Fault.BROKEN) from error


def _decoded(content: bytes) -> str:
    """UTF-16 says so in its first bytes; what is no UTF-8 is what Excel writes in Germany."""
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Rejected(Fault.BROKEN)


def _delimiter(text: str) -> str:
    """The one that stands most often in the header, outside quotes."""
    header = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0].partition("\r")[0])
    return max(";,\t", key=header.count)


def _unpacked(content: bytes) -> Iterator[list[str]]:
    """The first sheet of an Excel file. Whatever openpyxl stumbles over, the file is at fault."""
    from openpyxl import load_workbook  # noqa: PLC0415 - costs a quarter of a second; the bot itself never needs it

    try:
        _weigh(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # a file may claim a million columns
        rows = ([_text(cell) for cell in row[:MOST_COLUMNS]] for row in sheet.iter_rows())
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            path: str = sheet._worksheet_path  # openpyxl has no other name for it
            found = merged.areas(packed.read(path.lstrip("/")))
        yield from merged.spread(rows, found, MOST_COLUMNS) if found else rows
    except Rejected:
        raise
    except Exception as error:
        raise Rejected(Fault.BROKEN) from error


def _weigh(content: bytes) -> None:
    """Refuse what would swell: no more is ever unpacked than a file's own table of contents says."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > LARGEST_UNPACKED:
            raise Rejected(Fault.TOO_LARGE)


def _text(cell: Any) -> str:
    value = cell.value
    match value:
        case None:
            return ""
        case _ if cell.data_type == "f":
            return "=" + str(getattr(value, "text", value) or "").removeprefix("=")
        case str():
            return f"'{value}" if value.startswith("=") else value
        case int() | float() if not isinstance(value, bool) and "%" in cell.number_format:
            return f"{round(value * 100, 2):g}%"  # what people see; the file has 0.6 for it
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() != time():
            return f"{value:%d.%m.%Y %H:%M}"
        case date():  # a datetime at midnight, too: Excel makes one of „12.12.2026“
            return f"{value:%d.%m.%Y}"
        case time():
            return f"{value:%H:%M}"
        case _:
            return str(value)


def to_csv(rows: Rows) -> bytes:
    """As Excel expects it in Germany: UTF-8 with BOM, semicolons, CRLF."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(rows: Rows, title: str) -> bytes:
    """An Excel file of text cells, its first row bold and frozen. The same rows give the same bytes."""
    return to_workbook({title: rows})


def to_workbook(tables: Mapping[str, Sequence[Sequence[Cell]]], *, filters: bool = False) -> bytes:
    """An Excel file with a sheet for each table by its name: texts, days, numbers, and sums in euros as numbers.

    With `filters` every header has them. Text that looks like a formula stays text. The same tables give the same
    bytes.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - see _unpacked
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book, bold = Workbook(write_only=True), Font(bold=True)
    for title, rows in tables.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for number, width in enumerate(_widths(rows), 1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        if filters and rows:
            sheet.auto_filter.ref = f"A1:{get_column_letter(len(rows[0]))}{len(rows)}"
        for index, row in enumerate(rows):
            cells = [WriteOnlyCell(sheet, _value(value)) for value in row]
            for cell, value in zip(cells, row, strict=True):
                if isinstance(value, str) and value.startswith("="):
                    cell.data_type = "s"  # a text, whatever it looks like
                if (pattern := _pattern(value)) is not None:
                    cell.number_format = pattern
                if index == 0:
                    cell.font = bold
            sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return timeless(out.getvalue())


def _value(value: Cell) -> str | date | Decimal | float | None:
    match value:
        case str():
            return (guarded(value) if value.startswith("'") else value) or None
        case Percent():
            return value.value / 100
        case _:
            return value


def _pattern(value: Cell) -> str | None:
    """How a number is shown; None for what shows as it is."""
    match value:
        case Decimal():
            return "#,##0.00\\ [$€-407]"
        case datetime():
            return "DD.MM.YYYY HH:MM"
        case date():
            return "DD.MM.YYYY"
        case Percent():
            return "0%"
        case _:
            return None


def _widths(rows: Sequence[Sequence[Cell]]) -> list[int]:
    longest = [max(_length(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [min(max(length + 2, 8), 40) for length in longest]


def _length(cell: Cell) -> int:
    match cell:
        case Percent():
            return len("100%")
        case datetime():
            return len("31.12.2026 12:00")
        case _:
            return len(str(cell))


def timeless(packed: bytes) -> bytes:
    """The same Office file without the time at which it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(rb"<dcterms:(created|modified)[^>]*>.*?</dcterms:\1>", b"", content)
            plain = zipfile.ZipInfo(entry.filename, date_time=(1980, 1, 1, 0, 0, 0))
            plain.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(plain, content)
    return out.getvalue()


if __name__ == "__main__":
    main()

"""Large tables become Excel files in a child process: 5,000 projects take seconds.

`python -m bot.files.workbook` reads the tables as JSON from standard input and writes the file to standard output.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bot.clean import in_xml
from bot.files import sheets
from bot.files.sheets import Cell, Percent

Tables = Mapping[str, Sequence[Sequence[Cell]]]


def to_json(tables: Tables) -> bytes:
    """The tables as a request to the child, the same bytes for the same tables."""
    spelled = {title: [[_spelled(cell) for cell in row] for row in rows] for title, rows in tables.items()}
    return json.dumps(spelled, ensure_ascii=False).encode()


def from_json(request: bytes) -> Tables:
    """Back from `to_json`."""
    return {title: [[_read(cell) for cell in row] for row in rows] for title, rows in json.loads(request).items()}


def _spelled(cell: Cell) -> Any:
    match cell:
        case str():
            return in_xml(cell)
        case int():
            return cell
        case datetime():
            return {"at": cell.isoformat()}
        case date():
            return {"day": cell.isoformat()}
        case Decimal():
            return {"euros": str(cell)}
        case Percent():
            return {"percent": cell.value}


def _read(cell: Any) -> Cell:
    match cell:
        case {"at": at}:
            return datetime.fromisoformat(at)
        case {"day": day}:
            return date.fromisoformat(day)
        case {"euros": euros}:
            return Decimal(euros)
        case {"percent": percent}:
            return Percent(percent)
        case str() | int():
            return cell
    raise ValueError(f"no cell: {cell!r}")


def made(request: bytes) -> bytes:
    """The file that a request asks for."""
    return sheets.to_workbook(from_json(request), filters=True)


def main() -> None:
    """The child: tables in, a file out."""
    sys.stdout.buffer.write(made(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()

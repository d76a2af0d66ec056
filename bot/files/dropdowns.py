"""An Excel file to fill in: rows under a header, and lists to choose from, which stand on a hidden sheet."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.clean import guarded, in_xml
from bot.files.sheets import Rows, timeless

HIDDEN: Final = "Auswahl"
WIDEST: Final = 40


@dataclass(frozen=True, slots=True)
class Choices:
    """What a column offers. `only`: a spreadsheet program refuses everything else."""

    words: Sequence[str]
    only: bool


def to_form(title: str, rows: Rows, choices: Mapping[int, Choices], notes: Mapping[int, str], length: int) -> bytes:
    """The file: its header and rows, with room down to row `length`. Columns count from 0.

    `notes` stand beside the names of columns. The same form gives the same bytes; text that looks like a formula stays
    text.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - costs a quarter of a second, see `sheets`
    from openpyxl.comments import Comment  # noqa: PLC0415
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title, sheet.freeze_panes = title, "C2"
    for at, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            if value:
                plain = in_xml(value)
                cell = sheet.cell(at, column, guarded(plain) if plain.startswith("'") else plain)
                cell.data_type = "s"  # a text, whatever it looks like
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    for column, name in enumerate(rows[0]):
        head = sheet.cell(1, column + 1)
        head.font = Font(bold=True)
        if column in notes:
            head.comment = Comment(in_xml(notes[column]), "Zwischenstand", height=120, width=320)
        sheet.column_dimensions[get_column_letter(column + 1)].width = min(max(len(name) + 4, 18), WIDEST)
    _offer(book, sheet, choices, length)
    out = io.BytesIO()
    book.save(out)
    return timeless(out.getvalue())


def _offer(book, sheet, choices: Mapping[int, Choices], length: int) -> None:  # type: ignore[no-untyped-def] # openpyxl
    """Let the columns choose from the hidden sheet: a list in the cell itself ends after 255 characters."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    hidden = book.create_sheet(HIDDEN)
    hidden.sheet_state = "hidden"
    some = {column: offered for column, offered in choices.items() if offered.words}
    for number, (column, offered) in enumerate(sorted(some.items()), 1):
        for at, word in enumerate(offered.words, 1):
            hidden.cell(at, number, in_xml(word)).data_type = "s"
        there = get_column_letter(number)
        rule = DataValidation(
            type="list", formula1=f"{HIDDEN}!${there}$1:${there}${len(offered.words)}", allow_blank=True
        )
        rule.showErrorMessage = offered.only
        here = get_column_letter(column + 1)
        rule.add(f"{here}2:{here}{length}")
        sheet.add_data_validation(rule)

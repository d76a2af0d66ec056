"""Merged cells and percentages of Excel files: what people see is what is read."""

import io

import pytest
from openpyxl import Workbook

from bot.errors import Rejected
from bot.files import merged, sheets
from bot.files.merged import Area


def packed(*areas: str) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("Schlüssel", "Handlungsfeld", "Titel", "Fortschritt"), ("a", "Daten", "x", 0.6), ("b", None, "y", 1)):
        sheet.append(row)
    for area in areas:
        sheet.merge_cells(area)
    sheet["D2"].number_format = "0%"
    sheet["D3"].number_format = "0.0 %"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_what_is_merged_stands_for_all_it_covers() -> None:
    rows = sheets.read_now("a.xlsx", packed("B2:B3"))
    assert list(rows) == [
        ("Schlüssel", "Handlungsfeld", "Titel", "Fortschritt"),
        ("a", "Daten", "x", "60%"),
        ("b", "Daten", "y", "100%"),
    ]


def test_across_columns_too() -> None:
    assert sheets.read_now("a.xlsx", packed("A2:C2"))[1] == ("a", "a", "a", "60%")


def test_without_merged_cells_nothing_is_filled() -> None:
    assert sheets.read_now("a.xlsx", packed())[2] == ("b", "", "y", "100%")


def test_a_file_that_claims_too_much_is_refused() -> None:
    everything = [Area(1, 1, 1_048_576, 16_384)] * 100
    with pytest.raises(Rejected, match="too large"):
        list(merged.spread([["a"]] * 1_000, everything, 200))

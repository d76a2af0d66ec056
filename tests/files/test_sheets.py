"""Tables as people send them, and as we write them."""

import io
import time
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clean import clean, guarded, is_formula, unguarded
from bot.errors import Rejected
from bot.files import sheets
from bot.files.sheets import Fault

HEADER = ("Organisation", "Matrix-ID")
ROW = ("Größenbach", "@ben:example.org")
PLAIN = "Organisation;Matrix-ID\r\nGrößenbach;@ben:example.org\r\n"


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_csv_is_read_however_it_was_saved(delimiter: str, encoding: str, newline: str) -> None:
    content = PLAIN.replace(";", delimiter).replace("\r\n", newline).encode(encoding)
    assert sheets.read_now("people.csv", content) == [HEADER, ROW]


def test_utf_16_is_read_in_both_byte_orders() -> None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert sheets.read_now("people.csv", mark + PLAIN.encode(encoding)) == [HEADER, ROW]


def test_the_header_decides_on_the_delimiter() -> None:
    content = 'Name;"a,b,c,d"\n"eins\nzwei";x,y,z\n'
    assert sheets.read_now("a.csv", content.encode()) == [("Name", "a,b,c,d"), ("eins\nzwei", "x,y,z")]


def test_excels_own_first_line_names_the_delimiter() -> None:
    assert sheets.read_now("a.csv", b"sep=,\r\na;b,c\r\n") == [("a;b", "c")]


def test_empty_rows_keep_their_place_so_that_row_numbers_are_those_of_excel() -> None:
    assert sheets.read_now("a.csv", b"a;b\n\n;;\n1;2;;\n\n\n") == [("a", "b"), (), (), ("1", "2")]
    assert sheets.read_now("a.xlsx", workbook(("a", "b"), (None,), ("1", None), (None, " "))) == [
        ("a", "b"),
        (),
        ("1",),
    ]


def test_what_nobody_sees_is_removed() -> None:
    cells = sheets.read_now("a.csv", "a\u202eb;x\u200by;\u00a0z \x07\n".encode())[0]
    assert cells == ("ab", "xy", "z")


def test_numbers_of_excel_are_read_as_they_are_meant() -> None:
    rows = sheets.read_now("a.xlsx", workbook((26000.0, 26000, 2.5, True, "007")))
    assert rows == [("26000", "26000", "2.5", "True", "007")]


def test_only_the_first_sheet_counts() -> None:
    book = openpyxl.Workbook()
    book.active.append(("erstes",))
    book.create_sheet().append(("zweites",))
    out = io.BytesIO()
    book.save(out)
    assert sheets.read_now("a.xlsx", out.getvalue()) == [("erstes",)]


def test_a_formula_is_known_as_one_and_text_that_looks_like_one_is_not() -> None:
    book = openpyxl.Workbook()
    book.active.append(("=1+1", "@ben:example.org"))
    text = book.active.cell(row=1, column=3, value="=kein Rechnen")
    text.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    formula, person, looks = sheets.read_now("a.xlsx", out.getvalue())[0]
    assert is_formula(formula)
    assert not is_formula(person)
    assert not is_formula(looks)
    assert (unguarded(person), unguarded(looks)) == ("@ben:example.org", "=kein Rechnen")
    formula, person = sheets.read_now("a.csv", b"=HYPERLINK(1);'@ben:example.org")[0]
    assert is_formula(formula)
    assert unguarded(person) == "@ben:example.org"


def swollen() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (sheets.LARGEST_UNPACKED + 1))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.xls", sheets.OLE + b"\0" * 512, Fault.OLD_EXCEL),
        ("a.xlsx", sheets.OLE + b"\0" * 512 + sheets.ENCRYPTED, Fault.LOCKED),
        ("a.xlsx", b"no zip", Fault.BROKEN),
        ("a.xlsx", sheets.ZIP + b"cut off", Fault.BROKEN),
        ("a.csv", b"a;b\n\0\0;1\n", Fault.BROKEN),
        ("a.csv", b"\xff\xfea", Fault.BROKEN),
        ("a.csv", b"", Fault.EMPTY),
        ("a.csv", b";;\n\n", Fault.EMPTY),
        ("a.csv", b"a\n" * (sheets.MOST_ROWS + 1), Fault.TOO_LONG),
        ("a.csv", b"a" * 200_000, Fault.BROKEN),
        ("a.xlsx", swollen(), Fault.TOO_LARGE),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else None,
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(name: str, content: bytes, fault: Fault) -> None:
    with pytest.raises(Rejected) as refusal:
        sheets.read_now(name, content)
    assert str(refusal.value) == fault


def test_entities_that_swell_are_refused() -> None:
    packed = io.BytesIO(workbook(("a",)))
    out = io.BytesIO()
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                content = bomb + content.removeprefix(b'<?xml version="1.0"?>').replace(b"<v>0</v>", b"<v>&b;</v>")
            target.writestr(entry.filename, content)
    with pytest.raises(Rejected):
        sheets.read_now("a.xlsx", out.getvalue())


async def test_reading_happens_in_a_process_of_its_own() -> None:
    assert await sheets.read("people.csv", PLAIN.encode("cp1252")) == [HEADER, ROW]
    with pytest.raises(Rejected, match="password"):
        await sheets.read("a.xlsx", sheets.OLE + sheets.ENCRYPTED)
    with pytest.raises(Rejected):
        await sheets.read("people.csv", PLAIN.encode(), patience=0)


def test_csv_is_written_as_excel_expects_it_in_germany() -> None:
    written = sheets.to_csv([HEADER, ROW, ("=1+1", "a;b")])
    assert written.decode("utf-8-sig").splitlines(keepends=True) == [
        "Organisation;Matrix-ID\r\n",
        "Größenbach;'@ben:example.org\r\n",
        '\'=1+1;"a;b"\r\n',
    ]
    assert written.startswith(b"\xef\xbb\xbf")


def test_xlsx_is_written_as_text_under_a_frozen_header() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(sheets.to_xlsx([HEADER, ("=1+1", "26000")], "personen")))["personen"]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert [(cell.value, cell.data_type) for cell in sheet[2]] == [("=1+1", "s"), ("26000", "s")]


def test_the_same_rows_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = sheets.to_xlsx([HEADER, ROW], "personen")
    later = time.time() + 4_000
    monkeypatch.setattr(time, "time", lambda: later)
    assert sheets.to_xlsx([HEADER, ROW], "personen") == first
    with zipfile.ZipFile(io.BytesIO(first)) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"dcterms" not in packed.read("docProps/core.xml").partition(b">")[2]


CELLS = st.text(st.characters(codec="utf-8"), max_size=8).map(lambda text: clean(text).strip())
RISKY = st.builds(str.__add__, st.sampled_from(["'", "''", "=", "@", "+", "-", "'="]), CELLS)
ROWS = st.lists(st.tuples(CELLS | RISKY, CELLS | RISKY), min_size=1, max_size=5)


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_what_was_written_is_read_again(rows: list[tuple[str, str]]) -> None:
    filled = [("Kopf", "Zeile"), *((clean(a).strip(), clean(b).strip() or "x") for a, b in rows)]
    for name, content in (("a.csv", sheets.to_csv(filled)), ("a.xlsx", sheets.to_xlsx(filled, "personen"))):
        read = [tuple(unguarded(cell) for cell in row) for row in sheets.read_now(name, content)]
        assert read == filled
        assert not any(is_formula(cell) for row in sheets.read_now(name, content) for cell in row)


@given(CELLS | RISKY)
def test_guarding_is_undone(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert not is_formula(guarded(cell))

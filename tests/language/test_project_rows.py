"""The table of projects: rows read, rows written, and that its columns are those of a project everywhere."""

from dataclasses import fields
from typing import Any

import pytest

from bot.clean import guarded
from bot.domain.project import AIM_FIELDS, Funding, Light, Phase
from bot.domain.project_table import REPORTED, Known, Line, Reason
from bot.language import project_rows as table
from bot.language import projects
from bot.language.project_rows import HEADER, NOTHING
from bot.language.projects import BY_NAME, FIELDS
from bot.store.tables import Project
from bot.texts import text
from commands.project_fields import Choice, Fields
from tests.fakes import HOUSE, TEXTS


def read(*rows: tuple[str, ...]) -> list[tuple[str, Line]]:
    return list(table.lines(rows, table.header(rows)))


def one(**cells: str) -> Line:
    (found,) = read(("Schlüssel", *cells), ("a", *cells.values()))
    return found[1]


FULL = Known(
    "eAkte",
    {
        "title": "=1+1",
        "goal": "'=x",
        "description": "zwei\nZeilen; mit „Anführung“",
        "owner": "@ben:example.org",
        "organisation": "Ämter & Söhne",
        "field": "Daten, Netze",
        "goals": ("A", "B"),
        "principles": ("C",),
        "phase": Phase.RUNNING,
        "funding": Funding.NONE,
        "priority": "-1",
        "influential": False,
        "partners": "\t@alle",
        "milestone": "+49",
        "light": Light.RED,
        "progress": 0,
    },
    "Gruppe, mit Komma",
    archived=True,
)


def test_what_is_written_is_what_was_read() -> None:
    canonical = Known(FULL.key, table.canonical(FULL.values), FULL.group, FULL.archived)
    (row,) = table.table("Verbund", [("eakte", canonical)])
    ((network, line),) = read(HEADER, tuple(guarded(cell) for cell in row))
    plain = {
        name: tuple(each for each, _ in value) if name in AIM_FIELDS else value for name, value in line.values.items()
    }
    assert network == "Verbund"
    assert (line.key, plain, line.wrong) == (canonical.key, canonical.values, ())
    assert (line.group, line.archived) == (("Gruppe, mit Komma", "gruppe, mit komma"), True)


def test_nothing_is_written_for_what_is_not_known_but_unknown_funding() -> None:
    (row,) = table.table("V", [("a", Known("a", NOTHING))])
    assert [cell for cell in row if cell] == ["V", "a", "unbekannt"]


@pytest.mark.parametrize(
    ("column", "words", "value"),
    [
        ("phase", "IN UMSETZUNG", Phase.RUNNING),
        ("Phase", "future project", Phase.FUTURE),
        ("Finanzierung", "unbekannt", Funding.UNKNOWN),
        ("Funding", "", Funding.UNKNOWN),
        ("Einflussreich", "unbekannt", None),
        ("Einflussreich", "x", True),
        ("Einflussreich", "nein", False),
        ("Fortschritt", "60 %", 60),
        ("Ampel", "🟡", Light.YELLOW),
        ("Titel", "–", None),
        ("Handlungsfelder", "Daten ;Netze\nDaten", "Daten, Netze"),
    ],
)
def test_words_are_understood(column: str, words: str, value: Any) -> None:
    line = one(**{column: words})
    assert (list(line.values.values()), line.wrong) == ([value], ())


@pytest.mark.parametrize(
    ("column", "words", "reason"),
    [
        ("Projektstatus", "läuft so", Reason.BAD),
        ("Fortschritt", "140 %", Reason.BAD),
        ("Fortschritt", "viel", Reason.BAD),
        ("Verantwortlich", "Ben Muster", Reason.BAD),
        ("Einflussreich", "vielleicht", Reason.BAD),
        ("Titel", "=HYPERLINK(1)", Reason.FORMULA),
        ("Titel", "x" * 1001, Reason.TOO_LONG),
        ("Gruppe", "x" * 101, Reason.TOO_LONG),
        ("Agendaziele", "x" * 121, Reason.TOO_LONG),
    ],
)
def test_what_cannot_be_meant_is_wrong_in_its_row(column: str, words: str, reason: Reason) -> None:
    assert [(wrong.row, wrong.reason) for wrong in one(**{column: words}).wrong] == [(2, reason)]


@pytest.mark.parametrize(
    ("key", "reason"), [("", Reason.KEY_MISSING), ("e Akte", Reason.BAD_KEY), ("=e", Reason.FORMULA)]
)
def test_a_row_needs_a_key(key: str, reason: Reason) -> None:
    ((_, line),) = read(("Key", "Titel"), (key, "x"))
    assert [wrong.reason for wrong in line.wrong] == [reason]


def test_a_table_of_people_is_none_of_projects() -> None:
    assert table.is_ours(table.header([("Verbund", "Projekt", "Organisation")]))
    assert not table.is_ours(table.header([("Verbund", "Organisation")]))
    assert not table.is_ours(table.header([("Organisation", "Matrix-ID", "Projekt")]))


# One list of fields: whoever adds one finds here where it is missing.


def test_the_lines_of_the_command_are_the_fields() -> None:
    assert [each.name for each in fields(Fields)] == [each.name for each in FIELDS if each.name not in REPORTED]
    assert [each.name for each in fields(Choice)] == [each.name for each in FIELDS]
    for each in fields(Choice):
        assert each.metadata["name"].folded() == BY_NAME[each.name].folded()


def test_the_fields_are_what_a_project_has() -> None:
    columns = set(Project.model_fields)
    assert {each.name for each in FIELDS} - set(AIM_FIELDS) <= columns
    assert frozenset(REPORTED) == projects.REPORTED


@pytest.mark.parametrize("language", ["de", "en"])
def test_texts_name_every_column(language: str) -> None:
    for column in table.COLUMNS:
        said = TEXTS.render(text("project_files.field", name=column.name), language, HOUSE.zone).plain
        assert said == (column.de if language == "de" else column.en)

"""A table of projects against what is stored: what is new, changed, wrong."""

from typing import Any

import pytest

from bot.domain.project_table import MOST_NEW_GROUPS, Known, Line, Plan, Reason, Served, Stored, Wrong, plan
from bot.language.project_rows import NOTHING

KNOWN = Known("eAkte", NOTHING | {"title": "Akte", "light": "yellow", "goals": ("Alt", "Daten")}, "Digitales")
STORED = Stored(
    projects={"eakte": KNOWN},
    groups={"digitales": "Digitales", "netz": "Netz"},
    aims={
        "daten": Served("Daten", "goal"),
        "alt": Served("Alt", "goal", retired=True),
        "offenheit": Served("Offenheit", "principle"),
    },
    nothing=NOTHING,
)


def line(row: int = 2, key: str = "eAkte", **more: Any) -> Line:
    values = more.pop("values", {})
    return Line(row=row, key=key, folded=key.casefold(), values=values, **more)


def check(*lines: Line) -> Plan:
    return plan(lines, STORED)


def test_what_a_table_does_not_mention_stays() -> None:
    found = check(line())
    assert (found.changes, found.same, found.wrong) == ((), 1, ())


def test_an_empty_cell_deletes_but_reports_nothing_and_moves_nobody() -> None:
    found = check(line(values={"title": None, "light": None, "goals": ()}))
    (change,) = found.changes
    assert change.differences == (("title", "Akte", None), ("goals", ("Alt", "Daten"), ()))
    assert change.after.group == "Digitales"


@pytest.mark.parametrize("said", [(("daten", "daten"), ("Alt", "alt")), (("Alt", "alt"), ("Daten", "daten"))])
def test_aims_are_the_same_in_any_order_and_spelling(said: Any) -> None:
    assert check(line(values={"goals": said})).changes_nothing


def test_new_groups_and_aims_are_made_once() -> None:
    rows = [
        line(row, f"p{row}", group=("Räume", "raeume"), values={"goals": (("Neu", "neu"),), "principles": ()})
        for row in (2, 3)
    ]
    found = check(*rows)
    assert (found.groups, found.goals, found.principles) == ((("Räume", "raeume"),), (("Neu", "neu"),), ())


def reasons(found: Plan) -> list[tuple[int, str, Any]]:
    return [(wrong.row, wrong.reason, wrong.value) for wrong in found.wrong]


def test_a_key_stands_once_however_it_is_spelled() -> None:
    found = check(line(2, "Neu"), line(3, "NEU"))
    assert found.wrong == (Wrong(3, Reason.TWICE, "key", "NEU", 2, "Neu"),)


def test_a_key_in_another_spelling_is_the_same_project_and_keeps_its_name() -> None:
    found = check(line(2, "EAKTE", values={"title": "Neu"}))
    assert found.respelled == (("EAKTE", "eAkte"),)
    assert found.changes[0].key == "eAkte"


def test_aims_that_cannot_be_served() -> None:
    found = check(
        line(2, "a", values={"goals": (("Offenheit", "offenheit"),)}),
        line(3, "b", values={"goals": (("Alt", "alt"),)}),
        line(4, "c", values={"goals": (("Neu", "neu"),)}),
        line(5, "d", values={"principles": (("Neu", "neu"),)}),
    )
    assert reasons(found) == [
        (2, Reason.OTHER_KIND, "Offenheit"),
        (3, Reason.RETIRED, "Alt"),
        (5, Reason.OTHER_KIND, "Neu"),
    ]


def test_a_column_of_something_else_opens_no_rooms() -> None:
    many = [line(row, f"p{row}", group=(f"G{row}", f"g{row}")) for row in range(MOST_NEW_GROUPS + 2)]
    assert reasons(check(*many)) == [
        (MOST_NEW_GROUPS + each, Reason.TOO_MANY_GROUPS, f"G{50 + each}") for each in (0, 1)
    ]


def test_a_project_is_archived_and_brought_back_by_its_column_alone() -> None:
    assert check(line(archived=True)).changes[0].differences == (("archived", False, True),)
    assert check(line(archived=None)).changes_nothing

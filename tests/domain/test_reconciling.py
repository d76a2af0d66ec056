"""A table of organisations and people, row by row: what is wrong with it, and what it changes."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain import reconciling
from bot.domain.organisations import Speaks
from bot.domain.reconciling import plan
from bot.domain.roles import Role
from bot.domain.roster import Body, Member, Plan, Reason, Stored
from bot.files import sheets
from bot.language import roster as table
from tests.fakes import ANNA, BEN, CEM


def planned(content: str, stored: Stored) -> Plan:
    rows = sheets.read_now("a.csv", content.encode())
    return plan((line for _, line in table.lines(rows, table.header(rows))), stored)


def reasons(content: str, stored: Stored) -> list[tuple[int, Reason]]:
    return [(wrong.row, wrong.reason) for wrong in planned(content, stored).wrong]


GUEST, ACTIVE_GUEST, MODERATOR = "@gast:s.example", "@alt:s.example", "@mo:s.example"
STORED = Stored(
    bodies={
        "lindenstadt": Body(name="Lindenstadt", level="city", inhabitants=26_000, parent="lindenkreis"),
        "lindenkreis": Body(name="Lindenkreis"),
    },
    members={
        ANNA: Member(role=Role.COORDINATOR),
        BEN: Member(organisation="lindenstadt", speaks=Speaks.HOLDER, active=frozenset({"digitales"})),
        GUEST: Member(role=Role.GUEST),
        ACTIVE_GUEST: Member(role=Role.GUEST, active=frozenset({"digitales"})),
    },
    groups={"digitales": "Digitales", "geld, zeit": "Geld, Zeit", "ton,bild": "Ton,Bild"},
    coordinators=frozenset({ANNA}),
    moderators=frozenset({MODERATOR}),
)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("Organisation;Matrix-ID\nA;@x:s.example\nB;@x:s.example", [(3, Reason.PERSON_TWICE)]),
        ("Organisation;Matrix-ID\nA;@x:s.example\nA;@X:s.example", [(3, Reason.PERSON_TWICE)]),
        ("Organisation\nAhornfeld\n\nAHORNFELD", [(4, Reason.OTHER_SPELLING)]),
        ("Organisation;Einwohner\nA;1\nA;2", [(3, Reason.CONTRADICTION)]),
        ("Organisation;Einwohner\nA;1\nA;", []),
        ("Organisation;Einwohner\nA;\nA;1", []),
        ("Organisation;Gehört zu\nA;B\nB;C\nC;A", [(2, Reason.CIRCLE), (3, Reason.CIRCLE), (4, Reason.CIRCLE)]),
        ("Organisation;Gehört zu\nLindenkreis;Lindenstadt", [(2, Reason.CIRCLE)]),
        ("Organisation;Gehört zu\nA;Nirgendwo", [(2, Reason.UNKNOWN_PARENT)]),
        ("Organisation;Gehört zu\nA;LINDENSTADT", []),
        ("Organisation;Mandat\nA;Mandat", [(2, Reason.PERSON_MISSING)]),
        ("Matrix-ID;Mandat\n@x:s.example;Mandat", [(2, Reason.MANDATE_WITHOUT_ORGANISATION)]),
        ("Organisation;Matrix-ID;Mandat;Rolle\nA;@x:s.example;Mandat;Gast", [(2, Reason.GUEST_WITH_MANDATE)]),
        (f"Organisation;Matrix-ID;Mandat\nA;{GUEST};Vertretung", [(2, Reason.GUEST_WITH_MANDATE)]),
        (f"Organisation;Matrix-ID;Mandat;Rolle\nA;{GUEST};Vertretung;", [(2, Reason.GUEST_WITH_MANDATE)]),
        (f"Organisation;Matrix-ID;Mandat;Rolle\nA;{GUEST};Vertretung;Mitglied", []),
        (f"Matrix-ID;Aktiv in\n{GUEST};Digitales", [(2, Reason.GUEST_IN_GROUP)]),
        (f"Matrix-ID;Folgt;Rolle\n{GUEST};Digitales;", [(2, Reason.GUEST_IN_GROUP)]),
        (f"Matrix-ID;Folgt;Rolle\n{GUEST};Digitales;Mitglied", []),
        (f"Matrix-ID;Aktiv in\n{ACTIVE_GUEST};Digitales", []),
        (f"Matrix-ID;Rolle\n{MODERATOR};Gast", [(2, Reason.GUEST_AND_MODERATOR)]),
        (f"Matrix-ID;Rolle\n{MODERATOR};Koordination", []),
        (f"Organisation;Matrix-ID\nA;{GUEST}", []),
        (f"Matrix-ID;Rolle\n{BEN};Gast", [(2, Reason.GUEST_WITH_MANDATE), (2, Reason.GUEST_IN_GROUP)]),
        (f"Matrix-ID;Rolle;Mandat\n{BEN};Gast;", [(2, Reason.GUEST_IN_GROUP)]),
        (f"Matrix-ID;Rolle;Mandat;Aktiv in\n{BEN};Gast;;", []),
        ("Matrix-ID;Organisation\nBen Muster;A", [(2, Reason.BAD)]),
        ("Matrix-ID;Name\nben@example.org;Ben", [(2, Reason.BAD)]),
        ("Matrix-ID;Organisation;Mandat\n@x:s.example;=A;Mandat", [(2, Reason.FORMULA)]),
        ("Matrix-ID;Einwohner\n@x:s.example;9", [(2, Reason.ORGANISATION_MISSING)]),
        ("Organisation;Ebene\nA;=1+1", [(2, Reason.FORMULA)]),
        ("Organisation;Bundesland;Zugehörigkeit\nA;XX;Kirche", [(2, Reason.BAD), (2, Reason.BAD)]),
        ("Organisation;Stimmgewicht\nA;0", [(2, Reason.BAD)]),
        ("Matrix-ID;Rolle\n@x:s.example;Moderation", [(2, Reason.BAD)]),
        ("Matrix-ID;Aktiv in;Folgt\n@x:s.example;Digitales;digitales", [(2, Reason.ACTIVE_AND_FOLLOWS)]),
        ("Matrix-ID;Aktiv in\n@x:s.example;Verkehr", [(2, Reason.UNKNOWN_GROUP)]),
        ("Matrix-ID;Folgt\n@x:s.example;Digitales, Geld, Zeit", []),
        ("Matrix-ID;Folgt\n@x:s.example;Ton,Bild, Geld,Zeit", []),
        ("Matrix-ID;Folgt\n@x:s.example;Geld", [(2, Reason.UNKNOWN_GROUP)]),
        ("Matrix-ID;Folgt\n@x:s.example;" + "A, " * 9, [(2, Reason.UNKNOWN_GROUP)]),
        ("Matrix-ID;Folgt\n@x:s.example;" + ", ".join("ABCDEFGHI"), [(2, Reason.UNKNOWN_GROUP)] * 5),
        ("Matrix-ID;Name\n@x:s.example;" + "A" * 2001, [(2, Reason.TOO_LONG)]),
        (f"Matrix-ID;Rolle\n{ANNA};Gast", [(2, Reason.LAST_COORDINATOR)]),
        (f"Matrix-ID;Rolle\n{ANNA};", []),
        (f"Matrix-ID;Rolle\n{ANNA};\n{CEM};Koordination", []),
        ("Organisation;Name\nA;", []),
        ("Organisation;Verbund\n;Da", [(2, Reason.EMPTY)]),
    ],
)
def test_what_is_wrong_with_a_row(content: str, wrong: list[tuple[int, Reason]]) -> None:
    assert reasons(content, STORED) == wrong


def test_a_missing_column_leaves_everything_and_an_empty_cell_clears() -> None:
    kept = planned(f"Organisation;Matrix-ID\nLindenstadt;{BEN}", STORED)
    assert kept.changes_nothing
    assert kept.unchanged == 2
    cleared = planned(f"Organisation;Einwohner;Matrix-ID;Mandat;Aktiv in\nLindenstadt;;{BEN};;", STORED)
    assert [change.differences for change in (*cleared.bodies, *cleared.members)] == [
        (("inhabitants", 26_000, None),),
        (("speaks", "holder", None), ("active", ("Digitales",), ())),
    ]


def test_who_moves_takes_no_mandate_along_unless_the_file_says_so() -> None:
    for column, cell, speaks in (("", "", None), (";Mandat", ";Vertretung", "deputy")):
        (change,) = planned(f"Organisation;Matrix-ID{column}\nLindenkreis;{BEN}{cell}", STORED).members
        assert isinstance(change.after, Member)
        assert (change.after.organisation, change.after.speaks) == ("lindenkreis", speaks)
        assert ("organisation", "Lindenstadt", "Lindenkreis") in change.differences


def test_english_headers_in_any_order_are_understood() -> None:
    (change,) = planned(
        "Weight,Parent,Bench,Level,State,Organization\n2,Lindenkreis,politics,city,by,Ahornfeld", STORED
    ).bodies
    body = Body(name="Ahornfeld", weight=2, parent="lindenkreis", bench="politics", level="city", federal_state="BY")
    assert change.after == body


def test_a_contradiction_names_both_as_they_were_written() -> None:
    (wrong,) = planned("Organisation;Gehört zu\nA;Lindenkreis\nA;Lindenstadt", STORED).wrong
    assert (wrong.value, wrong.close, wrong.other) == ("Lindenstadt", "Lindenkreis", 2)


def test_a_cell_of_many_commas_costs_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many looks as there are parts, and one more for each comma in the longest name."""
    looks = 0

    class Counting(dict[tuple[str, ...], str]):
        def get(self, key: Any, default: Any = None) -> Any:
            nonlocal looks
            looks += 1
            return super().get(key, default)

    monkeypatch.setattr(reconciling, "_by_parts", lambda groups: Counting({("a",): "a", ("b", "c"): "b, c"}))
    assert planned("Matrix-ID;Folgt\n@x:s.example;" + ",".join(["a"] * 900), STORED).wrong == ()
    assert looks <= 2 * 900


def test_a_plan_is_the_same_whatever_the_order_of_its_groups() -> None:
    one = planned("Matrix-ID;Folgt\n@x:s.example;Digitales, Geld, Zeit", STORED)
    two = planned("Matrix-ID;Folgt\n@x:s.example;Geld, Zeit, Digitales", STORED)
    assert one.members == two.members
    assert replace(one, members=()) == replace(two, members=())

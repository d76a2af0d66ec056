"""What a coordinator types for an organisation that told its vote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.answers import Kind, Option, Sheet
from bot.language.recorded import for_another, likely_name, names, read_recorded

HUBER = "telefonisch, Fr. Huber"


@pytest.mark.parametrize(
    ("typed", "choice", "informant", "reason"),
    [
        (f"ja ({HUBER})", "yes", HUBER, ""),
        (f"Nein, ({HUBER}).", "no", HUBER, ""),
        (f"Enthaltung ({HUBER}) weil die Fristen fehlen", "abstain", HUBER, "weil die Fristen fehlen"),
        (f"ja ({HUBER}), weil es eilt (sehr)", "yes", HUBER, "weil es eilt (sehr)"),
        (f"ja ({HUBER}) und wir danken", "yes", HUBER, "und wir danken"),
        (f"ja, weil es (wie § 3 sagt) eilt ({HUBER})", "yes", HUBER, "weil es (wie § 3 sagt) eilt"),
        ("yes (by phone, Ms Huber (front office)) because it is time", "yes", "by phone, Ms Huber (front office)",
         "because it is time"),
        (f"ja ({HUBER}", "yes", HUBER, ""),
        (f"ja (({HUBER}))", "yes", HUBER, ""),
        ("ja\n(telefonisch,\n  Fr. Huber)\nweil es eilt", "yes", HUBER, "weil es eilt"),
        ("ja", "yes", "", ""),
        ("ja ()", "yes", "", ""),
        ("ja (…)", "yes", "", ""),
        ("ja weil es eilt", "yes", "", "weil es eilt"),
        (f"vielleicht ({HUBER})", None, HUBER, ""),
        (f"ja ({HUBER}), aber nur mit Frist", None, HUBER, ""),
        (f"ja oder nein ({HUBER})", None, HUBER, ""),
        ("", None, "", ""),
        (")", None, "", ""),
        ("(", None, "", ""),
    ],
)  # fmt: skip
def test_a_vote_with_who_told_it(typed: str, choice: str | None, informant: str, reason: str) -> None:
    said = read_recorded(typed)
    assert (said.choice, said.informant, said.reason) == (choice, informant, reason)


@pytest.mark.parametrize("typed", ["für", "for", "für, weil es eilt", "fürs Erste ja", "ja für Lindenstadt", ""])
def test_what_is_said_for_nobody_else(typed: str) -> None:
    assert for_another(typed) is None


@pytest.mark.parametrize(
    "typed", ["für Lindenstadt ja", "FÜR Lindenstadt ja", "fuer  Lindenstadt ja", "for Lindenstadt ja"]
)
def test_what_is_said_for_another(typed: str) -> None:
    assert for_another(typed) == "Lindenstadt ja"


@pytest.mark.parametrize(
    ("typed", "name", "behind"),
    [
        ("Weil am Rhein ja (x)", "Weil am Rhein", "ja (x)"),
        ("Halle (Saale): ja (x)", "Halle (Saale)", "ja (x)"),
        ("„Neu Ulm“ – ja", "Neu Ulm", "ja"),
        ("Verein e.V. ja", "Verein e.V.", "ja"),
        ("Lindenstadt", "Lindenstadt", ""),
    ],
)
def test_the_name_is_among_those_tried(typed: str, name: str, behind: str) -> None:
    assert (name, behind) in list(names(typed))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Lindenstdt ja (telefonisch)", "Lindenstdt"),
        ("Bad Lindenstdt: nein, weil es eilt (telefonisch)", "Bad Lindenstdt"),
        ("Lindenstdt (telefonisch, Fr. Huber)", "Lindenstdt"),
        ("Halle (Saale) ja (telefonisch)", "Halle (Saale)"),
    ],
)
def test_the_name_that_was_likely_meant(typed: str, name: str) -> None:
    assert likely_name(typed) == name


@given(st.text(alphabet="ja nein(),.:„“\n-", max_size=80))
def test_nothing_that_is_typed_is_too_much(typed: str) -> None:
    said = read_recorded(typed)
    assert "\n" not in said.informant
    likely_name(typed)
    assert all(len(name) <= 120 for name, _ in names(typed))


OPTIONS = tuple(Option(label) for label in ("Halle (Saale)", "Weil am Rhein", "Park"))


@pytest.mark.parametrize(
    ("kind", "typed", "answer", "informant", "reason"),
    [
        (Kind.CHOICE, f"2 ({HUBER})", "2", HUBER, ""),
        (Kind.CHOICE, f"2 ({HUBER}), weil es eilt (sehr)", "2", HUBER, "weil es eilt (sehr)"),
        (Kind.CHOICE, f"2, weil 3 (der Park) zu teuer ist ({HUBER})", "2", HUBER, "weil 3 (der Park) zu teuer ist"),
        (Kind.CHOICE, f"Halle (Saale) ({HUBER})", "1", HUBER, ""),
        (Kind.CHOICE, "Halle (Saale)", "1", "", ""),
        (Kind.CHOICE, f"Weil am Rhein ({HUBER})", "2", HUBER, ""),
        (Kind.CHOICE, f"Enthaltung ({HUBER})", "abstain", HUBER, ""),
        (Kind.CHOICE, f"7 ({HUBER})", None, HUBER, ""),
        (Kind.MULTIPLE, f"2, 3 ({HUBER})", "2,3", HUBER, ""),
        (Kind.RANKING, f"2 > 1 = 3 ({HUBER})", "2>1=3", HUBER, ""),
        (Kind.RANKING, f"2 > 1 = 3 ({HUBER}) und wir danken", "2>1=3", HUBER, "und wir danken"),
        (Kind.RANKING, f"2 > 1 ({HUBER})", None, HUBER, ""),
        (Kind.POINTS, f"1=3 2=1, weil es eilt ({HUBER})", "1:3,2:1", HUBER, "weil es eilt"),
        (Kind.RESISTANCE, f"1=0 2=7 3=10 ({HUBER})", "1:0,2:7,3:10", HUBER, ""),
        (Kind.DATES, f"1 ja, 2 (ja), 3 nein ({HUBER})", "1:yes,2:maybe,3:no", HUBER, ""),
        (Kind.DATES, f"1 ja, 2 ja, 3 (ja) ({HUBER})", "1:yes,2:yes,3:maybe", HUBER, ""),
        (Kind.DATES, "1 ja, 2 ja, 3 (ja)", "1:yes,2:yes,3:maybe", "", ""),
    ],
)
def test_a_vote_of_any_kind(kind: Kind, typed: str, answer: str | None, informant: str, reason: str) -> None:
    said = read_recorded(typed, Sheet(kind, OPTIONS, 10 if kind is Kind.POINTS else None))
    assert (said.choice, said.informant, said.reason) == (answer, informant, reason)
    assert HUBER not in said.spoken


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Lindenstdt 2 > 1 > 3 (telefonisch)", "Lindenstdt"),
        ("Bad Lindenstdt: 2, 1, 3, weil es eilt (telefonisch)", "Bad Lindenstdt"),
    ],
)
def test_the_name_before_a_vote_of_any_kind(typed: str, name: str) -> None:
    assert likely_name(typed, Sheet(Kind.RANKING, OPTIONS)) == name

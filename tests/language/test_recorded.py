"""What a coordinator types for an organisation that told its vote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.recorded import for_another, likely_name, names, read_recorded

HUBER = "telefonisch, Fr. Huber"


@pytest.mark.parametrize(
    ("typed", "choice", "informant", "reason"),
    [
        (f"ja ({HUBER})", "yes", HUBER, ""),
        (f"Nein, ({HUBER}).", "no", HUBER, ""),
        (f"Enthaltung ({HUBER}) weil die Fristen fehlen", "abstain", HUBER, "die Fristen fehlen"),
        (f"ja ({HUBER}), weil es eilt (sehr)", "yes", HUBER, "es eilt (sehr)"),
        (f"ja ({HUBER}) und wir danken", "yes", HUBER, "und wir danken"),
        (f"ja, weil es (wie § 3 sagt) eilt ({HUBER})", "yes", HUBER, "es (wie § 3 sagt) eilt"),
        ("yes (by phone, Ms Huber (front office)) because it is time", "yes", "by phone, Ms Huber (front office)",
         "it is time"),
        (f"ja ({HUBER}", "yes", HUBER, ""),
        (f"ja (({HUBER}))", "yes", HUBER, ""),
        ("ja\n(telefonisch,\n  Fr. Huber)\nweil es eilt", "yes", HUBER, "es eilt"),
        ("ja", "yes", "", ""),
        ("ja ()", "yes", "", ""),
        ("ja (…)", "yes", "", ""),
        ("ja weil es eilt", "yes", "", "es eilt"),
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

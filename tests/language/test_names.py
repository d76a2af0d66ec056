"""Spellings that are one name, and slips that are still recognised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.names import fold, match, nearest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Größe", "GROESSE"),
        ("gru\u0308n", "grün"),
        ("Café", "cafe"),
        ("Straße", "strasse"),
        ("STRAẞE", "Strasse"),
        ("Baden\u2011Württemberg", "baden-wuerttemberg"),
        ("  Bad \u00a0 Muster ", "bad muster"),
        ("Digital\u00adisierung", "digitalisierung"),
        ("o’clock", "o'clock"),
    ],
)
def test_one_name(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_umlauts_still_tell_names_apart() -> None:
    assert fold("Bär") != fold("Bar")


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("hifle", "hilfe"), ("stauts", "status"), ("konsultaton", "konsultation"), ("eAkt", "eAkte"), ("HILFE", "hilfe")],
)
def test_nearest(typed: str, meant: str) -> None:
    assert nearest(typed, ["hilfe", "status", "konsultation", "eAkte", "übersicht"]) == [meant]


def test_nearest_keeps_its_peace() -> None:
    assert nearest("Quark", ["hilfe", "status"]) == []
    assert nearest("", ["hilfe"]) == []
    assert nearest("hilfe", ["hilfe"], limit=0) == []


def test_an_exact_name_leads_and_the_limit_holds() -> None:
    assert nearest("muenster", ["Munster", "Münster", "Muenstes"], limit=2)[0] == "Münster"
    assert len(nearest("a1", ["a1", "A1", "á1"], limit=2)) == 2


def test_match() -> None:
    assert match("gruen", {"Grün": 1, "Rot": 2}) == 1
    assert match("blau", {"Grün": 1}) is None

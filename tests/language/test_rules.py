"""The terms of a ballot in many spellings, and what is understood but impossible."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.answers import Kind
from bot.domain.consultation import Franchise, Visibility
from bot.domain.deciding import Base, Quorum, QuorumOf, Rule
from bot.domain.organisations import Level
from bot.language.rules import (
    NO_QUORUM,
    SECRET,
    Electorate,
    OutOfRange,
    read_base,
    read_electorate,
    read_kind,
    read_quorum,
    read_rule,
    read_visibility,
    rule_like,
)

READERS = (read_kind, read_rule, read_base, read_visibility, read_quorum, read_electorate)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Zustimmung", Kind.APPROVAL),
        ("ja/nein", Kind.APPROVAL),
        ("approval", Kind.APPROVAL),
        ("Auswahl", Kind.CHOICE),
        ("Einfachauswahl", Kind.CHOICE),
        ("single choice", Kind.CHOICE),
        ("single-choice", Kind.CHOICE),
        ("Mehrfachauswahl", Kind.MULTIPLE),
        (" MEHRFACHAUSWAHL. ", Kind.MULTIPLE),
        ("multiple choice", Kind.MULTIPLE),
        ("Rangfolge", Kind.RANKING),
        ("Ranking", Kind.RANKING),
        ("Präferenzwahl", Kind.RANKING),
        ("praeferenzwahl", Kind.RANKING),
        ("Punkte", Kind.POINTS),
        ("points", Kind.POINTS),
        ("Widerstand", Kind.RESISTANCE),
        ("Systemisches Konsensieren", Kind.RESISTANCE),
        ("systemic consensus", Kind.RESISTANCE),
        ("Termin", Kind.DATES),
        ("Termine", Kind.DATES),
        ("dates", Kind.DATES),
        ("Losentscheid", None),
        ("", None),
    ],
)
def test_kinds(words: str, kind: Kind | None) -> None:
    assert read_kind(words) == kind


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("einfache Mehrheit", Rule.SIMPLE),
        ("Einfach", Rule.SIMPLE),
        ("simple majority", Rule.SIMPLE),
        ("absolute Mehrheit", Rule.ABSOLUTE),
        ("absolute majority", Rule.ABSOLUTE),
        ("zwei Drittel", Rule.TWO_THIRDS),
        ("2/3", Rule.TWO_THIRDS),
        ("⅔", Rule.TWO_THIRDS),
        ("2/3-Mehrheit", Rule.TWO_THIRDS),
        ("Zweidrittelmehrheit", Rule.TWO_THIRDS),
        ("Zwei-Drittel-Mehrheit", Rule.TWO_THIRDS),
        ("two-thirds majority", Rule.TWO_THIRDS),
        ("drei Viertel", Rule.THREE_QUARTERS),
        ("3/4", Rule.THREE_QUARTERS),
        ("¾", Rule.THREE_QUARTERS),
        ("Dreiviertelmehrheit", Rule.THREE_QUARTERS),
        ("three quarters", Rule.THREE_QUARTERS),
        ("einstimmig", Rule.UNANIMOUS),
        ("Einstimmigkeit", Rule.UNANIMOUS),
        ("unanimous", Rule.UNANIMOUS),
        ("Konsent", Rule.CONSENT),
        ("kein begründeter Einwand", Rule.CONSENT),
        ("consent", Rule.CONSENT),
        ("Konsens", None),
        ("qualifizierte Mehrheit", None),
        ("", None),
    ],
)
def test_rules(words: str, rule: Rule | None) -> None:
    assert read_rule(words) == rule


@pytest.mark.parametrize(
    ("words", "base"),
    [
        ("gültige", Base.VALID),
        ("gueltige Stimmen", Base.VALID),
        ("ohne Enthaltungen", Base.VALID),
        ("valid votes", Base.VALID),
        ("abgegebene", Base.CAST),
        ("mit Enthaltungen", Base.CAST),
        ("votes cast", Base.CAST),
        ("alle", Base.ALL),
        ("alle Stimmberechtigten", Base.ALL),
        ("all entitled", Base.ALL),
        ("die meisten", None),
    ],
)
def test_bases(words: str, base: Base | None) -> None:
    assert read_base(words) == base


@pytest.mark.parametrize(
    ("words", "visibility"),
    [
        ("offen", Visibility.OPEN),
        ("namentlich", Visibility.OPEN),
        ("offen (namentlich)", Visibility.OPEN),
        ("open", Visibility.OPEN),
        ("verdeckt", Visibility.COVERED),
        ("covered", Visibility.COVERED),
        ("vertraulich", Visibility.CONFIDENTIAL),
        ("confidential", Visibility.CONFIDENTIAL),
        ("geheim", SECRET),
        ("Geheime Wahl", SECRET),
        ("secret", SECRET),
        ("anonym", SECRET),
        ("halb offen", None),
    ],
)
def test_visibilities(words: str, visibility: object) -> None:
    assert read_visibility(words) is visibility


@pytest.mark.parametrize(
    ("words", "quorum"),
    [
        ("60 %", Quorum(60)),
        ("60%", Quorum(60)),
        ("60 Prozent", Quorum(60)),
        ("60,0 %", Quorum(60)),
        ("60 percent", Quorum(60)),
        ("mindestens 60 %", Quorum(60)),
        ("at least 60%", Quorum(60)),
        ("100 %", Quorum(100)),
        ("1 %", Quorum(1)),
        ("60 % der Organisationen", Quorum(60)),
        ("60 % aller Stimmberechtigten", Quorum(60)),
        ("60 % je Größenklasse", Quorum(60, QuorumOf.CLASSES)),
        ("60% je groessenklasse", Quorum(60, QuorumOf.CLASSES)),
        ("60 % in jeder Größenklasse", Quorum(60, QuorumOf.CLASSES)),
        ("60% of each size class", Quorum(60, QuorumOf.CLASSES)),
        ("60 % der Stimmgewichte", Quorum(60, QuorumOf.WEIGHTS)),
        ("60% of the weights", Quorum(60, QuorumOf.WEIGHTS)),
        ("die Hälfte", Quorum(50)),
        ("die Hälfte der Stimmgewichte", Quorum(50, QuorumOf.WEIGHTS)),
        ("half", Quorum(50)),
        ("alle", Quorum(100)),
        ("drei Viertel", Quorum(75)),
        ("keins", NO_QUORUM),
        ("keines.", NO_QUORUM),
        ("ohne Quorum", NO_QUORUM),
        ("none", NO_QUORUM),
        ("-", NO_QUORUM),
        ("zwei Drittel", None),  # no whole percentage says it
        ("60", Quorum(60)),
        ("100", Quorum(100)),
        ("5", None),
        ("60 % am Dienstag", None),
        ("viele", None),
        ("60 % 70 %", None),
    ],
)
def test_quorums(words: str, quorum: object) -> None:
    assert read_quorum(words) == quorum


@pytest.mark.parametrize(
    ("words", "percent"),
    [
        ("110 %", "110"),
        ("0 %", "0"),
        ("-5 %", "-5"),
        ("101% je Größenklasse", "101"),
        ("60,5 %", "60,5"),
        ("999999999 %", "999999999"),
    ],
)
def test_impossible_quorums(words: str, percent: str) -> None:
    with pytest.raises(OutOfRange) as caught:
        read_quorum(words)
    assert caught.value.percent == percent


@pytest.mark.parametrize(
    ("words", "electorate"),
    [
        ("Organisationen", Electorate(Franchise.ORGANISATIONS)),
        ("alle Organisationen", Electorate(Franchise.ORGANISATIONS)),
        ("organizations", Electorate(Franchise.ORGANISATIONS)),
        ("Personen", Electorate(Franchise.PERSONS)),
        ("people", Electorate(Franchise.PERSONS)),
        ("Aktive", Electorate(Franchise.ACTIVE)),
        ("active members", Electorate(Franchise.ACTIVE)),
        ("Ebene Stadt", Electorate(Franchise.LEVEL, Level.CITY)),
        ("Ebene Stadt, Gemeinde", Electorate(Franchise.LEVEL, "city\nmunicipality")),
        ("Ebenen Stadt und Landkreis", Electorate(Franchise.LEVEL, "city\ncounty")),
        ("Städte", Electorate(Franchise.LEVEL, Level.CITY)),
        ("Städte und Gemeinden", Electorate(Franchise.LEVEL, "city\nmunicipality")),
        ("Städte, Lindenstadt", Electorate(Franchise.LIST, "Städte\nLindenstadt")),
        ("Alle", Electorate(Franchise.ORGANISATIONS)),
        ("Ebene Stadt, Quark", None),
        ("Ebene: Landkreis", Electorate(Franchise.LEVEL, Level.COUNTY)),
        ("Organisationen der Ebene Gemeinde", Electorate(Franchise.LEVEL, Level.MUNICIPALITY)),
        ("level city", Electorate(Franchise.LEVEL, Level.CITY)),
        ("organisations of level county", Electorate(Franchise.LEVEL, Level.COUNTY)),
        ("Ebene Quark", None),
        ("Lindenstadt", Electorate(Franchise.LIST, "Lindenstadt")),
        ("Lindenstadt, Erlenbrück; @ben:example.org",
         Electorate(Franchise.LIST, "Lindenstadt\nErlenbrück\n@ben:example.org")),
        ("- Lindenstadt\n- Halle (Saale), Stadt", Electorate(Franchise.LIST, "Lindenstadt\nHalle (Saale), Stadt")),
        ("Lindenstadt, Lindenstadt", Electorate(Franchise.LIST, "Lindenstadt")),
        ("", None),
        (" , ; ", None),
    ],
)  # fmt: skip
def test_electorates(words: str, electorate: Electorate | None) -> None:
    assert read_electorate(words) == electorate


def test_the_names_of_a_list() -> None:
    found = read_electorate("Lindenstadt, Erlenbrück")
    assert found is not None
    assert found.names == ("Lindenstadt", "Erlenbrück")
    assert Electorate(Franchise.LEVEL, Level.CITY).names == ()


@given(st.text(max_size=60))
def test_nothing_that_is_typed_is_too_much(words: str) -> None:
    for read in READERS:
        try:
            read(words)
        except OutOfRange as impossible:
            assert (read, bool(impossible.percent)) == (read_quorum, True)  # noqa: PT017 - no other one raises


@pytest.mark.parametrize("part", ["a", "60 % ", "9", "Ebene ", "ä", ",", "\n", "mindestens "])
def test_long_texts_are_read_in_good_time(part: str) -> None:
    words = (part * 20_000)[:20_000]
    started = time.process_time()
    for read in READERS:
        read(words)
    assert time.process_time() - started < 0.3


def test_a_rule_that_is_none_is_like_one() -> None:
    assert read_rule("Konsens") is None
    assert rule_like("Konsens") is Rule.CONSENT
    assert rule_like("Losentscheid") is None

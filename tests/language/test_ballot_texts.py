"""The words of `ballots.html`: every value has some, they are honest, and examples they show are understood."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.answers import Kind, Option, Problem, Sheet, is_valid
from bot.domain.consultation import Franchise, Visibility
from bot.domain.deciding import Base, QuorumOf, Rule
from bot.domain.organisations import Level
from bot.language.ballots import Read, read_answer
from bot.texts import LANGUAGES, Rendered, Text, Texts
from tests.language.test_ballots import answered
from tests.language.test_ballots_of_many import DAYS

BERLIN = ZoneInfo("Europe/Berlin")
TEXTS = Texts()
NASTY = "<b>eins</b> {{ 7*7 }}"
COMMAND = {"de": "!stimme K3.2 ", "en": "!vote K3.2 "}


def said(name: str, language: str, **values: Any) -> Rendered:
    return TEXTS.render(Text(f"ballots.{name}", values), language, BERLIN)


def paper(kind: Kind, count: int = 4) -> Sheet:
    options = tuple(Option(f"Vorhaben {chr(65 + i)}") for i in range(count))
    return Sheet(kind, () if kind is Kind.APPROVAL else options, 10 if kind is Kind.POINTS else None)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("openly", [True, False])
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("count", [2, 3, 4, 6, 7, 21])
def test_how_to_vote_shows_what_is_understood(kind: Kind, openly: bool, language: str, count: int) -> None:
    sheet = paper(kind, count)
    how = said("how", language, sheet=sheet, short="K3.2", prefix="!", openly=openly)
    assert ("👍" in how.plain or "1️⃣" in how.plain) == (
        openly and kind in (Kind.APPROVAL, Kind.CHOICE, Kind.MULTIPLE, Kind.DATES)
    )
    assert ("unten" in how.plain or "below" in how.plain) == (openly and sheet.has_poll)
    examples = [each for each in re.findall(r"<code>(.*?)</code>", how.html) if each.startswith(COMMAND[language])]
    assert len(examples) == 1
    example = examples[0].removeprefix(COMMAND[language]).replace("&gt;", ">")
    if "…" not in example:  # only examples of many options are cut
        read = read_answer(example, sheet)
        assert read.answer is not None
        assert is_valid(read.answer, sheet)
    assert ("…" in example) == (count > 6 and kind in (Kind.RANKING, Kind.RESISTANCE, Kind.DATES))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_amendment_as_it_is_shown_is_understood(language: str) -> None:
    how = said("how", language, sheet=paper(Kind.APPROVAL), short="K3", prefix="!", openly=True)
    shown = re.findall(r"<code>(.*?)</code>", how.html)[-1]
    assert read_answer(shown.replace("…", "Frist"), paper(Kind.APPROVAL)) == Read("yes", amendment="Frist")


@given(answered(), st.sampled_from(LANGUAGES))
def test_what_was_given_reads_as_the_same(drawn: tuple[Sheet, str], language: str) -> None:
    sheet, answer = drawn
    assert read_answer(said("given", language, answer=answer, sheet=sheet).plain, sheet) == Read(answer)


@pytest.mark.parametrize("language", LANGUAGES)
def test_dates_that_were_given_read_as_the_same(language: str) -> None:
    given_so = said("given", language, answer="1:yes,2:no,3:maybe,4:no", sheet=DAYS).plain
    assert read_answer(given_so, DAYS, zone=BERLIN).answer == "1:yes,2:no,3:maybe,4:no"


@pytest.mark.parametrize(
    ("kind", "answer", "de", "en"),
    [
        (Kind.APPROVAL, "yes", "Ja", "Yes"),
        (Kind.APPROVAL, "abstain", "Enthaltung", "Abstention"),
        (Kind.RANKING, "abstain", "Enthaltung", "Abstention"),
        (Kind.CHOICE, "2", "2 · Vorhaben B", "2 · Vorhaben B"),
        (Kind.MULTIPLE, "1,2", "1 · Vorhaben A, 2 · Vorhaben B", "1 · Vorhaben A, 2 · Vorhaben B"),
        (Kind.RANKING, "3>1=2", "3 · Vorhaben C > 1 · Vorhaben A = 2 · Vorhaben B",
         "3 · Vorhaben C > 1 · Vorhaben A = 2 · Vorhaben B"),
        (Kind.POINTS, "1:3", "1 · Vorhaben A: 3", "1 · Vorhaben A: 3"),
        (Kind.RESISTANCE, "1:0,2:10", "1 · Vorhaben A: 0, 2 · Vorhaben B: 10", "1 · Vorhaben A: 0, 2 · Vorhaben B: 10"),
        (Kind.DATES, "1:yes,2:maybe", "1 · Vorhaben A: ja, 2 · Vorhaben B: notfalls",
         "1 · Vorhaben A: yes, 2 · Vorhaben B: if need be"),
    ],
)  # fmt: skip
def test_an_answer_in_words(kind: Kind, answer: str, de: str, en: str) -> None:
    assert said("given", "de", answer=answer, sheet=paper(kind, 3)).plain == de
    assert said("given", "en", answer=answer, sheet=paper(kind, 3)).plain == en


def test_dates_are_shown_in_full() -> None:
    sheet = Sheet(Kind.DATES, (Option("12.12.", datetime(2026, 12, 12, 11, tzinfo=UTC)),))
    assert said("option", "de", sheet=sheet, number=1).plain == "1 · Samstag, 12. Dezember 2026, 12:00 Uhr"


@pytest.mark.parametrize("language", LANGUAGES)
def test_typed_text_stays_text(language: str) -> None:
    sheet = Sheet(Kind.CHOICE, (Option(NASTY), Option("x" * 5000)))
    for html in (
        said("given", language, answer="1", sheet=sheet).html,
        said("options", language, sheet=sheet).html,
        said("problem", language, problem=Problem.UNKNOWN_OPTION, about=NASTY, sheet=sheet).html,
        said("electorate", language, franchise=Franchise.LIST, of=NASTY, count=1).html,
    ):
        assert "<b>" not in html
        assert "49" not in html
    assert len(said("option", language, sheet=sheet, number=2).plain) < 100


SOME_KINDS = {
    Problem.ONE_ONLY: {Kind.CHOICE},
    Problem.INCOMPLETE: {Kind.RANKING, Kind.RESISTANCE, Kind.DATES},
    Problem.OVER_BUDGET: {Kind.POINTS},
    Problem.OUT_OF_RANGE: {Kind.POINTS, Kind.RESISTANCE},
}  # the others are problems of every kind
POSSIBLE = [(problem, kind) for problem in Problem for kind in Kind if kind in SOME_KINDS.get(problem, set(Kind))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("problem", "kind"), POSSIBLE)
def test_every_problem_says_what_to_do(problem: Problem, kind: Kind, language: str) -> None:
    words = said("problem", language, problem=problem, about="3, 4", sheet=paper(kind)).plain
    assert words.endswith((".", "?"))
    assert "None" not in words
    assert len(words) < 350


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_said_is_told_apart_from_nothing_understood(language: str) -> None:
    said_nothing = said("problem", language, problem=Problem.MALFORMED, about="", sheet=paper(Kind.CHOICE)).plain
    assert "„" not in said_nothing.partition(".")[0]
    assert "“" not in said_nothing.partition(".")[0]


@pytest.mark.parametrize(
    ("rule", "base", "words"),
    [
        (Rule.SIMPLE, Base.VALID, "einfache Mehrheit der gültigen Stimmen (ohne Enthaltungen)"),
        (Rule.SIMPLE, Base.CAST, "einfache Mehrheit der abgegebenen Stimmen (mit Enthaltungen)"),
        (Rule.ABSOLUTE, Base.VALID, "absolute Mehrheit aller Stimmberechtigten"),
        (Rule.TWO_THIRDS, Base.ALL, "Zweidrittelmehrheit aller Stimmberechtigten"),
        (Rule.THREE_QUARTERS, Base.VALID, "Dreiviertelmehrheit der gültigen Stimmen (ohne Enthaltungen)"),
        (Rule.UNANIMOUS, Base.VALID, "einstimmig (keine Gegenstimme)"),
        (Rule.CONSENT, Base.VALID, "Konsent (kein Nein mit Begründung)"),
    ],
)
def test_rules_name_what_is_a_hundred_percent(rule: Rule, base: Base, words: str) -> None:
    assert said("rule", "de", rule=rule, base=base).plain == words
    assert said("rule", "en", rule=rule, base=base).plain


@pytest.mark.parametrize(
    ("percent", "of", "words"),
    [
        (60, QuorumOf.ELECTORS, "Quorum 60 %"),
        (60, QuorumOf.WEIGHTS, "Quorum 60 % der Stimmgewichte"),
        (60, QuorumOf.CLASSES, "Quorum 60 % je Größenklasse"),
        (None, QuorumOf.ELECTORS, "ohne Quorum"),
    ],
)
def test_quorums(percent: int | None, of: QuorumOf, words: str) -> None:
    assert said("quorum", "de", percent=percent, of=of).plain == words
    assert said("quorum", "en", percent=percent, of=of).plain


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_could_see_votes_is_said(language: str) -> None:
    for visibility in (Visibility.COVERED, Visibility.CONFIDENTIAL):
        words = said("visibility", language, value=visibility).plain
        assert "Betreiber" in words or "operator" in words
    assert "(" in said("visibility", language, value=Visibility.OPEN).plain


@pytest.mark.parametrize(
    ("franchise", "of", "count", "words"),
    [
        (Franchise.ORGANISATIONS, "", 9, "9 Organisationen"),
        (Franchise.ORGANISATIONS, "", 1, "1 Organisation"),
        (Franchise.ORGANISATIONS, "", None, "Organisationen des Verbunds"),
        (Franchise.LEVEL, Level.CITY, 3, "3 Organisationen der Ebene Stadt"),
        (Franchise.LEVEL, Level.CITY, None, "Organisationen der Ebene Stadt"),
        (Franchise.ACTIVE, "", 4, "4 Aktive der Gruppe"),
        (Franchise.PERSONS, "", 1, "1 Person im Raum, ohne Gäste"),
        (Franchise.LIST, "Lindenstadt\n@ben:example.org", 2, "namentlich genannt (2): Lindenstadt, @ben:example.org"),
        (Franchise.LIST, "Lindenstadt", None, "namentlich genannt: Lindenstadt"),
    ],
)
def test_electorates(franchise: Franchise, of: str, count: int | None, words: str) -> None:
    assert said("electorate", "de", franchise=franchise, of=of, count=count).plain == words
    assert said("electorate", "en", franchise=franchise, of=of, count=count).plain

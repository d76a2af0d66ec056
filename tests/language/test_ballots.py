"""Answers of every kind in many spellings; what could mean two things is a problem, and nothing is guessed."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers import ABSTAIN, Fit, Kind, Option, Problem, Sheet, is_valid, of_amounts, of_choices, of_fits
from bot.domain.answers import of_tiers as tiers
from bot.language.ballots import APPROVAL, Read, answer_of_reaction, read_answer
from tests.language.papers import (
    BERLIN,
    CHOICE,
    DATES,
    MULTIPLE,
    POINTS,
    RANKING,
    RESISTANCE,
    SHEETS,
    check,
    check_problem,
    sheet,
)


@pytest.mark.parametrize(
    ("typed", "answer", "reason", "amendment"),
    [
        ("ja", "yes", "", ""),
        ("Nein, weil die Fristen fehlen", "no", "weil die Fristen fehlen", ""),
        ("nein, weil nur drei Monate bleiben", "no", "weil nur drei Monate bleiben", ""),
        ("Enthaltung", "abstain", "", ""),
        ("👍", "yes", "", ""),
        ("ja, mit Änderung: Frist drei Monate", "yes", "", "Frist drei Monate"),
        ("ja mit Änderung: Frist 3 Monate", "yes", "", "Frist 3 Monate"),
        ("ja (Änderung: Frist 3 Monate)", "yes", "", "Frist 3 Monate"),
        ("ja\nÄnderung: Frist\nund Form", "yes", "", "Frist\nund Form"),
        ("ja, mit folgender Ergänzung: § 4", "yes", "", "§ 4"),
        ("nein, Änderungsvorschlag: § 3 streichen", "no", "", "§ 3 streichen"),
        ("Nein – Änderungsantrag: § 3 streichen", "no", "", "§ 3 streichen"),
        ("nein, weil es eilt. Änderungsvorschlag: § 3", "no", "weil es eilt", "§ 3"),
        ("nein, Änderungsvorschlag: § 3. Begründung: es eilt", "no", "es eilt", "§ 3"),
        ("yes, amendment: three months", "yes", "", "three months"),
        ("no, with the following amendment: three months", "no", "", "three months"),
        ("ja, weil die Änderung gut ist", "yes", "weil die Änderung gut ist", ""),
    ],
)
def test_approval(typed: str, answer: str, reason: str, amendment: str) -> None:
    assert read_answer(typed, APPROVAL) == Read(answer, reason, amendment)


@pytest.mark.parametrize(
    "typed",
    ["", "  ", "2", "vielleicht", "ja, aber nur mit Frist", "ja, aber nur mit Änderung: Frist", "Änderung: Frist",
     "ja oder nein", "ja, nein"],
)  # fmt: skip
def test_no_approval(typed: str) -> None:
    check_problem(typed, APPROVAL, Problem.MALFORMED, typed.strip())


@pytest.mark.parametrize("of", SHEETS, ids=lambda of: of.kind)
@pytest.mark.parametrize("typed", ["Enthaltung", "ich enthalte mich", "abstain", "enthaltung weil 2 > 1"])
def test_everybody_may_abstain(typed: str, of: Sheet) -> None:
    check(typed, of, ABSTAIN, "weil 2 > 1" if "weil" in typed else "")


@pytest.mark.parametrize(
    ("typed", "answer", "reason"),
    [
        ("2", "2", ""),
        ("2.", "2", ""),
        (" 2 ! ", "2", ""),
        ("2️⃣", "2", ""),
        ("Option 2", "2", ""),
        ("option #2", "2", ""),
        ("Nr. 2", "2", ""),
        ("#2", "2", ""),
        ("Ich wähle 2", "2", ""),
        ("die zweite", "2", ""),
        ("zwei", "2", ""),
        ("2 bitte", "2", ""),
        ("2, gerne", "2", ""),
        ("Guten Tag, 2. Viele Grüße, Ben", "2", ""),
        ("für 2", "2", ""),
        ("I choose option 2", "2", ""),
        ("Umgehungsstraße", "1", ""),
        ("UMGEHUNGSSTRASSE", "1", ""),
        ("„Umgehungsstraße“", "1", ""),
        ("Umgehungstrasse", "1", ""),
        ("umgehungsstarße", "1", ""),
        ("Tunnel", "2", ""),
        ("tunnel-nord", "2", ""),
        ("Schule und Kita", "3", ""),
        ("2: Tunnel Nord", "2", ""),
        ("2. Tunnel Nord", "2", ""),
        ("2 · Tunnel Nord", "2", ""),
        ("2 (Tunnel Nord)", "2", ""),
        ("2, Tunnel Nord", "2", ""),
        ("2 👍", "2", ""),
        ("2 weil 3 zu teuer ist", "2", "weil 3 zu teuer ist"),
        ("2, weil 3 und 4 zu teuer sind", "2", "weil 3 und 4 zu teuer sind"),
        ("Park because option 1 is worse", "4", "because option 1 is worse"),
        ("2, zu teuer sind die anderen", "2", "zu teuer sind die anderen"),
        ("2: kurze Wege", "2", "kurze Wege"),
        ("2 – kurze Wege", "2", "kurze Wege"),
        ("2 - kurze Wege", "2", "kurze Wege"),
        ("2\nWir haben 4 Schulen.", "2", "Wir haben 4 Schulen."),
        ("2. Wir haben 4 Schulen.", "2", "Wir haben 4 Schulen."),
        ("2 (kurze Wege)", "2", "kurze Wege"),
        ("2, Begründung: kurze Wege", "2", "kurze Wege"),
    ],
)
def test_choice(typed: str, answer: str, reason: str) -> None:
    check(typed, CHOICE, answer, reason)


@pytest.mark.parametrize(
    ("typed", "problem", "about"),
    [
        ("2, 4", Problem.ONE_ONLY, "2, 4"),
        ("2 4", Problem.ONE_ONLY, "2 4"),
        ("2 und Park, weil beides gut ist", Problem.ONE_ONLY, "2 und Park"),
        ("2 oder 4", Problem.ONE_ONLY, "2 oder 4"),
        ("2, 4 wäre auch gut", Problem.ONE_ONLY, "2, 4"),
        ("7", Problem.UNKNOWN_OPTION, "7"),
        ("0", Problem.UNKNOWN_OPTION, "0"),
        ("Option 7", Problem.UNKNOWN_OPTION, "Option 7"),
        ("Quark", Problem.UNKNOWN_OPTION, "Quark"),
        ("ja", Problem.UNKNOWN_OPTION, "ja"),
        ("99999999999999999999", Problem.UNKNOWN_OPTION, "99999999999999999999"),
        ("", Problem.MALFORMED, ""),
        ("weil es eilt", Problem.MALFORMED, "weil es eilt"),
        ("2 – 4", Problem.MALFORMED, "2 – 4"),
        ("2, aber nur mit Frist", Problem.MALFORMED, "2, aber nur mit Frist"),
        ("2, falls das Geld reicht", Problem.MALFORMED, "2, falls das Geld reicht"),
        ("2, lieber Park", Problem.MALFORMED, "2, lieber Park"),
        ("2, nicht 4", Problem.MALFORMED, "2, nicht 4"),
        ("2 – 4 wäre mir lieber", Problem.MALFORMED, "2 – 4 wäre mir lieber"),
        ("2. Park wäre auch gut", Problem.MALFORMED, "2. Park wäre auch gut"),
        ("Enthaltung, 2", Problem.MALFORMED, "Enthaltung, 2"),
        ("1. und 2.", Problem.MALFORMED, "1. und 2."),
        ("Park nicht", Problem.UNKNOWN_OPTION, "nicht"),
        ("alles außer 2", Problem.MALFORMED, "alles außer 2"),
        ("nicht 2", Problem.UNKNOWN_OPTION, "nicht"),
        ("Tunnel Süd", Problem.UNKNOWN_OPTION, "Tunnel Süd"),
        ("alle", Problem.MALFORMED, "alle"),
    ],
)
def test_no_choice(typed: str, problem: Problem, about: str) -> None:
    check_problem(typed, CHOICE, problem, about)


@pytest.mark.parametrize(
    ("labels", "typed", "answer"),
    [
        (("Variante A", "Variante B"), "B", "2"),
        (("Lindenstadt", "Linden"), "Lind", None),
        (("Lindenstadt", "Linden"), "Linden", "2"),
        (("20 €", "30 €"), "30 €", "2"),
        (("2 €", "1 €"), "2", None),
        (("Variante A", "Variante B"), "variante b", "2"),
        (("Variante A", "Variante B"), "Variante C", None),
        (("Variante A", "Beibehalten"), "Variante C", None),
        (("Variante A", "Variante B"), "Variante", None),
        (("Süd", "Ost", "Süd Ost"), "Süd Ost", "3"),
        (("Süd", "Ost", "Süd-Ost"), "süd-ost", "3"),
        (("Brücke", "Nicht bauen"), "bauen", None),
        (("mit Brücke", "ohne Brücke"), "Brücke", None),
        (("mit Brücke", "ohne Brücke"), "ohne brucke", "2"),
        (("ungeeignet", "später"), "geeignet", None),
        (("Schule", "Schule"), "Schule", None),
        (("2", "1"), "2", None),
        (("2", "1"), "Option 2", "2"),
        (("5", "10", "20"), "10", "2"),
        (("5", "2", "20"), "2", "2"),
        (("10 Bäume", "20 Bäume"), "20 Bäume", "2"),
        (("Umgehung, Variante Nord", "Umgehung, Variante Süd"), "Umgehung Variante Süd", "2"),
        (("Umgehung, Variante Nord", "Umgehung, Variante Süd"), "Umgehung, Variante Süd, weil Nord eng ist", "2"),
        (("Halle (Saale)", "Weil am Rhein"), "Weil am Rhein", "2"),
        (("Halle (Saale)", "Weil am Rhein"), "Halle (Saale)", "1"),
        (("Ja", "Nein", "Später"), "nein", "2"),
        (("Ja", "Nein", "Enthaltung"), "Enthaltung", None),
        (("Ja", "Nein", "Enthaltung"), "3", "3"),
        (("Łódź", "日本"), "日本", "2"),
        (("👍", "👎"), "👎", None),
        (("Variante 2a", "Variante 1"), "Variante 2", None),
        (("Variante 2a", "Variante 1"), "Variante 1", "2"),
        (("Variante Nord", "Variante Süd"), "Variante 2", "2"),
    ],
)
def test_names_of_options(labels: tuple[str, ...], typed: str, answer: str | None) -> None:
    assert read_answer(typed, sheet(Kind.CHOICE, *labels)).answer == answer


@pytest.mark.parametrize(
    ("typed", "answer", "reason"),
    [
        ("2", "2", ""),
        ("2, 4", "2,4", ""),
        ("4,2", "2,4", ""),
        ("2 und 4", "2,4", ""),
        ("2 4", "2,4", ""),
        ("2 + 4", "2,4", ""),
        ("Optionen 2 und 4", "2,4", ""),
        ("- 2\n- 4", "2,4", ""),
        ("1, 2 und 4", "1,2,4", ""),
        ("alle", "1,2,3,4", ""),
        ("all options", "1,2,3,4", ""),
        ("alle außer 3", "1,2,4", ""),
        ("all except 1 and 3", "2,4", ""),
        ("Schule und Kita, Park", "3,4", ""),
        ("Park und Umgehungstrasse", "1,4", ""),
        ("2 · Tunnel Nord, 4 · Park", "2,4", ""),
        ("2, 4 weil 1 und 3 zu teuer sind", "2,4", "weil 1 und 3 zu teuer sind"),
        ("2, 4 (3 ist zu teuer)", "2,4", "3 ist zu teuer"),
        ("2, 4\nWir haben 3 Parks.", "2,4", "Wir haben 3 Parks."),
        ("2, 4. Wir haben 3 Parks.", "2,4", "Wir haben 3 Parks."),
    ],
)
def test_multiple(typed: str, answer: str, reason: str) -> None:
    check(typed, MULTIPLE, answer, reason)


@pytest.mark.parametrize(
    ("typed", "problem", "about"),
    [
        ("2, 9", Problem.UNKNOWN_OPTION, "9"),
        ("2, 4, zu teuer", Problem.UNKNOWN_OPTION, "zu teuer"),
        ("2, 2", Problem.TWICE, "2"),
        ("2, Tunnel", Problem.TWICE, "Tunnel"),
        ("keine", Problem.MALFORMED, "keine"),
        ("2 oder 4", Problem.MALFORMED, "2 oder 4"),
        ("2 - 4", Problem.MALFORMED, "2 - 4"),
        ("2-4", Problem.MALFORMED, "2-4"),
        ("alle außer 1, 2, 3, 4", Problem.MALFORMED, "alle außer 1, 2, 3, 4"),
        ("2, 4, sofern das Geld reicht", Problem.UNKNOWN_OPTION, "sofern das Geld reicht"),
        ("1 > 2", Problem.MALFORMED, "1 > 2"),
        ("1=3 2=1", Problem.MALFORMED, "1=3 2=1"),
    ],
)
def test_no_multiple(typed: str, problem: Problem, about: str) -> None:
    check_problem(typed, MULTIPLE, problem, about)


@pytest.mark.parametrize(
    ("key", "of", "answer"),
    [
        ("👍", APPROVAL, "yes"),
        ("👎🏿", APPROVAL, "no"),
        ("🤷🏽‍♂️", APPROVAL, "abstain"),
        ("1️⃣", APPROVAL, None),
        ("2️⃣", CHOICE, "2"),
        ("2\u20e3", CHOICE, "2"),
        ("②", CHOICE, "2"),
        ("5️⃣", CHOICE, None),
        ("🔟", sheet(Kind.CHOICE, *(f"O{i}x" for i in range(12))), "10"),
        ("🇧", CHOICE, "2"),
        ("🅱️", CHOICE, "2"),
        ("🇪", CHOICE, None),
        ("🇩🇪", CHOICE, None),
        ("🇦", sheet(Kind.CHOICE, "Variante B", "Variante A"), None),
        ("🇦", sheet(Kind.CHOICE, "Variante A", "Variante B"), "1"),
        ("🤷", CHOICE, "abstain"),
        ("👍", CHOICE, None),
        ("🎉", CHOICE, None),
        ("", CHOICE, None),
        ("3️⃣", MULTIPLE, "3"),
        ("3️⃣", DATES, "3"),
        ("🤷", RANKING, "abstain"),
        ("1️⃣", RANKING, None),
        ("1️⃣", POINTS, None),
        ("1️⃣", RESISTANCE, None),
        ("2️⃣", sheet(Kind.CHOICE, "2", "1"), None),
    ],
)
def test_reactions(key: str, of: Sheet, answer: str | None) -> None:
    assert answer_of_reaction(key, of) == answer


@pytest.mark.parametrize("count", [3, 50])
def test_no_answer_is_cut_short(count: int) -> None:
    """Names in full are read however long they are; what is longer than any answer is none, and no shorter one."""
    labels = tuple(f"{'Ausbau der Umgehungsstraße ' * 6}Abschnitt {i}" for i in range(1, count + 1))
    check(" > ".join(reversed(labels)), sheet(Kind.RANKING, *labels), ">".join(map(str, range(count, 0, -1))))
    check(", ".join(labels), sheet(Kind.MULTIPLE, *labels), ",".join(map(str, range(1, count + 1))))
    wordy = "1," + " " * 20_000 + "2"
    check_problem(wordy, sheet(Kind.MULTIPLE, *labels), Problem.MALFORMED, "1,")
    check("1 weil" + " 2" * 20_000, sheet(Kind.MULTIPLE, *labels), "1", "weil" + " 2" * 20_000)


@st.composite
def answered(draw: st.DrawFn) -> tuple[Sheet, str]:
    """A sheet, and an answer to it in its canonical form."""
    kind = draw(st.sampled_from([kind for kind in Kind if kind is not Kind.APPROVAL]))
    count = draw(st.integers(2, 12))
    paper = Sheet(kind, tuple(Option(f"Vorhaben {'abcdefghijkl'[i]}") for i in range(count)), 20)
    everything = range(1, count + 1)
    some = st.lists(st.sampled_from(everything), min_size=1, unique=True)
    match kind:
        case Kind.CHOICE:
            return paper, str(draw(st.sampled_from(everything)))
        case Kind.MULTIPLE:
            return paper, of_choices(draw(some))
        case Kind.RANKING:
            order = draw(st.permutations(everything))
            places = sorted(draw(st.lists(st.integers(0, 5), min_size=count, max_size=count)))
            grouped = [[o for o, place in zip(order, places, strict=True) if place == p] for p in sorted(set(places))]
            return paper, tiers(grouped)
        case Kind.POINTS:
            return paper, of_amounts({option: 1 + option % 2 for option in draw(some)[:10]}, zeros=False)
        case Kind.RESISTANCE:
            return paper, of_amounts({option: draw(st.integers(0, 10)) for option in everything}, zeros=True)
        case _:
            return paper, of_fits({option: draw(st.sampled_from(list(Fit))) for option in everything})


@given(answered())
def test_a_canonical_answer_reads_as_itself(drawn: tuple[Sheet, str]) -> None:
    paper, answer = drawn
    assert is_valid(answer, paper)
    assert read_answer(answer, paper) == Read(answer)
    assert read_answer(f"{answer} weil 1 > 2, 3=4", paper) == Read(answer, "weil 1 > 2, 3=4")


WORDS = st.lists(
    st.sampled_from(
        ["1", "2", "3", "4", "7", "10", "0", *",;:>=<.-–()+/?\n", "ja", "nein", "notfalls", "und", "oder", "weil",
         "alle", "keine", "rest", "außer", "Punkte", "für", "Option", "Nr", "Park", "Tunnel", "Nord", "Schule", "Kita",
         "Enthaltung", "Änderung:", "12.12.", "👍", "1️⃣", "🔟"]
    ),
    max_size=14,
).map(" ".join)  # fmt: skip


@settings(max_examples=400)
@given(st.sampled_from(SHEETS), st.one_of(st.text(max_size=60), WORDS, WORDS.map(lambda text: text.replace(" ", ""))))
def test_whatever_is_read_is_an_answer(of: Sheet, typed: str) -> None:
    read = read_answer(typed, of, zone=BERLIN)
    assert (read.answer is None) == (read.problem is not None)
    assert read.answer is None or is_valid(read.answer, of)
    assert read.completed is None or is_valid(read.completed, of)
    assert len(read.about) <= 200
    reacted = answer_of_reaction(typed, of)
    assert reacted is None or reacted == ABSTAIN or is_valid(reacted, of) or reacted in ("1", "2", "3", "4")


LONG = tuple(f"Vorschlag {i} zum Ausbau der Straße am Nordring, Variante {chr(65 + i % 26)}{i}" for i in range(40))
HOSTILE = (
    "1 ", "1,", "1>", "1=1 ", "1. ", "1.1. ", "(", "()", "2 (ja) ", "a", "ä", "a, ", "ja ", "weil ", "für ", "- ", "\n",
    "9", "👍", "\u0301", "Option ", "alle außer ", " mit der Änderung", "Begründung ", "Vorschlg zum Ausbu, ",
    "Vorschlag 3 zum Ausbau der Straße am Nordring, Variante ", " ", "12. Dezember ",
)  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
def test_hostile_texts_are_read_in_good_time(kind: Kind) -> None:
    paper = sheet(kind, *LONG)
    read_answer("1", paper)
    for part in HOSTILE:
        typed = "1 " + (part * 20_000)[:20_000] + "x"
        assert _seconds(typed, paper) < 2, part  # milliseconds, unless a pattern backtracks


def _seconds(typed: str, paper: Sheet) -> float:
    started = time.process_time()
    read_answer(typed, paper)
    return time.process_time() - started

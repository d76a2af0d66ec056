"""Rankings, points, resistance and dates in many spellings."""

from datetime import UTC, datetime

import pytest

from bot.domain.answers import Kind, Option, Problem, Sheet
from bot.language.ballots import Read, read_answer
from tests.language.papers import (
    BERLIN,
    DATES,
    POINTS,
    RANKING,
    RESISTANCE,
    check,
    check_problem,
)


@pytest.mark.parametrize(
    ("typed", "answer", "reason"),
    [
        ("2 > 1 > 3 > 4", "2>1>3>4", ""),
        ("2>1=3>4", "2>1=3>4", ""),
        ("2 > 3 = 1 > 4", "2>1=3>4", ""),
        ("2, 1, 3, 4", "2>1>3>4", ""),
        ("2, 1=3, 4", "2>1=3>4", ""),
        ("2 1 3 4", "2>1>3>4", ""),
        ("2\n1\n3\n4", "2>1>3>4", ""),
        ("- Park\n- Tunnel Nord\n- Schule und Kita\n- Umgehungsstraße", "4>2>3>1", ""),
        ("1. Park\n2. Tunnel Nord\n3. Schule und Kita\n4. Umgehungsstraße", "4>2>3>1", ""),
        ("1. Umgehungsstraße\n2. Tunnel Nord\n3. Schule und Kita\n4. Park", "1>2>3>4", ""),
        ("4 · Park > 2 · Tunnel Nord = 3 · Schule und Kita > 1 · Umgehungsstraße", "4>2=3>1", ""),
        ("4. Park > 2. Tunnel Nord > 3 > 1", "4>2>3>1", ""),
        ("Park > Tunnel > Umgehungsstraße > Schule und Kita", "4>2>1>3", ""),
        ("Park vor Tunnel vor 1 vor 3", "4>2>1>3", ""),
        ("4 then 2 then 1 then 3", "4>2>1>3", ""),
        ("4, dann 2, dann 1, dann 3", "4>2>1>3", ""),
        ("4 < 1 < 2 < 3", "3>2>1>4", ""),
        ("2 -> 1 -> 3 -> 4", "2>1>3>4", ""),
        ("2 → 1 → 3 → 4", "2>1>3>4", ""),
        ("1=2=3=4", "1=2=3=4", ""),
        ("2 > Rest", "2>1=3=4", ""),
        ("4, 2, der Rest, weil alles eilt", "4>2>1=3", "weil alles eilt"),
        ("Park then the others", "4>1=2=3", ""),
        ("2>1>3>4 weil 3 > 4", "2>1>3>4", "weil 3 > 4"),
        ("2 > 1 > 3 > 4 – 2 ist am besten", "2>1>3>4", "2 ist am besten"),
    ],
)
def test_ranking(typed: str, answer: str, reason: str) -> None:
    check(typed, RANKING, answer, reason)


@pytest.mark.parametrize(
    ("typed", "problem", "about"),
    [
        ("2 > 1 > 3 > 7", Problem.UNKNOWN_OPTION, "7"),
        ("2 > 1 > Quark", Problem.UNKNOWN_OPTION, "Quark"),
        ("2 > 2 > 1 > 3", Problem.TWICE, "2"),
        ("2, 1 > 3 > 4", Problem.MALFORMED, "2, 1 > 3 > 4"),
        ("2 > 1, 3, 4", Problem.MALFORMED, "2 > 1, 3, 4"),
        ("2 > 1 und 3 > 4", Problem.MALFORMED, "2 > 1 und 3 > 4"),
        ("2 > 1 < 3 > 4", Problem.MALFORMED, "2 > 1 < 3 > 4"),
        ("2 >= 1 > 3 > 4", Problem.MALFORMED, "2 >= 1 > 3 > 4"),
        ("3. Schule und Kita, 1. Umgehungsstraße, 2. Tunnel Nord, 4. Park", Problem.MALFORMED,
         "3. Schule und Kita, 1. Umgehungsstraße, 2. Tunnel Nord, 4. Park"),
        ("2 > (1, 3) > 4", Problem.MALFORMED, "2 > (1, 3) > 4"),
        ("2134", Problem.UNKNOWN_OPTION, "2134"),
    ],
)  # fmt: skip
def test_no_ranking(typed: str, problem: Problem, about: str) -> None:
    check_problem(typed, RANKING, problem, about)


@pytest.mark.parametrize(
    ("typed", "about", "completed", "reason"),
    [
        ("2 > 1", "3, 4", "2>1>3=4", ""),
        ("2", "1, 3, 4", "2>1=3=4", ""),
        ("2 > 1 = 3, weil 4 zu teuer ist", "4", "2>1=3>4", "weil 4 zu teuer ist"),
        ("3 < 4", "1, 2", "4>3>1=2", ""),
    ],
)
def test_an_incomplete_ranking_may_be_completed(typed: str, about: str, completed: str, reason: str) -> None:
    assert read_answer(typed, RANKING) == Read(None, reason, "", Problem.INCOMPLETE, about, completed)


@pytest.mark.parametrize(
    ("typed", "answer", "reason"),
    [
        ("1=3 2=1", "1:3,2:1", ""),
        ("1 = 3, 2 = 1", "1:3,2:1", ""),
        ("1: 3, 2: 1", "1:3,2:1", ""),
        ("1:3\n2:1", "1:3,2:1", ""),
        ("2=1 1=3 3=0", "1:3,2:1", ""),
        ("3 Punkte für 1", "1:3", ""),
        ("3 Punkte für 1, 1 Punkt für Tunnel Nord", "1:3,2:1", ""),
        ("3 for 1 and 1 for 2", "1:3,2:1", ""),
        ("3 points to Park", "4:3", ""),
        ("Schule und Kita 3, Park 2", "3:3,4:2", ""),
        ("Schule und Kita: 3 Punkte; Park: 2 Punkte", "3:3,4:2", ""),
        ("Park bekommt 3 Punkte", "4:3", ""),
        ("Park 3P", "4:3", ""),
        ("Option 4: 3", "4:3", ""),
        ("4 · Park: 3, 1 · Umgehungsstraße: 2", "1:2,4:3", ""),
        ("1 – 3, 2 – 1", "1:3,2:1", ""),
        ("1 - 3, 2 - 1", "1:3,2:1", ""),
        ("alle Punkte für 2", "2:10", ""),
        ("5 3 2 0", "1:5,2:3,3:2", ""),
        ("je 2", "1:2,2:2,3:2,4:2", ""),
        ("1=drei", "1:3", ""),
        ("1=3 2=1 weil 4=0", "1:3,2:1", "weil 4=0"),
        ("1=3, 2=1 (mehr als 2 geht nicht)", "1:3,2:1", "mehr als 2 geht nicht"),
    ],
)
def test_points(typed: str, answer: str, reason: str) -> None:
    check(typed, POINTS, answer, reason)


@pytest.mark.parametrize(
    ("typed", "problem", "about"),
    [
        ("1=8 2=9", Problem.OVER_BUDGET, "17"),
        ("1=11", Problem.OVER_BUDGET, "11"),
        ("1=-3", Problem.OUT_OF_RANGE, "-3"),
        ("1=3 1=2", Problem.TWICE, "1"),
        ("7=3", Problem.UNKNOWN_OPTION, "7"),
        ("Quark: 3", Problem.UNKNOWN_OPTION, "Quark"),
        ("1=0", Problem.MALFORMED, "1=0"),
        ("1 3", Problem.MALFORMED, "1 3"),
        ("1=2.5", Problem.MALFORMED, "1=2.5"),
        ("1=2,5", Problem.UNKNOWN_OPTION, "5"),
        ("1=2=3", Problem.MALFORMED, "1=2=3"),
        ("1, 2", Problem.MALFORMED, "1, 2"),
        ("1=dreizehn", Problem.MALFORMED, "1=dreizehn"),
        ("ja", Problem.UNKNOWN_OPTION, "ja"),
    ],
)
def test_no_points(typed: str, problem: Problem, about: str) -> None:
    check_problem(typed, POINTS, problem, about)


@pytest.mark.parametrize(
    ("typed", "answer", "reason"),
    [
        ("1=0 2=7 3=3 4=10", "1:0,2:7,3:3,4:10", ""),
        ("4:10, 1:0, 2:7, 3:3", "1:0,2:7,3:3,4:10", ""),
        ("Umgehungsstraße 0, Tunnel 7, Schule und Kita 3, Park 10", "1:0,2:7,3:3,4:10", ""),
        ("Umgehungsstraße: Widerstand 0, 2: 7, 3: 3, 4: 10", "1:0,2:7,3:3,4:10", ""),
        ("alle 0", "1:0,2:0,3:0,4:0", ""),
        ("0, 7, 3, 10", "1:0,2:7,3:3,4:10", ""),
        ("0 7 3 10, weil es eilt", "1:0,2:7,3:3,4:10", "weil es eilt"),
        ("je 5", "1:5,2:5,3:5,4:5", ""),
        ("1=5, Rest 0", "1:5,2:0,3:0,4:0", ""),
        ("1=5, all others 2", "1:5,2:2,3:2,4:2", ""),
        ("1=0 2=7 3=3 4=10 weil 4 > 10 wäre", "1:0,2:7,3:3,4:10", "weil 4 > 10 wäre"),
    ],
)
def test_resistance(typed: str, answer: str, reason: str) -> None:
    check(typed, RESISTANCE, answer, reason)


@pytest.mark.parametrize(
    ("typed", "problem", "about"),
    [
        ("1=0 2=7", Problem.INCOMPLETE, "3, 4"),
        ("1=0 2=7 3=3 4=11", Problem.OUT_OF_RANGE, "11"),
        ("1=0 2=-7 3=3 4=1", Problem.OUT_OF_RANGE, "-7"),
        ("1=0 2=7 3=3 4=1 4=2", Problem.TWICE, "4"),
        ("alle 0, 2=7", Problem.TWICE, "2"),
    ],
)
def test_no_resistance(typed: str, problem: Problem, about: str) -> None:
    check_problem(typed, RESISTANCE, problem, about)


@pytest.mark.parametrize(
    ("typed", "answer", "reason"),
    [
        ("1 ja, 2 notfalls, 3 nein, 4 nein", "1:yes,2:maybe,3:no,4:no", ""),
        ("1=ja 2=(ja) 3=nein 4=?", "1:yes,2:maybe,3:no,4:maybe", ""),
        ("1: yes, 2: if need be, 3: no, 4: maybe", "1:yes,2:maybe,3:no,4:maybe", ""),
        ("1ja 2nein 3ja 4 zur Not", "1:yes,2:no,3:yes,4:maybe", ""),
        ("1 👍 2 👎 3 🤔 4 ✅", "1:yes,2:no,3:maybe,4:yes", ""),
        ("1 passt, 2 passt nicht, 3 geht, 4 geht nicht", "1:yes,2:no,3:yes,4:no", ""),
        ("1 ja\n2 (ja)\n3 nein\n4 vielleicht", "1:yes,2:maybe,3:no,4:maybe", ""),
        ("alle ja", "1:yes,2:yes,3:yes,4:yes", ""),
        ("alle", "1:yes,2:yes,3:yes,4:yes", ""),
        ("alle notfalls", "1:maybe,2:maybe,3:maybe,4:maybe", ""),
        ("alle außer 2", "1:yes,2:no,3:yes,4:yes", ""),
        ("keiner", "1:no,2:no,3:no,4:no", ""),
        ("none of them", "1:no,2:no,3:no,4:no", ""),
        ("1, 3", "1:yes,2:no,3:yes,4:no", ""),
        ("2", "1:no,2:yes,3:no,4:no", ""),
        ("1, 3 ja, Rest nein", "1:yes,2:no,3:yes,4:no", ""),
        ("1 und 3 ja, sonst notfalls", "1:yes,2:maybe,3:yes,4:maybe", ""),
        ("ja: 1, 3; notfalls: 2; nein: 4", "1:yes,2:maybe,3:yes,4:no", ""),
        ("ja: 1 und 3, nein: Rest", "1:yes,2:no,3:yes,4:no", ""),
        ("1 ja, 2 ja, 3 nein, 4 nein (Urlaub)", "1:yes,2:yes,3:no,4:no", "Urlaub"),
        ("1, 3 weil 2 und 4 Ferien sind", "1:yes,2:no,3:yes,4:no", "weil 2 und 4 Ferien sind"),
    ],
)
def test_dates(typed: str, answer: str, reason: str) -> None:
    check(typed, DATES, answer, reason)


@pytest.mark.parametrize(
    ("typed", "problem", "about"),
    [
        ("1 ja", Problem.INCOMPLETE, "2, 3, 4"),
        ("1 ja, 2 nein, 3 ja, 4", Problem.INCOMPLETE, "4"),
        ("1 ja, 1 nein, 2 ja, 3 ja, 4 ja", Problem.TWICE, "1"),
        ("alle ja, 2 nein", Problem.TWICE, "2"),
        ("1 ja, 9 nein", Problem.UNKNOWN_OPTION, "9"),
        ("ja", Problem.MALFORMED, "ja"),
        ("nein", Problem.MALFORMED, "nein"),
        ("1 ja oder nein", Problem.MALFORMED, "1 ja oder nein"),
    ],
)
def test_no_dates(typed: str, problem: Problem, about: str) -> None:
    check_problem(typed, DATES, problem, about)


DAYS = Sheet(
    Kind.DATES,
    (
        Option("12.12.2026 14:00", datetime(2026, 12, 12, 13, tzinfo=UTC)),
        Option("Dienstag, 15. Dezember 2026, 9 Uhr", datetime(2026, 12, 15, 8, tzinfo=UTC)),
        Option("15.12. nachmittags um 15 Uhr", datetime(2026, 12, 15, 14, tzinfo=UTC)),
        Option("in sechs Wochen", datetime(2027, 1, 4, 23, 30, tzinfo=UTC)),
    ),
)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("12.12. ja, Rest nein", "1:yes,2:no,3:no,4:no"),
        ("12.12.", "1:yes,2:no,3:no,4:no"),
        ("12.12.2026 14:00 ja, Rest nein", "1:yes,2:no,3:no,4:no"),
        ("Sa, 12. Dezember ja, Rest nein", "1:yes,2:no,3:no,4:no"),
        ("12 December 2026, 14:00: yes; others no", "1:yes,2:no,3:no,4:no"),
        ("2026-12-12", "1:yes,2:no,3:no,4:no"),
        ("15.12. 9 Uhr ja, 15.12. 15:00 notfalls, Rest nein", "1:no,2:yes,3:maybe,4:no"),
        ("5.1.", "1:no,2:no,3:no,4:yes"),
        ("5.1.2027, 12.12.", "1:yes,2:no,3:no,4:yes"),
        ("Dienstag, 15. Dezember 2026, 9 Uhr", "1:no,2:yes,3:no,4:no"),
        ("15.12.", None),
        ("13.12.", None),
        ("12.12.2025", None),
        ("12.12. 15:00", None),
        ("1 ja, Rest nein", "1:yes,2:no,3:no,4:no"),
    ],
)
def test_dates_by_their_day(typed: str, answer: str | None) -> None:
    assert read_answer(typed, DAYS, zone=BERLIN).answer == answer

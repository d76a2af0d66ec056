"""Papers to vote on, and what is expected of an answer to one."""

from zoneinfo import ZoneInfo

from bot.domain.answers import Kind, Option, Problem, Sheet
from bot.language.ballots import APPROVAL, Read, read_answer

LABELS = ("Umgehungsstraße", "Tunnel Nord", "Schule und Kita", "Park")
BERLIN = ZoneInfo("Europe/Berlin")


def sheet(kind: Kind, *labels: str, points: int = 10) -> Sheet:
    options = tuple(Option(label) for label in labels or LABELS)
    return Sheet(kind, () if kind is Kind.APPROVAL else options, points if kind is Kind.POINTS else None)


CHOICE, MULTIPLE, RANKING = sheet(Kind.CHOICE), sheet(Kind.MULTIPLE), sheet(Kind.RANKING)
POINTS, RESISTANCE, DATES = sheet(Kind.POINTS), sheet(Kind.RESISTANCE), sheet(Kind.DATES)
SHEETS = (APPROVAL, CHOICE, MULTIPLE, RANKING, POINTS, RESISTANCE, DATES)


def check(typed: str, of: Sheet, answer: str, reason: str = "") -> None:
    assert read_answer(typed, of) == Read(answer, reason)


def check_problem(typed: str, of: Sheet, problem: Problem, about: str) -> None:
    read = read_answer(typed, of)
    assert (read.answer, read.problem, read.about) == (None, problem, about)

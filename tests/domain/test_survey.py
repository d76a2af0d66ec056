"""The rules of a survey: the order of its questions, when people are reminded, and cohorts side by side."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.survey import (
    CONFIRM,
    PICK,
    Cohort,
    Item,
    compare,
    following,
    preceding,
    questions_in,
    reminder_at,
    written,
)

BERLIN = ZoneInfo("Europe/Berlin")
ITEMS = (Item("title"), Item("goal", "Was soll besser werden?"), Item("phase"), Item("free1", "Was fehlt?"))


def test_a_version_is_kept_as_it_was_written() -> None:
    assert questions_in(written(ITEMS)) == ITEMS


def test_one_question_follows_the_other_and_can_be_gone_back_from() -> None:
    forth, name = [], ""
    while (name := following(ITEMS, name, {"title"})) != CONFIRM:
        forth.append(name)
    assert forth == ["goal", "phase", "free1"]
    back, name = [], ""
    while (name := preceding(ITEMS, name, {"title"})) != PICK:
        back.append(name)
    assert back == forth[::-1]


@pytest.mark.parametrize(
    ("due", "state", "reminded"),
    [
        ("2026-12-11T12:00", None, "2026-12-09T09:00"),  # a Friday
        ("2026-12-14T12:00", None, "2026-12-10T09:00"),  # a Monday: the week end is none
        ("2026-06-08T12:00", "BW", "2026-06-03T09:00"),  # Corpus Christi is a Thursday in Baden-Württemberg
        ("2026-06-08T12:00", "BE", "2026-06-04T09:00"),  # and no holiday in Berlin
    ],
)
def test_people_are_reminded_two_working_days_before(due: str, state: str | None, reminded: str) -> None:
    opened = datetime(2026, 5, 1, tzinfo=UTC)
    at = reminder_at(_local(due), opened, BERLIN, state)
    assert at == _local(reminded)


def test_nobody_is_reminded_of_what_was_opened_after_that() -> None:
    assert reminder_at(_local("2026-12-11T12:00"), _local("2026-12-09T08:30"), BERLIN, None) is None


def test_unknown_is_no_answer_of_its_own_kind_and_none_at_all_another() -> None:
    first = Cohort("1", 1, (Item("phase"),), [{"phase": "running"}, {"phase": None}, {}])
    second = Cohort("2", 2, (Item("phase"),), [{"phase": "running"}, {"phase": "running"}])
    table = compare([first, second]).tables[0]
    assert {row.value: row.counts for row in table.rows if any(row.counts)} == {
        "running": (1, 2),
        None: (1, 0),
        "": (1, 0),
    }


def test_unknown_funding_is_not_counted_as_not_funded() -> None:
    cohort = Cohort("1", 1, (Item("funding"),), [{"funding": "none"}, {"funding": "unknown"}, {"funding": None}])
    rows = {row.value: row.counts for row in compare([cohort, cohort]).tables[0].rows}
    assert rows["none"] == (1, 1)
    assert rows[None] == (2, 2)
    assert "unknown" not in rows


def test_a_project_counts_in_each_of_its_fields_whatever_their_case() -> None:
    cohort = Cohort("1", 1, (Item("field"),), [{"field": "Daten, Netze"}, {"field": "daten"}, {"field": None}, {}])
    rows = {row.value: row.counts for row in compare([cohort, cohort]).tables[0].rows}
    assert rows == {"Daten": (2, 2), "Netze": (1, 1), None: (1, 1), "": (1, 1)}


def test_only_what_all_versions_ask_is_compared_and_other_words_are_said() -> None:
    first = Cohort("1", 1, (Item("phase"), Item("funding")), [])
    second = Cohort("2", 2, (Item("phase", "Wie weit sind Sie?"),), [])
    found = compare([first, second])
    assert [(table.name, table.reworded) for table in found.tables] == [("phase", True)]
    assert found.left_out == ("funding",)


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)

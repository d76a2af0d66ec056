"""When a check-in closes, who is reminded, what is put late, and which projects are asked about."""

import itertools
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from bot.domain.checkin import (
    NO_NUDGE,
    deadline,
    is_asked_about,
    is_still_worth,
    nudge,
    nudge_for,
    overlaps,
)
from bot.domain.project import Phase
from bot.domain.recurring import Recurrence
from bot.domain.workdays import is_working_day

BERLIN = ZoneInfo("Europe/Berlin")
WORKS = partial(is_working_day, state="BW")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "days", "closes"),
    [
        ("2026-11-23T09:00", 2, "2026-11-25T18:00"),  # Monday to Wednesday
        ("2026-11-27T09:00", 1, "2026-11-30T18:00"),  # over the weekend
        ("2026-11-28T09:00", 1, "2026-11-30T18:00"),  # asked on a Saturday
        ("2026-11-28T09:00", 0, "2026-11-30T18:00"),  # the same day is none to work on
        ("2026-11-23T09:00", 0, "2026-11-23T18:00"),
        ("2026-12-23T09:00", 2, "2026-12-28T18:00"),  # Christmas lies between, the 24th is a working day
        ("2026-06-03T09:00", 1, "2026-06-05T18:00"),  # Corpus Christi in BW
        ("2026-03-27T09:00", 1, "2026-03-30T18:00"),  # the clocks are turned in between; it stays 18:00
    ],
)
def test_a_deadline_counts_working_days(at: str, days: int, closes: str) -> None:
    assert deadline(local(at), days, BERLIN, WORKS) == local(closes)


def test_another_land_has_other_holidays() -> None:
    elsewhere = partial(is_working_day, state="NI")
    assert deadline(local("2026-06-03T09:00"), 1, BERLIN, elsewhere) == local("2026-06-04T18:00")


@pytest.mark.parametrize(
    ("at", "closes", "days", "found"),
    [
        ("2026-11-23T09:00", "2026-11-25T18:00", 1, "2026-11-24T09:00"),
        ("2026-11-23T09:00", "2026-11-25T18:00", 0, "2026-11-25T09:00"),
        ("2026-11-27T09:00", "2026-12-01T18:00", 1, "2026-11-30T09:00"),  # not on the weekend
        ("2026-11-23T09:00", "2026-11-25T18:00", NO_NUDGE, None),
        ("2026-11-23T09:00", "2026-11-24T18:00", 1, None),  # that would be the question itself
        ("2026-11-23T19:00", "2026-11-25T18:00", 0, None),  # after the deadline
    ],
)
def test_a_reminder_comes_between_question_and_deadline(at: str, closes: str, days: int, found: str | None) -> None:
    expected = local(found) if found else None
    assert nudge(local(at), local(closes), days, BERLIN, "BW") == expected


@pytest.mark.parametrize(("days", "before"), [(0, NO_NUDGE), (1, 0), (2, 1), (10, 1)])
def test_the_usual_reminder_fits_the_deadline(days: int, before: int) -> None:
    assert nudge_for(days) == before


@pytest.mark.parametrize(
    ("rule", "most"),
    [
        ("FREQ=WEEKLY;BYDAY=MO", 4),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", 0),
        ("FREQ=WEEKLY;BYDAY=MO,WE", 1),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TH", 9),
    ],
)
def test_a_deadline_comes_before_the_next_time(rule: str, most: int) -> None:
    """Christmas and Easter are in between, and are no reason to refuse."""
    rhythm = Recurrence(rule, datetime.fromisoformat("2026-11-23T09:00"), "Europe/Berlin")
    times = list(rhythm.between(local("2026-11-22T00:00"), local("2027-11-22T00:00")))
    assert [days for days in range(21) if not overlaps(times, days, BERLIN)] == list(range(most + 1))


def test_a_missed_time_is_worth_less_than_half_of_its_span() -> None:
    at, closes = local("2026-11-23T09:00"), local("2026-11-25T18:00")
    half = (closes - at) / 2
    assert is_still_worth(at, closes, at)
    assert is_still_worth(at, closes, at + half - timedelta(seconds=1))
    assert not is_still_worth(at, closes, at + half)


@pytest.mark.parametrize("phase", [None, Phase.PLANNED, Phase.RUNNING])
def test_a_living_project_is_asked_about_each_time(phase: str | None) -> None:
    at = local("2026-11-23T09:00")
    assert is_asked_about(phase, at - timedelta(days=7), at, BERLIN)


@pytest.mark.parametrize("phase", [Phase.DONE, Phase.PAUSED])
def test_a_finished_or_paused_project_never_is(phase: str) -> None:
    assert not is_asked_about(phase, None, local("2026-11-23T09:00"), BERLIN)


def test_a_future_project_is_asked_about_once_in_four_weeks() -> None:
    rhythm = Recurrence("FREQ=WEEKLY;BYDAY=MO", datetime.fromisoformat("2026-01-05T09:00"), "Europe/Berlin")
    last: datetime | None = None
    asked: list[date] = []
    for at in rhythm.between(local("2026-01-01T00:00"), local("2026-12-31T00:00")):
        if is_asked_about(Phase.FUTURE, last, at, BERLIN):
            last = at
            asked.append(at.astimezone(BERLIN).date())
    gaps = {(later - earlier).days for earlier, later in itertools.pairwise(asked)}
    assert gaps == {28}  # also across the changes of the clocks, which make 27 days and 23 hours of it

"""What stands on a board: order, ages, and what is left out of one that is too long."""

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.board import MOST, MOST_DONE, Age, Entry, Unit, age_of, board
from bot.domain.project import Light, Phase

TODAY = date(2026, 11, 20)
PLAIN = Entry(
    key="eAkte",
    title=None,
    light=None,
    progress=None,
    phase=Phase.RUNNING,
    owner="ben",
    organisation=None,
    fields=(),
    age=Age(Unit.TODAY),
    stale=False,
)


@pytest.mark.parametrize(
    ("days", "unit", "count"),
    [
        (-1, Unit.TODAY, 0),  # where the reader's day has not begun
        (0, Unit.TODAY, 0),
        (1, Unit.YESTERDAY, 0),
        (2, Unit.DAYS, 2),
        (13, Unit.DAYS, 13),
        (14, Unit.WEEKS, 2),
        (60, Unit.WEEKS, 8),
        (61, Unit.MONTHS, 2),
        (400, Unit.MONTHS, 13),
    ],
)
def test_ages(days: int, unit: Unit, count: int) -> None:
    assert age_of(date.fromordinal(TODAY.toordinal() - days), TODAY) == Age(unit, count)


def test_nothing_heard_is_no_age() -> None:
    assert age_of(None, TODAY) == Age(Unit.NEVER)


def entry(key: str, **more: object) -> Entry:
    return replace(PLAIN, key=key, **more)  # type: ignore[arg-type]  # the fields of an entry


def test_fields_stand_in_order_and_spellings_of_one_stand_together() -> None:
    made = board(
        [
            entry("a", fields=("Netze",)),
            entry("b"),
            entry("c", fields=("Daten", "Netze")),
            entry("d", fields=("netze",), phase=Phase.DONE),
        ],
        str.casefold,
    )
    assert [section.field for section in made.sections] == ["Daten", "Netze", None]
    assert [(section.entries[0].key, section.done) for section in made.sections] == [
        ("c", ()),
        ("a", ("d",)),
        ("b", ()),
    ]
    assert (made.count, made.done, made.left_out) == (4, 1, 0)


def test_lights_are_counted_of_what_is_not_completed() -> None:
    lights = [Light.RED, Light.GREEN, Light.GREEN, None]
    entries = [entry(str(number), light=light) for number, light in enumerate(lights)]
    assert board([*entries, entry("x", light=Light.RED, phase=Phase.DONE)], str).lights == (2, 0, 1, 1)


def test_of_too_many_those_stay_that_need_attention() -> None:
    dull = [entry(f"p{number:03}", fields=("Daten",)) for number in range(MOST)]
    urgent = [
        entry("rot", light=Light.RED, fields=("Netze",)),
        entry("gelb", light=Light.YELLOW, fields=("Netze",)),
        entry("still", stale=True, light=Light.GREEN, fields=("Netze",)),
    ]
    resting = [entry(f"z{number}", phase=Phase.FUTURE, light=Light.RED, fields=("Später",)) for number in range(5)]
    made = board([*resting, *dull, *urgent], str.casefold)
    daten, netze = made.sections
    assert [each.key for each in netze.entries] == ["rot", "gelb", "still"]
    assert (len(daten.entries), daten.more) == (MOST - 3, 3)
    assert made.left_out == 3 + 5


def test_of_many_completed_ones_some_are_named() -> None:
    made = board([entry(f"p{number}", phase=Phase.DONE) for number in range(MOST_DONE + 7)], str)
    assert (len(made.sections[0].done), made.sections[0].more, made.left_out) == (MOST_DONE, 7, 7)


def test_what_says_the_same_has_the_same_fingerprint() -> None:
    one, other = board([entry("a")], str), board([entry("a", age=Age(Unit.YESTERDAY))], str)
    assert one.fingerprint("x") == board([entry("a")], str).fingerprint("x")
    assert len({one.fingerprint("x"), one.fingerprint("y"), other.fingerprint("x")}) == 3

"""The lines of a check-in's form, as people write them."""

import pytest

from bot.domain.checkin import NO_NUDGE, Place, Whom
from bot.errors import UserError
from bot.language.checkins import (
    Meant,
    read_days,
    read_escalation,
    read_nudge,
    read_place,
    read_questions,
    read_whom,
)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Verantwortliche", Meant(Whom.OWNERS)),
        ("verantwortliche", Meant(Whom.OWNERS)),
        ("Projektverantwortliche", Meant(Whom.OWNERS)),
        ("owners", Meant(Whom.OWNERS)),
        ("Verantwortliche der Gruppe Müll & Netze", Meant(Whom.OWNERS, "Müll & Netze")),
        ("alle Verantwortlichen", Meant(Whom.EVERYWHERE)),
        ("all owners", Meant(Whom.EVERYWHERE)),
        ("Aktive", Meant(Whom.ACTIVE)),
        ("active", Meant(Whom.ACTIVE)),
        ("Aktive der AG Netze", Meant(Whom.ACTIVE, "Netze")),
        ("active of group Netze", Meant(Whom.ACTIVE, "Netze")),
        ("Aufgaben", Meant(Whom.TASKS)),
        ("offene Aufgaben", Meant(Whom.TASKS)),
        ("open tasks", Meant(Whom.TASKS)),
        ("Gruppe Digitales", Meant(Whom.ACTIVE, "Digitales")),
        ("Digitales", Meant(Whom.ACTIVE, "Digitales")),
        ("@ben:example.org", Meant(Whom.LIST, people=("@ben:example.org",))),
        ("@ben:example.org und @cem:example.org", Meant(Whom.LIST, people=("@ben:example.org", "@cem:example.org"))),
        ("@ben:example.org,\n@ben:example.org", Meant(Whom.LIST, people=("@ben:example.org",))),
    ],
)
def test_whom(words: str, meant: Meant) -> None:
    assert read_whom(words) == meant


@pytest.mark.parametrize("words", ["@ben", "@ben:example.org, Fr. Huber", "@", "Ben @ben:example.org"])
def test_half_an_address_is_no_person(words: str) -> None:
    with pytest.raises(UserError) as problem:
        read_whom(words)
    assert problem.value.text == "checkin.bad_people"


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("2 Werktage", 2),
        ("zwei Werktage", 2),
        ("2", 2),
        ("1 Arbeitstag", 1),
        ("in 3 Werktagen", 3),
        ("two working days", 2),
        ("one business day", 1),
        ("am selben Tag", 0),
        ("same day", 0),
        ("20 Tage", 20),
    ],
)
def test_days(words: str, days: int) -> None:
    assert read_days(words) == days


@pytest.mark.parametrize(
    "words", ["21 Werktage", "bald", "", "-1", "2,5 Tage", "eine Woche", "12.12.2026", "2 Stunden"]
)
def test_what_is_no_number_of_working_days(words: str) -> None:
    with pytest.raises(UserError) as problem:
        read_days(words)
    assert problem.value.text == "checkin.bad_days"


@pytest.mark.parametrize(
    ("words", "days"), [("keine", NO_NUDGE), ("none", NO_NUDGE), ("1 Werktag vorher", 1), ("1 day before", 1)]
)
def test_reminders(words: str, days: int) -> None:
    assert read_nudge(words) == days


@pytest.mark.parametrize(
    ("words", "after"), [("keine", 0), ("never", 0), ("3", 3), ("nach 2", 2), ("nach zwei Runden", 2), ("3x", 3)]
)
def test_escalation(words: str, after: int) -> None:
    assert read_escalation(words) == after


@pytest.mark.parametrize("words", ["0", "11", "sofort", "nach einer Woche"])
def test_what_is_no_escalation(words: str) -> None:
    with pytest.raises(UserError) as problem:
        read_escalation(words)
    assert problem.value.text == "checkin.bad_escalation"


def test_questions() -> None:
    assert read_questions("Vorlage") == ()
    assert read_questions("Wie steht es, und warum?") == ("Wie steht es, und warum?",)
    assert read_questions("Wie steht es? Was fehlt?") == ("Wie steht es?", "Was fehlt?")
    assert read_questions("- Was ist geschafft?\n2. Was fehlt?\n\n") == ("Was ist geschafft?", "Was fehlt?")
    with pytest.raises(UserError, match="too_many"):
        read_questions("\n".join("abcdef"))
    with pytest.raises(UserError, match="too_long"):
        read_questions("x" * 301)


def test_place() -> None:
    assert read_place("im Raum") is Place.ROOM
    assert read_place("Direkt") is Place.DIRECT
    assert read_place("direct message") is Place.DIRECT
    with pytest.raises(UserError, match="bad_place"):
        read_place("Rathaus")

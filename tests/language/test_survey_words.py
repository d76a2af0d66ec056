"""What people say in a survey besides their answers, the lines of a template, and keys made from titles."""

import pytest

from bot.domain.project import is_key
from bot.domain.survey import Item
from bot.errors import UserError
from bot.language.names import fold
from bot.language.survey_words import USUAL, Control, key_from, numbers_among, parts, read_control, read_template


@pytest.mark.parametrize(
    ("words", "control"),
    [
        ("weiß nicht", Control.UNKNOWN),
        ("Weiss nicht.", Control.UNKNOWN),
        ("?", Control.UNKNOWN),
        ("Überspringen", Control.SKIP),
        ("ueberspringen", Control.SKIP),
        ("-", Control.SKIP),
        ("zurück", Control.BACK),
        ("Pause!", Control.PAUSE),
        ("fertig", Control.DONE),
        ("noch ein Projekt", Control.ANOTHER),
        ("verwerfen", Control.DISCARD),
        ("keins", Control.NONE),
        ("don't know", Control.UNKNOWN),
        ("skip", Control.SKIP),
        ("Die Akte ist fertig", None),
        ("Zurück in die Stadt", None),
        ("", None),
        ("x" * 65536, None),
    ],
)
def test_what_steers_the_conversation(words: str, control: Control | None) -> None:
    assert read_control(words) is control


def test_a_template_has_fields_own_words_and_own_questions_the_title_first() -> None:
    found = read_template("- Ziel: Was soll besser werden?\n2. Titel\nPhase\nFrage: Was fehlt Ihnen?\nWer hilft Ihnen?")
    assert found == (
        Item("title"),
        Item("goal", "Was soll besser werden?"),
        Item("phase"),
        Item("free1", "Was fehlt Ihnen?"),
        Item("free2", "Wer hilft Ihnen?"),
    )


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("Ziel", "surveys.no_title"),
        ("Titel\nZiel\nZiel: Anders?", "surveys.question_twice"),
        ("Titel\nZiele", "surveys.bad_question"),
        ("Titel\nEinflussreich", "surveys.bad_question"),
        ("Titel\n" + "\n".join(f"Frage: Nummer {number}?" for number in range(40)), "surveys.too_many_questions"),
        ("Titel\nFrage: " + "x" * 400, "inbox.too_long"),
    ],
)
def test_a_template_that_cannot_be(words: str, refusal: str) -> None:
    with pytest.raises(UserError) as found:
        read_template(words)
    assert found.value.text == refusal


def test_the_usual_questions_are_the_fields_of_a_project_the_title_first() -> None:
    assert [each.name for each in USUAL][:3] == ["title", "goal", "description"]
    assert "influential" not in {each.name for each in USUAL}


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("Elektronische Bauakte", "Elektronische-Bauakte"),
        ("„Rufbus“ 2.0", "Rufbus-2-0"),
        ("Ein sehr langer Titel über die digitale Antragstellung", "Ein-sehr-langer-Titel-über-die"),
        ("🚌", "Projekt"),
        ("__", "Projekt"),
        ("D" * 200, "D" * 35),
    ],
)
def test_a_key_comes_from_the_title(title: str, key: str) -> None:
    assert key_from(title, lambda _: False) == key
    assert is_key(key)


def test_a_key_that_is_taken_gets_a_number() -> None:
    taken = {fold("Rufbus"), fold("rufbus-2")}
    assert key_from("Rufbus", taken.__contains__) == "Rufbus-3"


def test_things_with_commas_and_lines() -> None:
    assert parts("Dezernat Kultur, Dezernat Soziales und @ben:example.org\nAktive") == [
        "Dezernat Kultur",
        "Dezernat Soziales",
        "@ben:example.org",
        "Aktive",
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("2", ([1], None)),
        ("1, eAkte", ([0, 1], None)),
        ("1 und Elektronische Akte", ([0, 1], None)),
        ("1 2", ([0, 1], None)),
        ("3", ([], "3")),
        ("Radweg", ([], "Radweg")),
        ("9" * 5000, ([], "9" * 5000)),
    ],
)
def test_which_of_several_are_meant(words: str, found: tuple[list[int], str | None]) -> None:
    assert numbers_among(words, [("Portal",), ("eAkte", "Elektronische Akte")]) == found


def test_an_und_within_a_name_that_is_known_divides_nothing() -> None:
    known = {"Amt für Umwelt, Klima und Verkehr", "Netze und Daten"}
    words = "Amt für Umwelt,  Klima und Verkehr und @ben:example.org\nNetze und Daten, Kultur und Sport"
    assert parts(words, known.__contains__) == [
        *("Amt für Umwelt, Klima und Verkehr", "@ben:example.org", "Netze und Daten", "Kultur", "Sport")
    ]
    assert numbers_among("2 und Schule und Kita", [["Schule und Kita"], ["Rufbus"]]) == ([1, 0], None)

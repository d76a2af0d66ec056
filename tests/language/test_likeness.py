"""Likeness of texts: stems, compounds, names of the same thing, and the words that explain it."""

from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from bot.domain.synergies import ALIKE
from bot.errors import OperatorError
from bot.language import synonyms
from bot.language.likeness import OF_SETTING, Rarity, Reader, Term, terms
from bot.language.matching import Entry, Request, search
from bot.language.stems import WORD, Stems, forms, inside, parts, plain, spelled


@lru_cache
def shipped() -> synonyms.Synonyms:
    return synonyms.read()


def shared(first: str, second: str, own: synonyms.Synonyms | None = None) -> list[Term]:
    """What two titles share, in a network of these two and some others."""
    names = own or shipped()
    reader = Reader(names, {token for text in (first, second) for token in WORD.findall(text)})
    sketches = [reader.sketch([(text, 1.0)]) for text in (first, second)]
    having = Counter(one for sketch in sketches for one in sketch)
    return terms(sketches[0], sketches[1], Rarity(having, 5), names)


def score(first: str, second: str) -> float:
    return sum(term.weight for term in shared(first, second))


# stems


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anträge", "Antrag"),
        ("Antraege", "anträgen"),
        ("FÖRDERMITTELN", "Foerdermittel"),
        ("Straße", "Strassen"),
        ("Dolmetscherin"[:-2], "dolmetschen"),
        ("Übersetzung", "uebersetzen"),
    ],
)
def test_forms_and_spellings_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert Stems().of(one) == Stems().of(other)


@pytest.mark.parametrize("word", ["Fördermittelantrag", "Straßenzustandserfassung", "Bürgerinnen", "Größe", "Quelle"])
def test_a_stem_is_the_beginning_of_its_word(word: str) -> None:
    """`Reader` skips by this whatever cannot share a stem."""
    assert plain(word).startswith(Stems().of(word))


def test_a_word_with_hyphens_is_one_and_its_parts() -> None:
    assert forms("E-Akte") == ("EAkte", "Akte")
    assert forms("Open-Data-Portal") == ("OpenDataPortal", "Open", "Data", "Portal")


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("Fördermittelanträge", {"fordermittel", "antrag"}),
        ("Foerdermittelantrag", {"fordermittel", "antrag"}),
        ("Antragsverfahren", {"antrag"}),
        ("Kitaplatz", {"kita", "platz"}),
        ("Parkett", set()),
        ("Terminal", set()),
        ("Handlungsfelder", set()),
        ("Auswahl", set()),
        ("Gemeinsame", set()),
    ],
)
def test_compounds_are_split_at_known_words(word: str, found: set[str]) -> None:
    names = ["Fördermittel", "Mittel", "Antrag", "Kita", "Platz", "Park", "Terminal", "Al", "Händler", "Wahl", "einsam"]
    stems = Stems()
    assert set(parts(word, stems.of(word), inside([one for one in names if one != word], stems))) == found


@pytest.mark.parametrize("word", ["Foerdermittel", "STRASSE", "Überölung", "Quelle", "neue", "Cafe\u0301"])
def test_a_word_with_and_without_umlauts_is_as_long(word: str) -> None:
    """The beginning of one is cut by the stem of the other."""
    assert len(spelled(word)) == len(plain(word))


# names of the same thing


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Elektronische Akte im Bauamt", "Einführung eines DMS"),
        ("eAkte", "E-Akte 2.0"),
        ("Onlineterminvergabe", "Termine online buchen"),
        ("Digitale Antragstellung für Zuschüsse", "Foerdermittelantrag"),
        ("Wir melden Schäden im Park", "Mängelmelder"),
        ("LoRaWAN-Netz", "Funknetz für Sensordaten"),
        ("Wartezeiten verkürzen", "Onlineterminvergabe"),
        ("Sozialpass als App", "Digitale Gästekarte"),
    ],
)
def test_the_same_thing_is_found_whatever_it_is_called(first: str, second: str) -> None:
    assert score(first, second) >= ALIKE


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Digitale Plattform der Stadt", "Neue Plattform am See"),
        ("KI in der Verwaltung: Ampeln", "KI in der Verwaltung: Protokolle"),
        ("Smart City: Bänke", "Smart City: Sensor im Beet"),
        ("Gemeindestraßen", "Trassen für Kabel"),
        ("Schäden am Dach. Wir melden uns.", "Mängelmelder"),
        ("Audioguide für das Heimatmuseum", "Neues Dach für das Heimatmuseum"),
        ("Wärmestube für Obdachlose", "Wärmenetz Nord"),
        ("Kartenzahlung im Bürgerbüro", "Kartendienst des Vermessungsamts"),
        ("Sprachassistent am Telefon", "Sprachkurs im Rathaus"),
        ("Auswahl der Farben", "Wahlhelfer gesucht"),
    ],
)
def test_words_that_every_project_has_make_no_likeness(first: str, second: str) -> None:
    assert score(first, second) < ALIKE


def test_a_rare_noun_counts_whole_or_inside_a_compound_and_never_alone() -> None:
    whole, part = score("Zeppelinzentrale", "Zeppelinzentrale"), score("Zeppeline fliegen", "Zeppelinzentrale")
    assert 0 < part < whole < ALIKE


def test_what_explains_it_are_the_words_as_written() -> None:
    (term, *_) = shared("Chatbot „Lotti“", "Wissensdatenbank fürs Telefon")
    assert (term.first, term.second) == ("Chatbot", "Wissensdatenbank")


def test_obstacles_say_nothing_about_what_a_project_is() -> None:
    assert shared("Personalmangel", "Unbesetzte Stellen") == []


# the operator's file


def test_the_operators_names_come_to_ours(tmp_path: Path) -> None:
    file = tmp_path / "synonyme.txt"
    file.write_text(
        "﻿# unsere Systeme\n\nWolkendok, Blattwerk, eAkte  # seit 2024\nFüllwörter: Wunderland\n", encoding="utf-8"
    )
    own = synonyms.read(file)
    assert shared("Wolkendok einführen", "Blattwerk ablösen", own)
    assert shared("Wolkendok einführen", "Dokumentenmanagement", own) == []  # a line is a thing of its own
    assert shared("Wunderland", "Wunderland", own) == []
    assert shared("eAkte", "DMS", own)


def test_things_near_each_other_count_in_part(tmp_path: Path) -> None:
    file = tmp_path / "synonyme.txt"
    file.write_text(
        "Ballonfahrt, Luftschiff\n  Heißluftballon, Gasballon\n  Zeppelin, Starrluftschiff\n"
        "Umfeld: Planetarium, Sternwarte\nKirchturmuhr, Turmuhr\nVerwandt: Turmuhr, Gasballon\n",
        encoding="utf-8",
    )
    own = synonyms.read(file)

    def alike(first: str, second: str) -> float:
        return round(sum(term.weight for term in shared(first, second, own)), 2)

    assert alike("Zeppelin", "Starrluftschiff") == 1
    assert alike("Zeppelin", "Luftschiff") == alike("Kirchturmuhr", "Heißluftballon") == synonyms.OF_RELATED
    assert alike("Zeppelin", "Gasballon") == synonyms.OF_SIBLINGS
    assert alike("Planetarium", "Sternwarte") == OF_SETTING
    assert alike("Zeppelin, Gasballon", "Luftschiff") == synonyms.OF_RELATED  # each counts once
    assert alike("Zeppelin", "Kirchturmuhr") == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("eAkte, DMS\nallein\n", "line 2: synonyms: a line needs two names"),
        ("eAkte, ---\n", "line 1: synonyms: „---“ has no letters"),
        ("eAkte DMS Regisafe Enaio Dokumente Ablage Archiv, x\n", "are commas missing?"),
        ("a, b\n" * 5001, "no more than 5000"),
        ("eAkte, DMS\nVerwandt: DMS, Wunderland\n", "line 2: synonyms: no line has the name „Wunderland“"),
    ],
)
def test_a_mistake_in_it_names_file_and_line(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "synonyme.txt"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(OperatorError) as problem:
        synonyms.read(file)
    assert says in str(problem.value)
    assert str(file) in str(problem.value)


def test_a_file_that_is_no_text_or_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "synonyme.txt"
    with pytest.raises(OperatorError, match="cannot be read"):
        synonyms.read(file)
    file.write_bytes("Bürger, Gemeinde".encode("latin-1"))
    with pytest.raises(OperatorError, match="UTF-8"):
        synonyms.read(file)


# what ships

FOLDED_ALIKE = {
    "Förderung": "Forderung",
    "Händler": "Handlung",
    "Künstler": "künstlich",
    "Lüften": "Luft",
    "Lager": "Lage",
}
"""Words that have one stem with others, or nearly: as names of things they would be found where they are not meant."""


def test_no_shipped_word_names_two_things() -> None:
    held = shipped().obstacles  # „Datenschutzkonzept“: a project may be about what another one lacks
    assert {stem for stem, numbers in shipped().things.items() if len(numbers - held) > 1} == set()


def test_no_shipped_thing_is_named_by_a_word_that_says_nothing() -> None:
    fillers, stems = shipped().fillers, Stems()
    things = {stem for stem, numbers in shipped().things.items() if numbers - shipped().obstacles}
    assert sorted(fillers & things) == ["sensor"]  # „Sensorik“ is a setting; what has it is no likeness by itself
    assert [
        word for word in FOLDED_ALIKE if stems.of(word) in things and stems.of(word) == stems.of(FOLDED_ALIKE[word])
    ] == []
    assert [stem for stem in things if len(stem) < 2] == []


def test_every_shipped_phrase_is_more_than_words_that_say_nothing() -> None:
    held = shipped().obstacles
    phrases = [stems for found in shipped().phrases.values() for stems, thing in found if thing not in held]
    of = Stems().of
    meant = [{of("Termine"), of("online")}, {of("mobile"), of("Erfassung")}, {of("elektronische"), of("Vergabe")}]
    assert [sorted(stems) for stems in phrases if stems <= shipped().fillers and stems not in meant] == []


# the search


def entry(number: int, title: str, description: str = "", owner: str | None = None) -> Entry:
    return Entry(number, title, "", description, "", owner or f"@o{number}:x")


def test_pairs_come_once_and_in_order_and_none_of_one_owner() -> None:
    entries = [entry(3, "eAkte"), entry(1, "DMS"), entry(2, "Dokumentenmanagement", owner="@o1:x"), entry(4, "Bänke")]
    found = search(Request(entries), shipped())
    assert [(pair.first, pair.second) for pair in found] == [(1, 3), (2, 3)]


def test_what_was_settled_does_not_come_back_and_nobody_has_more_than_five_open() -> None:
    entries = [entry(number, f"DMS {number}") for number in range(9)]
    found = search(Request(entries), shipped())
    assert max(sum(own in (pair.first, pair.second) for pair in found) for own in range(9)) == 5
    assert search(Request(entries[:2], settled=[(0, 1)]), shipped()) == []
    assert search(Request(entries[:2], having={0: 5}), shipped()) == []


def test_searching_for_what_changed_finds_what_a_whole_search_does() -> None:
    titles = ["E-Akte", "Einführung DMS", "Mängelmelder", "Schäden melden", "Zeppelinzentrale",
              "Zentrale für Zeppeline", "Chatbot", "Wissensdatenbank", "Ratsinformationssystem",
              "Parkbänke"]  # fmt: skip
    entries = [entry(number, title, "Pfannkuchen und Zeppeline" * (number % 2)) for number, title in enumerate(titles)]
    whole = {(pair.first, pair.second): pair for pair in search(Request(entries), shipped())}
    for number in range(len(entries)):
        some = search(Request(entries, changed=[number]), shipped())
        assert {(pair.first, pair.second): pair for pair in some} == {
            both: pair for both, pair in whole.items() if number in both
        }


def test_huge_and_hostile_texts_are_read_like_any_other() -> None:
    nasty = "<b>{{ 7 * 7 }}</b> \u202e" + "A" * 100_000 + " =HYPERLINK(1) " + "-" * 5_000
    entries = [entry(1, nasty, nasty), entry(2, "eAkte", nasty)]
    assert search(Request(entries), shipped()) == search(Request(entries, changed=[1]), shipped())

"""The Handbuch keeps its word: what it tells people to write is understood, and does what it says."""

import re

import pytest

from bot.domain.answers import Kind, Option, Sheet
from bot.errors import Problem, Question
from bot.language.ballots import read_answer
from bot.language.rules import read_kind
from bot.parsing import Commands
from bot.store.database import Database
from bot.texts import ROOT
from commands import ALL
from tests.fakes import ANNA, BEN, CEM, Bot, plain

TEXT = (ROOT / "docs" / "handbuch.md").read_text(encoding="utf-8")
COMMANDS = Commands(ALL)
BLOCKS = re.findall(r"^```\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
INLINE = sorted({" ".join(found.split()) for found in re.findall(r"`!([^`]+)`", TEXT)})
VOTES = [
    (kind, example)
    for row in re.findall(r"^\| .* \|$", TEXT, re.MULTILINE)
    if (kind := read_kind(row.split("|")[1].strip()))
    for example in re.findall(r"`!stimme K1 ([^`]+)`", row)
]
BEFORE = (
    "!organisation neu Landkreis Tannengrund\nEbene: Landkreis",
    "!organisation neu Ahornfeld\nEbene: Stadt",
    "!organisation neu Ulmenried\nEbene: Gemeinde\nE-Mail: rathaus@ulmenried.example",
)
AGREED = re.compile(
    r"Aufgenommen|(Projekt|Treffen|Aufgabe|Rückfrage) angelegt|^[EK]\d+ · |Eingetragen für Ulmenried: Ja"
    r"|Arbeitsgruppe .* angelegt|^Agendaziel |^U\d+ · .* ist offen|kommen per Direktnachricht"
)


async def test_every_form_in_it_is_taken_as_it_stands(database: Database) -> None:
    bot = Bot(database)
    await bot.enter("!digitales:example.org", ANNA, BEN, CEM)
    for form in BEFORE:
        await bot.say(ANNA, form)
    for form in BLOCKS:
        answer = plain((await bot.say(ANNA, form.strip()))[0])
        assert AGREED.search(answer), f"{form}\n{answer}"


def test_every_kind_of_ballot_is_explained() -> None:
    assert {kind for kind, _ in VOTES} == set(Kind)


@pytest.mark.parametrize(("kind", "example"), VOTES)
def test_every_vote_in_it_is_one(kind: Kind, example: str) -> None:
    options = () if kind is Kind.APPROVAL else tuple(map(Option, ("Linde", "Brücke", "Welle")))
    read = read_answer(example, Sheet(kind, options, points=10 if kind is Kind.POINTS else None))
    assert (read.problem, read.answer is None) == (None, False)


@pytest.mark.parametrize("words", INLINE)
def test_every_command_in_it_exists(words: str) -> None:
    try:
        COMMANDS.read(words, "de", "!")
    except Question:
        pass  # its lines stand below it, the Handbuch says
    except Problem as problem:
        pytest.fail(f"!{words}: {problem}")

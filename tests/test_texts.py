"""Texts: both languages say the same things, filled with what the code gives them; what people typed stays text."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes
from jinja2.exceptions import UndefinedError

from bot.domain.answers import Choice, Fit, Kind
from bot.domain.consultation import State, Visibility
from bot.domain.counting import Verdict
from bot.domain.deciding import Base, QuorumOf, Rule
from bot.domain.project import FeedbackAnswer, FeedbackKind, Funding, Light, Phase
from bot.domain.roles import Role
from bot.texts import LANGUAGES, ROOT, SHIPPED, Text, Texts, text
from tests.fakes import HOUSE, TEXTS
from tests.samples import BY_TEXT, NASTY, VALUES
from tests.samples.publishing import WHOLE

Macros = dict[str, tuple[str, ...]]  # „status.shown“ to the names of its arguments
PARTS = ("parts.", "ballots.")  # words used in messages, no messages
CALLS = ("text", "UserError", "Question")
OF_QUESTIONS = {"resume", "asks", "subject", "until"}  # no arguments of their text


@cache
def macros(language: str) -> Macros:
    """Every message there is in one language."""
    found: Macros = {}
    for file in files(language):
        tree = Environment(autoescape=True).parse(file.read_text(encoding="utf-8"))
        for macro in tree.find_all(nodes.Macro):
            found[f"{file.stem}.{macro.name}"] = tuple(argument.name for argument in macro.args)
    return found


def files(language: str) -> list[Path]:
    return sorted(file for folder in SHIPPED for file in (folder / language).glob("*.html"))


def messages(language: str) -> Macros:
    """Without what is only used inside other messages."""
    inner = helpers(language)
    return {name: args for name, args in macros(language).items() if name not in inner and not name.startswith(PARTS)}


@cache
def helpers(language: str) -> set[str]:
    """Macros that templates call: `parts.light(…)`, or one of the same file."""
    called: set[str] = set()
    for file in files(language):
        tree = Environment(autoescape=True).parse(file.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name):
                called.add(f"{file.stem}.{call.node.name}")
            elif isinstance(call.node, nodes.Getattr) and isinstance(call.node.node, nodes.Name):
                called.add(f"{call.node.node.name}.{call.node.attr}")
    return called & set(macros(language))


def named_in_code() -> Iterator[tuple[str, str, set[str] | None]]:
    """Each text that the code names: where, its name, and its arguments if they stand there."""
    for package in ("bot", "commands", "schedules"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in CALLS:
                    keywords = {keyword.arg for keyword in call.keywords} - OF_QUESTIONS
                    known = {k for k in keywords if k is not None} if None not in keywords else None
                    for name in _names(call.args[0]):
                        yield f"{file.relative_to(ROOT)}:{call.lineno}", name, known


def _names(written: ast.expr) -> list[str]:
    match written:
        case ast.Constant(value=str(name)):
            return [name]
        case ast.IfExp(body=one, orelse=other):
            return _names(one) + _names(other)
        case ast.JoinedStr():
            raise AssertionError(f"a name made at run time cannot be checked: {ast.unparse(written)}")
    return []  # a name handed on


def test_both_languages_have_the_same_macros_with_the_same_arguments() -> None:
    assert macros("de") == macros("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_module_name_is_used_once(language: str) -> None:
    stems = [file.stem for file in files(language)]
    assert sorted(stems) == sorted(set(stems))


def test_what_the_code_names_exists_with_exactly_these_arguments() -> None:
    known, wrong = macros("de"), []
    for place, name, arguments in named_in_code():
        if name not in known:
            wrong.append(f"{place}: no text {name}")
        elif arguments is not None and arguments != set(known[name]):
            wrong.append(f"{place}: {name} takes {known[name]}, is given {sorted(arguments)}")
    assert not wrong, "\n".join(wrong)


def test_every_message_is_used() -> None:
    assert set(messages("de")) - {name for _, name, _ in named_in_code()} == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(messages("de")))
def test_every_message_can_be_filled(name: str, language: str) -> None:
    """With a sample of each argument: strict about undefined names, well-formed, and typed text stays text."""
    values = {argument: sample(name, argument) for argument in messages(language)[name]}
    rendered = TEXTS.render(Text(name, values), language, HOUSE.zone)
    assert rendered.plain.strip()
    assert "None" not in rendered.plain
    assert unbalanced(rendered.html) == []
    assert "<b>eins</b>" not in rendered.html
    assert "49" not in rendered.plain
    quotes = "“" if language == "de" else "„"
    said = rendered.plain.replace(NASTY, "")
    assert language == "de" or quotes not in said.replace("„zwei“", "")


def sample(name: str, argument: str) -> Any:
    found = BY_TEXT.get(name, {}).get(argument, VALUES.get(argument))
    assert found is not None, f"tests/samples has no {argument} for {name}"
    return found


class Tags(HTMLParser):
    """Checks that every tag is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def unbalanced(html: str) -> list[str]:
    tags = Tags()
    tags.feed(html)
    return tags.wrong + tags.open


WORDS: dict[str, tuple[StrEnum, ...]] = {
    "parts.light": tuple(Light),
    "parts.phase": tuple(Phase),
    "parts.funding": tuple(Funding),
    "parts.kind": tuple(FeedbackKind),
    "parts.answer": tuple(FeedbackAnswer),
    "parts.choice": tuple(Choice),
    "parts.state": tuple(State),
    "parts.role": tuple(Role),
    "ballots.kind": tuple(Kind),
    "ballots.share": tuple(Rule),
    "ballots.hundred": tuple(Base),
    "ballots.share_of": tuple(QuorumOf),
    "ballots.visibility": tuple(Visibility),
    "ballots.visibility_name": tuple(Visibility),
    "ballots.fit": tuple(Fit),
    "publishing.verdict": tuple(verdict for verdict in Verdict if verdict.is_refusal),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("macro", "value"), [(macro, value) for macro, values in WORDS.items() for value in values])
def test_every_value_has_a_word(macro: str, value: StrEnum, language: str) -> None:
    words = TEXTS.render(text(macro, value=value), language, HOUSE.zone).plain
    assert words
    assert value.value not in ("in_review", "no_votes") or "_" not in words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict.is_refusal])
def test_a_voter_is_told_why_a_vote_does_not_count(verdict: Verdict, language: str) -> None:
    values = {argument: sample("votes.not_counted", argument) for argument in messages(language)["votes.not_counted"]}
    said = [
        TEXTS.render(Text("votes.not_counted", values | {"verdict": each}), language, HOUSE.zone).plain
        for each in (verdict, "none")
    ]
    assert len(said[0]) > len(said[1]) + 20


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        TEXTS.render(text("inbox.unexpected"), "de", HOUSE.zone)


def test_an_unknown_text_is_an_error() -> None:
    with pytest.raises(LookupError):
        TEXTS.render(text("inbox.nothing"), "de", HOUSE.zone)


def test_the_operator_lays_single_macros_over_ours(tmp_path: Path) -> None:
    own = tmp_path / "de" / "inbox.html"
    own.parent.mkdir()
    own.write_text(
        '{% import "parts.html" as parts %}'
        "{% macro unexpected(reference) %}<p>Bitte rufen Sie die 4711 an ({{ reference }}).</p>{% endmacro %}",
        encoding="utf-8",
    )
    texts = Texts(tmp_path)
    assert texts.render(text("inbox.unexpected", reference="4f2c"), "de", HOUSE.zone).plain.endswith("4711 an (4f2c).")
    ours = text("inbox.field_twice", name="Ziel")
    assert texts.render(ours, "de", HOUSE.zone) == TEXTS.render(ours, "de", HOUSE.zone)
    english = text("inbox.unexpected", reference="4f2c")
    assert texts.render(english, "en", HOUSE.zone) == TEXTS.render(english, "en", HOUSE.zone)


def test_plain_text_keeps_lists_tables_and_code_readable() -> None:
    whole = replace(WHOLE, ballots=WHOLE.ballots[:1])
    plain = TEXTS.render(text("publishing.result", whole=whole, prefix="!"), "de", HOUSE.zone).plain
    assert re.search(r"Wer +Gewicht +Stimme +Begründung\n.+\nErlenbrück +1 +Nein", plain)
    usage = text("inbox.missing", names=["Frage", "Schluss"], usage="!konsultation neu\nFrage: …\n  Schluss: …")
    assert TEXTS.render(usage, "de", HOUSE.zone).plain.endswith("!konsultation neu\nFrage: …\n  Schluss: …")

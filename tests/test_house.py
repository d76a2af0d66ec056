"""The rules of the house that no linter knows."""

import itertools
from pathlib import Path

import pytest

from bot.command import Command, Form, W
from bot.errors import OperatorError
from bot.language.names import fold
from bot.parsing import Commands
from bot.texts import LANGUAGES, ROOT
from commands import ALL

LONGEST_MODULE = 400
COMMANDS = Commands(ALL)
FORMS = [(command, form) for command in ALL for form in command.forms]


def name_of(value: object) -> str:
    if isinstance(value, Command):
        return value.name.en
    return value.verb.en if isinstance(value, Form) and value.verb else ""


@pytest.mark.parametrize("command", ALL, ids=name_of)
def test_a_command_has_a_name_in_both_languages(command: Command) -> None:
    assert command.name.de
    assert command.name.en
    assert COMMANDS.named(command.name.de.upper()) is command
    assert COMMANDS.named(command.name.en) is command


@pytest.mark.parametrize(("command", "form"), FORMS, ids=name_of)
def test_a_form_is_explained_in_both_languages(command: Command, form: Form) -> None:
    for language in LANGUAGES:
        assert form.does[language]
        assert not form.does[language].endswith(".")
        assert form.examples
        assert all(example[language] for example in form.examples)


@pytest.mark.parametrize(("command", "form"), FORMS, ids=name_of)
def test_examples_are_understood_as_the_form_they_explain(command: Command, form: Form) -> None:
    for example, language in itertools.product(form.examples, LANGUAGES):
        call = COMMANDS.read(example[language], language, "!")
        if form.verb and form.verb.de.endswith("…"):  # for the help only: another form does the same and reads it
            assert call.form.run is form.run
        else:
            assert (call.command, call.form) == (command, form)


@pytest.mark.parametrize(("command", "form"), FORMS, ids=name_of)
def test_an_example_starts_with_the_name_in_its_language(command: Command, form: Form) -> None:
    for example, language in itertools.product(form.examples, LANGUAGES):
        assert fold(example[language].split()[0]) == fold(command.name[language])


def test_two_commands_of_one_name_refuse_to_start() -> None:
    twin = Command(W("stand", "progress"), ALL[1].forms)
    with pytest.raises(OperatorError, match="stand"):
        Commands((*ALL, twin))


def test_no_module_is_longer_than_anybody_reads() -> None:
    packages = [ROOT / name for name in ("bot", "commands", "schedules", "tests", "benchmarks", "docs")]
    files = [file for package in packages for file in package.rglob("*.py") if "versions" not in file.parts]
    long = {str(file.relative_to(ROOT)): count for file in files if (count := lines(file)) > LONGEST_MODULE}
    assert long == {}


def lines(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())

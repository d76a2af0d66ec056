"""Commands, their parsing, their usage and their help, from one declaration. Pure: no database, no clock.

A command has one or more forms; each form is a frozen dataclass for its arguments and a function to run:

    @dataclass(frozen=True)
    class Give:
        about: str = word(W("Projekt", "project"))
        text: str = rest(W("Text", "text"), default="")

    FEEDBACK = Command(W("feedback", "feedback"), (Form(Give, give, …),))
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass
from typing import Any, Final

from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import OperatorError, Question, UserError
from bot.language.kept import literal
from bot.language.names import fold, nearest

LONGEST_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True)
class W:
    """A word in German and English; `also` are further spellings that are understood."""

    de: str
    en: str
    also: tuple[str, ...] = ()

    def __getitem__(self, language: str) -> str:
        """The word in `language`."""
        return self.de if language == "de" else self.en

    def folded(self) -> frozenset[str]:
        """All spellings, as compared."""
        return frozenset(fold(spelling) for spelling in (self.de, self.en, *self.also))


def word(name: W, *, default: Any = MISSING, shown: str | None = None) -> Any:
    """One word on the first line. `shown` stands for it in the usage, where an example says more than its name.

    Empty: it is filled in by a kept command only, and no usage names it.
    """
    return dataclasses.field(default=default, metadata={"kind": "word", "name": name, "shown": shown})


def rest(name: W, *, default: Any = MISSING, shown: str | None = None) -> Any:
    """The rest of the first line, and the lines below it unless they are fields. `shown` as with `word`."""
    return dataclasses.field(default=default, metadata={"kind": "rest", "name": name, "shown": shown})


def line(name: W, *, default: Any = None, sample: W | None = None) -> Any:
    """A line `Feld: Wert` below the first. `sample` shows in the filled-in template what could stand there."""
    return dataclasses.field(default=default, metadata={"kind": "line", "name": name, "sample": sample or W("…", "…")})


def required(name: W, *, sample: W) -> Any:
    """A line that must be there; what is missing is asked for."""
    return line(name, default=MISSING, sample=sample)


@dataclass(frozen=True)
class Nothing:
    """For a form that takes no arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to use a command.

    `verb` follows the command (`neu`), or its first word where `after_key` is set (`K3 schließen`). `does` is the line
    in the help; `examples` are shown without the prefix. `needs` is the weakest role that may use it, never left
    unsaid. `anywhere` is for what needs no network, `founders` for what the help shows to nobody else.
    `leads`: who moderates any group of the network has this role for it, wherever they say it; whose group it is about
    is asked where that is found. What is not `listed` is seldom typed, and stands only in the help on its own command.
    """

    args: type[Any]
    run: Callable[[Any, Context], Answer]
    does: W
    examples: tuple[W, ...]
    verb: W | None = None
    needs: Role
    after_key: bool = False
    anywhere: bool = False
    founders: bool = False
    leads: bool = False
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """A command by name, with its forms. A form without a verb takes whatever no verb has taken."""

    name: W
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A command understood: what to run with which arguments."""

    command: Command
    form: Form
    args: Any


class Commands:
    """The table of all commands. Two that share a name refuse to start."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self.all: Final = tuple(commands)
        self._by_name: dict[str, Command] = {}
        for command in commands:
            for name in command.name.folded():
                if name in self._by_name:
                    raise OperatorError(f"two commands are called {name}")
                self._by_name[name] = command

    def named(self, name: str) -> Command | None:
        """The command of this name in any spelling, or None."""
        return self._by_name.get(fold(name))

    def read(self, spoken: str, language: str, prefix: str, may: Callable[[Form], None] = lambda _form: None) -> Call:
        """Understand what stands behind the prefix.

        Raises UserError for what cannot be understood, Question where something is missing. `prefix` and `language`
        serve the wording of these. `may` raises for a form that is not this person's, before anything is asked for.
        """
        if len(spoken) > LONGEST_TEXT:
            raise UserError("inbox.too_long", length=len(spoken), longest=LONGEST_TEXT)
        first, _, below = spoken.strip().partition("\n")
        name, words = _first_word(first)
        command = self.named(name)
        if command is None:
            close = nearest(name, self._shown_names(language))
            raise UserError("inbox.unknown_command", name=name, prefix=prefix, close=close[0] if close else None)
        form, words = _choose(command, words.strip())
        may(form)
        return Call(command, form, _Reader(command, form, language, prefix, spoken).read(words, below))

    def _shown_names(self, language: str) -> Iterator[str]:
        yield from (command.name[language] for command in self.all)
        yield from (command.name["en" if language == "de" else "de"] for command in self.all)


SPACED_KEY = re.compile(r"^\s*([A-Za-z])\s(\d+)(?!\S)")  # „K 3“ is K3


def _first_word(words: str) -> tuple[str, str]:
    """The first word and the rest, whatever white space a keyboard has put between them."""
    found = words.split(maxsplit=1)
    return (found[0], found[1]) if len(found) > 1 else (found[0] if found else "", "")


def _choose(command: Command, words: str) -> tuple[Form, str]:
    """The form whose verb stands first or second; else the one without a verb."""
    tokens = words.split(maxsplit=2)
    for form in command.forms:
        if form.verb is None:
            continue
        at = 1 if form.after_key else 0
        if len(tokens) > at and fold(tokens[at].strip(".,:;!")) in form.verb.folded():
            before = tokens[0] + " " if form.after_key else ""
            remaining = words.split(maxsplit=at + 1)[at + 1 :]
            return form, before + (remaining[0] if remaining else "")
    for form in command.forms:
        if form.verb is None:
            return form, words
    verbs = [form.verb for form in command.forms if form.verb]
    raise UserError("inbox.which_form", command=command, verbs=verbs, given=tokens[0] if tokens else None)


FIELD_LINE = re.compile(r"\s*([^\W\d_][\w ./-]{0,29}?)\s*:(?:\s+(.*)|\s*)$")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Fills one form's dataclass from the words of a message."""

    command: Command
    form: Form
    language: str
    prefix: str
    spoken: str

    def read(self, words: str, below: str) -> Any:
        fields = dataclasses.fields(self.form.args)
        has_lines = any(field.metadata["kind"] == "line" for field in fields)
        if not has_lines and below.strip():
            words = f"{words}\n{below}"
        values = self._words(words)
        if has_lines:
            values |= self._lines(below, values)
        self._ask_for_missing(values)
        return self.form.args(**values)

    def _words(self, words: str) -> dict[str, Any]:
        """What stands on the first line."""
        values: dict[str, Any] = {}
        for field in dataclasses.fields(self.form.args):
            if field.metadata["kind"] == "word":
                first, words = _first_word(SPACED_KEY.sub(r"\1\2", words))
                if first:
                    values[field.name] = first
            elif field.metadata["kind"] == "rest" and words.strip():
                values[field.name] = words.strip()
                words = ""
        if words.strip():
            raise UserError("inbox.too_much", words=words.strip(), usage=self._template(values))
        return values

    def _lines(self, below: str, understood: Mapping[str, Any]) -> dict[str, Any]:
        """Field lines; a line that is none goes on with the field before it."""
        names = {
            spelling: field.name
            for field in dataclasses.fields(self.form.args)
            if field.metadata["kind"] == "line"
            for spelling in field.metadata["name"].folded()
        }
        values: dict[str, Any] = {}
        unknown: dict[str, str] = {}
        current: str | None = None
        for text in below.splitlines():
            found = FIELD_LINE.match(text)
            name = names.get(fold(found[1])) if found else None
            if found and name is not None:
                if name in values:
                    raise UserError("inbox.field_twice", name=found[1].strip())
                current = name
                values[current] = (found[2] or "").strip()
            elif found and current != "text":  # a text may hold colons, so it ends only at a known field
                unknown[found[1].strip()] = (found[2] or "").strip()
                current = None
            elif current is not None:
                values[current] = f"{values[current]}\n{text}".strip()
            elif text.strip() and not unknown:
                raise UserError("inbox.no_field", words=text.strip(), usage=self._template({**understood, **values}))
        if unknown:
            fields = self._suggest(unknown)
            meant = {names[fold(close)]: unknown[name] for name, close in fields if close}
            raise UserError(
                "inbox.unknown_fields", fields=fields, usage=self._template({**meant, **understood, **values})
            )
        return {name: value for name, value in values.items() if value}

    def _suggest(self, unknown: Iterable[str]) -> list[tuple[str, str | None]]:
        known = [
            f.metadata["name"][self.language]
            for f in dataclasses.fields(self.form.args)
            if f.metadata["kind"] == "line"
        ]
        return [(name, next(iter(nearest(name, known)), None)) for name in unknown]

    def _ask_for_missing(self, values: Mapping[str, Any]) -> None:
        missing = [
            field
            for field in dataclasses.fields(self.form.args)
            if field.default is MISSING and field.name not in values
        ]
        if not missing:
            return
        names = [field.metadata["name"][self.language] for field in missing]
        usage = self._template(values)
        if len(missing) == 1 and missing[0].metadata["kind"] == "line":
            resume = f"{literal(self.spoken)}\n{names[0]}: {{answer}}"
        elif len(missing) == 1 and not self._verbless_words(values):
            resume = f"{literal(self.spoken)} {{answer}}"
        else:
            raise UserError("inbox.missing", names=names, usage=usage)
        raise Question("inbox.missing_one", resume=resume, name=names[0], usage=usage)

    def _verbless_words(self, values: Mapping[str, Any]) -> bool:
        """Whether lines below stand in the way of adding the missing word at the end."""
        return "\n" in self.spoken.strip()

    def _template(self, values: Mapping[str, Any]) -> str:
        """The command to copy: what was understood, and samples where something is missing."""
        first = [self.prefix + self.command.name[self.language]]
        lines = []
        for field in dataclasses.fields(self.form.args):
            name = field.metadata["name"][self.language]
            value = values.get(field.name)
            if field.metadata["kind"] != "line":
                first += [str(value)] if value else [f"<{name}>"] if field.default is MISSING else []
            elif value or field.default is MISSING:
                lines.append(f"{name}: {value or field.metadata['sample'][self.language]}")
        if self.form.verb:
            first.insert(2 if self.form.after_key else 1, self.form.verb[self.language])
        return "\n".join([" ".join(first), *lines])

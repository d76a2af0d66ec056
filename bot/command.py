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
from bot.language.fields import FIRST, Names, read_fields
from bot.language.kept import literal
from bot.language.names import fold, nearest

LONGEST_TEXT: Final = 20_000
Blocks = dict[int, dict[str, Any]]
Field = dataclasses.Field[Any]


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


def required(name: W, *, sample: W, unless: Callable[[Mapping[str, Any]], bool] | None = None) -> Any:
    """A line that must be there; what is missing is asked for.

    Not so where `unless` says that the other values make up for it; the field is None then.
    """
    made = line(name, default=None if unless else MISSING, sample=sample)
    return dataclasses.field(default=made.default, metadata={**made.metadata, "unless": unless})


def blocks(name: W, *, of: type[Any], head: str) -> Any:
    """Further things with lines of their own, each begun by `name` and a number („Vorlage 2“).

    The lines are those of the dataclass `of`; the form has lines of the same names for the first thing. The value is a
    tuple of pairs: number and `of`. What stands behind a colon on the line that begins one is the field `head`.
    """
    return dataclasses.field(default=(), metadata={"kind": "blocks", "name": name, "of": of, "head": head})


@dataclass(frozen=True)
class Nothing:
    """For a form that takes no arguments."""


@dataclass(frozen=True, slots=True)
class Details:
    """What the help on one command says besides: under a title, rows of a name and what belongs to it."""

    title: W
    rows: tuple[tuple[W, W], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to use a command.

    `verb` follows the command (`neu`), or its first word where `after_key` is set (`K3 schließen`). `does` is the line
    in the help; `examples` are shown without the prefix. `needs` is the weakest role that may use it, never left
    unsaid. `anywhere` is for what needs no network, `founders` for what the help shows to nobody else.
    `leads`: who moderates any group of the network has this role for it, wherever they say it; whose group it is about
    is asked where that is found. What is not `listed` is seldom typed, and stands only in the help on its own command,
    as do `details`.
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
    details: Details | None = None


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
            raise UserError("inbox.too_long", length=len(spoken), longest=LONGEST_TEXT, what="text")
        first, _, below = spoken.strip().partition("\n")
        name, words = _first_word(first)
        command = self.named(name)
        if command is None:
            self._ask_for_verb(name, words, below, language, prefix)
            close = nearest(name, self._shown_names(language))
            raise UserError("inbox.unknown_command", name=name, prefix=prefix, close=close[0] if close else None)
        form, words = _choose(command, words.strip())
        if form.verb is None and (meant := _meant(command, form, words, below, language)) is not None:
            raise _did_you_mean(meant, prefix)
        may(form)
        return Call(command, form, _Reader(command, form, language, prefix, spoken).read(words, below))

    def _ask_for_verb(self, name: str, words: str, below: str, language: str, prefix: str) -> None:
        """„!protokoll K1“ is short for „!konsultation K1 protokoll“. Raises a Question if it can mean only one."""
        found = [
            (command, form.verb)
            for command in self.all
            for form in command.forms
            if form.verb and form.after_key and fold(name) in form.verb.folded()
        ]
        key, others = _first_word(SPACED_KEY.sub(r"\1\2", words))
        if len(found) == 1 and KEY.fullmatch(key):
            command, verb = found[0]
            meant = f"{command.name[language]} {key} {verb[language]} {others}".rstrip()
            raise _did_you_mean(f"{meant}\n{below}".rstrip(), prefix)

    def _shown_names(self, language: str) -> Iterator[str]:
        yield from (command.name[language] for command in self.all)
        yield from (command.name["en" if language == "de" else "de"] for command in self.all)


SPACED_KEY = re.compile(r"^\s*([A-Za-z])\s(\d+(?:\.\d+)?)(?!\S)")  # „K 3“ is K3, „K 3.2“ is K3.2


KEY = re.compile(r"[A-Za-z]\d{1,6}(?:\.\d+)?")


def _did_you_mean(meant: str, prefix: str) -> Question:
    return Question("inbox.did_you_mean", resume=literal(meant), meant=meant, prefix=prefix)


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
    for form in command.forms:  # „öffnen K2“
        if form.verb and form.after_key and len(tokens) > 1 and fold(tokens[0]) in form.verb.folded():
            key, others = _first_word(SPACED_KEY.sub(r"\1\2", " ".join(tokens[1:])))
            if KEY.fullmatch(key.rstrip(".,:")):
                return form, f"{key} {others}".rstrip()
    for form in command.forms:
        if form.verb is None:
            return form, words
    verbs = [form.verb for form in command.forms if form.verb]
    raise UserError("inbox.which_form", command=command, verbs=verbs, given=tokens[0] if tokens else None)


def _meant(command: Command, form: Form, words: str, below: str, language: str) -> str | None:
    """What was meant by words that the verbless `form` cannot take: a verb with a slip, or one forgotten („neu“)."""
    fields = dataclasses.fields(form.args)
    if any(field.metadata["kind"] != "word" for field in fields) or not fields:
        return None
    name, (key, others) = command.name[language], _first_word(SPACED_KEY.sub(r"\1\2", words))
    if KEY.fullmatch(key.rstrip(".,:")):
        typed, behind = _first_word(others)
        verbs = [form.verb for form in command.forms if form.verb and form.after_key]
        spelled = {spelling: verb[language] for verb in verbs for spelling in (verb.de, verb.en, *verb.also)}
        close = next(iter(nearest(typed, list(spelled))), None) if typed else None
        return f"{name} {key} {spelled[close]} {behind}\n{below}".rstrip() if close else None
    for other in command.forms:
        if other.verb and not other.after_key and words:
            lines = [field for field in dataclasses.fields(other.args) if field.metadata["kind"] == "line"]
            inline = _split_fields(words, lines)[1]
            if inline or any(fold(each.partition(":")[0]) in _spelled(lines) for each in below.splitlines()):
                return f"{name} {other.verb[language]} {words}\n{below}".rstrip()
    return None


def _split_fields(words: str, fields: Sequence[Field]) -> tuple[str, list[str]]:
    """„Titel Frage: … Schluss: …“ in one line: what stands before the first field, and the lines of the fields."""
    spelled = {each for field in fields for name in [field.metadata["name"]] for each in (name.de, name.en, *name.also)}
    longest_first = sorted(map(re.escape, spelled), key=len, reverse=True)
    begins = re.compile(rf"(?:^|(?<=[\s,;.?!]))(?:{'|'.join(longest_first)})\s?:(?=\s)")
    starts = [found.start() for found in begins.finditer(words)] if spelled else []
    if not starts:
        return words, []
    ends = [*starts[1:], len(words)]
    parts = [words[start:end].strip(" ,;\n") for start, end in zip(starts, ends, strict=True)]
    return words[: starts[0]].rstrip(" ,;\n"), parts


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
        values, later = self._words(words), Blocks()
        if has_lines:
            first, later = self._lines(below, values)
            below = self._lines_in_first(values, first, below)
            first, later = self._lines(below, values)
            values |= first
        self._ask_for_missing(values, later)
        if self._blocks is not None:
            of = self._blocks.metadata["of"]
            values[self._blocks.name] = tuple((number, of(**lines)) for number, lines in sorted(later.items()))
        return self.form.args(**values)

    def _lines_in_first(self, values: dict[str, Any], first: Mapping[str, Any], below: str) -> str:
        """The lines, with those that were typed in the first one; only where a mandatory line would be missing."""
        fields = [field for field in dataclasses.fields(self.form.args) if field.metadata["kind"] == "line"]
        head = next((f for f in dataclasses.fields(self.form.args) if f.metadata["kind"] == "rest"), None)
        if head is None or head.name not in values:
            return below
        whole = values | first
        if not any(_is_missing(field, whole, whole) for field in fields):
            return below
        words, lines = _split_fields(values[head.name], fields)
        if lines:
            values[head.name] = words
            if not words:
                del values[head.name]
        return "\n".join([*lines, below]) if lines else below

    @property
    def _blocks(self) -> Field | None:
        return next((f for f in dataclasses.fields(self.form.args) if f.metadata["kind"] == "blocks"), None)

    def _later(self) -> tuple[Field, ...]:
        """The lines that a further block has."""
        return dataclasses.fields(self._blocks.metadata["of"]) if self._blocks else ()

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
            raise UserError("inbox.too_much", words=words.strip(), usage=self._template(values, {}))
        return values

    def _lines(self, below: str, understood: Mapping[str, Any]) -> tuple[dict[str, Any], Blocks]:
        """Field lines: those of the form, and those of further blocks."""
        fields = [field for field in dataclasses.fields(self.form.args) if field.metadata["kind"] == "line"]
        heads, head = frozenset[str](), ""
        if self._blocks is not None:
            heads, head = self._blocks.metadata["name"].folded(), self._blocks.metadata["head"]
        names = Names(_spelled(fields), _spelled(self._later()), heads, head)
        found = read_fields(below, names)
        values = found.filled()
        first = values.pop(FIRST)
        if found.stray is not None:
            usage = self._template({**understood, **first}, values)
            raise UserError("inbox.no_field", words=found.stray, usage=usage)
        if found.unknown:
            close = {name: self._like(name, fields) for _, name, _ in found.unknown}
            for number, name, value in found.unknown:
                if (meant := close[name]) is not None:
                    place = values[number] if fold(meant) in names.later and number != FIRST else first
                    place.setdefault(names.fields[fold(meant)], value)
            usage = self._template({**first, **understood}, values)
            raise UserError("inbox.unknown_fields", fields=list(close.items()), usage=usage)
        return first, values

    def _like(self, name: str, fields: Sequence[Field]) -> str | None:
        """The field that may have been meant, by any of its spellings, as it is called in this language."""
        names: list[W] = [field.metadata["name"] for field in fields]
        called = {spelling: each[self.language] for each in names for spelling in (each.de, each.en, *each.also)}
        own = nearest(name, [each[self.language] for each in names]) or nearest(name, list(called))
        return called[own[0]] if own else None

    def _ask_for_missing(self, values: Mapping[str, Any], later: Blocks) -> None:
        """Of the form first, then of each block; a single line is asked for, and its answer put below."""
        missing = [(FIRST, field) for field in dataclasses.fields(self.form.args) if _is_missing(field, values, values)]
        for number, lines in sorted(later.items()):
            missing += [(number, field) for field in self._later() if _is_missing(field, lines, values)]
        if not missing:
            return
        number, field = missing[0]
        names = [self._name_of(number, field) for number, field in missing]
        usage = self._template(values, later)
        if len(missing) == 1 and field.metadata["kind"] == "line":
            above = f"{self._head(number)}\n" if later and field.name in {other.name for other in self._later()} else ""
            resume = f"{literal(self.spoken)}\n{above}{field.metadata['name'][self.language]}: {{answer}}"
        elif len(missing) == 1 and not self._verbless_words(values):
            resume = f"{literal(self.spoken)} {{answer}}"
        else:
            raise UserError("inbox.missing", names=names, usage=usage)
        raise Question("inbox.missing_one", resume=resume, name=names[0], usage=usage)

    def _name_of(self, number: int, field: Field) -> str:
        name: str = field.metadata["name"][self.language]
        return name if number == FIRST else f"{name} ({self._head(number)})"

    def _head(self, number: int) -> str:
        """„Vorlage 2“."""
        return f"{self._blocks.metadata['name'][self.language]} {number}" if self._blocks else ""

    def _verbless_words(self, values: Mapping[str, Any]) -> bool:
        """Whether lines below stand in the way of adding the missing word at the end."""
        return "\n" in self.spoken.strip()

    def _template(self, values: Mapping[str, Any], later: Blocks) -> str:
        """The command to copy: what was understood, and samples where something is missing."""
        first = [self.prefix + self.command.name[self.language]]
        lines = []
        for field in dataclasses.fields(self.form.args):
            name = field.metadata["name"][self.language]
            value = values.get(field.name)
            if field.metadata["kind"] == "line":
                lines += self._sample(field, values, values)
            elif field.metadata["kind"] != "blocks":
                first += [str(value)] if value else [f"<{name}>"] if field.default is MISSING else []
        if self.form.verb:
            first.insert(2 if self.form.after_key else 1, self.form.verb[self.language])
        for number, block in sorted(later.items()):
            lines.append(self._head(number))
            for field in self._later():
                lines += self._sample(field, block, values)
        return "\n".join([" ".join(first), *lines])

    def _sample(self, field: Field, lines: Mapping[str, Any], whole: Mapping[str, Any]) -> list[str]:
        """The line of a field, if it has a value or needs one; a list stands below its name."""
        value = lines.get(field.name) or ""
        if _is_missing(field, lines, whole):
            value = field.metadata["sample"][self.language]
        between = "\n" if value.startswith("- ") else " "
        return [f"{field.metadata['name'][self.language]}:{between}{value}"] if value else []


def _spelled(fields: Iterable[Field]) -> dict[str, str]:
    """All spellings of these fields' names, as compared."""
    return {spelling: field.name for field in fields for spelling in field.metadata["name"].folded()}


def _is_missing(field: Field, lines: Mapping[str, Any], whole: Mapping[str, Any]) -> bool:
    """Whether this field must be there and is not. `lines` are those of its block, `whole` those of the form."""
    unless = field.metadata.get("unless")
    if field.name in lines or field.metadata["kind"] == "blocks":
        return False
    return field.default is MISSING or (unless is not None and not unless(whole))

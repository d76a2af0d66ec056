"""The arguments of one form of a command, read from the words of a message, or asked for. Pure."""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass
from typing import Any

from bot.command import Command, Form, W
from bot.errors import Question, UserError
from bot.language.fields import FIRST, Names, read_fields
from bot.language.kept import literal
from bot.language.names import fold, nearest

Blocks = dict[int, dict[str, Any]]
Field = dataclasses.Field[Any]
SPACED_KEY = re.compile(r"^\s*([A-Za-z])\s(\d+(?:\.\d+)?)(?!\S)")  # „K 3“ is K3, „K 3.2“ is K3.2


def first_word(words: str) -> tuple[str, str]:
    """The first word and the rest, whatever white space a keyboard has put between them."""
    found = words.split(maxsplit=1)
    return (found[0], found[1]) if len(found) > 1 else (found[0] if found else "", "")


def split_fields(words: str, fields: Sequence[Field]) -> tuple[str, list[str]]:
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
class Reader:
    """Fills one form's dataclass from the words of a message."""

    command: Command
    form: Form
    language: str
    prefix: str
    spoken: str

    def read(self, words: str, below: str) -> Any:
        """The dataclass. Raises UserError for what cannot be placed, Question where something is missing."""
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
        whole = {**values, **first}
        if not any(_is_missing(field, whole, whole) for field in fields):
            return below
        words, lines = split_fields(values[head.name], fields)
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
                first, words = first_word(SPACED_KEY.sub(r"\1\2", words))
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
        names = Names(spelled_names(fields), spelled_names(self._later()), heads, head)
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


def spelled_names(fields: Iterable[Field]) -> dict[str, str]:
    """All spellings of these fields' names, as compared."""
    return {spelling: field.name for field in fields for spelling in field.metadata["name"].folded()}


def _is_missing(field: Field, lines: Mapping[str, Any], whole: Mapping[str, Any]) -> bool:
    """Whether this field must be there and is not. `lines` are those of its block, `whole` those of the form."""
    unless = field.metadata.get("unless")
    if field.name in lines or field.metadata["kind"] == "blocks":
        return False
    return field.default is MISSING or (unless is not None and not unless(whole))

"""The table of all commands: what somebody typed, understood as one form of one command, or guessed at. Pure."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.command import Command, Form
from bot.errors import OperatorError, Question, UserError
from bot.language.kept import literal
from bot.language.names import fold, nearest
from bot.reading import SPACED_KEY, Reader, first_word, spelled_names, split_fields

LONGEST_TEXT: Final = 20_000


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

    def resembles_one(self, name: str) -> bool:
        """Whether this may be the name of a command with a slip."""
        return bool(nearest(name, self._by_name))

    def read(self, spoken: str, language: str, prefix: str, may: Callable[[Form], None] = lambda _form: None) -> Call:
        """Understand what stands behind the prefix.

        Raises UserError for what cannot be understood, Question where something is missing. `prefix` and `language`
        serve the wording of these. `may` raises for a form that is not this person's, before anything is asked for.
        """
        if len(spoken) > LONGEST_TEXT:
            raise UserError("inbox.too_long", length=len(spoken), longest=LONGEST_TEXT, what="text")
        first, _, below = spoken.strip().partition("\n")
        name, words = first_word(first)
        command = self.named(name)
        if command is None:
            self._ask_for_verb(name, words, below, language, prefix)
            close = nearest(name, self._shown_names(language))
            raise UserError("inbox.unknown_command", name=name, prefix=prefix, close=close[0] if close else None)
        form, words = _choose(command, words.strip())
        if form.verb is None and (meant := _meant(command, form, words, below, language)) is not None:
            raise _did_you_mean(meant, prefix)
        may(form)
        return Call(command, form, Reader(command, form, language, prefix, spoken).read(words, below))

    def _ask_for_verb(self, name: str, words: str, below: str, language: str, prefix: str) -> None:
        """„!protokoll K1“ is short for „!konsultation K1 protokoll“. Raises a Question if it can mean only one."""
        found = [
            (command, form.verb)
            for command in self.all
            for form in command.forms
            if form.verb and form.after_key and fold(name) in form.verb.folded() and _takes(form, words)
        ]
        key, others = first_word(SPACED_KEY.sub(r"\1\2", words))
        if len(found) == 1 and KEY.fullmatch(key):
            command, verb = found[0]
            meant = f"{command.name[language]} {key} {verb[language]} {others}".rstrip()
            raise _did_you_mean(f"{meant}\n{below}".rstrip(), prefix)

    def _shown_names(self, language: str) -> Iterator[str]:
        yield from (command.name[language] for command in self.all)
        yield from (command.name["en" if language == "de" else "de"] for command in self.all)


KEY = re.compile(r"[A-Za-z]\d{1,6}(?:\.\d+)?")


def _takes(form: Form, words: str) -> bool:
    """Whether words that begin with this key („K1“) can be meant for a form; „T2“ is no consultation."""
    shown = dataclasses.fields(form.args)[0].metadata.get("shown") or ""
    return not KEY.fullmatch(shown) or words[:1].upper() == shown[0]


def _did_you_mean(meant: str, prefix: str) -> Question:
    return Question("inbox.did_you_mean", resume=literal(meant), meant=meant, prefix=prefix)


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
            key, others = first_word(SPACED_KEY.sub(r"\1\2", " ".join(tokens[1:])))
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
    name, (key, others) = command.name[language], first_word(SPACED_KEY.sub(r"\1\2", words))
    if KEY.fullmatch(key.rstrip(".,:")):
        typed, behind = first_word(others)
        verbs = [form.verb for form in command.forms if form.verb and form.after_key]
        spelled = {spelling: verb[language] for verb in verbs for spelling in (verb.de, verb.en, *verb.also)}
        close = next(iter(nearest(typed, list(spelled))), None) if typed else None
        return f"{name} {key} {spelled[close]} {behind}\n{below}".rstrip() if close else None
    for other in command.forms:
        if other.verb and not other.after_key and words:
            lines = [field for field in dataclasses.fields(other.args) if field.metadata["kind"] == "line"]
            inline = split_fields(words, lines)[1]
            if inline or any(fold(each.partition(":")[0]) in spelled_names(lines) for each in below.splitlines()):
                return f"{name} {other.verb[language]} {words}\n{below}".rstrip()
    return None

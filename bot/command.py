"""Commands, for their parsing (`bot.parsing`), usage and help, from one declaration. Pure: no database, no clock.

A command has one or more forms; each form is a frozen dataclass for its arguments and a function to run:

    @dataclass(frozen=True)
    class Give:
        about: str = word(W("Projekt", "project"))
        text: str = rest(W("Text", "text"), default="")

    FEEDBACK = Command(W("feedback", "feedback"), (Form(Give, give, …),))
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from typing import Any

from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.language.names import fold


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
    as do `details`. `whenever`: it counts as of when it reached us, however late we could read it.
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
    whenever: bool = False
    details: Details | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A command by name, with its forms. A form without a verb takes whatever no verb has taken."""

    name: W
    forms: tuple[Form, ...]

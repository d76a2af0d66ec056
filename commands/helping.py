"""`!hilfe`: what this person can do here, with examples; made from the commands' own declarations."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from bot.command import Command, Form, W, word
from bot.context import Context
from bot.domain.roles import suffices
from bot.effects import Answer
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.texts import text


@dataclass(frozen=True)
class About:
    """One command, or nothing for all."""

    name: str | None = word(W("Befehl", "command"), default=None)


@dataclass(frozen=True)
class Line:
    """One form of a command, as shown: usage and examples without the prefix."""

    usage: str
    does: str
    examples: tuple[str, ...]
    fields: tuple[str, ...]


def usage(command: Command, form: Form, language: str) -> str:
    """„projekt neu ‹Schlüssel› [Feld: Wert]“."""
    words = [command.name[language]]
    fields = [field for field in dataclasses.fields(form.args) if field.metadata["kind"] != "line"]
    for field in fields:
        name = field.metadata.get("shown") or field.metadata["name"][language]
        words.append(f"[{name}]" if field.default is not dataclasses.MISSING else name)
    if form.verb:
        words.insert(2 if form.after_key else 1, form.verb[language])
    return " ".join(words)


def command(others: Sequence[Command]) -> Command:
    """The help on `others` and on itself."""

    def run(args: About, ctx: Context) -> Answer:
        everything = (*others, helping)
        if args.name is None:
            lines = [line for entry in everything for line in _lines(entry, ctx)]
            return text("helping.all", lines=lines, prefix=ctx.house.prefix, role=ctx.role)
        wanted = args.name.removeprefix(ctx.house.prefix)
        for entry in everything:
            if fold(wanted) in entry.name.folded():
                return text("helping.one", name=entry.name, lines=_lines(entry, ctx), prefix=ctx.house.prefix)
        close = nearest(wanted, [entry.name[ctx.language] for entry in everything])
        raise UserError(
            "inbox.unknown_command", name=wanted, prefix=ctx.house.prefix, close=close[0] if close else None
        )

    helping = Command(
        W("hilfe", "help", ("?", "befehle", "commands")),
        (
            Form(
                args=About,
                run=run,
                does=W("zeigt, was Sie hier tun können", "shows what you can do here"),
                examples=(W("hilfe", "help"), W("hilfe status", "help status")),
            ),
        ),
    )
    return helping


def _lines(entry: Command, ctx: Context) -> list[Line]:
    """The forms that this person may use."""
    language = ctx.language
    return [
        Line(
            usage=usage(entry, form, language),
            does=form.does[language],
            examples=tuple(e[language] for e in form.examples if e[language] != usage(entry, form, language)),
            fields=tuple(
                field.metadata["name"][language]
                for field in dataclasses.fields(form.args)
                if field.metadata["kind"] == "line"
            ),
        )
        for form in entry.forms
        if suffices(ctx.role, form.needs)
    ]

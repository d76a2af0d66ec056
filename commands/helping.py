"""`!hilfe`: what this person can do here, with examples; made from the commands' own declarations."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from bot.command import Command, Details, Form, W, rest, word
from bot.context import Context
from bot.domain.organisations import Level
from bot.domain.roles import RANK, Role, suffices
from bot.effects import Answer
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.procedures.standing import at_home, belongs_to, leads_somewhere
from bot.store import participations
from bot.texts import Text, text

SMALL_BELOW = 10_000  # inhabitants: the two smallest size classes


@dataclass(frozen=True)
class About:
    """One command, or nothing for all."""

    name: str | None = word(W("Befehl", "command"), default=None)
    verb: str = rest(W("Wort dahinter", "word behind it"), default="", shown="")


@dataclass(frozen=True)
class Line:
    """One form of a command, as shown: usage and examples without the prefix.

    `leading` is what only moderators and coordinators do: folded in the list, which is long enough for a phone without.
    """

    usage: str
    does: str
    examples: tuple[str, ...]
    fields: tuple[str, ...]
    leading: bool = False
    details: Details | None = None


def usage(command: Command, form: Form, language: str) -> str:
    """„projekt neu ‹Schlüssel› [Feld: Wert]“."""
    words = [command.name[language]]
    fields = [field for field in dataclasses.fields(form.args) if field.metadata["kind"] in ("word", "rest")]
    for field in fields:
        if field.metadata["shown"] == "":
            continue
        name = field.metadata["shown"] or field.metadata["name"][language]
        words.append(f"[{name}]" if field.default is not dataclasses.MISSING else name)
    if form.verb:
        words.insert(2 if form.after_key else 1, form.verb[language])
    return " ".join(words)


def command(others: Sequence[Command]) -> Command:
    """The help on `others` and on itself."""

    def run(args: About, ctx: Context) -> Answer:
        everything = (*others, helping)
        if args.name is None:
            lines = [line for entry in everything for line in _lines(entry, ctx, listed=True)]
            if ctx.home is None:
                return _outside(lines, ctx)
            small = _is_small(ctx)
            return text("helping.all", lines=lines, prefix=ctx.house.prefix, role=ctx.role, small=small)
        wanted = args.name.removeprefix(ctx.house.prefix)
        entry = next((each for each in everything if fold(wanted) in each.name.folded()), None)
        asked = _asked(entry, args.verb) if entry else _by_verb(wanted, everything)
        if asked is not None:
            return text(
                "helping.one",
                name=asked.name,
                lines=_lines(asked, ctx),
                prefix=ctx.house.prefix,
                needs=_weakest(asked, ctx),
                whole=asked is entry,
            )
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
                needs=Role.GUEST,
                anywhere=True,
                does=W("zeigt, was Sie hier tun können", "shows what you can do here"),
                examples=(
                    W("hilfe", "help"),
                    W("hilfe status", "help status"),
                    W("hilfe konsultation neu", "help consultation new"),
                ),
            ),
        ),
    )
    return helping


def _asked(entry: Command, verb: str) -> Command:
    """The command with only the forms that `verb` names, where it names any („neu“, „K3 schließen“)."""
    said = {fold(each.strip(".,:;!?")) for each in verb.split()}
    forms = tuple(form for form in entry.forms if form.verb and said & form.verb.folded())
    return Command(entry.name, forms) if forms else entry


def _by_verb(verb: str, everything: Sequence[Command]) -> Command | None:
    """The only command with a verb that says enough for itself: „hilfe protokoll“ is about `!konsultation`."""
    found = [asked for entry in everything if (asked := _asked(entry, verb)) is not entry]
    return found[0] if len(found) == 1 and all(form.after_key for form in found[0].forms) else None


def _weakest(entry: Command, ctx: Context) -> Role:
    """The weakest role that may use a command in some form; outside of any network it takes at least a member."""
    weakest = min((form.needs for form in entry.forms), key=RANK.__getitem__)
    return weakest if ctx.home is not None or suffices(weakest, Role.MEMBER) else Role.MEMBER


def _outside(lines: list[Line], ctx: Context) -> Text:
    """Help for who belongs to no network yet: what they can do all the same, and how to get in.

    Raises Question where the person belongs to several, UserError in a room without one.
    """
    if ctx.room.direct_with is None or belongs_to(ctx.person, ctx):
        at_home(ctx)
    may_found = ctx.person in ctx.house.coordinators
    return text("helping.outside", lines=lines, prefix=ctx.house.prefix, may_found=may_found)


def _is_small(ctx: Context) -> bool:
    """Whether the person comes from a small municipality: nobody there has time for more than a tap."""
    if not suffices(ctx.role, Role.MEMBER):
        return False  # guests neither vote nor follow
    own = participations.organisation_of(ctx.session, ctx.network_id, ctx.person, ctx.now)
    if own is None or own.inhabitants is None or own.level not in (None, Level.CITY, Level.MUNICIPALITY):
        return False
    return own.inhabitants < SMALL_BELOW


def _lines(entry: Command, ctx: Context, *, listed: bool = False) -> list[Line]:
    """The forms that this person may use; of `listed` ones only, where all commands are shown."""
    language = ctx.language
    leads = ctx.home is not None and leads_somewhere(ctx)
    return [
        Line(
            usage=usage(entry, form, language),
            does=form.does[language],
            examples=tuple(e[language] for e in form.examples if e[language] != usage(entry, form, language)),
            fields=tuple(
                field.metadata["name"][language] + (" 2" if field.metadata["kind"] == "blocks" else "")
                for field in dataclasses.fields(form.args)
                if field.metadata["kind"] in ("line", "blocks")
            ),
            leading=suffices(form.needs, Role.MODERATOR),
            details=form.details,
        )
        for form in entry.forms
        if (suffices(ctx.role, form.needs) or (form.leads and leads))
        and (form.anywhere or ctx.home is not None)
        and (form.listed or not listed)
        and (not form.founders or ctx.person in ctx.house.coordinators)
    ]

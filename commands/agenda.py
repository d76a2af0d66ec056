"""`!agenda`: the goals and guiding principles that projects serve."""

from dataclasses import dataclass

from bot.command import Command, Form, W, line, rest
from bot.context import Context
from bot.domain.project import AimKind
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import UserError
from bot.language.projects import NOTHING
from bot.procedures import agenda
from bot.procedures.agenda import named
from bot.store import aims
from bot.texts import text

GOAL = W("Ziel", "Goal", ("Agendaziel", "Agenda goal"))
PRINCIPLE = W("Leitprinzip", "Principle", ("Guiding principle", "Prinzip"))
TEXT = W("Text", "Text", ("Beschreibung", "Description"))


@dataclass(frozen=True)
class One:
    """One by its name; without a name, all."""

    name: str | None = rest(W("Name", "name"), default=None)


@dataclass(frozen=True)
class Name:
    """One by its name."""

    name: str = rest(W("Name", "name"))


@dataclass(frozen=True, kw_only=True)
class New:
    """A goal, or a principle."""

    goal: str | None = line(GOAL)
    principle: str | None = line(PRINCIPLE)
    text: str | None = line(TEXT)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One by its name, and what changes."""

    name: str = rest(W("Name", "name"))
    new_name: str | None = line(W("Name", "Name", ("Neuer Name", "New name")))
    text: str | None = line(TEXT)


def show(args: One, ctx: Context) -> Answer:
    """All, each with how many projects serve it; or one with its projects."""
    if args.name is not None:
        aim = named(args.name, ctx.network_id, ctx)
        return text("agenda.shown", aim=aim, projects=aims.serving(ctx.session, aim.id or 0), prefix=ctx.house.prefix)
    return text(
        "agenda.all",
        aims=aims.of_network(ctx.session, ctx.network_id),
        counts=aims.counts(ctx.session, ctx.network_id),
        coordinates=ctx.role is Role.COORDINATOR,
        prefix=ctx.house.prefix,
    )


def new(args: New, ctx: Context) -> Answer:
    """Name a goal or a principle."""
    if (args.goal is None) is (args.principle is None):
        raise UserError("agenda.which_kind", both=args.goal is not None, prefix=ctx.house.prefix)
    kind = AimKind.GOAL if args.goal is not None else AimKind.PRINCIPLE
    words = args.goal or args.principle or ""
    aim = agenda.add(kind, words, args.text, ctx.network_id, ctx.person, ctx)
    return text("agenda.created", aim=aim, prefix=ctx.house.prefix)


def change(args: Change, ctx: Context) -> Answer:
    """Give one another name or text; the projects keep it."""
    aim = named(args.name, ctx.network_id, ctx)
    if args.new_name is None and args.text is None:
        raise UserError("agenda.no_change", aim=aim, prefix=ctx.house.prefix)
    before = aim.name
    agenda.change(aim, args.new_name, args.text, ctx)
    if args.text in NOTHING:
        aim.text = None
    return text("agenda.changed", aim=aim, before=before, count=len(aims.serving(ctx.session, aim.id or 0)))


def retire(args: Name, ctx: Context) -> Answer:
    """Offer one no longer; the projects that serve it keep it."""
    aim = named(args.name, ctx.network_id, ctx)
    aim.retired_at = ctx.now
    count = len(aims.serving(ctx.session, aim.id or 0))
    return text("agenda.retired", aim=aim, count=count, prefix=ctx.house.prefix)


def restore(args: Name, ctx: Context) -> Answer:
    """Offer a retired one again."""
    aim = named(args.name, ctx.network_id, ctx, retired=True)
    aim.retired_at = None
    return text("agenda.created", aim=aim, prefix=ctx.house.prefix)


COMMAND = Command(
    W("agenda", "agenda", ("ziele", "goals", "agendaziele", "leitprinzipien", "principles")),
    (
        Form(
            verb=W("neu", "new"),
            args=New,
            run=new,
            needs=Role.COORDINATOR,
            does=W("benennt ein Agendaziel oder ein Leitprinzip", "names an agenda goal or a guiding principle"),
            examples=(
                W(
                    "agenda neu\nZiel: Bürgernahe Verwaltung\nText: Alle Leistungen auch digital bis 2028",
                    "agenda new\nGoal: Accessible administration\nText: All services online by 2028",
                ),
                W("agenda neu\nLeitprinzip: Digital zuerst", "agenda new\nPrinciple: Digital first"),
            ),
        ),
        Form(
            verb=W("ändern", "change", ("umbenennen", "rename")),
            args=Change,
            run=change,
            needs=Role.COORDINATOR,
            does=W("gibt ihm einen anderen Namen oder Text", "gives it another name or text"),
            examples=(
                W(
                    "agenda umbenennen Digital zuerst\nName: Digital von Anfang an",
                    "agenda rename Digital first\nName: …",
                ),
            ),
            listed=False,
        ),
        Form(
            verb=W("ablegen", "retire", ("archivieren", "archive", "streichen")),
            args=Name,
            run=retire,
            needs=Role.COORDINATOR,
            does=W("bietet es nicht mehr an; Projekte behalten es", "offers it no longer; projects keep it"),
            examples=(W("agenda ablegen Digital zuerst", "agenda retire Digital first"),),
            listed=False,
        ),
        Form(
            verb=W("wiederherstellen", "restore"),
            args=Name,
            run=restore,
            needs=Role.COORDINATOR,
            does=W("bietet es wieder an", "offers it again"),
            examples=(W("agenda wiederherstellen Digital zuerst", "agenda restore Digital first"),),
            listed=False,
        ),
        Form(
            args=One,
            run=show,
            needs=Role.MEMBER,
            does=W(
                "zeigt Agendaziele und Leitprinzipien mit der Zahl ihrer Projekte",
                "shows agenda goals and guiding principles with how many projects serve each",
            ),
            examples=(W("agenda", "agenda"), W("agenda Bürgernahe Verwaltung", "agenda Accessible administration")),
        ),
    ),
)

"""`!diagramm`: progress over time, phases by field of action, participation; a picture, and a table in the answer."""

from dataclasses import dataclass
from enum import StrEnum

from bot.command import Command, Form, W, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Picture, Reply
from bot.language.names import match
from bot.procedures import picture_counts, pictures
from bot.procedures.finding import project_named, require_role
from bot.procedures.pictures import Drawn, Reader
from bot.store import groups, shares
from bot.store.pictures import Extent
from bot.texts import text


class Kind(StrEnum):
    """What a chart is about."""

    PROGRESS = "progress"
    PHASES = "phases"
    PARTICIPATION = "participation"


KINDS = {
    "Fortschritt": Kind.PROGRESS,
    "progress": Kind.PROGRESS,
    "Verlauf": Kind.PROGRESS,
    "Projektstatus": Kind.PHASES,
    "Status": Kind.PHASES,
    "Phasen": Kind.PHASES,
    "Handlungsfelder": Kind.PHASES,
    "phases": Kind.PHASES,
    "fields": Kind.PHASES,
    "Beteiligung": Kind.PARTICIPATION,
    "participation": Kind.PARTICIPATION,
    "turnout": Kind.PARTICIPATION,
}


@dataclass(frozen=True)
class Wanted:
    """What is to be shown; of progress, of which project."""

    kind: str = word(W("Fortschritt|Projektstatus|Beteiligung", "progress|phases|participation"), default="Fortschritt")
    project: str = rest(W("Projekt", "project"), default="")


def show(args: Wanted, ctx: Context) -> Answer:
    """Draw it, of this room or in a direct chat of the network; a guest sees what is shared with them."""
    kind = match(args.kind, KINDS)
    drawn = _drawn(kind, args, ctx)
    if drawn is None:
        return text("chart.nothing", kind=kind or Kind.PROGRESS)
    said = Reply(text("chart.shown", drawn=drawn))
    return (said, Picture(room_id=ctx.room.room_id, key=f"chart/{ctx.message.event_id}", chart=drawn.chart))


def _drawn(kind: Kind | None, args: Wanted, ctx: Context) -> Drawn | None:
    """What is no kind of chart is a project: `!diagramm eAkte`."""
    reader = Reader(ctx.language, ctx.house.zone, _place(ctx))
    if kind is None or (kind is Kind.PROGRESS and args.project):
        project = project_named(args.project.strip() if kind else f"{args.kind} {args.project}".strip(), ctx)
        return pictures.progress_of(project, reader, ctx)
    if kind is Kind.PARTICIPATION:
        require_role(Role.MEMBER, ctx)
        return picture_counts.participation(_extent(ctx), reader, ctx)
    draw = pictures.progress if kind is Kind.PROGRESS else picture_counts.phases
    return draw(_extent(ctx), reader, ctx)


def _extent(ctx: Context) -> Extent:
    if ctx.role is not Role.GUEST:
        return Extent(ctx.network_id, ctx.only_room)
    shared = shares.of_person(ctx.session, ctx.network_id, ctx.person, ctx.only_room)
    return Extent(ctx.network_id, ctx.only_room, tuple(project.id or 0 for project in shared))


def _place(ctx: Context) -> str:
    """The group whose room it is, else the room; in a direct chat the network."""
    if ctx.only_room is None:
        return ctx.network.name
    group = groups.of_room(ctx.session, ctx.room.room_id)
    return (group.name if group else ctx.room.name) or ""


COMMAND = Command(
    W("diagramm", "chart", ("diagramme", "charts", "grafik")),
    (
        Form(
            args=Wanted,
            run=show,
            needs=Role.GUEST,
            does=W(
                "zeichnet den Fortschritt, den Projektstatus nach Handlungsfeld oder die Beteiligung",
                "draws progress, phases by field of action, or participation",
            ),
            examples=(
                W("diagramm", "chart"),
                W("diagramm Fortschritt eAkte", "chart progress eAkte"),
                W("diagramm Projektstatus", "chart phases"),
                W("diagramm Beteiligung", "chart participation"),
            ),
        ),
    ),
)

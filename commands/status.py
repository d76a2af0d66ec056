"""`!status`: the projects of this room; how one stands; a new status update."""

from dataclasses import dataclass

from bot.command import Command, Form, W, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.language.lights import StatusWords, read_status
from bot.procedures.finding import project_named, require_owner, require_role
from bot.procedures.reporting import report
from bot.store import aims, answers, projects, shares, tasks
from bot.store.tables import Project
from bot.texts import Text, text

HISTORY = 5


@dataclass(frozen=True)
class Status:
    """Nothing: all projects. A key: one project. More: an update."""

    key: str | None = word(W("Projekt", "project"), default=None)
    words: str = rest(W("Ampel Prozent Text", "light percent text"), default="")


def run(args: Status, ctx: Context) -> Answer:
    """Read or write. A guest reads what is shared with them."""
    if args.words:
        require_role(Role.MEMBER, ctx)
    if args.key is None and ctx.role is Role.GUEST:
        shared = shares.of_person(ctx.session, ctx.network_id, ctx.person, ctx.only_room)
        return text("status.shared", projects=shared, prefix=ctx.house.prefix)
    if args.key is None:
        found = projects.listed(ctx.session, ctx.network_id, ctx.only_room)
        return text("status.all", projects=found, prefix=ctx.house.prefix)
    project = project_named(args.key, ctx, again=("status", args.words))
    return write(project, read_status(args.words), ctx) if args.words else shown(project, ctx)


def shown(project: Project, ctx: Context) -> Text:
    """One project in full; to a guest without the numbers of what others said, which count all there is."""
    project_id = project.id or 0
    updates, inside = projects.updates(ctx.session, project_id, HISTORY), ctx.role is not Role.GUEST
    return text(
        "status.shown",
        project=project,
        aims=aims.of_project(ctx.session, project_id),
        updates=updates,
        unchanged=answers.unchanged_at(ctx.session, project_id),
        count=len(updates) if len(updates) < HISTORY else projects.count_updates(ctx.session, project_id),
        unanswered=projects.unanswered_numbers(ctx.session, project_id) if inside else [],
        tasks=tasks.open_titles(ctx.session, project_id) if inside else [],
        linked=projects.linked_with(ctx.session, project_id) if inside else [],
        prefix=ctx.house.prefix,
    )


def write(project: Project, words: StatusWords, ctx: Context) -> Text:
    """Store an update by the owner or a coordinator, and repeat what was understood."""
    require_owner(project, ctx)
    made = report(project, words, ctx.person, ctx.message.event_id, ctx)
    return text("status.updated", project=project, update=made.update, before=made.before)


COMMAND = Command(
    W("status", "status", ("stand", "state")),
    (
        Form(
            args=Status,
            run=run,
            needs=Role.GUEST,
            does=W("zeigt den Stand der Projekte oder meldet ihn", "shows how projects stand, or reports it"),
            examples=(
                W("status", "status"),
                W("status eAkte", "status eAkte"),
                W("status eAkte gelb 60% Vergabe verzögert sich", "status eAkte yellow 60% tender is delayed"),
            ),
        ),
    ),
)

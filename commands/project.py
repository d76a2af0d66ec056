"""`!projekt`: new, change, list, archive."""

from dataclasses import dataclass
from datetime import datetime

from bot.command import Command, Form, W, line, rest, word
from bot.context import Context
from bot.domain.project import AIM_FIELDS, is_key
from bot.domain.roles import Role
from bot.effects import Answer, Effect, Reply
from bot.errors import UserError
from bot.language.names import fold
from bot.language.projects import BY_NAME
from bot.procedures import portfolio
from bot.procedures.finding import (
    group_named,
    idea_numbered,
    project_named,
    require_owner,
    require_role,
    require_room,
)
from bot.procedures.groups import work_changed
from bot.store import aims, boards, groups, projects, shares
from bot.store.tables import Group, Idea, Project, ProjectChange
from bot.texts import Text, text
from commands import project_fields, sharing
from commands.project_fields import Choice, Fields


@dataclass(frozen=True, kw_only=True)
class New(Fields):
    """A project by its key, maybe from an idea (`aus I4`)."""

    key: str = word(W("Schlüssel", "key"))
    origin: str = rest(W("aus I4", "from I4"), default="")


@dataclass(frozen=True, kw_only=True)
class Change(Fields):
    """A project by its key, and what changes; `group` is the working group it goes to."""

    key: str = word(W("Schlüssel", "key"))
    group: str | None = line(W("Gruppe", "Group", ("Arbeitsgruppe", "Working group")))


@dataclass(frozen=True, kw_only=True)
class Filter(Choice):
    """Which projects to list."""

    words: str = rest(W("Feld: Wert", "field: value"), default="")


@dataclass(frozen=True)
class Key:
    """A project by its key."""

    key: str = word(W("Schlüssel", "key"))


def new(args: New, ctx: Context) -> Answer:
    """Create a project in this room; without an owner named, it is whoever creates it."""
    require_room(ctx)
    if not is_key(args.key):
        raise UserError("project.bad_key", key=args.key)
    taken = projects.by_folded(ctx.session, ctx.network_id, fold(args.key))
    if taken is not None:
        raise UserError("project.taken", project=taken)
    idea = _origin(args, ctx)
    values = project_fields.read(args, ctx)
    served = {name: values.pop(name) for name in AIM_FIELDS if name in values}
    values.setdefault("title", idea.text[:200] if idea else None)
    values.setdefault("owner", ctx.person)
    project = Project(
        network_id=ctx.network_id,
        room_id=ctx.room.room_id,
        key=args.key,
        folded=fold(args.key),
        idea_number=idea.number if idea else None,
        created_by=ctx.person,
        created_at=ctx.now,
        **values,
    )
    projects.add(ctx.session, project)
    portfolio.set_aims(project, served, ctx)
    if idea is not None:
        idea.project_id = project.id
    served_now = aims.of_project(ctx.session, project.id or 0)
    created = text("project.created", project=project, aims=served_now, prefix=ctx.house.prefix)
    return (Reply(created), *work_changed(project.room_id, ctx))


def change(args: Change, ctx: Context) -> Answer:
    """Change what the lines say; without lines, show the project's fields."""
    if args.group or project_fields.given(args):
        require_role(Role.MEMBER, ctx)
    project = project_named(args.key, ctx)
    values = project_fields.read(args, ctx)
    if not values and args.group is None:
        return _shown(project, ctx)
    require_owner(project, ctx)
    overtaken = portfolio.overtaken(project, values, ctx.person, ctx)
    names = portfolio.change(project, values, ctx.person, ctx.message.event_id, ctx)
    group, effects = _move(project, args.group, ctx) if args.group is not None else (None, ())
    changed = text(
        "project.changed",
        project=project,
        aims=aims.of_project(ctx.session, project.id or 0),
        group=group,
        overtaken=[_overtaken(row, ctx.language) for row in overtaken if row.field in names],
    )
    return (Reply(changed), *effects)


def _shown(project: Project, ctx: Context) -> Text:
    guest, project_id = ctx.role is Role.GUEST, project.id or 0
    return text(
        "project.shown",
        project=project,
        aims=aims.of_project(ctx.session, project_id),
        prefix=ctx.house.prefix,
        readers=[] if guest else shares.readers(ctx.session, project_id),
        guest=guest,
    )


@dataclass(frozen=True, slots=True)
class Overtaken:
    """What somebody else wrote into a field a moment ago: its name, and what stood there before and then."""

    name: str
    by: str
    at: datetime
    before: str
    after: str


def _overtaken(row: ProjectChange, language: str) -> Overtaken:
    field = BY_NAME[row.field]
    name = field.de if language == "de" else field.en
    return Overtaken(name, row.by, row.at, field.shown(row.before, language), field.shown(row.after, language))


def _move(project: Project, name: str, ctx: Context) -> tuple[Group, tuple[Effect, ...]]:
    """Let a project and the feedback on it belong to another working group's room."""
    group, before = group_named(name, ctx), project.room_id
    if group.room_id is None:
        raise UserError("project.no_room", group=group)
    groups.move_project(ctx.session, project, group.room_id)
    boards.want(ctx.session, (before, group.room_id), ctx.now)
    return group, (*work_changed(before, ctx), *work_changed(group.room_id, ctx))


def listing(args: Filter, ctx: Context) -> Answer:
    """List the network's projects, filtered by field."""
    chosen = project_fields.from_words(args.words, ctx.language) if args.words else args
    wanted = project_fields.read(chosen, ctx)
    found = projects.listed(ctx.session, ctx.network_id, None)
    served = aims.of_projects(ctx.session, [project.id or 0 for project in found]) if wanted else {}
    fitting = project_fields.fitting(wanted, found, served, ctx.language)
    return text("project.list", projects=fitting, filtered=bool(wanted), prefix=ctx.house.prefix)


def archive(args: Key, ctx: Context) -> Answer:
    """Put a project away; nothing of it is lost."""
    project = project_named(args.key, ctx)
    require_owner(project, ctx)
    portfolio.archive(project, ctx.person, ctx.message.event_id, ctx)
    return text("project.archived", project=project, prefix=ctx.house.prefix)


def restore(args: Key, ctx: Context) -> Answer:
    """Take a project out of the archive."""
    project = projects.by_folded(ctx.session, ctx.network_id, fold(args.key))
    if project is None or not project.archived:
        raise UserError("project.not_archived", key=args.key)
    require_owner(project, ctx)
    portfolio.archive(project, ctx.person, ctx.message.event_id, ctx, archived=False)
    return text("project.restored", project=project, aims=aims.of_project(ctx.session, project.id or 0))


def _origin(args: New, ctx: Context) -> Idea | None:
    if not args.origin:
        return None
    first, _, short = args.origin.partition(" ")
    if fold(first) not in ("aus", "from"):
        spoken = f"projekt neu {args.key} aus I4" if ctx.language == "de" else f"project new {args.key} from I4"
        raise UserError("inbox.too_much", words=args.origin, usage=ctx.house.prefix + spoken)
    return idea_numbered(short, ctx)


NAME = W("projekt", "project", ("vorhaben", "projekte", "projects"))
COMMAND = Command(
    NAME,
    (
        Form(
            verb=W("neu", "new"),
            args=New,
            run=new,
            needs=Role.MODERATOR,
            does=W("legt ein Projekt an", "creates a project"),
            examples=(
                W(
                    "projekt neu eAkte\nTitel: Elektronische Akte\nVerantwortlich: @ben:example.org",
                    "project new eAkte\nTitle: Electronic files\nOwner: @ben:example.org",
                ),
                W("projekt neu Bürgerkarte aus I4", "project new CitizenCard from I4"),
            ),
        ),
        Form(
            verb=W("liste", "list"),
            args=Filter,
            run=listing,
            needs=Role.MEMBER,
            does=W("zeigt alle Projekte, auch gefiltert", "lists all projects, filtered if you like"),
            examples=(W("projekt liste Projektstatus: in Umsetzung", "project list Phase: in progress"),),
        ),
        Form(
            verb=W("archivieren", "archive"),
            after_key=True,
            args=Key,
            run=archive,
            needs=Role.MEMBER,
            does=W("legt ein Projekt ab", "archives a project"),
            examples=(W("projekt eAkte archivieren", "project eAkte archive"),),
        ),
        Form(
            verb=W("wiederherstellen", "restore"),
            after_key=True,
            args=Key,
            run=restore,
            needs=Role.MEMBER,
            does=W("holt ein abgelegtes Projekt zurück", "brings an archived project back"),
            examples=(W("projekt eAkte wiederherstellen", "project eAkte restore"),),
        ),
        *sharing.FORMS,
        Form(
            args=Change,
            run=change,
            needs=Role.GUEST,
            does=W("zeigt oder ändert die Angaben zu einem Projekt", "shows or changes what is known of a project"),
            examples=(W("projekt eAkte\nFinanzierung: finanziert", "project eAkte\nFunding: funded"),),
        ),
    ),
)

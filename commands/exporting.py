"""`!export`: the network's projects, or its organisations and people, as a file to one person alone."""

from dataclasses import dataclass

from bot.command import Command, Form, W, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Document, Reply
from bot.errors import UserError
from bot.files import sheets, workbook
from bot.language.names import fold
from bot.language.project_rows import GROUP
from bot.procedures import project_files
from bot.procedures.file_tables import PEOPLE, PROJECTS
from bot.store import shares
from bot.texts import text
from commands import controlling

TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "excel": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Kind:
    """As what kind of file."""

    kind: str = word(W("csv|xlsx", "csv|xlsx"), default="csv")


def people(args: Kind, ctx: Context) -> Answer:
    """Addresses are in it: the file goes to the direct chat, wherever it was asked for."""
    rows = [PEOPLE.header, *PEOPLE.exported(ctx.network, ctx)]
    document = _file(PEOPLE.name, rows, args.kind, ctx)
    return (Reply(text("exporting.sent", name=document.name, count=len(rows) - 1)), document)


def projects(args: Kind, ctx: Context) -> Answer:
    """As far as whoever asks may see them; a guest's go without the groups that they belong to."""
    rows = [PROJECTS.header, *_visible(ctx)]
    document = _file(PROJECTS.name, rows, args.kind, ctx)
    return (Reply(text("exporting.projects", name=document.name, count=len(rows) - 1)), document)


def _visible(ctx: Context) -> list[tuple[str, ...]]:
    if ctx.role is Role.COORDINATOR:
        return PROJECTS.exported(ctx.network, ctx)
    if ctx.role is not Role.GUEST:
        return project_files.exported(ctx.network, ctx, project_files.visible(ctx.network, ctx))
    shared = [project.id or 0 for project in shares.of_person(ctx.session, ctx.network_id, ctx.person)]
    at = PROJECTS.header.index(GROUP.de)
    return [(*row[:at], "", *row[at + 1 :]) for row in project_files.exported(ctx.network, ctx, shared)]


def _file(name: str, rows: list[tuple[str, ...]], words: str, ctx: Context) -> Document:
    """Raises UserError for a kind of file that we do not write."""
    kind = TYPES.get(fold(words).removeprefix("."))
    if kind is None:
        raise UserError("exporting.which_kind", words=words)
    packed = kind != TYPES["csv"]
    return Document(
        person=ctx.person,
        key=f"export/{ctx.message.event_id}",
        name=f"{name}.{'xlsx' if packed else 'csv'}",
        mimetype=kind,
        content=workbook.to_json({name: rows}) if packed else sheets.to_csv(rows),
        maker="workbook" if packed else None,  # 10,000 rows take seconds
    )


COMMAND = Command(
    W("export", "export", ("exportieren",)),
    (
        Form(
            verb=W("personen", "people", ("organisationen", "organisations")),
            args=Kind,
            run=people,
            needs=Role.COORDINATOR,
            does=W(
                "schickt Ihnen Organisationen und Personen als Datei", "sends you organisations and people as a file"
            ),
            examples=(W("export personen", "export people"), W("export personen xlsx", "export people xlsx")),
        ),
        Form(
            verb=W("projekte", "projects", ("projekt", "project", "vorhaben")),
            args=Kind,
            run=projects,
            needs=Role.GUEST,
            does=W("schickt Ihnen die Projekte als Datei", "sends you the projects as a file"),
            examples=(W("export projekte xlsx", "export projects xlsx"),),
        ),
        controlling.FORM,
        Form(
            args=Kind,
            run=projects,
            needs=Role.GUEST,
            does=W("schickt Ihnen die Projekte als Datei", "sends you the projects as a file"),
            examples=(W("export", "export"), W("export xlsx", "export xlsx")),
            listed=False,
        ),
    ),
)

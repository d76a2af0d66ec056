"""`!import`: how projects, organisations and people come in as a file, and the confirmation of one that was shown."""

from dataclasses import dataclass

from bot.command import Command, Form, W, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Document, Reply
from bot.errors import UserError
from bot.files import sheets
from bot.procedures import bulk, project_files, roster
from bot.procedures.file_tables import PEOPLE, PROJECTS
from bot.texts import text


@dataclass(frozen=True)
class File:
    """Which file; nothing to be told how it works. `seen` says which preview of it was confirmed."""

    number: str | None = word(W("Nummer", "number"), default=None, shown="")
    seen: str = word(W("Stand", "state"), default="", shown="")


def run(args: File, ctx: Context) -> Answer:
    """Explain, with templates; or take a file over."""
    if args.number is None:
        explained = text("importing.explained", people=PEOPLE.header, projects=PROJECTS.header, prefix=ctx.house.prefix)
        return (
            Reply(explained),
            _template(PROJECTS.name, project_files.template(ctx.network), ctx),
            _template(PEOPLE.name, roster.template(ctx.network), ctx),
        )
    if not (args.number.isascii() and args.number.isdigit() and len(args.number) <= 9):
        raise UserError("bulk.unknown", prefix=ctx.house.prefix)
    return bulk.confirm(int(args.number), args.seen, PROJECTS.confirmed_with, ctx)


def _template(name: str, rows: list[tuple[str, ...]], ctx: Context) -> Document:
    return Document(
        room_id=ctx.room.room_id,
        key=f"import/template/{name}/{ctx.message.event_id}",
        name=f"{name}.csv",
        mimetype="text/csv",
        content=sheets.to_csv(rows),
    )


COMMAND = Command(
    W("import", "import", ("einlesen", "importieren")),
    (
        Form(
            args=File,
            run=run,
            needs=Role.COORDINATOR,
            does=W(
                "erklärt, wie Sie Projekte, Organisationen und Personen als Datei einlesen",
                "explains how to read in a file",
            ),
            examples=(W("import", "import"),),
        ),
    ),
)

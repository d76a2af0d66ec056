"""`!export`: the network's organisations and people as a file, to the coordinator alone."""

from dataclasses import dataclass

from bot.command import Command, Form, W, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Document, Reply
from bot.errors import UserError
from bot.files import sheets
from bot.language import roster as table
from bot.language.names import fold
from bot.procedures import roster
from bot.texts import text

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
    kind = TYPES.get(fold(args.kind))
    if kind is None:
        raise UserError("exporting.which_kind", words=args.kind)
    rows = [table.HEADER, *roster.exported(ctx.network, ctx)]
    packed = kind != "text/csv"
    document = Document(
        person=ctx.person,
        key=f"export/{ctx.message.event_id}",
        name="personen.xlsx" if packed else "personen.csv",
        mimetype=kind,
        content=sheets.to_xlsx(rows, "personen") if packed else sheets.to_csv(rows),
    )
    return (Reply(text("exporting.sent", name=document.name, count=len(rows) - 1)), document)


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
    ),
)

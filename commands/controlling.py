"""`!export controlling`: the portfolio of a group, or of the whole network, as an Excel file to calculate with."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot import texts
from bot.command import Form, W, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Document, Reply
from bot.errors import UserError
from bot.files import workbook
from bot.language import spans
from bot.language.spans import Edges
from bot.procedures import controlling
from bot.procedures.controlling_tables import Wording
from bot.store import groups
from bot.texts import text

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SINCE = re.compile(r"(?:seit|ab|vom|von|since|from)\s+(?:dem\s+|the\s+)?(.+)", re.IGNORECASE)
BACKWARDS: Final = tuple(timedelta(days=days) for days in (0, 7, 31, 366))
"""A day is read as of now, and else as of so long ago: „seit Montag“, „seit dem 3.“, „seit 1.9.“ lie in the past."""


@dataclass(frozen=True)
class Since:
    """Since when to tell what happened."""

    words: str = rest(W("seit DATUM", "since DATE"), default="")


def send(args: Since, ctx: Context) -> Answer:
    """A group's room shows its own, a direct chat the whole network. Who reported what is in it: it goes to one person.

    Raises UserError for a day that is none, or lies ahead.
    """
    room_id = ctx.only_room
    since = (
        _since(args.words.strip(), ctx) if args.words.strip() else controlling.usual_start(ctx.network_id, room_id, ctx)
    )
    here = groups.of_room(ctx.session, room_id) if room_id is not None else None
    name = here.name if here is not None else ctx.room.name if room_id is not None else None
    portfolio = controlling.gather(ctx.network_id, room_id, name, since, ctx)
    tables = Wording(texts.of(ctx.house.templates), ctx.language).tables(portfolio)
    day = ctx.now.astimezone(portfolio.zone).date()
    document = Document(
        person=ctx.person,
        key=f"export/{ctx.message.event_id}",
        name=f"controlling-{day.isoformat()}.xlsx",
        mimetype=XLSX,
        content=workbook.to_json(tables),
        maker="workbook",
    )
    said = text("controlling.sent", name=document.name, portfolio=portfolio, here=room_id is None)
    return (Reply(said), document)


def _since(words: str, ctx: Context) -> datetime:
    """The latest such day that is not ahead (UTC)."""
    found = SINCE.fullmatch(words)
    said = found[1] if found else words
    for back in BACKWARDS:
        try:
            start = spans.between(Edges(start=said), now=ctx.now - back, zone=ctx.house.zone, begun=True).start
        except UserError as problem:
            if problem.text in ("dates.unreadable", "dates.no_span", "dates.impossible"):
                raise UserError("controlling.bad_since", words=said) from problem
            continue
        if start <= ctx.now:
            return start
    raise UserError("controlling.bad_since", words=said)


FORM = Form(
    verb=W("controlling", "controlling", ("steuerung",)),
    args=Since,
    run=send,
    needs=Role.MEMBER,
    does=W(
        "schickt Ihnen Projekte, Verlauf, Maßnahmen und Beschlüsse als Excel-Datei",
        "sends you projects, history, measures and decisions as an Excel file",
    ),
    examples=(
        W("export controlling", "export controlling"),
        W("export controlling seit 1.9.2026", "export controlling since 1 September 2026"),
    ),
)

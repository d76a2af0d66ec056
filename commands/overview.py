"""`!übersicht`: a personal link to the overview pages, for one login.

`beenden` logs out everywhere; `widget` shows the pages in the room, to people whose client is Element.
"""

from dataclasses import dataclass
from urllib.parse import quote

from bot.command import Command, Form, Nothing, W, rest
from bot.context import Context
from bot.domain.roles import Role, suffices
from bot.effects import Answer, Direct, Reply, SetState
from bot.errors import UserError
from bot.events import Power
from bot.language.names import fold
from bot.procedures import logins
from bot.texts import Text, text

WIDGET = "im.vector.modular.widgets"
"""The state event by which Element knows a room's widgets; it is in no specification yet (MSC1236)."""
LOOKING = "$matrix_user_id"
"""Element puts the person in its place who looks (MSC1236), so that the page notices when that is somebody else."""
REMOVED = frozenset({"entfernen", "aus", "remove", "off"})


@dataclass(frozen=True)
class Shown:
    """Whether the widget comes or goes."""

    what: str = rest(W("entfernen", "remove"), default="", shown="")


def link(args: Nothing, ctx: Context) -> Answer:
    """Who has the link logs in as the asker: it goes to them alone, wherever they asked."""
    base = _base(ctx)
    token = logins.link(ctx.person, ctx.network_id, ctx)
    said = _said(f"{base}/anmelden/{token}", ctx)
    if ctx.room.direct_with == ctx.person:
        return Reply(said)
    direct = Direct(person=ctx.person, key=f"overview/{ctx.message.event_id}", text=said, network_id=ctx.network_id)
    return Reply(text("overview.see_direct")), direct


def _said(address: str, ctx: Context) -> Text:
    minutes = int(logins.LINK_HOLDS.total_seconds()) // 60
    return text("overview.link", address=address, network=ctx.network.name, minutes=minutes, prefix=ctx.house.prefix)


def _base(ctx: Context) -> str:
    """What links begin with. Raises UserError while there are no pages."""
    if ctx.house.web is None:
        raise UserError("overview.no_pages", coordinates=suffices(ctx.role, Role.COORDINATOR))
    return ctx.house.web


def end(args: Nothing, ctx: Context) -> Answer:
    """In every browser and every network; links that were not used yet end, too."""
    return text("overview.ended", sessions=logins.log_out_everywhere(ctx.person, ctx))


def widget(args: Shown, ctx: Context) -> Answer:
    """Show the pages in this room, or no more; Element then asks everybody whether the page may learn who they are."""
    base, room, what = _base(ctx), ctx.room, fold(args.what)
    if not ctx.house.widget:
        raise UserError("overview.no_widget", coordinates=suffices(ctx.role, Role.COORDINATOR))
    if room.direct_with is not None:
        raise UserError("overview.widget_in_room")
    if what and what not in REMOVED:
        raise UserError("overview.which_widget", prefix=ctx.house.prefix)
    if Power.NAME in room.lacks.split(","):  # Matrix asks the same power of both unless somebody set it otherwise
        raise UserError("overview.no_power", prefix=ctx.house.prefix)
    address = f"{base}/widget/?raum={quote(room.room_id, safe='')}&person={LOOKING}"
    name = "Übersicht" if ctx.language == "de" else "Overview"
    content = {"type": "m.custom", "url": address, "name": name, "id": "zwischenstand", "creatorUserId": ctx.house.us}
    state = SetState(
        room_id=room.room_id,
        key=f"widget/{ctx.message.event_id}",
        event_type=WIDGET,
        content={} if what else content,
        state_key="zwischenstand",
    )
    return Reply(text("overview.widget_gone" if what else "overview.widget", prefix=ctx.house.prefix)), state


COMMAND = Command(
    W("übersicht", "overview"),
    (
        Form(
            verb=W("beenden", "end", ("abmelden", "logout")),
            args=Nothing,
            run=end,
            needs=Role.GUEST,
            anywhere=True,
            listed=False,  # stands in the message with the link
            does=W("meldet Sie überall von der Übersicht ab", "logs you out of the overview everywhere"),
            examples=(W("übersicht beenden", "overview end"),),
        ),
        Form(
            verb=W("widget", "widget"),
            args=Shown,
            run=widget,
            needs=Role.MODERATOR,
            does=W("zeigt die Übersicht in diesem Raum (Element)", "shows the overview in this room (Element)"),
            examples=(
                W("übersicht widget", "overview widget"),
                W("übersicht widget entfernen", "overview widget remove"),
            ),
        ),
        Form(
            args=Nothing,
            run=link,
            needs=Role.GUEST,
            does=W(
                "schickt Ihnen einen Link zur Übersicht im Browser",
                "sends you a link to the overview in your browser",
            ),
            examples=(W("übersicht", "overview"),),
        ),
    ),
)

"""`!treffen`: when and where people meet, and what came of it."""

from dataclasses import dataclass
from typing import Any

from bot.command import Command, Form, Nothing, W, line, required, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import UserError
from bot.procedures import results as work
from bot.procedures.finding import meeting_numbered, require_lead_in, require_room
from bot.procedures.meetings import read_beginning
from bot.store import meetings, networks, results
from bot.store.tables import Meeting
from bot.texts import Text, text

LONGEST_TITLE = 200
LONGEST_PLACE = 200
LONGEST_AGENDA = 4000
TITLE = W("Titel", "Title")
BEGINNING = W("Beginn", "Beginning", ("Datum", "Date", "Wann", "When", "Start", "Begin"))
PLACE = W("Ort", "Place", ("Where", "Wo", "Location"))
AGENDA = W("Tagesordnung", "Agenda", ("TOP",))


@dataclass(frozen=True, kw_only=True)
class New:
    """A new meeting; only title and beginning are mandatory."""

    title: str = rest(W("Titel", "title"))
    starts: str = required(BEGINNING, sample=W("12.12. 9:00", "12.12. 9:00"))
    place: str | None = line(PLACE)
    text: str | None = line(AGENDA)  # so called, its lines may hold colons: „TOP 1: Begrüßung“


@dataclass(frozen=True, kw_only=True)
class One:
    """A meeting by its key, and what changes; without a key all of them."""

    short: str | None = word(W("Treffen", "meeting"), default=None, shown="T2")
    title: str | None = line(TITLE)
    starts: str | None = line(BEGINNING)
    place: str | None = line(PLACE)
    text: str | None = line(AGENDA)  # so called, its lines may hold colons: „TOP 1: Begrüßung“


def new(args: New, ctx: Context) -> Answer:
    """Make a meeting in this room."""
    require_room(ctx)
    values = _read(args, ctx)
    meeting = Meeting(
        network_id=ctx.network_id,
        number=networks.next_number(ctx.session, ctx.network_id, "T"),
        room_id=ctx.room.room_id,
        created_by=ctx.person,
        created_at=ctx.now,
        **values,
    )
    return _shown(meetings.add(ctx.session, meeting), ctx, done="created")


def listing(args: Nothing, ctx: Context) -> Answer:
    """The meetings of this room; in a direct chat those of the whole network."""
    found = meetings.listed(ctx.session, ctx.network_id, ctx.only_room)
    return text("meeting.list", meetings=found, now=ctx.now, prefix=ctx.house.prefix)


def show_or_change(args: One, ctx: Context) -> Answer:
    """One meeting with its results; or change what the lines say."""
    if args.short is None:
        return listing(Nothing(), ctx)
    meeting = meeting_numbered(args.short, ctx)
    if not any((args.title, args.starts, args.place, args.text)):
        return _shown(meeting, ctx)
    require_lead_in(meeting.room_id, ctx)
    for name, value in _read(args, ctx).items():
        setattr(meeting, name, value)
    return _shown(meeting, ctx, done="changed")


def _read(args: New | One, ctx: Context) -> dict[str, Any]:
    """The fields that were given, understood."""
    given = {"title": args.title, "place": args.place, "agenda": args.text}
    for name, longest in (("title", LONGEST_TITLE), ("place", LONGEST_PLACE), ("agenda", LONGEST_AGENDA)):
        if len(given[name] or "") > longest:
            raise UserError("inbox.too_long", length=len(given[name] or ""), longest=longest, what="text")
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if args.starts is not None:
        values["starts_at"] = read_beginning(args.starts, ctx, BEGINNING.folded())
    return values


def _shown(meeting: Meeting, ctx: Context, done: str = "") -> Text:
    return text(
        "meeting.shown",
        meeting=meeting,
        done=done,
        entries=work.listed(results.listed(ctx.session, ctx.network_id, None, meeting_id=meeting.id), ctx),
        prefix=ctx.house.prefix,
    )


COMMAND = Command(
    W("treffen", "meeting", ("workshop", "meetings", "workshops")),
    (
        Form(
            verb=W("neu", "new"),
            args=New,
            run=new,
            needs=Role.MODERATOR,
            does=W("kündigt ein Treffen an", "announces a meeting"),
            examples=(
                W(
                    "treffen neu Workshop der Modellkommunen\nBeginn: 3.12. 10:00\nOrt: Lindenstadt, Rathaus",
                    "meeting new Workshop of the model municipalities\nBeginning: 3.12. 10:00\n"
                    "Place: Lindenstadt, town hall",
                ),
            ),
        ),
        Form(
            verb=W("liste", "list"),
            listed=False,
            args=Nothing,
            run=listing,
            needs=Role.MEMBER,
            does=W("zeigt alle Treffen", "lists all meetings"),
            examples=(W("treffen liste", "meeting list"),),
        ),
        Form(
            args=One,
            run=show_or_change,
            needs=Role.MEMBER,
            does=W(
                "zeigt ein Treffen mit seinen Ergebnissen, oder ändert es",
                "shows a meeting with its results, or changes it",
            ),
            examples=(
                W("treffen T2", "meeting T2"),
                W("treffen T2\nOrt: Erlenbrück, Kreishaus", "meeting T2\nPlace: Erlenbrück, county hall"),
            ),
        ),
    ),
)

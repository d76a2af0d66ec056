"""`!treffen`: when and where people meet, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.command import Command, Form, Nothing, W, line, required, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.domain.timetable import Day, moved
from bot.effects import Answer, Effect, Reply, Say
from bot.errors import UserError
from bot.procedures import meeting_calendars, meetings
from bot.procedures import results as work
from bot.procedures.finding import meeting_numbered, require_lead_in, require_room
from bot.procedures.meeting_times import Place, read_days, read_end, require_possible
from bot.procedures.responsible import waiting
from bot.store import meetings as kept
from bot.store import networks, results
from bot.store.tables import Meeting
from bot.texts import Text, text
from commands import meeting_closing, reviewing, workshop
from commands.meeting_values import AGENDA, BEGINNING, DAYS, END, HOST, KIND, LINK, PLACE, TITLE, read

TOLD = frozenset({"days", "place", "link"})
"""What changes where people go: the room is told, wherever it was said."""
IN_CALENDARS = TOLD | {"title", "agenda"}


def _by_days(values: Mapping[str, Any]) -> bool:
    """Whether the beginning comes with the list of days."""
    return bool(values.get("days"))


@dataclass(frozen=True, kw_only=True)
class New:
    """A new meeting; only title and beginning are mandatory."""

    title: str = rest(TITLE)
    starts: str | None = required(BEGINNING, sample=W("12.12. 9:00", "12.12. 9:00"), unless=_by_days)
    ends: str | None = line(END)
    days: str | None = line(DAYS)
    place: str | None = line(PLACE)
    link: str | None = line(LINK)
    host: str | None = line(HOST)
    kind: str | None = line(KIND)
    text: str | None = line(AGENDA)  # so called, its lines may hold colons: „TOP 1: Begrüßung“


@dataclass(frozen=True, kw_only=True)
class One:
    """A meeting by its key, and what changes; without a key all of them."""

    short: str | None = word(W("Treffen", "meeting"), default=None, shown="T2")
    title: str | None = line(TITLE)
    starts: str | None = line(BEGINNING)
    ends: str | None = line(END)
    days: str | None = line(DAYS)
    place: str | None = line(PLACE)
    link: str | None = line(LINK)
    host: str | None = line(HOST)
    kind: str | None = line(KIND)
    text: str | None = line(AGENDA)


def new(args: New, ctx: Context) -> Answer:
    """Make a meeting in this room; its calendar file comes besides."""
    require_room(ctx)
    values, days = read(args, ctx), _days(args, None, ctx)
    meeting = Meeting(
        network_id=ctx.network_id,
        number=networks.next_number(ctx.session, ctx.network_id, "T"),
        room_id=ctx.room.room_id,
        starts_at=days[0].starts_at,
        created_by=ctx.person,
        created_at=ctx.now,
        **values,
    )
    meeting.uid = meeting_calendars.named(meeting, ctx.message.event_id)
    kept.add(ctx.session, meeting)
    meetings.set_days(meeting, days, ctx)
    return (Reply(_shown(meeting, ctx, done="created")), _file(meeting, ctx))


def listing(args: Nothing, ctx: Context) -> Answer:
    """The meetings of this room; in a direct chat those of the whole network."""
    found = meetings.sittings(kept.listed(ctx.session, ctx.network_id, ctx.only_room), ctx)
    coming = kept.upcoming(ctx.session, ctx.network_id, ctx.only_room, ctx.now)
    following = next((one for one in found if coming is not None and one.meeting.id == coming.id), None)
    return text("meeting.list", sittings=found, following=following, prefix=ctx.house.prefix)


def show_or_change(args: One, ctx: Context) -> Answer:
    """One meeting with its results; or change what the lines say."""
    if args.short is None:
        return listing(Nothing(), ctx)
    meeting = meeting_numbered(args.short, ctx)
    lines = (args.title, args.starts, args.ends, args.days, args.place, args.link, args.host, args.kind, args.text)
    if not any(lines):
        return _shown(meeting, ctx)
    require_lead_in(meeting.room_id, ctx)
    meetings.require_standing(meeting)
    changed = _change(meeting, args, ctx)
    said = _shown(meeting, ctx, done="changed", changed=changed)
    return (Reply(said), *_told(meeting, changed, said, ctx))


def _change(meeting: Meeting, args: One, ctx: Context) -> dict[str, Any]:
    """Put what the lines say; what was there before, by the name of the field, where it is another now."""
    before = meetings.sitting(meeting, ctx)
    values, days = read(args, ctx), _days(args, before.days, ctx)
    changed: dict[str, Any] = {
        name: getattr(meeting, name) for name in values if getattr(meeting, name) != values[name]
    }
    for name, value in values.items():
        setattr(meeting, name, value)
    if "organisation_id" in changed:
        changed["host"] = before.host
    if tuple(days) != tuple(before.days):
        changed["days"] = before.days
        meetings.set_days(meeting, days, ctx)
    if IN_CALENDARS & changed.keys():
        meeting.sequence += 1
    return changed


def _told(meeting: Meeting, changed: Mapping[str, Any], said: Text, ctx: Context) -> tuple[Effect, ...]:
    """The new calendar file; and in the room what moved, if it was said elsewhere."""
    if not IN_CALENDARS & changed.keys():
        return ()
    if meeting.room_id == ctx.room.room_id or not TOLD & changed.keys():
        return (_file(meeting, ctx),)
    notice = Say(room_id=meeting.room_id, key=f"{ctx.message.event_id}/notice", text=said)
    return (notice, _file(meeting, ctx))


def _file(meeting: Meeting, ctx: Context) -> Effect:
    return meeting_calendars.document(meeting, ctx, key=ctx.message.event_id, room_id=meeting.room_id)


def _days(args: New | One, before: Sequence[Day] | None, ctx: Context) -> Sequence[Day]:
    """When it is held by these lines; `before` is when it was until now. Raises Question, UserError."""
    if args.days is not None:
        if args.starts is not None or args.ends is not None:
            raise UserError("meeting.days_or_beginning")
        return read_days(args.days, Place(ctx, DAYS.folded()))
    end_at = Place(ctx, END.folded())
    if args.starts is not None:
        first = read_days(args.starts, Place(ctx, BEGINNING.folded()))
        if args.ends is not None:
            if first[-1].ends_at is not None:
                raise UserError("meeting.two_ends")
            return (*first[:-1], Day(first[-1].starts_at, read_end(args.ends, first[-1].starts_at, end_at)))
        if before is None or len(first) > 1 or first[0].ends_at is not None:
            return first
        shifted = moved(before, first[0].starts_at, ctx.house.zone)
        require_possible(shifted)
        return shifted
    assert before is not None  # noqa: S101 - a new meeting has a beginning
    if args.ends is None:
        return before
    if len(before) > 1:
        raise UserError("meeting.days_anew")
    return (Day(before[0].starts_at, read_end(args.ends, before[0].starts_at, end_at)),)


def _shown(meeting: Meeting, ctx: Context, done: str = "", changed: Mapping[str, Any] | None = None) -> Text:
    meeting_id = meeting.id or 0
    return text(
        "meeting.shown",
        sitting=meetings.sitting(meeting, ctx),
        done=done,
        changed=changed or {},
        entries=work.listed(results.listed(ctx.session, ctx.network_id, None, meeting_id=meeting_id), ctx),
        tasks=waiting(kept.tasks_of(ctx.session, meeting_id), ctx),
        views=sum(view.withdrawn_at is None for view in kept.retrospects(ctx.session, meeting_id)),
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
                W(
                    "treffen neu Zukunftswerkstatt\nTage:\n- 3.12. 10:00–17:00\n- 4.12. 9:00–15:00\n"
                    "Link: https://video.example.org/raum",
                    "meeting new Future workshop\nDays:\n- 3.12. 10:00–17:00\n- 4.12. 9:00–15:00\n"
                    "Link: https://video.example.org/room",
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
        *meeting_closing.VERBS,
        *workshop.VERBS,
        *reviewing.VERBS,
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

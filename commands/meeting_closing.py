"""`!treffen T2 …`: its calendar file, calling it off, and the summary of what came of it."""

import re
from dataclasses import dataclass

from bot.command import W, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Reply, Say
from bot.errors import UserError
from bot.procedures import meeting_calendars, meeting_summary, meetings
from bot.procedures.finding import meeting_numbered, require_lead_in
from bot.store import results
from bot.texts import text
from commands.meeting_values import Which, verb

LONGEST_REASON = 300
REASON = re.compile(r"\s*(?:(?:Grund|Begründung|reason)\s*:|[-–:,])\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Cancel(Which):
    """A meeting, and why it is called off."""

    reason: str = rest(W("Grund", "reason"), default="", shown="")


def calendar(args: Which, ctx: Context) -> Answer:
    """The calendar file as it is now, where it was asked for."""
    meeting = meeting_numbered(args.short, ctx)
    document = meeting_calendars.document(meeting, ctx, key=ctx.message.event_id, room_id=ctx.room.room_id)
    return (Reply(text("meeting.calendar", sitting=meetings.sitting(meeting, ctx), name=document.name)), document)


def cancel(args: Cancel, ctx: Context) -> Answer:
    """Call it off, with the reason if one is given; calendars get to know."""
    meeting = meeting_numbered(args.short, ctx)
    require_lead_in(meeting.room_id, ctx)
    meetings.require_standing(meeting)
    begun = REASON.match(args.reason)
    reason = " ".join(args.reason[begun.end() if begun else 0 :].split())
    if len(reason) > LONGEST_REASON:
        raise UserError("inbox.too_long", length=len(reason), longest=LONGEST_REASON, what="reason")
    if results.of_meeting(ctx.session, meeting.id or 0):
        raise UserError("meeting.has_results", meeting=meeting, prefix=ctx.house.prefix)
    meeting.cancelled_at, meeting.next_at = ctx.now, None
    meeting.sequence += 1
    said = text("meeting.cancelled", sitting=meetings.sitting(meeting, ctx), reason=reason)
    document = meeting_calendars.document(meeting, ctx, key=ctx.message.event_id, room_id=meeting.room_id)
    if meeting.room_id == ctx.room.room_id:
        return (Reply(said), document)
    return (Reply(said), Say(room_id=meeting.room_id, key=f"{ctx.message.event_id}/notice", text=said), document)


def close(args: Which, ctx: Context) -> Answer:
    """The summary now, to the meeting's room; the clock then brings none."""
    meeting = meeting_numbered(args.short, ctx)
    meetings.require_lead(meeting, ctx)
    meetings.require_begun(meeting, ctx)
    said = meeting_summary.close(meeting, ctx)
    if meeting.room_id == ctx.room.room_id:
        return said
    posted = Say(room_id=meeting.room_id, key=f"{ctx.message.event_id}/summary", text=said)
    return (Reply(text("meeting.closed", meeting=meeting)), posted)


def summary(args: Which, ctx: Context) -> Answer:
    """What came of it until now; once it is over, the room that has read it gets no other one from the clock."""
    meeting = meeting_numbered(args.short, ctx)
    meetings.require_begun(meeting, ctx)
    if meeting.room_id == ctx.room.room_id and meetings.sitting(meeting, ctx).is_over:
        return meeting_summary.close(meeting, ctx)
    return meeting_summary.summary(meeting, ctx)


VERBS = (
    verb(
        W("kalender", "calendar", ("ics", "kalenderdatei", "termin")),
        calendar,
        W("gibt die Kalenderdatei", "gives the calendar file"),
        W("treffen T2 kalender", "meeting T2 calendar"),
        needs=Role.MEMBER,
    ),
    verb(
        W("absagen", "cancel"),
        cancel,
        W("sagt es ab", "calls it off"),
        W("treffen T2 absagen Grund: Unwetterwarnung", "meeting T2 cancel reason: storm warning"),
        needs=Role.MODERATOR,
        args=Cancel,
    ),
    verb(
        W("abschließen", "close", ("schließen", "beenden", "finish")),
        close,
        W("fasst es jetzt für den Raum zusammen", "sums it up for the room now"),
        W("treffen T2 abschließen", "meeting T2 close"),
        needs=Role.MEMBER,  # who speaks for the organisation that holds it may; asked where that is known
    ),
    verb(
        W("zusammenfassung", "summary", ("zusammenfassen",)),
        summary,
        W("zeigt Ergebnisse, Aufgaben und Rückblick", "shows results, tasks and views"),
        W("treffen T2 zusammenfassung", "meeting T2 summary"),
        needs=Role.MEMBER,
    ),
)

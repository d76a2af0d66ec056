"""`!treffen T2 …` for reviews: what the past period achieved, project by project; feedback of both benches on it."""

from dataclasses import dataclass

from bot.command import Form, W, line, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, React, Reply
from bot.errors import UserError
from bot.language.names import fold
from bot.procedures import reviewing as work
from bot.procedures.finding import meeting_numbered, project_named, require_lead_in
from bot.procedures.reviewing import Card, Review
from bot.store.tables import Meeting
from bot.texts import text
from commands import prioritising
from commands.meeting_values import Which, verb

FIELD = W("Handlungsfeld", "Field", ("Field of action",))
ALL = frozenset({"alle", "all", "alles"})


@dataclass(frozen=True)
class Look:
    """A meeting; only the projects of one field of action, if a line names it."""

    short: str = word(W("Treffen", "meeting"), shown="T2")
    words: str = rest(W("alle", "all"), default="", shown="")
    field: str | None = line(FIELD)


@dataclass(frozen=True)
class Next:
    """Which card; the next one where none is named."""

    short: str = word(W("Treffen", "meeting"), shown="T2")
    key: str | None = word(W("Projekt", "project"), default=None)
    field: str | None = line(FIELD)


def look_back(args: Look, ctx: Context) -> Answer:
    """What a review will show, in a line each; or all its cards, as many as come at once."""
    meeting = meeting_numbered(args.short, ctx)
    if args.words and fold(args.words) not in ALL:
        raise UserError("reviewing.all_or_one", meeting=meeting, words=args.words, prefix=ctx.house.prefix)
    if args.words:
        _require_lead(meeting, ctx)
    review = work.gather(meeting, ctx, args.field)
    waiting = [card for card in review.cards if not card.shown] if args.words else []
    now = waiting[: work.AT_ONCE]
    shown = text(
        "reviewing.index",
        review=review,
        posted=len(now),
        later=len(waiting) - len(now),
        field=args.field,
        prefix=ctx.house.prefix,
    )
    return (Reply(shown), *work.post(review, now, ctx.message.event_id, ctx)) if now else shown


def go_on(args: Next, ctx: Context) -> Answer:
    """Show the next card, or the one that is named."""
    meeting = meeting_numbered(args.short, ctx)
    _require_lead(meeting, ctx)
    review = work.gather(meeting, ctx, args.field)
    card = _named(args.key, review, ctx) if args.key else review.next
    if card is None:
        return text("reviewing.all_shown", review=review, prefix=ctx.house.prefix)
    return (React("✅"), *work.post(review, [card], ctx.message.event_id, ctx))


def said(args: Which, ctx: Context) -> Answer:
    """What was said of the projects, by bench."""
    meeting = meeting_numbered(args.short, ctx)
    return text("reviewing.said", meeting=meeting, bundles=work.bundled(meeting, ctx), prefix=ctx.house.prefix)


def _named(key: str, review: Review, ctx: Context) -> Card:
    project = project_named(key, ctx, again=(f"treffen T{review.meeting.number} weiter", ""))
    found = next((card for card in review.cards if card.project.id == project.id), None)
    if found is None:
        raise UserError("reviewing.not_here", project=project, meeting=review.meeting)
    return found


def _require_lead(meeting: Meeting, ctx: Context) -> None:
    require_lead_in(meeting.room_id, ctx)
    if meeting.cancelled_at is not None:
        raise UserError("workshop.cancelled", meeting=meeting)


VERBS: tuple[Form, ...] = (
    verb(
        W("rückschau", "review"),
        look_back,
        W("zeigt, was die Projekte seit dem letzten Treffen erreicht haben", "shows what projects have achieved"),
        W("treffen T2 rückschau", "meeting T2 review"),
        W("treffen T2 rückschau\nHandlungsfeld: Digitale Akte", "meeting T2 review\nField: Digital files"),
        W("treffen T2 rückschau alle", "meeting T2 review all"),
        needs=Role.MEMBER,
        args=Look,
    ),
    verb(
        W("weiter", "next", ("karte", "card")),
        go_on,
        W("zeigt die nächste Projektkarte der Rückschau", "shows the review's next card"),
        W("treffen T2 weiter", "meeting T2 next"),
        W("treffen T2 weiter eAkte", "meeting T2 next eAkte"),
        needs=Role.MODERATOR,
        args=Next,
    ),
    verb(
        W("rückmeldungen", "feedback", ("rückmeldung",)),
        said,
        W("zeigt, was zu den Projekten gesagt wurde", "shows what was said of the projects"),
        W("treffen T2 rückmeldungen", "meeting T2 feedback"),
        needs=Role.MEMBER,
    ),
    *prioritising.VERBS,
)

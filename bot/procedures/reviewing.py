"""A review (Mainz): per project a card with what the past period achieved, and feedback of both benches on it.

It is a Scrum review, not a status report: the card says what has changed since the last meeting and what is still to
be answered, and everything that is said under it is kept as feedback of that meeting.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.context import Context, Scope
from bot.domain.meeting import Kind
from bot.domain.organisations import Bench
from bot.effects import Effect, Say
from bot.errors import Question, UserError
from bot.events import Message
from bot.language.feedback import announced
from bot.language.kept import SLOT, literal
from bot.language.names import fold, nearest
from bot.procedures.meetings import EARLY
from bot.procedures.workshop import homes_of
from bot.store import groups, meetings, outbox, projects, reviews
from bot.store.tables import Feedback, Meeting, Project, StatusUpdate
from bot.texts import text

CARD: Final = re.compile(r"review/(?P<meeting>\d+)/card/(?P<project>\d+)(?:/again .+)?")
WHICH_KIND: Final = "\x1akind "
"""Before the answer to what kind of feedback something is; no control character comes in by the door."""
AT_ONCE: Final = 30
"""So many cards come at once: nobody reads more, and the homeserver takes its time."""
IDEA: Final = frozenset({"idee", "idea"})


@dataclass(frozen=True, slots=True)
class Card:
    """What a project's card shows. `light_before` and `progress_before` are those of the last meeting, if known."""

    project: Project
    light_before: str | None
    progress_before: int | None
    updates: Sequence[StatusUpdate]
    waiting: Sequence[Feedback]
    shown: bool


@dataclass(frozen=True, slots=True)
class Review:
    """All cards, by field of action and key. `before` is the meeting since which the period counts."""

    meeting: Meeting
    before: Meeting | None
    cards: Sequence[Card]

    @property
    def fields(self) -> Sequence[tuple[str | None, Sequence[Card]]]:
        """The cards by field of action; None: of none."""
        names = dict.fromkeys(card.project.field or None for card in self.cards)
        return [(name, [card for card in self.cards if (card.project.field or None) == name]) for name in names]

    @property
    def next(self) -> Card | None:
        """The first card that was not shown yet."""
        return next((card for card in self.cards if not card.shown), None)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was said of a project during a meeting, by bench; None: of neither that we know."""

    project: Project
    by_bench: Sequence[tuple[Bench | None, Sequence[Feedback]]]


def gather(meeting: Meeting, scope: Scope, field: str | None = None) -> Review:
    """The cards of a meeting: of its group's projects, or (in a room of no group) of the whole network's.

    `field` leaves only those of that field of action. Raises UserError where there are none.
    """
    session, network_id, room_id = scope.session, meeting.network_id, _only_room(meeting, scope)
    before = meetings.last_before(session, network_id, meeting.room_id, meeting.starts_at)
    if before is None and room_id is None:
        before = meetings.last_before(session, network_id, None, meeting.starts_at)
    since = before.starts_at if before else None
    lights = reviews.lights_before(session, network_id, room_id, since) if since else {}
    progress = reviews.progress_before(session, network_id, room_id, since) if since else {}
    updates = reviews.updates(session, network_id, room_id, since)
    waiting = reviews.unanswered(session, network_id, room_id)
    shown = {_project_of(key) for key in reviews.keys_said(session, f"review/{meeting.id}/card/")}
    found = _of_field(projects.listed(session, network_id, room_id), field)
    cards = [
        Card(
            project,
            lights.get(project.id or 0),
            progress.get(project.id or 0),
            updates.get(project.id or 0, ()),
            waiting.get(project.id or 0, ()),
            project.id in shown,
        )
        for project in sorted(found, key=lambda one: (one.field is None, fold(one.field or ""), one.folded))
    ]
    if not cards:
        raise UserError("reviewing.no_projects", meeting=meeting, prefix=scope.house.prefix)
    return Review(meeting, before, cards)


def post(review: Review, cards: Sequence[Card], cause: str, scope: Scope) -> tuple[Effect, ...]:
    """Show these cards, each as a message to answer below. `cause` is the event that asks: a card may come again."""
    if review.meeting.kind == Kind.PLAIN:
        review.meeting.kind = Kind.REVIEW
    return tuple(_said(review, card, cause, scope) for card in cards)


def bundled(meeting: Meeting, scope: Scope) -> list[Bundle]:
    """All feedback of a meeting, by project and by the bench of who gave it."""
    homes = homes_of(meeting.network_id, scope)
    of: dict[int, tuple[Project, dict[Bench | None, list[Feedback]]]] = {}
    for feedback, project in reviews.feedback_of_meeting(scope.session, meeting.id or 0):
        bench = homes.get(feedback.author, ("", None))[1]
        by_bench = of.setdefault(project.id or 0, (project, {}))[1]
        by_bench.setdefault(Bench(bench) if bench else None, []).append(feedback)
    order = (*Bench, None)
    return [
        Bundle(project, [(bench, by_bench[bench]) for bench in order if bench in by_bench])
        for project, by_bench in of.values()
    ]


def said_on_card(message: Message, words: str, scope: Scope) -> tuple[str, UserError | None] | None:
    """What is said below a card, as a command; None where it is not for us, or below something else.

    People talk there: in the thread only what names its kind is feedback. Who replies to the card itself speaks to
    us, and is asked which kind it is, if they did not say.
    """
    replied = _card(message.reply_to, message.room_id, scope)
    found = replied or _card(message.thread, message.room_id, scope)
    if found is None:
        return None
    key = projects.project(scope.session, found[1]).key
    kind, _ = announced(words)
    if kind is not None:
        return f"feedback {key} {words}", None
    first, colon, after = words.partition(":")
    if colon and after.strip() and fold(first) in IDEA:
        return f"idee {after.strip()}", None
    if replied is None:
        return None
    return words, Question("reviewing.which_kind", resume=asked_again(key, words), words=words, key=key)


def asked_again(key: str, words: str) -> str:
    """The command that the answer to „Lob, Anregung, Frage oder Einwand?“ completes."""
    return f"feedback {literal(key)} {WHICH_KIND}{SLOT}\n{literal(words)}"


def meeting_of(project: Project, ctx: Context) -> int | None:
    """The meeting that feedback on a project belongs to: that of the card it stands under, or one being held."""
    at = min(ctx.message.sent_at, ctx.now)
    for event_id in (ctx.message.reply_to, ctx.message.thread):
        if (card := _card(event_id, ctx.room.room_id, ctx)) is not None and card[1] == project.id:
            return card[0]
    for room_id in dict.fromkeys((project.room_id, ctx.room.room_id)):
        meeting = meetings.begun(ctx.session, room_id, at + EARLY)
        if meeting is not None and meeting.network_id == ctx.network_id and _is_held(meeting, at, ctx):
            return meeting.id
    meeting = meetings.last_before(ctx.session, ctx.network_id, None, at + EARLY)
    if meeting is not None and _only_room(meeting, ctx) is None and _is_held(meeting, at, ctx):
        return meeting.id
    return None


def _is_held(meeting: Meeting, at: datetime, scope: Scope) -> bool:
    """Until its end; where none was said, until the end of its day."""
    if meeting.ends_at is not None:
        return at <= meeting.ends_at
    local = meeting.starts_at.astimezone(scope.house.zone)
    return at.astimezone(scope.house.zone).date() <= local.date()


def _only_room(meeting: Meeting, scope: Scope) -> str | None:
    """A group's review is about its own projects, one in an overview room about those of the network."""
    return meeting.room_id if groups.of_room(scope.session, meeting.room_id) else None


def _of_field(found: Sequence[Project], field: str | None) -> list[Project]:
    """Those of one field of action; a project may name several, with commas."""
    if field is None:
        return list(found)
    of = {project.id: [part.strip() for part in (project.field or "").split(",")] for project in found}
    chosen = [project for project in found if fold(field) in map(fold, of[project.id])]
    if not chosen:
        names = list(dict.fromkeys(name for names in of.values() for name in names if name))
        raise UserError("reviewing.no_field", field=field, close=next(iter(nearest(field, names)), None))
    return chosen


def _said(review: Review, card: Card, cause: str, scope: Scope) -> Say:
    key = f"review/{review.meeting.id}/card/{card.project.id}"
    said = text(
        "reviewing.card",
        card=card,
        before=review.before,
        number=review.cards.index(card) + 1,
        count=len(review.cards),
    )
    return Say(room_id=review.meeting.room_id, key=f"{key}/again {cause}" if card.shown else key, text=said)


def _card(event_id: str | None, room_id: str, scope: Scope) -> tuple[int, int] | None:
    """The meeting and the project whose card this event is; none in another room, maybe of another network."""
    key = outbox.key_of(scope.session, event_id) if event_id else None
    found = CARD.fullmatch(key or "")
    if found is None or meetings.by_id(scope.session, int(found["meeting"])).room_id != room_id:
        return None
    return int(found["meeting"]), int(found["project"])


def _project_of(key: str) -> int:
    found = CARD.fullmatch(key)
    return int(found["project"]) if found else 0

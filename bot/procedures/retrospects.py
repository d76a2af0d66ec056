"""What people thought of a meeting; views that differ stand beside each other, none instead of the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.context import Context, Scope
from bot.errors import UserError
from bot.store import meetings, participations
from bot.store.tables import Meeting, Retrospect

LONGEST = 2_000
DEEPEST = 10
"""So many views may differ from each other in a row: further indented, no phone would show them."""


@dataclass(frozen=True, slots=True)
class View:
    """A view and those that differ from it, each with its own. One taken back has lost its words, not its answers."""

    view: Retrospect
    others: Sequence["View"]


def views(meeting: Meeting, scope: Scope) -> list[View]:
    """What people thought of a meeting, by number; what was taken back only where others differ from it."""
    rows = meetings.retrospects(scope.session, meeting.id or 0)
    return _beside(None, rows)


def _beside(about: int | None, rows: Sequence[Retrospect]) -> list[View]:
    found = [View(row, _beside(row.id, rows)) for row in rows if row.about_id == about]
    return [view for view in found if view.view.withdrawn_at is None or view.others]


def numbered(meeting: Meeting, number: int, scope: Scope) -> Retrospect:
    """The view of this number that still stands. Raises UserError."""
    rows = meetings.retrospects(scope.session, meeting.id or 0)
    found = next((row for row in rows if row.number == number and row.withdrawn_at is None), None)
    if found is None:
        raise UserError("retro.unknown", meeting=meeting, number=number, prefix=scope.house.prefix)
    return found


def add(meeting: Meeting, words: str, about: Retrospect | None, ctx: Context) -> Retrospect:
    """Keep what somebody thought of a meeting, beside the view it differs from, if any. Raises UserError."""
    if about is not None and _depth(about, meeting, ctx) >= DEEPEST:
        raise UserError("retro.too_deep", view=about, meeting=meeting, prefix=ctx.house.prefix)
    own = participations.organisation_of(ctx.session, ctx.network_id, ctx.person, ctx.now)
    view = Retrospect(
        meeting_id=meeting.id or 0,
        number=0,
        about_id=about.id if about else None,
        author=ctx.person,
        organisation=own.name if own else None,
        text=_fitting(words),
        at=ctx.now,
        event_id=ctx.message.event_id,
    )
    return meetings.add_retrospect(ctx.session, view)


def _depth(view: Retrospect, meeting: Meeting, scope: Scope) -> int:
    """How many views stand in a row that ends with this one."""
    about = {row.id: row.about_id for row in meetings.retrospects(scope.session, meeting.id or 0)}
    depth, each = 1, view.about_id
    while each is not None:
        depth, each = depth + 1, about.get(each)
    return depth


def change(view: Retrospect, words: str, ctx: Context) -> Retrospect | None:
    """Put one's own view in other words; the view it differs from, if that still stands. Raises UserError."""
    require_own(view, ctx)
    view.text = _fitting(words)
    rows = meetings.retrospects(ctx.session, view.meeting_id)
    return next((row for row in rows if row.id == view.about_id and row.withdrawn_at is None), None)


def withdraw(view: Retrospect, ctx: Context) -> None:
    """Take one's own view back. Raises UserError."""
    require_own(view, ctx)
    view.withdrawn_at, view.text = ctx.now, ""


def require_own(view: Retrospect, ctx: Context) -> None:
    """Nobody edits what somebody else thought. Raises UserError."""
    if view.author != ctx.person:
        raise UserError("retro.not_yours", view=view, prefix=ctx.house.prefix)


def _fitting(words: str) -> str:
    if len(words) > LONGEST:
        raise UserError("inbox.too_long", length=len(words), longest=LONGEST, what="text")
    return words.strip()

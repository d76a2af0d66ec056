"""Meetings: when they begin, and what belongs to them."""

from datetime import datetime, timedelta

from bot.context import Context, Scope
from bot.errors import Question, UserError
from bot.language.dates import Moment, read_deadline
from bot.procedures.asking import behind, read_date
from bot.store import meetings
from bot.store.tables import Meeting

EARLY = timedelta(hours=1)
"""So long before its beginning a meeting takes what is captured in its room."""
A_MOMENT = timedelta(seconds=1)


def held(room_id: str, at: datetime, scope: Scope) -> Meeting | None:
    """The meeting that results captured in a room at `at` (UTC) belong to: the last one that has begun, or is about to.

    It does so until the next one takes its place.
    """
    return meetings.begun(scope.session, room_id, at + EARLY)


def read_beginning(words: str, ctx: Context, spellings: frozenset[str]) -> datetime:
    """When a meeting begins (UTC): ahead, or past, since results are often gathered afterwards.

    `spellings` are the names of the field it stands in. Raises Question for what is in doubt, and where no time of day
    is given: a meeting begins at no hour that could be taken for granted.
    """
    try:
        moment = read_date(words, ctx, spellings)
    except Question as asked:
        if asked.text != "dates.past":
            raise
        moment = _over(words, asked.values["at"], ctx)
    if moment.assumed_time:
        raise Question("meeting.which_time", resume=behind(ctx, spellings, " "), at=moment.at)
    return moment.at


def _over(words: str, at: datetime, ctx: Context) -> Moment:
    """A time that is past: read again from just before it, to know whether a time of day was given."""
    try:
        return read_deadline(words, now=at - A_MOMENT, zone=ctx.house.zone)
    except UserError:
        return Moment(at, assumed_time=False)

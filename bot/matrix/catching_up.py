"""A room that has come to us from another account is read back to its mark; see `bot.procedures.relocating`."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.errors import Rejected, TryAgain, Unreachable
from bot.events import Batch, CaughtUp, Happening, Undecryptable
from bot.matrix.answers import Refusal, unreachable
from bot.matrix.asking import accepted, ask
from bot.matrix.batches import Moment, Reader
from bot.matrix.gaps import backwards
from bot.matrix.raw import Raw
from bot.matrix.safe import SafeClient
from bot.others import Behind

BEFORE_THE_MARK = timedelta(minutes=1)
"""By /messages, events stand by their depth, by /sync as they came: what was sent in this time before the mark may have
come after it. What the other account has handled of it is known by its claims."""

GIVEN_UP_AFTER = timedelta(hours=1)
"""A mark that is nowhere to be found by then was purged, or its server is lost; the room is not to be deaf for ever."""

log = logging.getLogger(__name__)


async def caught_up(reader: Reader, client: SafeClient, room: Behind, now: datetime) -> Batch | None:
    """A room read back to its mark; None if that has to be tried again (and said in the log)."""
    try:
        batch = await read_back(reader, client, room, now)
    except Unreachable as problem:
        values = {"room_id": room.room_id, "problem": problem}
        log.warning("What was said in %(room_id)s cannot be read yet: %(problem)s", values)
        return None
    if batch is None and now - room.seen_at > GIVEN_UP_AFTER:
        log.error(
            "%(mark)s does not come: %(room_id)s is heard from now on", {"mark": room.mark, "room_id": room.room_id}
        )
        return Batch((CaughtUp(room_id=room.room_id, mark=room.mark),), None, now, unread=True)
    return batch


async def read_back(reader: Reader, client: SafeClient, room: Behind, now: datetime) -> Batch | None:
    """All that was said in a room since its mark, and who is there; None while the mark is not to be seen.

    Raises Unreachable when the homeserver fails in between; the same may then be asked for again.
    """
    state = await _state(client, room.room_id)
    if not await _is_there(client, room):
        return None
    seen = _Seen(room.mark)
    events = await backwards(client, room.room_id, None, enough=seen.all_of_it)
    if seen.at is None:
        return None
    moment = Moment(since=None, full=False, received_at=now, offline_since=seen.at)
    mark = next(number for number, event in enumerate(events) if event.event_id == room.mark)
    late = [event for event in events[:mark] if seen.is_near(event)]
    known = [each for each in reader.read(room.room_id, late, moment) if not isinstance(each, Undecryptable)]
    happenings: list[Happening] = [*known, *reader.read(room.room_id, events[mark + 1 :], moment)]
    happenings += reader.snapshot(room.room_id, state, moment) if state else []
    return Batch((*happenings, CaughtUp(room_id=room.room_id, mark=room.mark)), None, now, unread=True)


class _Seen:
    """How far back the pages have gone."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self.at: datetime | None = None  # when the mark was sent

    def all_of_it(self, page: Sequence[Raw]) -> bool:
        """Whether a page, the newest event first, ends before what may be of interest."""
        for event in page:
            if event.event_id == self._mark:
                self.at = _sent_at(event)
        return self.at is not None and bool(page) and not self.is_near(page[-1])

    def is_near(self, event: Raw) -> bool:
        """Whether it was sent shortly before the mark."""
        return self.at is not None and _sent_at(event) >= self.at - BEFORE_THE_MARK


def _sent_at(event: Raw) -> datetime:
    sent = event.source.get("origin_server_ts")
    return datetime.fromtimestamp(sent / 1000, UTC) if isinstance(sent, int) else datetime.min.replace(tzinfo=UTC)


async def _is_there(client: SafeClient, room: Behind) -> bool:
    """Whether the mark has reached our homeserver: else the whole history would be read in vain."""
    try:
        answer = await ask(client, "GET", "rooms", room.room_id, "event", room.mark)
    except TryAgain as problem:
        raise Unreachable(str(problem), problem.after) from problem
    if isinstance(answer, Refusal) and answer.passing:
        raise unreachable(answer)
    return not isinstance(answer, Refusal)


async def _state(client: SafeClient, room_id: str) -> list[Raw]:
    """What stands in the room now; nothing where we may not see it."""
    try:
        answer = await accepted(client.room_get_state(room_id))
    except TryAgain as problem:
        raise Unreachable(str(problem), problem.after) from problem
    except Rejected:
        return []
    return [Raw(event, decrypted=False) for event in answer.events if isinstance(event, dict)]

"""Reading a room's history backwards, page by page."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from bot.errors import Unreachable
from bot.matrix.answers import NETWORK_ERRORS, refusal, unreachable
from bot.matrix.crypto.storage import STORE_DOWN
from bot.matrix.raw import Raw, raw
from bot.matrix.safe import SafeClient

PAGE = 200
"""Events per request."""

log = logging.getLogger(__name__)


async def backwards(
    client: SafeClient,
    room_id: str,
    start: str | None,
    *,
    to: str | None = None,
    enough: Callable[[Sequence[Raw]], bool] = lambda _page: False,
    limit: int | None = None,
    only: dict[str, Any] | None = None,
) -> list[Raw]:
    """The events before `start` (None: the room's end), in chronological order.

    Reads until the token `to`, the room's beginning, a page with which it is `enough`, or `limit` events. `only` is a
    filter as in the specification. A room that we may not read (any more) gives what was read so far.

    Raises Unreachable when the homeserver fails in between: a gap is filled wholly or not at all.
    """
    found: list[Raw] = []
    while True:
        try:
            page = await client.room_messages(room_id, start, to, limit=PAGE, message_filter=only)
        except NETWORK_ERRORS as error:
            raise Unreachable(f"history does not arrive: {type(error).__name__}") from error
        except STORE_DOWN as error:
            raise Unreachable(f"the key store fails: {error}") from error
        if refused := refusal(page):
            if refused.passing:
                raise unreachable(refused)
            values = {"room_id": room_id, "problem": refused}
            log.warning("The history of %(room_id)s cannot be read: %(problem)s", values)
            break
        events = [raw(event) for event in page.chunk]
        found += events
        if not page.end or page.end == start or enough(events) or (limit is not None and len(found) >= limit):
            break
        start = page.end
    found.reverse()
    return found

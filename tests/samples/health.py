"""Samples for the texts on how the bot itself is."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.samples.general import NASTY

SINCE, UNTIL = datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 20, 8, 17, 30, tzinfo=UTC)
SPAN = {"since": SINCE, "over": UNTIL}

BY_TEXT: dict[str, dict[str, Any]] = {
    "health.unsent": {"since": SINCE, "count": 7, "left": timedelta(minutes=43)},
    "health.unsent_over": SPAN,
    "health.parked": {"count": 3, "names": [NASTY, "Digitales"], "more": True},
    "health.unfollowed": SPAN,
    "health.unwritten": SPAN,
    "health.clock": {"seconds": 3600, "fast": True},
    "health.clock_over": SPAN,
    "health.disk": {"megabytes": 312},
    "health.disk_over": SPAN,
}

"""Samples for the texts about the mailing list."""

from typing import Any

from bot.store.tables import Subscriber
from tests.fakes import ANNA
from tests.samples.digests import TIMING
from tests.samples.general import AT, NASTY

PRESS = Subscriber(
    id=4, network_id=1, email="presse@lindenstadt.example", name=NASTY, language="en", added_by=ANNA, added_at=AT
)
GONE = Subscriber(
    id=5, network_id=1, email="rat@ulmenau.example", added_by=ANNA, added_at=AT, refused_at=AT, refusal="550 no"
)
LISTED: dict[str, Any] = {
    "timing": TIMING,
    "subscribers": [PRESS, GONE],
    "new": [PRESS],
    "known": [GONE],
    "mail": False,
}
BY_TEXT: dict[str, dict[str, Any]] = {
    "mailinglist.list": LISTED,
    "mailinglist.added": LISTED,
    "mailinglist.removed": {"gone": ["presse@lindenstadt.example"], "unknown": ["rat@ulmenau.example"]},
    "mailinglist.bad_language": {"written": NASTY},
    "mailinglist.no_address": {"written": NASTY},
    "mailing.welcome": {"subscriber": PRESS},
    "mailing.not_sent": {"unsure": False},
    "mailing.refused": {"subscriber": GONE, "reply": "550 5.1.1 unknown"},
}

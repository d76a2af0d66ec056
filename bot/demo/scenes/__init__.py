"""The case in order. A new scene is one `Scene`, put into this list; nothing else knows how many there are.

What stands between the opening of the vote and its result is played while its deadline runs.
"""

from bot.demo.performance import Scene
from bot.demo.scenes import (
    aftermath,
    arrival,
    checkin,
    consultation,
    feedback,
    groups,
    meeting,
    organisations,
    outage,
    portfolio,
    ranking,
    result,
    sealed,
    status,
    summary,
    takeover,
)

SCENES: tuple[Scene, ...] = (
    *arrival.SCENES,
    *organisations.SCENES,
    *status.SCENES,
    *feedback.SCENES,
    *result.SCENES,
    *consultation.OPEN,
    *checkin.SCENES,
    *groups.SCENES,
    *portfolio.SCENES,
    consultation.RESULT,
    *aftermath.SCENES,
    *ranking.SCENES,
    *meeting.SCENES,
    portfolio.PAPERS,
    *sealed.SCENES,
    *outage.SCENES,
    *takeover.SCENES,
    *summary.SCENES,
)

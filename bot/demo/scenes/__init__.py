"""The case in order. A new scene is one `Scene`, put into this list; nothing else knows how many there are."""

from bot.demo.performance import Scene
from bot.demo.scenes import (
    aftermath,
    arrival,
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
)

SCENES: tuple[Scene, ...] = (
    *arrival.SCENES,
    *organisations.SCENES,
    *status.SCENES,
    *feedback.SCENES,
    *result.SCENES,
    *consultation.SCENES,
    *aftermath.SCENES,
    *ranking.SCENES,
    *meeting.SCENES,
    *groups.SCENES,
    *portfolio.SCENES,
    *sealed.SCENES,
    *outage.SCENES,
    *summary.SCENES,
)

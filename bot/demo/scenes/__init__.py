"""The case in order. A new scene is one `Scene`, put into this list; nothing else knows how many there are."""

from bot.demo.performance import Scene
from bot.demo.scenes import arrival, consultation, feedback, groups, result, status, summary

SCENES: tuple[Scene, ...] = (
    *arrival.SCENES,
    *status.SCENES,
    *feedback.SCENES,
    *result.SCENES,
    *consultation.SCENES,
    *groups.SCENES,
    *summary.SCENES,
)

"""What is in doubt in a report, and is asked back."""

from dataclasses import dataclass
from typing import Final

from bot.domain.project import Light
from bot.errors import UserError

ABOUT_LIGHT: Final = "light"
ABOUT_PROGRESS: Final = "progress"


@dataclass(frozen=True, slots=True)
class Doubt:
    """`problem` is what to ask; `candidate` is what a yes would mean, None where it would say nothing."""

    problem: UserError
    candidate: Light | int | None = None
    about: str = ABOUT_PROGRESS

"""How densely people talk and things die."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """What happens in a round. Times are in seconds; `opening` to `minutes` are kills."""

    pause: tuple[float, float] = (0.2, 1.2)
    """Between two things that one person does."""
    unanswered: int = 2
    """So many commands; then people wait, as people do, or a bot that dies so often is ever further behind."""
    opening: int = 3
    voting: int = 4
    close: int = 8
    """At most, between a close and its result."""
    minutes: int = 1
    life: float = 1.5
    """How long a bot lives at most once it is ready; most live for less."""
    long_life: float = 3.0
    """The same where the close is waited for."""
    by_the_clock: float = 30.0
    """From the opening to the close, where the clock closes."""
    patience: float = 90.0
    """With a bot that dies so often."""


PACE = Pace()

"""What a homeserver's refusal means for a person."""

import pytest

from bot.domain.refusals import Obstacle, obstacle_of


@pytest.mark.parametrize(
    ("problem", "obstacle"),
    [
        ("@kim:example.org is banned from the room", Obstacle.BANNED),
        ("there is no account @kim:example.org", Obstacle.UNKNOWN),
        ("400 M_INVALID_PARAM Expected UserID string to start with '@'", Obstacle.UNKNOWN),
        ("403 M_FORBIDDEN You don't have permission to invite users", Obstacle.FORBIDDEN),
        ("502 M_UNKNOWN Failed to make request to the server", Obstacle.UNREACHABLE),
        ("no answer: TimeoutError", Obstacle.UNREACHABLE),
        ("429 M_LIMIT_EXCEEDED Too Many Requests", Obstacle.UNREACHABLE),
        ("the alias #kultur:example.org and its variants are taken", Obstacle.TAKEN),
        ("ValueError: something of ours", Obstacle.OTHER),
    ],
)
def test_the_kind_of_a_refusal(problem: str, obstacle: Obstacle) -> None:
    assert obstacle_of(problem) is obstacle

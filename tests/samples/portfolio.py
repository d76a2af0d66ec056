"""Samples for the texts of the portfolio."""

from typing import Any

from bot.domain.project import AimKind
from tests.samples.general import NASTY

BY_TEXT: dict[str, dict[str, Any]] = {
    "portfolio.no_aim": {"kind": AimKind.GOAL, "close": NASTY},
}

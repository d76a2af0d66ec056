"""Samples for the texts of recurrences that are asked back."""

from datetime import datetime, time
from typing import Any

from bot.domain.recurring import Recurrence
from tests.fakes import HOUSE

WEEKLY = Recurrence("FREQ=WEEKLY;BYDAY=MO", datetime(2026, 1, 5, 9), HOUSE.zone.key)  # noqa: DTZ001 - a wall time
FORTNIGHTLY = Recurrence("FREQ=WEEKLY;INTERVAL=2;BYDAY=TH", datetime(2026, 1, 8, 14), HOUSE.zone.key)  # noqa: DTZ001
ABROAD = Recurrence("FREQ=MONTHLY;BYDAY=-1FR", datetime(2026, 1, 30, 9), "America/New_York")  # noqa: DTZ001

BY_TEXT: dict[str, dict[str, Any]] = {
    "recurrences.ambiguous": {"candidates": (WEEKLY, FORTNIGHTLY, ABROAD)},
    "recurrences.short_months": {"candidates": (WEEKLY, FORTNIGHTLY)},
    "recurrences.turned": {"at": time(2, 30)},
}

"""Samples for the texts of time zones and absences."""

from typing import Any

from bot.procedures.absences import Reported
from tests.fakes import CEM
from tests.samples.general import ABSENCE, AT, NASTY

ZONES = ("Europe/London", "Europe/Kyiv")
ABSENCES = [ABSENCE] * 2

BY_TEXT: dict[str, dict[str, Any]] = {
    "timezone.said": {"done": "set", "zone": ZONES[0]},
    "zones.unknown": {"close": ZONES},
    "zones.several": {"zones": ZONES},
    "network.shown": {"organisations": 9, "zone": ZONES[0], "state": "BW", "changed": "zone"},
    "network.bad_state": {"close": [NASTY]},
    "absence.noted": {"noted": Reported(ABSENCE, ABSENCES, CEM, [CEM])},
    "absence.mine": {"absences": ABSENCES},
    "absence.which": {"absences": ABSENCES},
    "absence.taken_back": {"absences": ABSENCES, "left": ABSENCES},
    "absence.not_away": {"absences": ABSENCES},
    "absence.until_when": {"start": AT},
}

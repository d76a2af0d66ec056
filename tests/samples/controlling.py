"""Samples for the texts of the controlling file."""

from typing import Any
from zoneinfo import ZoneInfo

from bot.procedures.controlling import Decided, Portfolio
from bot.store.controlling import Told
from bot.store.tables import Aim
from tests.fakes import ANNA, ROOM
from tests.samples.general import AT, BALLOT, BARE_PROJECT, CONSULTATION, DECISION, LATER, NASTY, PROJECT, UPDATE
from tests.samples.tasks import WAITING

PORTFOLIO = Portfolio(
    network=NASTY,
    room_id=ROOM,
    name=NASTY,
    since=AT,
    at=LATER,
    zone=ZoneInfo("Europe/Berlin"),
    projects=[PROJECT, BARE_PROJECT],
    heard={1: AT},
    aims={1: [Aim(id=1, network_id=1, kind="goal", name=NASTY, folded="x", created_by=ANNA, created_at=AT)]},
    groups={ROOM: NASTY},
    updates=[Told(AT, "eAkte", UPDATE.light, UPDATE.progress, NASTY, ANNA)],
    changes=[],
    measures=WAITING,
    keys={1: "eAkte"},
    decided=[Decided(DECISION, BALLOT, CONSULTATION, "K3", 1, ["eAkte"])],
)

BY_TEXT: dict[str, dict[str, Any]] = {
    "controlling.sent": {"portfolio": PORTFOLIO, "here": False},
    "controlling.word": {"value": "stale"},
    "controlling.outcome": {"outcome": DECISION.outcome, "kind": "approval"},
    "controlling.bad_since": {"words": NASTY},
}

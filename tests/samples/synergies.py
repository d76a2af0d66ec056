"""Samples for the texts of synergies and needs."""

import json
from typing import Any

from bot.domain.needs import Need, NeedKind
from bot.procedures.needs import Named, Shared
from bot.procedures.synergies import Offer
from bot.store.synergies import Tied
from bot.store.tables import Synergy
from bot.texts import text
from tests.fakes import ANNA, BEN
from tests.samples.general import AT, BARE_PROJECT, LATER, NASTY, PROJECT

SYNERGY = Synergy(
    id=5, network_id=1, number=5, first_id=1, second_id=2, score=1.2, terms=json.dumps([[NASTY, "Akte"]]), found_at=AT,
    first_said="yes", reason=NASTY, linked_at=LATER,
)  # fmt: skip
OPEN = Synergy(**{**SYNERGY.model_dump(), "first_said": None, "linked_at": None, "reason": None})
GONE = Synergy(**{**SYNERGY.model_dump(), "second_said": "no", "linked_at": None, "dismissed_at": LATER})
TIED = Tied(SYNERGY, PROJECT, BARE_PROJECT)
WAITS = Tied(OPEN, PROJECT, BARE_PROJECT)
TERMS = [NASTY, "Wohngeld – Mietzuschuss"]
OFFER = Offer(OPEN, PROJECT, BARE_PROJECT, TERMS)
SWAPPED = Offer(OPEN, BARE_PROJECT, PROJECT, TERMS)
MEMBERS = [Named(each, Need(kind, NASTY), AT) for each in (PROJECT, BARE_PROJECT) for kind in NeedKind] * 3
SHARED = Shared(NASTY, MEMBERS)
TOLD = {"tied": TIED, "terms": TERMS}
BY_TEXT: dict[str, dict[str, Any]] = {
    "synergies.proposed": {"offers": [OFFER, SWAPPED]},
    "synergies.shown": {"tied": Tied(GONE, PROJECT, BARE_PROJECT), "terms": TERMS, "may_answer": True},
    "synergies.list": {
        "open": [(WAITS, TERMS)] * 21, "linked": [(TIED, TERMS), (TIED, [])] * 11, "all": True, "blocked": 2
    },
    "synergies.noted": {"tied": WAITS, "missing": PROJECT},
    "synergies.linked": TOLD,
    "synergies.dismissed": {"tied": TIED, "said": "yes"},
    "synergies.thread": TOLD,
    "synergies.begin": {"owners": [ANNA, BEN]},
    "synergies.write_to": {**TOLD, "mine": BARE_PROJECT, "other": PROJECT},
    "synergies.parted": {"tied": TIED, "mine": PROJECT, "other": BARE_PROJECT, "linked": True},
    "synergies.which_one": {"open": [WAITS, WAITS]},
    "synergies.several": {"said": [text("synergies.say_what", prefix="!")] * 2},
    "needs.list": {"groups": [SHARED] * 16},
}  # fmt: skip

"""What digests are filled with: more of everything than a section has room for."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.consultation import Visibility
from bot.domain.digest import Audience, Section
from bot.domain.project import Light
from bot.domain.recurring import Recurrence
from bot.procedures.digest_items import (
    Asked,
    Blocked,
    Decided,
    Given,
    Item,
    Linked,
    Moved,
    Open,
    Resting,
    Stale,
    Thought,
    ToDo,
)
from bot.procedures.digest_links import Line, Place
from bot.procedures.digest_plans import Timing
from bot.procedures.digest_sections import SAID, Digest
from bot.procedures.responsible import OpenTask
from bot.store.ballot_news import Voter
from bot.store.tables import CheckIn, CheckInRound, Consultation, Meeting, Task
from bot.texts import text
from tests.fakes import ANNA, BEN, CEM, ROOM
from tests.samples.general import (
    AT,
    BARE_PROJECT,
    CONSULTATION,
    DECISION,
    FEEDBACK,
    FIGURES,
    GROUP,
    IDEA,
    LATER,
    NASTY,
    OPEN_FEEDBACK,
    PROJECT,
    UPDATE,
)
from tests.samples.synergies import SHARED, TIED
from tests.samples.tasks import PARTS

NOW = AT + timedelta(days=1)
PLACE = Place(ROOM, "$event", "example.org")
CONFIDENTIAL = Consultation(**{**CONSULTATION.model_dump(), "visibility": Visibility.CONFIDENTIAL})
VOTERS = [Voter(1, 1, None, NASTY), *[Voter(each, 1, BEN, None) for each in range(2, 13)]]
TASK = Task(
    id=7, network_id=1, number=7, room_id=ROOM, title=NASTY, mandatory=False, due_at=AT, council=NASTY,
    council_at=LATER, created_at=AT,
)  # fmt: skip
UNDATED = Task(id=8, network_id=1, number=8, room_id=ROOM, title=NASTY, created_at=AT)
CHECK_IN = CheckIn(
    id=1, network_id=1, number=1, room_id=ROOM, title=NASTY, whom="owners", questions="[]", rule="FREQ=DAILY", first="",
    zone="Europe/Berlin", created_by=ANNA, created_at=AT,
)  # fmt: skip
ROUND = CheckInRound(id=1, check_in_id=1, number=1, due_at=AT, opened_at=AT, deadline=LATER)
MEETING = Meeting(
    id=1, network_id=1, number=2, room_id=ROOM, title=NASTY, starts_at=LATER, created_by=ANNA, created_at=AT
)
HERE = (ROOM, "$event", None)
TODO = [
    ToDo(*HERE, open=OpenTask(TASK, parts=PARTS)),
    ToDo(*HERE, open=OpenTask(UNDATED, leads=[ANNA])),
]
ITEMS: dict[Section, Sequence[Item]] = {
    Section.OVERDUE: TODO[:1] * 3,
    Section.CONSULTATIONS: [Open.of(CONSULTATION, VOTERS), Open.of(CONFIDENTIAL, VOTERS), Open.of(CONSULTATION, [])],
    Section.CHECK_INS: [Asked(*HERE, check_in=CHECK_IN, round=ROUND, people=[BEN] * 11)],
    Section.UNANSWERED: [Given(*HERE, feedback=OPEN_FEEDBACK, project=each) for each in (PROJECT, None)],
    Section.DUE: [*TODO],
    Section.STALE: [
        Stale(*HERE, project=PROJECT, heard=AT),
        Stale(*HERE, project=BARE_PROJECT, heard=None),
    ],
    Section.DORMANT: [
        Resting(*HERE, group=GROUP, followers=[BEN, CEM], others=3),
        Resting(*HERE, group=GROUP, followers=(), others=0),
    ],
    Section.COUNCIL: TODO[:1] * 2,
    Section.DECIDED: [Decided(*HERE, short="K3.1", about=NASTY, decision=DECISION)],
    Section.MOVED: [
        Moved(*HERE, project=PROJECT, field=field, light_before=before, progress_before=40, updates=[UPDATE])
        for field, before in ((NASTY, Light.GREEN), ("", None))
    ],
    Section.BLOCKED: [Blocked(*HERE, shared=SHARED)],
    Section.LINKED: [Linked(*HERE, tied=TIED, terms=[NASTY]), Linked(*HERE, tied=TIED, terms=())],
    Section.FEEDBACK: [
        Given(*HERE, feedback=FEEDBACK, project=PROJECT),
        Given(*HERE, feedback=OPEN_FEEDBACK, project=None),
    ],
    Section.IDEAS: [Thought(*HERE, idea=IDEA)],
}
LINES = {section: [Line(item, PLACE), *map(Line, items)] for section, items in ITEMS.items() for item in items[:1]}
PARTS = [SAID[section](lines=lines, more=2, now=NOW, prefix="!") for section, lines in LINES.items()]
DIGEST = Digest(
    since=AT,
    now=NOW,
    parts=[*PARTS, text("digest.participation", figures=FIGURES)],
    meeting=MEETING,
    is_empty=False,
    is_news=True,
)
TIMING = Timing(Recurrence("FREQ=WEEKLY;BYDAY=FR", datetime(2026, 12, 4, 15), "Europe/Berlin"), LATER)  # noqa: DTZ001
WHOLE: dict[str, Any] = {"digest": DIGEST, "next_at": LATER}
BY_TEXT: dict[str, dict[str, Any]] = (
    {
        f"digest.{name}": WHOLE
        for name in (
            "digest",
            "preview",
            "copy",
            "letter",
            "for_coordination",
            "for_politics",
            "for_active",
            "for_list",
        )
    }
    | {
        f"digest.{section}": {"lines": lines, "more": 1 if number % 2 else 2, "now": NOW}
        for number, (section, lines) in enumerate(LINES.items())
    }
    | {
        "digestplan.shown": {
            "here": TIMING,
            "planned": [(each, TIMING) for each in Audience],
            "left": timedelta(minutes=43),
        },
        "underway.told": {"rooms": 1_240, "people": 300, "left": timedelta(hours=15)},
        "digestplan.room_set": {"timing": TIMING},
        "digestplan.set": {"audience": Audience.FOLLOWERS, "timing": TIMING},
        "digestplan.ended": {"audience": Audience.FOLLOWERS, "was_set": True},
    }
)

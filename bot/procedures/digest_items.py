"""What a digest is made of: each thing with the room it belongs to, and where it was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.answers import Kind
from bot.domain.consultation import Visibility
from bot.domain.project import Light
from bot.procedures.consultations import announcement_key
from bot.procedures.needs import Shared
from bot.procedures.publishing import key_of
from bot.procedures.responsible import OpenTask
from bot.store.ballot_news import Voter
from bot.store.synergies import Tied
from bot.store.tables import (
    CheckIn,
    CheckInRound,
    Consultation,
    Decision,
    Feedback,
    Group,
    Idea,
    Project,
    StatusUpdate,
    Task,
)

URGENCY = {Light.RED: 0, Light.YELLOW: 1, Light.GREEN: 2}


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """`event` is what somebody wrote, `post` the key of what we said of it; a digest links to the one there is."""

    room_id: str
    event: str | None
    post: str | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Open(Item):
    """A consultation that takes votes, and who is missing."""

    consultation: Consultation
    missing: Sequence[Voter]

    @property
    def named(self) -> Sequence[Voter]:
        """Of those the ones who may be named: nobody where votes are confidential."""
        return () if self.consultation.visibility == Visibility.CONFIDENTIAL else self.missing

    @classmethod
    def of(cls, consultation: Consultation, missing: Sequence[Voter]) -> "Open":
        """It was said by its announcement."""
        key = announcement_key(consultation)
        return cls(consultation.room_id, None, key, consultation=consultation, missing=missing)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Decided(Item):
    """What a ballot („K3.2“) decided. `about` is the consultation's title, of several ballots the question."""

    short: str
    about: str
    decision: Decision
    kind: str = Kind.APPROVAL

    @classmethod
    def of(cls, consultation: Consultation, short: str, about: str, decision: Decision, kind: str) -> "Decided":
        """It was said by the result."""
        place = (consultation.room_id, None, key_of(consultation))
        return cls(*place, short=short, about=about, decision=decision, kind=kind)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Moved(Item):
    """A project that reported: where it stood before the period, and what was said since. `field` is of action."""

    project: Project
    field: str
    light_before: str | None
    progress_before: int | None
    updates: Sequence[StatusUpdate]

    @property
    def rank(self) -> tuple[bool, int]:
        """What changed its light comes first, the worst light in front."""
        turned = self.light_before is not None and self.light_before != self.project.light
        light = self.project.light
        return not turned, URGENCY[Light(light)] if light else len(URGENCY)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stale(Item):
    """A project of which nothing was heard since `heard` (UTC); None: not since it was made."""

    project: Project
    heard: datetime | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Linked(Item):
    """Two projects that were linked, and what both are about; one item for each of their rooms."""

    tied: Tied
    terms: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Blocked(Item):
    """What holds several projects up; of the whole network, so of no room."""

    shared: Shared


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Given(Item):
    """A feedback, and the project it is on, if any."""

    feedback: Feedback
    project: Project | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Thought(Item):
    """An idea."""

    idea: Idea


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ToDo(Item):
    """A task still to be done, with everybody in charge of it."""

    open: OpenTask

    @property
    def task(self) -> Task:
        """The task itself."""
        return self.open.task


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Asked(Item):
    """A check-in that is open, and who has not answered."""

    check_in: CheckIn
    round: CheckInRound
    people: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Resting(Item):
    """A group without Aktive; `followers` are those most likely to step in, `others` how many more there are."""

    group: Group
    followers: Sequence[str]
    others: int

"""The tables. Everything belongs to a network; a vote knows for whom it is cast.

Only `bot.store` builds queries on them. Times are aware UTC in Python and naive UTC in the database.
"""

from bot.store.tables.columns import UtcDateTime
from bot.store.tables.consultations import (
    Ballot,
    CastVote,
    Consultation,
    CounterPosition,
    Decision,
    Dissent,
    Edition,
    Elector,
    RecordEntry,
    RecordSecret,
    Step,
    Touched,
    Unread,
)
from bot.store.tables.groups import Group, GroupName, Participation
from bot.store.tables.machine import Account, HandledEvent, Occurrence, OpenQuestion, OutboxRow
from bot.store.tables.meetings import Meeting, Task
from bot.store.tables.people import Absence, Counter, Mandate, Network, Organisation, PendingImport, Person, RoleGrant
from bot.store.tables.projects import (
    Feedback,
    Idea,
    Project,
    ProjectShare,
    Result,
    ResultOrigin,
    ResultVersion,
    StatusUpdate,
)
from bot.store.tables.rooms import Room, RoomMember

__all__ = [
    "Absence",
    "Account",
    "Ballot",
    "CastVote",
    "Consultation",
    "Counter",
    "CounterPosition",
    "Decision",
    "Dissent",
    "Edition",
    "Elector",
    "Feedback",
    "Group",
    "GroupName",
    "HandledEvent",
    "Idea",
    "Mandate",
    "Meeting",
    "Network",
    "Occurrence",
    "OpenQuestion",
    "Organisation",
    "OutboxRow",
    "Participation",
    "PendingImport",
    "Person",
    "Project",
    "ProjectShare",
    "RecordEntry",
    "RecordSecret",
    "Result",
    "ResultOrigin",
    "ResultVersion",
    "RoleGrant",
    "Room",
    "RoomMember",
    "StatusUpdate",
    "Step",
    "Task",
    "Touched",
    "Unread",
    "UtcDateTime",
]

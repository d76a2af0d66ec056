"""The tables. Everything belongs to a network; a vote knows for whom it is cast.

Only `bot.store` builds queries on them. Times are aware UTC in Python and naive UTC in the database.
"""

from bot.store.tables.checkins import CheckIn, CheckInAnswer, CheckInAsk, CheckInRound
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
from bot.store.tables.digests import DigestPlan, Subscriber
from bot.store.tables.groups import Group, GroupName, Participation
from bot.store.tables.machine import Account, HandedRow, HandledEvent, Incident, Occurrence, OpenQuestion, OutboxRow
from bot.store.tables.meetings import Attendance, Cluster, Meeting, MeetingDay, Retrospect, Seat, SignUp
from bot.store.tables.people import Absence, Counter, Mandate, Network, Organisation, PendingImport, Person, RoleGrant
from bot.store.tables.portfolio import Board, Synergy, SynergyScan
from bot.store.tables.projects import (
    Aim,
    Feedback,
    Idea,
    Project,
    ProjectAim,
    ProjectChange,
    ProjectShare,
    Result,
    ResultOrigin,
    ResultVersion,
    StatusUpdate,
)
from bot.store.tables.rooms import Room, RoomMember
from bot.store.tables.sealed import SealedEvent, SealedSession
from bot.store.tables.surveys import Survey, SurveyAsk, SurveyEntry, SurveyTemplate
from bot.store.tables.tasks import Task, TaskParty
from bot.store.tables.web import LoginLink, WebSession

__all__ = [
    "Absence",
    "Account",
    "Aim",
    "Attendance",
    "Ballot",
    "Board",
    "CastVote",
    "CheckIn",
    "CheckInAnswer",
    "CheckInAsk",
    "CheckInRound",
    "Cluster",
    "Consultation",
    "Counter",
    "CounterPosition",
    "Decision",
    "DigestPlan",
    "Dissent",
    "Edition",
    "Elector",
    "Feedback",
    "Group",
    "GroupName",
    "HandedRow",
    "HandledEvent",
    "Idea",
    "Incident",
    "LoginLink",
    "Mandate",
    "Meeting",
    "MeetingDay",
    "Network",
    "Occurrence",
    "OpenQuestion",
    "Organisation",
    "OutboxRow",
    "Participation",
    "PendingImport",
    "Person",
    "Project",
    "ProjectAim",
    "ProjectChange",
    "ProjectShare",
    "RecordEntry",
    "RecordSecret",
    "Result",
    "ResultOrigin",
    "ResultVersion",
    "Retrospect",
    "RoleGrant",
    "Room",
    "RoomMember",
    "SealedEvent",
    "SealedSession",
    "Seat",
    "SignUp",
    "StatusUpdate",
    "Step",
    "Subscriber",
    "Survey",
    "SurveyAsk",
    "SurveyEntry",
    "SurveyTemplate",
    "Synergy",
    "SynergyScan",
    "Task",
    "TaskParty",
    "Touched",
    "Unread",
    "UtcDateTime",
    "WebSession",
]

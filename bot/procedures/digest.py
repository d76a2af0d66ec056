"""The digest of a room: what moved, what is open, who is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.context import Scope
from bot.domain.consultation import State
from bot.effects import Effect, Say
from bot.procedures.consultations import silent
from bot.store import consultations, projects
from bot.store.tables import Consultation, Decision, Elector, Feedback, Idea, Project, Room, StatusUpdate
from bot.texts import Text, text


@dataclass(frozen=True, slots=True)
class Moved:
    """A project that reported: where it stood before the period, and what was said since."""

    project: Project
    light_before: str | None
    updates: Sequence[StatusUpdate]


@dataclass(frozen=True, slots=True)
class Digest:
    """What a digest says about the time since `since` (UTC)."""

    since: datetime
    moved: Sequence[Moved]
    open: Sequence[tuple[Consultation, Sequence[Elector]]]
    decided: Sequence[tuple[Consultation, Decision]]
    feedback: Sequence[tuple[Feedback, Project | None]]
    unanswered: Sequence[tuple[Feedback, Project | None]]
    ideas: Sequence[Idea]

    @property
    def is_empty(self) -> bool:
        """Nothing to say: then nothing is posted."""
        return not (self.moved or self.open or self.decided or self.feedback or self.unanswered or self.ideas)


def compose(room: Room, scope: Scope) -> Digest:
    """Gather the digest of a room since its last one."""
    session, since = scope.session, room.last_digest_at or room.since
    running = consultations.of_room(session, room.room_id, (State.OPEN,))
    published = consultations.of_room(session, room.room_id, (State.PUBLISHED,))
    new = projects.feedback_since(session, room.room_id, since)
    return Digest(
        since=since,
        moved=_moved(room, since, scope),
        open=[(consultation, silent(consultation, scope)) for consultation in running],
        decided=[
            (consultation, decision)
            for consultation in published
            if consultation.published_at and consultation.published_at > since
            for decision in (_decision(consultation, scope),)
            if decision
        ],
        feedback=_with_projects(new, scope),
        unanswered=_with_projects(
            [entry for entry in projects.open_feedback(session, room.room_id) if entry.at <= since], scope
        ),
        ideas=projects.ideas_since(session, room.room_id, since),
    )


def _decision(consultation: Consultation, scope: Scope) -> Decision | None:
    ballot = consultations.ballot(scope.session, consultation.id or 0)
    return consultations.decision(scope.session, ballot.id or 0)


def _moved(room: Room, since: datetime, scope: Scope) -> list[Moved]:
    reported: dict[int, tuple[Project, list[StatusUpdate]]] = {}
    for project, update in projects.updates_since(scope.session, room.room_id, since):
        reported.setdefault(project.id or 0, (project, []))[1].append(update)
    moved = []
    for project, updates in reported.values():
        before = projects.before(scope.session, project.id or 0, since)
        moved.append(Moved(project, before.light if before else None, updates))
    return moved


def _with_projects(entries: Sequence[Feedback], scope: Scope) -> list[tuple[Feedback, Project | None]]:
    return [
        (entry, projects.project(scope.session, entry.project_id) if entry.project_id else None) for entry in entries
    ]


def as_text(digest: Digest, room: Room, prefix: str, *, preview: bool = False) -> Text:
    """The digest's message."""
    return text("digest.digest", digest=digest, room=room, prefix=prefix, preview=preview)


def post(room: Room, at: datetime, scope: Scope) -> tuple[Effect, ...]:
    """Post the digest due at `at` (UTC), and start the next period. Nothing to say: nothing is posted."""
    digest = compose(room, scope)
    room.last_digest_at = scope.now
    if digest.is_empty:
        return ()
    key = f"digest/{room.room_id}/{at.isoformat()}"
    return (Say(room_id=room.room_id, key=key, text=as_text(digest, room, scope.house.prefix)),)

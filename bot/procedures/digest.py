"""The digest of a room: what moved, what is open, who is missing; and who else gets it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.context import Context, Scope
from bot.domain.answers import Kind
from bot.domain.consultation import State
from bot.domain.representation import Representation
from bot.domain.roles import Role
from bot.effects import Direct, Effect, Mail, Reply, Say
from bot.procedures import participation, standing
from bot.procedures.consultations import short_of
from bot.procedures.reminding import silent
from bot.procedures.tasks import OpenTask, open_of_room
from bot.store import consultations, decisions, networks, participations, projects, rooms
from bot.store.participations import Tied
from bot.store.tables import Consultation, Decision, Elector, Feedback, Group, Idea, Project, Room, StatusUpdate
from bot.texts import Text, text

JUST_SAID = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Moved:
    """A project that reported: where it stood before the period, and what was said since."""

    project: Project
    light_before: str | None
    updates: Sequence[StatusUpdate]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a ballot („K3.2“) decided. `about` is the consultation's title, of several ballots the question."""

    short: str
    about: str
    decision: Decision
    kind: str = Kind.APPROVAL


@dataclass(frozen=True, slots=True)
class Resting:
    """A group without Aktive; `followers` are those most likely to step in, `others` how many more there are."""

    group: Group
    followers: Sequence[str]
    others: int


@dataclass(frozen=True, slots=True)
class Digest:
    """What a digest says about the time since `since` (UTC).

    `group` is whose room it is, if any. `figures` stand in the digest of an overview room; alone they are no news.
    """

    since: datetime
    moved: Sequence[Moved]
    open: Sequence[tuple[Consultation, Sequence[Elector]]]
    decided: Sequence[Decided]
    feedback: Sequence[tuple[Feedback, Project | None]]
    unanswered: Sequence[tuple[Feedback, Project | None]]
    ideas: Sequence[Idea]
    dormant: Sequence[Resting] = ()
    tasks: Sequence[OpenTask] = ()
    group: Group | None = None
    figures: Representation | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing to say: then nothing is posted. A group without Aktive is said until it has some."""
        news = (self.moved, self.open, self.decided, self.feedback, self.unanswered, self.ideas, self.dormant)
        return not any((*news, self.tasks))

    @property
    def is_news(self) -> bool:
        """Whether anything of it has come since the last one; what only goes on being open or missing has not."""
        opened = any(consultation.opens_at > self.since for consultation, _ in self.open)
        resting = any((rest.group.dormant_told_at or self.since) > self.since for rest in self.dormant)
        given = any(one.task.created_at > self.since for one in self.tasks)
        return any((self.moved, self.decided, self.feedback, self.ideas, opened, resting, given))


def compose(room: Room, scope: Scope) -> Digest:
    """Gather the digest of a room since its last one."""
    session, since = scope.session, room.last_digest_at or room.since
    running = consultations.of_room(session, room.room_id, (State.OPEN,))
    published = consultations.of_room(session, room.room_id, (State.PUBLISHED,))
    new = projects.feedback_since(session, room.room_id, since)
    network_id = room.network_id or 0
    tied = participations.tied(session, network_id, room.room_id)
    group = next((group for group in tied.groups if group.ended_at is None), None)
    return Digest(
        since=since,
        moved=_moved(room, since, scope),
        open=[(consultation, silent(consultation, scope)) for consultation in running],
        decided=[
            decided
            for consultation in published
            if consultation.published_at and consultation.published_at > since
            for decided in _decided(consultation, scope)
        ],
        feedback=_with_projects(new, scope),
        unanswered=_with_projects(
            [entry for entry in projects.open_feedback(session, room.room_id) if entry.at <= since], scope
        ),
        ideas=projects.ideas_since(session, room.room_id, since),
        dormant=_resting(network_id, tied, scope),
        tasks=open_of_room(room.room_id, scope),
        group=group,
        figures=None if tied.groups else participation.figures(network_id, scope),
    )


def _decided(consultation: Consultation, scope: Scope) -> Iterator[Decided]:
    ballots = consultations.ballots(scope.session, consultation.id or 0)
    for ballot in ballots:
        if (decision := decisions.decision(scope.session, ballot.id or 0)) is not None:
            about = ballot.question if len(ballots) > 1 else consultation.title
            yield Decided(short_of(consultation, ballot, scope), about, decision, ballot.kind)


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
    """Post the digest due at `at` (UTC), and start the next period. Nothing to say: nothing is posted.

    Nor is it if there was one within the last day and nothing has come since.
    """
    digest = compose(room, scope)
    was_just_said = room.since < digest.since and scope.now - digest.since < JUST_SAID
    room.last_digest_at = scope.now
    if digest.is_empty or (was_just_said and not digest.is_news):
        return ()
    said = Say(room_id=room.room_id, key=_key(room, at), text=as_text(digest, room, scope.house.prefix))
    return (said, *_copies(digest, room, at, scope))


def post_now(ctx: Context) -> tuple[Effect, ...]:
    """Answer with the digest, and start the next period; who follows the group gets it too, unless it is empty."""
    digest = compose(ctx.room, ctx)
    ctx.room.last_digest_at = ctx.now
    said = Reply(as_text(digest, ctx.room, ctx.house.prefix))
    return (said,) if digest.is_empty else (said, *_copies(digest, ctx.room, ctx.now, ctx))


def _key(room: Room, at: datetime) -> str:
    return f"digest/{room.room_id}/{at.isoformat()}"


def _copies(digest: Digest, room: Room, at: datetime, scope: Scope) -> Iterator[Effect]:
    """For the group's followers: by mail where they gave an address, else directly, unless they read it in the room."""
    group, prefix = digest.group, scope.house.prefix
    if group is None:
        return
    local = at.astimezone(scope.house.zone)
    subject = text("digest.subject", group=group, day=local.replace(hour=0, minute=0, second=0, microsecond=0))
    coordinators = standing.coordinators(group.network_id, scope)
    letter = text("digest.letter", digest=digest, group=group, prefix=prefix, coordinators=coordinators)
    copy = text("digest.copy", digest=digest, group=group, prefix=prefix)
    language = room.language or group.language
    for reader, email in _readers(group, room, scope):
        key = f"{_key(room, at)}/{reader}"
        if email:
            yield Mail(to=email, key=key, subject=subject, text=letter, language=language)
        else:
            yield Direct(person=reader, key=key, text=copy, language=language)


def _readers(group: Group, room: Room, scope: Scope) -> Iterator[tuple[str, str | None]]:
    """Who gets a copy, and the address for it. Guests read what is shared with them only, whatever they followed."""
    followers = participations.followers(scope.session, group.id or 0)
    if not followers:
        return
    session, network_id = scope.session, group.network_id
    guests = set(networks.holders(session, network_id, Role.GUEST)) - set(standing.coordinators(network_id, scope))
    present = set(rooms.members(session, room.room_id))
    for row in followers:
        email = row.email if scope.house.mail else None
        if row.person not in guests and (email or row.person not in present):
            yield row.person, email


def _resting(network_id: int, tied: Tied, scope: Scope) -> list[Resting]:
    """The groups known to be without Aktive; a new one is given its time to be found first.

    A group's room shows its own only, as long as the network has a room of no group to show them all in.
    """
    own = {group.id for group in tied.groups}
    groups = [
        group
        for group, _ in participations.without_active(scope.session, network_id)
        if group.dormant_since and (group.id in own or not (own and tied.others_untied))
    ]
    likely = participations.followers_of(scope.session, [group.id or 0 for group in groups])
    most = participation.MOST_FOLLOWERS
    return [
        Resting(group, found[:most], max(len(found) - most, 0))
        for group in groups
        for found in (likely[group.id or 0],)
    ]

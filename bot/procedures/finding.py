"""What a person names, found in their network, or a helpful refusal. Never shows anything of another network."""

import re
from collections.abc import Callable
from typing import TypeVar

from bot.context import Context
from bot.domain.roles import Role, suffices
from bot.errors import Question, UserError
from bot.language.kept import literal
from bot.language.lists import LONGEST_ID, MATRIX_ID
from bot.language.names import fold, nearest
from bot.procedures import standing
from bot.store import (
    Session,
    checkins,
    consultations,
    decisions,
    groups,
    meetings,
    networks,
    organisations,
    projects,
    results,
    shares,
    surveys,
    synergies,
    tasks,
)
from bot.store.tables import (
    Ballot,
    CheckIn,
    Consultation,
    Decision,
    Dissent,
    Feedback,
    Group,
    Idea,
    Meeting,
    Organisation,
    Project,
    Result,
    Survey,
    Task,
)

T = TypeVar("T")
ByNumber = Callable[[Session, int, int], T | None]
AROUND = " \t.,;:!?()[]<>\"'„“”‚‘’»«*`"
ME = frozenset({"ich", "me", "selbst"})


def project_named(key: str, ctx: Context, *, again: tuple[str, str] | None = None) -> Project:
    """The project of this key. For a guest there are none but those shared with them.

    Raises UserError with the nearest key; a Question, if `again` is what stands before and after the key in a command.
    """
    shared = shares.of_person(ctx.session, ctx.network_id, ctx.person) if ctx.role is Role.GUEST else None
    found = projects.by_folded(ctx.session, ctx.network_id, fold(key))
    if found is not None and not found.archived and (shared is None or found in shared):
        return found
    keys = projects.keys(ctx.session, ctx.network_id) if shared is None else [project.key for project in shared]
    close = next(iter(nearest(key, keys)), None)
    if close is not None and again is not None:
        resume = literal(f"{again[0]} {close} {again[1]}".rstrip())
        raise Question("finding.which_project", resume=resume, key=key, close=close)
    raise UserError("finding.no_project", key=key, close=close)


def number_of(short: str, letter: str) -> int | None:
    """12 for „F12“, „f12“ or „F 12“; None if it is no such key."""
    found = re.fullmatch(rf"{letter}\s?(\d{{1,6}})", short.strip().rstrip(".,:"), flags=re.IGNORECASE)
    return int(found[1]) if found else None


def _numbered(short: str, letter: str, ctx: Context, by_number: ByNumber[T], kind: str) -> T:
    number = number_of(short, letter)
    found = by_number(ctx.session, ctx.network_id, number) if number is not None else None
    if found is None:
        raise UserError("finding.unknown", kind=kind, key=short, prefix=ctx.house.prefix)
    return found


def consultation_numbered(short: str, ctx: Context) -> Consultation:
    """K3 of this network. Raises UserError."""
    return _numbered(short, "K", ctx, consultations.by_number, "consultation")


def ballot_numbered(short: str, ctx: Context) -> tuple[Consultation, Ballot]:
    """K3.2 of this network; K3 is its only ballot. Raises UserError, also where K3 could mean several."""
    whole, _, position = short.strip().rstrip(".,:").partition(".")
    consultation = consultation_numbered(whole, ctx)
    ballots = consultations.ballots(ctx.session, consultation.id or 0)
    if not position and len(ballots) > 1:
        raise UserError("finding.which_ballot", consultation=consultation, ballots=ballots)
    found = next((each for each in ballots if str(each.position) == (position.lstrip("0") or "1")), None)
    if found is None:
        raise UserError("finding.no_ballot", consultation=consultation, key=short, count=len(ballots))
    return consultation, found


def feedback_numbered(short: str, ctx: Context) -> Feedback:
    """F12 of this network. Raises UserError."""
    return _numbered(short, "F", ctx, projects.feedback_by_number, "feedback")


def idea_numbered(short: str, ctx: Context) -> Idea:
    """I4 of this network. Raises UserError."""
    return _numbered(short, "I", ctx, projects.idea_by_number, "idea")


def result_numbered(short: str, ctx: Context) -> Result:
    """E9 of this network. Raises UserError."""
    return _numbered(short, "E", ctx, results.by_number, "result")


def meeting_numbered(short: str, ctx: Context) -> Meeting:
    """T2 of this network. Raises UserError."""
    return _numbered(short, "T", ctx, meetings.by_number, "meeting")


def task_numbered(short: str, ctx: Context) -> Task:
    """A7 of this network. Raises UserError."""
    return _numbered(short, "A", ctx, tasks.by_number, "task")


def check_in_numbered(short: str, ctx: Context) -> CheckIn:
    """C1 of this network. Raises UserError."""
    return _numbered(short, "C", ctx, checkins.by_number, "check-in")


def survey_numbered(short: str, ctx: Context) -> Survey:
    """U1 of this network. Raises UserError."""
    return _numbered(short, "U", ctx, surveys.by_number, "survey")


def dissent_numbered(short: str, ctx: Context) -> Dissent:
    """V2 of this network. Raises UserError."""
    return _numbered(short, "V", ctx, decisions.dissent_by_number, "dissent")


def synergy_numbered(short: str, ctx: Context) -> synergies.Tied:
    """S5 of this network, with its projects. Raises UserError, also where one of them is archived."""
    return _numbered(short, "S", ctx, synergies.by_number, "synergy")


def decision_numbered(short: str, ctx: Context) -> Decision:
    """B2 of this network. Raises UserError."""
    return _numbered(short, "B", ctx, decisions.by_number, "decision")


def organisation_named(name: str, ctx: Context) -> Organisation:
    """The organisation of this name in the network. Raises UserError with the nearest one."""
    found = organisations.by_folded(ctx.session, ctx.network_id, fold(name))
    if found is not None:
        return found
    names = [entry.name for entry in organisations.of_network(ctx.session, ctx.network_id)]
    raise UserError("finding.no_organisation", name=name, close=next(iter(nearest(name, names)), None))


def group_named(name: str, ctx: Context) -> Group:
    """The living group of this name in the network, or that had it before. Raises UserError with the nearest."""
    found = groups.by_folded(ctx.session, ctx.network_id, fold(name))
    found = found or groups.formerly(ctx.session, ctx.network_id, fold(name))
    if found is None:
        names = groups.all_names(ctx.session, ctx.network_id)
        close = next((names[other] for other in nearest(name, names)), None)
        raise UserError("finding.no_group", name=name, close=close)
    if found.ended_at is not None:
        raise UserError("finding.group_ended", group=found)
    return found


def group_meant(name: str | None, ctx: Context) -> Group:
    """The group of this name; without one, the group in whose room it is said. Raises UserError."""
    if name is not None:
        return group_named(name, ctx)
    found = groups.of_room(ctx.session, ctx.room.room_id)
    if found is None:
        names = [group.name for group in groups.of_network(ctx.session, ctx.network_id)]
        raise UserError("finding.which_group", names=names, prefix=ctx.house.prefix)
    return found


def person_named(words: str, ctx: Context) -> str:
    """The Matrix ID somebody wrote; a display name is never enough. Raises UserError."""
    return person_in(words, ctx.person)


def person_in(words: str, me: str) -> str:
    """The same in what `me` has written, whether as a command or not."""
    if fold(words) in ME:
        return me
    found = [_behind(word) for word in words.split() if "@" in word]
    if len(found) != 1 or not MATRIX_ID.fullmatch(found[0]) or len(found[0].encode()) > LONGEST_ID:
        raise UserError("finding.no_person", words=words)
    return found[0]


def _behind(word: str) -> str:
    """A word without what a sentence puts around it, or a link before it: „(@ben:example.org),“."""
    return word.removeprefix("https://matrix.to/#/").strip(AROUND)


def require_role(role: Role, ctx: Context, *, leads: bool = False) -> None:
    """Only somebody with this role or a stronger one may go on; `leads`: or who moderates another room of the network.

    Raises UserError that says who may.
    """
    if not suffices(ctx.role, role) and not (leads and standing.leads_somewhere(ctx)):
        holders = list(standing.coordinators(ctx.network_id, ctx))
        if role is Role.MODERATOR:
            holders += networks.holders(ctx.session, ctx.network_id, role, ctx.room.room_id)
        raise UserError("inbox.not_allowed", role=role, holders=holders)


def require_owner(project: Project, ctx: Context) -> None:
    """Only the project's owner, the room's moderators and the coordinators may go on. Raises UserError who may."""
    moderates = ctx.role is Role.MODERATOR and project.room_id == ctx.room.room_id
    if ctx.role is Role.COORDINATOR or moderates or project.owner == ctx.person:
        return
    holders = standing.coordinators(ctx.network_id, ctx)
    raise UserError("finding.not_owner", project=project, holders=holders)


def require_lead(group: Group, ctx: Context) -> None:
    """Only coordinators and the moderators of the group's room may go on, wherever they say it. Raises UserError."""
    require_lead_in(group.room_id, ctx)


def require_lead_in(room_id: str | None, ctx: Context) -> None:
    """The same for what belongs to a room: being a moderator elsewhere helps nobody. Raises UserError."""
    given = networks.roles_given(ctx.session, ctx.network_id, ctx.person, room_id or "")
    if ctx.role is Role.COORDINATOR or any(role is Role.MODERATOR for role, _ in given):
        return
    holders = list(standing.coordinators(ctx.network_id, ctx))
    if room_id is not None:
        holders += networks.holders(ctx.session, ctx.network_id, Role.MODERATOR, room_id)
    raise UserError("inbox.not_allowed", role=Role.MODERATOR, holders=holders)


def require_room(ctx: Context) -> None:
    """What belongs into a working group's room cannot be done in a direct chat. Raises UserError."""
    if ctx.room.direct_with is not None:
        raise UserError("finding.only_in_room")

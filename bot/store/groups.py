"""Working groups, the names they had, and who was invited to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, union
from sqlmodel import Session, case, col, func, select, update

from bot.domain.groups import Part
from bot.domain.roles import Role
from bot.store.tables import (
    CheckIn,
    Consultation,
    Feedback,
    Group,
    GroupName,
    Idea,
    Meeting,
    OutboxRow,
    Participation,
    Project,
    Result,
    RoleGrant,
    Room,
    Survey,
    Task,
)

INVITED: Final = "invited"
"""The kind of a participation that is none: somebody was asked to the room, and by whom. It lasts no time.

It holds until it has an `ended_by`: declined, withdrawn, or over because that person has left since.
"""

WORK = (Project, Result, Consultation, Idea)
GOES_ALONG = (Project, Feedback, Idea, Result, Consultation, Meeting, Task, CheckIn, Survey)
"""What a group takes along when it gets another room, besides its moderators."""


def add(session: Session, group: Group) -> Group:
    """Store a new group; it gets its ID."""
    session.add(group)
    session.flush()
    return group


def by_id(session: Session, group_id: int) -> Group:
    """The group with this database ID."""
    return session.get_one(Group, group_id)


def by_token(session: Session, token: str) -> Group | None:
    """The group of this token; ended ones too."""
    return session.exec(select(Group).where(Group.token == token)).first()


def by_folded(session: Session, network_id: int, folded: str) -> Group | None:
    """The living group of this name, as compared, in a network."""
    return session.exec(select(Group).where(Group.network_id == network_id, Group.folded == folded)).first()


def formerly(session: Session, network_id: int, folded: str) -> Group | None:
    """The group that once had this name, or the one it was merged into; an ended one only where none is living."""
    statement = select(GroupName.group_id).where(GroupName.network_id == network_id, GroupName.folded == folded)
    ids = session.exec(statement.order_by(col(GroupName.id).desc()))
    found = [_survivor(session, group_id) for group_id in ids]
    return next((group for group in found if group.ended_at is None), found[0] if found else None)


def _survivor(session: Session, group_id: int) -> Group:
    group = by_id(session, group_id)
    while group.merged_into_id is not None:
        group = by_id(session, group.merged_into_id)
    return group


OF_ROOM = select(Group).where(Group.room_id == bindparam("room_id"), col(Group.ended_at).is_(None))


def of_room(session: Session, room_id: str) -> Group | None:
    """The living group whose room this is."""
    return session.exec(OF_ROOM, params={"room_id": room_id}).first()


def of_network(session: Session, network_id: int) -> Sequence[Group]:
    """A network's living groups by name."""
    statement = select(Group).where(Group.network_id == network_id, col(Group.ended_at).is_(None))
    return session.exec(statement.order_by(col(Group.folded))).all()


def merged_into(session: Session, group_id: int) -> Sequence[Group]:
    """The groups that went up in this one, in the order in which they did."""
    statement = select(Group).where(Group.merged_into_id == group_id)
    return session.exec(statement.order_by(col(Group.ended_at), col(Group.id))).all()


def remember_name(session: Session, group: Group, by: str, at: datetime) -> None:
    """The group is about to lose the name it has: it stays in its history."""
    name = GroupName(
        network_id=group.network_id,
        group_id=group.id or 0,
        name=group.name,
        folded=group.folded or "",
        until=at,
        changed_by=by,
    )
    session.add(name)
    session.flush()


def former_names(session: Session, group_id: int) -> Sequence[GroupName]:
    """The names that a group had, oldest first."""
    return session.exec(select(GroupName).where(GroupName.group_id == group_id).order_by(col(GroupName.id))).all()


def all_names(session: Session, network_id: int) -> dict[str, str]:
    """The names by which a network's living groups can be found, former ones too, and what each is called now."""
    now = {group.id: group.name for group in of_network(session, network_id)}
    statement = select(GroupName.name, GroupName.group_id).where(GroupName.network_id == network_id)
    former = {name: now[group_id] for name, group_id in session.exec(statement) if group_id in now}
    return former | {name: name for name in now.values()}


def holdings(session: Session, network_id: int, room_id: str) -> int:
    """How many pieces of work a room of a network holds; counted no further than two."""
    found = 0
    for table in WORK:
        some = select(col(table.id)).where(col(table.network_id) == network_id, col(table.room_id) == room_id)
        found += len(session.exec(some.limit(2)).all())
    return min(found, 2)


def counts(session: Session, network_id: int) -> dict[int, tuple[int, int]]:
    """How many Aktive and followers each group of a network has now; those that have none are left out."""
    kind = col(Participation.kind)
    statement = (
        select(
            Participation.group_id,
            func.sum(case((kind == Part.ACTIVE, 1), else_=0)),
            func.sum(case((kind == Part.FOLLOWER, 1), else_=0)),
        )
        .where(Participation.network_id == network_id, col(Participation.until).is_(None))
        .group_by(col(Participation.group_id))
    )
    return {group_id: (int(active), int(followers)) for group_id, active, followers in session.exec(statement)}


def begun(session: Session, network_id: int, room_id: str | None = None) -> set[str]:
    """The rooms of a network that hold any work (only this one, if given)."""
    parts = []
    for table in WORK:
        part = select(col(table.room_id)).where(col(table.network_id) == network_id)
        parts.append(part if room_id is None else part.where(col(table.room_id) == room_id))
    return set(session.connection().execute(union(*parts)).scalars())


def note_invitation(session: Session, group: Group, person: str, by: str, at: datetime) -> Participation:
    """Somebody is asked to the group's room, now or as soon as there is one."""
    row = Participation(
        network_id=group.network_id,
        group_id=group.id or 0,
        person=person,
        kind=INVITED,
        since=at,
        until=at,
        entered_by=by,
    )
    session.add(row)
    session.flush()
    return row


def invited(session: Session, group_id: int, since: datetime | None = None) -> Sequence[str]:
    """Who was asked to a group's room (since then, if given, in UTC) and still is, in that order."""
    found = _invitations(session, group_id)
    return list(dict.fromkeys(row.person for row in found if since is None or row.since >= since))


def invitation(session: Session, group_id: int, person: str) -> Participation | None:
    """The latest invitation of somebody that still holds."""
    return next((row for row in reversed(_invitations(session, group_id)) if row.person == person), None)


def end_invitation(session: Session, group_id: int, person: str, by: str) -> None:
    """Somebody has declined, or has left since, or was uninvited: they are not asked again unasked."""
    for row in _invitations(session, group_id):
        if row.person == person:
            row.ended_by = by
    session.flush()


def _invitations(session: Session, group_id: int) -> Sequence[Participation]:
    statement = select(Participation).where(
        Participation.group_id == group_id, Participation.kind == INVITED, col(Participation.ended_by).is_(None)
    )
    return session.exec(statement.order_by(col(Participation.id))).all()


def invited_together(session: Session, room_id: str, cause: str) -> int:
    """How many invitations to a room were sent for one cause: it stands in their keys behind a space."""
    sent = select(OutboxRow.key).where(OutboxRow.action == "invite", OutboxRow.room_id == room_id)
    return sum(key.partition(" ")[2] == cause for key in session.exec(sent))


def latest_entry(session: Session, group_id: int, person: str) -> Participation | None:
    """How somebody last came to a group: invited, or by taking part."""
    statement = select(Participation).where(Participation.group_id == group_id, Participation.person == person)
    return session.exec(statement.order_by(col(Participation.id).desc())).first()


def move_project(session: Session, project: Project, room_id: str) -> None:
    """Let a project, what was said on it and what is to be done for it belong to another room."""
    project.room_id = room_id
    session.exec(update(Feedback).where(col(Feedback.project_id) == project.id).values(room_id=room_id))
    session.exec(update(Task).where(col(Task.project_id) == project.id).values(room_id=room_id))
    session.flush()


def move_work(session: Session, network_id: int, before: str, room_id: str) -> None:
    """Let all that a room holds belong to another one; its moderators moderate there.

    What neither room's digest has told yet is told by the next one there.
    """
    session.flush()
    _tell_since(session, before, room_id)
    for table in GOES_ALONG:
        here = update(table).where(col(table.room_id) == before, col(table.network_id) == network_id)
        session.exec(here.values(room_id=room_id))
    grants = session.exec(
        select(RoleGrant).where(
            RoleGrant.network_id == network_id,
            col(RoleGrant.room_id).in_((before, room_id)),
            RoleGrant.role == Role.MODERATOR,
            col(RoleGrant.withdrawn_at).is_(None),
        )
    ).all()
    there = {grant.person for grant in grants if grant.room_id == room_id}
    for grant in grants:
        if grant.room_id == before and grant.person not in there:
            grant.room_id = room_id
    session.flush()


def _tell_since(session: Session, before: str, room_id: str) -> None:
    old, new = session.get(Room, before), session.get(Room, room_id)
    if old is not None and new is not None:
        new.last_digest_at = min(old.last_digest_at or old.since, new.last_digest_at or new.since)

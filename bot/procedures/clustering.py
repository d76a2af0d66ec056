"""After a workshop's rounds (Freiburg 2019), the moderators put its results together as fields of action.

Each field then looks for people (`bot.procedures.signing_up`), and may become a working group.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.context import Context, Scope
from bot.domain.groups import Part
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.procedures import grouping
from bot.procedures.results import require_living
from bot.store import groups, participations, workshops
from bot.store.tables import Cluster, Group, Meeting, Result, ResultVersion

MOST_FIELDS: Final = 20


@dataclass(frozen=True, slots=True)
class Field:
    """A field of action: its results, who signed up or takes part, the group it became."""

    cluster: Cluster
    results: Sequence[tuple[Result, ResultVersion]]
    active: Sequence[str]
    followers: Sequence[str]
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class Bundled:
    """What came of putting results together. `moved` were in another field before."""

    cluster: Cluster
    is_new: bool
    added: Sequence[Result]
    moved: Sequence[tuple[Result, Cluster]]


def bundle(meeting: Meeting, name: str, found: Sequence[Result], ctx: Context) -> Bundled:
    """Put results into a field of action, which is made if there is none of this name.

    Raises UserError for a name that no group could have, a result of another meeting, or one merged into another.
    """
    for result in found:
        require_living(result, ctx)
        if result.meeting_id != meeting.id:
            raise UserError("clustering.not_of_meeting", result=result, meeting=meeting, prefix=ctx.house.prefix)
    every = workshops.clusters(ctx.session, meeting.id or 0)
    cluster = called(name, every)
    is_new = cluster is None
    if cluster is None:
        cluster = _add(meeting, name, len(every), ctx)
    of = {each.id: each for each in every}
    moved = [
        (result, of[result.cluster_id])
        for result in found
        if result.cluster_id in of and result.cluster_id != cluster.id
    ]
    added = [result for result in found if result.cluster_id != cluster.id]
    for result in added:
        result.cluster_id = cluster.id
    ctx.session.flush()
    return Bundled(cluster, is_new, added, moved)


def _add(meeting: Meeting, name: str, count: int, ctx: Context) -> Cluster:
    words = " ".join(name.split())
    if len(words) > grouping.LONGEST_NAME:
        raise UserError("inbox.too_long", length=len(words), longest=grouping.LONGEST_NAME, what="name")
    if not any(char.isalnum() for char in words) or fold(words).split()[0] in grouping.RESERVED:
        raise UserError("groups.bad_name", name=words)
    if count >= MOST_FIELDS:
        raise UserError("clustering.too_many", most=MOST_FIELDS)
    return workshops.add_cluster(ctx.session, meeting.id or 0, words, ctx.person, ctx.now)


def like(meeting: Meeting, name: str, scope: Scope) -> str | None:
    """A field of a name so similar that it may be meant; None where one has exactly this name."""
    every = workshops.clusters(scope.session, meeting.id or 0)
    if called(name, every) is not None:
        return None
    return next(iter(nearest(name, [each.name for each in every])), None)


def release(found: Sequence[Result], ctx: Context) -> list[tuple[Result, Cluster]]:
    """Take results out of their fields; those that were in one, and in which."""
    released = [
        (result, workshops.cluster(ctx.session, result.cluster_id)) for result in found if result.cluster_id is not None
    ]
    for result, _ in released:
        result.cluster_id = None
    ctx.session.flush()
    return released


def dissolve(meeting: Meeting, name: str, ctx: Context) -> Field:
    """There is no such field any more; its results are free again. Raises UserError as `field_called` does."""
    field = field_called(meeting, name, ctx)
    workshops.delete_cluster(ctx.session, field.cluster)
    return field


def fields(meeting: Meeting, scope: Scope) -> tuple[list[Field], list[tuple[Result, ResultVersion]]]:
    """A workshop's fields by number, and its results that are in none."""
    every = workshops.clusters(scope.session, meeting.id or 0)
    results = workshops.results(scope.session, meeting.id or 0)
    people = workshops.signed_up(scope.session, [each.id or 0 for each in every])
    found = []
    for cluster in every:
        group = group_of(cluster, scope)
        active, followers = people[cluster.id or 0][Part.ACTIVE], people[cluster.id or 0][Part.FOLLOWER]
        if group is not None:
            active = [row.person for row in participations.active(scope.session, group.id or 0)]
            followers = [row.person for row in participations.followers(scope.session, group.id or 0)]
        of = [each for each in results if each[0].cluster_id == cluster.id]
        found.append(Field(cluster, of, active, followers, group))
    return found, [each for each in results if each[0].cluster_id is None]


def field_called(meeting: Meeting, name: str, ctx: Context) -> Field:
    """The field of this name that is no group yet. Raises UserError."""
    every, _ = fields(meeting, ctx)
    field = next((each for each in every if fold(each.cluster.name) == fold(name)), None)
    if field is None:
        close = next(iter(nearest(name, [each.cluster.name for each in every])), None)
        raise UserError("clustering.no_field", name=name, meeting=meeting, close=close, prefix=ctx.house.prefix)
    if field.group is not None:
        raise UserError("clustering.is_group", group=field.group, prefix=ctx.house.prefix)
    return field


def called(name: str, among: Sequence[Cluster]) -> Cluster | None:
    """The field of exactly this name, as compared."""
    return next((each for each in among if fold(each.name) == fold(name)), None)


def group_of(cluster: Cluster, scope: Scope) -> Group | None:
    """The living group that a field has become."""
    group = groups.by_id(scope.session, cluster.group_id) if cluster.group_id else None
    return group if group is not None and group.ended_at is None else None

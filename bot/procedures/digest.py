"""The digest of a room: what moved, what is open, who is missing. Who else gets it: `digest_readers`."""

from datetime import datetime, timedelta

from bot.context import Context, Scope
from bot.domain.digest import EVERYTHING, Audience
from bot.effects import Effect, Reply, Say
from bot.procedures import digest_plans, digest_readers
from bot.procedures.digest_gathering import Material, gather
from bot.procedures.digest_readers import key_of
from bot.procedures.digest_sections import Digest, digest
from bot.store import digests, groups
from bot.store.news import Reach
from bot.store.tables import Room
from bot.texts import Text, text

JUST_SAID = timedelta(hours=24)


def collect(room: Room, scope: Scope) -> Material:
    """Everything there is to tell in a room since its last digest."""
    return gather(Reach(room.network_id or 0, (room.room_id,)), room.last_digest_at or room.since, scope)


def in_room(material: Material, room: Room, scope: Scope) -> Digest:
    """What the room is told."""
    return digest(material, EVERYTHING, (room.room_id,), scope)


def preview(room: Room, scope: Scope) -> Text:
    """What the room's next digest would say now, and when it comes."""
    told = in_room(collect(room, scope), room, scope)
    timing = digest_plans.of_room(room, scope)
    return text("digest.preview", digest=told, name=room.name, next_at=timing.next_at, prefix=scope.house.prefix)


def preview_for_coordination(ctx: Context) -> Text:
    """The same of what a coordinator is told of the whole network."""
    plan = digests.of_audience(ctx.session, ctx.network_id, Audience.COORDINATION)
    since = (plan.last_at or plan.created_at) if plan else ctx.now - timedelta(days=7)
    told = digest_readers.for_coordination(ctx.network, since, ctx.person, ctx)
    next_at = plan.next_at if plan else None
    return text("digest.preview", digest=told, name=ctx.network.name, next_at=next_at, prefix=ctx.house.prefix)


def post(room: Room, at: datetime, scope: Scope) -> tuple[Effect, ...]:
    """Post the digest due at `at` (UTC), and start the next period. Nothing to say: nothing is posted.

    Nor is it if there was one within the last day and nothing has come since.
    """
    material = collect(room, scope)
    told = in_room(material, room, scope)
    was_just_said = room.since < told.since and scope.now - told.since < JUST_SAID
    room.last_digest_at = scope.now
    if told.is_empty or (was_just_said and not told.is_news):
        return ()
    said = text("digest.digest", digest=told, name=room.name, prefix=scope.house.prefix)
    return (Say(room_id=room.room_id, key=key_of(room.room_id, at), text=said), *_copies(material, room, at, scope))


def post_now(ctx: Context) -> tuple[Effect, ...]:
    """Answer with the digest, and start the next period; who follows the group gets it too, unless it is empty."""
    material = collect(ctx.room, ctx)
    told = in_room(material, ctx.room, ctx)
    ctx.room.last_digest_at = ctx.now
    said = Reply(text("digest.digest", digest=told, name=ctx.room.name, prefix=ctx.house.prefix))
    return (said,) if told.is_empty else (said, *_copies(material, ctx.room, ctx.now, ctx))


def _copies(material: Material, room: Room, at: datetime, scope: Scope) -> tuple[Effect, ...]:
    group = groups.of_room(scope.session, room.room_id)
    return tuple(digest_readers.copies(material, room, group, at, scope)) if group else ()


def carry_out(plan_id: int, at: datetime, scope: Scope) -> tuple[Effect, ...]:
    """Carry a plan out that was due at `at` (UTC), unless that is too long ago, and wait for its next time."""
    plan = digests.find(scope.session, plan_id)
    if plan is None or not digest_plans.advance(plan, at, scope):
        return ()
    if plan.room_id is None:
        return digest_readers.sent(plan, at, scope)
    room = digest_plans.joined(plan.room_id, scope)
    if room is None:
        return ()
    plan.last_at = scope.now
    return post(room, at, scope)

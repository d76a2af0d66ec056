"""`!bericht`: the digest of this room, now or as a preview of the next; and when it comes, here and for each role."""

from dataclasses import dataclass
from datetime import time

from bot.command import Command, Form, Nothing, W, rest
from bot.context import Context
from bot.domain.digest import Audience, weekly
from bot.domain.recurring import Recurrence
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import UserError
from bot.language.names import fold
from bot.procedures import digest, digest_plans, underway
from bot.procedures.asking import read_recurrence
from bot.procedures.finding import require_role, require_room
from bot.texts import Text, text

USUAL = time(8, 0)  # where no time of day is said; the answer repeats it
AUDIENCES = {
    "koordination": Audience.COORDINATION,
    "koordinatoren": Audience.COORDINATION,
    "coordination": Audience.COORDINATION,
    "coordinators": Audience.COORDINATION,
    "politik": Audience.POLITICS,
    "politics": Audience.POLITICS,
    "aktive": Audience.ACTIVE,
    "aktiven": Audience.ACTIVE,
    "active": Audience.ACTIVE,
    "interessierte": Audience.FOLLOWERS,
    "interessierten": Audience.FOLLOWERS,
    "followers": Audience.FOLLOWERS,
    "verteiler": Audience.MAILING_LIST,
    "mailinglist": Audience.MAILING_LIST,
}
OFF = frozenset({"aus", "off", "nie", "never", "kein", "keiner", "none", "abschalten", "stop"})
STANDARD = frozenset({"standard", "default", "ueblich", "wie ueblich", "usual"})


@dataclass(frozen=True)
class Plan:
    """When it comes; for whom, if not for this room."""

    words: str = rest(
        W(
            "[Koordination|Politik|Aktive|Interessierte|Verteiler] Zeit",
            "[coordination|politics|active|followers|mailinglist] time",
        ),
        default="",
    )


def now(args: Nothing, ctx: Context) -> Answer:
    """Post the digest now; the next one starts from here."""
    require_room(ctx)
    return digest.post_now(ctx)


def preview(args: Nothing, ctx: Context) -> Answer:
    """Show what the next one would say; a coordinator's direct chat shows theirs of the whole network."""
    if ctx.room.direct_with is not None and ctx.role is Role.COORDINATOR:
        return digest.preview_for_coordination(ctx)
    require_room(ctx)
    return digest.preview(ctx.room, ctx)


def plan(args: Plan, ctx: Context) -> Answer:
    """Show or set when the digest comes."""
    first, _, others = args.words.strip().partition(" ")
    audience = AUDIENCES.get(fold(first).strip(".,:"))
    said = (others if audience else args.words).strip()
    if not said:
        return _shown(ctx)
    if audience is None:
        return _set_room(said, ctx)
    return _set_audience(audience, said, ctx)


def _shown(ctx: Context) -> Text:
    here = None if ctx.room.direct_with is not None else digest_plans.of_room(ctx.room, ctx)
    roles = [(each, digest_plans.of_audience(ctx.network_id, each, ctx)) for each in Audience]
    planned = [(each, timing) for each, timing in roles if timing.recurrence is not None]
    values = {"here": here, "planned": planned, "network": ctx.network, "prefix": ctx.house.prefix}
    return text("digestplan.shown", **values, left=underway.left(ctx))


def _set_room(said: str, ctx: Context) -> Text:
    require_room(ctx)
    require_role(Role.MODERATOR, ctx)
    if _means(said, OFF):
        digest_plans.set_room(ctx.room, None, ctx.person, ctx)
        return text("digestplan.room_ended", prefix=ctx.house.prefix)
    recurrence = weekly(ctx.house.zone) if _means(said, STANDARD) else _read(said, ctx)
    timing = digest_plans.set_room(ctx.room, recurrence, ctx.person, ctx)
    return text("digestplan.room_set", timing=timing)


def _set_audience(audience: Audience, said: str, ctx: Context) -> Text:
    require_role(Role.COORDINATOR, ctx)
    if _means(said, OFF) or _means(said, STANDARD):
        was_set = digest_plans.end_audience(ctx.network_id, audience, ctx)
        return text("digestplan.ended", audience=audience, was_set=was_set, network=ctx.network)
    timing = digest_plans.set_audience(ctx.network_id, audience, _read(said, ctx), ctx.person, ctx)
    return text("digestplan.set", audience=audience, timing=timing, network=ctx.network, prefix=ctx.house.prefix)


def _means(said: str, words: frozenset[str]) -> bool:
    return fold(said).strip(" .!") in words


def _read(said: str, ctx: Context) -> Recurrence:
    recurrence = read_recurrence(said, ctx, usual=USUAL)
    if recurrence.next(ctx.now) is None:
        raise UserError("digestplan.never", typed=said)
    return recurrence


COMMAND = Command(
    W("bericht", "digest", ("wochenbericht",)),
    (
        Form(
            verb=W("jetzt", "now"),
            args=Nothing,
            run=now,
            needs=Role.MODERATOR,
            does=W("veröffentlicht den Wochenbericht sofort", "posts the digest now"),
            examples=(W("bericht jetzt", "digest now"),),
        ),
        Form(
            verb=W("vorschau", "preview"),
            listed=False,
            args=Nothing,
            run=preview,
            needs=Role.MEMBER,
            does=W("zeigt, was der nächste Bericht sagen wird", "shows what the next digest will say"),
            examples=(W("bericht vorschau", "digest preview"),),
        ),
        Form(
            verb=W("plan", "plan", ("termin", "zeitplan", "schedule")),
            listed=False,
            args=Plan,
            run=plan,
            needs=Role.MEMBER,
            does=W(
                "zeigt, wann der Bericht kommt; Moderation und Koordination legen es fest",
                "shows when the digest comes; moderators and coordinators set it",
            ),
            examples=(
                W("bericht plan", "digest plan"),
                W("bericht plan jeden Freitag 15:00", "digest plan every Friday 15:00"),
                W("bericht plan aus", "digest plan off"),
                W("bericht plan Koordination jeden Montag 7:30", "digest plan coordination every Monday 7:30"),
            ),
        ),
        Form(
            args=Nothing,
            run=preview,
            needs=Role.MEMBER,
            does=W("zeigt den Bericht, wie er jetzt aussähe", "shows the digest as it would be now"),
            examples=(W("bericht", "digest"),),
        ),
    ),
)

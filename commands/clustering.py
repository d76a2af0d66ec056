"""`!treffen T2 …` after a workshop's rounds: results are put together as fields of action, people sign up for them."""

import re
from dataclasses import dataclass

from bot.command import Form, W, rest, word
from bot.context import Context
from bot.domain.groups import Part
from bot.domain.roles import Role
from bot.effects import Answer, Reply
from bot.errors import Question, UserError
from bot.language.kept import literal
from bot.language.names import fold
from bot.procedures import clustering as work
from bot.procedures import grouping, signing_up
from bot.procedures.finding import meeting_numbered, require_lead_in, require_role, result_numbered
from bot.store.tables import Meeting, Result
from bot.texts import text
from commands.meeting_values import Which, verb

KEY = r"E\s?\d{1,6}"
BEHIND = re.compile(
    rf"(?P<name>.*?)\s*:?\s*(?P<keys>(?:{KEY}(?!\w)[\s,;&+]*(?:(?:und|and)\s+)?)*)", re.IGNORECASE | re.DOTALL
)
KEYS = re.compile(KEY, re.IGNORECASE)
NEW = frozenset({"neu", "new"})


@dataclass(frozen=True)
class Bundle:
    """A field of action by name, and the results that belong to it."""

    short: str = word(W("Treffen", "meeting"), shown="T2")
    words: str = rest(W("Handlungsfeld", "field of action"), shown="… E4 E7")


@dataclass(frozen=True)
class Results:
    """Some results by their keys, or a field of action by name."""

    short: str = word(W("Treffen", "meeting"), shown="T2")
    words: str = rest(W("Ergebnisse", "results"), shown="E4 E7")


@dataclass(frozen=True)
class Name:
    """A field of action by name."""

    short: str = word(W("Treffen", "meeting"), shown="T2")
    name: str = rest(W("Handlungsfeld", "field of action"))


def bundle(args: Bundle, ctx: Context) -> Answer:
    """Put results together as a field of action."""
    meeting = _led(args.short, ctx)
    found = BEHIND.fullmatch(args.words.strip())
    name, keys = (found["name"], found["keys"]) if found else (args.words, "")
    if not name.strip(" :,;"):
        raise UserError("clustering.no_name", meeting=meeting, prefix=ctx.house.prefix)
    name = name.strip(" :,;")
    results = _results(keys, ctx)
    first, _, others = name.partition(" ")
    if fold(first) in NEW and others:
        name = others
    elif (close := work.like(meeting, name, ctx)) is not None:
        named = " ".join(f"E{result.number}" for result in results)
        resume = literal(f"treffen T{meeting.number} bündeln {close}: {named}".rstrip(" :"))
        word = "treffen {} bündeln neu {}: {}" if ctx.language == "de" else "meeting {} cluster new {}: {}"
        again = ctx.house.prefix + word.format(f"T{meeting.number}", name, named).rstrip(" :")
        raise Question("clustering.did_you_mean", resume=resume, name=name, close=close, again=again)
    done = work.bundle(meeting, name, results, ctx)
    every, left = work.fields(meeting, ctx)
    field = next(each for each in every if each.cluster.id == done.cluster.id)
    said = text("clustering.bundled", done=done, field=field, left=len(left), prefix=ctx.house.prefix, meeting=meeting)
    return (Reply(said), *signing_up.shown_again(meeting, ctx.message.event_id, ctx))


def release(args: Results, ctx: Context) -> Answer:
    """Take results out of their field; or give a whole field up."""
    meeting = _led(args.short, ctx)
    found = _results(args.words, ctx)
    if not found:
        field = work.dissolve(meeting, args.words.strip(), ctx)
        again = signing_up.shown_again(meeting, ctx.message.event_id, ctx)
        return (Reply(text("clustering.dissolved", field=field)), *again)
    if KEYS.sub("", args.words).strip(" ,;&+.und"):
        raise UserError("clustering.which_results", meeting=meeting, prefix=ctx.house.prefix)
    for result in found:
        if result.meeting_id != meeting.id:
            raise UserError("clustering.not_of_meeting", result=result, meeting=meeting, prefix=ctx.house.prefix)
    return text("clustering.released", released=work.release(found, ctx))


def listing(args: Which, ctx: Context) -> Answer:
    """The fields of action, and which results are in none."""
    meeting = meeting_numbered(args.short, ctx)
    every, left = work.fields(meeting, ctx)
    return text("clustering.list", meeting=meeting, fields=every, left=left, prefix=ctx.house.prefix)


def sign_up(args: Which, ctx: Context) -> Answer:
    """Who drives which field; and the messages to sign up with, posted by who leads the meeting."""
    meeting = meeting_numbered(args.short, ctx)
    every, _ = work.fields(meeting, ctx)
    offered = signing_up.is_offered(meeting, ctx)
    if not offered:
        _require_lead(meeting, ctx)
    effects = () if offered else signing_up.offer(meeting, ctx)
    said = text("clustering.fields", meeting=meeting, fields=every, begun=not offered, prefix=ctx.house.prefix)
    return (Reply(said), *effects)


def found(args: Name, ctx: Context) -> Answer:
    """Make a working group of a field of action."""
    meeting = meeting_numbered(args.short, ctx)
    require_role(Role.COORDINATOR, ctx)
    field, opening, effects = signing_up.found_group(meeting, args.name.strip(), ctx)
    alias = f"#{opening.alias}:{grouping.server_of(ctx)}" if opening else None
    return (Reply(text("clustering.founded", field=field, alias=alias, prefix=ctx.house.prefix)), *effects)


def enter(name: str, person: str, part: Part, ctx: Context) -> Answer | None:
    """`!mitmachen` and `!folgen` for a field that is no group yet; None where it is none."""
    cluster = signing_up.named(name, ctx) if name else None
    if cluster is None:
        return None
    if person != ctx.person:
        require_role(Role.COORDINATOR, ctx)
    before, effects = signing_up.enter(cluster, person, part, ctx.message.event_id, ctx)
    other = None if person == ctx.person else person
    said = text("clustering.entered", cluster=cluster, person=other, part=part, before=before, prefix=ctx.house.prefix)
    return (Reply(said), *effects)


def leave(name: str, person: str, ctx: Context) -> Answer | None:
    """`!verlassen` for a field that is no group yet; None where it is none, or one has not signed up."""
    cluster = signing_up.named(name, ctx) if name else None
    if cluster is None:
        return None
    if person != ctx.person:
        require_role(Role.COORDINATOR, ctx)
    was_in, effects = signing_up.take_back(cluster, person, ctx.message.event_id, ctx)
    other = None if person == ctx.person else person
    return (Reply(text("clustering.left", cluster=cluster, person=other, was_in=was_in)), *effects)


def _led(short: str, ctx: Context) -> Meeting:
    meeting = meeting_numbered(short, ctx)
    _require_lead(meeting, ctx)
    return meeting


def _require_lead(meeting: Meeting, ctx: Context) -> None:
    require_lead_in(meeting.room_id, ctx)
    if meeting.cancelled_at is not None:
        raise UserError("workshop.cancelled", meeting=meeting)


def _results(words: str, ctx: Context) -> list[Result]:
    """Each once, in the order named. Raises UserError for one that is not known."""
    found = [result_numbered(key, ctx) for key in KEYS.findall(words)]
    return list({result.id: result for result in found}.values())


VERBS: tuple[Form, ...] = (
    verb(
        W("bündeln", "cluster"),
        bundle,
        W("fasst Ergebnisse zu einem Handlungsfeld zusammen", "puts results together as a field of action"),
        W("treffen T2 bündeln Bürgerbeteiligung: E4 E7", "meeting T2 cluster Participation: E4 E7"),
        needs=Role.MODERATOR,
        args=Bundle,
    ),
    verb(
        W("lösen", "release"),
        release,
        W("nimmt Ergebnisse aus ihrem Handlungsfeld, oder löst eines auf", "takes results out of a field, or drops it"),
        W("treffen T2 lösen E4", "meeting T2 release E4"),
        W("treffen T2 lösen Bürgerbeteiligung", "meeting T2 release Participation"),
        needs=Role.MODERATOR,
        args=Results,
    ),
    verb(
        W("bündel", "clusters"),
        listing,
        W("zeigt die Handlungsfelder mit ihren Ergebnissen", "lists the fields of action with their results"),
        W("treffen T2 bündel", "meeting T2 clusters"),
        needs=Role.MEMBER,
    ),
    verb(
        W("handlungsfelder", "fields", ("handlungsfeld", "anmeldung")),
        sign_up,
        W("lässt Aktive und Interessierte sich eintragen", "lets people sign up as active or as followers"),
        W("treffen T2 handlungsfelder", "meeting T2 fields"),
        needs=Role.MEMBER,
    ),
    verb(
        W("gründen", "found"),
        found,
        W("macht aus einem Handlungsfeld eine Arbeitsgruppe", "makes a working group of a field of action"),
        W("treffen T2 gründen Bürgerbeteiligung", "meeting T2 found Participation"),
        needs=Role.COORDINATOR,
        args=Name,
    ),
)

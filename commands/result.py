"""`!ergebnis` and `!ergebnisse`: capture a meeting's results and consolidate them: new wordings, several made one."""

import re
from dataclasses import dataclass

from bot.command import Command, Form, Nothing, W, line, rest
from bot.context import Context
from bot.domain.difference import difference
from bot.domain.roles import Role
from bot.effects import Answer, Reply
from bot.errors import Question, UserError
from bot.language.kept import literal
from bot.language.names import fold
from bot.language.tables import split_table
from bot.procedures import meetings as held
from bot.procedures import results as work
from bot.procedures import workshop
from bot.procedures.finding import meeting_numbered, require_lead_in, require_room, result_numbered
from bot.procedures.groups import work_changed
from bot.store import meetings, results
from bot.store.tables import Meeting, Result, ResultVersion
from bot.texts import text
from commands.result_versions import named, two_versions

KIND = W("Art", "Kind")
MEETING = W("Treffen", "Meeting", ("Workshop",))
TEXT = W("Text", "Text")
KEY = r"E\s?\d{1,6}(?:\s?/\s?\d{1,4})?"
NAMED = re.compile(KEY, flags=re.IGNORECASE)
ONE = re.compile(rf"({KEY})(?!\w)\s*(.*)", flags=re.IGNORECASE | re.DOTALL)
OF_MEETING = re.compile(r"(T\s?\d{1,6})(?!\w)[\s:,]*(.*)", flags=re.IGNORECASE | re.DOTALL)
COMPARE = re.compile(r"(?:unterschiede?|differences?|diff|vergleich|compare)\b\s*((?:\d{1,4}\D*){0,2})", re.IGNORECASE)
FROM = re.compile(r"(?:aus|from)\s+((?:E\s?\d{1,6}[\s,;&+]*(?:(?:und|and)\s+)?)+)", flags=re.IGNORECASE)


@dataclass(frozen=True)
class Words:
    """`Art: Text`, or `E9` to read it, `E9 Text: …` for a new wording, `E9 unterschied 1 3` for what changed."""

    words: str = rest(W("Art: Text", "kind: text"))


@dataclass(frozen=True, kw_only=True)
class Merge:
    """Which results become one, and how it reads."""

    words: str = rest(W("aus E4 E7", "from E4 E7"))
    kind: str | None = line(KIND)
    text: str | None = line(TEXT)


def run(args: Words, ctx: Context) -> Answer:
    """Capture a result; or show, compare or reword one."""
    if found := ONE.fullmatch(args.words):
        return _about(found[1], found[2].strip(), ctx)
    meeting, words = None, args.words
    if found := OF_MEETING.fullmatch(words):
        meeting, words = meeting_numbered(found[1], ctx), found[2]
    return _capture(words, meeting, ctx)


def _about(key: str, words: str, ctx: Context) -> Answer:
    """What is said of a result that there is."""
    if not words:
        return text("result.shown", known=work.known(*named(key, ctx), ctx), prefix=ctx.house.prefix)
    if NAMED.fullmatch(words):
        return _compared(named(key, ctx), named(words, ctx), ctx)
    if found := COMPARE.fullmatch(words):
        return _compared(*two_versions(result_numbered(key, ctx), re.findall(r"\d+", found[1]), ctx), ctx)
    name, colon, value = words.partition(":")
    field = next((field for field in (TEXT, KIND, MEETING) if fold(name) in field.folded()), None)
    if not colon or not value.strip() or field is None or "/" in key:
        raise UserError("result.not_understood", key=key, words=words, prefix=ctx.house.prefix)
    result = result_numbered(key, ctx)
    require_lead_in(result.room_id, ctx)
    return _reword(result, value.strip(), ctx) if field is TEXT else _amend(result, field, value.strip(), ctx)


def _capture(words: str, meeting: Meeting | None, ctx: Context) -> Answer:
    """A new result. It belongs to the meeting that is named, or else to the one that this room holds or held last.

    In the thread of a workshop's table it is that table's, unless a line says otherwise.
    """
    found = split_table(words)
    place = workshop.table_of_thread(ctx.message.thread, ctx.room.room_id, ctx)
    if place is not None and meeting in (None, place[0]) and found.table is None and found.round is None:
        return _of_table(place, words, ctx)
    if meeting is None:
        require_room(ctx)
    room_id = meeting.room_id if meeting and ctx.room.direct_with else ctx.room.room_id
    meeting = meeting or held.held(room_id, min(ctx.message.sent_at, ctx.now), ctx)
    if meeting is None or meeting.room_id != room_id or not held.speaks_for_host(meeting, ctx):
        require_lead_in(room_id, ctx)
    if meeting is not None:
        held.require_open_to(meeting, room_id, ctx)
    kind, _, wording = found.words.partition(":")
    table, round_number = held.require_table(found, meeting)
    result, version = work.capture(kind, wording, meeting, room_id, ctx)
    result.table_number, result.round = table, round_number
    kept = text("result.kept", result=result, version=version, meeting=meeting)
    return (Reply(kept), *work_changed(room_id, ctx))


def _of_table(place: tuple[Meeting, int, int], words: str, ctx: Context) -> Answer:
    """What a table found out; whoever sits there may keep it."""
    meeting = place[0]
    workshop.require_seat(place, ctx)
    kind, _, wording = words.partition(":")
    result, version = workshop.capture(place, kind, wording, ctx)
    kept = text("result.kept", result=result, version=version, meeting=meeting)
    return (Reply(kept), *work_changed(meeting.room_id, ctx))


def _reword(result: Result, words: str, ctx: Context) -> Answer:
    before, version = work.reword(result, words, ctx)
    return text(
        "result.reworded",
        result=result,
        version=version,
        before=before,
        changes=difference(before.text, version.text),
        votes=work.on_vote(result, ctx),
        prefix=ctx.house.prefix,
    )


def _amend(result: Result, field: W, value: str, ctx: Context) -> Answer:
    """Put right what kind of result it is, or which meeting it came from."""
    if field is KIND:
        result.kind = work.require_kind(value, ctx)
    else:
        origin = meeting_numbered(value, ctx)
        held.require_open_to(origin, result.room_id, ctx)
        if origin.id != result.meeting_id:  # its field of action is one of the other meeting
            result.meeting_id, result.cluster_id = origin.id, None
    version = results.latest(ctx.session, result)
    meeting = meetings.by_id(ctx.session, result.meeting_id) if result.meeting_id else None
    return text("result.kept", result=result, version=version, meeting=meeting)


def _compared(old: tuple[Result, ResultVersion], new: tuple[Result, ResultVersion], ctx: Context) -> Answer:
    return text(
        "result.compared",
        old=old,
        new=new,
        same=old[0] is new[0],
        changes=difference(old[1].text, new[1].text),
    )


def merge(args: Merge, ctx: Context) -> Answer:
    """Make one result of several; without a text, with a template that holds all of theirs."""
    listed = FROM.fullmatch(args.words)
    if listed is None and args.text is None and args.kind is None and ":" in args.words:
        return run(Words(args.words), ctx)  # „neu Definition: …“
    if listed is None:
        raise UserError("result.merge_one", prefix=ctx.house.prefix)
    named = [result_numbered(key, ctx) for key in NAMED.findall(listed[1])]
    origins, room_id = work.mergeable(named, ctx)
    spelled: dict[str, str] = {}
    for origin in origins:
        spelled.setdefault(fold(origin.kind), origin.kind)
    kinds = list(spelled.values())
    if args.text is None:
        raise _template(args, origins, args.kind or kinds[0], ctx)
    if args.kind is None and len(kinds) > 1:
        resume = f"{literal(ctx.spoken)}\n{KIND[ctx.language]}: {{answer}}"
        raise Question("result.which_kind", resume=resume, kinds=kinds)
    result, version, effects = work.merge(origins, args.kind or kinds[0], args.text, room_id, ctx)
    merged = text(
        "result.merged",
        known=work.known(result, version, ctx),
        votes=[vote for origin in origins for vote in work.on_vote(origin, ctx)],
        prefix=ctx.house.prefix,
    )
    return (Reply(merged), *effects)


def _template(args: Merge, origins: list[Result], kind: str, ctx: Context) -> Question:
    """Ask for the text, with those of the origins to start from."""
    words = "ergebnis neu aus" if ctx.language == "de" else "result new from"
    head = f"{words} {' '.join(f'E{origin.number}' for origin in origins)}\n{KIND[ctx.language]}: {kind}"
    texts = "\n\n".join(results.latest(ctx.session, origin).text for origin in origins)
    usage = f"{ctx.house.prefix}{head}\n{TEXT[ctx.language]}: {texts}"
    resume = f"{literal(head)}\n{TEXT[ctx.language]}: {{answer}}"
    return Question("result.merge_template", resume=resume, origins=origins, usage=usage)


def listing(args: Nothing, ctx: Context) -> Answer:
    """The results of this room, by meeting and kind."""
    return text("result.list", gathered=work.gathered(ctx.network_id, ctx.only_room, ctx), prefix=ctx.house.prefix)


COMMAND = Command(
    W("ergebnis", "result"),
    (
        Form(
            verb=W("neu", "new"),
            args=Merge,
            run=merge,
            needs=Role.MODERATOR,
            leads=True,
            does=W("macht aus mehreren Ergebnissen eines", "makes one result of several"),
            examples=(
                W(
                    "ergebnis neu aus E4 E7\nText: Open Government heißt …",
                    "result new from E4 E7\nText: Open government means …",
                ),
            ),
        ),
        Form(
            args=Words,
            run=run,
            needs=Role.MEMBER,
            does=W(
                "hält ein Ergebnis fest, zeigt es oder fasst es neu",
                "captures a result, shows it or words it anew",
            ),
            examples=(
                W("ergebnis Definition: Open Government heißt …", "result Definition: Open government means …"),
                W("ergebnis T2 Leitsatz: Wir veröffentlichen …", "result T2 Principle: We publish …"),
                W("ergebnis Idee: Bürgercafé\nTisch: 3\nRunde: 2", "result Idea: citizens’ café\nTable: 3\nRound: 2"),
                W("ergebnis E9 Text: Neue Fassung …", "result E9 Text: New wording …"),
                W("ergebnis E9", "result E9"),
                W("ergebnis E9 unterschied 1 2", "result E9 difference 1 2"),
            ),
        ),
    ),
)
LIST = Command(
    W("ergebnisse", "results"),
    (
        Form(
            args=Nothing,
            run=listing,
            needs=Role.MEMBER,
            does=W("zeigt die Ergebnisse nach Treffen und Art", "lists the results by meeting and kind"),
            examples=(W("ergebnisse", "results"),),
        ),
    ),
)

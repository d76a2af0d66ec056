"""`!ergebnis` and `!ergebnisse`: capture a meeting's results; a new wording is a new version."""

import re
from dataclasses import dataclass

from bot.command import Command, Form, Nothing, W, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer, Reply
from bot.errors import UserError
from bot.procedures.finding import require_lead_in, require_role, require_room, result_numbered
from bot.procedures.groups import work_changed
from bot.store import networks, results
from bot.store.tables import Result, ResultVersion
from bot.texts import text

LONGEST = 10_000
NEW_VERSION = re.compile(r"(E\s?\d+)\s+(?:Text|text)\s*:\s*(.+)", flags=re.IGNORECASE | re.DOTALL)
SHOW = re.compile(r"E\s?\d+", flags=re.IGNORECASE)


@dataclass(frozen=True)
class Capture:
    """`Art: Text`, or `E9 Text: …` for a new version, or `E9` to read it."""

    words: str = rest(W("Art: Text", "kind: text"))


def run(args: Capture, ctx: Context) -> Answer:
    """Capture, renew or show a result."""
    if found := NEW_VERSION.fullmatch(args.words):
        return _new_version(found[1], found[2].strip(), ctx)
    if SHOW.fullmatch(args.words):
        result = result_numbered(args.words, ctx)
        version = results.version(ctx.session, result.id or 0, result.latest_version)
        return text("result.shown", result=result, version=version, prefix=ctx.house.prefix)
    require_role(Role.MODERATOR, ctx)
    require_room(ctx)
    kind, colon, words = args.words.partition(":")
    if not colon or not words.strip() or len(kind) > 60 or "\n" in kind:
        raise UserError("result.no_kind", prefix=ctx.house.prefix)
    _check_length(words)
    result = Result(
        network_id=ctx.network_id,
        number=networks.next_number(ctx.session, ctx.network_id, "E"),
        room_id=ctx.room.room_id,
        kind=kind.strip(),
    )
    results.add(ctx.session, result)
    return _store(result, words.strip(), ctx, before=None)


def _new_version(short: str, words: str, ctx: Context) -> Answer:
    result = result_numbered(short, ctx)
    require_lead_in(result.room_id, ctx)
    _check_length(words)
    before = results.version(ctx.session, result.id or 0, result.latest_version)
    if before is not None and before.text == words:
        raise UserError("result.unchanged", result=result)
    result.latest_version += 1
    return _store(result, words, ctx, before)


def _store(result: Result, words: str, ctx: Context, before: ResultVersion | None) -> Answer:
    version = ResultVersion(
        result_id=result.id or 0,
        version=result.latest_version,
        text=words,
        author=ctx.person,
        at=ctx.now,
        event_id=ctx.message.event_id,
    )
    results.add_version(ctx.session, version)
    kept = text("result.kept", result=result, version=version, before=before, prefix=ctx.house.prefix)
    return (Reply(kept), *(() if before else work_changed(result.room_id, ctx)))


def _check_length(words: str) -> None:
    if len(words) > LONGEST:
        raise UserError("inbox.too_long", length=len(words), longest=LONGEST)


def listing(args: Nothing, ctx: Context) -> Answer:
    """The results of this room."""
    return text(
        "result.list", results=results.listed(ctx.session, ctx.network_id, ctx.only_room), prefix=ctx.house.prefix
    )


COMMAND = Command(
    W("ergebnis", "result"),
    (
        Form(
            args=Capture,
            run=run,
            needs=Role.MEMBER,
            does=W("hält ein Ergebnis fest oder fasst es neu", "captures a result, or words it anew"),
            examples=(
                W(
                    "ergebnis Definition: Open Government heißt …",
                    "result Definition: Open government means …",
                ),
                W("ergebnis E9 Text: Neue Fassung …", "result E9 Text: New wording …"),
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
            does=W("zeigt die Ergebnisse dieses Raums", "lists this room's results"),
            examples=(W("ergebnisse", "results"),),
        ),
    ),
)

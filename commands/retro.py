"""`!rückblick`: what people thought of a meeting, differing views side by side.

The Modellkommunen looked back on their workshops: one called a method dispensable, others disagreed and said why. Both
are kept, each with whose it was.
"""

import re
from dataclasses import dataclass

from bot.command import Command, Form, W, rest
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import Question, UserError
from bot.language.kept import literal
from bot.procedures import meetings, retrospects
from bot.procedures.finding import meeting_numbered
from bot.store import meetings as kept
from bot.store.tables import Meeting
from bot.texts import text

KEYED = re.compile(r"(T\s?\d{1,6})(?!\w)[\s:,]*(.*)", re.IGNORECASE | re.DOTALL)
ABOUT = re.compile(
    r"(?:anders als|abweichend von|(?:ich )?widerspr(?:icht|eche|uch zu|uch gegen)|different(?:ly)? (?:from|than)"
    r"|unlike|(?:i )?disagrees?(?: with)?|(?:i )?contradicts?)\s+(?:Nr\.?\s?|no\.?\s?|#)?(\d{1,4})"
    r"(?![\w.])[\s:,–-]*(.*)",
    re.IGNORECASE | re.DOTALL,
)
CHANGED = re.compile(
    r"(?:(?:ändern|aendern|ändere|change|edit)\s+(\d{1,4})|(\d{1,4})\s+(?:ändern|aendern|change|edit))(?!\w)[\s:,]*(.*)",
    re.IGNORECASE | re.DOTALL,
)
TAKEN_BACK = re.compile(
    r"(?:zurückziehen|zurueckziehen|zurücknehmen|löschen|withdraw|delete)\s+(\d{1,4})\s*"
    r"|(\d{1,4})\s+(?:zurückziehen|zurueckziehen|zurücknehmen|löschen|withdraw|delete)\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Words:
    """`T2 Text`; `T2` to read; `T2 anders als 2: Text`; `T2 ändern 3: Text`; `T2 zurückziehen 3`."""

    words: str = rest(W("T2 Text", "T2 text"), default="")


def run(args: Words, ctx: Context) -> Answer:
    """Say what one thought of a meeting; or read what all did."""
    meeting, words = _meeting(args.words, ctx)
    meetings.require_begun(meeting, ctx)
    if not words:
        return text("retro.shown", meeting=meeting, found=retrospects.views(meeting, ctx), prefix=ctx.house.prefix)
    if found := TAKEN_BACK.fullmatch(words):
        return _withdraw(meeting, int(found[1] or found[2]), ctx)
    if found := CHANGED.fullmatch(words):
        return _change(meeting, int(found[1] or found[2]), found[3], ctx)
    if found := ABOUT.fullmatch(words):
        return _differ(meeting, int(found[1]), found[2], ctx)
    view = retrospects.add(meeting, words, None, ctx)
    return text("retro.kept", meeting=meeting, view=view, about=None, done="new", prefix=ctx.house.prefix)


def _meeting(words: str, ctx: Context) -> tuple[Meeting, str]:
    """The one that is named; else the last that began in this room. Raises a Question where there is none."""
    if found := KEYED.fullmatch(words.strip()):
        return meeting_numbered(found[1], ctx), found[2].strip()
    last = kept.begun(ctx.session, ctx.room.room_id, ctx.now)
    if last is None:
        raise Question("retro.which_meeting", resume=f"rückblick {{answer}} {literal(words)}".rstrip())
    return last, words.strip()


def _differ(meeting: Meeting, number: int, words: str, ctx: Context) -> Answer:
    about = retrospects.numbered(meeting, number, ctx)
    if about.author == ctx.person:
        raise UserError("retro.own", view=about, meeting=meeting, prefix=ctx.house.prefix)
    _require_words(words, f"rückblick T{meeting.number} anders als {number}: {{answer}}")
    view = retrospects.add(meeting, words, about, ctx)
    return text("retro.kept", meeting=meeting, view=view, about=about, done="new", prefix=ctx.house.prefix)


def _change(meeting: Meeting, number: int, words: str, ctx: Context) -> Answer:
    view = retrospects.numbered(meeting, number, ctx)
    retrospects.require_own(view, ctx)
    _require_words(words, f"rückblick T{meeting.number} ändern {number}: {{answer}}")
    about = retrospects.change(view, words, ctx)
    return text("retro.kept", meeting=meeting, view=view, about=about, done="changed", prefix=ctx.house.prefix)


def _withdraw(meeting: Meeting, number: int, ctx: Context) -> Answer:
    view = retrospects.numbered(meeting, number, ctx)
    retrospects.withdraw(view, ctx)
    return text("retro.withdrawn", meeting=meeting, view=view)


def _require_words(words: str, resume: str) -> None:
    if not words.strip():
        raise Question("retro.no_words", resume=resume)


COMMAND = Command(
    W("rückblick", "retro", ("retrospektive", "retrospective", "rückblicke")),
    (
        Form(
            args=Words,
            run=run,
            needs=Role.MEMBER,
            does=W(
                "hält fest, wie Sie ein Treffen fanden, oder zeigt alle Stimmen",
                "keeps what you thought of a meeting, or shows all views",
            ),
            examples=(
                W("rückblick T2", "retro T2"),
                W("rückblick T2 Die Tische waren zu groß.", "retro T2 The tables were too large."),
                W(
                    "rückblick T2 anders als 1: Gerade die Mischung half uns.",
                    "retro T2 different from 1: The mix was what helped us.",
                ),
                W("rückblick T2 ändern 3: Neuer Text", "retro T2 change 3: New text"),
                W("rückblick T2 zurückziehen 3", "retro T2 withdraw 3"),
            ),
        ),
    ),
)

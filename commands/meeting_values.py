"""What the verbs of `!treffen` share: how one is named and stands behind its verb, and the fields of the form, read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from bot.command import Form, W, word
from bot.context import Context
from bot.domain.meeting import Kind
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.procedures.finding import organisation_named

LONGEST_TITLE = 200
LONGEST_PLACE = 200
LONGEST_LINK = 500
LONGEST_AGENDA = 4000
TITLE = W("Titel", "Title")
BEGINNING = W("Beginn", "Beginning", ("Datum", "Date", "Wann", "When", "Start", "Begin"))
END = W("Ende", "End", ("Ends", "Schluss", "Bis", "Until"))
DAYS = W("Tage", "Days", ("Termine", "Dates"))
PLACE = W("Ort", "Place", ("Where", "Wo", "Location"))
LINK = W("Link", "Link", ("Videolink", "Video", "Videokonferenz", "URL"))
AGENDA = W("Tagesordnung", "Agenda", ("TOP",))
HOST = W("Ausrichter", "Host", ("Organisation", "Gastgeber", "Gastgeberin", "Ausrichterin", "Organiser", "Held by"))
KIND = W("Art", "Kind")
NONE = frozenset({"-", "–", "keine", "keiner", "keinen", "kein", "entfaellt", "none", "no"})
KINDS = {
    Kind.PLAIN: W("Treffen", "Meeting", ("einfach", "normal", "plain")),
    Kind.REVIEW: W("Rückschau", "Review", ("Rückblick",)),
    Kind.WORKSHOP: W("Werkstatt", "Workshop", ("Zukunftswerkstatt",)),
}


class Fields(Protocol):
    """The lines of the form but for times, as typed."""

    @property
    def title(self) -> str | None: ...
    @property
    def place(self) -> str | None: ...
    @property
    def link(self) -> str | None: ...
    @property
    def host(self) -> str | None: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...


@dataclass(frozen=True)
class Which:
    """A meeting by its key, for verbs that need nothing more."""

    short: str = word(W("Treffen", "meeting"), shown="T2")


def verb(
    called: W,
    run: Callable[[Any, Context], Answer],
    does: W,
    *examples: W,
    needs: Role,
    args: type[Any] = Which,
    listed: bool = False,
) -> Form:
    """`!treffen T2 absagen` and its like.

    `args` begins with a word `short`, the meeting's key. `needs` MODERATOR is that of the meeting's group, wherever it
    is said; `run` asks for it with `require_lead_in(meeting.room_id, ctx)`. There are many: only those that are
    `listed` stand in the overview of all commands, „hilfe treffen“ has the others, too.
    """
    return Form(
        verb=called,
        after_key=True,
        args=args,
        run=run,
        needs=needs,
        leads=needs == Role.MODERATOR,
        does=does,
        examples=examples,
        listed=listed,
    )


def read(args: Fields, ctx: Context) -> dict[str, Any]:
    """The fields that were given, understood, by the names of their columns; „keine“ empties one. Raises UserError."""
    values: dict[str, Any] = {}
    if args.title is not None:
        values["title"] = " ".join(_fitting(args.title, LONGEST_TITLE).split())
    if args.place is not None:
        values["place"] = None if _is_none(args.place) else " ".join(_fitting(args.place, LONGEST_PLACE).split())
    if args.link is not None:
        values["link"] = None if _is_none(args.link) else _link(args.link)
    if args.text is not None:
        values["agenda"] = None if _is_none(args.text) else _fitting(args.text, LONGEST_AGENDA)
    if args.host is not None:
        values["organisation_id"] = None if _is_none(args.host) else organisation_named(args.host, ctx).id
    if args.kind is not None:
        values["kind"] = _kind(args.kind, ctx)
    return values


def _is_none(words: str) -> bool:
    return fold(words).strip(" .!") in NONE


def _fitting(words: str, longest: int) -> str:
    if len(words) > longest:
        raise UserError("inbox.too_long", length=len(words), longest=longest, what="text")
    return words.strip()


def _link(words: str) -> str:
    """An address that a person can judge: encrypted, and without a name before the host that pretends to be it."""
    try:
        parts = urlsplit(words)
        is_sound = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        is_sound = False
    if not is_sound or len(words) > LONGEST_LINK or not words.isprintable() or any(map(str.isspace, words)):
        raise UserError("meeting.bad_link", words=words, longest=LONGEST_LINK)
    return words


def _kind(words: str, ctx: Context) -> Kind:
    spelled: Mapping[str, Kind] = {spelling: kind for kind, name in KINDS.items() for spelling in name.folded()}
    said = fold(words).strip(" .!")
    close = [said] if said in spelled else nearest(words, list(spelled))
    if said not in spelled:
        offered = [name[ctx.language] for name in KINDS.values()]
        meant = KINDS[spelled[close[0]]][ctx.language] if close else None
        raise UserError("meeting.bad_kind", words=words, offered=offered, close=meant)
    return spelled[said]

"""`!synergien`, `!synergie S5 ja|nein`: what projects have in common, and whether their owners want to talk."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.command import Command, Form, Nothing, W, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.domain.synergies import Said
from bot.effects import Answer, Reply
from bot.errors import UserError
from bot.language.votes import parted, read_choice
from bot.procedures import needs, synergies, synergy_search
from bot.procedures.finding import synergy_numbered
from bot.store import synergies as store
from bot.store.synergies import Tied
from bot.texts import text

NUMBERED = re.compile(r"\bs\s?\d{1,6}\b[.:,]?", re.IGNORECASE)


@dataclass(frozen=True)
class Answered:
    """Which synergy, and what is said of it: `S5 ja`; also `S5 ja, S7 nein`, or `ja` where one alone waits."""

    key: str = word(W("S5", "S5"))
    words: str = rest(W("ja|nein [weil …]", "yes|no [because …]"), default="")


def listing(_args: Nothing, ctx: Context) -> Answer:
    """What is proposed and linked: of the asker's own projects, for coordinators all."""
    everything = ctx.role is Role.COORDINATOR
    found = store.of_network(ctx.session, ctx.network_id)
    if not everything:
        found = [tied for tied in found if ctx.person in (tied.first.owner, tied.second.owner)]
    shown = [(tied, synergies.explained(tied)) for tied in found]
    return text(
        "synergies.list",
        open=[each for each in shown if each[0].synergy.linked_at is None],
        linked=[each for each in shown if each[0].synergy.linked_at is not None],
        all=everything,
        blocked=len(needs.shared(ctx.network_id, ctx)) if everything else 0,
        prefix=ctx.house.prefix,
    )


def obstacles(_args: Nothing, ctx: Context) -> Answer:
    """What several projects lack or are held up by."""
    return text("needs.list", groups=needs.shared(ctx.network_id, ctx), prefix=ctx.house.prefix)


def search(_args: Nothing, ctx: Context) -> Answer:
    """Search now, and tell the owners at once."""
    begun = synergy_search.begin_at_once(ctx.network_id, ctx.message.event_id, ctx)
    return (Reply(text("synergies.searching", prefix=ctx.house.prefix)), begun)


def answer(args: Answered, ctx: Context) -> Answer:
    """Show one, or take what is said of one or several."""
    parts = list(_parts(f"{args.key} {args.words}".strip(), ctx))
    if len(parts) == 1 and not parts[0][1]:
        return _shown(parts[0][0], ctx)
    said = [(tied, *_choice(words, ctx)) for tied, words in parts]
    answers = [synergies.answer(tied, choice, reason, ctx) for tied, choice, reason in said]
    effects = tuple(effect for _, more in answers for effect in more)
    if len(answers) == 1:
        return (Reply(answers[0][0]), *effects)
    return (Reply(text("synergies.several", said=[reply for reply, _ in answers])), *effects)


def _parts(spoken: str, ctx: Context) -> Iterator[tuple[Tied, str]]:
    """Each synergy that is named, with the words behind it; none named: the only one that waits for this person."""
    named = _named(spoken)
    if not named:
        open_ones = [one for one in store.open_of(ctx.session, ctx.network_id, ctx.person) if _waits(one, ctx)]
        if len(open_ones) != 1:
            raise UserError("synergies.which_one", open=open_ones, prefix=ctx.house.prefix)
        yield open_ones[0], spoken
    for key, words in named:
        yield synergy_numbered(key, ctx), words


def _named(spoken: str) -> list[tuple[str, str]]:
    """The keys in an answer, each with what is said of it: „S5 ja, S7 nein weil …“, „S5 S5 ja“ (a reply), „ja, S5“.

    A key inside a reason („S5 nein, weil S7 schon läuft“) names nothing else: no „ja“ or „nein“ stands behind it.
    """
    marks = list(NUMBERED.finditer(spoken))
    if not marks:
        return []
    if marks[0].start() > 0:
        choice, mark, _ = parted(spoken[: marks[0].start()].strip(" ,:"))
        if choice not in ("yes", "no") or mark:
            return []
        return [(_key(marks[0]), f"{spoken[: marks[0].start()].strip(' ,:')} {spoken[marks[0].end() :].strip(' ,')}")]
    said = [_between(spoken, each, then) for each, then in zip(marks, [*marks[1:], None], strict=True)]
    kept = [each for each, words in zip(marks, said, strict=True) if each is marks[0] or _is_answer(words)]
    found = [(_key(each), _between(spoken, each, then)) for each, then in zip(kept, [*kept[1:], None], strict=True)]
    return found[1:] if len(found) > 1 and found[0] == (found[1][0], "") else found


def _is_answer(words: str) -> bool:
    return read_choice(words)[0] in ("yes", "no")


def _key(mark: re.Match[str]) -> str:
    return mark[0].rstrip(".:,").upper().replace(" ", "")


def _between(spoken: str, mark: re.Match[str], behind: re.Match[str] | None) -> str:
    return spoken[mark.end() : behind.start() if behind else None].strip(" ,;\n")


def _waits(tied: Tied, ctx: Context) -> bool:
    return bool(synergies.waiting_sides(tied, ctx.person))


def _choice(words: str, ctx: Context) -> tuple[Said, str]:
    choice, reason = read_choice(words)
    if choice not in ("yes", "no"):
        raise UserError("synergies.say_what", prefix=ctx.house.prefix)
    return Said(choice), reason


def _shown(tied: Tied, ctx: Context) -> Answer:
    """One, to its owners and to coordinators; what is linked, to every member."""
    mine = ctx.person in (tied.first.owner, tied.second.owner) or ctx.role is Role.COORDINATOR
    if not mine and tied.synergy.linked_at is None:
        synergies.sides_of(tied, ctx)
    return text("synergies.shown", tied=tied, terms=synergies.explained(tied), may_answer=mine, prefix=ctx.house.prefix)


LIST = Command(
    W("synergien", "synergies"),
    (
        Form(
            verb=W("hindernisse", "obstacles", ("bedarf", "bedarfe", "needs", "hindernis")),
            args=Nothing,
            run=obstacles,
            needs=Role.COORDINATOR,
            does=W("zeigt, was mehrere Projekte aufhält", "shows what holds several projects up"),
            examples=(W("synergien hindernisse", "synergies obstacles"),),
        ),
        Form(
            verb=W("suchen", "search"),
            args=Nothing,
            run=search,
            needs=Role.COORDINATOR,
            does=W("sucht jetzt nach ähnlichen Projekten", "searches for similar projects now"),
            examples=(W("synergien suchen", "synergies search"),),
        ),
        Form(
            args=Nothing,
            run=listing,
            needs=Role.MEMBER,
            does=W("zeigt ähnliche Projekte und was verbunden ist", "shows similar projects, and what is linked"),
            examples=(W("synergien", "synergies"),),
        ),
    ),
)
COMMAND = Command(
    W("synergie", "synergy"),
    (
        Form(
            args=Answered,
            run=answer,
            needs=Role.MEMBER,
            does=W("zeigt einen Vorschlag oder antwortet darauf", "shows a proposal, or answers it"),
            examples=(
                W("synergie S5", "synergy S5"),
                W("synergie S5 ja", "synergy S5 yes"),
                W("synergie S5 nein weil wir schon beauftragt haben", "synergy S5 no because we have ordered already"),
            ),
        ),
    ),
)

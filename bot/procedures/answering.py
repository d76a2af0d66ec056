"""An answer to a check-in: which question it is meant for, what it says, and what becomes of it.

A report on a project is a status update like any other; one on a task settles it; anything else is kept as it was said.
The latest answer holds: it keeps light and progress that it does not name from the one before, and its text unless it
names a light. What is in doubt is asked back, and the question keeps what was said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.context import Context
from bot.effects import Effect, React, Reply
from bot.errors import Question, UserError
from bot.language.kept import SLOT
from bot.language.names import fold
from bot.language.reports import ANSWERED, Report, is_for_all, is_unchanged, read_report, says_plainly
from bot.language.votes import read_choice
from bot.procedures import answer_keeping, answer_talk
from bot.procedures.answer_keeping import Noted
from bot.procedures.answer_talk import MARK, by_line, ids_of, kept, may_report, named
from bot.procedures.reporting import require_length
from bot.store import checkins, projects, questions
from bot.store.checkins import Asked
from bot.texts import text

CHOSEN: Final = " ⟹ "
"""Stands between an answer that named nothing and what it was said to be about when it was asked back."""
MINDED: Final = " ⇒ "
"""Stands before the yes of who was asked whether a word or two in a direct chat were meant as an answer."""
FEW: Final = 3  # words: fewer may be a command with a slip
ALL: Final = frozenset({"alle", "allen", "alles", "beide", "zu allen", "fuer alle", "all", "both", "all of them"})


@dataclass(frozen=True, slots=True)
class _Part:
    """What was said to one question."""

    asked: Asked
    words: str


def is_answer(spoken: str) -> bool:
    """Whether what is to be run is the answer to a check-in, and no command."""
    return spoken.startswith(MARK)


def answer(spoken: str, ctx: Context) -> tuple[Effect, ...]:
    """Take what somebody has said to one of the questions that `spoken` names (`answer_talk.kept`).

    Raises Question for what is in doubt; UserError for what came too late to be taken, and for who may not.
    """
    words = spoken.removeprefix(MARK).partition(" ")[2]
    found = [one for each in ids_of(spoken) if (one := checkins.asked(ctx.session, each)) is not None]
    parts = _parts(found, words, ctx)
    read = [(part, _read(part, ctx, alone=len(parts) == 1)) for part in parts]
    noted = [answer_keeping.keep(part.asked, report, ctx.message, ctx) for part, report in read]
    settled = {part.asked.ask.id for part in parts}
    for question in questions.that_begin(ctx.session, ctx.person, MARK):
        if settled & set(ids_of(question.resume)):
            questions.answered(ctx.session, question)
    return (_echo(noted, ctx), *answer_keeping.shown(noted, ctx))


def _echo(noted: Sequence[Noted], ctx: Context) -> Effect:
    """What was understood; a ✅ is enough where nothing was said to have changed."""
    if all(each.needs_no_words for each in noted):
        return React("✅")
    alone = ctx.room.direct_with is not None
    left = answer_keeping.left_open(ctx.person, noted, ctx) if alone else []
    return Reply(text("answering.noted", noted=noted, left=left, prefix=ctx.house.prefix))


# what it is about


def _parts(found: Sequence[Asked], words: str, ctx: Context) -> list[_Part]:
    """Which question is meant by which words. Raises Question."""
    said, _, choice = words.partition(CHOSEN)
    if not found:
        raise UserError("answering.gone", prefix=ctx.house.prefix)
    if len(found) == 1:
        return [_only(found[0], said, ctx)]
    if lines := by_line(said, found):
        return [_Part(*each) for each in lines]
    among, rest = named(said, found)
    if len(among) == 1 and rest:
        return [_Part(among[0], rest)]
    if choice:
        return _chosen(found, said, choice.strip())
    if is_for_all(said):
        return [_Part(each, said) for each in found]
    if _says_too_little(said, found):
        raise UserError("answering.how", asked=found)
    raise _which_one(among or found, said)


def _only(asked: Asked, said: str, ctx: Context) -> _Part:
    """The only question: its name may stand before the answer, but not that of another project."""
    among, rest = named(said.partition(ANSWERED)[0], [asked])
    if among and rest:
        return _Part(asked, rest + said[len(said.partition(ANSWERED)[0]) :])
    first, _, behind = said.strip().partition(" ")
    other = projects.by_folded(ctx.session, asked.check_in.network_id, fold(first.strip(":,.–-")))
    if other is None or other.archived or (asked.project is not None and other.id == asked.project.id):
        return _Part(asked, said)
    if not says_plainly(behind.strip(" :,–-").split(" ")[0]):
        return _Part(asked, said)
    mine = [each for each in checkins.open_asks_of(ctx.session, ctx.person) if each.ask.project_id == other.id]
    if not mine:
        raise UserError("answering.other_project", asked=asked, other=other, said=behind, prefix=ctx.house.prefix)
    return _Part(mine[0], behind)


def _chosen(found: Sequence[Asked], said: str, choice: str) -> list[_Part]:
    """What somebody was asked back is meant: by number, by name, or all where nothing has changed."""
    number = choice.strip(" .)")
    if number.isdecimal() and 1 <= int(number[:4]) <= len(found):
        return [_Part(found[int(number[:4]) - 1], said)]
    if fold(choice).strip(" .!") in ALL and is_unchanged(said):
        return [_Part(each, said) for each in found]
    if lines := by_line(choice, found):
        return [_Part(*each) for each in lines]
    among, rest = named(choice, found)
    if len(among) == 1:
        return [_Part(among[0], rest or said)]
    raise _which_one(found, choice if says_plainly(choice) else said)


def _which_one(found: Sequence[Asked], said: str) -> Question:
    resume = f"{kept(found, said)}{CHOSEN}{SLOT}"
    return Question("answering.which_one", resume=resume, asked=found, said=said, all=is_unchanged(said))


def _says_too_little(said: str, found: Sequence[Asked]) -> bool:
    """Whether it makes no sense to ask which question a word or two are meant for."""
    if says_plainly(said) or any(answer_keeping.state_of(each, said) is not None for each in found):
        return False
    return said.rstrip().endswith("?") or len(said.split()) < FEW


# what it says


def _read(part: _Part, ctx: Context, *, alone: bool) -> Report:
    """The report in somebody's words. Raises Question for what is in doubt."""
    asked, said = part.asked, part.words
    if not may_report(asked, ctx.person, ctx):
        raise UserError("answering.not_yours", asked=asked)
    said, minded, yes = said.partition(MINDED)
    _require_words(asked, said, yes, ctx, minded=bool(minded))
    try:
        report = read_report(said)
    except UserError as doubt:
        if answer_keeping.state_of(asked, said) is not None:  # „erledigt“ is no number
            return Report(text=said)
        if not alone:
            raise UserError("answering.part_unclear", asked=asked, said=said) from doubt
        raise Question(doubt.text, resume=f"{kept([asked], said)}{ANSWERED}{SLOT}", **doubt.values) from doubt
    if report.is_empty:
        raise UserError("answering.how", asked=[asked])
    require_length(report.text)
    answer_keeping.require_taken(asked, report, ctx.person, ctx)
    return report


def _require_words(asked: Asked, said: str, yes: str, ctx: Context, *, minded: bool) -> None:
    """Raises Question where words are too few to tell a slip from an answer, and where they say nothing to it."""
    if ANSWERED in said or says_plainly(said) or answer_keeping.state_of(asked, said) is not None:
        return
    if minded and read_choice(yes)[0] == "yes":
        return
    free = answer_talk.wants_any_words(asked)
    if minded or said.rstrip().endswith("?") or (answer_talk.is_short_word(said) and not free):
        raise UserError("answering.how", asked=[asked])
    direct = ctx.room.direct_with is not None and ctx.message.reply_to is None
    if direct and len(said.split()) < FEW and not said.strip().isdecimal():
        raise Question("answering.meant", resume=f"{kept([asked], said)}{MINDED}{SLOT}", asked=asked, said=said)

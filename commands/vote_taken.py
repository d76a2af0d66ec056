"""What comes of a typed vote that was read: it goes on record, and its author hears what they must."""

from collections.abc import Sequence

from bot.context import Context
from bot.domain.consultation import Channel, Visibility
from bot.domain.counting import Cast, Verdict
from bot.effects import Answer, React, Reply
from bot.language.kept import SLOT, literal
from bot.language.votes import is_acknowledgement
from bot.procedures import objecting, voters, votes
from bot.procedures.casting import Taken, counting
from bot.procedures.consultations import short_of
from bot.store import consultations
from bot.texts import Text, text
from commands.voting import Answered, Wish, what_is_clear


def taken(wish: Wish, reads: Sequence[Answered], informant: str, ctx: Context) -> Answer:
    """Put it on record. What was entered for somebody is repeated to who entered it."""
    if wish.voice.records:
        return _record(wish, reads, informant, ctx)
    return _answered(wish, reads, _take(wish, reads, informant, ctx), ctx)


def _take(wish: Wish, reads: Sequence[Answered], informant: str, ctx: Context) -> list[Taken]:
    """One vote for each ballot."""
    channel = Channel.RECORDED if wish.voice.records else Channel.TYPED
    return [
        votes.take(
            ballot,
            ctx.message,
            votes.Said(
                choice=read.answer,
                channel=channel,
                reason=read.reason or None,
                amendment=read.amendment or None,
                informant=informant or None,
            ),
            ctx,
            speaker=(wish.voice.elector, wish.voice.rank) if wish.voice.elector else None,
        )
        for ballot, _, read in reads
    ]


def _answered(wish: Wish, reads: Sequence[Answered], taken: Sequence[Taken], ctx: Context) -> Answer:
    """A ✅ if all of it counts, or why it does not; and word to whom else it concerns."""
    concerned = voters.concerned(wish.consultation, taken, ctx.message, ctx)
    why = objecting.in_answer(wish.consultation, taken, f"{wish.again(ctx)} {SLOT}", ctx)
    if all(each.verdict is Verdict.COUNTED for each in taken):
        if wish.tell or is_acknowledgement(wish.words):
            return (Reply(_counts(wish, reads, taken, ctx)), *why, *concerned)
        return (React("✅"), *_understood(wish, taken, ctx), *why, *concerned)
    return (Reply(voters.why_not(wish.consultation, taken, ctx)), *concerned)


def _understood(wish: Wish, taken: Sequence[Taken], ctx: Context) -> tuple[Reply, ...]:
    """An answer to what spoke of several ballots counted for the last one left: say which that was."""
    if not wish.rest or len(taken) > 1:
        return ()
    ballot = taken[0].ballot
    short = short_of(wish.consultation, ballot, ctx)
    given = [(short, ballot, taken[0].cast.choice, consultations.sheet(ballot))]
    return (Reply(text("votes.understood", consultation=wish.consultation, given=given)),)


def _counts(wish: Wish, reads: Sequence[Answered], taken: Sequence[Taken], ctx: Context) -> Text:
    """What somebody said without naming a ballot, or with an „okay“, and how it was taken."""
    before = taken[0].before if len(taken) == 1 and taken[0].was_own else None
    return text(
        "vote.counts",
        consultation=wish.consultation,
        given=[(short_of(wish.consultation, ballot, ctx), read.answer, sheet) for ballot, sheet, read in reads],
        read=reads[0][2],
        before=before,
        prefix=ctx.house.prefix,
    )


def _record(wish: Wish, reads: Sequence[Answered], informant: str, ctx: Context) -> Answer:
    """Enter what an organisation has told, and repeat it: nobody there sees whether it was understood."""
    consultation, organisation, elector = wish.consultation, wish.voice.organisation, wish.voice.elector
    assert elector is not None  # noqa: S101 - `voice_of` has seen to it
    before = counting(reads[0][0], elector, ctx)
    taken = _take(wish, reads, informant, ctx)
    shown = before if len(reads) == 1 and consultation.visibility == Visibility.OPEN else None
    concerned = voters.concerned(consultation, taken, ctx.message, ctx)
    shorts = voters.shorts(taken, consultation, ctx)
    refused = [each for each in taken if each.verdict is not Verdict.COUNTED]
    if refused and refused[0].verdict is Verdict.OVERRIDDEN and refused[0].after is not None:
        yields = text(
            "vote.yields_for",
            consultation=consultation,
            shorts=voters.shorts(refused, consultation, ctx),
            organisation=organisation,
            informant=informant,
            by=refused[0].after.sender,
        )
        return (Reply(yields), *concerned)
    if refused:
        return _not_counted_for(wish, refused, shown, ctx)
    answer = text(
        "vote.recorded",
        consultation=consultation,
        organisation=organisation,
        given=[(short, read.answer, sheet) for short, (_, sheet, read) in zip(shorts, reads, strict=True)],
        read=reads[0][2],
        informant=informant,
        person=ctx.person,
        before=shown,
    )
    again = f"{wish.again(ctx)} {SLOT} ({literal(informant)})"
    return (Reply(answer), *objecting.in_answer(consultation, taken, again, ctx), *concerned)


def _not_counted_for(wish: Wish, refused: Sequence[Taken], before: Cast | None, ctx: Context) -> Answer:
    return text(
        "vote.not_counted_for",
        consultation=wish.consultation,
        shorts=voters.shorts(refused, wish.consultation, ctx),
        organisation=wish.voice.organisation,
        verdict=refused[0].verdict,
        sheet=consultations.sheet(refused[0].ballot),
        before=before,
        prefix=ctx.house.prefix,
    )


def said_openly(wish: Wish, ctx: Context) -> Answer:
    """In a confidential consultation: what can be read goes on record, and nothing of it is repeated here."""
    reads, informant = what_is_clear(wish, ctx)
    if reads and (wish.at_once or len(wish.ballots) == 1):
        taken = _take(wish, reads, informant, ctx)
        if wish.voice.records:
            return _not_counted_for(wish, taken, None, ctx)
        return _answered(wish, reads, taken, ctx)
    return text("vote.only_directly", consultation=wish.consultation, prefix=ctx.house.prefix)

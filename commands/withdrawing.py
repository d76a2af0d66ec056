"""`!stimme K3 zurückziehen`: a vote is taken back in words, one's own or one that was entered for an organisation."""

from bot.context import Context
from bot.domain.consultation import Channel
from bot.domain.counting import STANDS, Cast, Rank, Verdict
from bot.effects import Answer, Reply
from bot.errors import UserError
from bot.procedures import electorates, voters
from bot.procedures.casting import Said, Taken, judged, take
from bot.procedures.consultations import short_of
from bot.store.tables import Ballot, Elector
from bot.texts import text
from commands.ballot_lines import WITHDRAWAL
from commands.voting import Wish


def is_meant(words: str) -> bool:
    """Whether they say no more than that a vote is taken back."""
    return WITHDRAWAL.fullmatch(words.strip()) is not None


def withdraw(wish: Wish, ctx: Context) -> Answer:
    """Take back what stands on these ballots. Raises UserError where nothing does, or it is somebody else's entry."""
    elector = wish.voice.elector
    if elector is None:
        spoken = electorates.speaking(wish.consultation, ctx.message, ctx)
        elector = spoken[0] if spoken else None
    found = [(ballot, _standing(wish, ballot, elector, ctx)) for ballot in wish.ballots]
    taken = [_take_back(wish, ballot, cast, elector, ctx) for ballot, cast in found if cast is not None]
    if not taken:
        raise _nothing(wish, elector, ctx)
    concerned = voters.concerned(wish.consultation, taken, ctx.message, ctx)
    late = [each for each in taken if each.verdict is not Verdict.TAKING_BACK]
    if late:
        shorts = voters.shorts(late, wish.consultation, ctx)
        return (Reply(text("votes.still_counts", consultation=wish.consultation, shorts=shorts)), *concerned)
    said = text(
        "vote.withdrawn",
        consultation=wish.consultation,
        shorts=voters.shorts(taken, wish.consultation, ctx),
        organisation=wish.voice.organisation,
        other=any(each.after is not None for each in taken),
    )
    return (Reply(said), *concerned)


def _standing(wish: Wish, ballot: Ballot, elector: Elector | None, ctx: Context) -> Cast | None:
    """What the author of the message has said for the elector, themselves or as somebody who was told, and stands."""
    if elector is None:
        return None
    return next((cast for cast in _all_standing(wish, ballot, elector, ctx) if cast.sender == ctx.person), None)


def _all_standing(wish: Wish, ballot: Ballot, elector: Elector, ctx: Context) -> list[Cast]:
    return [
        cast
        for cast, verdict in judged(ballot, elector, ctx)
        if verdict in STANDS and (cast.rank is Rank.RECORDED) == wish.voice.records
    ]


def _take_back(wish: Wish, ballot: Ballot, cast: Cast, elector: Elector | None, ctx: Context) -> Taken:
    """One's own: whatever one has said up to now, also what is locked still. An entry: that one."""
    said = Said(
        choice=None,
        channel=Channel.RECORDED if wish.voice.records else Channel.TYPED,
        informant=cast.informant,
        withdraws=cast.id if wish.voice.records else None,
        edition=cast.edition,
    )
    return take(ballot, ctx.message, said, ctx, speaker=(elector, cast.rank))


def _nothing(wish: Wish, elector: Elector | None, ctx: Context) -> UserError:
    """Why there is nothing to take back; who entered it, if somebody else did."""
    by = None
    if elector is not None and wish.voice.records:
        others = [each for ballot in wish.ballots for each in _all_standing(wish, ballot, elector, ctx)]
        by = others[0].sender if others else None
    return UserError(
        "vote.nothing_to_withdraw",
        consultation=wish.consultation,
        shorts=[short_of(wish.consultation, ballot, ctx) for ballot in wish.ballots],
        organisation=wish.voice.organisation,
        by=by,
    )

"""`!stimme ja`: a vote that names no consultation is for the only open one that it fits."""

from bot.context import Context
from bot.domain.roles import Role
from bot.language.recorded import for_another
from bot.procedures import ballot_talk, votes
from bot.store import consultations


def key_for(words: str, ctx: Context) -> str | None:
    """„K3“ or „K3.2“, which the words are meant for; None if they say nothing of the kind, or nothing is open.

    Raises UserError where they fit several.
    """
    if not words or words[0].isdecimal():
        return None
    told = for_another(words) is not None and ctx.role is Role.COORDINATOR
    open_here = ballot_talk.open_for(None if told else ctx.person, [ctx.network_id], ctx)
    fitting = (
        ballot_talk.fitting(words, open_here, ctx.room.room_id, ctx) if not told else [(one, None) for one in open_here]
    )
    if len(fitting) > 1:
        raise votes.which_one([f"consultation/{one.id}" for one, _ in fitting], ctx)
    return consultations.key(*fitting[0]) if fitting else None

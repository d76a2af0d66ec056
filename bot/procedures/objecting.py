"""Under the rule of consent only a no with a reason blocks: whoever says a bare no is asked why.

The vote counts as it is, whatever comes; the answer says it once more, with the reason.
"""

from collections.abc import Sequence

from bot.context import Context, Scope
from bot.domain.answers import Choice
from bot.domain.consultation import State
from bot.domain.counting import Verdict
from bot.domain.deciding import Rule
from bot.domain.dissent import is_reasoned
from bot.effects import Direct, Effect, Say
from bot.events import Event
from bot.language.kept import SLOT
from bot.procedures.asked import Asked
from bot.procedures.casting import Taken
from bot.procedures.consultations import short_of
from bot.store.tables import Consultation
from bot.texts import Text, text

BECAUSE = f"nein weil {SLOT}"


def in_answer(consultation: Consultation, taken: Sequence[Taken], again: str, ctx: Context) -> tuple[Effect, ...]:
    """Ask back where a bare no was typed. `again` is the command up to the answer, with `SLOT` for the answer.

    Of several ballots it is only said how: one reason need not be meant for all.
    """
    bare = _bare(consultation, taken)
    if not bare:
        return ()
    return (
        Say(
            room_id=ctx.room.room_id,
            key=f"{ctx.message.event_id}/objection",
            text=_why(consultation, bare, alone=len(taken) == 1, scope=ctx),
            reply_to=ctx.message.event_id,
            resume=again.replace(SLOT, BECAUSE) if len(taken) == 1 else None,
            resume_by=ctx.person if len(taken) == 1 else None,
            network_id=ctx.network_id,
        ),
    )


def after_tap(asked: Asked, taken: Sequence[Taken], event: Event, scope: Scope) -> tuple[Effect, ...]:
    """The same directly to who tapped it; once for each text."""
    consultation, bare = asked.consultation, _bare(asked.consultation, taken)
    if not bare:
        return ()
    ballot = bare[0].ballot
    return (
        Direct(
            person=event.sender,
            key=f"consultation/{consultation.id}/told/objection/ballot {ballot.position} text {ballot.edition}"
            f"/{event.sender}",
            text=_why(consultation, bare, alone=True, scope=scope),
            resume=asked.resume.replace(SLOT, BECAUSE),
            network_id=consultation.network_id,
            language=scope.language_of(consultation.room_id),
        ),
    )


def _bare(consultation: Consultation, taken: Sequence[Taken]) -> list[Taken]:
    if consultation.state != State.OPEN:
        return []
    return [
        each
        for each in taken
        if each.ballot.rule == Rule.CONSENT
        and each.verdict is Verdict.COUNTED
        and each.cast.choice == Choice.NO
        and not is_reasoned(each.cast)
    ]


def _why(consultation: Consultation, bare: Sequence[Taken], *, alone: bool, scope: Scope) -> Text:
    shorts = [short_of(consultation, each.ballot, scope) for each in bare]
    return text("votes.why_no", consultation=consultation, shorts=shorts, alone=alone, prefix=scope.house.prefix)

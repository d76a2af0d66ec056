"""What people do without words: votes and answers to check-ins, by poll or reaction, and taking them back."""

from bot.context import Scope
from bot.effects import Effect
from bot.events import Event, Redacted, VerificationAsked
from bot.procedures import answer_taps, boards, verification, votes


def on_event(event: Event, scope: Scope) -> tuple[Effect, ...]:
    """Whatever it is on: nothing of ours asks for a vote and for a status."""
    if isinstance(event, VerificationAsked):
        return verification.asked(event, scope)
    if isinstance(event, Redacted) and (effects := boards.taken_back(event, scope)):
        return effects
    return votes.on_event(event, scope) or answer_taps.on_event(event, scope)

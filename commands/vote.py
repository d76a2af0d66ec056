"""`!stimme`: a typed vote. A click in the poll or a reaction does the same."""

from dataclasses import dataclass

from bot.command import Command, Form, W, rest, word
from bot.context import Context
from bot.domain.consultation import Channel, State, Verdict
from bot.effects import Answer, React
from bot.errors import Question, UserError
from bot.language.votes import read_choice
from bot.procedures import votes
from bot.procedures.finding import consultation_numbered
from bot.store import consultations
from bot.texts import text

LONGEST_REASON = 4000


@dataclass(frozen=True)
class Vote:
    """Which ballot, the choice, and a reason if one likes."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")
    words: str = rest(W("ja|nein|enthaltung weil …", "yes|no|abstain because …"), default="")


def run(args: Vote, ctx: Context) -> Answer:
    """Record the vote; a ✅ says that it counts as it stands."""
    consultation = consultation_numbered(args.short.removesuffix(".1"), ctx)
    if consultation.state == State.SCHEDULED:
        raise UserError("vote.not_open", consultation=consultation)
    if consultation.state in (State.PUBLISHED, State.CANCELLED):
        raise UserError("vote.over", consultation=consultation)
    choice, reason = read_choice(args.words)
    if choice is None:
        again = f"stimme K{consultation.number} {{answer}}"
        raise Question("vote.which_choice", resume=again, words=args.words, consultation=consultation)
    if len(reason) > LONGEST_REASON:
        raise UserError("inbox.too_long", length=len(reason), longest=LONGEST_REASON)
    ballot = consultations.ballot(ctx.session, consultation.id or 0)
    verdict = votes.cast(ballot, ctx.message, ctx, choice=choice, channel=Channel.TYPED, reason=reason or None)
    if verdict is Verdict.COUNTED:
        return React("✅")
    return text("vote.not_counted", consultation=consultation, verdict=verdict)


COMMAND = Command(
    W("stimme", "vote", ("stimmen",)),
    (
        Form(
            args=Vote,
            run=run,
            does=W(
                "gibt Ihre Stimme ab; bis zum Schluss änderbar", "casts your vote; you may change it until the close"
            ),
            examples=(
                W("stimme K3 ja", "vote K3 yes"),
                W("stimme K3 nein weil die Fristen fehlen", "vote K3 no because deadlines are missing"),
            ),
        ),
    ),
)

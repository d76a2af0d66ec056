"""`!beschluss`: what was decided, with its numbers, who dissents, and what came of it."""

from dataclasses import dataclass

from bot.command import Command, Form, W, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.procedures import counts, outcome
from bot.procedures.consultations import short_of
from bot.procedures.finding import decision_numbered
from bot.store import consultations, decisions
from bot.store.tables import Ballot, Consultation, Decision
from bot.texts import text


@dataclass(frozen=True)
class Which:
    """A decision by its key, or all of this room."""

    short: str | None = word(W("Beschluss", "decision"), default=None, shown="B1")


@dataclass(frozen=True, slots=True)
class Listed:
    """A decision in the list: on which ballot („K3.2“), of which consultation."""

    decision: Decision
    short: str
    ballot: Ballot
    consultation: Consultation


def show(args: Which, ctx: Context) -> Answer:
    """All decisions of this room, in a direct chat of the network; or one in full.

    Of a confidential vote no more than its result said. Raises UserError for a key that is not known.
    """
    if args.short is None:
        found = decisions.listed(ctx.session, ctx.network_id, ctx.only_room)
        listed = [Listed(each, short_of(of, ballot, ctx), ballot, of) for each, ballot, of in found]
        return text("decision.list", decisions=listed, prefix=ctx.house.prefix)
    decision = decision_numbered(args.short, ctx)
    ballot, consultation = consultations.ballot_with_consultation(ctx.session, decision.ballot_id)
    whole = outcome.gather(consultation, [counts.count_of(consultation, ballot, ctx)], ctx)
    return text("decision.shown", whole=whole, prefix=ctx.house.prefix)


COMMAND = Command(
    W("beschluss", "decision", ("beschlüsse", "decisions")),
    (
        Form(
            args=Which,
            run=show,
            needs=Role.MEMBER,
            does=W(
                "zeigt die Beschlüsse dieses Raums, oder einen mit Zahlen und Sondervoten",
                "lists this room's decisions, or shows one with numbers and dissents",
            ),
            examples=(W("beschluss", "decision"), W("beschluss B1", "decision B1")),
        ),
    ),
)

"""A new text is put to the vote while a consultation is open: votes on the old one are void, or carried over.

Neither is ever silent: the old text stays on record (`ballot_edition`), and so does who decided about the votes.
"""

from dataclasses import dataclass

from bot.context import Context, Scope
from bot.domain.consultation import Step
from bot.effects import Effect
from bot.procedures import opening, sourcing, turnout
from bot.procedures.consultations import short_of, step
from bot.store import consultations
from bot.store.tables import Ballot, Consultation, Edition, Result


@dataclass(frozen=True, slots=True)
class Wording:
    """What is put to the vote from now on. `question` None leaves it as it is."""

    text: str
    result: Result | None = None
    version: int | None = None
    question: str | None = None


def has_votes(consultation: Consultation, ballot: Ballot, scope: Scope) -> int:
    """How many votes count for the present text."""
    return len(turnout.voted(consultation, ballot, scope))


def is_same(ballot: Ballot, wording: Wording) -> bool:
    """Whether nothing would change."""
    return ballot.text == wording.text and wording.question in (None, ballot.question)


def put(ballot: Ballot, wording: Wording, scope: Scope) -> None:
    """The ballot holds this wording. A question that was proposed for the former text is proposed for this one."""
    ballot.question = sourcing.asked_anew(ballot, wording.result, scope)
    ballot.text = wording.text
    ballot.result_id = wording.result.id if wording.result else None
    ballot.result_version = wording.version
    if wording.question is not None:
        ballot.question = wording.question


def reword(
    consultation: Consultation, ballot: Ballot, wording: Wording, ctx: Context, *, carried: bool
) -> tuple[Effect, ...]:
    """Put the wording to the vote; votes on the former one count on if they are `carried`, else they are void."""
    _keep_first(consultation, ballot, ctx)
    ballot.edition += 1
    if not carried:
        ballot.valid_edition, ballot.valid_since = ballot.edition, ctx.now
    put(ballot, wording, ctx)
    edition = Edition(
        ballot_id=ballot.id or 0,
        edition=ballot.edition,
        text=ballot.text,
        result_version=ballot.result_version,
        carried=carried,
        by=ctx.person,
        at=ctx.now,
    )
    consultations.add_edition(ctx.session, edition)
    body = {
        "ballot": ballot.position,
        "edition": ballot.edition,
        "question": ballot.question,
        "text": ballot.text,
        "carried": carried,
    }
    detail = short_of(consultation, ballot, ctx)
    if wording.result is not None:
        detail += f", E{wording.result.number}/{wording.version}"
    step(consultation, Step.REWORDED, ctx, by=ctx.person, detail=detail, body=body)
    return opening.reworded(consultation, ballot, ctx, carried=carried)


def _keep_first(consultation: Consultation, ballot: Ballot, ctx: Context) -> None:
    """The text it opened with, unless that is on record."""
    if not consultations.editions(ctx.session, ballot.id or 0):
        first = Edition(
            ballot_id=ballot.id or 0,
            edition=1,
            text=ballot.text,
            result_version=ballot.result_version,
            by=consultation.created_by,
            at=consultation.opens_at,
        )
        consultations.add_edition(ctx.session, first)

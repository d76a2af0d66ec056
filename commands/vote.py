"""`!stimme`: a typed vote. A click in the poll or a reaction does the same.

`!stimme K3 für Lindenstadt ja (telefonisch, Fr. Huber)` records what an organisation without Matrix has told.
"""

from dataclasses import dataclass

from bot.command import Command, Form, W, rest, word
from bot.context import Context
from bot.domain.consultation import Channel, State, Verdict
from bot.domain.organisations import in_force
from bot.domain.roles import Role
from bot.effects import Answer, React
from bot.errors import Question, UserError
from bot.language.kept import literal
from bot.language.names import fold
from bot.language.recorded import Recorded, for_another, likely_name, names, read_recorded
from bot.language.votes import read_choice
from bot.procedures import consultations as life
from bot.procedures import electorates, votes
from bot.procedures.finding import consultation_numbered, organisation_named, require_role
from bot.store import consultations, groups, organisations
from bot.store.tables import Consultation, Elector, Organisation
from bot.texts import text

LONGEST_REASON = 4000
LONGEST_INFORMANT = 200


@dataclass(frozen=True)
class Vote:
    """Which ballot, the choice, and a reason if one likes."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")
    words: str = rest(W("ja|nein|enthaltung weil …", "yes|no|abstain because …"), default="")


@dataclass(frozen=True)
class ForAnother:
    """The same, as it is shown to who may vote for others."""

    short: str = word(W("Konsultation", "consultation"), shown="K3")
    words: str = rest(W("ja (telefonisch, Fr. Huber)", "yes (by phone, Ms Huber)"))


def run(args: Vote | ForAnother, ctx: Context) -> Answer:
    """Record the vote; a ✅ says that it counts as it stands."""
    consultation = consultation_numbered(args.short.removesuffix(".1"), ctx)
    if (found := _for_whom(args.words, ctx)) is not None:
        return _record(consultation, *found, ctx)
    _require_voting(consultation, None, ctx)
    choice, reason = read_choice(args.words)
    if choice is None:
        again = f"stimme K{consultation.number} {{answer}}"
        raise Question("vote.which_choice", resume=again, words=args.words, consultation=consultation)
    _require_at_most(LONGEST_REASON, reason)
    ballot = consultations.ballot(ctx.session, consultation.id or 0)
    verdict = votes.cast(ballot, ctx.message, ctx, choice=choice, channel=Channel.TYPED, reason=reason or None)
    if verdict is Verdict.COUNTED:
        return React("✅")
    return text("vote.not_counted", consultation=consultation, verdict=verdict)


def _for_whom(words: str, ctx: Context) -> tuple[Organisation, str] | None:
    """The organisation that is voted for, and what stands behind its name. None for one's own vote: „für“ is a yes.

    Raises UserError for who may not, and for a name that is unknown.
    """
    behind_for = for_another(words)
    if behind_for is None:
        return None
    for name, behind in names(behind_for):
        known = organisations.by_folded(ctx.session, ctx.network_id, fold(name))
        if known is not None:
            require_role(Role.COORDINATOR, ctx)
            return known, behind
    if ctx.role is not Role.COORDINATOR or read_choice(words)[0] is not None:
        return None
    return organisation_named(likely_name(behind_for), ctx), ""


def _record(consultation: Consultation, organisation: Organisation, words: str, ctx: Context) -> Answer:
    """Enter what an organisation has told, and repeat it: nobody there sees whether it was understood."""
    _require_voting(consultation, organisation, ctx)
    elector = _require_elector(consultation, organisation, ctx)
    said = _read(consultation, organisation, words)
    ballot = consultations.ballot(ctx.session, consultation.id or 0)
    before = votes.counting(ballot, elector, ctx)
    verdict = votes.record(
        ballot, elector, ctx.message, ctx, choice=said.choice or "", informant=said.informant, reason=said.reason
    )
    if verdict is not Verdict.COUNTED:
        return text(
            "vote.not_counted_for", consultation=consultation, organisation=organisation, verdict=verdict, before=before
        )
    return text(
        "vote.recorded",
        consultation=consultation,
        organisation=organisation,
        vote=said,
        person=ctx.person,
        before=before,
    )


def _read(consultation: Consultation, organisation: Organisation, words: str) -> Recorded:
    """The vote in full. Raises Question for what is missing: the choice, or who told it."""
    said = read_recorded(words)
    of = f"stimme K{consultation.number} für {literal(organisation.name)}"
    if said.choice is None:
        told = f" ({literal(said.informant)})" if said.informant else ""
        again = f"{of} {{answer}}{told}"
        raise Question(
            "vote.which_choice_for", resume=again, words=words, consultation=consultation, organisation=organisation
        )
    _require_at_most(LONGEST_REASON, said.reason)
    _require_at_most(LONGEST_INFORMANT, said.informant)
    if not said.informant:
        because = f" weil {literal(said.reason)}" if said.reason else ""
        again = f"{of} {said.choice}{because} ({{answer}})"
        raise Question("vote.who_told", resume=again, vote=said, consultation=consultation, organisation=organisation)
    return said


def _require_voting(consultation: Consultation, organisation: Organisation | None, ctx: Context) -> None:
    """Votes are taken only between the opening and the result. Raises UserError."""
    if consultation.state == State.SCHEDULED:
        kept_out = consultation.opens_at <= ctx.now and not life.is_in_its_room(consultation, ctx)
        raise UserError("vote.not_open", consultation=consultation, kept_out=kept_out)
    if consultation.state in (State.PUBLISHED, State.CANCELLED):
        raise UserError("vote.over", consultation=consultation, organisation=organisation)


def _require_elector(consultation: Consultation, organisation: Organisation, ctx: Context) -> Elector:
    """The elector that an organisation is. Raises UserError that says who speaks for it, or why it has no vote."""
    found = electorates.elector_of(consultation, organisation, ctx)
    if found is not None:
        return found
    mandates = organisations.mandates(ctx.session, organisation.id or 0, ctx.now)
    raise UserError(
        "vote.no_elector",
        consultation=consultation,
        organisation=organisation,
        group=groups.of_room(ctx.session, consultation.room_id),
        mandates=in_force(mandates, ctx.now),
    )


def _require_at_most(longest: int, words: str) -> None:
    if len(words) > longest:
        raise UserError("inbox.too_long", length=len(words), longest=longest)


COMMAND = Command(
    W("stimme", "vote", ("stimmen",)),
    (
        Form(
            args=Vote,
            run=run,
            needs=Role.MEMBER,
            does=W(
                "gibt Ihre Stimme ab; bis zum Schluss änderbar", "casts your vote; you may change it until the close"
            ),
            examples=(
                W("stimme K3 ja", "vote K3 yes"),
                W("stimme K3 nein weil die Fristen fehlen", "vote K3 no because deadlines are missing"),
            ),
        ),
        Form(
            verb=W("für …", "for …"),  # shown only: „für“ alone is a yes, so no verb may take it from the form above
            after_key=True,
            args=ForAnother,
            run=run,
            needs=Role.COORDINATOR,
            does=W(
                "trägt die Stimme einer Organisation ohne Matrix ein",
                "enters the vote of an organisation without Matrix",
            ),
            examples=(
                W(
                    "stimme K3 für Lindenstadt ja (telefonisch, Fr. Huber)",
                    "vote K3 for Lindenstadt yes (by phone, Ms Huber)",
                ),
            ),
        ),
    ),
)

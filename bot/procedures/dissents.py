"""Dissents from what was decided, and what is said to them (Modellkommunen Open Government, 2017: both are kept)."""

from collections.abc import Sequence

from bot.context import Context, Scope
from bot.domain.counting import Cast
from bot.domain.organisations import in_force
from bot.domain.roles import Role, suffices
from bot.effects import Edit, Effect, Reply, Say
from bot.errors import UserError
from bot.procedures import outcome, standing
from bot.procedures.counts import Electorate, count_of
from bot.store import consultations, decisions, moves, networks, organisations, records, votes
from bot.store.tables import Ballot, Consultation, CounterPosition, Decision, Dissent, Elector
from bot.texts import text

LONGEST = 4000


def keep(consultation: Consultation, decision: Decision, ballot: Ballot, against: Sequence[Cast], scope: Scope) -> None:
    """Keep the reasoned votes against what was decided, each with a number of its own."""
    kept = [
        Dissent(
            network_id=consultation.network_id,
            number=networks.next_number(scope.session, consultation.network_id, "V"),
            decision_id=decision.id or 0,
            elector_id=cast.elector or 0,
            author=cast.sender,
            text=cast.reason or "",
            at=scope.now,
        )
        for cast in against
    ]
    decisions.add_dissents(scope.session, kept)
    for dissent in kept:
        body = {"ballot": ballot.position, "dissent": dissent.number}
        private = {"text": dissent.text, "person": dissent.author}
        records.append(scope.session, consultation, "dissent", scope.now, body, private=private, person=dissent.author)


def answer(dissent: Dissent, words: str, ctx: Context) -> tuple[Effect, ...]:
    """Take a counter-position: of an organisation that had a vote the last one counts. The result is put right.

    Raises UserError for who had no vote, and for who would answer themselves.
    """
    if not words:
        raise UserError("publishing.no_counter_position", dissent=dissent, prefix=ctx.house.prefix)
    if len(words) > LONGEST:
        raise UserError("inbox.too_long", length=len(words), longest=LONGEST, what="text")
    decision = decisions.by_id(ctx.session, dissent.decision_id)
    ballot, consultation = consultations.ballot_with_consultation(ctx.session, decision.ballot_id)
    elector = _speaks_as(consultation, dissent, ctx)
    if elector is None:
        _require_lead(consultation, ctx)
    elif elector.id == dissent.elector_id:
        raise UserError("publishing.own_dissent", dissent=dissent)
    position = CounterPosition(
        dissent_id=dissent.id or 0,
        organisation=elector.organisation if elector else None,
        author=ctx.person,
        text=words,
        at=ctx.now,
    )
    decisions.add_counter_position(ctx.session, position)
    body = {"ballot": ballot.position, "dissent": dissent.number}
    private = {"text": words, "person": ctx.person, "organisation": position.organisation or ""}
    records.append(ctx.session, consultation, "counter_position", ctx.now, body, private=private, person=ctx.person)
    said = text("publishing.counter_position_taken", dissent=dissent, position=position)
    return (Reply(said), *_put_right(consultation, dissent, position, ctx))


def _speaks_as(consultation: Consultation, dissent: Dissent, ctx: Context) -> Elector | None:
    """The elector for whom somebody speaks now: themselves, or an organisation; one's own dissent only if no other."""
    own = consultation.id or 0
    if (found := votes.elector(ctx.session, own, ctx.person)) is not None:
        return found
    held = in_force(organisations.spoken_at(ctx.session, consultation.network_id, ctx.person, ctx.now), ctx.now)
    spoken = [votes.elector_organisation(ctx.session, own, mandate.organisation_id) for mandate in held]
    electors = [elector for elector in spoken if elector is not None]
    others = [elector for elector in electors if elector.id != dissent.elector_id]
    return next(iter(others or electors), None)


def _require_lead(consultation: Consultation, ctx: Context) -> None:
    """Who leads may answer for nobody in particular."""
    given = networks.roles_given(ctx.session, ctx.network_id, ctx.person, consultation.room_id)
    if ctx.role is Role.COORDINATOR or any(suffices(role, Role.MODERATOR) for role, _ in given):
        return
    holders = list(standing.coordinators(ctx.network_id, ctx))
    raise UserError("publishing.may_not_answer", consultation=consultation, holders=holders)


def _put_right(
    consultation: Consultation, dissent: Dissent, position: CounterPosition, ctx: Context
) -> tuple[Effect, ...]:
    """Edit the result. Where it was too long for one message, or not said by us in this room, it is said besides."""
    key = f"consultation/{consultation.id}/result"
    stands, _ = moves.own(ctx.session, key, consultation.room_id, ctx.house.us)
    if stands != key or moves.is_said(ctx.session, f"{key}/1"):
        if ctx.room.room_id == consultation.room_id:
            return ()  # the answer says it
        said = text("publishing.counter_position", dissent=dissent, position=position, consultation=consultation)
        return (Say(room_id=consultation.room_id, key=f"{key}/counter-position/{position.id}", text=said),)
    ballots = consultations.ballots(ctx.session, consultation.id or 0)
    electorate = Electorate.of(consultation, ctx)
    counted = [count_of(consultation, ballot, ctx, electorate=electorate) for ballot in ballots]
    whole = outcome.gather(consultation, counted, ctx)
    return (
        Edit(
            room_id=consultation.room_id,
            key=f"{key}/counter-position/{position.id}",
            of=key,
            text=outcome.as_text(whole, ctx),
        ),
    )

"""`!vertretung`: a mandate holder names a deputy."""

from dataclasses import dataclass

from bot.command import Command, Form, W, rest, word
from bot.context import Context
from bot.domain.organisations import Mandate, Speaks
from bot.domain.roles import Role
from bot.effects import Answer, Direct, Reply
from bot.errors import UserError
from bot.language.names import fold
from bot.language.spans import Span, read_span
from bot.procedures import mandates, standing
from bot.procedures.finding import person_named
from bot.store import organisations
from bot.store.tables import Organisation
from bot.texts import text

WITHDRAW = frozenset({"entziehen", "beenden", "withdraw", "end"})


@dataclass(frozen=True)
class Deputy:
    """Whom, and for which time; or nothing to see who speaks for one's organisation."""

    person: str | None = word(W("@person:server", "@person:server"), default=None)
    words: str = rest(W("von Datum bis Datum", "from date to date"), default="")


def deputise(args: Deputy, ctx: Context) -> Answer:
    """Name a deputy for one's own organisation, or withdraw one."""
    organisation, own = _own(ctx)
    if args.person is None:
        speaking = organisations.mandates(ctx.session, own.organisation_id, ctx.now)
        return text("deputy.shown", organisation=organisation, mandates=speaking, now=ctx.now)
    if own.speaks is Speaks.DEPUTY:
        raise UserError("deputy.not_by_deputy", organisation=organisation)
    person = person_named(args.person, ctx)
    held = organisations.mandate_of(ctx.session, ctx.network_id, person, ctx.now)
    if held is not None and held.organisation_id == own.organisation_id and held.speaks is Speaks.HOLDER:
        raise UserError("deputy.is_holder", person=person, organisation=organisation)
    if fold(args.words) in WITHDRAW:
        if not organisations.end_mandate(ctx.session, own.organisation_id, person, ctx.now):
            raise UserError("deputy.is_none", person=person, organisation=organisation)
        return text("deputy.withdrawn", person=person, organisation=organisation)
    span = read_span(args.words, now=ctx.now, zone=ctx.house.zone) if args.words else Span(ctx.now, None)
    mandate, instead = mandates.give(organisation, person, Speaks.DEPUTY, ctx, starts_at=span.start, ends_at=span.end)
    stranger = bool(mandates.strangers([person], ctx))
    said = text(
        "deputy.named", organisation=organisation, mandate=mandate, now=ctx.now, stranger=stranger, instead=instead
    )
    return (Reply(said), *(_tell(organisation, mandate, ctx) if stranger else ()))


def _tell(organisation: Organisation, mandate: Mandate, ctx: Context) -> tuple[Direct, ...]:
    """The coordinators learn of somebody from outside: with the mandate they are a member, and read what members do."""
    said = text(
        "deputy.told", organisation=organisation, mandate=mandate, by=ctx.person, now=ctx.now, prefix=ctx.house.prefix
    )
    return tuple(
        Direct(
            person=person,
            key=f"deputy/{ctx.message.event_id}/{person}",
            text=said,
            network_id=ctx.network_id,
            language=ctx.language,
        )
        for person in standing.coordinators(ctx.network_id, ctx)
        if person != ctx.person
    )


def _own(ctx: Context) -> tuple[Organisation, Mandate]:
    """The asker's organisation and mandate. Raises UserError for somebody who speaks for none."""
    mandate = organisations.mandate_of(ctx.session, ctx.network_id, ctx.person, ctx.now)
    if mandate is None:
        raise UserError("deputy.no_mandate")
    return organisations.by_id(ctx.session, mandate.organisation_id), mandate


COMMAND = Command(
    W("vertretung", "deputy"),
    (
        Form(
            args=Deputy,
            run=deputise,
            needs=Role.MEMBER,
            does=W("benennt eine Vertretung für Ihre Organisation", "names a deputy for your organisation"),
            examples=(
                W("vertretung @cem:example.org", "deputy @cem:example.org"),
                W("vertretung @cem:example.org von 1.8. bis 15.8.", "deputy @cem:example.org from 1.8. to 15.8."),
            ),
        ),
    ),
)

"""Who speaks for an organisation: given, replaced, withdrawn; who was mandated when stays on record."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from bot.context import Context
from bot.domain.organisations import Mandate as Spoken
from bot.domain.organisations import Speaks
from bot.errors import UserError
from bot.procedures.standing import is_guest
from bot.store import networks, organisations
from bot.store.tables import Mandate, Organisation


class Given(NamedTuple):
    """A new mandate, and whether it took the place of one that the person had."""

    mandate: Spoken
    instead: bool


def replace(organisation: Organisation, people: Iterable[str], speaks: Speaks, ctx: Context) -> None:
    """From now on exactly these people are an organisation's holders (or its deputies).

    Raises UserError for somebody who speaks for another organisation: one person has one voice in a network. And for
    a guest, who has none.
    """
    wanted = list(people)
    for mandate in organisations.mandates(ctx.session, organisation.id or 0, ctx.now):
        if mandate.person in wanted or mandate.speaks is speaks:
            organisations.end_mandate(ctx.session, mandate.organisation_id, mandate.person, ctx.now)
    for person in wanted:
        give(organisation, person, speaks, ctx, starts_at=ctx.now, ends_at=None)


def give(
    organisation: Organisation,
    person: str,
    speaks: Speaks,
    ctx: Context,
    *,
    starts_at: datetime,
    ends_at: datetime | None,
) -> Given:
    """Give one person a mandate from `starts_at` until `ends_at` (UTC); what they had for that time ends.

    Raises UserError as `replace` does.
    """
    if person == ctx.house.us:
        raise UserError("mandates.not_me")
    if is_guest(person, ctx.network_id, ctx):
        raise UserError("mandates.is_guest", person=person, organisation=organisation, prefix=ctx.house.prefix)
    other = organisations.mandate_of(ctx.session, ctx.network_id, person, ctx.now)
    if other is not None and other.organisation_id != organisation.id:
        raise UserError(
            "mandates.speaks_elsewhere",
            person=person,
            organisation=organisations.by_id(ctx.session, other.organisation_id),
            prefix=ctx.house.prefix,
        )
    row = Mandate(
        network_id=ctx.network_id,
        organisation_id=organisation.id or 0,
        person=person,
        speaks=speaks,
        starts_at=starts_at,
        ends_at=ends_at,
        given_by=ctx.person,
        given_at=ctx.now,
    )
    instead = organisations.make_way(ctx.session, row, ctx.now)
    organisations.give_mandate(ctx.session, row)
    return Given(Spoken(person, organisation.id or 0, speaks, starts_at, ends_at), instead)


def strangers(people: Iterable[str], ctx: Context) -> list[str]:
    """Those among `people` who are in none of the network's rooms: they cannot vote before they are."""
    known = networks.people_in_rooms(ctx.session, ctx.network_id)
    return [person for person in people if person not in known]

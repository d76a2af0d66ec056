"""Who is away, and who is asked in their place.

An absence holds in one network: who is away from one association may well work for another. Days are whole days where
the person who reported it was (`bot.language.spans`); what stands here are moments, so that nobody has to ask again.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from bot.context import Context, Scope
from bot.domain.organisations import Mandate, Speaks, in_force
from bot.store import absences, networks, organisations, people
from bot.store.tables import Absence


def away_among(people: Iterable[str], network_id: int, at: datetime, scope: Scope) -> set[str]:
    """Those among `people` (Matrix IDs) who are away in a network at `at` (UTC); one question to the database."""
    return absences.away(scope.session, network_id, at) & set(people)


def stand_in(person: str, network_id: int, at: datetime, scope: Scope) -> str | None:
    """Who is asked in somebody's place in a network at `at` (UTC), or None; see `stand_ins`."""
    return stand_ins((person,), network_id, at, scope)[person]


def stand_ins(absent: Collection[str], network_id: int, at: datetime, scope: Scope) -> dict[str, str | None]:
    """Who is asked in the place of each of these people in a network at `at` (UTC), or None.

    That is who speaks for the same organisation then, is in one of the network's rooms and not away: a deputy before
    another holder, the one appointed first. Nobody stands in for somebody without an organisation, and nobody in
    `absent` for another one. The organisation is that of the person's mandate, else the one they were entered for.
    The number of questions to the database is the same for one and for many.
    """
    mandates = [each for each in organisations.mandates_of_network(scope.session, network_id, at) if each.holds(at)]
    body = people.belonging(scope.session, network_id) | {each.person: each.organisation_id for each in mandates}
    out = absences.away(scope.session, network_id, at) | set(absent) | {scope.house.us}
    there = networks.people_in_rooms(scope.session, network_id) - out
    return {person: _first(body.get(person), mandates, there) for person in absent}


def _first(organisation_id: int | None, mandates: Iterable[Mandate], there: set[str]) -> str | None:
    """The first deputy, else the first holder: the list is in the order of their appointment."""
    able = [each for each in mandates if each.organisation_id == organisation_id and each.person in there]
    return next((each.person for each in sorted(able, key=lambda each: each.speaks is not Speaks.DEPUTY)), None)


class Reported(NamedTuple):
    """An absence as it was understood, what it replaces, and who is there meanwhile.

    `votes` says for the person's organisation who else can vote when it begins; None for who has no mandate.
    """

    absence: Absence
    replaced: list[Absence]
    stand_in: str | None
    votes: list[str] | None


def report(start: datetime, end: datetime, ctx: Context) -> Reported:
    """Note that whoever writes is away from `start` until `end` (UTC).

    What they reported before for any of that time is replaced: whoever reports twice has changed their plans.
    """
    start = start.replace(second=0, microsecond=0)  # „from now“
    before = absences.of_person(ctx.session, ctx.network_id, ctx.person, start)
    replaced = [Absence(**each.model_dump()) for each in before if each.starts_at < end]
    absences.remove(ctx.session, [each for each in before if each.starts_at < end])
    row = Absence(network_id=ctx.network_id, person=ctx.person, starts_at=start, ends_at=end, said_at=ctx.now)
    absences.add(ctx.session, row)
    at = max(start, ctx.now)
    return Reported(row, replaced, stand_in(ctx.person, ctx.network_id, at, ctx), _who_votes(at, ctx))


def _who_votes(at: datetime, ctx: Context) -> list[str] | None:
    """Who else can vote for the organisation of whoever writes, and is not away then."""
    own = organisations.mandate_of(ctx.session, ctx.network_id, ctx.person, ctx.now)
    if own is None:
        return None
    speaking = in_force(organisations.mandates(ctx.session, own.organisation_id, ctx.now), at)
    out = absences.away(ctx.session, ctx.network_id, at) | {ctx.person}
    return list(dict.fromkeys(each.person for each in speaking if each.person not in out))


def mine(ctx: Context) -> Sequence[Absence]:
    """When whoever writes is away, from now on."""
    return absences.of_person(ctx.session, ctx.network_id, ctx.person, ctx.now)


def take_back(rows: Iterable[Absence], ctx: Context) -> None:
    """End absences that go on, and strike those to come."""
    found = list(rows)
    for row in found:
        row.ends_at = min(row.ends_at, ctx.now)
    absences.remove(ctx.session, [row for row in found if row.starts_at >= row.ends_at])

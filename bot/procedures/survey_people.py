"""Whom a survey asks: owners, Aktive, a group, people, or organisations by those who hold their mandate."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.context import Context, Scope
from bot.domain.checkin import Whom
from bot.domain.organisations import Speaks
from bot.domain.roles import Role
from bot.errors import UserError
from bot.language.checkins import read_whom
from bot.language.names import fold, nearest
from bot.language.survey_words import parts
from bot.procedures import standing
from bot.procedures.groups import place_of
from bot.store import groups, networks, organisations, participations, people, projects
from bot.store.tables import Group, Organisation

MOST_PEOPLE: Final = 500


@dataclass(frozen=True, slots=True)
class Concerned:
    """Who is asked, each with the organisation they belong to (database ID); and whom that leaves out.

    `speechless` are organisations without anybody who holds their mandate; `outside` are people who do not belong to
    the network, or are its guests.
    """

    people: dict[str, int | None]
    speechless: tuple[Organisation, ...]
    outside: tuple[str, ...]


def concerned(words: str, ctx: Context) -> Concerned:
    """Whom `words` mean: „Verantwortliche“, „Aktive“, „AG Netze“, „Dezernat Kultur, @ben:example.org“.

    Raises UserError for what names nobody, for nobody at all, and for too many.
    """
    belongs, holders, named = _belonging(ctx), _holders(ctx), _names(ctx)
    found: dict[str, int | None] = {}
    speechless = []
    for part in parts(words, lambda name: _is_one(name, named)):
        organisation = organisations.by_folded(ctx.session, ctx.network_id, fold(part))
        if organisation is not None and not holders.get(organisation.id or 0):
            speechless.append(organisation)
        meant = holders.get(organisation.id or 0, []) if organisation else _named(part, ctx)
        for person in meant:
            found.setdefault(person, organisation.id if organisation else belongs.get(person))
    here = members(ctx.network_id, ctx)
    wanted = {person: organisation_id for person, organisation_id in found.items() if person in here}
    outside = tuple(person for person in found if person not in here)
    if not wanted:
        raise UserError("surveys.nobody", speechless=speechless, outside=outside)
    if len(wanted) > MOST_PEOPLE:
        raise UserError("surveys.too_many_people", count=len(wanted), most=MOST_PEOPLE)
    return Concerned(wanted, tuple(speechless), outside)


def members(network_id: int, scope: Scope) -> set[str]:
    """Who belongs to a network now and may be asked: by a room, a mandate, the list or a role; not its guests."""
    session = scope.session
    spoken = {row.person for row in organisations.mandates_of_network(session, network_id, scope.now)}
    listed = set(people.belonging(session, network_id))
    coordinators = set(standing.coordinators(network_id, scope))
    everybody = networks.people_in_rooms(session, network_id) | spoken | listed | coordinators
    guests = set(networks.holders(session, network_id, Role.GUEST))
    return {person for person in everybody - guests - {scope.house.us} if ":" in person}


def _holders(ctx: Context) -> dict[int, list[str]]:
    """By organisation who holds its mandate now."""
    found: dict[int, list[str]] = {}
    for row in organisations.mandates_of_network(ctx.session, ctx.network_id, ctx.now):
        if row.speaks is Speaks.HOLDER and row.starts_at <= ctx.now:
            found.setdefault(row.organisation_id, []).append(row.person)
    return found


def _belonging(ctx: Context) -> dict[str, int]:
    """By person the organisation they speak for, or are listed with."""
    rows = organisations.mandates_of_network(ctx.session, ctx.network_id, ctx.now)
    return people.belonging(ctx.session, ctx.network_id) | {row.person: row.organisation_id for row in rows}


def _names(ctx: Context) -> set[str]:
    """What organisations and groups are and were called, as compared."""
    bodies = {fold(each.name) for each in organisations.of_network(ctx.session, ctx.network_id)}
    return bodies | {fold(name) for name in groups.all_names(ctx.session, ctx.network_id)}


def _is_one(words: str, names: set[str]) -> bool:
    """Whether words with an „und“ in them name one organisation or group: „Aktive der AG Daten und Netze“."""
    if "@" in words:
        return False
    return fold(words) in names or fold(read_whom(words).group or "") in names


def _named(part: str, ctx: Context) -> Iterable[str]:
    meant = read_whom(part)
    match meant.whom:
        case Whom.LIST:
            return meant.people
        case Whom.OWNERS | Whom.EVERYWHERE:
            group = _group(meant.group, part, ctx) if meant.group else None
            return _owners(group, ctx)
        case Whom.ACTIVE if meant.group is None:
            return list(_active(groups.of_network(ctx.session, ctx.network_id), ctx))
        case Whom.ACTIVE:
            return list(_active([_group(meant.group, part, ctx)], ctx))
    raise UserError("surveys.bad_whom", words=part, close=None)


def _group(name: str | None, part: str, ctx: Context) -> Group:
    found = groups.by_folded(ctx.session, ctx.network_id, fold(name or ""))
    found = found or groups.formerly(ctx.session, ctx.network_id, fold(name or ""))
    if found is None or found.ended_at is not None:
        names = [each.name for each in organisations.of_network(ctx.session, ctx.network_id)]
        names += [each.name for each in groups.of_network(ctx.session, ctx.network_id)]
        raise UserError("surveys.bad_whom", words=part, close=next(iter(nearest(name or part, names)), None))
    return found


def _owners(group: Group | None, ctx: Context) -> list[str]:
    found = projects.listed(ctx.session, ctx.network_id, place_of(group) if group else None)
    return [project.owner for project in found if project.owner]


def _active(found: Sequence[Group], ctx: Context) -> Iterator[str]:
    for group in found:
        yield from (each.person for each in participations.active(ctx.session, group.id or 0))

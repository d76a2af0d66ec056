"""Who gets a digest besides the rooms: who follows a group, and everybody in a role where the network has such a plan.

Nobody is told the same twice in a day: what stands in a room whose digest comes on the same day is not told again to
those who are in it. The coordinators' is the exception: a list of what waits for them is of use only as a whole.
Guests get none. The others see what they may ask for in the direct chat: all of the network; of groups that they drive
or follow, those.
Addresses on the network's mailing list get what is fit to leave it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.context import Scope
from bot.domain.digest import EVERYTHING, SHOWN_TO, Audience
from bot.domain.groups import Part
from bot.domain.roles import Role
from bot.effects import Direct, Effect, Mail
from bot.procedures import digest_plans, mailing, standing
from bot.procedures.digest_gathering import Material, gather
from bot.procedures.digest_sections import Digest, digest
from bot.store import digests, networks, participations, rooms
from bot.store.news import Reach
from bot.store.tables import DigestPlan, Group, Network, Room
from bot.texts import Text, text

NOWHERE = frozenset[str]()


def key_of(room_id: str, at: datetime) -> str:
    """The key of a room's digest; a reader's copy has their Matrix ID behind it (`bot.procedures.undelivered`)."""
    return f"digest/{room_id}/{at.isoformat()}"


def copies(material: Material, room: Room, group: Group, at: datetime, scope: Scope) -> Iterator[Effect]:
    """The digest of a group's room for its followers, unless the network has another time for theirs.

    By mail where they gave an address, else directly, unless they read it in the room.
    """
    if digests.of_audience(scope.session, group.network_id, Audience.FOLLOWERS) is not None:
        return
    followers = participations.followers(scope.session, group.id or 0)
    if not followers:
        return
    guests, present = _guests(group.network_id, scope), set(rooms.members(scope.session, room.room_id))
    copy = _Copy(digest(material, EVERYTHING, NOWHERE, scope), room, group, at, scope)
    for row in followers:
        email = row.email if scope.house.mail else None
        if row.person not in guests and (email or row.person not in present):
            yield copy.to(row.person, email)


class _Copy:
    """What a group's followers get; each text is one object, and so rendered once for all."""

    def __init__(self, told: Digest, room: Room, group: Group, at: datetime, scope: Scope) -> None:
        day = _day(at, scope.zone_of(room.room_id))
        prefix, coordinators = scope.house.prefix, standing.coordinators(group.network_id, scope)
        self._listed = (mailing.label(group), group.name)
        self._key, self._network_id = key_of(room.room_id, at), group.network_id
        self._language = room.language or group.language
        self._subject = text("digest.subject", group=group, day=day)
        self._letter = text("digest.letter", digest=told, group=group, prefix=prefix, coordinators=coordinators)
        self._copy = text("digest.copy", digest=told, group=group, prefix=prefix)

    def to(self, reader: str, email: str | None) -> Effect:
        """By mail if there is an address."""
        key, language = f"{self._key}/{reader}", self._language
        if email:
            return Mail(
                to=email,
                key=key,
                subject=self._subject,
                text=self._letter,
                language=language,
                network_id=self._network_id,
                listed=self._listed,
            )
        return Direct(person=reader, key=key, text=self._copy, language=language, network_id=self._network_id)


def sent(plan: DigestPlan, at: datetime, scope: Scope) -> tuple[Effect, ...]:
    """A network's digest to everybody in a role, due at `at` (UTC); the next period begins."""
    since, plan.last_at = plan.last_at or plan.created_at, scope.now
    network = networks.by_id(scope.session, plan.network_id)
    material = gather(Reach(plan.network_id), since, scope)
    return tuple(_SENT[Audience(plan.audience or "")](network, material, at, scope))


def for_coordination(network: Network, since: datetime, person: str, scope: Scope) -> Digest:
    """What waits for the coordinators now, as one of them would be told."""
    material = gather(Reach(network.id or 0), since, scope)
    inside = digests.rooms_of(scope.session, network.id or 0, (person,))[person]
    return digest(material, SHOWN_TO[Audience.COORDINATION], inside, scope)


def _coordination(network: Network, material: Material, at: datetime, scope: Scope) -> Iterator[Effect]:
    people = standing.coordinators(network.id or 0, scope)
    shown = SHOWN_TO[Audience.COORDINATION]
    inside = digests.rooms_of(scope.session, network.id or 0, people)
    made: dict[frozenset[str], tuple[Digest, Text]] = {}
    for person in people:
        rooms_in = frozenset(inside[person])
        if rooms_in not in made:
            told = digest(material, shown, rooms_in, scope)
            said = text("digest.for_coordination", digest=told, network=network, prefix=scope.house.prefix)
            made[rooms_in] = (told, said)
        yield from _direct(*made[rooms_in], person, Audience.COORDINATION, network, at, scope)


def _politics(network: Network, material: Material, at: datetime, scope: Scope) -> Iterator[Effect]:
    """Without what owners and coordinators settle among themselves, and without what they read that day elsewhere."""
    own = network.id or 0
    guests = _guests(own, scope)
    told_already = _told_as_coordinators(own, at, scope)
    people = [each for each in digests.politicians(scope.session, own, scope.now) if each not in guests | told_already]
    standing_there = digest_plans.rooms_that_day(own, at, scope)
    inside = digests.rooms_of(scope.session, own, people)
    made: dict[frozenset[str], tuple[Digest, Text]] = {}
    for person in people:
        rooms_in = frozenset(inside[person])
        if rooms_in not in made:
            read = rooms_in & standing_there
            unread = material.within(lambda room_id, read=read: room_id not in read)  # type: ignore[misc]
            told = digest(unread, SHOWN_TO[Audience.POLITICS], rooms_in, scope)
            said = text("digest.for_politics", digest=told, network=network, prefix=scope.house.prefix)
            made[rooms_in] = (told, said)
        yield from _direct(*made[rooms_in], person, Audience.POLITICS, network, at, scope)


def _told_as_coordinators(network_id: int, at: datetime, scope: Scope) -> set[str]:
    """Who is told of the same consultations on the same day, as a coordinator."""
    if not digest_plans.falls_on(network_id, Audience.COORDINATION, at, scope):
        return set()
    return set(standing.coordinators(network_id, scope))


def _active(network: Network, material: Material, at: datetime, scope: Scope) -> Iterator[Effect]:
    """Of each group that they drive."""
    own = network.id or 0
    found = digests.taking_part(scope.session, own, Part.ACTIVE)
    people = {row.person for row, _ in found} - _guests(own, scope)
    inside = digests.rooms_of(scope.session, own, people)
    standing_there = digest_plans.rooms_that_day(own, at, scope)
    made: dict[tuple[int, bool], tuple[Digest, Text]] = {}
    for row, group in found:
        if row.person not in people or not group.room_id:
            continue
        present = group.room_id in inside[row.person]
        if present and group.room_id in standing_there:
            continue
        which = (group.id or 0, present)
        if which not in made:
            told = digest(_of(group, material), EVERYTHING, {group.room_id} if present else NOWHERE, scope)
            said = text("digest.for_active", digest=told, group=group, prefix=scope.house.prefix)
            made[which] = (told, said)
        about = f"{Audience.ACTIVE}/{group.id}"
        yield from _direct(*made[which], row.person, about, network, at, scope, group.language)


def _followers(network: Network, material: Material, at: datetime, scope: Scope) -> Iterator[Effect]:
    """Of each group that they follow, at a time of its own instead of with the digest of its room."""
    own = network.id or 0
    found = digests.taking_part(scope.session, own, Part.FOLLOWER)
    guests = _guests(own, scope)
    inside = digests.rooms_of(scope.session, own, {row.person for row, _ in found})
    standing_there = digest_plans.rooms_that_day(own, at, scope)
    made: dict[int, tuple[Digest, _Copy]] = {}
    for row, group in found:
        room = rooms.find(scope.session, group.room_id) if group.room_id else None
        email = row.email if scope.house.mail else None
        if room is None or row.person in guests:
            continue
        if not email and room.room_id in inside[row.person] & standing_there:
            continue
        if group.id not in made:
            told = digest(_of(group, material), EVERYTHING, NOWHERE, scope)
            made[group.id or 0] = (told, _Copy(told, room, group, at, scope))
        told, copy = made[group.id or 0]
        if not told.is_empty:
            yield copy.to(row.person, email)


def _mailing_list(network: Network, material: Material, at: datetime, scope: Scope) -> Iterator[Effect]:
    """By mail, to people without Matrix; links would lead them nowhere."""
    own = network.id or 0
    told = digest(material, SHOWN_TO[Audience.MAILING_LIST], NOWHERE, scope)
    if told.is_empty:
        return
    said = text("digest.for_list", digest=told, network=network, coordinators=standing.coordinators(own, scope))
    subject = text("digest.list_subject", network=network, day=_day(at, scope.network_zone(own)))
    yield from mailing.to_list(own, f"digest {at.isoformat()}", subject, said, scope)


_SENT: Mapping[Audience, Callable[[Network, Material, datetime, Scope], Iterator[Effect]]] = {
    Audience.COORDINATION: _coordination,
    Audience.POLITICS: _politics,
    Audience.ACTIVE: _active,
    Audience.FOLLOWERS: _followers,
    Audience.MAILING_LIST: _mailing_list,
}


def _day(at: datetime, zone: ZoneInfo) -> datetime:
    """The local day of a time (UTC), for the subject of a mail."""
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _of(group: Group, material: Material) -> Material:
    return material.within(lambda room_id: room_id == group.room_id)


def _guests(network_id: int, scope: Scope) -> set[str]:
    """Guests read what is shared with them only, whatever they follow or drive."""
    guests = set(networks.holders(scope.session, network_id, Role.GUEST))
    return guests - set(standing.coordinators(network_id, scope))


def _direct(
    told: Digest,
    said: Text,
    person: str,
    about: str,
    network: Network,
    at: datetime,
    scope: Scope,
    language: str | None = None,
) -> Iterator[Effect]:
    """Nothing to say: nothing is sent."""
    if not told.is_empty:
        key = f"digest/{network.id}/{about}/{at.isoformat()}/{person}"
        yield Direct(person=person, key=key, text=said, network_id=network.id, language=language)

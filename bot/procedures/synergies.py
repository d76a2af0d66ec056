"""Synergies: owners are told that their projects resemble each other, and say whether that is worth something.

Both owners are asked, each alone, a few a day in one message. One „no“ dismisses the pair for good; two „yes“ link the
projects, and bring the owners together (`synergy_linking`). What is not answered waits; nobody is reminded.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from bot.context import Context, Scope
from bot.domain.roles import Role
from bot.domain.synergies import MOST_A_DAY, Said, outcome
from bot.domain.task import next_morning
from bot.effects import Direct, Effect
from bot.errors import UserError
from bot.language.names import fold
from bot.language.votes import read_choice
from bot.procedures import standing, synergy_linking
from bot.store import synergies as store
from bot.store.synergies import Tied
from bot.store.tables import Project, Synergy
from bot.texts import Text, text

KEY: Final = "synergy/"
OFFERED: Final = "synergy/offered/"
ANSWERABLE: Final = timedelta(days=180)  # about until the next meeting; after that a typed command does it


@dataclass(frozen=True, slots=True)
class Offer:
    """A synergy as one of its owners sees it: which project is theirs, and what both are about."""

    synergy: Synergy
    mine: Project
    other: Project
    terms: Sequence[str]


def explained(tied: Tied, mine: Project | None = None) -> list[str]:
    """The words that made a pair, as people wrote them: „Chatbot – Wissensdatenbank“; those of `mine` lead."""
    swapped = mine is not None and mine.id != tied.first.id
    pairs: list[list[str]] = json.loads(tied.synergy.terms)
    said = [(other, own) if swapped else (own, other) for own, other in pairs]
    return list(dict.fromkeys(own if fold(own) == fold(other) else f"{own} – {other}" for own, other in said))


def propose(network_id: int, cause: str, scope: Scope) -> tuple[Effect, ...]:
    """Tell owners what they have not been told: at most a few each, the best first, in one message a person.

    `cause` tells one lot of messages from another. What somebody is not told now comes on the next working day; so does
    everything for those who had a message of this kind today already. Who is no member of the network, or owns both
    projects, is not asked.
    """
    offers: defaultdict[str, list[Offer]] = defaultdict(list)
    zone, more = scope.network_zone(network_id), False
    enough = store.offered_since(scope.session, OFFERED, _midnight(scope.now, zone))
    is_asked = cache(lambda owner: standing.belongs(owner, network_id, scope))
    for tied in store.to_propose(scope.session, network_id):
        for mine, other in _unasked(tied, is_asked):
            owner = mine.owner or ""
            if owner not in enough and len(offers[owner]) < MOST_A_DAY:
                offers[owner].append(Offer(tied.synergy, mine, other, explained(tied, mine)))
                _asked(tied, mine)
            else:
                more = True
    scan = store.scan(scope.session, network_id)
    scan.propose_at = next_morning(scope.now, zone, scope.land_of(network_id)) if more else None
    return tuple(_told(owner, found, network_id, cause, scope) for owner, found in sorted(offers.items()) if found)


def _midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When the day began that `now` (UTC) is in, in `zone`; UTC."""
    return datetime.combine(now.astimezone(zone).date(), time(), zone).astimezone(UTC)


def _unasked(tied: Tied, is_asked: Callable[[str], bool]) -> Iterator[tuple[Project, Project]]:
    """The projects whose owner is to be asked, each with the other one."""
    if tied.first.owner == tied.second.owner:
        return
    row = tied.synergy
    sides = ((tied.first, row.first_said, row.first_asked), (tied.second, row.second_said, row.second_asked))
    for mine, said, asked in sides:
        if said is None and mine.owner is not None and mine.owner != asked and is_asked(mine.owner):
            yield mine, tied.other(mine.id or 0)


def _asked(tied: Tied, mine: Project) -> None:
    if mine.id == tied.first.id:
        tied.synergy.first_asked = mine.owner
    else:
        tied.synergy.second_asked = mine.owner


def _told(person: str, offers: Sequence[Offer], network_id: int, cause: str, scope: Scope) -> Effect:
    """One message; „ja“ or „nein“ is the answer, of several with the key."""
    one = f"S{offers[0].synergy.number} " if len(offers) == 1 else ""
    return Direct(
        person=person,
        key=f"{OFFERED}{'+'.join(str(each.synergy.id) for each in offers)}/{person}/{cause}",
        text=text("synergies.proposed", offers=offers, prefix=scope.house.prefix),
        resume=f"synergie {one}{{answer}}",
        resume_until=scope.now + ANSWERABLE,
        network_id=network_id,
        subject=KEY + "+".join(str(each.synergy.id) for each in offers),
        language=scope.language_of(offers[0].mine.room_id),
    )


# answers


def awaited(subjects: Iterable[str], words: str, person: str, scope: Scope) -> set[str]:
    """Of these subjects of questions: the proposals that `words`, said by this person, may answer.

    Only „ja“ and „nein“ do, also with the key: what waits for months must not take whatever else is said.
    """
    first = next(iter(words.split(maxsplit=1)), "")
    behind = words.partition(" ")[2] if first[:1].casefold() == "s" and first[1:].strip(":,").isdigit() else words
    if read_choice(behind)[0] not in ("yes", "no"):
        return set()
    return {subject for subject in subjects if any(waiting_sides(tied, person) for tied in _about(subject, scope))}


def names(subjects: Collection[str], scope: Scope) -> list[str]:
    """What the proposals of these subjects are called."""
    found = (tied for subject in subjects for tied in _about(subject, scope))
    return list(dict.fromkeys(f"S{one.synergy.number} · {one.first.key}, {one.second.key}" for one in found))


def _about(subject: str, scope: Scope) -> list[Tied]:
    if not subject.startswith(KEY):
        return []
    return store.by_ids(scope.session, [int(each) for each in subject.removeprefix(KEY).split("+")])


def waiting_sides(tied: Tied, person: str) -> list[Project]:
    """The projects of this person whose answer is still waited for."""
    row = tied.synergy
    if row.dismissed_at is not None or row.linked_at is not None:
        return []
    sides = ((tied.first, row.first_said), (tied.second, row.second_said))
    return [project for project, said in sides if said is None and project.owner == person]


def sides_of(tied: Tied, ctx: Context) -> list[Project]:
    """For which of the two projects somebody may answer: their own; a coordinator with none of them for both.

    A coordinator answers besides for a project that nobody in the network is responsible for: else nobody could.
    Raises UserError for anybody else.
    """
    both = (tied.first, tied.second)
    mine = [project for project in both if project.owner == ctx.person]
    if ctx.role is Role.COORDINATOR:
        lost = [one for one in both if one.owner is None or not standing.belongs(one.owner, ctx.network_id, ctx)]
        return [project for project in both if not mine or project in mine or project in lost]
    if mine:
        return mine
    raise UserError("synergies.not_yours", holders=standing.coordinators(ctx.network_id, ctx))


def answer(tied: Tied, said: Said, reason: str, ctx: Context) -> tuple[Text, tuple[Effect, ...]]:
    """What somebody says of a synergy: what to reply, and what else follows.

    An answer may be changed: „no“ to what is linked parts it again, „yes“ by who had said „no“ takes it up again.
    """
    row, sides = tied.synergy, sides_of(tied, ctx)
    before, against = row.linked_at, row.dismissed_at is not None
    for project in sides:
        if project.id == tied.first.id:
            row.first_said, row.first_by, row.first_at = said, ctx.person, ctx.now
        else:
            row.second_said, row.second_by, row.second_at = said, ctx.person, ctx.now
    result = outcome((row.first_said, row.second_said))
    # a reason given for it must not be told as one against it
    row.reason = reason[:500] or (row.reason if against == (result is Said.NO) else None)
    row.linked_at = (before or ctx.now) if result is Said.YES else None
    row.dismissed_at = (row.dismissed_at or ctx.now) if result is Said.NO else None
    ctx.session.flush()
    if result is Said.YES:
        effects = () if before else synergy_linking.bring_together(tied, explained(tied), ctx)
        return text("synergies.linked", tied=tied, terms=explained(tied), prefix=ctx.house.prefix), effects
    if result is Said.NO:
        return text("synergies.dismissed", tied=tied, said=said), synergy_linking.tell_parted(
            tied, ctx, linked=bool(before)
        )
    missing = tied.second if row.second_said is None else tied.first
    return text("synergies.noted", tied=tied, missing=missing, prefix=ctx.house.prefix), ()

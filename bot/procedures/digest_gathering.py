"""Everything a digest may tell of, gathered with the same number of questions to the database however much it is.

What several people are told is gathered once for all of them, and cut to the rooms of each (`Material.within`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from bot.context import Scope
from bot.domain.consultation import State
from bot.domain.counting import counted
from bot.domain.digest import COUNCIL_WITHIN, STALE_AFTER, is_stale
from bot.domain.representation import Representation
from bot.procedures import digest_synergies, participation, responsible
from bot.procedures.digest_items import (
    Asked,
    Blocked,
    Decided,
    Given,
    Linked,
    Moved,
    Open,
    Resting,
    Stale,
    Thought,
    ToDo,
)
from bot.procedures.responsible import OpenTask
from bot.store import ballot_news, consultations, groups, news, participations
from bot.store.ballot_news import Voter
from bot.store.news import Reach
from bot.store.participations import Tied
from bot.store.tables import Ballot, Consultation, Decision, Group, Meeting, StatusUpdate

LISTS = (
    "open", "decided", "moved", "stale", "unanswered", "feedback", "ideas", "tasks", "council", "asked", "resting",
    "linked", "blocked",
)  # fmt: skip
A_DAY = timedelta(days=1)  # a council's day may be known without the hour


@dataclass(frozen=True, slots=True)
class Material:
    """What there is to tell of the time since `since` (UTC), and of what is open."""

    since: datetime
    open: Sequence[Open] = ()
    decided: Sequence[Decided] = ()
    moved: Sequence[Moved] = ()
    stale: Sequence[Stale] = ()
    unanswered: Sequence[Given] = ()
    feedback: Sequence[Given] = ()
    ideas: Sequence[Thought] = ()
    tasks: Sequence[ToDo] = ()
    council: Sequence[ToDo] = ()
    asked: Sequence[Asked] = ()
    resting: Sequence[Resting] = ()
    linked: Sequence[Linked] = ()
    blocked: Sequence[Blocked] = ()
    figures: Representation | None = None
    meetings: Sequence[tuple[Meeting, bool]] = ()

    def within(self, keep: Callable[[str], bool]) -> "Material":
        """Only what belongs to rooms that are kept; and the meetings of no group, which concern everybody."""
        kept: dict[str, Any] = {name: [each for each in getattr(self, name) if keep(each.room_id)] for name in LISTS}
        meetings = [(each, of_group) for each, of_group in self.meetings if keep(each.room_id) or not of_group]
        return replace(self, **kept, meetings=meetings, figures=None)


def gather(reach: Reach, since: datetime, scope: Scope) -> Material:
    """What there is to tell of these rooms since then (UTC), up to now: what comes during a long tick is for later."""
    session = scope.session
    ran = ballot_news.consultations(session, reach, since)
    rows = ballot_news.ballots(session, [each.id or 0 for each in ran]) if ran else []
    ballots: dict[int, list[tuple[Ballot, Decision | None]]] = {}
    for ballot, decision in rows:
        ballots.setdefault(ballot.consultation_id, []).append((ballot, decision))
    given = [Given(one.room_id, one.event_id, None, feedback=one, project=about)
             for one, about in news.feedback(session, reach, since) if one.at <= scope.now]  # fmt: skip
    out = [each for each in ran if each.published_at and each.published_at <= scope.now]
    ideas = [one for one in news.ideas(session, reach, since) if one.at <= scope.now]
    tied = _tied(reach, scope)
    todo, council = _tasks(reach, scope)
    return Material(
        since=since,
        open=_open([each for each in ran if each.state == State.OPEN], ballots, scope),
        decided=[one for each in out for one in _decided(each, ballots)],
        moved=_moved(reach, since, scope),
        stale=_stale(reach, scope),
        unanswered=[each for each in given if each.feedback.at <= since],
        feedback=[each for each in given if each.feedback.at > since],
        ideas=[Thought(one.room_id, one.event_id, None, idea=one) for one in ideas],
        tasks=todo,
        council=council,
        asked=_asked(reach, scope),
        resting=_resting(reach.network_id, tied, scope),
        linked=digest_synergies.linked(reach, since, scope),
        blocked=digest_synergies.blocked(reach, scope),
        figures=None if tied and tied.groups else participation.figures(reach.network_id, scope),
        meetings=news.meetings(session, reach, scope.now),
    )


def _tied(reach: Reach, scope: Scope) -> Tied | None:
    """The groups whose room it is; None for a whole network."""
    return participations.tied(scope.session, reach.network_id, reach.rooms[0]) if reach.rooms else None


Ballots = dict[int, list[tuple[Ballot, Decision | None]]]


def _decided(consultation: Consultation, ballots: Ballots) -> list[Decided]:
    own = ballots.get(consultation.id or 0, [])
    several = len(own) > 1
    return [
        Decided.of(
            consultation,
            consultations.key(consultation, ballot if several else None),
            ballot.question if several else consultation.title,
            decision,
            ballot.kind,
        )
        for ballot, decision in own
        if decision is not None
    ]


def _open(running: Sequence[Consultation], ballots: Ballots, scope: Scope) -> list[Open]:
    """Who is missing: for whom no vote counts until now, on one ballot at least."""
    if not running:
        return []
    on = {ballot.id or 0: (each, ballot) for each in running for ballot, _ in ballots.get(each.id or 0, [])}
    have = _voted(on, scope)
    missing: dict[int, list[Voter]] = {each.id or 0: [] for each in running}
    for voter in ballot_news.electors(scope.session, missing):
        papers = [ballot.id or 0 for ballot, _ in ballots.get(voter.consultation_id, [])]
        if any(voter.id not in have[paper] for paper in papers):
            missing[voter.consultation_id].append(voter)
    return [Open.of(each, missing[each.id or 0]) for each in running]


def _voted(on: dict[int, tuple[Consultation, Ballot]], scope: Scope) -> dict[int, set[int]]:
    """By ballot the electors for whom a vote counts: `bot.procedures.turnout.voted`, for several ballots at once."""
    terms = {own: consultations.terms(*both) for own, both in on.items()}
    is_valid = {own: lru_cache(maxsize=1_000)(each.is_valid) for own, each in terms.items()}
    have: dict[int, set[int]] = {own: set() for own in on}
    unclear: set[tuple[int, int]] = set()
    for ballot, elector, answer, took_back in ballot_news.said(scope.session, on):
        if not took_back and answer is not None and is_valid[ballot](answer):
            have[ballot].add(elector)
        else:
            unclear.add((ballot, elector))
    for ballot, cast in (ballot_news.casts(scope.session, unclear) if unclear else {}).items():
        have[ballot] |= counted(cast, terms[ballot]).keys()
    return have


def _moved(reach: Reach, since: datetime, scope: Scope) -> list[Moved]:
    """By field of action; the one where things have turned worst leads."""
    reported: dict[int, Moved] = {}
    updates: dict[int, list[StatusUpdate]] = {}
    found = [each for each in news.updates(scope.session, reach, since) if each[1].at <= scope.now]
    stood = {own: (light, done) for own, light, done in news.before(scope.session, reach, since)} if found else {}
    fields = {each.room_id: each.name for each in groups.of_network(scope.session, reach.network_id)} if found else {}
    for project, update in found:
        own = project.id or 0
        updates.setdefault(own, []).append(update)
        light, progress = stood.get(own, (None, None))
        reported[own] = Moved(
            project.room_id,
            update.event_id,
            None,
            project=project,
            field=project.field or fields.get(project.room_id) or "",
            light_before=light,
            progress_before=progress,
            updates=updates[own],
        )
    return sorted(reported.values(), key=lambda each: each.rank)


def _stale(reach: Reach, scope: Scope) -> list[Stale]:
    found = news.silent(scope.session, reach, scope.now - STALE_AFTER)
    return [
        Stale(project.room_id, last.event_id if last else None, None, project=project, heard=last.at if last else None)
        for project, last in found
        if is_stale(project.phase, last.at if last else project.created_at, scope.now)
    ]


def _tasks(reach: Reach, scope: Scope) -> tuple[list[ToDo], list[ToDo]]:
    """What is to be done, and what comes before a council soon."""
    found = news.tasks(scope.session, reach)
    with_people = responsible.waiting([task for task, _ in found], scope)
    todo = [_todo(each, came_from) for each, (_, came_from) in zip(with_people, found, strict=True)]
    since, until = scope.now - A_DAY, scope.now + COUNCIL_WITHIN
    council = [each for each in todo if each.task.council_at and since < each.task.council_at <= until]
    return todo, sorted(council, key=lambda each: (each.task.council_at or until, each.task.number))


def _todo(each: OpenTask, consultation: int | None) -> ToDo:
    """It was said by the result of the consultation that led to it."""
    key = f"consultation/{consultation}/result" if consultation is not None else None
    return ToDo(each.task.room_id, None, key, open=each)


def _asked(reach: Reach, scope: Scope) -> list[Asked]:
    found: dict[int, Asked] = {}
    people: dict[int, list[str]] = {}
    for check_in, round_, person in news.unanswered_asks(scope.session, reach):
        own = round_.id or 0
        named = people.setdefault(own, [])
        if person not in named:
            named.append(person)
        found[own] = Asked(check_in.room_id, None, f"checkin/{own}", check_in=check_in, round=round_, people=named)
    return list(found.values())


def _resting(network_id: int, tied: Tied | None, scope: Scope) -> list[Resting]:
    """The groups known to be without Aktive; a new one is given its time to be found first.

    A group's room shows its own only, as long as the network has a room of no group to show them all in.
    """
    own = {group.id for group in tied.groups} if tied else set()
    limited = bool(own and tied and tied.others_untied)
    without = [
        group
        for group, _ in participations.without_active(scope.session, network_id)
        if group.dormant_since and (group.id in own or not limited)
    ]
    likely = participations.followers_of(scope.session, [group.id or 0 for group in without])
    return [_rest(group, likely[group.id or 0]) for group in without]


def _rest(group: Group, found: Sequence[str]) -> Resting:
    most = participation.MOST_FOLLOWERS
    return Resting(
        group.room_id or "", None, None, group=group, followers=found[:most], others=max(len(found) - most, 0)
    )

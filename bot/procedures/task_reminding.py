"""Whoever is in charge of tasks is reminded of them: one message a person for all that is due soon, or overdue."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.context import Scope
from bot.domain.task import State, next_morning
from bot.effects import Direct, Effect
from bot.procedures.responsible import OpenTask, stand_ins, waiting
from bot.procedures.tasks import ANSWERABLE, KEY, subject_of, watch
from bot.store import tasks
from bot.store.tables import Task
from bot.texts import text


@dataclass(slots=True)
class _Notice:
    """What one person is told: their own tasks, those of people who are away, and those that nobody can be asked."""

    own: list[OpenTask] = field(default_factory=list)
    instead: list[tuple[OpenTask, str]] = field(default_factory=list)
    orphans: list[OpenTask] = field(default_factory=list)

    @property
    def all(self) -> list[OpenTask]:
        """All that the person is told of."""
        return [*self.own, *(one for one, _ in self.instead), *self.orphans]

    @property
    def answerable(self) -> list[OpenTask]:
        """Those that the person may settle, each once."""
        return list({one.task.id: one for one in [*self.own, *(one for one, _ in self.instead)]}.values())


def remind(network_id: int, at: datetime, scope: Scope) -> tuple[Effect, ...]:
    """Tell everybody in charge of tasks whose reminder was due at `at` (UTC) or before, and set when the next one is.

    Who is away is not told, but who stands in for them; of a task whose owner does not belong to the network, or that
    nobody is in charge of, those who lead its room. Where all are away and nobody stands in, it is tried again each
    morning of a working day until one of them is back.
    """
    found = tasks.to_remind(scope.session, network_id, scope.now)
    known = waiting([task for task in found if not State(task.state).is_settled], scope)
    notices = _notices(known, network_id, scope)
    heard = {one.task.id for notice in notices.values() for one in notice.all}
    untold = {one.task.id for one in known} - heard
    late = {one.task.id for one in known if one.overdue}
    for task in found:
        watch(task, scope)
        if task.id in untold:
            task.remind_at = _again(task, scope)
        elif task.id in late:  # told so now, however late; a second time would be once too often
            task.remind_at = None
    return tuple(_told(person, notice, network_id, at, scope) for person, notice in sorted(notices.items()))


def _again(task: Task, scope: Scope) -> datetime:
    return next_morning(scope.now, scope.zone_of(task.room_id, task.network_id), scope.land_of(task.network_id))


def _notices(known: Sequence[OpenTask], network_id: int, scope: Scope) -> dict[str, _Notice]:
    away = stand_ins({person for one in known for person in one.asked}, network_id, scope)
    notices = defaultdict[str, _Notice](_Notice)
    for one in known:
        present = [person for person in one.asked if person not in away]
        for person in present:
            notices[person].own.append(one)
        for absent, instead in _instead(one, away):
            if instead not in present:
                notices[instead].instead.append((one, absent))
        for lead in one.leads:
            if lead not in present:
                notices[lead].orphans.append(one)
    return notices


def _instead(one: OpenTask, away: dict[str, str | None]) -> Iterator[tuple[str, str]]:
    """Who is away of those in charge, and who stands in for them; nobody twice."""
    seen = set[str]()
    for person in one.asked:
        instead = away.get(person)
        if instead is not None and instead not in seen:
            seen.add(instead)
            yield person, instead


def _told(person: str, notice: _Notice, network_id: int, at: datetime, scope: Scope) -> Effect:
    """One message; „erledigt“ is the answer, of several tasks with the key."""
    answerable = notice.answerable
    first = (answerable or notice.orphans)[0].task
    one = f"A{first.number} " if len(answerable) == 1 else ""
    return Direct(
        person=person,
        key=f"{KEY}reminded/{network_id}/{at.isoformat()}/{person}",
        text=text(
            "tasks.remind",
            due=[each for each in notice.own if not each.overdue],
            overdue=[each for each in notice.own if each.overdue],
            instead=notice.instead,
            orphans=notice.orphans,
            answerable=answerable,
            prefix=scope.house.prefix,
        ),
        resume=f"aufgabe {one}{{answer}}" if answerable else None,
        resume_until=scope.now + ANSWERABLE if answerable else None,
        network_id=network_id,
        subject=subject_of([each.task for each in answerable]) if answerable else None,
        language=scope.language_of(first.room_id),
    )

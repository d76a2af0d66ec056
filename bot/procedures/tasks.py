"""Tasks: what a decision leads to, who is asked to do it, and what is still to be done."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.context import Scope
from bot.domain.deciding import Outcome
from bot.domain.task import State, reminder_after
from bot.effects import Direct, Effect
from bot.language.task_words import read_state
from bot.procedures.consultations import short_of
from bot.procedures.responsible import may_settle
from bot.store import consultations, decisions, networks, tasks
from bot.store.tables import Ballot, Consultation, Decision, Project, Task
from bot.texts import text

KEY = "task/"
CARRIED = (Outcome.ACCEPTED, Outcome.CHOSEN)
ANSWERABLE = timedelta(days=180)  # about until the next meeting; after that a typed command does it
TITLES = {
    "de": "Projektplan anpassen: {key} (Beschluss B{number})",
    "en": "Revise the plan: {key} (decision B{number})",
}


@dataclass(frozen=True, slots=True)
class Carried:
    """What was decided: on which ballot („K3.2“), and how."""

    short: str
    ballot: Ballot
    decision: Decision


def revise_plans(
    decision: Decision, consultation: Consultation, ballots: Sequence[Ballot], scope: Scope
) -> tuple[Effect, ...]:
    """Make a task for each project whose plan the decision touches, and ask its owner to revise it.

    Nothing follows from what was not carried. `ballots` are those whose decisions the owner is told, as far as they
    were carried. A project that has a task from this consultation already gets no second one.
    """
    if decision.outcome not in CARRIED:
        return ()
    session = scope.session
    known = {task.project_id for task in tasks.of_consultation(session, consultation.id or 0)}
    made: dict[str | None, list[tuple[Task, Project]]] = {}
    for project in consultations.touched(session, consultation.id or 0):
        if project.id not in known and not project.archived:
            task = tasks.add(session, _task(decision, project, scope))
            made.setdefault(task.owner, []).append((task, project))
    carried = _carried(consultation, ballots, scope)
    return tuple(_asked(owner, new, consultation, carried, scope) for owner, new in made.items() if owner is not None)


def _carried(consultation: Consultation, ballots: Sequence[Ballot], scope: Scope) -> list[Carried]:
    found = [(ballot, decisions.decision(scope.session, ballot.id or 0)) for ballot in ballots]
    return [
        Carried(short_of(consultation, ballot, scope), ballot, decision)
        for ballot, decision in found
        if decision is not None and decision.outcome in CARRIED
    ]


def _task(decision: Decision, project: Project, scope: Scope) -> Task:
    title = TITLES[scope.language_of(project.room_id)].format(key=project.key, number=decision.number)
    return Task(
        network_id=project.network_id,
        number=networks.next_number(scope.session, project.network_id, "A"),
        room_id=project.room_id,
        title=title,
        owner=project.owner,
        project_id=project.id,
        decision_id=decision.id,
        created_at=scope.now,
    )


def _asked(
    owner: str,
    new: Sequence[tuple[Task, Project]],
    consultation: Consultation,
    carried: Sequence[Carried],
    scope: Scope,
) -> Effect:
    """Ask the owner, once for all; „erledigt“ is the answer, of several with the task's key.

    Without an owner the digest names who leads the room.
    """
    first, project = new[0]
    one = f"A{first.number} " if len(new) == 1 else ""
    return Direct(
        person=owner,
        key=f"{KEY}{first.id}/asked/{owner}",
        text=text("tasks.revise", made=new, consultation=consultation, carried=carried),
        resume=f"aufgabe {one}{{answer}}",
        resume_until=scope.now + ANSWERABLE,
        network_id=first.network_id,
        subject=subject_of([task for task, _ in new]),
        language=scope.language_of(project.room_id),
    )


def settle(task: Task, state: State, person: str, note: str | None, scope: Scope) -> None:
    """From now on a task stands so, as this person says."""
    task.state = state
    task.done_by, task.done_at = (person, scope.now) if state.is_settled else (None, None)
    task.note = note if state.is_settled else None
    watch(task, scope)


def watch(task: Task, scope: Scope) -> None:
    """Set when whoever is in charge is reminded next, in the zone of the task's room as it is now."""
    task.remind_at = None
    if task.due_at is not None and not State(task.state).is_settled:
        zone, land = scope.zone_of(task.room_id, task.network_id), scope.land_of(task.network_id)
        task.remind_at = reminder_after(task.due_at, scope.now, zone, land)


def awaited(subjects: Iterable[str], words: str, person: str, scope: Scope) -> set[str]:
    """Of these subjects of questions: the tasks that `words`, said by this person, may be about.

    Only „erledigt“ and its like are, or „A7 erledigt“: a question that may stay open for months must not take whatever
    else is said. Who was reminded of the same tasks twice is asked about them once.
    """
    number, said = keyed(words)
    if read_state(said)[0] is None:
        return set()
    found: dict[frozenset[int], str] = {}
    for subject in sorted(subjects, key=lambda each: each.count("+")):
        live = [each for each in _about(subject, scope) if not State(each.state).is_settled]
        live = [each for each in live if number is None or each.number == number]
        if any(may_settle(each, person, scope) for each in live):
            found.setdefault(frozenset(each.number for each in live), subject)
    return set(found.values())


def keyed(words: str) -> tuple[int | None, str]:
    """„A7 erledigt“: the number of the task that is named first, and what is said of it."""
    found = re.match(r"\s*a\s?(\d{1,6})(?:\s*[:,]\s*|\s+)(?=\S)", words, re.IGNORECASE)
    return (int(found[1]), words[found.end() :]) if found else (None, words)


def subject_of(found: Iterable[Task]) -> str:
    """The subject of a message that asks for these tasks."""
    return KEY + "+".join(str(task.id) for task in found)


def names(subjects: Collection[str], scope: Scope) -> list[str]:
    """What the tasks of these subjects are called."""
    named = (f"A{task.number} · {task.title}" for subject in subjects for task in _about(subject, scope))
    return list(dict.fromkeys(named))


def _about(subject: str, scope: Scope) -> list[Task]:
    """The tasks that a message asked for."""
    if not subject.startswith(KEY):
        return []
    found = (tasks.find(scope.session, int(each)) for each in subject.removeprefix(KEY).split("+"))
    return [task for task in found if task is not None]

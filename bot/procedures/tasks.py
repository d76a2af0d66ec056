"""Tasks: what a decision leads to, who is asked to do it, and what is still to be done."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.context import Scope
from bot.domain.deciding import Outcome
from bot.domain.roles import Role
from bot.domain.task import State
from bot.effects import Direct, Effect
from bot.language.names import fold
from bot.procedures import standing
from bot.procedures.consultations import language_of, short_of
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
DONE = frozenset({"erledigt", "fertig", "abgeschlossen", "gemacht", "done", "finished", "completed"})
NOT = frozenset({"nicht", "noch", "kein", "keine", "nein", "not", "no", "yet"})
OPEN = frozenset({"offen", "open", "wieder offen", "doch offen", "nicht erledigt", "noch nicht erledigt", "not done"})


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task still to be done. `leads` are whom to ask where nobody is responsible."""

    task: Task
    leads: Sequence[str] = ()
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Carried:
    """What was decided: on which ballot („K3.2“), and how."""

    short: str
    ballot: Ballot
    decision: Decision


def read_state(words: str) -> tuple[State | None, str]:
    """What an answer says of a task, and what stands behind it: „erledigt, in Version 3“. None: it does not say.

    „Erledigt ist das noch nicht“ does not.
    """
    said = fold(words).strip(" .,:;!–-").removeprefix("ist ").removeprefix("is ")
    if said in OPEN:
        return State.OPEN, ""
    first, _, remark = words.strip().partition(" ")
    word = fold(first).strip(".,:;!–-")
    if NOT & set(re.findall(r"\w+", fold(remark))):
        return None, ""
    if said in DONE or word in DONE:
        return State.DONE, "" if said in DONE else remark.strip()
    return (State.OPEN, remark.strip()) if word in OPEN else (None, "")


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
    carried = _carried(consultation, ballots, scope)
    effects: list[Effect] = []
    for project in consultations.touched(session, consultation.id or 0):
        if project.id not in known and not project.archived:
            task = tasks.add(session, _task(decision, project, scope))
            effects += _asked(task, project, consultation, carried, scope)
    return tuple(effects)


def _carried(consultation: Consultation, ballots: Sequence[Ballot], scope: Scope) -> list[Carried]:
    found = [(ballot, decisions.decision(scope.session, ballot.id or 0)) for ballot in ballots]
    return [
        Carried(short_of(consultation, ballot, scope), ballot, decision)
        for ballot, decision in found
        if decision is not None and decision.outcome in CARRIED
    ]


def _task(decision: Decision, project: Project, scope: Scope) -> Task:
    title = TITLES[language_of(project.room_id, scope)].format(key=project.key, number=decision.number)
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
    task: Task, project: Project, consultation: Consultation, carried: Sequence[Carried], scope: Scope
) -> Iterator[Effect]:
    """Ask the owner, once; a bare „erledigt“ is the answer. Without an owner the digest names who leads the room."""
    if task.owner is None:
        return
    yield Direct(
        person=task.owner,
        key=f"{KEY}{task.id}/asked/{task.owner}",
        text=text("tasks.revise", task=task, project=project, consultation=consultation, carried=carried),
        resume=f"aufgabe A{task.number} {{answer}}",
        resume_until=scope.now + ANSWERABLE,
        network_id=task.network_id,
        subject=f"{KEY}{task.id}",
        language=language_of(project.room_id, scope),
    )


def open_of_room(room_id: str, scope: Scope) -> list[OpenTask]:
    """What is still to be done in a room, what is due first leads."""
    return [waiting(task, scope) for task in tasks.open_of_room(scope.session, room_id)]


def waiting(task: Task, scope: Scope) -> OpenTask:
    """A task still to be done, with whom to ask and whether it is late."""
    asked = () if task.owner else leads(task.network_id, task.room_id, scope)
    return OpenTask(task, asked, overdue=task.due_at is not None and task.due_at < scope.now)


def leads(network_id: int, room_id: str, scope: Scope) -> Sequence[str]:
    """Who leads a room: its moderators; where there are none, who coordinates the network."""
    moderators = networks.holders(scope.session, network_id, Role.MODERATOR, room_id)
    return moderators or standing.coordinators(network_id, scope)


def awaited(subjects: Iterable[str], words: str, person: str, scope: Scope) -> set[str]:
    """Of these subjects of questions: the tasks that `words`, said by this person, may be about.

    Only „erledigt“ and its like are: a question that may stay open for months must not take whatever else is said.
    """
    if read_state(words)[0] is None:
        return set()
    found = {subject: _about(subject, scope) for subject in subjects}
    return {
        subject
        for subject, task in found.items()
        if task is not None and task.state == State.OPEN and task.owner == person
    }


def names(subjects: Collection[str], scope: Scope) -> list[str]:
    """What the tasks of these subjects are called."""
    found = (_about(subject, scope) for subject in subjects)
    return [f"A{task.number} · {task.title}" for task in found if task is not None]


def _about(subject: str, scope: Scope) -> Task | None:
    return tasks.find(scope.session, int(subject.removeprefix(KEY))) if subject.startswith(KEY) else None

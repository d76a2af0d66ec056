"""Tasks: what a decision leads to, who is asked to do it, and what is still to be done."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.context import Scope
from bot.domain.deciding import Outcome
from bot.domain.roles import Role
from bot.domain.task import State
from bot.effects import Direct, Effect
from bot.language.names import fold
from bot.procedures import standing
from bot.procedures.consultations import short_of
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
        subject=KEY + "+".join(str(task.id) for task, _ in new),
        language=scope.language_of(project.room_id),
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
    return {
        subject
        for subject in subjects
        if any(task.state == State.OPEN and task.owner == person for task in _about(subject, scope))
    }


def names(subjects: Collection[str], scope: Scope) -> list[str]:
    """What the tasks of these subjects are called."""
    return [f"A{task.number} · {task.title}" for subject in subjects for task in _about(subject, scope)]


def _about(subject: str, scope: Scope) -> list[Task]:
    """The tasks that a message asked for."""
    if not subject.startswith(KEY):
        return []
    found = (tasks.find(scope.session, int(each)) for each in subject.removeprefix(KEY).split("+"))
    return [task for task in found if task is not None]

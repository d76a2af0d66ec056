"""What somebody has said of a project becomes a project, or changes one; shown before, and nothing overwritten unseen.

Who owns a project (or nobody does), and who coordinates, changes it. What anybody else says fills what nobody has
filled yet; where it differs from what is there, that stays, and its owner is told. What is unknown erases nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.context import Scope
from bot.domain.project import AIM_FIELDS, several
from bot.domain.survey import Answers, Item
from bot.effects import Direct, Effect
from bot.language.lights import StatusWords
from bot.language.names import fold
from bot.language.projects import BY_NAME, REPORTED
from bot.language.survey_words import key_from
from bot.procedures import portfolio, reporting, standing
from bot.procedures.groups import work_changed
from bot.procedures.survey_answers import Line, line, present
from bot.store import groups, organisations, projects
from bot.store.tables import Project, Survey, SurveyAsk
from bot.texts import text


@dataclass(frozen=True, slots=True)
class Change:
    """A field, what it was and what it is to be; of one that stays: what it is, and what was said instead."""

    name: str
    before: Any
    after: Any

    @property
    def old(self) -> Line:
        """What was."""
        return line(Item(self.name), {self.name: self.before} if self.before is not None else {})

    @property
    def new(self) -> Line:
        """What is to be."""
        return line(Item(self.name), {self.name: self.after})


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be taken over of one project: a new one (`project` None) or changes to one.

    `kept` differs from what somebody else has said, and stays. `free` are answers that are no field of a project;
    `unknown` are questions that they could not answer, with what is known otherwise; `silent` are those that they have
    not answered, and nothing is known either.
    """

    project: Project | None
    key: str
    changes: tuple[Change, ...]
    kept: tuple[Change, ...]
    free: tuple[Line, ...]
    unknown: tuple[Line, ...]
    silent: tuple[Line, ...]

    @property
    def changes_nothing(self) -> bool:
        """Whether the portfolio is so already."""
        return self.project is not None and not self.changes


def plan(
    answers: Answers,
    project: Project | None,
    questions: Sequence[Item],
    ask: SurveyAsk,
    survey: Survey,
    scope: Scope,
) -> Plan:
    """What these answers of one person would do."""
    said = {name: value for name, value in answers.items() if name in BY_NAME}
    known = present([project], scope)[project.id or 0] if project else {}
    if project is None:
        said = _with_usual(said, questions, ask, scope)
    wanted = [
        Change(name, known.get(name), said[name])
        for name in BY_NAME
        if said.get(name) is not None and said[name] != known.get(name)
    ]
    free_hand = project is None or may_change(project, ask.person, scope)
    unknown = [line(each, known) for each in questions if each.name in answers and answers[each.name] is None]
    silent = [line(each) for each in questions if each.name not in said | known and each.name not in answers]
    return Plan(
        project=project,
        key=project.key if project else _new_key(str(said["title"]), survey.network_id, scope),
        changes=tuple(each for each in wanted if free_hand or each.before is None),
        kept=tuple(each for each in wanted if not free_hand and each.before is not None),
        free=tuple(line(each, answers) for each in questions if each.is_free and answers.get(each.name)),
        unknown=tuple(unknown),
        silent=tuple(silent),
    )


def _with_usual(said: dict[str, Any], questions: Sequence[Item], ask: SurveyAsk, scope: Scope) -> dict[str, Any]:
    """Who describes a new project owns it, for the organisation they were asked for, unless they say otherwise."""
    usual: dict[str, Any] = {"owner": ask.person}
    if ask.organisation_id is not None:
        usual["organisation"] = organisations.by_id(scope.session, ask.organisation_id).name
    return {**{name: value for name, value in usual.items() if said.get(name) is None}, **_not_none(said)}


def _not_none(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _new_key(title: str, network_id: int, scope: Scope) -> str:
    """A key that no project of the network has, archived ones included."""
    return key_from(title, lambda folded: projects.by_folded(scope.session, network_id, folded) is not None)


def may_change(project: Project, person: str, scope: Scope) -> bool:
    """Whether what this person says of a project replaces what is there."""
    return project.owner in (None, person) or person in standing.coordinators(project.network_id, scope)


def take(
    wanted: Plan, ask: SurveyAsk, survey: Survey, event_id: str, scope: Scope
) -> tuple[Project, tuple[Effect, ...]]:
    """Take a plan over: the project, and what else is to be done and said.

    Raises UserError for a goal or principle that the network has no more.
    """
    values = {each.name: each.after for each in wanted.changes}
    project = wanted.project or _made(wanted.key, values, ask, survey, scope)
    rest = {name: _typed(value) for name, value in values.items() if name not in REPORTED}
    portfolio.change(project, rest, ask.person, event_id, scope)
    if reported := {name: values[name] for name in REPORTED if name in values}:
        said = StatusWords(reported.get("light"), reported.get("progress"), "")
        reporting.report(project, said, ask.person, event_id, scope)
    made = work_changed(project.room_id, scope) if wanted.project is None else ()
    return project, (*made, *_told(project, wanted, ask, survey, event_id, scope))


def _typed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _made(key: str, values: dict[str, Any], ask: SurveyAsk, survey: Survey, scope: Scope) -> Project:
    """A new project with what needs no history of its own."""
    plain = {name: value for name, value in values.items() if name not in REPORTED and name not in AIM_FIELDS}
    made = Project(
        network_id=survey.network_id,
        room_id=_room(plain.get("field"), survey, scope),
        key=key,
        folded=fold(key),
        created_by=ask.person,
        created_at=scope.now,
        **plain,
    )
    return projects.add(scope.session, made)


def _room(fields: str | None, survey: Survey, scope: Scope) -> str:
    """The room of the group whose field of action it is, else that of the survey."""
    for name in several(fields):
        group = groups.by_folded(scope.session, survey.network_id, fold(name))
        if group is not None and group.room_id is not None:
            return group.room_id
    return survey.room_id


def _told(
    project: Project, wanted: Plan, ask: SurveyAsk, survey: Survey, event_id: str, scope: Scope
) -> Iterator[Effect]:
    """Who owns the project hears where somebody sees it otherwise."""
    if wanted.kept and project.owner and project.owner != ask.person:
        yield Direct(
            person=project.owner,
            key=f"survey/{ask.id}/differs/{project.id}/{event_id}",
            text=text(
                "surveys.differs",
                by=ask.person,
                project=project,
                survey=survey,
                kept=wanted.kept,
                prefix=scope.house.prefix,
            ),
            network_id=project.network_id,
            language=scope.language_of(project.room_id),
        )


def snapshot(answers: Answers, project: Project, questions: Sequence[Item], scope: Scope) -> dict[str, Any]:
    """The answers as they are kept to be compared: with what is known of the project where nothing better was said."""
    known = present([project], scope)[project.id or 0]
    said = {each.name: answers[each.name] for each in questions if each.name in answers}
    return said | {
        each.name: known[each.name] for each in questions if each.name in known and said.get(each.name) is None
    }

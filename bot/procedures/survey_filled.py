"""A survey's form comes back: read, shown, and taken over as a whole.

An empty cell is no answer, „unbekannt“ is one. With anything wrong nothing is taken over.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.clean import is_formula, unguarded
from bot.context import Scope
from bot.domain.roles import Role
from bot.domain.survey import Item
from bot.effects import Effect
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.language.projects import BY_NAME
from bot.language.survey_words import Control, read_control
from bot.procedures import standing, survey_answers, survey_taking
from bot.procedures.survey_answers import dumped, line, loaded
from bot.procedures.survey_forms import Line, columns
from bot.procedures.survey_same import Known
from bot.store import networks, projects, rooms, surveys
from bot.store.surveys import Asked
from bot.store.tables import Network, Project, SurveyEntry
from bot.texts import Text, text

FORM_NAME: Final = re.compile(r"(umfrage|survey)-u\d")


def networks_for(person: str, room_id: str, name: str, scope: Scope) -> Sequence[Network] | None:
    """The networks that ask this person, if it was dropped into their own direct chat; else None.

    Of surveys that are over only a file that is called like a form is read, to say so.
    """
    room = rooms.find(scope.session, room_id)
    if room is None or room.direct_with != person:
        return None
    late = FORM_NAME.search(fold(name)) is not None
    asked = surveys.of_person(scope.session, person) if late else surveys.open_of_person(scope.session, person)
    found = sorted({each.survey.network_id for each in asked})
    here = [each for each in found if standing.role_in(each, person, scope) not in (None, Role.GUEST)]
    return [networks.by_id(scope.session, each) for each in here] or None


def is_misplaced(person: str, room_id: str, name: str, scope: Scope) -> bool:
    """Whether a form was dropped where others look on, by somebody whom a survey asks."""
    room = rooms.find(scope.session, room_id)
    if room is None or room.direct_with is not None or FORM_NAME.search(fold(name)) is None:
        return False
    return any(each.survey.network_id == room.network_id for each in surveys.open_of_person(scope.session, person))


# planned


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that cannot be taken over, and why."""

    row: int
    column: str
    why: Text


@dataclass(frozen=True, slots=True)
class Described:
    """A row understood: its answers, what they would do, and a project that may be the same. `title` is for people."""

    row: int
    title: str
    answers: Mapping[str, Any]
    plan: survey_taking.Plan
    alike: Project | None
    fresh: bool

    @property
    def project(self) -> Project | None:
        """The project it is about, if that is there already."""
        return self.plan.project


@dataclass(frozen=True, slots=True)
class FormPlan:
    """What a form would do. With anything wrong, nothing is done."""

    asked: Asked
    described: Sequence[Described]
    wrong: Sequence[Wrong]

    @property
    def changes_nothing(self) -> bool:
        """Whether all of it was taken over before."""
        return all(each.plan.changes_nothing and not each.fresh for each in self.described)


def planned(lines: Sequence[tuple[str, Line]], network: Network, by: str, scope: Scope) -> FormPlan:
    """What the rows would do. Raises UserError for a form of another survey, or of one that is over."""
    asked = _asked(lines, network, by, scope)
    questions = {fold(name): each for each in columns(asked.survey, scope) for name in _names(each)}
    _require_columns(lines, questions)
    known = Known(projects.listed(scope.session, network.id or 0, None))
    done = {entry.project_id for entry in _entries(asked, scope) if entry.taken_at is not None}
    described: list[Described] = []
    wrong: list[Wrong] = []
    seen: dict[str, int] = {}
    for _, each in lines:
        found = _described(each, asked, questions, known, done, wrong, scope)
        name = fold(found.plan.key if found.project else found.title) if found else ""
        if found is not None and name in seen:
            wrong.append(Wrong(each.row, "", text("surveys.same_row", other=seen[name])))
        elif found is not None:
            seen[name] = each.row
            described.append(found)
    return FormPlan(asked, described, wrong)


def _names(question: Item) -> list[str]:
    shown = line(question)
    field = BY_NAME.get(question.name)
    return [shown.de, shown.en, *(field.also if field else ())]


def _asked(lines: Sequence[tuple[str, Line]], network: Network, by: str, scope: Scope) -> Asked:
    """Who asks: the survey that the rows name, if it asks this person still. Raises UserError."""
    every = [each for each in surveys.of_person(scope.session, by) if each.survey.network_id == network.id]
    mine = [each for each in every if each.survey.closed_at is None]
    named = {fold(each.survey) for _, each in lines}
    found = [each for each in every if named == {fold(f"U{each.survey.number}")}]
    if found and found[0].survey.closed_at is not None:
        raise UserError("surveys.over", survey=found[0].survey, prefix=scope.house.prefix)
    if not found:
        raise UserError("surveys.another_form", named=min(each.survey for _, each in lines), mine=mine)
    return found[0]


def _require_columns(lines: Sequence[tuple[str, Line]], questions: Mapping[str, Item]) -> None:
    """Raises UserError for columns that are none of this version's."""
    found = list(dict.fromkeys(name for _, each in lines for name in each.cells if name))
    names = [name for question in questions.values() for name in _names(question)[:1]]
    if unknown := [name for name in found if fold(name) not in questions]:
        raise UserError(
            "bulk.unknown_columns", fields=[(name, next(iter(nearest(name, names)), None)) for name in unknown]
        )
    if not any(questions[fold(name)].name == "title" for name in found):
        raise UserError("surveys.no_title_column")


def _described(
    found: Line,
    asked: Asked,
    questions: Mapping[str, Item],
    known: Known,
    done: set[int | None],
    wrong: list[Wrong],
    scope: Scope,
) -> Described | None:
    """One row; what is wrong with it goes to `wrong`."""
    before = len(wrong)
    answers = dict(_answers(found, asked, questions, wrong, scope))
    project = known.exactly(found.key) if found.key else known.exactly(str(answers.get("title") or ""))
    if found.key and project is None:
        wrong.append(Wrong(found.row, found.key, text("surveys.no_such_key")))
    elif project is None and not answers.get("title"):
        wrong.append(Wrong(found.row, "", text("surveys.row_without_title")))
    if len(wrong) > before:
        return None
    all_asked = list({each.name: each for each in questions.values()}.values())
    plan = survey_taking.plan(answers, project, all_asked, asked.ask, asked.survey, scope)
    title = str(answers.get("title") or (project.title if project else "") or plan.key)
    alike = None if project else known.like(title)
    return Described(found.row, title, answers, plan, alike, fresh=project is None or project.id not in done)


def _answers(
    found: Line, asked: Asked, questions: Mapping[str, Item], wrong: list[Wrong], scope: Scope
) -> Iterator[tuple[str, Any]]:
    for column, cell in found.cells.items():
        if not column or not cell.strip():  # a note beside the table
            continue
        question = questions[fold(column)]
        if is_formula(cell):
            wrong.append(Wrong(found.row, column, text("surveys.formula")))
        elif read_control(cell) is Control.UNKNOWN:
            yield question.name, None
        else:
            try:
                words, network_id = unguarded(cell), asked.survey.network_id
                yield question.name, survey_answers.read(question, words, asked.ask.person, network_id, scope)
            except UserError as refusal:
                wrong.append(Wrong(found.row, column, text(refusal.text, **refusal.values)))


def _entries(asked: Asked, scope: Scope) -> list[SurveyEntry]:
    return surveys.entries(scope.session, [asked.ask.id or 0])[asked.ask.id or 0]


def fingerprint(plan: FormPlan) -> str:
    """Eight characters that change when the plan does."""
    shown = [
        (each.row, each.answers, each.project.id if each.project else None, each.alike.id if each.alike else None)
        for each in plan.described
    ]
    kept = [(one.name, one.before) for each in plan.described for one in (*each.plan.changes, *each.plan.kept)]
    written = json.dumps([shown, kept], default=str, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:8]


# taken over


def apply(plan: FormPlan, scope: Scope) -> tuple[Effect, ...]:
    """Take all rows over; with that, who sent the form has answered. The survey stays open for more."""
    asked, effects = plan.asked, list[Effect]()
    questions = columns(asked.survey, scope)
    cause = f"survey/{asked.ask.id}/{scope.now.isoformat()}"
    entries = _entries(asked, scope)
    for each in plan.described:
        again = survey_taking.plan(each.answers, each.project, questions, asked.ask, asked.survey, scope)
        project, done = survey_taking.take(again, asked.ask, asked.survey, cause, scope)  # with a key that is free now
        effects += done
        entry = _entry(each, project, entries, asked, scope)
        for before in entries:
            if before.project_id == project.id and before is not entry:
                surveys.drop_entry(scope.session, before)
        entry.project_id, entry.taken_at = project.id, scope.now
        entry.answers = dumped(survey_taking.snapshot(each.answers, project, questions, scope))
    asked.ask.answered_at = asked.ask.answered_at or scope.now
    asked.ask.finished_at, asked.ask.at_question, asked.ask.at_entry = scope.now, None, None
    return tuple(effects)


def _entry(
    each: Described, project: Project, entries: Sequence[SurveyEntry], asked: Asked, scope: Scope
) -> SurveyEntry:
    """The entry that it was described in before, in the chat or in a form, or a new one."""
    same = sorted((each for each in entries if each.project_id == project.id), key=lambda each: each.taken_at is None)
    drafts = (entry for entry in entries if entry.project_id is None)
    begun = (entry for entry in drafts if fold(str(loaded(entry.answers).get("title") or "")) == fold(each.title))
    found = next(iter(same), None) or next(begun, None)
    if found is not None:
        return found
    position = surveys.next_position(scope.session, asked.ask.id or 0)
    made = SurveyEntry(ask_id=asked.ask.id or 0, position=position, answers="{}", begun_at=scope.now)
    return surveys.add_entry(scope.session, made)

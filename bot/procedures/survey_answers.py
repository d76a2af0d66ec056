"""One answer in a survey: read as everywhere else, kept as JSON, and written as people would."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.context import Scope
from bot.domain.project import AIM_FIELDS, Funding, listed, several
from bot.domain.survey import Answers, Item
from bot.errors import UserError
from bot.language.names import fold
from bot.language.projects import BY_NAME, LONGEST, Holds, ProjectField
from bot.procedures import portfolio
from bot.procedures.finding import person_in
from bot.store import aims, groups, organisations
from bot.store.tables import Project

MOST_OFFERED = 30  # choices that are named


def read(question: Item, words: str, person: str, network_id: int, scope: Scope) -> Any:
    """What `person` has said to a question; None: unknown. Raises UserError for what cannot be understood."""
    field = BY_NAME.get(question.name)
    if field is None or field.holds is Holds.TEXT:
        return _text(question, words, network_id, scope)
    if len(words) > LONGEST:
        raise UserError("inbox.too_long", length=len(words), longest=LONGEST, what="text")
    if field.holds is Holds.PERSON:
        return person_in(words, person)
    value = field.read(words)
    if value is None or value == ():
        choices = _written(field) if field.choices else ()
        raise UserError("surveys.bad_answer", words=words, field=field, choices=choices)
    if field.holds is Holds.AIMS:
        kind = AIM_FIELDS[field.name]
        return [aim.name for aim in portfolio.aims_named(value, kind, network_id, scope)]
    if field.holds is Holds.NAMES:
        return _as_called(value, network_id, scope)
    return None if value == Funding.UNKNOWN else value


def _text(question: Item, words: str, network_id: int, scope: Scope) -> str:
    said = words.strip()
    if len(said) > LONGEST:
        raise UserError("inbox.too_long", length=len(said), longest=LONGEST, what="text")
    if question.name == "organisation":
        known = organisations.by_folded(scope.session, network_id, fold(said))
        return known.name if known else said
    return said


def _as_called(names: str, network_id: int, scope: Scope) -> str | None:
    """Fields of action as the groups are called that work on them."""
    called = {fold(name): now for name, now in groups.all_names(scope.session, network_id).items()}
    return listed(dict.fromkeys(called.get(fold(name), name) for name in several(names)))


def _written(field: ProjectField) -> tuple[tuple[str, str], ...]:
    """The choices of a field, each in German and English, without those that mean the same."""
    values = dict.fromkeys((field.choices or {}).values())
    return tuple((field.write(value, "de"), field.write(value, "en")) for value in values)


def offered(question: Item, network_id: int, scope: Scope) -> tuple[tuple[str, str], ...]:
    """What may be answered, in German and English; empty where anything may."""
    field = BY_NAME.get(question.name)
    if field is None:
        return ()
    if field.choices is not None:
        pairs = (pair for pair in _written(field) if pair[0] != "unbekannt")
        return tuple((de, "completed" if en == "done" else en) for de, en in pairs)  # „done“ ends a conversation
    if field.holds is Holds.NAMES:
        names = [group.name for group in groups.of_network(scope.session, network_id)]
        return tuple((name, name) for name in names[:MOST_OFFERED])
    if field.holds is Holds.AIMS:
        kind = AIM_FIELDS[field.name]
        known = [aim.name for aim in aims.of_network(scope.session, network_id) if aim.kind == kind]
        return tuple((name, name) for name in known[:MOST_OFFERED])
    return ()


def pointless(questions: Sequence[Item], network_id: int, scope: Scope) -> set[str]:
    """Items that nobody can answer here: goals and principles where the network has named none."""
    asked = {each.name for each in questions} & set(AIM_FIELDS)
    kinds = {aim.kind for aim in aims.of_network(scope.session, network_id)} if asked else set()
    return {name for name in asked if AIM_FIELDS[name] not in kinds}


@dataclass(frozen=True, slots=True)
class Line:
    """A question and what stands to it, for people: its name and the value in German and English.

    `wording` is the question's own. The values are „“ where nothing is known; `unknown`: that was said to be unknown.
    """

    name: str
    de: str
    en: str
    wording: str | None
    value_de: str = ""
    value_en: str = ""
    unknown: bool = False


def line(question: Item, answers: Answers | None = None) -> Line:
    """A question with what was answered to it, if anything."""
    field = BY_NAME.get(question.name)
    value = (answers or {}).get(question.name)
    unknown = answers is not None and question.name in answers and value is None
    if field is None:
        label = question.wording or question.name
        return Line(question.name, label, label, question.wording, value or "", value or "", unknown)
    de, en = (_in(field, value, language) for language in ("de", "en"))
    return Line(field.name, field.de, field.en, question.wording, de, en, unknown)


def _in(field: ProjectField, value: Any, language: str) -> str:
    if field.holds is Holds.PERCENT and value is not None:
        return f"{value} %"
    return field.write(tuple(value) if isinstance(value, list) else value, language)


def present(projects: Collection[Project], scope: Scope) -> dict[int, dict[str, Any]]:
    """What is known of projects, by field, as answers; without what is not known. A constant number of queries."""
    served = aims.of_projects(scope.session, [project.id or 0 for project in projects])
    found = {}
    for project in projects:
        known: dict[str, Any] = {
            name: getattr(project, name) for name in BY_NAME if name not in AIM_FIELDS and name != "funding"
        }
        known["funding"] = None if project.funding == Funding.UNKNOWN else project.funding
        for name, kind in AIM_FIELDS.items():
            known[name] = [aim.name for aim in served.get(project.id or 0, []) if aim.kind == kind]
        found[project.id or 0] = {name: value for name, value in known.items() if value not in (None, "", [])}
    return found


def loaded(row: str) -> dict[str, Any]:
    """The answers of an entry."""
    found: dict[str, Any] = json.loads(row)
    return found


def dumped(answers: Mapping[str, Any]) -> str:
    """The other way round."""
    return json.dumps(answers, ensure_ascii=False)

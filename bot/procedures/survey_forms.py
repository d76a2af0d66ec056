"""A survey as an Excel file to fill in, made with what is known of somebody's projects.

A row is a project. The first column says of which survey and network it is, the second the key of a project that is
there already. What becomes of a form that is filled in: `survey_filled`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.clean import unguarded
from bot.context import Scope
from bot.domain.survey import Item, Items, questions_in
from bot.effects import Document
from bot.errors import UserError
from bot.files.dropdowns import Choices, to_form
from bot.language.names import fold
from bot.language.projects import BY_NAME, Holds
from bot.language.survey_words import OWN_COLUMNS
from bot.procedures import survey_answers
from bot.procedures.survey_answers import line, loaded, pointless, present
from bot.store import networks, projects, surveys
from bot.store.surveys import Asked
from bot.store.tables import Survey

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OWN: Final = {"de": "Umfrage", "en": "Survey"}
KEY: Final = {"de": "Kürzel", "en": "Key"}
KEYS: Final = frozenset(fold(name) for name in OWN_COLUMNS) - {fold(name) for name in OWN.values()}
UNKNOWN: Final = {"de": "unbekannt", "en": "unknown"}
SPARE: Final = 20  # rows for projects that are not known yet
MOST_ROWS: Final = 300  # that one person describes in one form
INFLUENTIAL: Final = Item("influential")


# made


def form(asked: Asked, language: str, cause: str, scope: Scope) -> Document:
    """The file for who is asked: a row for each of their projects and of their drafts, and empty ones.

    `cause` is the event in which it was asked for.
    """
    questions = columns(asked.survey, scope)
    labels = [_label(each, language) for each in questions]
    network = networks.by_id(scope.session, asked.survey.network_id)
    mark = f"U{asked.survey.number} · {network.name}"
    rows = [(OWN[language], KEY[language], *labels)]
    rows += [(mark, key, *_cells(questions, known, language)) for key, known in _known(asked, scope)]
    rows += [(mark, "", *("" for _ in questions))] * SPARE
    choices = {at + 2: _choices(each, asked.survey.network_id, language, scope) for at, each in enumerate(questions)}
    notes = {at + 2: each.wording for at, each in enumerate(questions) if each.wording and not each.is_free}
    content = to_form(OWN[language], rows, choices, notes, len(rows) + MOST_ROWS)
    name = "umfrage" if language == "de" else "survey"
    key = f"survey/{asked.ask.id}/form/{cause}"
    return Document(
        person=asked.ask.person, key=key, name=f"{name}-U{asked.survey.number}.xlsx", mimetype=XLSX, content=content
    )


def columns(survey: Survey, scope: Scope) -> tuple[Item, ...]:
    """The questions of the version, without those that nobody can answer here, and which are the most influential."""
    found = questions_in(surveys.template(scope.session, survey.template_id).questions)
    left_out = pointless(found, survey.network_id, scope)
    return (*(each for each in found if each.name not in left_out), INFLUENTIAL)


def _label(question: Item, language: str) -> str:
    shown = line(question)
    return shown.de if language == "de" else shown.en


def _known(asked: Asked, scope: Scope) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """By key what is known of their projects, and what they have not confirmed yet."""
    every = projects.listed(scope.session, asked.survey.network_id, None)
    mine = [project for project in every if project.owner == asked.ask.person]
    known = present(mine, scope)
    drafts = [
        each for each in surveys.entries(scope.session, [asked.ask.id or 0])[asked.ask.id or 0] if each.taken_at is None
    ]
    said = {each.project_id: loaded(each.answers) for each in drafts if each.project_id is not None}
    for project in mine:
        yield project.key, known[project.id or 0] | said.get(project.id or 0, {})
    for draft in drafts:
        if draft.project_id is None:
            yield "", loaded(draft.answers)


def _cells(questions: Items, known: Mapping[str, Any], language: str) -> Iterator[str]:
    for each in questions:
        shown = line(each, known)
        value = shown.value_de if language == "de" else shown.value_en
        yield UNKNOWN[language] if shown.unknown else value


def _choices(question: Item, network_id: int, language: str, scope: Scope) -> Choices:
    """What a column offers; several goals or fields stand in one cell with commas, so there anything goes."""
    offered = survey_answers.offered(question, network_id, scope)
    field = BY_NAME.get(question.name)
    only = field is not None and field.holds is Holds.CHOICE
    words = [pair[0 if language == "de" else 1] for pair in offered]
    return Choices([*words, UNKNOWN[language]] if words else [], only)


# read back


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it stands in the file: its number, the survey it is of, the key, and the cells by their columns."""

    row: int
    survey: str
    key: str
    cells: Mapping[str, str]


def recognised(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the header begins as in a survey's form."""
    return bool(rows and rows[0]) and fold(unguarded(rows[0][0])) in {fold(name) for name in OWN.values()}


def read(rows: Sequence[Sequence[str]]) -> list[tuple[str, Line]]:
    """The rows in which anything stands, each with the name of its network.

    Raises UserError for a file without any, for too many, and for a header in which a name stands twice or is missing.
    """
    header = [" ".join(unguarded(cell).split()) for cell in rows[0]]
    folded = [fold(name) for name in header]
    if twice := [name for name, each in zip(header, folded, strict=True) if name and folded.count(each) > 1]:
        raise UserError("bulk.column_twice", names=list(dict.fromkeys(twice)))
    found: list[tuple[str, Line]] = []
    mark = ""
    for number, row in enumerate(rows[1:], 2):
        cells = dict(zip(header, row, strict=False))
        mark = cells.pop(header[0], "") or mark
        key = next((cells.pop(name) for name in header if name in cells and fold(name) in KEYS), "")
        if key or any(cell for name, cell in cells.items() if name):
            short, _, network = mark.partition("·")
            found.append((network.strip(), Line(number, short.strip(), key.strip(), cells)))
    if not found:
        raise UserError("surveys.empty_form")
    if len(found) > MOST_ROWS:
        raise UserError("surveys.too_many_rows", most=MOST_ROWS)
    return found

"""All that was confirmed in a survey as an Excel file, free questions included, for who coordinates."""

from typing import Final

from bot.context import Scope
from bot.domain.survey import questions_in
from bot.effects import Document
from bot.files import workbook
from bot.procedures.survey_answers import line, loaded
from bot.procedures.survey_forms import KEY, UNKNOWN, XLSX
from bot.store import projects, surveys
from bot.store.tables import Survey

WHO: Final = {"de": "Beantwortet von", "en": "Answered by"}


def table(survey: Survey, person: str, language: str, cause: str, scope: Scope) -> tuple[Document, int]:
    """The file, to this person alone, and how many projects it has; `cause` is the event in which it was asked for."""
    questions = questions_in(surveys.template(scope.session, survey.template_id).questions)
    asks = surveys.asks_of(scope.session, [survey.id or 0])
    entries = surveys.entries(scope.session, [ask.id or 0 for ask in asks])
    taken = [(ask, entry) for ask in asks for entry in entries.get(ask.id or 0, []) if entry.taken_at is not None]
    known = projects.by_ids(scope.session, {entry.project_id or 0 for _, entry in taken})
    german = language == "de"
    shown = [line(each) for each in questions]
    rows = [(WHO[language], KEY[language], *(each.de if german else each.en for each in shown))]
    for ask, entry in taken:
        answers = loaded(entry.answers)
        lines = [line(each, answers) for each in questions]
        cells = [UNKNOWN[language] if one.unknown else one.value_de if german else one.value_en for one in lines]
        project = known.get(entry.project_id or 0)
        rows.append((ask.person, project.key if project else "", *cells))
    name = f"{'umfrage' if german else 'survey'}-U{survey.number}-{'antworten' if german else 'answers'}.xlsx"
    document = Document(
        person=person,
        key=f"survey/answers/table/{cause}",
        name=name,
        mimetype=XLSX,
        content=workbook.to_json({f"U{survey.number}": rows}),
        maker="workbook",
    )
    return document, len(taken)

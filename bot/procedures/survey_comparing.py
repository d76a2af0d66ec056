"""Cohorts of different years side by side, as their people described their projects then."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from bot.context import Context
from bot.domain.survey import Cohort, Comparison, compare, questions_in
from bot.errors import UserError
from bot.language.names import fold, nearest
from bot.language.survey_words import parts
from bot.procedures.finding import number_of
from bot.procedures.survey_answers import loaded
from bot.store import surveys
from bot.store.tables import Survey, SurveyEntry

MOST: Final = 6  # columns


def comparison(words: str, ctx: Context) -> Comparison:
    """The surveys that `words` name („U1 U2“, „Staffel 1, Staffel 2“), or the latest ones; the oldest first.

    Raises UserError for what is not known, and for fewer than two, or too many.
    """
    every = surveys.of_network(ctx.session, ctx.network_id)
    found = _named(words, every) if words.strip() else list(every[:MOST])
    if not 1 < len(found) <= MOST:
        raise UserError("surveys.compare_two", known=list(reversed(every)), most=MOST)
    rows = surveys.asks_of(ctx.session, [survey.id or 0 for survey in found])
    entries = surveys.entries(ctx.session, [ask.id or 0 for ask in rows])
    templates = {row.id: row for row in surveys.templates(ctx.session, ctx.network_id)}

    def cohort(survey: Survey) -> Cohort:
        template = templates[survey.template_id]
        mine = (entry for ask in rows if ask.survey_id == survey.id for entry in entries.get(ask.id or 0, []))
        name = f"U{survey.number} · {survey.cohort}"
        return Cohort(name, template.version, questions_in(template.questions), _described(mine))

    return compare([cohort(survey) for survey in sorted(found, key=lambda each: each.number)])


def _named(words: str, every: Sequence[Survey]) -> list[Survey]:
    cohorts = {fold(each.cohort) for each in every}
    named = parts(words, lambda name: fold(name) in cohorts)
    pieces = [piece for part in named for piece in (part.split() if number_of(part.split()[0], "U") else [part])]
    return list({survey.id: survey for survey in (_one(piece, every) for piece in pieces)}.values())


def _one(name: str, every: Sequence[Survey]) -> Survey:
    number = number_of(name, "U")
    found = [each for each in every if each.number == number or fold(each.cohort) == fold(name)]
    if not found:
        close = next(iter(nearest(name, [each.cohort for each in every])), None)
        raise UserError("surveys.no_survey", name=name, close=close)
    return found[0]


def _described(entries: Iterable[SurveyEntry]) -> list[dict[str, Any]]:
    """Each project once, however many people have described it: what somebody knows wins over what nobody does."""
    found: dict[int, dict[str, Any]] = {}
    taken = (entry for entry in entries if entry.taken_at is not None and entry.project_id is not None)
    for entry in sorted(taken, key=lambda each: (each.taken_at, each.id)):
        said = loaded(entry.answers)
        one = found.setdefault(entry.project_id or 0, {})
        one.update({name: value for name, value in said.items() if value is not None or name not in one})
    return list(found.values())

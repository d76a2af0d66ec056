"""What a survey asks in the direct chat, step by step, as texts."""

from dataclasses import dataclass

from bot.domain.survey import CONFIRM, INFLUENTIAL, PICK, SAME, Item
from bot.procedures import survey_answers
from bot.procedures.survey_answers import line, loaded
from bot.procedures.survey_state import MAYBE, Talk, known_of, open_ones, plan
from bot.store import projects
from bot.store.tables import SurveyEntry
from bot.texts import Text, text


@dataclass(frozen=True, slots=True)
class Put:
    """A question as it is put: the how manyeth it is, what may be answered (German, English), what is known so far."""

    line: survey_answers.Line
    number: int
    count: int
    offered: tuple[tuple[str, str], ...]
    known: survey_answers.Line
    first: bool
    free: bool


def asking(talk: Talk, said: Text | None) -> Text:
    """What is asked where somebody is; `said` stands before it."""
    step, entry = talk.ask.at_question or PICK, talk.entry()
    if step == INFLUENTIAL:
        return text("surveytalk.influential", said=said, mine=[project for _, project in talk.described()])
    if step == PICK or entry is None:
        done = len(talk.described())
        return text("surveytalk.pick", said=said, survey=talk.survey, open=open_ones(talk), done=done)
    if step == SAME:
        answers = loaded(entry.answers)
        maybe = projects.project(talk.ctx.session, int(answers[MAYBE]))
        return text("surveytalk.same", said=said, title=answers["title"], project=maybe)
    if step == CONFIRM:
        return text("surveytalk.confirm", said=said, plan=plan(talk, entry))
    return text("surveytalk.question", said=said, put=_put(talk, entry, step))


def _put(talk: Talk, entry: SurveyEntry, step: str) -> Put:
    names = [each.name for each in talk.questions if each.name not in talk.skipped()]
    question = talk.question(step) or Item(step)
    known = loaded(entry.answers)
    if question.name not in known:
        known = known_of(talk, entry)
    return Put(
        line=line(question),
        number=names.index(step) + 1 if step in names else len(names),
        count=len(names),
        offered=survey_answers.offered(question, talk.survey.network_id, talk.ctx),
        known=line(question, {step: known[step]} if step in known else {}),
        first=bool(names) and step == names[0],
        free=question.is_free,
    )

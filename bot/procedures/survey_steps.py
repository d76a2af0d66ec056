"""The steps of a survey in the direct chat: which project, is it that one, each question, the confirmation, the end."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.survey import CONFIRM, INFLUENTIAL, PICK, SAME, Item, following, preceding
from bot.errors import UserError
from bot.language.names import match
from bot.language.projects import PHASES
from bot.language.survey_words import Control, field_called, numbers_among, read_control
from bot.language.votes import read_choice
from bot.procedures import portfolio, survey_answers, survey_taking
from bot.procedures.survey_answers import dumped, line, loaded
from bot.procedures.survey_same import Known
from bot.procedures.survey_state import (
    MAYBE,
    NOT_THAT,
    READY,
    Outcome,
    Talk,
    draft,
    known_of,
    open_ones,
    plan,
    said_of,
)
from bot.store import projects, surveys
from bot.store.tables import Project, SurveyEntry
from bot.texts import Text, text


def taken(talk: Talk, words: str, control: Control | None) -> Outcome:
    """Take what was said at the step where somebody is, and move on. Raises UserError for what cannot be taken."""
    step = talk.ask.at_question or PICK
    entry = talk.entry()
    if entry is None or step in (PICK, INFLUENTIAL):
        return _influential(talk, words, control) if step == INFLUENTIAL else _pick(talk, words, control)
    if step == SAME:
        return _same(talk, entry, words, control)
    if step == CONFIRM:
        return _confirm(talk, entry, words, control)
    return _question(talk, entry, step, words, control)


# which project


def _pick(talk: Talk, words: str, control: Control | None) -> Outcome:
    if control is Control.DONE or control is Control.NONE:
        return _to_the_end(talk)
    if control in (Control.UNKNOWN, Control.SKIP):
        raise UserError("surveytalk.which_project")
    if control is not None or not words:
        return Outcome()
    offered = open_ones(talk)
    if words.isdecimal() and 1 <= int(words[:4]) <= len(offered):
        return _about(talk, offered[int(words[:4]) - 1])
    title = survey_answers.read(Item("title"), words, talk.ask.person, talk.survey.network_id, talk.ctx)
    known = Known(projects.listed(talk.ctx.session, talk.survey.network_id, None))
    found = known.exactly(title)
    if found is not None and found.owner == talk.ask.person:
        return _about(talk, found)
    entry = talk.unbound() or talk.new_entry()
    like = found or known.like(title)
    entry.answers = dumped({**loaded(entry.answers), "title": title})
    if like is not None:
        entry.answers = dumped({**loaded(entry.answers), MAYBE: like.id})
        talk.go(SAME, entry)
        return Outcome()
    talk.go(following(talk.questions, "", talk.skipped()), entry)
    said = line(Item("title"), {"title": title})
    return Outcome(text("surveytalk.noted", line=said, known=said))


def _about(talk: Talk, project: Project) -> Outcome:
    """They describe a project that is there: they go on with their draft of it, or begin another."""
    entry = draft(talk, project.id or 0, talk.unbound() or talk.new_entry(), {})
    talk.go(following(talk.questions, "", talk.skipped()), entry)
    return Outcome(text("surveytalk.about", project=project))


def _same(talk: Talk, entry: SurveyEntry, words: str, control: Control | None) -> Outcome:
    """„Meinten Sie …?“ is answered."""
    answers = loaded(entry.answers)
    if control is Control.BACK:
        talk.go(PICK, entry)
        return Outcome()
    choice = read_choice(words)[0]
    if choice not in ("yes", "no"):
        raise UserError("surveytalk.yes_or_no")
    maybe = int(answers.pop(MAYBE, 0))
    ready = answers.pop(READY, False)
    if choice == "yes":
        del answers["title"]
        draft(talk, maybe, entry, answers)
    else:
        entry.answers = dumped({**answers, NOT_THAT: [*answers.get(NOT_THAT, []), maybe]})
    talk.go(CONFIRM if ready else following(talk.questions, "", talk.skipped()), entry)
    if choice == "yes":
        return Outcome(text("surveytalk.about", project=projects.project(talk.ctx.session, maybe)))
    return Outcome(text("surveytalk.another_then"))


# a question


def _question(talk: Talk, entry: SurveyEntry, step: str, words: str, control: Control | None) -> Outcome:
    question = talk.question(step)
    if question is None:  # no version ever changes, so this is none of its questions
        talk.go(CONFIRM, entry)
        return Outcome()
    match control:
        case Control.BACK:
            _back(talk, entry, preceding(talk.questions, step, talk.skipped()))
            return Outcome()
        case Control.DONE if step == "phase" and match(words, PHASES) is not None:
            raise UserError("surveytalk.done_or_phase")
        case Control.DONE | Control.ANOTHER:
            talk.go(CONFIRM, entry)
            return Outcome()
        case Control.DISCARD:
            return _discard(talk, entry)
    said = noted(talk, entry, question, words)
    talk.go(following(talk.questions, step, talk.skipped()), entry)
    return Outcome(said)


def _back(talk: Talk, entry: SurveyEntry, step: str) -> None:
    """To an earlier step. A draft that says nothing yet of a project that is there is none."""
    before = [each for each in talk.about(entry.project_id) if each.id != entry.id] if entry.project_id else None
    if step == PICK and before is not None and loaded(entry.answers) == said_of(before):
        surveys.drop_entry(talk.ctx.session, entry)
        talk.go(PICK)
    else:
        talk.go(step, entry)


def noted(talk: Talk, entry: SurveyEntry, question: Item, words: str) -> Text:
    """An answer is kept, or that there is none. Raises UserError for what cannot be understood."""
    answers, control = loaded(entry.answers), read_control(words)
    if question.name == "title" and entry.project_id is None and control is not None:
        raise UserError("surveytalk.untitled")
    if control in (Control.SKIP, Control.NONE):
        answers.pop(question.name, None)
    elif control is Control.UNKNOWN:
        answers[question.name] = None
    else:
        network_id = talk.survey.network_id
        answers[question.name] = survey_answers.read(question, words, talk.ask.person, network_id, talk.ctx)
    entry.answers = dumped(answers)
    return text("surveytalk.noted", line=line(question, answers), known=line(question, known_of(talk, entry)))


def _discard(talk: Talk, entry: SurveyEntry) -> Outcome:
    """The draft goes; what was taken over before stays as it is."""
    surveys.drop_entry(talk.ctx.session, entry)
    talk.go(PICK)
    return Outcome(text("surveytalk.discarded"))


# what is taken over


def _confirm(talk: Talk, entry: SurveyEntry, words: str, control: Control | None) -> Outcome:
    name, colon, value = words.partition(":")
    field = field_called(name) if colon else None
    question = talk.question(field.name) if field else None
    if question is not None:
        return Outcome(noted(talk, entry, question, value.strip()))
    if control is Control.BACK:
        talk.go(preceding(talk.questions, "", talk.skipped()), entry)
        return Outcome()
    if control is Control.DISCARD:
        return _discard(talk, entry)
    if read_choice(words)[0] != "yes":
        raise UserError("surveytalk.confirm_how")
    return _take(talk, entry)


def _take(talk: Talk, entry: SurveyEntry) -> Outcome:
    answers = loaded(entry.answers)
    if entry.project_id is None and (like := _come_since(talk, answers)) is not None:
        entry.answers = dumped({**answers, MAYBE: like.id, READY: True})
        talk.go(SAME, entry)
        return Outcome()
    wanted = plan(talk, entry)
    project, effects = survey_taking.take(wanted, talk.ask, talk.survey, talk.ctx.message.event_id, talk.ctx)
    for before in talk.about(project.id or 0):
        if before.id != entry.id:
            surveys.drop_entry(talk.ctx.session, before)
    entry.project_id, entry.taken_at = project.id, talk.ctx.now
    entry.answers = dumped(survey_taking.snapshot(answers, project, talk.questions, talk.ctx))
    talk.go(PICK)
    return Outcome(text("surveytalk.taken", plan=wanted, project=project), effects)


def _come_since(talk: Talk, answers: Mapping[str, Any]) -> Project | None:
    """A project that is much the same, and that nobody has asked about: somebody else may have described it since."""
    known = Known(projects.listed(talk.ctx.session, talk.survey.network_id, None))
    title, but = str(answers["title"]), answers.get(NOT_THAT, [])
    found = known.exactly(title)
    return found if found is not None and found.id not in but else known.like(title, but)


# the end


def _to_the_end(talk: Talk) -> Outcome:
    """Drafts that were left come first: nothing that somebody has said goes under."""
    left = next((each for each in talk.every() if each.taken_at is None), None)
    if left is not None:
        talk.go(CONFIRM, left)
        return Outcome()
    if len(talk.described()) > 1:
        talk.go(INFLUENTIAL)
        return Outcome()
    return _finish(talk, None)


def _influential(talk: Talk, words: str, control: Control | None) -> Outcome:
    """Which of several projects are the most influential. Not to say is no „no“."""
    if control is Control.BACK:
        talk.go(PICK)
        return Outcome()
    if control in (Control.SKIP, Control.UNKNOWN, Control.DONE):
        return _finish(talk, None)
    mine = [project for _, project in talk.described()]
    named = [(each.key, each.title or each.key) for each in mine]
    chosen, unknown = ([], None) if control is Control.NONE else numbers_among(words, named)
    if unknown is not None:
        raise UserError("surveytalk.which_influential", words=unknown)
    chosen_ids = {mine[each].id for each in chosen}
    for project in mine:
        said = {"influential": project.id in chosen_ids}
        if project.influential is None or survey_taking.may_change(project, talk.ask.person, talk.ctx):
            portfolio.change(project, said, talk.ask.person, talk.ctx.message.event_id, talk.ctx)
    return _finish(talk, [project for project in mine if project.id in chosen_ids])


def _finish(talk: Talk, influential: Sequence[Project] | None) -> Outcome:
    talk.ask.finished_at = talk.ctx.now
    talk.go(None)
    done = [project for _, project in talk.described()]
    prefix = talk.ctx.house.prefix
    return Outcome(
        text("surveytalk.finished", survey=talk.survey, taken=done, influential=influential or [], prefix=prefix)
    )

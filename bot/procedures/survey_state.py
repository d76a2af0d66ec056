"""Where somebody is in a survey: the rows, the steps to go to, and what is described so far."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.context import Context
from bot.domain.survey import Item, Items
from bot.effects import Effect
from bot.errors import UserError
from bot.procedures import survey_taking
from bot.procedures.survey_answers import dumped, loaded, pointless, present
from bot.store import projects, surveys
from bot.store.tables import Project, Survey, SurveyAsk, SurveyEntry
from bot.texts import Text

MOST_PROJECTS: Final = 100  # that one person describes in one survey
NOT_THAT: Final = "?not"  # in the answers of a draft: projects that it is not, by database ID
READY: Final = "?ready"  # in the answers of a draft that is to be confirmed next, whatever was not answered
MAYBE: Final = "?maybe"  # in the answers of a draft: the project that it may be


@dataclass(frozen=True, slots=True)
class Talk:
    """Where somebody is in a survey: the rows, and the scope to go on in."""

    ask: SurveyAsk
    survey: Survey
    questions: Items
    ctx: Context

    def question(self, step: str) -> Item | None:
        """The question of this name; None for a step that is none."""
        return next((each for each in self.questions if each.name == step), None)

    def entry(self) -> SurveyEntry | None:
        """The project that is described now."""
        return surveys.entry(self.ctx.session, self.ask.id or 0, self.ask.at_entry) if self.ask.at_entry else None

    def go(self, step: str | None, entry: SurveyEntry | None = None) -> None:
        """From now on they are there."""
        self.ask.at_question, self.ask.at_entry = step, entry.position if entry else None

    def skipped(self) -> set[str]:
        """Items that are not put: the title is asked for by `PICK`."""
        return {"title"} | pointless(self.questions, self.survey.network_id, self.ctx)

    def mine(self) -> list[Project]:
        """The living projects of who is asked."""
        every = projects.listed(self.ctx.session, self.survey.network_id, None)
        return [project for project in every if project.owner == self.ask.person]

    def every(self) -> list[SurveyEntry]:
        """All that they have described, drafts too."""
        return surveys.entries(self.ctx.session, [self.ask.id or 0])[self.ask.id or 0]

    def about(self, project_id: int) -> list[SurveyEntry]:
        """What they have described of one project: what was taken over, a draft, or both."""
        return [entry for entry in self.every() if entry.project_id == project_id]

    def unbound(self) -> SurveyEntry | None:
        """The draft they are at, if it is about no project yet that is there."""
        entry = self.entry()
        return entry if entry is not None and entry.taken_at is None and entry.project_id is None else None

    def described(self) -> list[tuple[SurveyEntry, Project]]:
        """What was taken over in this survey, with what it has become."""
        done = [row for row in self.every() if row.taken_at is not None and row.project_id is not None]
        found = projects.by_ids(self.ctx.session, [row.project_id or 0 for row in done])
        return [(row, found[row.project_id or 0]) for row in done if row.project_id in found]

    def new_entry(self) -> SurveyEntry:
        """Room for another project. Raises UserError for too many."""
        position = surveys.next_position(self.ctx.session, self.ask.id or 0)
        if position > MOST_PROJECTS:
            raise UserError("surveytalk.too_many", most=MOST_PROJECTS)
        made = SurveyEntry(ask_id=self.ask.id or 0, position=position, answers="{}", begun_at=self.ctx.now)
        return surveys.add_entry(self.ctx.session, made)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was understood, and what else is to be done."""

    said: Text | None = None
    effects: tuple[Effect, ...] = ()


def open_ones(talk: Talk) -> list[Project]:
    """Their projects that they have not described yet."""
    done = {project.id for _, project in talk.described()}
    return [project for project in talk.mine() if project.id not in done]


def plan(talk: Talk, entry: SurveyEntry) -> survey_taking.Plan:
    """What the answers would do by now."""
    project = projects.project(talk.ctx.session, entry.project_id) if entry.project_id else None
    said = loaded(entry.answers)
    return survey_taking.plan(said, project, talk.questions, talk.ask, talk.survey, talk.ctx)


def known_of(talk: Talk, entry: SurveyEntry) -> dict[str, Any]:
    """What is known of the project that is described; nothing of a new one."""
    if entry.project_id is None:
        return {}
    return present([projects.project(talk.ctx.session, entry.project_id)], talk.ctx)[entry.project_id]


def draft(talk: Talk, project_id: int, begun: SurveyEntry, said: Mapping[str, Any]) -> SurveyEntry:
    """The draft in which a project is described, with what was `said` already.

    What was taken over of it before is copied, so that it holds until the new answers are confirmed.
    """
    before = [each for each in talk.about(project_id) if each.id != begun.id]
    begun.answers, begun.project_id = dumped({**said_of(before), **said}), project_id
    for each in before:
        if each.taken_at is None:
            surveys.drop_entry(talk.ctx.session, each)
    return begun


def said_of(entries: Iterable[SurveyEntry]) -> dict[str, Any]:
    """What was said of a project by now, a draft after what was taken over."""
    ordered = sorted(entries, key=lambda each: each.taken_at is None)
    return {name: value for each in ordered for name, value in loaded(each.answers).items()}

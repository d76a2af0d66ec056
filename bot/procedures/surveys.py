"""A survey from its opening to its close: its template, who is asked, reminded, and told; who has answered.

Lateness: a reminder that was missed is dropped once the deadline has come; a survey is closed late rather than never.
It is over when it is closed: the clock does that only when all that was said until the deadline has been heard.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.context import Context, Scope
from bot.domain.survey import Items, questions_in, reminder_at, written
from bot.effects import Direct, Effect
from bot.language.names import fold
from bot.language.survey_words import USUAL
from bot.procedures import standing, survey_people
from bot.procedures.survey_answers import pointless
from bot.procedures.survey_people import Concerned
from bot.procedures.survey_talk import KEY
from bot.store import networks, progress, surveys
from bot.store.surveys import Asked
from bot.store.tables import Survey, SurveyAsk, SurveyTemplate
from bot.texts import Text, text

ANSWERABLE: Final = timedelta(days=180)  # an invitation without a deadline


class Progress(StrEnum):
    """How far somebody is with a survey."""

    COMPLETE = "complete"
    BEGUN = "begun"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Respondent:
    """Somebody who is asked: how many projects they have described, confirmed and not; `gone`: left the network."""

    ask: SurveyAsk
    taken: int
    drafts: int
    gone: bool

    @property
    def progress(self) -> Progress:
        """How far they are."""
        if self.ask.finished_at is not None:
            return Progress.COMPLETE
        return Progress.BEGUN if self.ask.answered_at is not None or self.taken or self.drafts else Progress.NOTHING


@dataclass(frozen=True, slots=True)
class Overview:
    """A survey with everybody whom it asks."""

    survey: Survey
    version: int
    people: Sequence[Respondent]

    def counted(self, progress: str) -> int:
        """How many are so far („complete“, „begun“, „nothing“)."""
        return sum(each.progress == progress for each in self.people)

    @property
    def projects(self) -> int:
        """How many projects were taken over."""
        return sum(each.taken for each in self.people)

    @property
    def drafts(self) -> int:
        """How many were described and not confirmed."""
        return sum(each.drafts for each in self.people)


def newest_template(ctx: Context) -> SurveyTemplate:
    """The version that is used where none is named; the usual questions are version 1."""
    found = surveys.templates(ctx.session, ctx.network_id)
    return found[0] if found else new_template(USUAL, ctx)


def new_template(questions: Items, ctx: Context) -> SurveyTemplate:
    """A further version. Those before it stay as they are, for the surveys that have used them."""
    known = surveys.templates(ctx.session, ctx.network_id)
    if not known and questions != USUAL:
        known = [new_template(USUAL, ctx)]
    name = "Status quo"
    made = SurveyTemplate(
        network_id=ctx.network_id,
        name=name,
        folded=fold(name),
        version=(known[0].version if known else 0) + 1,
        questions=written(questions),
        created_by=ctx.person,
        created_at=ctx.now,
    )
    return surveys.add_template(ctx.session, made)


def open_survey(
    cohort: str, asked: Concerned, due_at: datetime, template: SurveyTemplate, room_id: str, ctx: Context
) -> tuple[Survey, tuple[Effect, ...]]:
    """Ask a cohort; new projects will belong to this room. Everybody gets one direct message."""
    survey = Survey(
        network_id=ctx.network_id,
        number=networks.next_number(ctx.session, ctx.network_id, "U"),
        template_id=template.id or 0,
        cohort=cohort,
        room_id=room_id,
        due_at=due_at,
        opened_by=ctx.person,
        opened_at=ctx.now,
    )
    asks = [
        SurveyAsk(survey_id=0, person=person, organisation_id=organisation_id, asked_at=ctx.now)
        for person, organisation_id in asked.people.items()
    ]
    surveys.add(ctx.session, survey, asks)
    questions = questions_in(template.questions)
    count = len(questions) - len(pointless(questions, ctx.network_id, ctx))
    said = text("surveys.invited", survey=survey, count=count, prefix=ctx.house.prefix)
    return survey, tuple(_asking(ask, survey, "invitation", said, ctx) for ask in asks)


def _asking(ask: SurveyAsk, survey: Survey, what: str, said: Text, scope: Scope) -> Effect:
    """A message to who is asked; a yes to it begins, or goes on."""
    return Direct(
        person=ask.person,
        key=f"{KEY}{ask.id}/{what}",
        text=said,
        resume=f"umfrage weiter U{survey.number}",
        resume_until=survey.due_at or scope.now + ANSWERABLE,
        network_id=survey.network_id,
        subject=f"{KEY}{ask.id}",
        language=scope.language_of(survey.room_id),
    )


def remind_at(survey: Survey, scope: Scope) -> datetime | None:
    """When those who have not finished are reminded (UTC); None: it was opened later than that."""
    if survey.due_at is None:
        return None
    zone = scope.network_zone(survey.network_id)
    return reminder_at(survey.due_at, survey.opened_at, zone, scope.land_of(survey.network_id))


def reminding(survey: Survey) -> str:
    """The schedule of its reminder, as occurrences know it."""
    return f"survey.remind {survey.id}"


def remind(survey: Survey, scope: Scope) -> tuple[Effect, ...]:
    """Remind those who have not finished, and belong to the network still."""
    if survey.closed_at is not None or survey.due_at is None or survey.due_at <= scope.now:
        return ()
    found = overview(survey, scope)
    due = survey.due_at.isoformat()
    texts = {
        each: text("surveys.reminder", survey=survey, begun=each is Progress.BEGUN, prefix=scope.house.prefix)
        for each in (Progress.BEGUN, Progress.NOTHING)
    }
    missing = [each for each in found.people if each.progress is not Progress.COMPLETE and not each.gone]
    return tuple(_asking(each.ask, survey, f"reminder/{due}", texts[each.progress], scope) for each in missing)


def extend(survey: Survey, due_at: datetime, ctx: Context) -> tuple[Effect, ...]:
    """Another deadline; those who have not finished are told, which is their reminder if it is near."""
    survey.due_at = due_at
    at = remind_at(survey, ctx)
    if at is not None and at <= ctx.now:
        progress.claim_occurrence(ctx.session, reminding(survey), at, ctx.now)
    said = text("surveys.extended_for_you", survey=survey, prefix=ctx.house.prefix)
    missing = [each for each in overview(survey, ctx).people if each.progress is not Progress.COMPLETE]
    what = f"extended/{ctx.message.event_id}"
    return tuple(_asking(each.ask, survey, what, said, ctx) for each in missing if not each.gone)


def close(survey: Survey, scope: Scope, by: str | None = None) -> tuple[Effect, ...]:
    """No more answers: what was confirmed is taken over already, drafts stay as they are, and their people are told.

    `by` is who closed it; at its deadline those who coordinate are told what came of it.
    """
    survey.closed_at = scope.now
    found = overview(survey, scope)
    for each in found.people:
        each.ask.at_question = each.ask.paused_at = None
    told = [
        Direct(
            person=each.ask.person,
            key=f"{KEY}{each.ask.id}/closed",
            text=text("surveys.closed_for_you", survey=survey, taken=each.taken, drafts=each.drafts),
            network_id=survey.network_id,
            language=scope.language_of(survey.room_id),
        )
        for each in found.people
        if each.drafts and not each.gone
    ]
    if by is not None:
        return tuple(told)
    return (*told, *(_summary(person, found, scope) for person in _in_charge(survey, scope)))


def _summary(person: str, found: Overview, scope: Scope) -> Effect:
    return Direct(
        person=person,
        key=f"{KEY}over/{found.survey.id}/{person}",
        text=text("surveys.ended", found=found, prefix=scope.house.prefix),
        network_id=found.survey.network_id,
        language=scope.language_of(found.survey.room_id),
    )


def _in_charge(survey: Survey, scope: Scope) -> Collection[str]:
    """Who has opened it, if they coordinate still; else all who do."""
    coordinators = standing.coordinators(survey.network_id, scope)
    return [survey.opened_by] if survey.opened_by in coordinators else coordinators


def overview(survey: Survey, scope: Scope) -> Overview:
    """A survey with everybody whom it asks."""
    return overviews([survey], scope)[0]


def overviews(found: Sequence[Survey], scope: Scope) -> list[Overview]:
    """Surveys of one network with everybody whom they ask; a constant number of queries."""
    if not found:
        return []
    asks = surveys.asks_of(scope.session, [survey.id or 0 for survey in found])
    entries = surveys.entries(scope.session, [ask.id or 0 for ask in asks])
    here = survey_people.members(found[0].network_id, scope)
    versions = {row.id: row.version for row in surveys.templates(scope.session, found[0].network_id)}

    def respondent(ask: SurveyAsk) -> Respondent:
        mine = entries.get(ask.id or 0, [])
        taken = sum(entry.taken_at is not None for entry in mine)
        return Respondent(ask, taken, len(mine) - taken, gone=ask.person not in here)

    return [
        Overview(each, versions[each.template_id], [respondent(ask) for ask in asks if ask.survey_id == each.id])
        for each in found
    ]


def mine(ctx: Context) -> list[Asked]:
    """The open surveys of this network that ask who speaks, the latest first."""
    found = surveys.open_of_person(ctx.session, ctx.person)
    return [each for each in found if each.survey.network_id == ctx.network_id]

"""`!umfrage`: the status-quo survey before a cohort's workshops: open it, answer it, see who has, compare cohorts."""

from collections.abc import Callable
from typing import Any

from bot.command import Command, Form, W
from bot.context import Context
from bot.domain.roles import Role
from bot.domain.survey import questions_in
from bot.effects import Answer, Reply
from bot.errors import UserError
from bot.language.names import fold
from bot.language.survey_words import LONGEST_COHORT, read_template
from bot.procedures import bulk, survey_comparing, survey_forms, survey_people, survey_table, survey_talk, surveys
from bot.procedures.asking import read_date
from bot.procedures.file_kinds import SurveyForms
from bot.procedures.finding import number_of, survey_numbered
from bot.procedures.survey_answers import line as shown_line
from bot.store import rooms
from bot.store import surveys as store
from bot.store.surveys import Asked
from bot.store.tables import SurveyTemplate
from bot.texts import text
from commands.consulting import free_day
from commands.survey_values import (
    DUE,
    File,
    Mine,
    New,
    One,
    Until,
    Which,
    Words,
    room_meant,
    survey_meant,
    version_meant,
)

NEW = frozenset({"neu", "new"})


def new(args: New, ctx: Context) -> Answer:
    """Open a survey: everybody is asked by direct message."""
    cohort = " ".join(args.cohort.split())
    if len(cohort) > LONGEST_COHORT:
        raise UserError("inbox.too_long", length=len(cohort), longest=LONGEST_COHORT, what="title")
    template = version_meant(args.template, ctx)
    room_id = room_meant(args.group, ctx)
    asked = survey_people.concerned(args.whom, ctx)
    due = read_date(args.due, ctx, DUE.folded())
    survey, effects = surveys.open_survey(cohort, asked, due.at, template, room_id, ctx)
    said = text(
        "survey.opened",
        survey=survey,
        version=template.version,
        asked=asked,
        room=rooms.find(ctx.session, room_id),
        remind_at=surveys.remind_at(survey, ctx),
        assumed_time=due.assumed_time,
        free_day=free_day(due, ctx),
        prefix=ctx.house.prefix,
    )
    return (Reply(said), *effects)


def template(args: Words, ctx: Context) -> Answer:
    """Show the questions of the newest version, or write another one."""
    first, _, below = args.words.strip().partition("\n")
    verb, _, inline = first.partition(" ")
    if not args.words.strip():
        return _shown(surveys.newest_template(ctx), ctx)
    if fold(verb) not in NEW:
        return _shown(version_meant(first, ctx), ctx)
    written = f"{inline}\n{below}".strip()
    if not written:
        raise UserError("survey.template_how", prefix=ctx.house.prefix)
    return _shown(surveys.new_template(read_template(written), ctx), ctx, made=True)


def _shown(row: SurveyTemplate, ctx: Context, *, made: bool = False) -> Answer:
    lines = [shown_line(each) for each in questions_in(row.questions)]
    versions = len(store.templates(ctx.session, ctx.network_id))
    return text(
        "survey.template", version=row.version, versions=versions, lines=lines, made=made, prefix=ctx.house.prefix
    )


def compare(args: Which, ctx: Context) -> Answer:
    """Cohorts side by side."""
    return text("survey.compared", found=survey_comparing.comparison(args.words, ctx))


def form(args: Mine, ctx: Context) -> Answer:
    """Send the form to fill in, to the direct chat."""
    asked = survey_meant(args.short, ctx)
    document = survey_forms.form(asked, ctx.language, ctx.message.event_id, ctx)
    return (Reply(text("survey.form", survey=asked.survey, name=document.name, prefix=ctx.house.prefix)), document)


def go_on(args: Mine, ctx: Context) -> Answer:
    """Begin with the questions, or go on where one was."""
    return survey_talk.begin(survey_meant(args.short, ctx), ctx)


def read_in(args: File, ctx: Context) -> Answer:
    """Take a form over whose preview was confirmed."""
    if not (args.number.isascii() and args.number.isdigit() and len(args.number) <= 9):
        raise UserError("bulk.unknown", prefix=ctx.house.prefix)
    return bulk.confirm(int(args.number), args.seen, SurveyForms.confirmed_with, ctx)


def answers(args: One, ctx: Context) -> Answer:
    """All answers as a file, to the direct chat."""
    survey = survey_numbered(args.short, ctx)
    document, count = survey_table.table(survey, ctx.person, ctx.language, ctx.message.event_id, ctx)
    return (Reply(text("survey.answers", survey=survey, name=document.name, count=count)), document)


def close(args: One, ctx: Context) -> Answer:
    """No more answers."""
    survey = survey_numbered(args.short, ctx)
    if survey.closed_at is not None:
        raise UserError("surveys.over", survey=survey, prefix=ctx.house.prefix)
    effects = surveys.close(survey, ctx, by=ctx.person)
    return (Reply(text("survey.closed", found=surveys.overview(survey, ctx), prefix=ctx.house.prefix)), *effects)


def extend(args: Until, ctx: Context) -> Answer:
    """Another deadline."""
    survey = survey_numbered(args.short, ctx)
    if survey.closed_at is not None:
        raise UserError("surveys.over", survey=survey, prefix=ctx.house.prefix)
    due = read_date(args.until, ctx)
    effects = surveys.extend(survey, due.at, ctx)
    remind_at = surveys.remind_at(survey, ctx)
    later = remind_at if remind_at and remind_at > ctx.now else None
    said = text(
        "survey.extended",
        survey=survey,
        told=len(effects),
        remind_at=later,
        assumed_time=due.assumed_time,
        free_day=free_day(due, ctx),
    )
    return (Reply(said), *effects)


def show(args: Mine, ctx: Context) -> Answer:
    """Coordinators see who has answered, everybody else what asks them."""
    if ctx.role is not Role.COORDINATOR:
        mine = [each for each in surveys.mine(ctx) if args.short is None or _is(each, args.short)]
        return text("survey.mine", mine=mine, prefix=ctx.house.prefix)
    alone = ctx.room.direct_with is not None
    if args.short is not None:
        found = surveys.overview(survey_numbered(args.short, ctx), ctx)
        return text("survey.shown", found=found, alone=alone, prefix=ctx.house.prefix)
    every = surveys.overviews(store.of_network(ctx.session, ctx.network_id), ctx)
    running = [each for each in every if each.survey.closed_at is None]
    mine = surveys.mine(ctx)
    past = [each for each in every if each.survey.closed_at is not None]
    return text("survey.list", running=running, past=past, alone=alone, mine=mine, prefix=ctx.house.prefix)


def _is(asked: Asked, short: str) -> bool:
    return number_of(short, "U") == asked.survey.number


def _step(verb: W, args: type[Any], run: Callable[[Any, Context], Answer], does: W, *examples: W) -> Form:
    """`!umfrage U1 schließen` and its like."""
    return Form(
        verb=verb,
        after_key=True,
        args=args,
        run=run,
        needs=Role.COORDINATOR,
        does=does,
        examples=examples,
        listed=False,
    )


COMMAND = Command(
    W("umfrage", "survey", ("umfragen", "surveys", "statusquo", "status-quo")),
    (
        Form(
            verb=W("neu", "new"),
            args=New,
            run=new,
            needs=Role.COORDINATOR,
            does=W("fragt eine Staffel nach ihren Projekten", "asks a cohort about its projects"),
            examples=(
                W(
                    "umfrage neu Staffel 1\nWen: Verantwortliche\nFrist: Ende Juni",
                    "survey new Cohort 1\nWhom: owners\nDeadline: end of June",
                ),
            ),
        ),
        Form(
            verb=W("vorlage", "template", ("fragen", "questions")),
            listed=False,
            args=Words,
            run=template,
            needs=Role.COORDINATOR,
            does=W("zeigt die Fragen, oder schreibt eine neue Fassung", "shows the questions, or writes a new version"),
            examples=(
                W("umfrage vorlage", "survey template"),
                W(
                    "umfrage vorlage neu\nTitel\nZiel: Was soll besser werden?\nProjektstatus\nFrage: Was fehlt Ihnen?",
                    "survey template new\nTitle\nGoal: What is to get better?\nPhase\nQuestion: What do you lack?",
                ),
            ),
        ),
        Form(
            verb=W("vergleich", "compare", ("vergleichen", "comparison")),
            listed=False,
            args=Which,
            run=compare,
            needs=Role.MEMBER,
            does=W("stellt Staffeln nebeneinander", "puts cohorts side by side"),
            examples=(W("umfrage vergleich", "survey compare"), W("umfrage vergleich U1 U2", "survey compare U1 U2")),
        ),
        Form(
            verb=W("formular", "form", ("datei", "file", "excel")),
            listed=False,
            args=Mine,
            run=form,
            needs=Role.MEMBER,
            does=W("schickt Ihnen die Umfrage als Excel-Datei", "sends you the survey as an Excel file"),
            examples=(W("umfrage formular", "survey form"),),
        ),
        Form(
            verb=W("weiter", "continue", ("beginnen", "starten", "start", "begin", "fortsetzen", "resume")),
            listed=False,
            args=Mine,
            run=go_on,
            needs=Role.MEMBER,
            does=W("stellt Ihnen die Fragen, oder macht weiter", "asks you the questions, or goes on"),
            examples=(W("umfrage weiter", "survey continue"),),
        ),
        Form(
            verb=W("einlesen", "import"),
            listed=False,
            args=File,
            run=read_in,
            needs=Role.MEMBER,
            does=W("übernimmt ein Formular, das Sie abgelegt haben", "takes over a form that you have dropped"),
            examples=(W("umfrage einlesen 1", "survey import 1"),),
        ),
        _step(
            W("antworten", "answers", ("export",)),
            One,
            answers,
            W("schickt Ihnen alle Antworten als Excel-Datei", "sends you all answers as an Excel file"),
            W("umfrage U1 antworten", "survey U1 answers"),
        ),
        _step(
            W("schließen", "close", ("beenden", "end")),
            One,
            close,
            W("beendet eine Umfrage", "ends a survey"),
            W("umfrage U1 schließen", "survey U1 close"),
        ),
        _step(
            W("verlängern", "extend", ("frist", "deadline")),
            Until,
            extend,
            W("gibt ihr eine andere Frist", "gives it another deadline"),
            W("umfrage U1 verlängern Ende Juni", "survey U1 extend end of June"),
        ),
        Form(
            args=Mine,
            run=show,
            needs=Role.MEMBER,
            does=W("zeigt die Umfragen und wer geantwortet hat", "shows surveys, and who has answered"),
            examples=(W("umfrage", "survey"), W("umfrage U1", "survey U1")),
        ),
    ),
)

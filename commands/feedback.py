"""`!feedback` and the owner's `!antwort` (Mainz: feedback of all parties on each project, and an answer to it).

`!antwort V2 …` is the counter-position to a dissent.
"""

from dataclasses import dataclass

from bot.command import Command, Form, W, rest, word
from bot.context import Context
from bot.domain.project import FeedbackAnswer, FeedbackKind
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import Question, UserError
from bot.language.feedback import announced, answered
from bot.language.kept import literal
from bot.language.names import fold
from bot.procedures import dissents, reviewing
from bot.procedures.finding import (
    dissent_numbered,
    feedback_numbered,
    number_of,
    project_named,
    require_lead_in,
    require_owner,
    result_numbered,
)
from bot.store import networks, projects
from bot.store.tables import Feedback, Project, Result
from bot.texts import text

LONGEST = 4000
ANSWERS = {
    "angenommen": FeedbackAnswer.ACCEPTED,
    "accepted": FeedbackAnswer.ACCEPTED,
    "in pruefung": FeedbackAnswer.IN_REVIEW,
    "in review": FeedbackAnswer.IN_REVIEW,
    "abgelehnt": FeedbackAnswer.REJECTED,
    "rejected": FeedbackAnswer.REJECTED,
}


@dataclass(frozen=True)
class Give:
    """On what, and what; without a text what was said is listed."""

    about: str = word(W("Projekt", "project"))
    words: str = rest(W("Lob|Anregung|Frage|Einwand: Text", "praise|suggestion|question|objection: text"), default="")


@dataclass(frozen=True)
class Reply:
    """Which feedback, the answer, the reason."""

    short: str = word(W("Feedback", "feedback"), shown="F12")
    words: str = rest(W("angenommen|in Prüfung|abgelehnt Begründung", "accepted|in review|rejected reason"), default="")


def give(args: Give, ctx: Context) -> Answer:
    """Give feedback on a project or a result, or list it."""
    project, result = _about(args, ctx)
    if not args.words:
        entries = (
            projects.feedback_on_project(ctx.session, project.id or 0)
            if project
            else projects.feedback_on_result(ctx.session, (result.id if result else None) or 0)
        )
        return text("feedback.list", project=project, result=result, entries=entries, prefix=ctx.house.prefix)
    kind, words = _kind(args.words, project)
    if len(words) > LONGEST:
        raise UserError("inbox.too_long", length=len(words), longest=LONGEST, what="text")
    feedback = Feedback(
        network_id=ctx.network_id,
        number=networks.next_number(ctx.session, ctx.network_id, "F"),
        room_id=project.room_id if project else result.room_id if result else ctx.room.room_id,
        project_id=project.id if project else None,
        result_id=result.id if result else None,
        kind=kind,
        text=words,
        author=ctx.person,
        at=ctx.now,
        event_id=ctx.message.event_id,
        meeting_id=reviewing.meeting_of(project, ctx) if project else None,
    )
    projects.add_feedback(ctx.session, feedback)
    return text("feedback.given", feedback=feedback, project=project, result=result, prefix=ctx.house.prefix)


def answer(args: Reply, ctx: Context) -> Answer:
    """Answer a feedback; only the project's owner or a coordinator may. Or a dissent (`bot.procedures.dissents`)."""
    if number_of(args.short, "V") is not None:
        return dissents.answer(dissent_numbered(args.short, ctx), args.words, ctx)
    feedback = feedback_numbered(args.short, ctx)
    if feedback.project_id is not None:
        require_owner(projects.project(ctx.session, feedback.project_id), ctx)
    else:
        require_lead_in(feedback.room_id, ctx)
    verdict, reason = _answer(args, ctx)
    if len(reason) > LONGEST:
        raise UserError("inbox.too_long", length=len(reason), longest=LONGEST, what="reason")
    feedback.answer, feedback.answer_reason = verdict, reason
    feedback.answered_by, feedback.answered_at = ctx.person, ctx.now
    return text("feedback.answered", feedback=feedback)


def _about(args: Give, ctx: Context) -> tuple[Project | None, Result | None]:
    if number_of(args.about, "E") is not None:
        return None, result_numbered(args.about, ctx)
    return project_named(args.about, ctx, again=("feedback", args.words)), None


def _kind(words: str, project: Project | None) -> tuple[FeedbackKind, str]:
    """„Frage: Was kostet das?“; without a kind it is a suggestion, unless the kind was asked for."""
    if project is not None and words.startswith(reviewing.WHICH_KIND):
        answer, _, said = words.removeprefix(reviewing.WHICH_KIND).partition("\n")
        chosen = answered(answer)
        if chosen is None:
            again = reviewing.asked_again(project.key, said)
            raise Question("reviewing.which_kind", resume=again, words=said, key=project.key)
        return chosen, said
    kind, said = announced(words)
    if kind is None:
        return FeedbackKind.SUGGESTION, words
    if not said:
        raise UserError("feedback.empty")
    return kind, said


def _answer(args: Reply, ctx: Context) -> tuple[FeedbackAnswer, str]:
    """„in Prüfung, der Rat berät im Juni“."""
    words, again = args.words, f"antwort {literal(args.short)}"
    tokens = words.split()
    for length in (2, 1):
        verdict = ANSWERS.get(fold(" ".join(tokens[:length]).strip(".,:;–-")))
        if verdict is not None:
            reason = words.split(maxsplit=length)[length:]
            text_of = reason[0].lstrip(":–- ") if reason else ""
            if not text_of:
                raise Question("feedback.no_reason", resume=f"{again} {literal(words)} {{answer}}")
            return verdict, text_of
    raise Question("feedback.which_answer", resume=f"{again} {{answer}}", words=words)


COMMAND = Command(
    W("feedback", "feedback", ("rückmeldung",)),
    (
        Form(
            args=Give,
            run=give,
            needs=Role.MEMBER,
            does=W("gibt Feedback zu einem Projekt oder Ergebnis", "gives feedback on a project or a result"),
            examples=(
                W("feedback eAkte Frage: Was kostet das?", "feedback eAkte question: What does it cost?"),
                W("feedback eAkte", "feedback eAkte"),
            ),
        ),
    ),
)
ANSWER = Command(
    W("antwort", "answer"),
    (
        Form(
            args=Reply,
            run=answer,
            needs=Role.MEMBER,
            does=W("beantwortet ein Feedback oder ein Sondervotum", "answers a feedback or a dissent"),
            examples=(
                W("antwort F12 angenommen Wir prüfen das im Juni.", "answer F12 accepted We will do it in June."),
                W("antwort V2 Fristen regelt die Satzung.", "answer V2 The statutes set the deadlines."),
            ),
        ),
    ),
)

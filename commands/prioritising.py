"""`!treffen T2 priorisieren`: points for projects, and what comes of them."""

import re
from dataclasses import dataclass

from bot.command import Form, W, line, required, rest, word
from bot.context import Context
from bot.domain.roles import Role
from bot.effects import Answer
from bot.errors import Question, UserError
from bot.language.votes import read_choice
from bot.procedures import prioritising as work
from bot.procedures import reviewing
from bot.procedures.drafting import MOST_POINTS, USUAL_POINTS
from bot.procedures.finding import consultation_numbered, meeting_numbered, require_lead_in
from bot.procedures.meetings import require_standing
from bot.store import consultations
from bot.texts import text
from commands import consulting
from commands.meeting_values import verb

POINTS = re.compile(r"(\d{1,6})\s*(?:Punkten?|Punkte|Pkt\.?|points?)?", re.IGNORECASE)
LONGEST_TITLE = 150
FIELD = W("Handlungsfeld", "Field", ("Field of action",))
WORDS = {
    "de": ("Prioritäten: {title}", "Wie viele Punkte geben Sie welchem Projekt?"),
    "en": ("Priorities: {title}", "How many points do you give to which project?"),
}
"""What the consultation is called and asks, in the language of the room."""


@dataclass(frozen=True, kw_only=True)
class Prioritise:
    """A meeting, how many points each has, until when, and of which field of action the projects are."""

    short: str = word(W("Treffen", "meeting"), shown="T2")
    words: str = rest(W("10 Punkte", "10 points"), default="")
    field: str | None = line(FIELD)
    closes: str = required(consulting.CLOSES, sample=W("12.12. 12:00", "12.12. 12:00"))


@dataclass(frozen=True)
class Take:
    """A consultation by points, and whether its order is to hold."""

    short: str = word(W("Treffen", "meeting"), shown="T2")
    key: str = word(W("Konsultation", "consultation"), shown="K3")
    answer: str = rest(W("ja", "yes"), default="", shown="")


def prioritise(args: Prioritise, ctx: Context) -> Answer:
    """Draft a consultation with the projects as options; it opens when somebody opens it."""
    meeting = meeting_numbered(args.short, ctx)
    require_lead_in(meeting.room_id, ctx)
    require_standing(meeting)
    points = _points(args.words)
    review = reviewing.gather(meeting, ctx, args.field)
    title, question = WORDS[ctx.language]
    form = consulting.New(
        title=" ".join(title.format(title=meeting.title)[:LONGEST_TITLE].split()),
        question=question,
        closes=args.closes,
        kind="Punkte",
        options=work.options([card.project for card in review.cards]),
        points=str(points),
        opens="Entwurf",
    )
    made = consulting.new(form, ctx)
    consultation = consultations.titled(ctx.session, ctx.network_id, form.title)
    if consultation is not None:
        consultation.meeting_id = meeting.id
    return made


def take_over(args: Take, ctx: Context) -> Answer:
    """Let the order that came of the points be the projects' priorities; asked back before."""
    meeting = meeting_numbered(args.short, ctx)
    require_lead_in(meeting.room_id, ctx)
    consultation = consultation_numbered(args.key, ctx)
    require_lead_in(consultation.room_id, ctx)
    order = work.placed(consultation, meeting, ctx)
    for each in order:
        require_lead_in(each.project.room_id, ctx)
    if read_choice(args.answer)[0] != "yes":
        resume = f"treffen T{meeting.number} prioritäten K{consultation.number} ja"
        raise Question("prioritising.settle", resume=resume, consultation=consultation, order=order)
    work.settle(order)
    return text("prioritising.settled", consultation=consultation, order=order)


def _points(words: str) -> int:
    """How many points each has. Raises UserError for what is no number of them."""
    if not words.strip():
        return USUAL_POINTS
    found = POINTS.fullmatch(words.strip())
    if found is None or not 1 <= int(found[1]) <= MOST_POINTS:
        raise UserError("prioritising.bad_points", words=words, most=MOST_POINTS)
    return int(found[1])


VERBS: tuple[Form, ...] = (
    verb(
        W("priorisieren", "prioritise", ("prioritize",)),
        prioritise,
        W("entwirft eine Abstimmung, die Punkte auf die Projekte verteilt", "drafts a vote by points on the projects"),
        W(
            "treffen T2 priorisieren 10 Punkte\nSchluss: 12.12. 12:00",
            "meeting T2 prioritise 10 points\nClose: 12.12. 12:00",
        ),
        needs=Role.MODERATOR,
        args=Prioritise,
    ),
    verb(
        W("prioritäten", "priorities"),
        take_over,
        W("übernimmt die Reihenfolge nach Punkten als Priorität", "makes the order by points the projects' priority"),
        W("treffen T2 prioritäten K3", "meeting T2 priorities K3"),
        needs=Role.MODERATOR,
        args=Take,
    ),
)

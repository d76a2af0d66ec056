"""A survey in the direct chat: one question at a time, in an order that can be left, gone back, and taken up again.

Where somebody is stands in the row of who is asked (`SurveyAsk`), so it outlasts days and restarts; which words are
meant for it is decided in `survey_sorting`. Each post names in its key what it asks: `survey/ASK/PROJECT.STEP/…`;
a reply to an earlier one puts that answer right. What is said here is a draft until its person has confirmed it.
"""

from dataclasses import dataclass
from typing import Final

from bot.context import Context
from bot.domain.roles import Role
from bot.domain.survey import CONFIRM, PICK, questions_in
from bot.effects import Direct, Effect, Reply, Say
from bot.errors import UserError
from bot.events import answered_at
from bot.language.kept import literal
from bot.language.survey_words import Control, read_control
from bot.procedures import survey_asking, survey_steps
from bot.procedures.finding import require_role
from bot.procedures.survey_state import Talk
from bot.store import surveys
from bot.store.surveys import Asked
from bot.store.tables import SurveyAsk
from bot.texts import Text, text

KEY: Final = "survey/"
MARK: Final = "\x1asurvey "
"""Begins what is run for an answer. Nobody can type it: control characters do not come in by the door."""


@dataclass(frozen=True, slots=True)
class Place:
    """A step of somebody's survey: of which project (0: none yet), and what is asked."""

    ask_id: int
    position: int
    step: str


def kept(place: Place, words: str) -> str:
    """What is run for an answer there; for use as what a command keeps."""
    return f"{MARK}{place.ask_id} {place.position} {place.step} {literal(words)}"


def is_answer(spoken: str) -> bool:
    """Whether what is to be run is said in a survey, and no command."""
    return spoken.startswith(MARK)


def place_of(ask: SurveyAsk) -> Place:
    """Where somebody is now."""
    return Place(ask.id or 0, ask.at_entry or 0, ask.at_question or PICK)


def place_in(key: str) -> Place | None:
    """The step that a post of ours asks for; None for one that asks for none."""
    parts = key.split("/", 3)
    if not key.startswith(KEY) or len(parts) < 4 or "." not in parts[2]:
        return None
    position, _, step = parts[2].partition(".")
    return Place(int(parts[1]), int(position), step)


def answer(spoken: str, ctx: Context) -> tuple[Effect, ...]:
    """Take what somebody has said at a step of their survey, and ask for the next.

    Raises UserError where the survey is over, or asks somebody else, or who was asked is a guest by now.
    """
    ask_id, position, step, words = spoken.removeprefix(MARK).split(" ", 3)
    asked = surveys.ask(ctx.session, int(ask_id))
    if asked is None or asked.ask.person != ctx.person:
        raise UserError("surveys.not_asked", prefix=ctx.house.prefix)
    require_role(Role.MEMBER, ctx)
    require_open(asked, ctx)
    return _said(asked, Place(int(ask_id), int(position), step), words.strip(), ctx)


def require_open(asked: Asked, ctx: Context) -> None:
    """Raises UserError for a survey that is over."""
    if asked.survey.closed_at is not None:
        raise UserError("surveys.over", survey=asked.survey, prefix=ctx.house.prefix)


def begin(asked: Asked, ctx: Context) -> tuple[Effect, ...]:
    """Begin, or go on where somebody was. Any other survey they were in the midst of pauses."""
    require_open(asked, ctx)
    for other in surveys.open_of_person(ctx.session, ctx.person):
        if other.ask.id != asked.ask.id and other.ask.at_question is not None:
            other.ask.paused_at = other.ask.paused_at or ctx.now
    ask, talk = asked.ask, _talk(asked, ctx)
    ask.paused_at = None
    ask.answered_at = ask.answered_at or ctx.now
    if ask.at_question is None:
        _to_draft(talk)
    return _put(talk, None)


def _to_draft(talk: Talk) -> None:
    """To what was left unconfirmed, else to another project."""
    every = surveys.entries(talk.ctx.session, [talk.ask.id or 0])[talk.ask.id or 0]
    draft = next((each for each in every if each.taken_at is None), None)
    talk.go(CONFIRM if draft else PICK, draft)


def _talk(asked: Asked, ctx: Context) -> Talk:
    template = surveys.template(ctx.session, asked.survey.template_id)
    return Talk(asked.ask, asked.survey, questions_in(template.questions), ctx)


def _said(asked: Asked, place: Place, words: str, ctx: Context) -> tuple[Effect, ...]:
    """One step: understood and gone on from, or said why not, and asked again."""
    talk, ask = _talk(asked, ctx), asked.ask
    control = read_control(words)
    ask.answered_at, ask.paused_at = ask.answered_at or ctx.now, None
    ask.at_question = ask.at_question or PICK
    if control is Control.PAUSE:
        ask.paused_at = ctx.now
        return (Reply(text("surveytalk.paused", survey=asked.survey, prefix=ctx.house.prefix)),)
    try:
        if place != place_of(ask):
            return _put(talk, _corrected(talk, place, words))
        with ctx.session.begin_nested():  # what is refused half way leaves nothing behind
            outcome = survey_steps.taken(talk, words, control)
    except UserError as refusal:  # the question stays, and stands last
        return _put(talk, text(refusal.text, **refusal.values))
    return (*_put(talk, outcome.said), *outcome.effects)


def _corrected(talk: Talk, place: Place, words: str) -> Text | None:
    """A reply to an earlier question puts its answer right, as long as the project was not taken over."""
    entry = surveys.entry(talk.ctx.session, talk.ask.id or 0, place.position)
    question = talk.question(place.step)
    if entry is None or entry.taken_at is not None or question is None:
        return text("surveytalk.long_past")
    return survey_steps.noted(talk, entry, question, words)


# what is asked next


def _put(talk: Talk, said: Text | None) -> tuple[Effect, ...]:
    """The next step as a message; `said` is what was understood before. With nothing more to ask it is a farewell."""
    ctx, ask = talk.ctx, talk.ask
    if ask.at_question is None and said is not None:
        return (Reply(said),)
    place, put = place_of(ask), survey_asking.asking(talk, said)
    key = f"{KEY}{place.ask_id}/{place.position}.{place.step}/{ctx.message.event_id}"
    resume = kept(place, "ja") if place.step == CONFIRM else None
    subject = f"{KEY}{place.ask_id}/{place.position}" if resume else None
    if ctx.room.direct_with is None:
        private = Direct(person=ctx.person, key=key, text=put, network_id=talk.survey.network_id)
        return (Reply(text("surveytalk.in_direct_chat")), private)
    return (
        Say(
            room_id=ctx.room.room_id,
            key=key,
            text=put,
            reply_to=answered_at(ctx.message),
            resume=resume,
            resume_by=ctx.person,
            resume_until=talk.survey.due_at,
            subject=subject,
            network_id=talk.survey.network_id,
        ),
    )

"""In a direct chat: which words are meant for the survey that somebody is in the midst of, and which are not.

As long as our last word there was a question of the survey, what follows answers it. Once something else has been said
since (a reminder of a vote, a check-in, a question back), or half a day has passed, words that could as well be meant
otherwise are asked back; what cannot be an answer to the survey's question is left to whatever else waits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.context import Scope
from bot.domain.survey import CONFIRM, INFLUENTIAL, SAME, Item
from bot.errors import Question, UserError
from bot.events import Message
from bot.language.courtesies import is_courtesy
from bot.language.names import fold
from bot.language.projects import BY_NAME, Holds
from bot.language.reports import says_plainly
from bot.language.survey_words import Control, numbers_among, read_control
from bot.language.votes import is_acknowledgement, read_choice
from bot.procedures import ballot_talk, survey_answers
from bot.procedures.survey_talk import KEY, MARK, Place, kept, place_in, place_of
from bot.store import outbox, surveys
from bot.store.surveys import Asked
from bot.store.tables import OpenQuestion

FRESH: Final = timedelta(hours=12)
SHORT: Final = 2  # words: „ja“, „nein danke“
GO_ON: Final = frozenset({"weiter", "weitermachen", "fortsetzen", "umfrage fortsetzen", "continue", "resume", "go on"})


@dataclass(frozen=True, slots=True)
class Meant:
    """What is to be run, in which network; `refusal` is what to say instead."""

    words: str
    network_id: int
    subject: str
    refusal: UserError | None = None


def replied(message: Message, event_id: str, words: str, scope: Scope) -> Meant | None:
    """What a reply to one of the survey's questions says, the present one or an earlier one."""
    key = outbox.key_of(scope.session, event_id) or ""
    place = place_in(key) if key.startswith(KEY) else None
    asked = surveys.ask(scope.session, place.ask_id) if place else None
    if place is None or asked is None or asked.ask.person != message.sender:
        return None
    return _meant(asked, kept(place, words))


def directly(
    message: Message, words: str, question: OpenQuestion | None, scope: Scope, *, status: bool | None
) -> Meant | None:
    """What a message in the direct chat says to the survey without replying; None where it is for something else.

    `question` is what the words would answer otherwise. `status` is whether they are for a check-in: plainly (True), or
    because one waits for words (False).
    """
    asks = surveys.open_of_person(scope.session, message.sender)
    asked = next((each for each in asks if each.ask.at_question is not None and each.ask.paused_at is None), None)
    if asked is None:
        return _taken_up(asks, words)
    if (question is not None and question.resume.startswith(MARK)) or ballot_talk.keyed(words):
        return None  # „ja“ to what was asked back about the survey itself
    place, control = place_of(asked.ask), read_control(words)
    if control is None and is_courtesy(words) and (_is_text(place.step) or not _fits(asked, words, scope)):
        return None
    fresh = _is_fresh(asked, message.room_id, scope)
    others = question is not None or status is not None
    if fresh:
        doubtful = status is True and _is_text(place.step) and control is None
    elif others and not _fits(asked, words, scope):
        return None
    else:
        doubtful = others or (control is None and _is_text(place.step))
    return _asked_back(asked, place, words, scope) if doubtful else _meant(asked, kept(place, words))


def like_a_command(message: Message, words: str, scope: Scope) -> Meant | None:
    """„Projekt Bürgerkarte“ begins like a command, and may be the answer: asked back, while the survey waits for one.

    One word alone is a command.
    """
    if len(words.split()) < SHORT:
        return None
    asks = surveys.open_of_person(scope.session, message.sender)
    asked = next((each for each in asks if each.ask.at_question is not None and each.ask.paused_at is None), None)
    if asked is None or not _is_text(place_of(asked.ask).step) or not _is_fresh(asked, message.room_id, scope):
        return None
    if fold(words.split(maxsplit=1)[0]) in ("umfrage", "survey", "hilfe", "help"):
        return None
    return _asked_back(asked, place_of(asked.ask), words, scope)


def awaited(subjects: Iterable[str], scope: Scope, *, previewed: bool = False) -> set[str]:
    """Of these subjects of questions: the invitations and confirmations of surveys that still wait for a yes.

    While a file was `previewed` no invitation does: the yes is to what the file would do.
    """
    ours = [each for each in subjects if each.startswith(KEY) and not (previewed and each.count("/") == 1)]
    return {each for each in ours if _is_awaited(each, scope)}


def _is_awaited(subject: str, scope: Scope) -> bool:
    """„survey/3“ is the invitation, „survey/3/1“ the confirmation of a project."""
    parts = subject.split("/")
    asked = surveys.ask(scope.session, int(parts[1]))
    if asked is None or asked.survey.closed_at is not None:
        return False
    if len(parts) == SHORT:
        return asked.ask.finished_at is None and (asked.ask.at_question is None or asked.ask.paused_at is not None)
    return asked.ask.at_question == CONFIRM and str(asked.ask.at_entry) == parts[2]


def names(subjects: Iterable[str], scope: Scope) -> list[str]:
    """What the surveys of these subjects are called."""
    found = [surveys.ask(scope.session, int(each.split("/")[1])) for each in subjects if each.startswith(KEY)]
    return list(dict.fromkeys(f"U{each.survey.number} · {each.survey.cohort}" for each in found if each is not None))


def _taken_up(asks: list[Asked], words: str) -> Meant | None:
    """„Weiter“ after a pause."""
    paused = next((each for each in asks if each.ask.paused_at is not None), None)
    if paused is None or fold(words).strip(" .!") not in GO_ON:
        return None
    return _meant(paused, f"umfrage weiter U{paused.survey.number}")


def _meant(asked: Asked, spoken: str) -> Meant:
    return Meant(spoken, asked.survey.network_id, f"{KEY}{asked.ask.id}")


def _asked_back(asked: Asked, place: Place, words: str, scope: Scope) -> Meant:
    question = Item(place.step) if place.step in BY_NAME else Item("title")
    doubt = Question(
        "surveytalk.meant",
        resume=kept(place, words),
        words=words,
        survey=asked.survey,
        line=survey_answers.line(question),
        prefix=scope.house.prefix,
    )
    return Meant("", asked.survey.network_id, f"{KEY}{asked.ask.id}", doubt)


def _is_fresh(asked: Asked, room_id: str, scope: Scope) -> bool:
    """Whether the last that we said in the direct chat is a question of this survey, and not long ago."""
    last = surveys.last_said(scope.session, room_id)
    return last is not None and last[0].startswith(f"{KEY}{asked.ask.id}/") and scope.now - last[1] <= FRESH


def _is_text(step: str) -> bool:
    """Whether the question takes any words."""
    field = BY_NAME.get(step)
    if field is None:
        return step not in (SAME, CONFIRM, INFLUENTIAL)
    return field.holds in (Holds.TEXT, Holds.NAMES)


def _fits(asked: Asked, words: str, scope: Scope) -> bool:
    """Whether words can be the answer to what the survey asks now."""
    step, control = place_of(asked.ask).step, read_control(words)
    if control is not None:
        return control is not Control.NONE or step == INFLUENTIAL
    if step in (SAME, CONFIRM):
        return read_choice(words)[0] is not None or ":" in words
    if step == INFLUENTIAL:
        return bool(numbers_among(words, [])[1])
    if _is_text(step):
        short = len(words.split()) <= SHORT and (read_choice(words)[0] is not None or is_acknowledgement(words))
        return not short and not says_plainly(words)
    try:
        question = Item(step)
        return survey_answers.read(question, words, asked.ask.person, asked.survey.network_id, scope) is not None
    except UserError:
        return False

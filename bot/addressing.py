"""Which messages speak to us, and what they say: a command, or the answer to something we asked back."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.context import Scope
from bot.effects import Asks
from bot.errors import Question, UserError
from bot.events import Message, Reaction
from bot.language.courtesies import is_courtesy
from bot.language.kept import completed, wants_words
from bot.language.report_lights import is_labelled, light_of_sign
from bot.language.votes import choice_of_emoji, read_choice
from bot.procedures import (
    answer_sorting,
    answer_talk,
    answering,
    ballot_talk,
    bulk,
    reviewing,
    survey_sorting,
    synergies,
    tasks,
    votes,
    weighing,
)
from bot.procedures.asked import matter
from bot.store import outbox, questions
from bot.store.tables import OpenQuestion, Room


@dataclass(frozen=True, slots=True)
class Addressed:
    """A command without prefix or mention (none: nothing is to be run), and the question it answers, if any.

    `refusal` is what to say instead of running anything.
    """

    words: str
    question: OpenQuestion | None = None
    refusal: UserError | None = None

    @property
    def settled(self) -> OpenQuestion | None:
        """The question that is done with now, whatever comes of it; what has a subject may be confirmed again."""
        if self.question is None or self.refusal is not None or (self.question.subject and self.words):
            return None
        return self.question


def addressed(
    message: Message,
    room: Room,
    scope: Scope,
    is_command: Callable[[str], bool],
    is_nearly: Callable[[str], bool] = lambda _word: False,
) -> Addressed | None:
    """What the message says to us, if anything. `is_nearly`: whether a word may be a command with a slip.

    A prefix wins over an open question, a reply to a question over plain talk. In a direct chat everything is for us,
    and the last question may be answered without replying to it.
    """
    body = message.body.strip()
    prefix = scope.house.prefix
    after = body.removeprefix(prefix)
    if after != body and after and not after[0].isspace() and not after.startswith(prefix):
        return Addressed(after)
    called = _behind_our_name(body, scope.house.us) if message.mentions_us else None
    direct = room.direct_with is not None
    plain = called.removeprefix(prefix) if called else body if direct else ""
    commands = bool(plain.strip()) and is_command(plain.split(maxsplit=1)[0]) and not is_labelled(plain)
    words = called or body
    said = None
    if message.reply_to is not None:
        said = _survey(survey_sorting.replied(message, message.reply_to, words, scope))
        said = said or _replied(message, message.reply_to, words, scope, commands=commands)
        said = said or (None if commands else _vote(ballot_talk.replied(message, message.reply_to, words, scope)))
        elsewhere = commands or ballot_talk.keyed(words)
        said = said or (None if elsewhere else _report(answer_talk.replied(message, message.reply_to, words, scope)))
    elif direct and not commands:
        said = _bare(message, words, scope)
        said = _better(message, words, said, scope) or said
        slip = is_nearly((words.split(maxsplit=1) or [""])[0])
        status = answer_sorting.meant(message, words, said.question if said else None, scope, slip=slip)
        plain_status = status.plain if status else None
        asked = said.question if said else None
        survey = _survey(survey_sorting.directly(message, words, asked, scope, status=plain_status))
        said = survey or _report(status) or said
    elif direct:
        said = _survey(survey_sorting.like_a_command(message, words, scope))
    said = said or (None if commands else _below_card(message, words, scope))
    if said is None and direct and not commands:
        said = _vote(ballot_talk.directly(message, words, scope))
        if said is None and is_courtesy(words):
            return None
    return said or (Addressed(plain) if plain else None)


def _vote(spoken: ballot_talk.Spoken | None) -> Addressed | None:
    """What is a vote though nobody asked for it, run as if that consultation had been asked about."""
    if spoken is None:
        return None
    question = None
    if spoken.consultation is not None:
        subject, network_id = f"consultation/{spoken.consultation.id}", spoken.consultation.network_id
        question = OpenQuestion(resume=spoken.words, asks=Asks.WORDS, subject=subject, network_id=network_id)
    return Addressed(spoken.words, question, spoken.refusal)


def _below_card(message: Message, words: str, scope: Scope) -> Addressed | None:
    """Feedback on a project, given below its card in a review."""
    spoken = reviewing.said_on_card(message, words, scope)
    return Addressed(spoken[0], refusal=spoken[1]) if spoken else None


def _better(message: Message, words: str, said: Addressed | None, scope: Scope) -> Addressed | None:
    """What fits something else than the reminder that waits: „20 €“ is no answer to „ja oder nein?“."""
    question = said.question if said else None
    if (
        question is None
        or not questions.is_reminder(question)
        or ballot_talk.fits(question.subject or "", words, message.room_id, scope)
    ):
        return None
    spoken = ballot_talk.directly(message, words, scope)
    return _vote(spoken) if spoken and spoken.consultation else None


def _report(meant: answer_talk.Meant | None) -> Addressed | None:
    """The answer to a check-in, run in the network that asked."""
    if meant is None:
        return None
    question = OpenQuestion(
        resume=meant.words, asks=Asks.WORDS, subject=meant.subject, network_id=meant.network_id, person=""
    )
    return Addressed("" if meant.refusal else meant.words, question, meant.refusal)


def _survey(meant: survey_sorting.Meant | None) -> Addressed | None:
    """What is said in a survey, run in the network that asks."""
    if meant is None:
        return None
    question = OpenQuestion(
        resume=meant.words, asks=Asks.WORDS, subject=meant.subject, network_id=meant.network_id, person=""
    )
    return Addressed(meant.words, question, meant.refusal)


def confirmed(reaction: Reaction, scope: Scope) -> Addressed | None:
    """A ✅ on a question of ours that only wants a yes."""
    light = light_of_sign(reaction.key)
    if light is None and choice_of_emoji(reaction.key) != "yes":
        return None
    key = outbox.key_of(scope.session, reaction.target)
    question = questions.put_to(scope.session, key, reaction.sender) if key else None
    if question is None or question.asks == Asks.NETWORK:
        return None
    if answering.is_answer(question.resume) and _in_time(question, scope):
        return Addressed(completed(question.resume, "ja" if light is None else reaction.key), question)
    if light is not None or wants_words(question.resume):
        return None
    return Addressed(completed(question.resume, ""), question) if _in_time(question, scope) else _lapsed(question)


def _answer(question: OpenQuestion, answer: str) -> Addressed | None:
    """The kept command with the answer in its place; one that only wants a yes is completed or dropped, or neither.

    Which network was meant is no part of the command: `bot.procedures.standing` reads it.
    """
    if question.asks == Asks.NETWORK:
        return Addressed(completed(question.resume, ""), question)
    choice = read_choice(answer)[0]
    if wants_words(question.resume) or choice == "yes":
        return Addressed(completed(question.resume, answer), question)
    return Addressed("", question) if choice == "no" else None


def _named(question: OpenQuestion, words: str) -> Addressed | None:
    """„K1: ja“ in answer to what was asked about a vote names what it is about itself."""
    keyed = ballot_talk.keyed(words) if question.resume.startswith("stimme ") else ""
    return Addressed(keyed, question) if keyed else None


def _in_time(question: OpenQuestion, scope: Scope) -> bool:
    return question.expires_at >= scope.now


def _lapsed(question: OpenQuestion) -> Addressed:
    """The answer comes too late; what to do instead depends on what was asked."""
    kind = (question.subject or "").partition("/")[0]
    return Addressed("", refusal=UserError("inbox.lapsed", kind=kind))


def _replied(message: Message, event_id: str, words: str, scope: Scope, *, commands: bool) -> Addressed | None:
    """What a reply says to the question it replies to; None where it is no answer."""
    key = outbox.key_of(scope.session, event_id)
    question = questions.put_to(scope.session, key, message.sender) if key else None
    if question is None:
        return None
    answer = _named(question, words) or _answer(question, words)
    if not _in_time(question, scope):
        return None if commands or answer is None else _lapsed(question) if answer.words else Addressed("")
    if answer is None and not commands:
        until = question.expires_at if question.subject else None
        again = Question("inbox.only_yes", resume=question.resume, subject=question.subject, until=until)
        return Addressed("", question, again)
    return answer


def _bare(message: Message, words: str, scope: Scope) -> Addressed | None:
    """What a message in a direct chat answers without replying: the last question, or else the only one with a subject.

    A reminder of something settled waits for nothing; of several questions on one consultation, or on one subject, the
    last one counts.
    """
    asked = questions.in_direct_chat(scope.session, message.room_id, message.sender)
    waiting = _waiting([question for question in asked if _in_time(question, scope)], message.sender, words, scope)
    if waiting and waiting[0].subject is None:
        return _named(waiting[0], words) or _answer(waiting[0], words)
    if ballot_talk.keyed(words):
        return None
    latest = {matter(question.subject): question for question in reversed(waiting) if question.subject}
    answers = [answer for question in latest.values() if (answer := _answer(question, words)) is not None]
    if answers:
        return answers[0] if len(answers) == 1 else Addressed("", refusal=_which_one(answers, scope))
    lapsed = [one for one in asked if not _in_time(one, scope) and not wants_words(one.resume)]
    return _lapsed(lapsed[0]) if lapsed and read_choice(words)[0] == "yes" else None


def _waiting(kept: Sequence[OpenQuestion], person: str, words: str, scope: Scope) -> list[OpenQuestion]:
    """Without what has been settled otherwise: a vote given, a file taken over. „Erledigt“ is about tasks only."""
    reminders = {question.subject or "" for question in kept if questions.is_reminder(question)}
    others = {question.subject or "" for question in kept if not questions.is_reminder(question)}
    awaited = tasks.awaited(others, words, person, scope)
    awaited = awaited or votes.awaited(reminders, person, scope) | bulk.awaited(others, scope)
    previewed = any(each.startswith(weighing.KEY) for each in awaited)
    awaited |= survey_sorting.awaited(others, scope, previewed=previewed)
    awaited |= synergies.awaited(others, words, person, scope)
    return [question for question in kept if question.subject is None or question.subject in awaited]


def _which_one(answers: Sequence[Addressed], scope: Scope) -> UserError:
    """Several things wait for an answer, and it was not said which one is meant."""
    asked = [answer.question for answer in answers if answer.question is not None]
    reminders = [question.subject or "" for question in asked if questions.is_reminder(question)]
    if len(reminders) == len(asked):
        return votes.which_one(reminders, scope)
    others = [question.subject or "" for question in asked if not questions.is_reminder(question)]
    names = bulk.names(others, scope) + tasks.names(others, scope) + survey_sorting.names(others, scope)
    names += synergies.names(others, scope)
    return UserError("inbox.which_one", names=names, more=bool(reminders))


def _behind_our_name(body: str, us: str) -> str | None:
    """What follows our name at the start of a message; None if we are only talked about."""
    local = us[1:].partition(":")[0]
    names = "|".join(re.escape(name) for name in (us, f"@{local}", local))
    found = re.match(rf"\s*(?:{names})\s*[:,]?\s+(.+)", body, flags=re.IGNORECASE | re.DOTALL)
    return found[1].strip() if found else None

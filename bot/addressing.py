"""Which messages speak to us, and what they say: a command, or the answer to something we asked back."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.context import Scope
from bot.effects import Asks
from bot.errors import Question, UserError
from bot.events import Message, Reaction
from bot.language.kept import completed, wants_words
from bot.language.votes import choice_of_emoji, read_choice
from bot.procedures import votes
from bot.store import outbox, questions
from bot.store.tables import OpenQuestion, Room


@dataclass(frozen=True, slots=True)
class Addressed:
    """A command without prefix or mention (none: nothing is to be run), and the question it settles, if any.

    `refusal` is what to say instead of running anything.
    """

    words: str
    question: OpenQuestion | None = None
    refusal: UserError | None = None


def addressed(message: Message, room: Room, scope: Scope, is_command: Callable[[str], bool]) -> Addressed | None:
    """What the message says to us, if anything.

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
    commands = bool(plain.strip()) and is_command(plain.split(maxsplit=1)[0])
    if message.reply_to is not None:
        asked = _replied_to(message, message.reply_to, scope)
    else:
        asked = _waiting(message, scope) if direct and not commands else []
    if len(asked) > 1:
        return Addressed("", refusal=votes.which_one([question.subject or "" for question in asked], scope))
    for question in asked:
        if (answer := _answer(question, called or body)) is not None:
            return answer
        if message.reply_to is not None and not commands:
            return Addressed("", question, Question("inbox.only_yes", resume=question.resume))
    return Addressed(plain) if plain else None


def confirmed(reaction: Reaction, scope: Scope) -> Addressed | None:
    """A ✅ on a question of ours that only wants a yes."""
    if choice_of_emoji(reaction.key) != "yes":
        return None
    key = outbox.key_of(scope.session, reaction.target)
    question = questions.asked_by(scope.session, key, reaction.sender, scope.now) if key else None
    if question is None or wants_words(question.resume) or question.asks == Asks.NETWORK:
        return None
    return Addressed(completed(question.resume, ""), question)


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


def _replied_to(message: Message, event_id: str, scope: Scope) -> list[OpenQuestion]:
    key = outbox.key_of(scope.session, event_id)
    question = questions.asked_by(scope.session, key, message.sender, scope.now) if key else None
    return [question] if question else []


def _waiting(message: Message, scope: Scope) -> list[OpenQuestion]:
    """What a message in a direct chat may answer: the last question, or all reminders if the last one is a reminder.

    A reminder of something settled waits for nothing; of several on one subject the last one counts.
    """
    kept = questions.in_direct_chat(scope.session, message.room_id, message.sender, scope.now)
    subjects = {question.subject for question in kept if question.subject}
    awaited = votes.awaited(subjects, message.sender, scope) if subjects else set()
    waiting = [question for question in kept if question.subject is None or question.subject in awaited]
    if not waiting or waiting[0].subject is None:
        return waiting[:1]
    return list({question.subject: question for question in reversed(waiting) if question.subject}.values())


def _behind_our_name(body: str, us: str) -> str | None:
    """What follows our name at the start of a message; None if we are only talked about."""
    local = us[1:].partition(":")[0]
    names = "|".join(re.escape(name) for name in (us, f"@{local}", local))
    found = re.match(rf"\s*(?:{names})\s*[:,]?\s+(.+)", body, flags=re.IGNORECASE | re.DOTALL)
    return found[1].strip() if found else None

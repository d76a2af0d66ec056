"""Which messages speak to us, and what they say: a command, or the answer to something we asked back."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.context import Scope
from bot.events import Message, Reaction
from bot.language.kept import completed, wants_words
from bot.language.votes import choice_of_emoji, read_choice
from bot.store import outbox, questions
from bot.store.tables import OpenQuestion, Room


@dataclass(frozen=True, slots=True)
class Addressed:
    """A command without prefix or mention, and the question it settles, if any."""

    words: str
    question: OpenQuestion | None = None


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
    question = _question(message, room, scope, is_command)
    if question is not None and (words := _completed(question, called or body)) is not None:
        return Addressed(words, question)
    if called:
        return Addressed(called.removeprefix(prefix))
    return Addressed(body) if room.direct_with is not None and body else None


def confirmed(reaction: Reaction, scope: Scope) -> Addressed | None:
    """A ✅ on a question of ours that only wants a yes."""
    if choice_of_emoji(reaction.key) != "yes":
        return None
    key = outbox.key_of(scope.session, reaction.target)
    question = questions.asked_by(scope.session, key, reaction.sender, scope.now) if key else None
    if question is None or wants_words(question.resume):
        return None
    return Addressed(completed(question.resume, ""), question)


def _completed(question: OpenQuestion, answer: str) -> str | None:
    """The kept command with the answer in its place; one that only wants a yes is completed by nothing else."""
    if wants_words(question.resume) or read_choice(answer)[0] == "yes":
        return completed(question.resume, answer)
    return None


def _question(message: Message, room: Room, scope: Scope, is_command: Callable[[str], bool]) -> OpenQuestion | None:
    session, now = scope.session, scope.now
    if message.reply_to is not None:
        key = outbox.key_of(session, message.reply_to)
        return questions.asked_by(session, key, message.sender, now) if key else None
    words = message.body.split(maxsplit=1)
    if room.direct_with is None or not words or is_command(words[0]):
        return None
    return questions.latest(session, room.room_id, message.sender, now, direct=True)


def _behind_our_name(body: str, us: str) -> str | None:
    """What follows our name at the start of a message; None if we are only talked about."""
    local = us[1:].partition(":")[0]
    names = "|".join(re.escape(name) for name in (us, f"@{local}", local))
    found = re.match(rf"\s*(?:{names})\s*[:,]?\s+(.+)", body, flags=re.IGNORECASE | re.DOTALL)
    return found[1].strip() if found else None

"""In a direct chat several things may wait for an answer: a check-in, a vote, a task. None is taken for another.

What plainly is a status answers the check-in, unless a vote fits it, too: then it is asked which was meant. Anything
else is for the check-in only if it does not sound like a vote, nor like a command with a slip. What was just asked back
is answered first, unless the words name what they are about.
"""

from dataclasses import replace

from bot.context import Scope
from bot.errors import UserError
from bot.events import Message
from bot.language.report_lights import is_labelled
from bot.language.reports import says_plainly
from bot.language.task_words import read_state
from bot.language.votes import is_acknowledgement, is_conditional, read_choice
from bot.procedures import ballot_talk, standing, tasks
from bot.procedures.answer_talk import MARK, Meant, directly, named, stands_alone
from bot.store.tables import Consultation, OpenQuestion


def meant(
    message: Message, words: str, question: OpenQuestion | None, scope: Scope, *, slip: bool = False
) -> Meant | None:
    """What answers a check-in, or is asked back; None where it is for something else.

    `question` is what the words would answer otherwise; `slip`: they begin like a command with a slip.
    """
    if question is not None and question.subject is None and not question.resume.startswith("stimme "):
        ours = question.resume.startswith(MARK)
        if not ours or not stands_alone(words, message.sender, scope):
            return None
    if ballot_talk.keyed(words):
        return None
    found = directly(message, words, scope)
    if found is None or (slip and not _begins_plainly(words, found)):
        return None
    if _settles_a_task(words, question, found):
        return None
    votes_too = _could_vote(words, message, scope)
    if found.plain and votes_too:
        return replace(found, refusal=UserError("answering.vote_or_status", asked=found.asked, votes=votes_too))
    if found.plain:
        return replace(found, refusal=_which_task(found, question, scope))
    return None if votes_too or (question is not None and _sounds_like_a_vote(words)) else found


def _begins_plainly(words: str, found: Meant) -> bool:
    """Whether the first word is a light or names a question: then it is no command with a slip."""
    return says_plainly(words.split(maxsplit=1)[0]) or is_labelled(words) or bool(named(words, found.asked)[0])


def _settles_a_task(words: str, question: OpenQuestion | None, found: Meant) -> bool:
    """„Erledigt“ to a task that waits for just that; of a project it would be in doubt: 100 %?"""
    waits = question is not None and (question.subject or "").startswith(tasks.KEY)
    return waits and read_state(words)[0] is not None and all(each.task is None for each in found.asked)


def _could_vote(words: str, message: Message, scope: Scope) -> list[Consultation]:
    """The open consultations that words are a vote in as well."""
    homes = standing.belongs_to(message.sender, scope)
    open_here = ballot_talk.open_for(message.sender, [home.id or 0 for home in homes], scope)
    return [one for one, _ in ballot_talk.fitting(words, open_here, message.room_id, scope)]


def _sounds_like_a_vote(words: str) -> bool:
    """Whether it begins like a vote, or like one with a condition."""
    return read_choice(words)[0] is not None or is_conditional(words) or is_acknowledgement(words)


def _which_task(found: Meant, question: OpenQuestion | None, scope: Scope) -> UserError | None:
    """„Erledigt“, while somebody was reminded of one task and is asked about another."""
    subject = question.subject if question and question.subject else ""
    about = tasks.names([subject], scope) if subject.startswith(tasks.KEY) else []
    other = [each.task for each in found.asked if each.task is not None]
    if not about or not other or any(name.startswith(f"A{task.number} ·") for task in other for name in about):
        return None
    names = about + [f"A{task.number} · {task.title}" for task in other]
    return UserError("inbox.which_one", names=names, more=False)

"""Which messages answer a check-in: a reply to the question, or in a direct chat a word without replying.

Who was asked may answer in their own words; the owner, who is in charge of a task, and who leads the room may say how
it stands, but what else they write there is talk. In a direct chat what plainly is a status is taken for what is asked
there, anything else only while a question waits; what could as well be a vote is not ours to take
(`answer_sorting` puts the two side by side).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.context import Scope
from bot.domain.roles import Role
from bot.errors import UserError
from bot.events import Message
from bot.language.courtesies import is_courtesy
from bot.language.kept import literal
from bot.language.names import fold
from bot.language.reports import is_for_all, says_plainly
from bot.language.task_words import read_state
from bot.language.votes import is_acknowledgement, read_choice
from bot.procedures import standing
from bot.procedures.checkin_rows import questions_of
from bot.procedures.responsible import may_settle
from bot.store import answers, checkins, networks, outbox, rooms
from bot.store.checkins import Asked

MARK: Final = "\x1acheckin "
"""Begins what is run for an answer. Nobody can type it: control characters do not come in by the door."""
REMEMBERED: Final = timedelta(days=14)  # so long after it was put a question is answered late without replying
POST: Final = re.compile(r"checkin/(?P<round>\d+)(?:/(?:(?P<ask>\d+)(?:/\d+)?|(?:to|nudge)/\d+|summary))?")
ECHO: Final = re.compile(r"(?P<event>\$.+)/\d+")
_LEADING = re.compile(r"^(?:zu|zum|zur|bei|beim|für|for|on|projekt|project)\s+(?=\S)", re.IGNORECASE)
_TRAILING = re.compile(r"\s(?:zu|bei|für|for|on)$", re.IGNORECASE)
MOST_LINES: Final = 50
LONGEST_NAME: Final = 8  # words of a title that are looked at


@dataclass(frozen=True, slots=True)
class Meant:
    """What is to be run for an answer, in which network. `plain`: it says how something stands.

    `asked` are the questions that it may be meant for; `refusal` is what to say instead.
    """

    words: str
    network_id: int
    subject: str
    plain: bool
    asked: tuple[Asked, ...]
    refusal: UserError | None = None


def kept(asked: Sequence[Asked], words: str) -> str:
    """What is run for an answer to one of these questions; for use as what a command keeps."""
    return f"{MARK}{','.join(str(each.ask.id) for each in asked)} {literal(words)}"


def replied(message: Message, event_id: str, words: str, scope: Scope) -> Meant | None:
    """What a reply to a question, to a reminder or to what we said to an answer says, if it is one."""
    room = rooms.find(scope.session, message.room_id)
    alone = room is not None and room.direct_with is not None
    person, put = message.sender, put_by(event_id, message.sender, scope)
    found = put if alone or outbox.room_of(scope.session, event_id) == message.room_id else []
    plain = _is_plain(words, found)
    may = [each for each in found if is_asked(each, person) or (plain and may_report(each, person, scope))]
    if not may or (is_courtesy(words) and not plain):
        return None
    if not alone and not plain and _is_talk(words, may):
        return None
    return _meant(may, words, plain=plain)


def directly(message: Message, words: str, scope: Scope) -> Meant | None:
    """What a message in a direct chat says without replying, if anything is or was asked lately."""
    every = checkins.open_asks_of(scope.session, message.sender)
    past = _past(message.sender, every, scope)
    if not every and not past:
        return None
    homes = {home.id for home in standing.belongs_to(message.sender, scope)}
    current, past = ([each for each in found if each.check_in.network_id in homes] for found in (every, past))
    if lines := by_line(words, [*current, *past]):
        return _meant([asked for asked, _ in lines], words, plain=True)
    among, rest = named(words, [*current, *past])
    if among and (_is_plain(rest, among) or (rest and among[0].ask.answered_at is None)):
        return _meant(among, words, plain=True)
    waiting = [each for each in current if each.ask.answered_at is None]
    if _is_plain(words, [*current, *past]):
        late = [each for each in past if each.ask.answered_at is None]
        candidates = waiting or current or late or past
        if not says_plainly(words):  # „erledigt“
            candidates = [each for each in candidates if each.task is not None]
        return _meant(candidates, words, plain=True) if candidates else None
    if not waiting or is_courtesy(words) or not _was_told_alone(message.sender, waiting, scope):
        return None
    return _meant(waiting, words, plain=False)


def named(words: str, among: Sequence[Asked]) -> tuple[list[Asked], str]:
    """What words name at their beginning or end, by key or title, and what else they say. Nothing: ([], words)."""
    first, _, below = words.strip().partition("\n")
    tokens = _LEADING.sub("", first).split()
    for count in range(min(LONGEST_NAME, len(tokens)), 0, -1):
        for part, rest in ((tokens[:count], tokens[count:]), (tokens[-count:], tokens[:-count])):
            said = " ".join(part).strip(" :,.;–-„“\"'()*")
            found = [each for each in among if fold(said) in names_of(each)]
            left = _TRAILING.sub("", " ".join(rest).strip(" :,;–-"))
            if found and (part == tokens[:count] or says_plainly(left)):
                return found, f"{left}\n{below}".strip()
    return [], words


def by_line(words: str, among: Sequence[Asked]) -> list[tuple[Asked, str]]:
    """„eAkte gelb, 60 %“ and below it „Portal unverändert“: one answer a line, if each names another question."""
    lines = [line for line in words.splitlines() if line.strip()]
    each = [named(line, among) for line in lines] if 1 < len(lines) <= MOST_LINES else []
    parts = [(found[0], rest) for found, rest in each if len(found) == 1 and rest]
    about = {asked.ask.id for asked, _ in parts}
    return parts if lines and len(parts) == len(lines) == len(about) else []


def stands_alone(words: str, person: str, scope: Scope) -> bool:
    """Whether words name what they are about, or everything: then they answer no question asked back before."""
    every = checkins.open_asks_of(scope.session, person)
    among, rest = named(words, every)
    return is_for_all(words) or bool(by_line(words, every)) or bool(among and says_plainly(rest))


def ids_of(spoken: str) -> list[int]:
    """The questions that a kept answer is about (`kept`)."""
    return [int(each) for each in spoken.removeprefix(MARK).partition(" ")[0].split(",")]


def names_of(asked: Asked) -> set[str]:
    """What a question may be called, as compared."""
    if asked.project is not None:
        return {fold(name) for name in (asked.project.key, asked.project.title) if name}
    if asked.task is not None:
        return {f"a{asked.task.number}", f"a {asked.task.number}", fold(asked.task.title)}
    return {f"c{asked.check_in.number}", f"c {asked.check_in.number}", fold(asked.check_in.title)}


def is_asked(asked: Asked, person: str) -> bool:
    """Whether it was asked of this person, in their own place or in that of one who is away, or of one for them."""
    return person in (asked.ask.person, asked.ask.instead_of)


def may_report(asked: Asked, person: str, scope: Scope) -> bool:
    """Whether somebody may say how it stands: who was asked, who is responsible, and who leads the room."""
    return is_asked(asked, person) or answers_for(asked, person, scope)


def answers_for(asked: Asked, person: str, scope: Scope) -> bool:
    """Whether somebody may say how it stands even if they were not asked: who is responsible, and who leads."""
    if asked.project is not None and asked.project.owner == person:
        return True
    if person in standing.coordinators(asked.check_in.network_id, scope):
        return True
    room_id = asked.project.room_id if asked.project is not None else asked.check_in.room_id
    given = networks.roles_given(scope.session, asked.check_in.network_id, person, room_id)
    if any(role is Role.MODERATOR for role, _ in given):
        return True
    return asked.task is not None and may_settle(asked.task, person, scope)


def put_by(event_id: str, person: str, scope: Scope) -> list[Asked]:
    """The questions that one of our posts puts to this person; that a question or an answer of its own is about."""
    key = outbox.key_of(scope.session, event_id) or ""
    if found := POST.fullmatch(key):
        if found["ask"] is not None:
            one = checkins.asked(scope.session, int(found["ask"]))
            return [one] if one is not None and one.ask.skipped is None else []
        every = checkins.asks_of(scope.session, int(found["round"]))
        mine = [each for each in every if is_asked(each, person) and each.ask.skipped is None]
        return [each for each in mine if each.ask.answered_at is None] or mine
    if found := ECHO.fullmatch(key):
        given = answers.of_event(scope.session, found["event"])
        about = [checkins.asked(scope.session, each.ask_id) for each in given if each.author == person]
        return [each for each in about if each is not None]
    return []


def _past(person: str, current: Sequence[Asked], scope: Scope) -> list[Asked]:
    """What a person was asked last by check-ins that ask them nothing now, not long ago."""
    known = {each.check_in.id for each in current}
    found = checkins.asks_since(scope.session, person, scope.now - REMEMBERED)
    latest: dict[int | None, int | None] = {}
    for each in found:
        latest.setdefault(each.check_in.id, each.round.id)
    return [each for each in found if each.check_in.id not in known and latest[each.check_in.id] == each.round.id]


def _is_plain(words: str, asked: Sequence[Asked]) -> bool:
    if says_plainly(words):
        return True
    return any(each.task is not None for each in asked) and read_state(words)[0] is not None


def _is_talk(words: str, asked: Sequence[Asked]) -> bool:
    """Whether it says nothing to the question: a question back, or a yes where nobody asked for one."""
    if words.rstrip().endswith("?"):
        return True
    return is_short_word(words) and not any(wants_any_words(each) for each in asked)


def is_short_word(words: str) -> bool:
    """„Ja“, „nein“, „okay“: an answer to a question of somebody's own, and to no other."""
    return (read_choice(words)[0] is not None and len(words.split()) <= 2) or is_acknowledgement(words)


def wants_any_words(asked: Asked) -> bool:
    """Whether the question is not how something stands, but one of somebody's own, or to everybody."""
    return bool(questions_of(asked.check_in)) or (asked.project is None and asked.task is None)


def _was_told_alone(person: str, waiting: Sequence[Asked], scope: Scope) -> bool:
    """Whether any of it was asked, or reminded of, in the direct chat."""
    rounds = {each.round.id for each in waiting}
    since = min(each.round.opened_at for each in waiting)
    return outbox.told_alone(scope.session, person, [f"checkin/{each}/" for each in rounds], since)


def _meant(asked: Sequence[Asked], words: str, *, plain: bool) -> Meant:
    asked = sorted(asked, key=lambda each: each.ask.id or 0)
    first = asked[0]
    subject = f"checkin/{','.join(str(each.ask.id) for each in asked)}"
    return Meant(kept(asked, words), first.check_in.network_id, subject, plain, tuple(asked))

"""Answers to check-ins go on record: the answer itself, what becomes of it, and what is shown of it.

What comes after the deadline counts, and is marked. What answers a check-in that has ended, or a time of it that
another has followed, is taken for the project if it is plainly a status: for the present question, if there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.context import Scope
from bot.domain.checkin import State
from bot.domain.project import Light
from bot.domain.task import State as TaskState
from bot.effects import Effect
from bot.errors import UserError
from bot.events import Message, Reaction
from bot.language.lights import StatusWords
from bot.language.reports import Report
from bot.language.task_words import read_state
from bot.procedures import answer_talk, boards, tasks
from bot.procedures import checkins as rounds
from bot.procedures.reporting import report as report_status
from bot.store import answers, checkins
from bot.store.checkins import Asked
from bot.store.tables import CheckInAnswer

Given = Message | Reaction


@dataclass(frozen=True, slots=True)
class Noted:
    """An answer on record. `before` are light and progress that held until then; `state` is a task's, if it says so.

    `over`: the check-in is over for it, it was taken for the project alone. `moved`: it was said to an earlier time of
    the check-in and counts for the present one. `first`: nothing was said before; `again`: something else than „keine
    Änderung“ was.
    """

    asked: Asked
    answer: CheckInAnswer
    before: tuple[str | None, int | None] = (None, None)
    state: TaskState | None = None
    over: bool = False
    moved: bool = False
    again: bool = False
    first: bool = True

    @property
    def is_quiet(self) -> bool:
        """Whether it is what it seems to be: in time, and to the present question."""
        return not (self.over or self.moved or self.answer.late)

    @property
    def needs_no_words(self) -> bool:
        """Whether it says that nothing has changed, and nothing else could be meant by that."""
        return self.is_quiet and self.answer.no_change and not self.again


def keep(asked: Asked, report: Report, given: Given, scope: Scope) -> Noted:
    """Store an answer by the sender of `given`, and make of it what follows. Raises UserError as `require_taken`."""
    require_taken(asked, report, given.sender, scope)
    current, moved = _present(asked, given.sender, scope)
    over = _is_over(current, scope)
    earlier = answers.standing(scope.session, current.ask.id or 0)
    whole = _with_earlier(report, earlier, current)
    state = _settled(current, report.text, given, scope)
    answer = CheckInAnswer(
        ask_id=current.ask.id or 0,
        author=given.sender,
        at=scope.now,
        light=whole.light,
        progress=whole.progress,
        text=whole.text,
        no_change=whole.unchanged,
        late=given.sent_at > current.round.deadline,
        event_id=given.event_id,
    )
    before = (current.project.light, current.project.progress) if current.project else (None, None)
    if current.project is not None and not whole.unchanged:
        words = StatusWords(report.light, report.progress, whole.text)
        made = report_status(current.project, words, given.sender, given.event_id, scope)
        answer.status_update_id, before = made.update.id, made.before
    if current.project is not None and whole.unchanged:
        boards.heard_of(current.project, scope)
    checkins.add_answer(scope.session, answer)
    current.ask.answered_at = current.ask.answered_at or scope.now
    again = earlier is not None and not earlier.no_change
    return Noted(current, answer, before, state, over=over, moved=moved, again=again, first=earlier is None)


def shown(noted: Sequence[Noted], scope: Scope) -> tuple[Effect, ...]:
    """What changes for others by these answers: how many have come, and the summary; once for each round.

    While a round is open, a correction shows nothing to others but in its thread.
    """
    effects: list[Effect] = []
    seen = [each for each in noted if not each.over and (each.first or each.asked.round.closed_at is not None)]
    for each in {each.asked.round.id: each for each in seen}.values():
        effects += rounds.answered(each.asked.ask, scope)
    return tuple(effects)


def require_taken(asked: Asked, report: Report, person: str, scope: Scope) -> None:
    """Raises UserError for what is said to a check-in that is over.

    But a project's status is taken, if it plainly is one, of who answers for the project now: they may not any more.
    """
    current, _ = _present(asked, person, scope)
    if not _is_over(current, scope):
        return
    if current.project is None or not report.is_plain or not answer_talk.answers_for(current, person, scope):
        raise UserError("answering.over", asked=current, prefix=scope.house.prefix)


def state_of(asked: Asked, words: str) -> TaskState | None:
    """What words say of the task that is asked about, if they do."""
    return read_state(words)[0] if asked.task is not None else None


def left_open(person: str, noted: Sequence[Noted], scope: Scope) -> list[Asked]:
    """What the same rounds still ask of a person, the first question first."""
    of = {each.asked.round.id for each in noted}
    waiting = checkins.open_asks_of(scope.session, person)
    return [each for each in reversed(waiting) if each.round.id in of and each.ask.answered_at is None]


def _present(asked: Asked, person: str, scope: Scope) -> tuple[Asked, bool]:
    """The question that asks the same now of this person, where it was put again; and whether that is another one."""
    latest = checkins.last_put(scope.session, asked.check_in.id or 0)
    if latest is None or latest.id == asked.round.id:
        return asked, False
    about = (asked.ask.project_id, asked.ask.task_id)
    for each in checkins.asks_of(scope.session, latest.id or 0):
        same = (each.ask.project_id, each.ask.task_id) == about and each.ask.skipped is None
        same = same and (each.ask.person == asked.ask.person or about != (None, None))
        if same and answer_talk.may_report(each, person, scope):
            return each, True
    return asked, False


def _is_over(asked: Asked, scope: Scope) -> bool:
    """Whether no answer is expected any more: the check-in has ended, or it was put again since."""
    latest = checkins.last_put(scope.session, asked.check_in.id or 0)
    return asked.check_in.state == State.ENDED or latest is None or latest.id != asked.round.id


def _with_earlier(report: Report, earlier: CheckInAnswer | None, asked: Asked) -> Report:
    """A correction keeps what it does not name; a new light leaves the reasons of the one before behind.

    What is kept is how a project stands now: it may have been reported otherwise since.
    """
    if earlier is None or earlier.no_change or report.unchanged:
        return report
    now = asked.project or earlier
    light = report.light or (Light(now.light) if earlier.light and now.light else None)
    progress = report.progress if report.progress is not None or earlier.progress is None else now.progress
    same_light = report.light is None or report.light == earlier.light
    return replace(report, light=light, progress=progress, text=report.text or (earlier.text if same_light else ""))


def _settled(asked: Asked, words: str, given: Given, scope: Scope) -> TaskState | None:
    """„Erledigt“, „in Arbeit“: the task stands so from now on. What else is said of it changes nothing."""
    if asked.task is None:
        return None
    state, note = read_state(words)
    if state is not None and asked.task.state != state:
        tasks.settle(asked.task, state, given.sender, note or None, scope)
    return state

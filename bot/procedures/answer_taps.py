"""One tap answers a check-in: 🟢, 🟡 or 🔴 on its question; taking an answer back undoes it.

Only a light does: 👍 and ✅ may mean „seen“, „done“ or „no change“, so who was asked is told once what to tap instead.
An answer is taken back by redacting it, by who gave it. One that another has followed leaves what stands as it is.
"""

from bot.context import Scope
from bot.domain.task import State as TaskState
from bot.effects import Direct, Effect, React, Reply
from bot.errors import UserError
from bot.events import Event, Reaction, Redacted
from bot.language.report_lights import light_of_sign
from bot.language.reports import Report
from bot.language.votes import choice_of_emoji
from bot.procedures import answer_keeping, answer_talk, standing, tasks
from bot.procedures import checkins as rounds
from bot.procedures.reporting import take_back
from bot.store import answers, checkins, outbox, projects, rooms
from bot.store.checkins import Asked
from bot.store.tables import CheckInAnswer
from bot.texts import Text, text


def on_event(event: Event, scope: Scope) -> tuple[Effect, ...]:
    """Take a tap on a question, or take an answer back; everything else is not for us."""
    match event:
        case Reaction():
            return tapped(event, scope)
        case Redacted():
            return taken_back(event, scope)
        case _:
            return ()


def tapped(event: Reaction, scope: Scope) -> tuple[Effect, ...]:
    """Record the light that was tapped; a ✅ of ours says that it counts."""
    light = light_of_sign(event.key)
    if light is None and choice_of_emoji(event.key) is None:
        return ()
    found = _put_here(event, scope)
    found = [each for each in found if answer_talk.may_report(each, event.sender, scope)]
    if not found or (light is None and not answer_talk.is_asked(found[0], event.sender)):
        return ()
    if light is None or len(found) > 1:
        return (_told(found[0], "which tap", text("answering.which_tap", asked=found), event.sender, scope),)
    try:
        noted = answer_keeping.keep(found[0], Report(light=light), event, scope)
    except UserError as refusal:
        return (_told(found[0], "over", text("answering.over", **refusal.values), event.sender, scope),)
    said: Effect
    if noted.is_quiet:
        said = React("✅", key=f"checkin/ticked/{event.target}")
    else:
        said = Reply(text("answering.noted", noted=[noted], left=[], prefix=scope.house.prefix))
    return (said, *answer_keeping.shown([noted], scope))


def taken_back(event: Redacted, scope: Scope) -> tuple[Effect, ...]:
    """A redaction takes back what was said; the answer before it stands again. Nobody takes back another's words."""
    given = answers.of_event(scope.session, event.target)
    effects: list[Effect] = []
    for answer in given:
        asked = checkins.asked(scope.session, answer.ask_id)
        stands = answers.standing(scope.session, answer.ask_id)
        if asked is None or answer.author != event.sender or stands is None:
            continue
        if stands.id != answer.id:
            _strike(answer, scope)
            continue
        update = answers.update_of(scope.session, answer)
        kept_id, answer.status_update_id = answer.status_update_id, None
        if update is not None and not take_back(update, scope):
            answer.status_update_id = kept_id
            continue
        _unsettle(asked, answer, scope)
        answers.blank(answer)
        if answers.standing(scope.session, answer.ask_id) is None:
            asked.ask.answered_at = None
        effects += rounds.answered(asked.ask, scope, event.event_id)
    return tuple(effects)


def _strike(answer: CheckInAnswer, scope: Scope) -> None:
    """An answer that another has followed: it changes nothing now, and never stands again."""
    update = answers.update_of(scope.session, answer)
    answers.blank(answer)
    if update is not None and not take_back(update, scope):
        projects.remove_update(scope.session, update)


def _unsettle(asked: Asked, answer: CheckInAnswer, scope: Scope) -> None:
    """The task is open again that this answer, and nothing since, has settled; its words are no note on it any more."""
    task = asked.task
    if task is not None and (task.done_by, task.done_at) == (answer.author, answer.at):
        tasks.settle(task, TaskState.OPEN, answer.author, None, scope)


def _put_here(event: Reaction, scope: Scope) -> list[Asked]:
    """What a post asks. A reaction counts where the post stands, of who still belongs to the network."""
    room = rooms.find(scope.session, event.room_id)
    alone = room is not None and room.direct_with == event.sender
    if not alone and outbox.room_of(scope.session, event.target) != event.room_id:
        return []
    put = answer_talk.put_by(event.target, event.sender, scope)
    homes = {home.id for home in standing.belongs_to(event.sender, scope)} if put else set()
    return [each for each in put if each.check_in.network_id in homes]


def _told(asked: Asked, why: str, said: Text, person: str, scope: Scope) -> Direct:
    """What a tap does not do is said to its author alone, once for each question."""
    return Direct(
        person=person,
        key=f"checkin/told/{why}/{asked.ask.id}/{person}",
        text=said,
        network_id=asked.check_in.network_id,
        language=scope.language_of(asked.check_in.room_id),
    )

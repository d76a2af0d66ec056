"""Who leads a room is told what a check-in alone cannot mend: somebody has left, or does not answer any more."""

from collections.abc import Iterable, Sequence

from bot.context import Scope
from bot.domain.checkin import Skipped
from bot.effects import Direct, Effect
from bot.procedures.checkin_posts import Line, by_person, key_of
from bot.procedures.responsible import leads
from bot.store import checkins, networks
from bot.store.tables import CheckIn, CheckInRound
from bot.texts import Text, text


def about_leavers(
    check_in: CheckIn, made: CheckInRound, found: Iterable[Line], known: set[tuple[str, int | None]], scope: Scope
) -> tuple[Effect, ...]:
    """Tell who leads the room, once, whom nobody can ask any more. `known` is what was told before."""
    new = [
        line
        for line in found
        if line.ask.skipped == Skipped.LEFT and (line.ask.person, line.ask.project_id) not in known
    ]
    if not new:
        return ()
    said = text("checkins.left", check_in=check_in, lines=new, prefix=scope.house.prefix)
    gone = {line.ask.person for line in new}
    return tuple(_to_leads(check_in, key_of(made, "left"), said, gone, scope))


def about_silence(check_in: CheckIn, made: CheckInRound, found: Sequence[Line], scope: Scope) -> tuple[Effect, ...]:
    """Tell who leads the room, and the person, when somebody has now missed so many rounds in a row as was set.

    They are told at that number and not again at the next: only an answer in between starts the count anew.
    """
    asked = by_person(line for line in found if line.ask.skipped is None)
    silent = [person for person, own in asked.items() if not any(line.answer for line in own)]
    if not check_in.escalate_after or not silent:
        return ()
    there = networks.people_in_rooms(scope.session, check_in.network_id)  # who has left is told of at the next time
    silent = [person for person in silent if person in there]
    missed = checkins.missed_in_a_row(scope.session, check_in.id or 0, silent)
    due = [person for person in silent if missed[person] == check_in.escalate_after]
    if not due:
        return ()
    told = text("checkins.silent", check_in=check_in, people=due, times=check_in.escalate_after)
    asked_again = text("checkins.missed", check_in=check_in, times=check_in.escalate_after)
    language = scope.language_of(check_in.room_id)
    to_themselves = [
        Direct(
            person=person,
            key=key_of(made, f"missed/{asked[person][0].ask.id}"),
            text=asked_again,
            network_id=check_in.network_id,
            language=language,
        )
        for person in due
    ]
    return (*_to_leads(check_in, key_of(made, "silent"), told, set(due), scope), *to_themselves)


def _to_leads(check_in: CheckIn, key: str, said: Text, but: set[str], scope: Scope) -> Iterable[Effect]:
    """To who leads the room, but not to whom it is about."""
    language = scope.language_of(check_in.room_id)
    for number, person in enumerate(leads(check_in.network_id, check_in.room_id, scope)):
        if person not in but:
            yield Direct(
                person=person, key=f"{key}/{number}", text=said, network_id=check_in.network_id, language=language
            )

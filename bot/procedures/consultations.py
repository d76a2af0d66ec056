"""What all steps in a consultation's life share: the keys of its posts, its language, and how a step is recorded."""

import re
from collections.abc import Mapping
from typing import Any

from bot.context import Scope
from bot.domain.consultation import State, Step, Visibility
from bot.effects import Effect, EndPoll
from bot.procedures import notices
from bot.store import consultations, moves, records, rooms, tables
from bot.store.tables import Ballot, Consultation
from bot.texts import Text, text

IN_NEW_ROOM = r"(?:/in \S+)?"  # said again where the room was replaced (`bot.store.moves.again`)
POLL = re.compile(rf"ballot/(?P<ballot>\d+)/poll(?:/edition (?P<edition>\d+))?{IN_NEW_ROOM}")
SHEET = re.compile(rf"ballot/(?P<ballot>\d+)/sheet(?:/edition (?P<edition>\d+))?{IN_NEW_ROOM}")
ANNOUNCED = re.compile(rf"consultation/(?P<consultation>\d+)/(?:announcement{IN_NEW_ROOM}|(?:notice|reminder)/.+)")


def announcement_key(consultation: Consultation) -> str:
    """The key of the message that opened it. Of a single ballot it is the sheet, too: reactions on it are votes."""
    return f"consultation/{consultation.id}/announcement"


def sheet_key(ballot: Ballot) -> str:
    """The key of the message that shows one ballot of several, or a text that came later; reactions on it are votes."""
    return f"ballot/{ballot.id}/sheet{_of_edition(ballot)}"


def former_sheet_key(ballot: Ballot, first: int) -> str:
    """The same of a former text; `first` is the edition that it began with."""
    return f"ballot/{ballot.id}/sheet" + (f"/edition {first}" if first > 1 else "")


def poll_key(ballot: Ballot) -> str:
    """The key of the native poll, one for each edition that began anew."""
    return f"ballot/{ballot.id}/poll{_of_edition(ballot)}"


def _of_edition(ballot: Ballot) -> str:
    return f"/edition {ballot.valid_edition}" if ballot.valid_edition > 1 else ""


def every_key(ballot: Ballot) -> tuple[str, ...]:
    """The keys that a ballot's sheets and polls may have had, from its first text to the present one."""
    editions = ("", *(f"/edition {number}" for number in range(2, ballot.valid_edition + 1)))
    return tuple(f"ballot/{ballot.id}/{what}{edition}" for edition in editions for what in ("sheet", "poll"))


def short_of(consultation: Consultation, ballot: Ballot, scope: Scope) -> str:
    """„K3“, or „K3.2“ where there are several ballots."""
    several = consultations.has_several(scope.session, consultation.id or 0)
    return consultations.key(consultation, ballot if several else None)


def is_in_its_room(consultation: Consultation, scope: Scope) -> bool:
    """Whether we are where it is held, and know who else is there."""
    return rooms.is_seen(rooms.find(scope.session, consultation.room_id))


def step(
    consultation: Consultation,
    taken: Step,
    scope: Scope,
    *,
    by: str | None = None,
    detail: str = "",
    body: Mapping[str, Any] | None = None,
) -> None:
    """Keep who took a step in its life (None: the clock) and when, on the list and in the record.

    `detail` is for people, `body` for the record (`bot.procedures.recording`): nothing personal in either.
    """
    row = tables.Step(consultation_id=consultation.id or 0, step=taken, by=by, at=scope.now, detail=detail)
    consultations.add_step(scope.session, row)
    records.append(
        scope.session, consultation, taken, scope.now, body or {}, private={"by": by} if by else None, person=by
    )


def cancel(consultation: Consultation, scope: Scope, *, by: str | None = None, reason: str = "") -> tuple[Effect, ...]:
    """Called off; what was voted until now stays on record and decides nothing. `reason` is recorded as it was said.

    A covered poll is not ended: clients would show how each person voted, and nothing was published.
    """
    was_open = consultation.state == State.OPEN
    consultation.state = State.CANCELLED
    step(consultation, Step.CANCELLED, scope, by=by, detail=reason, body={"reason": reason} if reason else None)
    if not was_open:
        return ()
    covered = consultation.visibility == Visibility.COVERED
    called_off = text("consultations.cancelled", consultation=consultation)
    return (*(() if covered else end_polls(consultation, called_off, scope)), *notices.cancelled(consultation, scope))


def end_polls(consultation: Consultation, ended: Text, scope: Scope) -> tuple[Effect, ...]:
    """Close the native polls, in each room where one stands; those on former texts, too, if they are still open."""
    polls = [
        place
        for ballot in consultations.ballots(scope.session, consultation.id or 0)
        for key in every_key(ballot)
        if POLL.fullmatch(key)
        for place in moves.places(scope.session, key)
    ]
    return tuple(EndPoll(room_id=room_id, key=f"{key}/end", of=key, text=ended) for key, room_id in polls)

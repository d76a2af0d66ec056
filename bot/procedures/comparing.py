"""At the close: which posts the homeserver's list of votes is read for, and what of the vote's time was never read.

Votes are also given on messages to one person. Each is a question to the homeserver of its own, so with very many of
them only some are read again, first those to people of whom no vote is on record; the result says how many were not.
"""

from collections.abc import Collection
from dataclasses import dataclass

from bot.context import Scope
from bot.domain.consultation import State
from bot.events import Event
from bot.procedures import electorates, standing
from bot.procedures.consultations import announcement_key, every_key
from bot.store import consultations, moves, outbox, rooms, votes
from bot.store.tables import Consultation, Unread

MOST_CHATS = 200  # messages to one person: with two requests each, about two seconds of a homeserver
RUNNING = (State.OPEN, State.CLOSED)


@dataclass(frozen=True, slots=True)
class Places:
    """Keys and rooms of the posts that votes may relate to; of those `in_chats`, `left_out` are not read again."""

    in_rooms: tuple[tuple[str, str], ...]
    in_chats: tuple[tuple[str, str], ...]
    left_out: int

    @property
    def rooms(self) -> tuple[str, ...]:
        """The rooms of the consultation, in order."""
        return tuple(dict.fromkeys(room_id for _, room_id in self.in_rooms))


def places(consultation: Consultation, scope: Scope) -> Places:
    """Where votes may have been given, in each room where such a post stands."""
    ballots = consultations.ballots(scope.session, consultation.id or 0)
    keys = [announcement_key(consultation), *(key for ballot in ballots for key in every_key(ballot))]
    in_rooms = dict.fromkeys(place for key in keys for place in moves.places(scope.session, key))
    chats = [each for each in _told(consultation, scope) if each[:2] not in in_rooms]
    if len(chats) > MOST_CHATS:
        heard = votes.senders(scope.session, consultation.id or 0)
        chats.sort(key=lambda each: each[2] in heard)  # stable: the latest message first
    read = tuple((key, room_id) for key, room_id, _ in chats[:MOST_CHATS])
    return Places(tuple(in_rooms), read, max(len(chats) - MOST_CHATS, 0))


def left_out(consultation: Consultation, scope: Scope) -> int:
    """How many messages to one person were not read again."""
    return max(len(_told(consultation, scope)) - MOST_CHATS, 0)


def _told(consultation: Consultation, scope: Scope) -> list[tuple[str, str, str]]:
    own = f"consultation/{consultation.id}"
    return outbox.told(scope.session, (f"{own}/notice/", f"{own}/reminder/"))


# what was never read


def not_read(event: Event, scope: Scope) -> None:
    """Keep that an event came which may be a vote in one that is under way: the result is provisional then.

    In a direct chat only if its sender may vote: what others write there is none.
    """
    if consultations.of_room(scope.session, event.room_id, RUNNING) or _may_be_vote(event, scope):
        keep(event, event.room_id, scope)


def keep(event: Event, room_id: str, scope: Scope) -> None:
    """Keep it as what it was for this room."""
    row = Unread(
        event_id=event.event_id,
        room_id=room_id,
        sender=event.sender,
        sent_at=event.sent_at,
        received_at=event.received_at,
    )
    votes.add_unread(scope.session, row)


def _may_be_vote(event: Event, scope: Scope) -> bool:
    room = rooms.find(scope.session, event.room_id)
    if room is None or room.direct_with is None:
        return False
    running = consultations.in_states(scope.session, RUNNING)
    return any(electorates.speaking(each, event, scope) is not None for each in running)


def unread(consultation: Consultation, scope: Scope) -> int:
    """How many events of the time of the vote were not read, in its room and in direct chats, that may be votes.

    Of electors all may be, and in the room those of coordinators, who record the votes of others. What anybody else
    says there is none, and in an encrypted room there may be a lot of it.
    """
    since, until = consultation.opens_at, consultations.window(consultation).publish_at
    here = votes.unread(scope.session, consultation.room_id, since, until)
    written = votes.unread_directly(scope.session, since, until)
    elsewhere = [each for each in written if each.room_id != consultation.room_id]
    record = standing.coordinators(consultation.network_id, scope) if here else ()
    may_be = [each for each in here if each.sender in record or _is_elector(consultation, each, scope)]
    return len(may_be) + len([each for each in elsewhere if _is_elector(consultation, each, scope)])


def _is_elector(consultation: Consultation, row: Unread, scope: Scope) -> bool:
    moments = {row.received_at, row.sent_at}  # what came late because we were away counts as it was sent
    return any(electorates.spoken_for(consultation, row.sender, at, scope) is not None for at in moments)


def chats_of(people: Collection[str], scope: Scope) -> tuple[str, ...]:
    """The rooms of these people's direct chats."""
    found = (rooms.direct_with(scope.session, person) for person in sorted(people))
    return tuple(room.room_id for room in found if room is not None)

"""Where several accounts share a database: what is ours to handle, and what is another account's.

A room goes from one to the other at its mark, a post of the old one's (`bot.procedures.relocating`). `Room.reads_after`
names it: on the old side nothing after it is handled, on the new side nothing until the room was read back to it.
"""

from bot.context import Scope
from bot.effects import Effect, Join
from bot.events import (
    CaughtUp,
    Dropped,
    Echo,
    Event,
    Happening,
    Invited,
    Left,
    Members,
    Membership,
    Message,
    Named,
    Powers,
    Reaction,
    Undecryptable,
    Upgraded,
    VerificationAsked,
    Vote,
    Withheld,
)
from bot.others import Others
from bot.store import Session, rooms
from bot.store.relocation import marks, relocations
from bot.store.relocation.named import OWN
from bot.store.relocation.relocations import State

SAID = Message | Vote | Reaction | Dropped | VerificationAsked | Undecryptable
"""What an account of ours says to people is no command to another one."""
OF_ROOMS = Members | Membership | Named | Powers | Upgraded | Left | Withheld
"""Of a room that we know nothing of, this is looked at all the same: so a network's space is kept track of."""


def is_ours(happening: Happening, others: Others, scope: Scope, *, unread: bool = False) -> bool:
    """Whether it is ours to handle. No question to the database where no others share it.

    In a room that we do not know nothing is even claimed: its records may be on their way here, and then it is read.
    `unread`: just that is being done.
    """
    if not others.accounts:
        return True
    if isinstance(happening, SAID) and happening.sender in others.accounts:
        return False
    if unread or not isinstance(happening, Event | OF_ROOMS):
        return True  # an invitation; what came of something we did; or what was kept, and so was ours
    room = rooms.find(scope.session, happening.room_id)
    if room is None:
        return isinstance(happening, OF_ROOMS)
    return room.reads_after is None or (isinstance(happening, Left) and _comes_to_us(room.network_id, scope))


def _comes_to_us(network_id: int | None, scope: Scope) -> bool:
    """Whoever shuts us out of a room before we have read it, does so for good: what was said there is not for us."""
    coming = relocations.coming(scope.session, scope.house.us)
    return any(each.network_id == network_id for each in coming)


def came_back(echo: Echo, session: Session) -> None:
    """A post of ours came back by /sync: if it is a mark, the room is deaf from there on."""
    key, room_id = marks.sent_under(session, echo.transaction) or ("", None)
    room = rooms.find(session, room_id or "")
    if room is not None and key.startswith(OWN) and key.endswith(f"mark {room.room_id}") and room.reads_after is None:
        room.reads_after = echo.event_id


def entered(invitation: Invited, scope: Scope) -> tuple[Effect, ...] | None:
    """A room of a network that comes to us: we follow without a word, whoever asks us in. None for all others.

    We know nothing of the room until its records come, and so hear nothing there.
    """
    room_id, coming = invitation.room_id, relocations.coming(scope.session, scope.house.us)
    if any(each.state != State.STOPPED and marks.belongs_there(scope.session, each, room_id) for each in coming):
        return (Join(room_id, invitation.inviter),)
    return None


def caught_up(event: CaughtUp, session: Session) -> None:
    """A room was read from its mark on: from here on we hear what is said there now."""
    room = rooms.find(session, event.room_id)
    if room is not None and room.reads_after == event.mark:
        room.reads_after = None

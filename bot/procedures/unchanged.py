"""What a start tells us that we know already: the state of every room comes again with it.

Nothing would come of handling that, but it costs a start some milliseconds a room. So what is known is found for many
rooms at once; `bot.procedures.roomlife` says what becomes of the rest.
"""

from collections.abc import Sequence, Set
from itertools import takewhile

from bot.events import Happening, Members, Named, Powers
from bot.procedures.roomlife import lacking, said_name
from bot.store import Session, known_rooms, progress
from bot.store.known_rooms import Known

State = Members | Named | Powers
A_FEW = 4  # of which it costs less to handle them one by one


def among(happenings: Sequence[Happening], us: str, session: Session) -> frozenset[int]:
    """Which of these, by their place, need not be handled, because nothing would come of it. `us` is our Matrix ID.

    Only what stands before anything else is looked at: what people do may change what is known. Of a room that tells
    something new, nothing after that is left out.
    """
    states = [each for each in takewhile(lambda each: isinstance(each, State), happenings) if isinstance(each, State)]
    if len(states) < A_FEW:
        return frozenset()
    known = known_rooms.of(session, {state.room_id for state in states})
    fresh = progress.unclaimed(session, {state.event_id for state in states if isinstance(state, Named)})
    changed, found = set[str](), set[int]()
    for place, state in enumerate(states):
        if state.room_id not in changed and _is_known(state, known[state.room_id], us, fresh):
            found.add(place)
        else:
            changed.add(state.room_id)
    return frozenset(found)


def _is_known(state: State, room: Known, us: str, fresh: Set[str]) -> bool:
    """Whether `roomlife.changed` would keep nothing and do nothing; `fresh` are the events that were never handled."""
    match state:
        case Members():
            return room.left or (state.joined - {us} == room.members and not room.waits)
        case Named():
            return not room.joined or (said_name(state) == room.name and state.event_id not in fresh)
        case Powers():
            return not room.joined or lacking(state) == room.lacks

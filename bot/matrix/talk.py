"""What is said in a room goes past nio: it has no use for it, and reading it takes longer than all that we do with it.

nio checks each event against several schemas, makes an object of it, and looks whether it changes the room. Talk does
not: what is neither state nor encrypted is taken out of an answer of /sync before nio reads it, and put back at its
place as it came. `bot.matrix.decode` trusts nothing in it anyway.
"""

from typing import Any

from bot.matrix.raw import Raw

SEALED = "m.room.encrypted"

Json = dict[str, Any]


def taken_out(answer: object) -> dict[str, list[Any]]:
    """Leave in an answer of /sync only what nio acts on; by room, the events of its timeline as they came.

    Rooms where nobody said anything are left out, and so is whatever has another form than it should: nio says so.
    """
    rooms = _dict(_dict(answer).get("rooms"))
    whole: dict[str, list[Any]] = {}
    for room_id, room in _dict(rooms.get("join")).items():
        timeline = _dict(_dict(room).get("timeline"))
        events = timeline.get("events")
        if isinstance(events, list) and any(is_talk(event) for event in events):
            whole[room_id] = events
            timeline["events"] = [event for event in events if not is_talk(event)]
    return whole


def put_back(response: Any, whole: dict[str, list[Any]]) -> None:
    """Put what was taken out between what nio has read of it; what nio has dropped stays dropped."""
    for room_id, events in whole.items():
        timeline = response.rooms.join[room_id].timeline
        read = {id(event.source): event for event in timeline.events}
        placed = (Raw(each, decrypted=False) if is_talk(each) else read.get(id(each)) for each in events)
        timeline.events = [event for event in placed if event is not None]


def is_talk(event: object) -> bool:
    """Whether nio does nothing with this event."""
    return isinstance(event, dict) and "state_key" not in event and event.get("type") != SEALED


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}

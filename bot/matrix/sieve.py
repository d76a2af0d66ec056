"""Leaving out of an answer what nio cannot parse; used only after nio failed on the whole of it."""

import copy
from collections.abc import Callable
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types

Json = dict[str, Any]


def sifted(response_class: Any, raw: object) -> Json | None:
    """`raw` without its unreadable parts; None when this kind of answer has no parts that could be left out."""
    if not isinstance(raw, dict):
        return None
    if response_class is nio.RoomMessagesResponse:
        return raw | {"chunk": _readable(raw.get("chunk"), nio.Event.parse_event)}
    if response_class is not nio.SyncResponse:
        return None
    to_device = _readable(_dict(raw.get("to_device")).get("events"), nio.ToDeviceEvent.parse_event)
    rooms = _dict(raw.get("rooms"))
    kept = {kind: _rooms(kind, _dict(rooms.get(kind))) for kind in ("join", "invite", "leave")}
    return raw | {"to_device": {"events": to_device}, "rooms": kept}


def _rooms(kind: str, rooms: Json) -> Json:
    sieved = {room_id: _room(kind, room) for room_id, room in rooms.items() if isinstance(room, dict)}
    return {room_id: room for room_id, room in sieved.items() if _parses(kind, room_id, room)}


def _room(kind: str, room: Json) -> Json:
    if kind == "invite":
        return {"invite_state": _events(room.get("invite_state"), nio.InviteEvent.parse_event)}
    parts = {name: _events(room.get(name), nio.Event.parse_event) for name in ("state", "timeline")}
    return {"summary": _dict(room.get("summary"))} | parts


def _events(block: object, parse: Callable[[Any], Any]) -> Json:
    found = _dict(block)
    return found | {"events": _readable(found.get("events"), parse)}


def _readable(events: object, parse: Callable[[Any], Any]) -> list[Any]:
    return [event for event in events if _survives(event, parse)] if isinstance(events, list) else []


def _parses(kind: str, room_id: str, room: Json) -> bool:
    return _survives({kind: {room_id: room}}, nio.SyncResponse._get_room_info)


def _survives(value: Any, parse: Callable[[Any], Any]) -> bool:
    try:
        parse(copy.deepcopy(value))
    except Exception:  # noqa: BLE001, RUF100  whatever nio raises is the finding
        return False
    return True


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}

"""What is done without a word of ours: the effects whose rows need no text, no language and no database."""

import base64
from dataclasses import dataclass, field
from typing import Any, assert_never

from bot import contents
from bot.domain.chart import as_table
from bot.effects import (
    Compare,
    Document,
    Empower,
    Fetch,
    Follow,
    Invite,
    Join,
    OpenRoom,
    Picture,
    Pin,
    Poll,
    React,
    RefuseVerification,
    Reread,
    SetState,
    Weigh,
)
from bot.events import Event, answered_at

MESSAGE = "m.room.message"
Wordless = (
    React
    | RefuseVerification
    | Poll
    | Picture
    | Join
    | OpenRoom
    | Invite
    | SetState
    | Pin
    | Empower
    | Follow
    | Fetch
    | Reread
    | Compare
    | Weigh
    | Document
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A row in the making: `bot.sending.delivery` has a method for each action."""

    action: str
    key: str
    room_id: str | None = None
    person: str | None = None
    event_type: str = ""
    content: dict[str, Any] = field(default_factory=dict)


def deed(effect: Wordless, cause: str, asked: Event | None) -> Deed:
    """The row of an effect. `cause` is the key of those that have none of their own, `asked` what is reacted to."""
    match effect:
        case React(emoji, key):
            assert asked is not None  # noqa: S101 - only an event is reacted to
            content = contents.reaction(answered_at(asked), emoji)
            key = key or cause
            return Deed(action="send", key=key, room_id=asked.room_id, event_type="m.reaction", content=content)
        case RefuseVerification():
            assert asked is not None  # noqa: S101 - only a request is refused
            content = contents.refused_verification(asked.event_id)
            kind = "m.key.verification.cancel"
            return Deed(action="send", key=cause, room_id=asked.room_id, event_type=kind, content=content)
        case Join(room_id, by):
            return Deed(action="join", key=cause, room_id=room_id, content={"by": by})
        case Poll(room_id=room_id, key=key):
            kind = "org.matrix.msc3381.poll.start"
            return Deed(action="send", key=key, room_id=room_id, event_type=kind, content=contents.poll(effect))
        case Picture(room_id=room_id, key=key, chart=chart):
            return Deed(action="chart", key=key, room_id=room_id, event_type=MESSAGE, content=as_table(chart))
        case Document():
            return _document(effect)
        case OpenRoom():
            return _opening(effect)
        case Invite(room_id=room_id, key=key, person=person) | Empower(room_id=room_id, key=key, person=person):
            action, content = ("empower", {"level": effect.level}) if isinstance(effect, Empower) else ("invite", {})
            return Deed(action=action, key=key, room_id=room_id, person=person, content=content)
        case SetState(room_id=room_id, key=key, event_type=kind):
            state = {"state_key": effect.state_key, "content": dict(effect.content)}
            return Deed(action="state", key=key, room_id=room_id, event_type=kind, content=state)
        case Pin(room_id=room_id, key=key, of=of, without=without):
            content = {"of": list(of), "without": list(without)}
            return Deed(action="pin", key=key, room_id=room_id, content=content)
        case _:
            return _inquiry(effect)


def _inquiry(effect: Follow | Fetch | Reread | Compare | Weigh) -> Deed:
    """What somebody waits for: it comes back as an outcome."""
    match effect:
        case Follow(room_id=room_id, key=key, successor=successor, by=by):
            return Deed(action="follow", key=key, room_id=room_id, content={"successor": successor, "by": by})
        case Fetch(room_id=room_id, key=key, name=name, source=source):
            return Deed(action="fetch", key=key, room_id=room_id, content={"name": name, "source": dict(source)})
        case Reread(key=key, of=of, gone=gone, rooms=rooms):
            content = {"of": [list(each) for each in of], "gone": list(gone), "rooms": list(rooms)}
            return Deed(action="reread", key=key, content=content)
        case Compare(key=key, network_id=network_id):
            return Deed(action="compare", key=key, content={"network": network_id})
        case Weigh(key=key, room_id=room_id):
            return Deed(action="weigh", key=key, room_id=room_id)
        case _:
            assert_never(effect)


def _opening(effect: OpenRoom) -> Deed:
    content = {
        "alias": effect.alias,
        "name": effect.name,
        "topic": effect.topic,
        "space": effect.space,
        "encrypted": effect.encrypted,
        "powers": dict(effect.powers),
    }
    return Deed(action="open", key=effect.key, content=content)


def _document(effect: Document) -> Deed:
    encoded = base64.b64encode(effect.content).decode()
    content = {"name": effect.name, "mimetype": effect.mimetype, "content": encoded}
    if effect.maker is not None:
        content["maker"] = effect.maker
    return Deed(
        action="file",
        key=effect.key,
        room_id=effect.room_id,
        person=effect.person,
        event_type=MESSAGE,
        content=content,
    )

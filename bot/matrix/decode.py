"""From the homeserver's JSON to our own words. Pure; whatever strangers send, nothing here raises.

The input is the raw event (`.source` of nio's events, which also keeps the types that nio does not know). Events were
written by anybody: every field may be missing or of the wrong type, and then the event does not interest us.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypedDict
from urllib.parse import unquote

from bot.events import (
    Dropped,
    Echo,
    Event,
    Membership,
    Message,
    Named,
    Powers,
    Reaction,
    Redacted,
    Undecryptable,
    Upgraded,
    VerificationAsked,
    Vote,
)
from bot.matrix.clean import clean, identifier, one_line
from bot.matrix.pills import unescaped, with_ids
from bot.matrix.powers import POWER_LEVELS, TOMBSTONE, Standing, lacks, number

CONTENT_KEY = "zwischenstand.key"
"""Where our own events carry their transaction ID, for devices that get no `unsigned.transaction_id`."""

UNSTABLE_POLL_RESPONSE = "org.matrix.msc3381.poll.response"
POLL_RESPONSE = "m.poll.response"
LONGEST_NAME = 200
"""Characters of a file's name."""

LARGEST_CLAIM = 2**53
NOWHERE_ABOVE = Standing()
MEMBERSHIPS = {"join", "invite", "leave", "ban", "knock"}
LATEST_SENT_AT = 4_102_444_800_000
"""Milliseconds; later claims mean 2100-01-01, so that arithmetic on them cannot overflow."""

PILL = re.compile(r"""https://matrix\.to/#/([^"'?<>\s]+)""")

Json = dict[str, Any]


class _Frame(TypedDict):
    """What all events have in common, checked."""

    room_id: str
    event_id: str
    sender: str
    sent_at: datetime
    received_at: datetime
    offline_since: datetime | None
    sealed: str | None


def decode(
    source: object,
    room_id: str,
    *,
    us: str,
    received_at: datetime,
    offline_since: datetime | None,
    decrypted: bool,
    sealed: str | None = None,
    standing: Standing = NOWHERE_ABOVE,
) -> Event | None:
    """One event of a timeline or of a room's state; None when it does not interest us.

    `us` is our Matrix ID. `decrypted` says that `source` came out of an encrypted event: then it is never taken for
    room state or a redaction, because any member can encrypt anything; `sealed` names the ciphertext (see `Event`).
    `standing` is ours in the room.
    """
    event = _dict(source)
    content = event.get("content")
    frame = _frame(event, room_id, received_at, offline_since, sealed)
    kind = event.get("type")
    if frame is None or not isinstance(content, dict) or not isinstance(kind, str):
        return None
    if frame["sender"] == us and kind != POWER_LEVELS:
        transaction = transaction_of(event)
        return Echo(transaction=transaction, **frame) if transaction else None
    if kind == "m.room.message":
        return _said(frame, content, us)
    if decrypted and kind in STATE_AND_SERVER_TYPES:
        return None
    if kind == POWER_LEVELS:
        return Powers(lacks=lacks(content, us, standing), **frame) if event.get("state_key") == "" else None
    reader = READERS.get(kind)
    return reader(frame, event, content) if reader else None


def transaction_of(event: Json) -> str | None:
    """The transaction ID under which an event of ours was sent."""
    announced = _dict(event.get("unsigned")).get("transaction_id")
    return identifier(announced) or identifier(_dict(event.get("content")).get(CONTENT_KEY))


def _frame(
    event: Json, room_id: str, received_at: datetime, offline_since: datetime | None, sealed: str | None
) -> _Frame | None:
    event_id, sender = identifier(event.get("event_id")), identifier(event.get("sender"))
    claimed = event.get("origin_server_ts")
    if event_id is None or sender is None or not isinstance(claimed, int) or isinstance(claimed, bool):
        return None
    seconds = min(max(claimed, 0), LATEST_SENT_AT) / 1000
    return _Frame(
        room_id=room_id,
        event_id=event_id,
        sender=sender,
        sent_at=datetime.fromtimestamp(seconds, UTC),
        received_at=received_at,
        offline_since=offline_since,
        sealed=sealed,
    )


def _said(frame: _Frame, content: Json, us: str) -> Message | Dropped | VerificationAsked | None:
    match content.get("msgtype"):
        case "m.file":
            return _dropped(frame, content)
        case "m.key.verification.request":
            return VerificationAsked(**frame) if content.get("to") == us else None
        case _:
            return _message(frame, content, us)


def _message(frame: _Frame, content: Json, us: str) -> Message | None:
    body, relation = content.get("body"), _dict(content.get("m.relates_to"))
    if content.get("msgtype") != "m.text" or not isinstance(body, str) or relation.get("rel_type") == "m.replace":
        return None
    answered = identifier(_dict(relation.get("m.in_reply_to")).get("event_id"))
    thread = identifier(relation.get("event_id")) if relation.get("rel_type") == "m.thread" else None
    reply_to = None if thread and relation.get("is_falling_back") is True else answered
    text = _without_quote(clean(body)) if answered else clean(body)
    text = with_ids(text, content.get("formatted_body"))
    if not text.strip():
        return None
    return Message(body=text, reply_to=reply_to, thread=thread, mentions_us=_mentions(content, text, us), **frame)


def _dropped(frame: _Frame, content: Json) -> Dropped | None:
    """A file: `filename` is its name where a caption stands in the body."""
    named = (content.get("filename"), content.get("body"))
    name = next((line for text in named if isinstance(text, str) and (line := one_line(text))), "")
    there = isinstance(content.get("url"), str) or isinstance(content.get("file"), dict)
    if not name or not there or _dict(content.get("m.relates_to")).get("rel_type") == "m.replace":
        return None
    claimed = number(_dict(content.get("info")).get("size"), 0)
    size = claimed if 0 < claimed <= LARGEST_CLAIM else 0
    return Dropped(name=name[-LONGEST_NAME:], size=size, source=content, **frame)


def _without_quote(body: str) -> str:
    """Drop the quotation that clients put before a reply (rich reply fallback, in the specification up to v1.12)."""
    if not body.startswith(("> <@", "> * <@")):
        return body
    lines = body.split("\n")
    first = next((number for number, line in enumerate(lines) if not line.startswith(">")), len(lines))
    return "\n".join(lines[first:]).removeprefix("\n")


def _mentions(content: Json, body: str, us: str) -> bool:
    named = _dict(content.get("m.mentions")).get("user_ids")
    if isinstance(named, list) and us in named:
        return True
    formatted = content.get("formatted_body")
    if isinstance(formatted, str) and any(unquote(unescaped(pill)) == us for pill in PILL.findall(formatted)):
        return True
    return body.startswith((us, f"@{us[1:].partition(':')[0]} "))  # typed by hand


def _vote(frame: _Frame, event: Json, content: Json) -> Vote | None:
    """MSC3381: a response whose answers are missing or malformed is spoiled, which means withdrawn."""
    poll = _related(content, "m.reference")
    if poll is None:
        return None
    unstable, stable = _dict(content.get(UNSTABLE_POLL_RESPONSE)).get("answers"), content.get("m.selections")
    first, second = (stable, unstable) if event["type"] == POLL_RESPONSE else (unstable, stable)
    chosen = second if first is None else first
    answers = [identifier(answer) for answer in chosen] if isinstance(chosen, list) else []
    spoiled = None in answers
    return Vote(poll=poll, answers=() if spoiled else tuple(a for a in answers if a is not None), **frame)


def _reaction(frame: _Frame, _event: Json, content: Json) -> Reaction | None:
    target = _related(content, "m.annotation")
    key = _dict(content.get("m.relates_to")).get("key")
    if target is None or not isinstance(key, str) or not one_line(key):
        return None
    return Reaction(target=target, key=one_line(key), **frame)


def _redacted(frame: _Frame, event: Json, content: Json) -> Redacted | None:
    """Up to room version 10 the target stands at the top, where only a server writes; from 11 on in the content."""
    target = identifier(event.get("redacts")) or identifier(content.get("redacts"))
    return Redacted(target=target, **frame) if target else None


def _membership(frame: _Frame, event: Json, content: Json) -> Membership | None:
    person, state = identifier(event.get("state_key")), content.get("membership")
    if person is None or not isinstance(state, str) or state not in MEMBERSHIPS:
        return None
    return Membership(person=person, state=state, **frame)


def _named(frame: _Frame, event: Json, content: Json) -> Named | None:
    name = content.get("name")
    if event.get("state_key") != "" or not isinstance(name, str):
        return None
    return Named(name=one_line(name), **frame)


def _upgraded(frame: _Frame, event: Json, content: Json) -> Upgraded | None:
    successor = identifier(content.get("replacement_room"))
    if event.get("state_key") != "" or successor is None or successor[0] != "!" or successor == frame["room_id"]:
        return None
    return Upgraded(successor=successor, **frame)


def _undecryptable(frame: _Frame, _event: Json, content: Json) -> Undecryptable | None:
    if not content:  # redacted
        return None
    return Undecryptable(
        session_id=identifier(content.get("session_id")) or "",
        content=content,
        sender_key=identifier(content.get("sender_key")),
        device=identifier(content.get("device_id")),
        **frame,
    )


def _related(content: Json, kind: str) -> str | None:
    relation = _dict(content.get("m.relates_to"))
    return identifier(relation.get("event_id")) if relation.get("rel_type") == kind else None


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


READERS: dict[str, Callable[[_Frame, Json, Json], Event | None]] = {
    UNSTABLE_POLL_RESPONSE: _vote,
    POLL_RESPONSE: _vote,
    "m.reaction": _reaction,
    "m.room.redaction": _redacted,
    "m.room.member": _membership,
    "m.room.name": _named,
    TOMBSTONE: _upgraded,
    "m.room.encrypted": _undecryptable,
}
STATE_AND_SERVER_TYPES = {
    "m.room.member",
    "m.room.name",
    POWER_LEVELS,
    TOMBSTONE,
    "m.room.redaction",
    "m.room.encrypted",
}

"""What stands in an event: the content of messages, edits, polls, reactions, as clients understand it."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from bot.effects import Poll
from bot.texts import Rendered, plain_of, splitting

LARGEST_EVENT = 40_000  # bytes of content; an event may have 65,536 (spec: Size limits), and Megolm adds a third

CHECKSUM = re.compile(r"\b[0-9a-f]{64}\b")

Content = dict[str, Any]


def rendered(html: str) -> Rendered:
    """A part of a message, with its plain body."""
    return Rendered(html=html, plain=plain_of(html))


def message(said: Rendered) -> Content:
    """An automatic post: `m.notice`, so that other bots do not answer it, notifying nobody."""
    return {
        "msgtype": "m.notice",
        "body": said.plain,
        "format": "org.matrix.custom.html",
        "formatted_body": said.html,
        "m.mentions": {},
    }


def replacing(new: Rendered) -> Content:
    """What stands outside `m.new_content` is for clients without edits (spec: Event replacements)."""
    outside = {"msgtype": "m.notice", "body": f"* {new.plain}", "m.mentions": {}}
    return {**outside, "m.new_content": message(new), "m.relates_to": {"rel_type": "m.replace"}}


def reaction(event_id: str, emoji: str) -> Content:
    """A reaction on an event."""
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": event_id, "key": emoji}}


def refused_verification(event_id: str) -> Content:
    """The end of a verification in a room, before it began (spec: Key verification framework)."""
    relation = {"m.relates_to": {"rel_type": "m.reference", "event_id": event_id}}
    return {"code": "m.unknown_method", "reason": "This bot does not compare emojis.", **relation}


def gist(content: Content) -> str:
    """The words of a message or poll, as a fingerprint: two posts with the same one say the same.

    A checksum among them does not count: minutes that are made again have another one.
    """
    words = content.get("body") or content.get("org.matrix.msc1767.text") or ""
    return hashlib.sha256(CHECKSUM.sub("#", str(words)).encode()).hexdigest()


def is_small(content: Content) -> bool:
    """Measured as nio encrypts it: ASCII, in which „ü“ takes six bytes."""
    return len(json.dumps(content)) <= LARGEST_EVENT


def fits(content_of: Callable[[Rendered], Content]) -> splitting.Fits:
    """The test for splitting: whether a part, as the event it would become, is small enough."""
    return lambda html: len(html) <= LARGEST_EVENT and is_small(content_of(rendered(html)))


def poll(effect: Poll) -> Content:
    """The unstable form, in plain strings: what Element Web shows (MSC3381 as deployed)."""
    listed = "\n".join(f"{number}. {label}" for number, (_, label) in enumerate(effect.answers, 1))
    question = {"org.matrix.msc1767.text": effect.question, "body": effect.question, "msgtype": "m.text"}
    return {
        "org.matrix.msc3381.poll.start": {
            "question": question,
            "kind": f"org.matrix.msc3381.poll.{'disclosed' if effect.disclosed else 'undisclosed'}",
            "max_selections": 1,
            "answers": [{"id": key, "org.matrix.msc1767.text": label} for key, label in effect.answers],
        },
        "org.matrix.msc1767.text": f"{effect.question}\n{listed}",
        "m.mentions": {},
    }


def end_poll(plain: str) -> Content:
    """The same, closed."""
    return {
        "m.relates_to": {"rel_type": "m.reference"},
        "org.matrix.msc3381.poll.end": {},
        "org.matrix.msc1767.text": plain,
        "body": plain,
    }

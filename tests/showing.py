"""What the bot did, as it stands in a transcript (`tests/dialogue.py`): a line for each row, below it the words."""

import json
import re
from collections.abc import Iterator
from typing import Any

from bot.events import Dropped, Happening, Message, Reaction, VerificationAsked
from bot.store.outbox import Row
from tests.fakes import plain

CHECKSUM = re.compile(r"\b[0-9a-f]{64}\b")  # salted: another one each time


def check_relation(asked: Happening | None, row: Row) -> None:
    """A reply names the event it answers, and the thread it stood in."""
    relation = json.loads(row.content).get("m.relates_to", {})
    reply = relation.get("m.in_reply_to", {}).get("event_id")
    if reply is not None:
        match asked:
            case Message():
                assert (reply, relation.get("event_id")) == (asked.event_id, asked.thread)
            case Dropped() | VerificationAsked():
                assert reply == asked.event_id
            case Reaction():  # a reaction cannot be replied to: the answer hangs on what it was given to
                assert reply == asked.target
            case _:
                raise AssertionError(f"answers {asked}")


def shown(row: Row, place: str | None, names: dict[str, str]) -> Iterator[str]:
    """A row as lines; it says where it went if that is not `place`. `names` are those of rooms, by their IDs."""
    head, body = _head(row, json.loads(row.content))
    elsewhere = row.room_id not in (place, None) and not (row.person and row.action in ("send", "file"))
    yield f"  = {head}" + (f" in „{names.get(row.room_id or '', row.room_id)}“" if elsewhere else "")
    yield from (f"  | {CHECKSUM.sub('<64 Zeichen>', line)}".rstrip() for line in body.splitlines())


def _head(row: Row, content: dict[str, Any]) -> tuple[str, str]:
    relation = content.get("m.relates_to", {})
    mentioned = content.get("m.mentions", {}).get("user_ids", [])
    notified = f" (erwähnt {', '.join(mentioned)})" if mentioned else ""
    if row.action != "send":
        return _deed(row, content)
    match row.event_type:
        case "m.reaction":
            return relation["key"], ""
        case "org.matrix.msc3381.poll.start":
            poll = content["org.matrix.msc3381.poll.start"]
            answers = " ".join(f"[{answer['org.matrix.msc1767.text']}]" for answer in poll["answers"])
            return f"Umfrage zum Antippen{notified}", f"{poll['question']['body']}\n{answers}"
        case "m.key.verification.cancel":
            return "vergleicht keine Emojis", ""
        case "org.matrix.msc3381.poll.end":
            return f"Ende der Umfrage{notified}", plain(row)
    if row.person:
        return f"direkt an {row.person}", plain(row)
    if relation.get("rel_type") == "m.replace":
        return "schreibt seine Nachricht neu", plain(row).removeprefix("* ")
    if relation.get("rel_type") == "m.thread":
        kind = "Nachricht" if relation.get("is_falling_back") else "Antwort"
        return f"{kind} im Thread{notified}", plain(row)
    return f"{'Antwort' if relation else 'Nachricht'}{notified}", plain(row)


def _deed(row: Row, content: dict[str, Any]) -> tuple[str, str]:
    """What is done without a message."""
    to = f" an {row.person}" if row.action == "file" and row.person else ""
    match row.action:
        case "join":
            return "betritt den Raum", ""
        case "leave":
            return "lehnt die Einladung ab", content["reason"]
        case "chart":
            return "Diagramm", content["alt"]
        case "file":
            return f"Datei „{content['name']}“{to}", ""
        case "open":
            kind = "Bereich" if content["space"] else "Raum"
            return f"öffnet den {kind} „{content['name']}“ (#{content['alias']})", content["topic"]
        case "invite":
            return f"lädt {row.person} ein", ""
        case "empower":
            return f"gibt {row.person} die Stufe {content['level']}", ""
        case "pin" | "reread":
            return {"pin": "heftet an", "reread": "vergleicht mit dem Server"}[row.action], ""
        case "state":
            key = f" {content['state_key']}" if content["state_key"] else ""
            return f"setzt {row.event_type}{key}", "\n".join(f"{k}: {v}" for k, v in content["content"].items())
        case "follow":
            return f"folgt nach {content['successor']}", ""
        case "fetch":
            return f"liest die Datei „{content['name']}“", ""
        case "mail":
            return f"Mail an {content['to']}: {content['subject']}", content["plain"]
    raise AssertionError(f"no words for {row.action}")

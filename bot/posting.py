"""Effects become outbox rows, rendered in the room's language, in the transaction of the change they announce."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any, assert_never

from bot.context import Scope
from bot.effects import (
    Decline,
    Direct,
    Edit,
    Effect,
    EndPoll,
    Join,
    Picture,
    Poll,
    React,
    Reply,
    Say,
)
from bot.errors import UserError
from bot.events import Event, Message
from bot.store import outbox, questions, rooms
from bot.store.outbox import Row
from bot.texts import Rendered, Text, Texts

QUESTION_KEPT = timedelta(minutes=30)
LARGEST_EVENT = 60_000  # bytes; Matrix allows 65,536 for the whole event (spec: Size limits)


def transaction_id(action: str, key: str) -> str:
    """Derived from the row, so that every attempt uses the same one; distinct per kind, as Synapse demands."""
    return hashlib.sha256(f"{action}\0{key}".encode()).hexdigest()[:32]


class Posting:
    """Turns effects into rows. One instance serves inbox and clock."""

    def __init__(self, texts: Texts, device_id: str) -> None:
        """`device_id` is the device that will send; it is written down before any attempt."""
        self._texts = texts
        self._device_id = device_id

    def store(self, scope: Scope, effects: Iterable[Effect], cause: str, asked: Event | None = None) -> list[Row]:
        """Store the rows for `effects`. `cause` names what they come from; `asked` is the event they answer, if any.

        Raises UserError when a message would be larger than an event may be.
        """
        rows = []
        for number, effect in enumerate(effects):
            row = self._row(scope, effect, f"{cause}/{number}", asked)
            if len(row.content.encode()) > LARGEST_EVENT:
                raise UserError("inbox.answer_too_long")
            if outbox.insert(scope.session, row):
                rows.append(row)
        return rows

    def ask(self, scope: Scope, text: Text, resume: str, asked: Message) -> list[Row]:
        """Answer with a question and keep the command for its author's reply."""
        rows = self.store(scope, (Reply(text),), asked.event_id, asked)
        for row in rows:
            questions.keep(scope.session, row.key, asked.room_id, asked.sender, resume, scope.now + QUESTION_KEPT)
        return rows

    def _row(self, scope: Scope, effect: Effect, key: str, asked: Event | None) -> Row:
        match effect:
            case Reply(text):
                assert asked is not None  # noqa: S101 - only a message is replied to
                return self._message(scope, asked.room_id, key, self._in(scope, asked.room_id, text), _relation(asked))
            case React(emoji):
                assert asked is not None  # noqa: S101
                relation = {"rel_type": "m.annotation", "event_id": asked.event_id, "key": emoji}
                return self._send(scope, asked.room_id, key, "m.reaction", {"m.relates_to": relation})
            case Say():
                rendered = self._in(scope, effect.room_id, effect.text)
                return self._message(scope, effect.room_id, effect.key, rendered, mentions=effect.mentions)
            case Edit():
                return self._edit(scope, effect)
            case Direct():
                return self._direct(scope, effect)
            case Poll():
                return self._send(scope, effect.room_id, effect.key, "org.matrix.msc3381.poll.start", _poll(effect))
            case EndPoll():
                return self._end_poll(scope, effect)
            case Picture():
                return self._new(
                    scope,
                    effect.key,
                    "chart",
                    room_id=effect.room_id,
                    event_type="m.room.message",
                    content=asdict(effect.chart),
                )
            case Join(room_id):
                return self._new(scope, key, "join", room_id=room_id)
            case Decline(room_id, reason):
                rendered = self._texts.render(reason, scope.house.language, scope.house.zone)
                return self._new(scope, key, "leave", room_id=room_id, content={"reason": rendered.plain})
            case _:
                assert_never(effect)

    def _in(self, scope: Scope, room_id: str, text: Text) -> Rendered:
        room = rooms.find(scope.session, room_id)
        language = (room.language if room else None) or scope.house.language
        return self._texts.render(text, language, scope.house.zone)

    def _message(
        self,
        scope: Scope,
        room_id: str,
        key: str,
        rendered: Rendered,
        relation: dict[str, Any] | None = None,
        mentions: tuple[str, ...] = (),
    ) -> Row:
        content = _content(rendered, "m.notice", mentions)
        if relation:
            content["m.relates_to"] = relation
        return self._send(scope, room_id, key, "m.room.message", content)

    def _edit(self, scope: Scope, effect: Edit) -> Row:
        new = _content(self._in(scope, effect.room_id, effect.text), "m.notice")
        content = {**new, "body": f"* {new['body']}", "m.new_content": new, "m.relates_to": {"rel_type": "m.replace"}}
        return self._send(scope, effect.room_id, effect.key, "m.room.message", content, refers_to=effect.of)

    def _direct(self, scope: Scope, effect: Direct) -> Row:
        room = rooms.direct_with(scope.session, effect.person)
        language = (room.language if room else None) or effect.language or scope.house.language
        rendered = self._texts.render(effect.text, language, scope.house.zone)
        if effect.resume is not None:
            until = effect.resume_until or scope.now + QUESTION_KEPT
            questions.keep(scope.session, effect.key, None, effect.person, effect.resume, until)
        return self._new(
            scope,
            effect.key,
            "send",
            person=effect.person,
            event_type="m.room.message",
            content=_content(rendered, "m.text"),  # a notice would not notify, and this is to be noticed
        )

    def _end_poll(self, scope: Scope, effect: EndPoll) -> Row:
        plain = self._in(scope, effect.room_id, effect.text).plain
        content = {
            "m.relates_to": {"rel_type": "m.reference"},
            "org.matrix.msc3381.poll.end": {},
            "org.matrix.msc1767.text": plain,
            "body": plain,
        }
        kind = "org.matrix.msc3381.poll.end"
        return self._send(scope, effect.room_id, effect.key, kind, content, refers_to=effect.of)

    def _send(
        self,
        scope: Scope,
        room_id: str,
        key: str,
        event_type: str,
        content: dict[str, Any],
        refers_to: str | None = None,
    ) -> Row:
        return self._new(
            scope, key, "send", room_id=room_id, event_type=event_type, content=content, refers_to=refers_to
        )

    def _new(self, scope: Scope, key: str, action: str, **fields: Any) -> Row:
        content = json.dumps(fields.pop("content", {}), ensure_ascii=False)
        return Row(
            key=key,
            transaction=transaction_id(f"{action} {fields.get('event_type', '')}", key),
            action=action,
            content=content,
            device_id=self._device_id,
            first_attempt_at=scope.now,
            created_at=scope.now,
            **fields,
        )


def _content(rendered: Rendered, msgtype: str, mentions: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "msgtype": msgtype,
        "body": rendered.plain,
        "format": "org.matrix.custom.html",
        "formatted_body": rendered.html,
        "m.mentions": {"user_ids": list(mentions)} if mentions else {},
    }


def _relation(asked: Event) -> dict[str, Any]:
    reply = {"m.in_reply_to": {"event_id": asked.event_id}}
    if isinstance(asked, Message) and asked.thread:
        return {"rel_type": "m.thread", "event_id": asked.thread, "is_falling_back": False, **reply}
    return reply


def _poll(effect: Poll) -> dict[str, Any]:
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

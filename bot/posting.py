"""Effects become outbox rows, rendered in the room's language, in the transaction of the change they announce."""

import hashlib
import json
from collections.abc import Callable, Iterable
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
from bot.events import Event, Message
from bot.store import outbox, questions, rooms
from bot.store.outbox import Row
from bot.store.tables import OpenQuestion
from bot.texts import Rendered, Text, Texts, plain_of, splitting, text

QUESTION_KEPT = timedelta(minutes=30)
LARGEST_EVENT = 40_000  # bytes of content; an event may have 65,536 (spec: Size limits), and Megolm adds a third

Content = dict[str, Any]
Single = React | Edit | Poll | EndPoll | Picture | Join | Decline


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

        A long message becomes several rows: the first has its key, those after it have `…/1`, `…/2`.
        """
        rows = []
        for number, effect in enumerate(effects):
            for row in self._rows(scope, effect, f"{cause}/{number}", asked):
                if not outbox.insert(scope.session, row):
                    break  # said before, and with it what follows
                rows.append(row)
                if isinstance(effect, Direct) and row.key == effect.key:
                    self._keep(scope, effect)
        return rows

    def ask(self, scope: Scope, text: Text, resume: str, asked: Message, network_id: int) -> list[Row]:
        """Answer with a question and keep the command, to be run in that network, for its author's reply."""
        rows = self.store(scope, (Reply(text),), asked.event_id, asked)
        for row in rows[-1:]:  # what is asked stands at the end
            question = OpenQuestion(
                outbox_key=row.key,
                room_id=asked.room_id,
                network_id=network_id,
                person=asked.sender,
                resume=resume,
                expires_at=scope.now + QUESTION_KEPT,
            )
            questions.keep(scope.session, question, scope.now)
        return rows

    def _keep(self, scope: Scope, effect: Direct) -> None:
        if effect.resume is None:
            return
        question = OpenQuestion(
            outbox_key=effect.key,
            network_id=effect.network_id,
            person=effect.person,
            resume=effect.resume,
            subject=effect.subject,
            expires_at=effect.resume_until or scope.now + QUESTION_KEPT,
        )
        questions.keep(scope.session, question, scope.now)

    def _rows(self, scope: Scope, effect: Effect, key: str, asked: Event | None) -> list[Row]:
        match effect:
            case Reply():
                assert asked is not None  # noqa: S101 - only a message is replied to
                return self._reply(scope, effect, key, asked)
            case Say():
                return self._say(scope, effect)
            case Direct():
                return self._direct(scope, effect)
            case _:
                return [self._row(scope, effect, key, asked)]

    def _row(self, scope: Scope, effect: Single, key: str, asked: Event | None) -> Row:
        match effect:
            case React(emoji):
                assert asked is not None  # noqa: S101
                relation = {"rel_type": "m.annotation", "event_id": asked.event_id, "key": emoji}
                return self._send(scope, asked.room_id, key, "m.reaction", {"m.relates_to": relation})
            case Edit():
                return self._edit(scope, effect)
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

    def _language(self, scope: Scope, room_id: str) -> str:
        room = rooms.find(scope.session, room_id)
        return (room.language if room else None) or scope.house.language

    def _in(self, scope: Scope, room_id: str, text: Text) -> Rendered:
        return self._texts.render(text, self._language(scope, room_id), scope.house.zone)

    def _reply(self, scope: Scope, effect: Reply, key: str, asked: Event) -> list[Row]:
        """Only the first part is related to what was asked: one command, one answer. The others follow it."""
        language = self._language(scope, asked.room_id)
        thread = _in_thread(asked)
        relation = {**thread, "m.in_reply_to": {"event_id": asked.event_id}}
        later = {"m.relates_to": thread} if thread else {}
        contents = self._contents(scope, effect.text, language, {"m.relates_to": relation}, later)
        return [self._send(scope, asked.room_id, part, "m.room.message", each) for part, each in _keyed(key, contents)]

    def _say(self, scope: Scope, effect: Say) -> list[Row]:
        room_id, language = effect.room_id, self._language(scope, effect.room_id)
        mentions: Content = {"m.mentions": {"user_ids": list(effect.mentions)}} if effect.mentions else {}
        contents = self._contents(scope, effect.text, language, mentions, {})
        return [self._send(scope, room_id, part, "m.room.message", each) for part, each in _keyed(effect.key, contents)]

    def _direct(self, scope: Scope, effect: Direct) -> list[Row]:
        room = rooms.direct_with(scope.session, effect.person)
        language = (room.language if room else None) or effect.language or scope.house.language
        noticed = {"msgtype": "m.text"}  # a notice would not notify
        contents = self._contents(scope, effect.text, language, noticed, noticed)
        return [
            self._new(scope, part, "send", person=effect.person, event_type="m.room.message", content=each)
            for part, each in _keyed(effect.key, contents)
        ]

    def _contents(self, scope: Scope, said: Text, language: str, first: Content, later: Content) -> list[Content]:
        """One event, or several for a long text. The first has `first` besides what it says, the others `later`."""
        whole = self._texts.render(said, language, scope.house.zone)
        if _is_small(content := _content(whole) | first):
            return [content]
        parts = splitting.split(whole.html, _fits(lambda part: _content(part) | first), self._mark(scope, language))
        return [_content(_rendered(html)) | (later if number else first) for number, html in enumerate(parts)]

    def _mark(self, scope: Scope, language: str) -> str:
        return self._texts.render(text("inbox.shortened"), language, scope.house.zone).plain

    def _edit(self, scope: Scope, effect: Edit) -> Row:
        """One event, shortened if need be: it stands in the place of one."""
        new = self._in(scope, effect.room_id, effect.text)
        if not _is_small(_replacing(new)):
            mark = self._mark(scope, self._language(scope, effect.room_id))
            new = _rendered(splitting.fitted(new.html, _fits(_replacing), mark))
        content = _replacing(new)
        return self._send(scope, effect.room_id, effect.key, "m.room.message", content, refers_to=effect.of)

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


def _keyed(key: str, contents: list[Content]) -> list[tuple[str, Content]]:
    return [(f"{key}/{number}" if number else key, content) for number, content in enumerate(contents)]


def _rendered(html: str) -> Rendered:
    return Rendered(html=html, plain=plain_of(html))


def _content(rendered: Rendered) -> Content:
    return {
        "msgtype": "m.notice",
        "body": rendered.plain,
        "format": "org.matrix.custom.html",
        "formatted_body": rendered.html,
        "m.mentions": {},
    }


def _replacing(new: Rendered) -> Content:
    """What stands outside `m.new_content` is for clients without edits (spec: Event replacements)."""
    content = _content(new)
    outside = {"msgtype": "m.notice", "body": f"* {new.plain}", "m.mentions": {}}
    return {**outside, "m.new_content": content, "m.relates_to": {"rel_type": "m.replace"}}


def _is_small(content: Content) -> bool:
    """Measured as nio encrypts it: ASCII, in which „ü“ takes six bytes."""
    return len(json.dumps(content)) <= LARGEST_EVENT


def _fits(content_of: Callable[[Rendered], Content]) -> splitting.Fits:
    return lambda html: len(html) <= LARGEST_EVENT and _is_small(content_of(_rendered(html)))


def _in_thread(asked: Event) -> Content:
    if isinstance(asked, Message) and asked.thread:
        return {"rel_type": "m.thread", "event_id": asked.thread, "is_falling_back": False}
    return {}


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

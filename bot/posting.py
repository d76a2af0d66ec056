"""Effects become outbox rows, in the transaction of the change they announce.

Each is rendered for who will read it: in the language and on the clocks of its room or person.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot import contents
from bot.contents import Content
from bot.context import Scope
from bot.deeds import MESSAGE, Deed, deed
from bot.effects import Asks, Decline, Direct, Edit, Effect, EndPoll, Mail, Reply, Resume, Say
from bot.errors import Question
from bot.events import Event, Message, answered_at
from bot.store import outbox, questions, rooms
from bot.store.outbox import Row
from bot.store.tables import OpenQuestion
from bot.texts import Rendered, Text, Texts, splitting, text
from bot.texts.blanks import filled
from bot.texts.times import Clocks

QUESTION_KEPT = timedelta(minutes=30)


def transaction_id(action: str, key: str) -> str:
    """Derived from the row, so that every attempt uses the same one; distinct per kind, as Synapse demands."""
    return hashlib.sha256(f"{action}\0{key}".encode()).hexdigest()[:32]


class Reader(NamedTuple):
    """Whom a message is rendered for."""

    language: str
    clocks: Clocks


class Posting:
    """Turns effects into rows. One instance serves inbox and clock."""

    def __init__(self, texts: Texts, device_id: str) -> None:
        """`device_id` is the device that will send; it is written down before any attempt."""
        self._texts = texts
        self._device_id = device_id
        self._for_many: dict[tuple[int, Reader], tuple[Text, Rendered]] = {}  # while one lot of effects is stored
        self._networks: dict[int | None, ZoneInfo] = {}  # likewise

    def store(self, scope: Scope, effects: Iterable[Effect], cause: str, asked: Event | None = None) -> list[Row]:
        """Store the rows for `effects`. `cause` names what they come from; `asked` is the event they answer, if any.

        A long message becomes several rows: the first has its key, those after it have `…/1`, `…/2`.
        """
        try:
            return self._stored(scope, effects, cause, asked)
        finally:
            self._for_many.clear()
            self._networks.clear()

    def _stored(self, scope: Scope, effects: Iterable[Effect], cause: str, asked: Event | None) -> list[Row]:
        rows = []
        for number, effect in enumerate(effects):
            if isinstance(effect, Resume):
                rows += outbox.release(scope.session, effect.room_id, scope.now)
                continue
            for row in self._rows(scope, effect, f"{cause}/{number}", asked):
                if not outbox.insert(scope.session, row):
                    break  # said before, and with it what follows
                rows.append(row)
                if isinstance(effect, Say | Direct) and row.key == effect.key:
                    self._keep(scope, effect)
        return rows

    def ask(self, scope: Scope, text: Text, asking: Question, asked: Message, network_id: int | None) -> list[Row]:
        """Answer with a question and keep the command, to be run in that network, for its author's reply."""
        rows = self.store(scope, (Reply(text),), asked.event_id, asked)
        for row in rows[-1:]:  # what is asked stands at the end
            question = OpenQuestion(
                outbox_key=row.key,
                room_id=asked.room_id,
                network_id=network_id,
                person=asked.sender,
                resume=asking.resume,
                asks=Asks(asking.asks),
                subject=asking.subject,
                expires_at=asking.until or scope.now + QUESTION_KEPT,
            )
            questions.keep(scope.session, question, scope.now)
        return rows

    def _keep(self, scope: Scope, effect: Say | Direct) -> None:
        """Keep what a reply to this message would run."""
        if effect.resume is None:
            return
        question = OpenQuestion(
            outbox_key=effect.key,
            network_id=effect.network_id,
            person="",
            resume=effect.resume,
            subject=effect.subject,
            expires_at=effect.resume_until or scope.now + QUESTION_KEPT,
        )
        if isinstance(effect, Say):
            question.person, question.room_id = effect.resume_by or "", effect.room_id
        else:
            question.person, question.asks = effect.person, effect.asks
        questions.keep(scope.session, question, scope.now)

    def _rows(self, scope: Scope, effect: Effect, cause: str, asked: Event | None) -> list[Row]:
        match effect:
            case Reply():
                assert asked is not None  # noqa: S101 - only a message is replied to
                return self._reply(scope, effect, cause, asked)
            case Say():
                return self._say(scope, effect)
            case Direct():
                return self._direct(scope, effect)
            case Edit():
                return [self._edit(scope, effect)]
            case EndPoll():
                return [self._end_poll(scope, effect)]
            case Decline(room_id, reason, by):
                content = {"reason": self._rendered(reason, self._in(scope, room_id)).plain, "by": by}
                return [self._new(scope, Deed(action="leave", key=cause, room_id=room_id, content=content))]
            case Mail():
                return [self._new(scope, self._letter(scope, effect))]
            case Resume():
                return []  # its rows are there already: `store` takes them up
            case _:
                return [self._new(scope, deed(effect, cause, asked))]

    def _rendered(self, said: Text, reader: Reader) -> Rendered:
        return self._texts.render(said, reader.language, *reader.clocks)

    def _in(self, scope: Scope, room_id: str, network_id: int | None = None) -> Reader:
        """Who reads in a room; what is said in a direct chat is about `network_id`."""
        return Reader(scope.language_of(room_id), scope.clocks_of(room_id, network_id))

    def _alone(self, scope: Scope, own: rooms.Habits, language: str | None, network_id: int | None) -> Reader:
        """One person, who may have set how they want to read; about a network whose zone all of them share."""
        if network_id not in self._networks:
            self._networks[network_id] = scope.network_zone(network_id)
        usual = self._networks[network_id]
        clocks = Clocks(ZoneInfo(own.zone) if own.zone else usual, usual)
        return Reader(own.language or language or scope.house.language, clocks)

    def _reply(self, scope: Scope, effect: Reply, key: str, asked: Event) -> list[Row]:
        """Only the first part is related to what was asked: one command, one answer. The others follow it."""
        thread = _in_thread(asked)
        relation = {**thread, "m.in_reply_to": {"event_id": answered_at(asked)}}
        later = {"m.relates_to": thread} if thread else {}
        whom = self._in(scope, asked.room_id)
        return self._posts(scope, asked.room_id, whom, key, effect.text, {"m.relates_to": relation}, later)

    def _say(self, scope: Scope, effect: Say) -> list[Row]:
        first: Content = {"m.mentions": {"user_ids": list(effect.mentions)}} if effect.mentions else {}
        if effect.reply_to:
            first["m.relates_to"] = {"m.in_reply_to": {"event_id": effect.reply_to}}
        whom = self._in(scope, effect.room_id, effect.network_id)
        if effect.thread is None:
            return self._posts(scope, effect.room_id, whom, effect.key, effect.text, first, {})
        thread = {"m.relates_to": {"rel_type": "m.thread", "is_falling_back": True}}  # its event: see `delivery`
        rows = self._posts(scope, effect.room_id, whom, effect.key, effect.text, first | thread, thread)
        return [replace(row, refers_to=effect.thread) for row in rows]

    def _posts(
        self, scope: Scope, room_id: str, whom: Reader, key: str, said: Text, first: Content, later: Content
    ) -> list[Row]:
        parts = self._split(self._rendered(said, whom), whom, first, later)
        return [self._send(scope, room_id, part, each) for part, each in _keyed(key, parts)]

    def _direct(self, scope: Scope, effect: Direct) -> list[Row]:
        """To nobody whose data were erased: their pseudonym is no address."""
        if ":" not in effect.person:
            return []
        own = rooms.habits_of(scope.session, effect.person)
        reader = self._alone(scope, own, effect.language, effect.network_id)
        noticed = {} if effect.quiet else {"msgtype": "m.text"}  # a notice would not notify
        whole = filled(self._once(effect.text, reader), effect.words)
        parts = self._split(whole, reader, noticed, noticed)
        return [
            self._new(scope, Deed(action="send", key=part, person=effect.person, event_type=MESSAGE, content=each))
            for part, each in _keyed(effect.key, parts)
        ]

    def _once(self, said: Text, reader: Reader) -> Rendered:
        """The same text to many: rendered for the first of them. It is held, so that its ID stays its own."""
        key = (id(said), reader)
        if key not in self._for_many:
            self._for_many[key] = (said, self._rendered(said, reader))
        return self._for_many[key][1]

    def _split(self, whole: Rendered, reader: Reader, first: Content, later: Content) -> list[Content]:
        """One event, or several for a long text. The first has `first` besides what it says, the others `later`."""
        if contents.is_small(content := contents.message(whole) | first):
            return [content]
        fits = contents.fits(lambda part: contents.message(part) | first)
        parts = [contents.rendered(html) for html in splitting.split(whole.html, fits, self._mark(reader))]
        return [contents.message(part) | (later if number else first) for number, part in enumerate(parts)]

    def _mark(self, reader: Reader) -> str:
        return self._rendered(text("inbox.shortened"), reader).plain

    def _edit(self, scope: Scope, effect: Edit) -> Row:
        """One event, shortened if need be: it stands in the place of one."""
        reader = self._in(scope, effect.room_id)
        new = self._rendered(effect.text, reader)
        if not contents.is_small(contents.replacing(new)):
            fits = contents.fits(contents.replacing)
            new = contents.rendered(splitting.fitted(new.html, fits, self._mark(reader)))
        content = contents.replacing(new)
        return self._send(scope, effect.room_id, effect.key, content, refers_to=effect.of)

    def _end_poll(self, scope: Scope, effect: EndPoll) -> Row:
        plain = self._rendered(effect.text, self._in(scope, effect.room_id)).plain
        kind = "org.matrix.msc3381.poll.end"
        return self._send(scope, effect.room_id, effect.key, contents.end_poll(plain), kind, effect.of)

    def _letter(self, scope: Scope, effect: Mail) -> Deed:
        reader = self._alone(scope, rooms.Habits(None, None), effect.language, effect.network_id)
        subject = self._once(effect.subject, reader).plain
        said = filled(self._once(effect.text, reader), effect.words)
        content = {
            "to": effect.to,
            "subject": " ".join(subject.split()),
            "plain": said.plain,
            "html": said.html,
            "language": reader.language,
        }
        if effect.listed:
            content |= {"list_label": effect.listed[0], "list_name": effect.listed[1]}
        return Deed(action="mail", key=effect.key, content=content)

    def _send(
        self,
        scope: Scope,
        room_id: str,
        key: str,
        content: Content,
        kind: str = MESSAGE,
        refers_to: str | None = None,
    ) -> Row:
        said = Deed(action="send", key=key, room_id=room_id, event_type=kind, content=content)
        return self._new(scope, said, refers_to)

    def _new(self, scope: Scope, what: Deed, refers_to: str | None = None) -> Row:
        return Row(
            key=what.key,
            transaction=transaction_id(f"{what.action} {what.event_type}", what.key),
            action=what.action,
            room_id=what.room_id,
            person=what.person,
            event_type=what.event_type,
            content=json.dumps(what.content, ensure_ascii=False),
            refers_to=refers_to,
            device_id=self._device_id,
            first_attempt_at=scope.now,
            created_at=scope.now,
        )


def _keyed(key: str, contents: list[Content]) -> list[tuple[str, Content]]:
    return [(f"{key}/{number}" if number else key, content) for number, content in enumerate(contents)]


def _in_thread(asked: Event) -> Content:
    if isinstance(asked, Message) and asked.thread:
        return {"rel_type": "m.thread", "event_id": asked.thread, "is_falling_back": False}
    return {}

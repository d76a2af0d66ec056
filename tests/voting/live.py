"""Plays histories on a real homeserver with a real bot, many at once.

People are users of an application service: the homeserver lets it say when something was sent, so votes can be dated
back there, too. A history is played as far as a homeserver can: nothing is delivered twice or out of order, and the
bot is not away. What reached the bot when is read from its database, and the reference counts exactly that.
"""

import asyncio
import json
import secrets
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.demo.connection import Connection, Refused, quoted
from bot.demo.homeserver import Homeserver
from bot.store.database import Database
from tests.voting.history import (
    CLOSES,
    COORDINATOR,
    IN_ROOM,
    OPENED,
    ORGANISATIONS,
    Clicked,
    ClosedEarly,
    Deputised,
    Event,
    Extended,
    Happening,
    History,
    Mandated,
    Moved,
    Reacted,
    Ticked,
    TookBack,
    Typed,
)
from tests.voting.reading import Published, read
from tests.voting.words import Words

GRACE = 4  # seconds
PATIENCE = 60  # seconds, on a busy machine
POLL = "org.matrix.msc3381.poll.response"


def playable(history: History) -> History:
    """Only what people do while it is open, the close by hand, and what they do right after it."""
    closes = max((each.at for each in history.happenings if isinstance(each, ClosedEarly)), default=0.0)
    closes = closes or max((each.until for each in history.happenings if isinstance(each, Extended)), default=CLOSES)
    ticks = [at for at, each in enumerate(history.happenings) if isinstance(each, Ticked)]
    events = [each for each in history.happenings[: ticks[-1]] if isinstance(each, Event) and _is_playable(each)]
    kept = {each.id for each in events}
    events = [each for each in events if not isinstance(each, TookBack) or each.target in kept]
    before = [replace(each, away_since=None) for each in events if each.at < closes]
    after = [replace(each, away_since=None) for each in events if each.at >= closes]
    last = ClosedEarly(at=closes, sent=closes, id=10_000, who=COORDINATOR)
    return replace(history, happenings=(*before, last, *after), grace=GRACE)


def _is_playable(event: Event) -> bool:
    if isinstance(event, Extended | ClosedEarly) or event.unheard:
        return False
    if isinstance(event, Mandated):  # one coordinator for all histories that are played at once
        return COORDINATOR not in event.people
    return not (isinstance(event, Deputised) and event.start is not None)


class Service:
    """The application service: does things as this or that user, at this or that time."""

    def __init__(self, homeserver: Homeserver, token: str) -> None:
        self._connection = Connection(homeserver.url, timeout=60)
        self._connection.token = token
        self.sent = 0

    @staticmethod
    def registration(folder: Path, token: str) -> str:
        """Write its registration; the path to it."""
        file = folder / "service.yaml"
        every: Any = [{"exclusive": False, "regex": ".*"}]
        content: Any = {"id": "people", "url": None, "as_token": token, "hs_token": secrets.token_hex(8)}
        content |= {"sender_localpart": "people", "rate_limited": False}
        content["namespaces"] = {"users": every, "rooms": [], "aliases": []}
        file.write_text(json.dumps(content))
        return str(file)

    async def register(self, localpart: str) -> None:
        """Somebody new."""
        body = {"type": "m.login.application_service", "username": localpart, "inhibit_login": True}
        await self._connection.call("POST", "/register", body)

    async def call(self, who: str, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """One request as `who`."""
        self.sent += 1
        return await self._connection.call(method, path, body, query={"user_id": who} | query)

    async def send(self, who: str, room_id: str, event_type: str, content: Any, at: float) -> str:
        """An event, sent `at` (POSIX time); its ID."""
        path = f"/rooms/{quoted(room_id)}/send/{quoted(event_type)}/{secrets.token_hex(8)}"
        return str((await self.call(who, "PUT", path, content, ts=str(int(at * 1000))))["event_id"])

    async def close(self) -> None:
        """No more requests."""
        await self._connection.close()


class Eyes:
    """Reads the bot's database while the bot runs."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)

    def ask(self, question: str, *values: object) -> Any:
        """The first row, or None."""
        return self._connection.execute(question, values).fetchone()

    async def until(self, question: str, *values: object, patience: float = PATIENCE) -> Any:
        """The first row, as soon as there is one. Raises TimeoutError."""
        try:
            async with asyncio.timeout(patience):
                while (row := self.ask(question, *values)) is None:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.03)
                return row
        except TimeoutError:
            raise TimeoutError(f"{question} {values}") from None

    async def handled(self, event_id: str) -> None:
        """Wait until the bot has handled an event."""
        await self.until("SELECT 1 FROM handled_event WHERE event_id = ?", event_id)

    async def posted(self, key: str) -> str:
        """Wait until the bot has posted something; its event ID."""
        row = await self.until("SELECT event_id FROM outbox WHERE key = ? AND event_id IS NOT NULL", key)
        return str(row[0])

    def close(self) -> None:
        """Done."""
        self._connection.close()


@dataclass
class Lane:
    """A room with people and organisations of its own, in which one history is played after the other."""

    service: Service
    eyes: Eyes
    room_id: str
    words: Words
    directs: dict[str, str]  # by name
    touched: set[str] = field(default_factory=set)  # organisations that others may speak for now
    weights: dict[str, int] = field(default_factory=dict)

    async def play(self, history: History, database: Database) -> tuple[History, Published]:
        """The history as it was really played, and what came of it."""
        played = _Played(self, history)
        await self._prepare(history)
        await played.run()
        return await played.result(database)

    async def _prepare(self, history: History) -> None:
        """Everybody is in the room, mandates and weights are as a history begins; what is so already is left alone."""
        await self._gather()
        commands = []
        for empty in (True, False):  # first nobody speaks for any, so that nobody speaks for two
            for name in sorted(self.touched):
                holders, deputies, _ = ORGANISATIONS[name]
                for people, kind in ((holders, False), (deputies, True)):
                    named = () if empty else people
                    given = Mandated(at=0, sent=0, id=0, who="", organisation=name, people=named, deputies=kind)
                    commands.append(self.words.command(given))
        for name in ORGANISATIONS:
            if self.weights.get(name, 1) != history.world.weight(name):
                self.weights[name] = history.world.weight(name)
                commands.append(self.words.weighted(name, self.weights[name]))
        for command in commands:
            last = await self.command(command)
        if commands:
            await self.eyes.handled(last)
        self.touched = {each.organisation for each in history.happenings if isinstance(each, Mandated)}
        for each in history.happenings:
            if isinstance(each, Deputised):  # by whoever speaks for it then
                self.touched = set(ORGANISATIONS)

    async def _gather(self) -> None:
        """Everybody is in the room, by the homeserver's own word: on a busy machine a request to leave that we had
        given up may be carried out later.
        """
        path = f"/rooms/{quoted(self.room_id)}/joined_members"
        while True:
            there = (await self.service.call(self.words.person(COORDINATOR), "GET", path))["joined"]
            gone = [name for name in IN_ROOM if self.words.person(name) not in there]
            if not gone:
                return
            for name in gone:
                await self.service.call(self.words.person(name), "POST", f"/join/{quoted(self.room_id)}", {})

    async def command(self, body: str) -> str:
        """The coordinator writes."""
        content = {"msgtype": "m.text", "body": body, "m.mentions": {}}
        who = self.words.person(COORDINATOR)
        return await self.service.send(who, self.room_id, "m.room.message", content, time.time())


@dataclass
class _Played:
    """One history on its way."""

    lane: Lane
    history: History
    consultation: int = 0
    opened: float = 0.0
    closed: float = 0.0
    words: Words = field(default_factory=Words)
    events: dict[int, str] = field(default_factory=dict)  # number to ID
    sent: dict[int, float] = field(default_factory=dict)
    rooms: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    message: str = ""  # the result, as the homeserver has it

    async def run(self) -> None:
        lane = self.lane
        tomorrow = datetime.now(UTC).timestamp() + 86_400 - OPENED.timestamp()
        opening = await lane.command(lane.words.opening(self.history.world, tomorrow))
        await lane.eyes.handled(opening)
        found = lane.eyes.ask(
            "SELECT id, number, opens_at FROM consultation WHERE room_id = ? AND state = 'open' ORDER BY id DESC",
            lane.room_id,
        )
        assert found is not None, f"not opened: {self.history}"
        self.consultation, self.opened = found[0], _posix(found[2])
        self.words = replace(lane.words, short=f"K{found[1]}")
        for happening in self.history.happenings:
            assert isinstance(happening, Event)
            with suppress(Refused):  # the homeserver knows that this cannot be: by somebody who has left, say
                await self._do(happening)
        published = "SELECT published_at FROM consultation WHERE id = ? AND state = 'published'"
        await lane.eyes.until(published, self.consultation)
        result = await lane.eyes.posted(f"consultation/{self.consultation}/result")
        path = f"/rooms/{quoted(lane.room_id)}/event/{quoted(result)}"
        self.message = (await lane.service.call(lane.words.person(COORDINATOR), "GET", path))["content"]["body"]

    async def _do(self, event: Event) -> None:
        at = self._when(event)
        room_id = self.lane.room_id
        if isinstance(event, Typed | Reacted) and event.direct:
            room_id = self.lane.directs[event.who]
        elif isinstance(event, TookBack):
            if event.target not in self.events:
                return
            room_id = self.rooms[event.target]
        who = self.words.person(event.who)
        if isinstance(event, Moved):
            await self._move(event, who)
            return
        if isinstance(event, TookBack):
            path = f"/rooms/{quoted(room_id)}/redact/{quoted(self.events[event.target])}/{secrets.token_hex(8)}"
            at = time.time()
            event_id = str((await self.lane.service.call(who, "PUT", path, {}))["event_id"])
        else:
            event_type, content = await self._content(event)
            event_id = await self.lane.service.send(who, room_id, event_type, content, at)
        self.events[event.id], self.sent[event.id], self.rooms[event.id] = event_id, int(at * 1000) / 1000, room_id
        try:
            await self.lane.eyes.until("SELECT 1 FROM handled_event WHERE event_id = ?", event_id, patience=15)
        except TimeoutError:  # nothing for the bot: somebody it does not know wrote in a direct chat
            self.notes.append(f"#{event.id} was not handled")
        if isinstance(event, ClosedEarly):
            found = self.lane.eyes.ask("SELECT closes_at FROM consultation WHERE id = ?", self.consultation)
            self.closed = _posix(found[0])

    def _when(self, event: Event) -> float:
        """When it claims to have been sent: as far from the opening, the close or now as in the history."""
        closes = next(each.at for each in self.history.happenings if isinstance(each, ClosedEarly))
        if isinstance(event, Typed | Clicked | Reacted):
            if event.sent < 0:
                return self.opened + event.sent
            if self.closed and event.sent <= closes:
                return self.closed - 0.001 + event.sent - closes
            if not self.closed:
                return time.time() + event.sent - event.at
        return time.time()

    async def _move(self, event: Moved, who: str) -> None:
        """Leave or join; another event behind it tells when the bot has heard of it."""
        path = f"/rooms/{quoted(self.lane.room_id)}/leave" if event.leaves else f"/join/{quoted(self.lane.room_id)}"
        await self.lane.service.call(who, "POST", path, {})
        key = f"consultation/{self.consultation}/announcement"
        relation = {"rel_type": "m.annotation", "event_id": await self.lane.eyes.posted(key), "key": f"🎉{event.id}"}
        content = {"m.relates_to": relation}
        coordinator = self.words.person(COORDINATOR)
        mark = await self.lane.service.send(coordinator, self.lane.room_id, "m.reaction", content, time.time())
        self.events[event.id], self.sent[event.id] = mark, time.time()
        await self.lane.eyes.handled(mark)

    async def _content(self, event: Event) -> tuple[str, dict[str, Any]]:
        match event:
            case Clicked():
                poll = await self._post(event.ballot, "poll", event.edition)
                given = {"answers": list(event.answers)} if event.answers else {}
                return POLL, {"m.relates_to": {"rel_type": "m.reference", "event_id": poll}, POLL: given}
            case Reacted():
                on = await self._reacted_on(event)
                relation = {"rel_type": "m.annotation", "event_id": on, "key": event.emoji}
                return "m.reaction", {"m.relates_to": relation}
            case Typed():
                body = self.words.vote(event, len(self.history.world.papers))
            case _:
                body = self.words.command(event)
        return "m.room.message", {"msgtype": "m.text", "body": body, "m.mentions": {}}

    async def _reacted_on(self, event: Reacted) -> str:
        if event.direct:
            key = f"consultation/{self.consultation}/notice/opened/{self.words.person(event.who)}"
            return await self.lane.eyes.posted(key)
        if event.edition == 1 and len(self.history.world.papers) == 1:
            return await self.lane.eyes.posted(f"consultation/{self.consultation}/announcement")
        return await self._post(event.ballot, "sheet", event.edition)

    async def _post(self, position: int, what: str, edition: int) -> str:
        found = self.lane.eyes.ask(
            "SELECT id FROM ballot WHERE consultation_id = ? AND position = ?", self.consultation, position
        )
        behind = f"/edition {edition}" if edition > 1 else ""
        return await self.lane.eyes.posted(f"ballot/{found[0]}/{what}{behind}")

    # what came of it

    async def result(self, database: Database) -> tuple[History, Published]:
        published = Published(said=[f"{number}: {event}" for number, event in self.events.items()] + self.notes)
        numbers = {event_id: number for number, event_id in self.events.items()}

        def work(session: Any) -> None:
            read(session, self.consultation, numbers, self.words, published)

        await database.run(work)
        with sqlite3.connect(f"file:{self.lane.eyes.file}?mode=ro", uri=True) as connection:
            order = connection.execute("SELECT event_id, at FROM handled_event ORDER BY rowid").fetchall()
            question = "SELECT published_at FROM consultation WHERE id = ?"
            out = connection.execute(question, (self.consultation,)).fetchone()
        published.message = self.message
        happened = {each.id: each for each in self.history.happenings if isinstance(each, Event)}
        done: list[Happening] = []
        end = Ticked(at=_posix(out[0]) - self.opened)
        for event_id, at in order:
            if event_id in numbers:
                number, came = numbers[event_id], _posix(at) - self.opened
                found = came == end.at  # in the comparison with the homeserver's list, which ends in the result
                sent = self.sent[number] - self.opened
                done.append(replace(happened[number], at=came, sent=sent, unheard=found))
        done = [each for each in done if each.at <= end.at] + [end] + [each for each in done if each.at > end.at]
        return replace(self.history, happenings=tuple(done)), published


def _posix(stored: str) -> float:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).timestamp()

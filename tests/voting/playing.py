"""Plays a history on the real bot, at its edge: what people type and tap goes in, what is in the store comes out."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.events import Happening as Heard
from bot.events import Invited, Members, Membership, Message, Reaction, Redacted, Vote
from bot.store.database import Database
from bot.store.outbox import Row
from tests.fakes import ROOM, US, Bot, plain
from tests.voting.history import (
    COORDINATOR,
    IN_ROOM,
    OPENED,
    ORGANISATIONS,
    Again,
    Clicked,
    Event,
    Happening,
    History,
    Moved,
    Reacted,
    Ticked,
    TookBack,
    Typed,
    moment,
)
from tests.voting.reading import Published, read
from tests.voting.words import Words

POST = re.compile(r"ballot/(\d+)/(sheet|poll)(?:/edition (\d+))?")
WORDS = Words()


def direct(name: str) -> str:
    """The direct chat with somebody."""
    return f"!direct-{name}:example.org"


async def prepare(file: Path) -> None:
    """Everything that is so before K1 opens, in the database `file`: room, direct chats, organisations, mandates."""
    database = Database(f"sqlite:///{file}")
    bot = Bot(database, now=datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
    await bot.enter(ROOM, *map(WORDS.person, IN_ROOM))
    for name in IN_ROOM:
        person, room_id = WORDS.person(name), direct(name)
        invited = Invited(room_id=room_id, inviter=person, direct=True, received_at=bot.now)
        await bot.handle(invited, Members(room_id=room_id, joined=frozenset({US, person})))
    for name in ORGANISATIONS:
        await bot.say(WORDS.person(COORDINATOR), WORDS.new_organisation(name))
    database.close()


class Play:
    """A history being played on a bot of its own."""

    def __init__(self, database: Database, history: History) -> None:
        self.bot = Bot(database, now=OPENED)
        self.history = history
        self.posts: dict[tuple[int, str, int], str] = {}  # ballot, sheet or poll, edition
        self.notices: dict[str, str] = {}
        self.heard: dict[int, Heard] = {}
        self.published = Published()

    async def run(self) -> Published:
        """Open K1, let everything happen, and read what came of it."""
        for name, weight in self.history.world.weights:
            await self._do(self._message(COORDINATOR, WORDS.weighted(name, weight)))
        await self._do(self._message(COORDINATOR, WORDS.opening(self.history.world)))
        assert (1, "sheet", 1) in self.posts, "\n".join(self.published.said)
        for happening in self.history.happenings:
            await self._happens(happening)
        events = {f"$e{number}": number for number in self.heard}
        await self.bot.database.run(lambda session: read(session, 1, events, WORDS, self.published))
        return self.published

    async def _happens(self, happening: Happening) -> None:
        self.bot.now = moment(happening.at)
        match happening:
            case Ticked():
                self._keep(await self.bot.tick())
            case Again(target=target):
                await self._do(self.heard[target])
            case Event():
                heard = self._event(happening)
                self.heard[happening.id] = heard
                if not happening.unheard:
                    await self._do(heard)
                elif isinstance(heard, Redacted):
                    self.bot.redacted[heard.target] = heard
                elif isinstance(heard, Vote | Reaction):
                    self.bot.missed.append(heard)

    async def _do(self, heard: Heard) -> None:
        if isinstance(heard, Message):
            self.published.said.append(f"> {heard.sender}: {heard.body}")
        self._keep(await self.bot.handle(heard))

    # what people do

    def _event(self, event: Event) -> Heard:
        match event:
            case Typed():
                return self._message(event.who, WORDS.vote(event, len(self.history.world.papers)), event)
            case Clicked():
                poll = self.posts[event.ballot, "poll", event.edition]
                return Vote(poll=poll, answers=event.answers, **self._values(event))
            case Reacted():
                on = self.notices[event.who] if event.direct else self.posts[event.ballot, "sheet", event.edition]
                return Reaction(target=on, key=event.emoji, **self._values(event))
            case TookBack():
                return Redacted(target=f"$e{event.target}", **self._values(event, self._room_of(event.target)))
            case Moved():
                state = "leave" if event.leaves else "join"
                return Membership(person=WORDS.person(event.who), state=state, **self._values(event))
            case _:
                return self._message(event.who, WORDS.command(event), event)

    def _room_of(self, event: int) -> str:
        heard = self.heard[event]
        assert isinstance(heard, Message | Vote | Reaction)
        return heard.room_id

    def _values(self, event: Event, room_id: str = "") -> dict[str, Any]:
        apart = isinstance(event, Typed | Reacted) and event.direct
        return {
            "room_id": room_id or (direct(event.who) if apart else ROOM),
            "event_id": f"$e{event.id}",
            "sender": WORDS.person(event.who),
            "sent_at": moment(event.sent),
            "received_at": moment(event.at),
            "offline_since": None if event.away_since is None else moment(event.away_since),
        }

    def _message(self, who: str, body: str, event: Event | None = None) -> Message:
        if event is None:
            return self.bot.message(WORDS.person(who), body)
        return Message(body=body, **self._values(event))

    # what the bot does

    def _keep(self, rows: list[Row]) -> None:
        for row in rows:
            self.published.said.append(f"  {row.key}: {plain(row)}")
            if row.action != "send" or not row.event_id or "m.replace" in row.content:
                continue
            if found := POST.fullmatch(row.key):
                self.posts[int(found[1]), found[2], int(found[3] or 1)] = row.event_id
            elif row.key == "consultation/1/announcement" and len(self.history.world.papers) == 1:
                self.posts[1, "sheet", 1] = row.event_id
            elif row.person and row.key.startswith("consultation/1/notice/opened"):
                self.notices[WORDS.name(row.person)] = row.event_id
            elif row.key == "consultation/1/result":
                self.published.message = plain(row)


class Table:
    """Where one history is played after the other: a database that is as `prepare` left it, each time anew.

    The engine stays, and what it has compiled: that saves half of the time.
    """

    def __init__(self, template: Path, folder: Path) -> None:
        self.template = template
        self.file = folder / "history.db"
        shutil.copyfile(template, self.file)
        self.database = Database(f"sqlite:///{self.file}")

    async def play(self, history: History) -> Published:
        """Play it, from the beginning."""
        self.database._engine.dispose()
        for name in ("-wal", "-shm"):
            self.file.with_name(self.file.name + name).unlink(missing_ok=True)
        shutil.copyfile(self.template, self.file)
        return await Play(self.database, history).run()

    def close(self) -> None:
        """Done."""
        self.database.close()

"""What scenes are written with: people act, and what must follow is awaited and checked."""

# ruff: noqa: ASYNC109  a `timeout` of our own, because the error must list what was seen instead

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.console import RenderableType

from bot.demo.audience import Audience
from bot.demo.cast import ANNA, Character, Place
from bot.demo.connection import Json
from bot.demo.person import Person
from bot.demo.stage import Stage
from bot.errors import Problem

T = TypeVar("T")

PACE = 0.45  # seconds from one act to the next, at least, so that one can follow
PATIENCE = 20.0  # seconds for an answer on a slow machine


class Missing(Problem):
    """Something expected did not come; the rest of the scene rests on it."""


class Performance:
    """One performance of the case. `misses` is what was not as expected, in words for the end of the play."""

    def __init__(self, stage: Stage, audience: Audience, *, pace: float = PACE, patience: float = PATIENCE) -> None:
        self.stage = stage
        self.misses: list[str] = []
        self.checked = 0
        self.chats: dict[Character, str] = {}  # direct chats with the bot, once they are open
        self._audience = audience
        self._pace = pace
        self._patience = patience
        self._acted_at = 0.0  # by time.monotonic
        self._meanwhile: list[asyncio.Task[None]] = []

    def person(self, who: Character) -> Person:
        """Somebody's client."""
        return self.stage.people[who]

    def room(self, where: Place | str) -> str:
        """A room's ID."""
        return where if isinstance(where, str) else self.stage.rooms[where]

    # People act

    async def opens(self, who: Character, where: Place) -> None:
        """Somebody opens a room and invites the active people and the bot."""
        await self.breathe(0.25)
        guests = [self.stage.us, *map(self.stage.user_id, where.active)]
        room_id = await self.person(who).create_room(where.name, topic=where.topic, invite=guests)
        self.stage.rooms[where] = room_id
        self._audience.enters(room_id, where.name)

    async def says(
        self, who: Character, where: Place | str, words: str, *, reply_to: str | None = None, thread: str | None = None
    ) -> str:
        """Somebody writes, in a thread if its first event is named; returns the event ID."""
        await self.breathe()
        return await self.person(who).say(self.room(where), words, reply_to=reply_to, thread=thread)

    async def asks(
        self,
        who: Character,
        where: Place | str,
        words: str,
        *facts: str,
        reply_to: str | None = None,
        thread: str | None = None,
    ) -> Json:
        """Somebody writes, and the bot's answer holds these facts. Raises Missing."""
        said = await self.says(who, where, words, reply_to=reply_to, thread=thread)
        return await self.answer(who, where, said, words, *facts)

    async def answer(
        self, who: Character, where: Place | str, said: str, words: str, *facts: str, patience: float | None = None
    ) -> Json:
        """The bot's answer to what somebody said: a message with these facts, or a reaction. Raises Missing."""
        what = f"die Antwort auf „{words.splitlines()[0]}“ von {who.first_name}"
        coming = self.person(who).answer_to(self.room(where), said, timeout=patience or self._patience)
        return self._holding(await self._awaited(what, coming), what, facts)

    async def clicks(self, who: Character, where: Place | str, poll: str, choice: str) -> None:
        """Somebody taps an answer of the native poll."""
        await self.breathe()
        await self.person(who).vote(self.room(where), poll, choice)

    async def reacts(self, who: Character, where: Place | str, event_id: str, emoji: str) -> None:
        """Somebody puts an emoji on a message."""
        await self.breathe()
        await self.person(who).react(self.room(where), event_id, emoji)

    # What must follow

    async def expects(
        self,
        what: str,
        where: Place | str,
        fits: Callable[[Json], bool],
        *facts: str,
        by: Character = ANNA,
        timeout: float | None = None,
    ) -> Json:
        """An event from the bot that `by` sees in a room, and that holds these facts. Raises Missing."""
        coming = self.person(by).wait_for(
            self.room(where),
            lambda event: event["sender"] == self.stage.us and fits(event),
            timeout=timeout or self._patience,
        )
        return self._holding(await self._awaited(what, coming), what, facts)

    async def file(self, where: Place, name: str, *, by: Character, after: Json | None = None) -> tuple[Json, bytes]:
        """A file of this name that the bot attached, fetched by somebody; `after` is an earlier one. Raises Missing."""
        passed = after["event_id"] if after else None
        posted = await self.expects(
            f"die Datei {name}", where, lambda each: attached(each, name) and each["event_id"] != passed, by=by
        )
        return posted, await self.person(by).attachment(posted)

    async def everybody_in(self, where: Place) -> None:
        """All who were invited have joined. Raises Missing."""
        anna, room = self.person(ANNA), self.room(where)
        for user_id in (self.stage.us, *map(self.stage.user_id, where.active)):
            coming = anna.wait_for(room, joined(user_id), timeout=self._patience)
            await self._awaited(f"{user_id} in „{where.name}“", coming)

    async def chat(self, who: Character) -> str:
        """The direct chat that the bot has opened with somebody, or is about to open: the room's ID. Raises Missing."""
        if who not in self.chats:
            self.chats[who] = await self.invitation(who, self._patience)
        return self.chats[who]

    async def invitation(self, who: Character, timeout: float) -> str:
        """A room that the bot opens and invites somebody to: the room's ID. Raises Missing."""
        person, known = self.person(who), {*self.stage.rooms.values(), *self.chats.values()}
        what = f"die Einladung des Bots an {who.first_name}"
        while (room := await self._awaited(what, person.wait_for_invite(timeout))) in known:
            pass  # an invitation long followed
        return room

    def enters(self, room_id: str, name: str) -> None:
        """Tell the audience of a room that the bot has opened."""
        self._audience.enters(room_id, name)

    def check(self, what: str, *, holds: bool, seen: object) -> None:
        """Note what does not hold; the scene goes on."""
        self.checked += 1
        if not holds:
            self.misses.append(f"{what}. Zu sehen war: {seen}")

    def note(self, words: RenderableType) -> None:
        """Tell the audience something."""
        self._audience.note(words)

    async def breathe(self, share: float = 1.0) -> None:
        """Give the audience a moment since the last act; whoever waited long for an answer has had it."""
        await asyncio.sleep(self._acted_at + self._pace * share - time.monotonic())
        self._acted_at = time.monotonic()

    def meanwhile(self, act: Coroutine[None, None, None]) -> None:
        """Let something take its course while the play goes on, until `caught_up`."""
        self._meanwhile.append(asyncio.create_task(act, name="meanwhile"))

    async def caught_up(self) -> None:
        """Wait for what takes its course. Raises Missing if something did not come there."""
        while self._meanwhile:
            await self._meanwhile.pop()

    async def over(self) -> None:
        """Give up whatever still takes its course."""
        for act in self._meanwhile:
            act.cancel()
        await asyncio.gather(*self._meanwhile, return_exceptions=True)

    async def _awaited(self, what: str, coming: Awaitable[T]) -> T:
        self.checked += 1
        try:
            return await coming
        except TimeoutError as error:
            self.misses.append(f"Es fehlt {what}. {error}")
            raise Missing(what) from error

    def _holding(self, event: Json, what: str, facts: Sequence[str]) -> Json:
        words = " ".join(str(event["content"].get("body", "")).split())
        for fact in facts:
            self.check(f"Es fehlt „{fact}“ in: {what}", holds=fact in words, seen=words or event["type"])
        return event


def message(event: Json) -> bool:
    """Whether this is a message."""
    return bool(event["type"] == "m.room.message")


def saying(words: str) -> Callable[[Json], bool]:
    """Whether an event is a message with these words in it."""
    return lambda event: message(event) and words in str(event["content"].get("body", ""))


def attached(event: Json, name: str) -> bool:
    """Whether this is a file of this name."""
    content = event["content"]
    return message(event) and content.get("msgtype") == "m.file" and name in (content.get("filename"), content["body"])


def rewritten(words: str) -> Callable[[Json], bool]:
    """Whether an event rewrites a message, which then has these words in it."""
    return lambda event: message(event) and words in str(event["content"].get("m.new_content", {}).get("body", ""))


def joined(user_id: str) -> Callable[[Json], bool]:
    """Whether an event says that this person is in the room now."""
    return lambda event: bool(event.get("state_key") == user_id and event["content"].get("membership") == "join")


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene: its title, what there is to see in one sentence, and what happens.

    `goes_on` says that it takes up the last scene of the same story, and is left out if that one broke off.
    """

    title: str
    watch: str
    act: Callable[[Performance], Awaitable[None]]
    goes_on: bool = False
    story: str = ""

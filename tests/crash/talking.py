"""People who vote in every way there is, change their minds, and talk; each from a place of their own."""

import asyncio
import random
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from bot.demo.connection import Refused
from bot.demo.person import Person, relates_to
from tests.crash.ballots import APPROVAL, CHOICE, SIGNS, WORDS, Posts, Said
from tests.crash.pace import PACE, Pace

Act = Callable[[], Coroutine[Any, Any, None]]


@dataclass
class Stage:
    """What is put to the vote now, and everything that was said about it until now."""

    room: str
    us: str
    chance: random.Random
    pace: Pace = PACE
    number: int = 0
    several: dict[int, bool] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)  # votes by event ID: what is redacted can be read nowhere else
    over: bool = False
    beside: set[str] = field(default_factory=set)
    """Further groups' rooms, in which nothing is put to the vote."""

    def put(self, number: int, *, several: bool) -> None:
        """From now on this is voted on."""
        self.several[number] = several
        self.number = number

    def ballots(self) -> dict[int, tuple[str, ...]]:
        """The possible answers to each ballot."""
        return {1: APPROVAL, 2: CHOICE} if self.several[self.number] else {1: APPROVAL}


class Voter:
    """Somebody at a client. `direct`: votes in the direct chat with the bot where the consultation's number is odd.

    The order in which two rooms' events reach a bot that was away is not that in which they were sent, so nobody votes
    in two rooms on the same thing.
    """

    def __init__(self, person: Person, stage: Stage, *, direct: bool = False) -> None:
        self.person = person
        self.stage = stage
        self.direct = direct
        self._posts = Posts()
        self._read: dict[str, int] = {}
        self._votes: list[tuple[int, str, str]] = []  # consultation, room, event
        self._asked: set[str] = set()  # what the bot has still to answer

    async def talk(self) -> None:
        """One thing after the other until the stage is over; what was begun is finished."""
        chance, pace = self.stage.chance, self.stage.pace
        while not self.stage.over:
            self._look()
            if len(self._asked) < pace.unanswered:
                await chance.choice(self._acts())()
            await asyncio.sleep(chance.uniform(*pace.pause))

    def _look(self) -> None:
        """Read what the bot has posted."""
        for room_id in self.person.rooms():
            seen = self.person.seen(room_id)
            for event in seen[self._read.get(room_id, 0) :]:
                if event["sender"] == self.stage.us:
                    self._posts.see(event)
                    self._asked -= relates_to(event)
            self._read[room_id] = len(seen)

    def _acts(self) -> list[Act]:
        number = self.stage.number
        polls = {ballot: own for own, (of, ballot) in self._posts.polls.items() if of == number}
        if not number or len(polls) < len(self.stage.ballots()):
            return [self._talk]
        notices = [own for own, of in self._posts.notices.items() if of == number]
        if self.direct and number % 2:
            return [*[lambda: self._directly(notices[0])] * 4, self._take_back] if notices else [self._talk]
        ballot = self.stage.chance.choice(list(polls))
        here = [own for own, at in self._posts.sheets.items() if at == (number, ballot) and own not in notices]
        return [
            self._talk,
            *[lambda: self._click(polls[ballot], ballot)] * 3,
            *[lambda: self._type(ballot)] * 2,
            lambda: self._react(self.stage.room, here[-1], ballot),
            self._take_back,
        ]

    async def _talk(self) -> None:
        await self._say(self.stage.room, f"!idee {secrets.token_hex(3)}")

    async def _say(self, room: str, words: str, reply_to: str | None = None) -> str:
        own = await self.person.say(room, words, reply_to=reply_to)
        self._asked.add(own)
        return own

    async def _click(self, poll: str, ballot: int) -> None:
        answer = None if self.stage.chance.random() < 0.15 else self._answer(ballot)
        number = self.stage.number
        own = await self.person.vote(self.stage.room, poll, *([answer] if answer else []))
        self._keep(self.stage.room, own, Said(number, ((ballot, answer),)))

    async def _type(self, ballot: int, room: str = "", sign: str = "!") -> None:
        number, answer, several = self.stage.number, self._answer(ballot), self.stage.several[self.stage.number]
        for_all = several and answer == "abstain"
        short = f"K{number} alle" if for_all else f"K{number}.{ballot}" if several else f"K{number}"
        ballots = (1, 2) if for_all else (ballot,)
        because = (
            f" weil x{secrets.token_hex(3)}" if answer in ("yes", "no") and self.stage.chance.random() < 0.5 else ""
        )
        own = await self._say(room or self.stage.room, f"{sign}stimme {short} {WORDS[answer]}{because}")
        self._keep(room or self.stage.room, own, Said(number, tuple((each, answer) for each in ballots)))

    async def _react(self, room: str, on: str, ballot: int) -> None:
        number, answer = self.stage.number, self._answer(ballot)
        try:
            own = await self.person.react(room, on, SIGNS[answer])
        except Refused:  # that sign stands there already
            return
        self._keep(room, own, Said(number, ((ballot, answer),)))

    async def _directly(self, notice: str) -> None:
        [room] = [each for each in self.person.rooms() if any(e["event_id"] == notice for e in self.person.seen(each))]
        number, chance = self.stage.number, self.stage.chance
        if self.stage.several[number] or chance.random() < 0.4:
            await self._type(chance.choice(list(self.stage.ballots())), room, "")
        elif chance.random() < 0.5:
            await self._react(room, notice, 1)
        else:
            answer = self._answer(1)
            own = await self._say(room, WORDS[answer], reply_to=notice)
            self._keep(room, own, Said(number, ((1, answer),)))

    async def _take_back(self) -> None:
        mine = [each for each in self._votes if each[0] == self.stage.number]
        if mine:
            vote = self.stage.chance.choice(mine[-3:])
            self._votes.remove(vote)
            self._asked.discard(vote[2])  # it may never be read
            await self.person.redact(vote[1], vote[2])

    def _answer(self, ballot: int) -> str:
        return self.stage.chance.choice(self.stage.ballots()[ballot])

    def _keep(self, room: str, own: str, said: Said) -> None:
        self.stage.said[own] = said
        self._votes.append((said.number, room, own))


class Coordinator(Voter):
    """Enters what an organisation without Matrix has told, and asks for this and that."""

    def _acts(self) -> list[Act]:
        number = self.stage.number
        if not any(of == number for of, _ in self._posts.polls.values()):
            return [self._talk, self._status]
        return [self._talk, self._status, self._record, self._record, self._take_back]

    async def _status(self) -> None:
        chance = self.stage.chance
        words = chance.choice(["!status eAkte", f"!status eAkte {chance.randrange(101)}% Stand"])
        await self._say(self.stage.room, words)

    async def _record(self) -> None:
        number, ballot = self.stage.number, self.stage.chance.choice(list(self.stage.ballots()))
        short = f"K{number}.{ballot}" if self.stage.several[number] else f"K{number}"
        answer = self._answer(ballot)
        said = f"!stimme {short} für Ulmenau {WORDS[answer]} (telefonisch, Fr. Huber)"
        own = await self._say(self.stage.room, said)
        self._keep(self.stage.room, own, Said(number, ((ballot, answer),), recorded=True))

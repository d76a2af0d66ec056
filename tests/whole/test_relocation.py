"""A network goes to another account: two bots on a real Synapse and one PostgreSQL, and people who never stop talking.

Every command is answered once, by whichever bot, and what was kept of them stands once, in the order of each room.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.demo.connection import Json
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person, relates_to
from bot.demo.sealed import Sealed, sealed
from bot.language.names import fold
from bot.matrix.safe import SafeClient
from bot.store import accounts
from bot.store.relocation import departing
from bot.store.relocation.relocations import State
from tests.conftest import Newcomer
from tests.crash.conftest import bytecode
from tests.crash.process import PASSWORD, PATIENCE, Fork, Installation, Nest
from tests.scale.accounts import rows

__all__ = ["bytecode"]
EVERY = 1.0  # seconds between two commands in one room
AT_MOST = 6  # commands of one person in one room that wait for their answers
STATE = "SELECT state FROM public.relocation"
STATES = (State.ASKED, State.INVITING, State.MARKED, State.HANDED, State.TAKEN)
NETWORK = "SELECT name FROM {}.network"
IDEAS = "SELECT room_id, text FROM {}.idea ORDER BY number"
WORDS = ("m.room.message", "m.room.encrypted")


@dataclass
class Bot:
    """One of the two: its account, where it hatches, and the process that runs."""

    installation: Installation
    nest: Nest
    schema: str
    fork: Fork | None = None

    @property
    def us(self) -> str:
        return self.installation.user_id

    async def start(self) -> None:
        self.fork = await self.nest.fork()
        await self.fork.ready()

    async def killed(self) -> None:
        """kill -9, and started again."""
        assert self.fork is not None
        await self.fork.kill()
        self.fork = await self.nest.fork()


@dataclass
class Play:
    """Both bots, one database, and who talks."""

    url: str
    anna: Person
    ben: Person
    cem: "Cem"
    nord: Bot
    sued: Bot
    rooms: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    """The ideas that people had, by the events in which they said so."""
    round: int = 0
    killed_in: list[str] = field(default_factory=list)

    async def room(self, name: str, *, encrypted: bool = False) -> str:
        """A room with both people and the first bot, which has greeted."""
        guests = [self.nord.us, self.ben.user_id, self.cem.user_id]
        room = await self.anna.create_room(name, invite=guests, encrypted=encrypted)
        await self.ben.join(room)
        await self.cem.join(room)
        await self.from_bot(room, self.nord)
        self.rooms.append(room)
        return room

    async def from_bot(self, room: str, bot: Bot, fits: Callable[[Json], bool] = lambda _: True) -> Json:
        """The first words of a bot in a room that fit."""

        def wanted(event: Json) -> bool:
            return bool(event["sender"] == bot.us and event["type"] in WORDS and fits(event))

        return await self.anna.wait_for(room, wanted, timeout=PATIENCE)

    @asynccontextmanager
    async def talk(self) -> AsyncIterator[None]:
        """Both people talk in all rooms while the block runs, and a third one in the encrypted room, who encrypts."""

        async def talks(room: str, who: str, say: Callable[[str, str], Awaitable[str]]) -> None:
            number, own = 0, list[str]()
            while not over.is_set():
                while len(set(own) - self.heard(room)) >= AT_MOST and not over.is_set():  # noqa: ASYNC110 - far away
                    await asyncio.sleep(EVERY / 2)
                number += 1
                words = f"{who} {self.round}.{number}"
                own.append(await say(room, f"!idee {words}"))
                self.said[own[-1]] = words
                await asyncio.sleep(EVERY)

        over = asyncio.Event()
        people = {person.user_id: person.say for person in (self.anna, self.ben)}
        talking = [asyncio.create_task(talks(room, *each)) for room in self.rooms for each in people.items()]
        talking.append(asyncio.create_task(talks(self.rooms[1], self.cem.user_id, self.cem.say)))
        try:
            yield
        finally:
            over.set()  # not cancelled: what was sent is to be known
            await asyncio.gather(*talking)

    def heard(self, room: str) -> set[str]:
        """What has been answered in a room, as far as Anna has seen."""
        bots = (self.nord.us, self.sued.us)
        return {each for event in self.anna.seen(room) if event["sender"] in bots for each in relates_to(event)}

    def is_so_far(self, state: State | None) -> bool:
        """Whether the move has come to this state, or beyond; None: it is over."""
        found = [State(each) for (each,) in rows(self.url, STATE)]
        return not found or (state is not None and STATES.index(found[0]) >= STATES.index(state))

    async def until(self, holds: Callable[[], Any]) -> None:
        """Wait for something that is seen in the database."""
        end = asyncio.get_running_loop().time() + 2 * PATIENCE
        while not holds():
            assert asyncio.get_running_loop().time() < end, self.transcript
            await asyncio.sleep(0.15)

    @property
    def transcript(self) -> str:
        """What there is to see, for whoever looks for a mistake."""
        return "\n".join(
            (
                str(rows(self.url, "SELECT * FROM public.relocation")),
                *(bot.nest.said.transcript for bot in (self.nord, self.sued)),
            )
        )

    async def answered(self) -> dict[str, list[tuple[Json, list[Json]]]]:
        """When each command has an answer: the commands of each room in its order, and who answered them."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = {room: _answers(await self.anna.history(room), self) for room in self.rooms}
                if all(answers for told in found.values() for _, answers in told):
                    return found
                await asyncio.sleep(1.5)


def _answers(history: list[Json], play: Play) -> list[tuple[Json, list[Json]]]:
    """Every command of a room, with all that the bots said to it."""
    bots = (play.nord.us, play.sued.us)
    said = [event for event in history if event["sender"] in bots and event["type"] in WORDS]
    asked = [event for event in history if event["event_id"] in play.said]
    return [(each, [event for event in said if each["event_id"] in relates_to(event)]) for each in asked]


class Cem:
    """Somebody whose client encrypts."""

    def __init__(self, client: SafeClient, device: Sealed) -> None:
        self._client = client
        self._device = device
        self.user_id = str(client.user_id)

    async def join(self, room: str) -> None:
        """Follow an invitation."""
        await self._client.join(room)
        await self._device.follow()

    async def say(self, room: str, words: str) -> str:
        """Write, for all devices that are known by now."""
        await self._device.follow()
        content = {"msgtype": "m.text", "body": words, "m.mentions": {}}
        sent = await self._client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        return str(sent.event_id)


@pytest.fixture
async def play(
    homeserver: Homeserver, newcomer: Newcomer, postgres_database: str, tmp_path: Path
) -> AsyncIterator[Play]:
    """Two bots that run, the first with a network of three rooms: in the clear, encrypted, a group's in a space."""
    anna, ben = await newcomer("anna", auto_join=True), await newcomer("ben", auto_join=True)
    cem = await homeserver.register(f"cem-{secrets.token_hex(4)}", PASSWORD)
    async with AsyncExitStack() as stack:
        device = await stack.enter_async_context(sealed(homeserver, cem, PASSWORD))
        bots = []
        for name, schema in (("nord", "public"), ("sued", "zwischenstand_1")):
            us = await homeserver.register(f"{name}-{secrets.token_hex(4)}", PASSWORD)
            where = Installation.make(tmp_path / name, homeserver.url, us, anna.user_id, database=postgres_database)
            nest = await stack.enter_async_context(await Nest.start(where, "tests.whole.relocating_nest"))
            await nest.told("nest", patience=3 * PATIENCE)
            bots.append(Bot(where, nest, schema))
        await bots[0].start()
        await asyncio.to_thread(accounts.add, postgres_database, bots[1].us)
        await bots[1].start()
        play = Play(postgres_database, anna, ben, Cem(device._client, device), bots[0], bots[1])
        clear = await play.room("Übersicht")
        await play.room("Verschlüsselt", encrypted=True)
        await anna.ask(clear, f"!projekt neu eAkte\nVerantwortlich: {anna.user_id}", timeout=PATIENCE)
        await anna.ask(clear, "!tafel", timeout=PATIENCE)
        play.rooms.append(await _group(play, clear))
        yield play


async def _group(play: Play, clear: str) -> str:
    """The room of a group, which the bot has opened, in the network's space; both people are in it."""
    await play.anna.ask(clear, f"!gruppe neu Digitale Akte\nEingeladen: {play.ben.user_id}", timeout=PATIENCE)
    here = "SELECT room_id FROM room_member JOIN working_group USING (room_id) WHERE person = '{}'"
    await play.until(lambda: all(rows(play.url, here.format(person.user_id)) for person in (play.anna, play.ben)))
    return str(rows(play.url, "SELECT room_id FROM working_group")[0][0])


async def _moved(play: Play, source: Bot, target: Bot, kills: Sequence[State] = ()) -> None:
    """The network goes, and both bots are killed as soon as it is so far."""
    play.said.clear()
    play.round += 1
    network = str(rows(play.url, NETWORK.format(source.schema))[0][0])
    async with play.talk():
        await asyncio.sleep(2)
        departing.ask(play.url, source.us, network, target.us, datetime.now(UTC), fold)
        for state in kills:
            await play.until(lambda state=state: play.is_so_far(state))  # type: ignore[misc]
            play.killed_in += [each for (each,) in rows(play.url, STATE)]
            await asyncio.gather(source.killed(), target.killed())
        await play.until(lambda: play.is_so_far(None))
        await asyncio.sleep(2)


async def _is_right(play: Play, source: Bot, target: Bot) -> None:
    """Each command answered once, kept once, in the order in which it was said; the one bot has gone."""
    answered = await play.answered()
    ideas = rows(play.url, IDEAS.format(target.schema))
    for room, told in answered.items():
        assert [len(answers) for _, answers in told] == [1] * len(told), room
        history = await play.anna.history(room)
        order = [event["event_id"] for event in history]
        for person in {event["sender"] for event, _ in told}:
            asked = [event["event_id"] for event, _ in told if event["sender"] == person]
            answers = [answers[0] for event, answers in told if event["sender"] == person]
            who = [answer["sender"] for answer in answers]
            first = who.index(target.us)
            assert (set(who[:first]), set(who[first:])) == ({source.us}, {target.us})
            places = [order.index(answer["event_id"]) for answer in answers]
            assert places == sorted(places)
            kept = [words for where, words in ideas if where == room and words.startswith(f"{person} {play.round}.")]
            assert kept == [play.said[event_id] for event_id in asked]
        members = {event["state_key"]: event["content"] for event in history if event["type"] == "m.room.member"}
        assert (members[source.us]["membership"], members[target.us]["membership"]) == ("leave", "join")
    assert rows(play.url, IDEAS.format(source.schema)) == []


@pytest.mark.timeout(600)
async def test_a_network_goes_to_another_account_and_back(play: Play) -> None:
    """While everybody talks. On the way back both bots are killed at every step: `kill -9`, and started again.

    A task that the first bot has taken down is done with the second one, which keeps the board by one of its own.
    """
    task = "!aufgabe neu Haushalt prüfen\nFrist: übermorgen"
    assert "A1" in (await play.anna.ask(play.rooms[0], task, timeout=PATIENCE))["content"]["body"]
    await _moved(play, play.nord, play.sued)
    await _is_right(play, play.nord, play.sued)
    done = await play.anna.ask(play.rooms[0], "!aufgabe A1 erledigt", timeout=PATIENCE)
    assert (done["sender"], "A1" in done["content"]["body"]) == (play.sued.us, True)
    await play.anna.ask(play.rooms[0], "!projekt eAkte\nTitel: Elektronische Akte", timeout=PATIENCE)
    board = await play.from_bot(play.rooms[0], play.sued, lambda event: "m.new_content" in event["content"])
    assert "Elektronische Akte" in board["content"]["m.new_content"]["body"]
    powers = [(await play.anna.state(room, "m.room.power_levels"))["users"] for room in play.rooms]
    assert [each.get(play.sued.us, 0) for each in powers] == [0, 0, 100], "as much as the other one has there"
    pinned = (await play.anna.state(play.rooms[2], "m.room.pinned_events"))["pinned"]
    posts = {event["event_id"]: event["sender"] for event in await play.anna.history(play.rooms[2])}
    assert [posts[each] for each in pinned] == [play.sued.us, play.nord.us], "its board is pinned, and the old welcome"
    await _moved(play, play.sued, play.nord, STATES)
    await _is_right(play, play.sued, play.nord)
    assert {State.INVITING, State.MARKED, State.HANDED} <= set(play.killed_in)

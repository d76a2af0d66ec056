"""What else people have a bot do while others vote: each thing over and over, in a place of its own."""

import asyncio
import re
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.demo.connection import Json
from bot.demo.person import Person
from bot.matrix.safe import SafeClient
from tests.crash.process import PASSWORD
from tests.crash.rounds import Talk
from tests.crash.talking import Stage
from tests.faults.world import World
from tests.matrix.admin import upgrade
from tests.matrix.anna import Anna

PATIENCE = 900.0  # seconds for one thing, of a bot that dies all the time
BERLIN = ZoneInfo("Europe/Berlin")
Errand = Callable[[], Coroutine[Any, Any, None]]


@dataclass
class Errands:
    """Each method does one thing once; `done` counts them."""

    world: World
    stage: Stage
    sealed: Anna
    hurries: bool = False
    """Leave out what waits for the clock's next minute."""
    done: Counter[str] = field(default_factory=Counter)
    inhabitants: int = 0
    """Of Ulmenau, by the last table."""
    sealed_asked: list[str] = field(default_factory=list)
    _room: str = ""
    _moving: str = ""
    _chat: str = ""
    _sealed_room: str = ""

    async def prepare(self) -> None:
        """While the bot runs: the rooms."""
        anna, ben = self.world.anna, self.world.people[1]
        self._room = await self._opened("Werkstatt", ben)
        self._moving = await self._opened("Umzug", ben)
        await anna.ask(self._room, f"!projekt neu Werkstatt\nVerantwortlich: {ben.user_id}", timeout=PATIENCE)
        self._chat = await anna.create_room("", invite=[self.world.us], direct=True)
        await anna.wait_for(self._chat, self.world.from_us, timeout=PATIENCE)
        who = str(self.sealed.client.user_id)
        self._sealed_room = await anna.create_room("Versiegelt", invite=[self.world.us, who], encrypted=True)
        self.world.rooms.append(self._sealed_room)
        self.stage.beside.add(self._sealed_room)
        await self.sealed.client.join(self._sealed_room)
        await self._shown(lambda: self.world.us in self._members())

    def talks(self) -> list[Talk]:
        """All of them, each until the stage is over."""
        return [self._again(errand) for errand in self._all()]

    @property
    def is_once_through(self) -> bool:
        """Whether each was done."""
        return all(self.done[errand.__name__] for errand in self._all())

    def _all(self) -> list[Errand]:
        quick = [self.group, self.check_in, self.my_data, self.table, self.move, self.seal]
        return quick if self.hurries else [*quick, self.digest]

    async def group(self) -> None:
        """A group for which the bot opens a room in the network's space, and invites somebody."""
        async with self._newcomer("gast") as guest:
            name = f"Gruppe {secrets.token_hex(3)}"
            await self._asks(self._room, f"!gruppe neu {name}\nEingeladen: {guest.user_id}")
            room = await guest.wait_for_invite(PATIENCE)
            self.world.rooms.append(room)
            await guest.join(room)
            await guest.wait_for(room, lambda event: event["type"] == "m.room.pinned_events", timeout=PATIENCE)
            await guest.ask(room, "!status", timeout=PATIENCE)

    async def check_in(self) -> None:
        """A question to whoever is responsible, put at once; the answer in plain words."""
        ben = self.world.people[1]
        form = f"!checkin neu Stand {secrets.token_hex(3)}\nWen: Verantwortliche\nWann: jeden Montag 9:00"
        made = await self._asks(self._room, f"{form}\nFrist: 2 Werktage\nWo: Raum")
        short = re.search(r"\bC\d+\b", made["content"]["body"])
        assert short is not None, made
        known = len(ben.seen(self._room))
        await self._asks(self._room, f"!checkin {short[0]} jetzt")

        def asked(event: Json) -> bool:
            body = str(event["content"].get("body", ""))
            new = event in ben.seen(self._room)[known:]
            return new and self.world.from_us(event) and body.startswith("Werkstatt") and ben.user_id in body

        question = await ben.wait_for(self._room, asked, timeout=PATIENCE)
        await ben.ask(self._room, "gelb, 60 %, es geht voran", reply_to=question["event_id"], timeout=PATIENCE)
        await self._asks(self._room, f"!checkin {short[0]} beenden")

    async def digest(self) -> None:
        """The clock posts what happened. Something did: a digest with nothing to tell isn't posted."""
        due = 0.0
        while due < time.time():  # it died while it was told: what wasn't known by then isn't owed
            soon = datetime.now(BERLIN).replace(second=0, microsecond=0) + timedelta(minutes=2)
            due = soon.timestamp()
            await self._asks(self._room, f"!bericht plan täglich {soon:%H:%M}")
            await self._asks(self._room, f"!status Werkstatt: gelb, für den Bericht um {soon:%H:%M}")

        def comes(event: Json) -> bool:
            body = str(event["content"].get("body", ""))
            is_due = event.get("origin_server_ts", 0) / 1000 >= due
            return is_due and self.world.from_us(event) and body.startswith("Wochenbericht ·")

        await self.world.anna.wait_for(self._room, comes, timeout=PATIENCE)

    async def my_data(self) -> None:
        """Somebody new asks what is known about them: a direct chat is opened, and a file handed over in it."""
        async with self._newcomer("frage", auto_join=True) as asks:
            await self.world.anna.invite(self._room, asks.user_id)
            await _until(lambda: self._room in asks.rooms())
            await asks.ask(self._room, "!meinedaten", timeout=PATIENCE)
            await _until(lambda: any(event["content"].get("msgtype") == "m.file" for event in self._alone(asks)))

    async def table(self) -> None:
        """A table is dropped, shown, and taken over."""
        anna = self.world.anna
        self.inhabitants += 1000
        content = f"Organisation;Ebene;Einwohner\r\nUlmenau;Gemeinde;{self.inhabitants}\r\n".encode()
        dropped = await anna.drop(self._chat, "orte.csv", content, "text/csv")
        shown = await anna.answer_to(self._chat, dropped, timeout=PATIENCE)
        said = await anna.ask(self._chat, "ja", reply_to=shown["event_id"], timeout=PATIENCE)
        assert "übernommen" in said["content"]["body"], (shown, said)

    async def move(self) -> None:
        """A room is replaced, and the bot goes along."""
        anna, old = self.world.anna, self._moving
        await self._asks(old, "!status")
        self._moving = await upgrade(anna, old)
        self.world.rooms.append(self._moving)
        self.stage.beside.add(self._moving)
        await anna.invite(self._moving, self.world.us)
        await anna.wait_for(
            self._moving, lambda event: "Hier geht es weiter" in str(event["content"].get("body")), timeout=PATIENCE
        )
        await self._asks(self._moving, "!status")

    async def seal(self) -> None:
        """A question in an encrypted room, and an answer that can be read, also by somebody who has just come."""
        async with with_keys(self.world) as guest:
            who = str(guest.client.user_id)
            await self.world.anna.invite(self._sealed_room, who)
            await guest.client.join(self._sealed_room)
            await self._shown(lambda: who in self._members())
            answer = await self._sealed_answer()
            await guest.until(lambda: any(event.event_id == answer and _readable(event) for event in guest.events))
            await guest.client.room_leave(self._sealed_room)

    async def _sealed_answer(self) -> str:
        client = self.sealed.client
        content = {"msgtype": "m.text", "body": "!status"}
        sent = await client.room_send(
            self._sealed_room, "m.room.message", content, ignore_unverified_devices=True, tx_id=secrets.token_hex(8)
        )
        own = str(sent.event_id)
        self.sealed_asked.append(own)
        await self._shown(lambda: own in self.sealed_answers().values())
        return next(answer for answer, asked in self.sealed_answers().items() if asked == own)

    def sealed_answers(self) -> dict[str, str]:
        """The question of each answer, as the author of the questions reads it."""
        return {
            event.event_id: event.source["content"].get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id", "")
            for event in self.sealed.events
            if event.sender == self.world.us and _readable(event)
        }

    async def _again(self, errand: Errand) -> None:
        while not self.stage.over:
            await errand()
            self.done[errand.__name__] += 1
            await asyncio.sleep(self.stage.chance.uniform(0.2, 2.0))

    async def _asks(self, room: str, words: str) -> Json:
        return await self.world.anna.ask(room, words, timeout=PATIENCE)

    async def _opened(self, name: str, ben: Person) -> str:
        room = await self.world.open_room(name, [self.world.anna, ben])
        await self.world.anna.wait_for(room, self.world.from_us, timeout=PATIENCE)
        self.stage.beside.add(room)
        return room

    @asynccontextmanager
    async def _newcomer(self, name: str, *, auto_join: bool = False) -> AsyncIterator[Person]:
        person = await self.world.newcomer(name, auto_join=auto_join)
        try:
            yield person
        finally:
            await person.go_offline()

    def _alone(self, person: Person) -> list[Json]:
        return [event for room in person.rooms() - {self._room} for event in person.seen(room)]

    def _members(self) -> list[str]:
        room = self.sealed.client.rooms.get(self._sealed_room)
        return [] if room is None else list(room.users)

    async def _shown(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not true():
                await self.sealed.sync()


def _readable(event: object) -> bool:
    return bool(getattr(event, "decrypted", False))


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - several rooms may bring it
            await asyncio.sleep(0.2)


@asynccontextmanager
async def with_keys(world: World) -> AsyncIterator[Anna]:
    """Somebody with an encrypting client."""
    name = f"sealed-{secrets.token_hex(4)}"
    user_id = await world.homeserver.register(name, PASSWORD)
    store = world.folder / name
    store.mkdir()
    client = SafeClient(world.homeserver.url, user_id, "SEALED", store, "key")
    await client.login(PASSWORD)
    person = Anna(client)
    await person.sync()
    try:
        yield person
    finally:
        await client.close()
        assert client.store
        client.store.database.close()

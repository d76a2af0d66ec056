"""What encryption costs, on a real homeserver (Synapse, started here): an answer, a large room, a start, memory.

People write by plain HTTP (`bot.demo.person`). What they send into the encrypted room was sealed beforehand by another
device of theirs (nio), and answers are recognised by their relation, which is in clear: so nothing of their own
encryption is in the measured time, and the rooms are told apart by the bot's work and the size of the events alone. A
sample of the answers is opened afterwards.
"""

import argparse
import asyncio
import os
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from nio.crypto import InboundGroupSession, OutboundGroupSession  # type: ignore[import-untyped]

from benchmarks.processes import Measured, configuration, environment
from bot.demo.homeserver import Homeserver
from bot.demo.person import Person
from bot.matrix.crypto.storage import KeyStore
from bot.matrix.safe import SafeClient
from tests.matrix.owners import identify, sign
from tests.matrix.phones import Phone

PASSWORD = "geheim"
COMMAND = "!status eAkte"
TYPE = "m.room.message"
BLOCKED = re.compile(r"blocked (\d+) ms, own (\d+) ms")
PEOPLE, DEVICES_EACH = 50, 4
MANY_SESSIONS = 10_000


class Sealer:
    """A device of a person's that seals for another one to send."""

    def __init__(self, client: SafeClient) -> None:
        self._client = client
        self.opened: list[str] = []

    @classmethod
    async def of(cls, homeserver: Homeserver, user_id: str, folder: Path) -> "Sealer":
        """Logs in with a key store in `folder`."""
        client = SafeClient(homeserver.url, user_id, "SEALER", folder, "key")
        await client.login(PASSWORD)
        await client.keys_upload()
        return cls(client)

    async def keep_up(self) -> None:
        """One look at what is new."""
        answer = await self._client.sync(timeout=200, full_state=not self._client.next_batch or None)
        for room in answer.rooms.join.values():
            self.opened += [event.body for event in room.timeline.events if getattr(event, "decrypted", False)]
        if self._client.should_upload_keys:
            await self._client.keys_upload()
        if self._client.should_query_keys:
            await self._client.keys_query()

    async def share(self, room: str, bot: str) -> None:
        """Give everybody in the room the key, as soon as the bot is there with its device."""
        async with asyncio.timeout(60):
            while True:
                await self.keep_up()
                known = self._client.rooms.get(room)
                if known and bot in known.users and any(self._client.device_store.active_user_devices(bot)):
                    break
        await self._client.share_group_session(room, ignore_unverified_devices=True)
        session = self._client.olm.outbound_group_sessions[room]
        session.max_messages = 1_000_000  # rotating is the other side's business

    def seal(self, room: str, text: str) -> dict[str, Any]:
        content = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        return dict(self._client.olm.group_encrypt(room, {"type": TYPE, "content": content}))

    async def close(self) -> None:
        await self._client.close()
        self._client.store.database.close()


class Table:
    """The people around one bot."""

    def __init__(self, homeserver: Homeserver, anna: Person, sealer: Sealer, config: Path, bot: str) -> None:
        self.homeserver, self.anna, self.sealer, self.config, self.bot = homeserver, anna, sealer, config, bot

    @contextmanager
    def running(self) -> Iterator[Measured]:
        process = Measured("benchmarks.watched", "run", "-c", str(self.config))
        try:
            yield process
        finally:
            process.stop()

    async def room(self, *, encrypted: bool, guests: list[Person]) -> str:
        """A room with the bot, which has spoken; a project is there to be asked about."""
        room = await self.anna.create_room(
            "eAkte", invite=[self.bot, *(guest.user_id for guest in guests)], encrypted=encrypted
        )
        for guest in guests:
            await guest.join(room)
        await self.anna.wait_for(room, lambda event: event["sender"] == self.bot and is_text(event), timeout=60)
        return room

    async def ask(self, room: str, *, encrypted: bool, text: str = COMMAND) -> float:
        """Seconds from sending to seeing the answer."""
        content = self.sealer.seal(room, text) if encrypted else {"msgtype": "m.text", "body": text, "m.mentions": {}}
        kind = "m.room.encrypted" if encrypted else TYPE
        before = time.perf_counter()
        said = await self.anna.send(room, kind, content)
        await self.anna.answer_to(room, said, timeout=120)
        return time.perf_counter() - before


def is_text(event: dict[str, Any]) -> bool:
    return event["type"] in {TYPE, "m.room.encrypted"}


async def one_answer(table: Table, rooms: dict[str, str], rounds: int, each: int) -> None:
    """Clear and encrypted by turns, within each round."""
    for name, room in rooms.items():
        for _ in range(3):
            await table.ask(room, encrypted=name == "encrypted")
    found: dict[str, list[float]] = {name: [] for name in rooms}
    for _ in range(rounds):
        seconds: dict[str, list[float]] = {name: [] for name in rooms}
        for _ in range(each):
            for name, room in rooms.items():
                seconds[name].append(await table.ask(room, encrypted=name == "encrypted"))
        for name in rooms:
            found[name].append(statistics.median(seconds[name]))
    print(f"\n{COMMAND}, from sending to seeing the answer (median of {each}), {rounds} rounds, by turns")
    for name, medians in found.items():
        print(f"{name:15}" + "".join(f"{seconds * 1000:7.1f}" for seconds in medians) + " ms")
    ratios = [sealed / clear for clear, sealed in zip(*found.values(), strict=True)]
    print(f"{'ratio':15}" + "".join(f"{ratio:7.2f}" for ratio in ratios) + f"   median {statistics.median(ratios):.2f}")


def blocked(process: Measured, since: float) -> str:
    """How long at most, in milliseconds: how much of that was work of the bot's thread, and how much the machine's."""
    lines = (BLOCKED.search(line) for at, line in process.lines if at >= since)
    found = [(int(line[1]), int(line[2])) for line in lines if line]
    longest, most = max(found, default=(0, 0)), max((own for _, own in found), default=0)
    return f"longest {longest[0]} ms (own work {longest[1]}); most own work {most} ms; over 20 ms: {len(found)}"


async def somebody(homeserver: Homeserver, name: str) -> Person:
    """Registered and listening, with a password that further devices know."""
    person = Person(homeserver.url, await homeserver.register(name, PASSWORD), PASSWORD)
    await person.login()
    return person


async def large_room(table: Table, stack: AsyncExitStack, people: int, each: int) -> None:
    """The first encrypted message into a room with many devices, and what comes back from all of them at once."""
    guests, phones = [], []
    for number in range(people):
        guest = await somebody(table.homeserver, f"guest{number}")
        stack.push_async_callback(guest.close)
        await guest.go_offline()
        guests.append(guest)
        own = [await Phone.of(table.homeserver, guest.user_id, PASSWORD) for _ in range(each)]
        for phone in own:
            stack.push_async_callback(phone.connection.close)
        await sign(await identify(table.homeserver, own[0], PASSWORD), *own)
        phones += own
    print(f"\nRoom with {people} people and {people * each} devices that have keys, and are signed by their owners")
    with table.running() as process:
        process.until("ready")
        room = await table.room(encrypted=True, guests=guests)
        await table.sealer.share(room, table.bot)
        began = time.time()
        seconds = await table.ask(room, encrypted=True)
        print(f"first answer {seconds * 1000:.0f} ms, second {await table.ask(room, encrypted=True) * 1000:.0f} ms")
        print(f"event loop from the start on: {blocked(process, process.started)}")
        print(f"… since the command:          {blocked(process, began)}")
    for phone in phones:
        await phone.look()
        assert phone.keys, "a device has no key of the bot's"
        await phone.talk(room, COMMAND)
    with table.running() as process:  # all their keys and messages are in its first answers of /sync
        await table.ask(room, encrypted=True)
        print(f"after a stop, with {len(phones)} keys and messages waiting: {blocked(process, process.started)}")


def fill(store: Path, user_id: str, rooms: int = 100) -> None:
    """Ten thousand room keys of others, where the bot keeps its own."""
    file = next(store.glob("*_*.db"))
    name = file.stem.removeprefix(f"{user_id}_")
    keys = KeyStore(user_id, name, str(store), (store.parent / "crypto.key").read_text().strip())
    with keys.database.atomic():
        for number in range(MANY_SESSIONS):
            key, place = OutboundGroupSession().session_key, (f"sender{number % 50}", f"!room{number % rooms}")
            keys.save_inbound_group_session(InboundGroupSession(key, "fingerprint", *place))
    keys.database.close()
    with sqlite3.connect(file) as database:
        (count,) = database.execute("SELECT count(*) FROM megolminboundsessions").fetchone()
    print(f"{count} room keys stored")


async def starts(table: Table, store: Path, times: int) -> None:
    async def median() -> str:
        found = []
        for _ in range(times):
            with table.running() as process:
                login = await asyncio.to_thread(process.until, "watching")
                ready = await asyncio.to_thread(process.until, "ready")
                found.append((login - process.started, ready - process.started, process.cpu(), process.megabytes()))
        login, ready, cpu, megabytes = (statistics.median(column) for column in zip(*found, strict=True))
        return f"logged in {login:5.2f} s, ready {ready:5.2f} s (CPU {cpu:.2f} s), {megabytes:.0f} MB"

    print(f"\nStart (median of {times})")
    print(f"few keys:       {await median()}")
    await asyncio.to_thread(fill, store, table.bot)
    print(f"many keys:      {await median()}")


async def memory(table: Table, rooms: dict[str, str], messages: int) -> None:
    """Half of the messages come in, half go out."""
    with table.running() as process:
        process.until("ready")
        await talk(table, rooms["encrypted"], 500)
        print(f"\nMemory of the bot over {messages} encrypted messages, half of them its answers (1,000 as warm-up)")
        before = process.megabytes()
        began = time.time()
        for part in range(1, 6):
            await talk(table, rooms["encrypted"], messages // 10)
            now = process.megabytes()
            print(f"after {part * messages // 5:6d}   {now:.1f} MB   {now - before:+.1f} MB")
        print(f"{messages / 2 / (time.time() - began):.0f} commands/s; event loop: {blocked(process, began)}")


async def talk(table: Table, room: str, commands: int) -> None:
    """Commands in heaps; the last answer shows that all are answered (one room, in order)."""
    last = ""
    for _ in range(commands):
        last = await table.anna.send(room, "m.room.encrypted", table.sealer.seal(room, COMMAND))
    await table.anna.answer_to(room, last, timeout=300)


async def play(folder: Path, options: argparse.Namespace) -> None:
    """Start everything, measure, print."""
    os.environ.update(environment())  # the homeserver, too, starts with its bytecode
    store = folder / "sealer"
    store.mkdir()
    async with AsyncExitStack() as stack:
        homeserver = await stack.enter_async_context(Homeserver(folder / "homeserver"))
        anna = await stack.enter_async_context(await somebody(homeserver, "anna"))
        sealer = await Sealer.of(homeserver, anna.user_id, store)
        stack.push_async_callback(sealer.close)
        bot = await homeserver.register("zwischenstand", PASSWORD)
        config = configuration(folder / "bot", homeserver.url, bot, anna.user_id, PASSWORD)
        table = Table(homeserver, anna, sealer, config, bot)
        with table.running() as process:
            process.until("ready")
            rooms = {"clear": await table.room(encrypted=False, guests=[])}
            await anna.ask(rooms["clear"], "!projekt neu eAkte\nTitel: Elektronische Akte")
            rooms["encrypted"] = await table.room(encrypted=True, guests=[])
            await sealer.share(rooms["encrypted"], bot)
            await table.ask(rooms["encrypted"], encrypted=True)
            if "answer" in options.parts:
                await one_answer(table, rooms, options.rounds, 20)
            await sealer.keep_up()
            opened = table.sealer.opened
            print(f"opened by another device: {len(opened)}, for instance: {opened[-1][:60]}")
        if "large" in options.parts:
            await large_room(table, stack, options.people, options.devices)
        if "memory" in options.parts:
            await memory(table, rooms, options.messages)
        if "start" in options.parts:
            await starts(table, folder / "bot" / "crypto", options.starts)


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("parts", nargs="*", default=["answer", "large", "memory", "start"])
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--people", type=int, default=PEOPLE)
    options.add_argument("--devices", type=int, default=DEVICES_EACH)
    options.add_argument("--messages", type=int, default=10_000)
    options.add_argument("--starts", type=int, default=5)
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(play(Path(name), options.parse_args()))


if __name__ == "__main__":
    main()

"""How far our keys have come, on record with the homeserver: the only one who notices that we were put back.

Olm keys must never go back: messages encrypted anew with keys that were used already break encryption with everybody.
So the store's generation goes up at each sign-in, at each clean stop and every hour: ours first, on disk, then the one
in our account data. Whatever happens in between, ours is not behind, unless the store is an old copy.

The record also names the device that is in use. A new one takes its place there and logs it out; whoever was in its
place and finds another bot's device there ends, and does not take it back: two bots would log each other out for ever.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from bot.config import Matrix
from bot.errors import Fenced, NotSent, OperatorError, TryAgain, Unreachable
from bot.matrix.account.interactive import confirmed
from bot.matrix.account.store import Busy, Session, Store
from bot.matrix.answers import Refusal, unreachable
from bot.matrix.asking import ask, told
from bot.matrix.safe import SafeClient

TYPE = "zwischenstand.device"
EVERY = 3600.0  # seconds
STOP_TIMEOUT = 5.0  # seconds; a homeserver that is gone must not keep us from stopping
AT_MOST = 20  # devices that still have to be logged out

LEFT = "Earlier devices of ours could not be logged out (%s): %s; again at the next start"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Record:
    """What the homeserver keeps for us: the device in use and since when, how far its keys have come, and its
    predecessors that could not be logged out yet."""

    device_id: str
    generation: int
    since: datetime
    leftover: tuple[str, ...] = ()


async def read(client: SafeClient) -> Record | None:
    """The record; None without one, or if it is none of ours. Raises Unreachable."""
    answer = await _ask(client, "GET", *_place(client))
    if isinstance(answer, Refusal):
        if answer.code == "M_NOT_FOUND":
            return None
        raise unreachable(answer)
    device, generation, since, leftover = (answer.get(key) for key in ("device_id", "generation", "since", "leftover"))
    if not (isinstance(device, str) and isinstance(generation, int) and isinstance(since, int)):
        return None
    names = [name for name in leftover if isinstance(name, str)] if isinstance(leftover, list) else []
    try:
        return Record(device, generation, datetime.fromtimestamp(since / 1000, UTC), tuple(names))
    except (ValueError, OverflowError, OSError):  # no time of this world
        return None


async def write(client: SafeClient, record: Record) -> None:
    """Replace the record. Raises Unreachable."""
    content = {
        "device_id": record.device_id,
        "generation": record.generation,
        "since": int(record.since.timestamp() * 1000),
        "leftover": list(record.leftover),
    }
    answer = await _ask(client, "PUT", *_place(client), body=content)
    if isinstance(answer, Refusal):
        raise unreachable(answer)


def check(record: Record | None, session: Session, store: Store, settings: Matrix) -> None:
    """Raises OperatorError if this session must not go on: another bot took its place, or its keys are an old copy."""
    if record is None:
        return
    if is_displaced(record, session):
        raise displaced(store, settings, named(record))
    ours = store.generation(session.device_id)
    if record.device_id == session.device_id and store.has_keys(session.device_id) and ours < record.generation:
        raise OperatorError(
            f"{store.keys_of(session.device_id)} is older than what device {session.device_id} has done since: it is "
            f"at generation {ours}, the homeserver knows {record.generation}. It was put back from a copy or a backup, "
            "and to go on with it would break encryption with everybody. Either "
            f"{_way_out(store, settings)}; or restore a backup with `zwischenstand restore`"
        )


def is_displaced(record: Record, session: Session) -> bool:
    """Whether we, or whoever we follow, were on record once, and now another device is."""
    return session.recorded and record.device_id not in (session.device_id, session.before)


def displaced(store: Store, settings: Matrix, by: str) -> OperatorError:
    """Another bot has taken our place."""
    return OperatorError(
        f"another bot runs with the account {settings.user_id}: {by} took the place of the one in {store.place}. "
        f"Let only one of them run. If the other is gone for good: {_way_out(store, settings)}"
    )


def named(record: Record) -> str:
    """The device on record, for an operator."""
    return f"device {record.device_id}, since {record.since:%Y-%m-%d %H:%M} UTC,"


class Keeper:
    """Keeps the record of one device that is signed in."""

    def __init__(self, client: SafeClient, store: Store, settings: Matrix) -> None:
        self._client = client
        self._store = store
        self._settings = settings
        self._device_id = str(client.device_id)

    async def enter(self, session: Session, now: datetime) -> None:
        """Put our device on record, and log out those before it: this needs a password, and may fail.

        Raises Unreachable, or OperatorError as `check` does.
        """
        record = await read(self._client)
        check(record, session, self._store, self._settings)
        before = [session.before, record.device_id if record else None, *(record.leftover if record else ())]
        leftover = tuple(dict.fromkeys(name for name in before if name and name != self._device_id))[:AT_MOST]
        since = record.since if record and record.device_id == self._device_id else now
        generation = await asyncio.to_thread(self._store.raise_generation, self._device_id)
        entry = Record(self._device_id, generation, since, leftover)
        await write(self._client, entry)
        self._store.save(replace(session, before=None, recorded=True))
        if leftover:
            await self._clear(entry)

    async def step(self) -> None:
        """One generation on. Raises Unreachable; OperatorError as `check` does."""
        record = await read(self._client)
        session = Session(self._settings.user_id, self._device_id, recorded=True)
        check(record, session, self._store, self._settings)
        generation = await asyncio.to_thread(self._store.raise_generation, self._device_id)
        if record is not None:
            await write(self._client, replace(record, generation=generation))

    async def keep(self) -> NoReturn:
        """Step on every hour, for ever. Raises OperatorError when another bot has taken our place."""
        while True:
            await asyncio.sleep(EVERY * random.uniform(0.75, 1.25))  # noqa: S311  jitter
            try:
                await self.step()
            except (Unreachable, Busy) as problem:
                log.warning(
                    "The generation of our keys is not on record, again within the hour: %(problem)s",
                    {"problem": problem},
                )

    async def beside(self, work: Awaitable[None]) -> None:
        """Await this work and `keep` meanwhile. Raises what either raises."""
        try:
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(self.keep(), name="generation")
                await work
                keeping.cancel()
        except BaseExceptionGroup as problems:
            raise problems.exceptions[0] from None

    async def leave(self) -> None:
        """Step on once more at a clean stop. Never raises: the next start does the same."""
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                await self.step()
        except (Unreachable, OperatorError, Fenced, TimeoutError) as problem:
            log.info("The generation of our keys is not on record: %(problem)s", {"problem": problem})

    async def _clear(self, entry: Record) -> None:
        """Log out our predecessors, those that are still there. A failure is logged; the next start tries again."""
        try:
            answer = await told(self._client, "GET", "devices")
            there = {device.get("device_id") for device in answer.get("devices", []) if isinstance(device, dict)}
            if wanted := [name for name in entry.leftover if name in there]:
                await confirmed(self._client, self._settings, "delete_devices", {"devices": wanted})
                log.info("logged out earlier devices of ours: %s", ", ".join(wanted))
            await write(self._client, replace(entry, leftover=()))
        except (NotSent, Unreachable) as problem:
            log.warning(LEFT, ", ".join(entry.leftover), problem)
        except OperatorError:  # its words are about other uses of the password
            log.warning(LEFT, ", ".join(entry.leftover), "matrix.password is missing, wrong, or not enough for it")


def _place(client: SafeClient) -> tuple[str, ...]:
    return ("user", client.user_id, "account_data", TYPE)


async def _ask(client: SafeClient, method: str, *path: str, body: dict[str, Any] | None = None) -> Any:
    """The answer, a refusal perhaps. Raises Unreachable."""
    try:
        return await ask(client, method, *path, body=body)
    except TryAgain as problem:
        raise Unreachable(str(problem), problem.after) from problem


def _way_out(store: Store, settings: Matrix) -> str:
    """How to go on as a new device."""
    if settings.password is None:
        return (
            f"log in once more for the bot, set matrix.access_token and matrix.device_id to the new session, and "
            f"{store.way_out}: it keeps its room keys and its identity"
        )
    return f"{store.way_out}: the bot then starts as a new device and keeps its room keys and its identity"

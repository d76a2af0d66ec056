"""Opening what waits for its key, as soon as that came: before what comes in the same answer, in its old order.

A key may have come in an earlier life: to-device messages come once, so at the start all that waits is tried whose key
we have. A key that came is forgotten only when its events were handed over (`done`). What is handed over may wait for
its turn and be kept later than its key comes (`handled`): then it is looked whether we have that key by now.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.errors import Unreachable
from bot.events import Event, Happening, Undecryptable, Unsealed, Withheld
from bot.matrix.crypto.machine import source_of
from bot.matrix.crypto.storage import STORE_DOWN
from bot.matrix.forgiving import guarded
from bot.matrix.raw import Raw, raw
from bot.matrix.safe import SafeClient, is_sealed
from bot.waiting import Session, Waiting

AT_ONCE = 50  # events, before others have their turn

Decode = Callable[[Undecryptable, Raw], Event | None]


class Unsealing:
    """Looks after what waits, answer by answer."""

    def __init__(self, client: SafeClient, waiting: Waiting, decode: Decode) -> None:
        """`decode` reads what was inside of a kept event."""
        self._client = client
        self._waiting = waiting
        self._decode = decode
        self._begun = False
        self._waits: set[Session] = set()  # of which something was handed over, and may not be kept yet
        self._kept_late: set[Session] = set()

    @property
    def pressing(self) -> bool:
        """Whether something may be readable that nobody has looked at."""
        return bool(self._kept_late)

    async def happenings(self, now: datetime) -> list[Happening]:
        """Who gives us no key, and what can be read now, in the order of its arrival.

        Raises Unreachable when the key store fails; the same may be asked for again.
        """
        olm: Any = self._client.olm
        if olm is None:
            return []
        found: list[Happening] = [each for each in olm.withheld if self._concerns_us(each)]
        sessions = set(olm.came) | {each for each in self._kept_late if self._has_key(each)}
        if not self._begun:
            sessions |= {each for each in await self._waiting.begin(now) if self._has_key(each)}
        if not sessions:
            return found
        for number, kept in enumerate(await self._waiting.of(sessions), 1):
            if (opened := self._opened(kept)) is not None:
                found.append(opened)
            if not number % AT_ONCE:
                await asyncio.sleep(0)
        return found

    def done(self) -> None:
        """All of it was handed over."""
        self._begun = True
        self._kept_late.clear()
        olm: Any = self._client.olm
        if olm is not None:
            olm.told()

    def handled(self, happenings: Iterable[Happening], *, all_of_it: bool) -> None:
        """These were handed over. `all_of_it`: all that ever was is handled; else some of it waits for its turn."""
        if all_of_it:
            self._kept_late |= self._waits
            self._waits.clear()
        else:
            self._waits |= {(each.room_id, each.session_id) for each in happenings if isinstance(each, Undecryptable)}

    def _concerns_us(self, note: Withheld) -> bool:
        """Anybody can write anything to a device; only people in the room can hold back keys there."""
        if not note.room_id:
            return True
        room = self._client.rooms.get(note.room_id)
        return room is not None and note.sender in room.users

    def _has_key(self, session: Session) -> bool:
        """Whether any device has given us this session; which one, is looked at when it is used."""
        try:
            return bool(self._client.olm.has_key(*session))
        except STORE_DOWN as error:
            raise Unreachable(f"the key store fails: {error}") from error

    def _opened(self, kept: Undecryptable) -> Unsealed | None:
        """What is inside; None while it cannot be read."""
        sealed = guarded("encrypted event", nio.Event.parse_encrypted_event, source_of(kept))
        try:
            inside = self._client.opened(sealed, kept.room_id) if is_sealed(sealed) else None
        except STORE_DOWN as error:
            raise Unreachable(f"the key store fails: {error}") from error
        if inside is None and not getattr(sealed, "replayed", False):
            return None
        event = self._decode(kept, raw(inside)) if inside is not None else None
        return Unsealed(room_id=kept.room_id, event_id=kept.event_id, event=event)

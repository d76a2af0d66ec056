"""A room's key reaches everybody in the room before a message that it locks, on the devices that may have it.

nio shares a key only when a session begins, marks it as shared even when the homeserver took no message of it, begins
anew whenever anybody joins or renames a device, keeps a key that somebody has who left before all had it, and stops the
event loop for seconds in a large room. So the sharing is ours; nio still encrypts.

Everything about a session is in memory: after a restart each room has a new one. Olm sessions are on disk before what
they encrypted leaves. What stands between two awaits is one step for everybody else, so nothing here needs a thread.
"""

import asyncio
import logging
import secrets
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from weakref import WeakKeyDictionary

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.errors import NotSent
from bot.matrix.answers import Refusal, not_sent
from bot.matrix.asking import Json, accepted, ask
from bot.matrix.crypto.ciphers import MEGOLM
from bot.matrix.crypto.claiming import Claims
from bot.matrix.crypto.devices import DeviceLists
from bot.matrix.crypto.pacing import portions
from bot.matrix.crypto.storage import STORE_DOWN
from bot.matrix.crypto.withholding import Refusals

ROUNDS = 5
"""People come and devices change while we wait for the network; after so many rounds they wait for the next message."""

HOPELESS = 5
"""Attempts at a parcel that breaks the homeserver (500) before its devices are tried apart, and then left out."""

OPEN = {"shared", "world_readable"}
"""History visibility that shows newcomers what was said before they came."""

Recipient = tuple[str, str, str]
"""User, device ID, identity key."""

log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Parcel:
    """Copies of a room's key for some devices. The same transaction ID again delivers it once."""

    copies: Sequence[tuple[str, str, Json]]
    transaction: str = field(default_factory=lambda: secrets.token_hex(16))
    attempts: int = 0

    def halves(self) -> list[Self]:
        """The same for fewer devices each; none when there is only one."""
        middle = len(self.copies) // 2
        parts = (self.copies[:middle], self.copies[middle:]) if middle else ()
        return [type(self)(part, attempts=self.attempts) for part in parts]

    def messages(self) -> dict[str, Json]:
        """As the homeserver wants it."""
        found: defaultdict[str, Json] = defaultdict(dict)
        for user, device, content in self.copies:
            found[user][device] = content
        return found

    def hopeless(self, refused: Refusal) -> bool:
        """Whether it will never be taken as it is."""
        return not refused.passing or (refused.status == 500 and self.attempts >= HOPELESS)


@dataclass(eq=False, slots=True)
class Shared:
    """How far one session's key has come: for whom it was encrypted, and what the homeserver has not taken yet.

    `first` is the key as it was before any message; "" where what was said then is not for newcomers.
    """

    first: str = ""
    encrypted_for: set[Recipient] = field(default_factory=set)
    parcels: list[Parcel] = field(default_factory=list)


class Sharing:
    """Shares the keys of rooms through one client; several rooms at once, each once at a time."""

    def __init__(self, client: Any, devices: DeviceLists, claims: Claims) -> None:
        self._client = client
        self._lists = devices
        self._claims = claims
        self._refusals = Refusals(client)
        self._rooms: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._shared: WeakKeyDictionary[Any, Shared] = WeakKeyDictionary()

    async def ready(self, room_id: str) -> None:
        """Return when all devices that can be reached have the key of the room's current session.

        Whoever came later gets it from here on; if somebody who has it left, or a device was deleted, there is a new
        one. A device that its owner has not signed gets none, and hears why (`identities`). The caller encrypts without
        another await. Raises NotSent when our own homeserver does not take part, STORE_DOWN when the key store fails,
        nio.LocalProtocolError when we are not in the room.
        """
        async with self._rooms[room_id]:
            for _ in range(ROUNDS):
                await self._look(room_id)
                devices = self._devices(room_id)
                refused = {who: devices.pop(who) for who in list(devices) if not self._admits(devices[who])}
                session = self._session(room_id, devices.keys())
                busy = await self._supply(room_id, session, devices)
                busy = await self._refusals.tell(room_id, session, refused) or busy
                if not busy and not self._lists.due(self._room(room_id).users):
                    break
            session.shared = True

    async def welcome(self, room_id: str, person: str) -> None:
        """We have invited somebody: they get the current key, if there is one, for what stands there already.

        The sync loop may tell us of them later. What fails here, the next message makes up for.
        """
        room = self._client.rooms.get(room_id)
        if room is None or not room.encrypted:
            return
        room.add_member(person, None, None, invited=True)
        if room_id in self._client.olm.outbound_group_sessions:
            try:
                await self.ready(room_id)
            except (NotSent, nio.ProtocolError, *STORE_DOWN) as error:
                values = {"room_id": room_id, "problem": type(error).__name__}
                log.warning("A guest of %(room_id)s gets the key later: %(problem)s", values)

    async def _look(self, room_id: str) -> None:
        """Who is in the room, with which devices."""
        room = self._room(room_id)
        if not room.members_synced:
            with self._client.departures(room_id) as left:
                await accepted(self._client.joined_members(room_id))
            for person in left:
                room.remove_member(person)
        self._client.olm.update_tracked_users(room)  # nio does so only when it has handled a whole sync
        await self._lists.refresh(room.users)

    def _devices(self, room_id: str) -> dict[Recipient, Any]:
        """Of all who are in the room. Who is invited reads along, unless the room shows people nothing of before."""
        olm, room, found = self._client.olm, self._room(room_id), {}
        us = (olm.user_id, olm.device_id)
        members_only = room.history_visibility == "joined"
        for user in (user for user, member in room.users.items() if not (members_only and member.invited)):
            for device in olm.device_store.active_user_devices(user):
                if (user, device.id) != us and not device.blacklisted:
                    found[user, device.id, device.curve25519] = device
        return found

    def _admits(self, device: Any) -> bool:
        return bool(self._client.store.identities.admits(device))

    def _session(self, room_id: str, present: Any) -> Any:
        """The session for the next message; a new one if the current is spent or somebody has it who must not.

        Also where a room is opened to newcomers: what was for its members stays so, and what comes is for all.
        """
        olm, visible = self._client.olm, self._room(room_id).history_visibility in OPEN
        session = olm.outbound_group_sessions.get(room_id)
        progress = self._progress(session) if session is not None else Shared()
        opened = visible and not progress.first
        if session is None or session.expired or opened or not progress.encrypted_for <= present:
            with self._client.store.database.atomic():
                olm.create_outbound_group_session(room_id)
            session = olm.outbound_group_sessions[room_id]
            self._progress(session).first = session.session_key if visible else ""
        return session

    async def _supply(self, room_id: str, session: Any, devices: dict[Recipient, Any]) -> bool:
        """Get the key to those who lack it; False if there was nothing to do."""
        progress, olm = self._progress(session), self._client.olm
        lacking = [who for who in devices if who not in progress.encrypted_for]
        if not lacking and not progress.parcels:
            return False
        claimed = await self._claims.begin(devices[who] for who in lacking)
        within_reach = [who for who in lacking if olm.session_store.get(devices[who].curve25519)]
        content = {
            "algorithm": MEGOLM,
            "room_id": room_id,
            "session_id": session.id,
            "session_key": self._key(room_id, session),
        }
        for portion in portions(within_reach):
            with self._client.store.database.atomic():
                copies = [self._copy(devices[who], content) for who in portion]
            progress.encrypted_for.update(portion)
            progress.parcels.append(Parcel(copies))
            await asyncio.sleep(0)
        asked = bool(progress.parcels)
        await self._deliver(session, progress)
        return claimed or asked

    def _key(self, room_id: str, session: Any) -> str:
        """Where newcomers may read what was said before, the key that opens it, as in MSC3061; else from here on."""
        first = self._progress(session).first
        return first if first and self._room(room_id).history_visibility in OPEN else str(session.session_key)

    def _copy(self, device: Any, content: Json) -> tuple[str, str, Json]:
        olm = self._client.olm
        sealed = olm._olm_encrypt(olm.session_store.get(device.curve25519), device, "m.room_key", content)
        return device.user_id, device.id, sealed

    async def _deliver(self, session: Any, progress: Shared) -> None:
        """Hand everything to the homeserver. What it does not take stays, and is handed over unchanged next time."""
        waiting, taken, stuck, failure = deque(progress.parcels), False, [], None
        while waiting:
            parcel = waiting.popleft()
            parcel.attempts += 1
            path = ("sendToDevice", "m.room.encrypted", parcel.transaction)
            answer = await ask(self._client, "PUT", *path, body={"messages": parcel.messages()})
            if not isinstance(answer, Refusal):
                progress.parcels.remove(parcel)
                session.users_shared_with.update((user, device) for user, device, _ in parcel.copies)
                taken = True
            elif not parcel.hopeless(answer):
                failure = answer
            elif halves := parcel.halves():
                progress.parcels.remove(parcel)
                progress.parcels += halves
                waiting.extend(halves)
            else:
                stuck.append((parcel, answer))
        for parcel, answer in stuck:
            if answer.passing and not taken:  # perhaps it is not the device: nothing at all was taken
                failure = answer
                continue
            progress.parcels.remove(parcel)
            values = {"user_id": parcel.copies[0][0], "problem": answer}
            log.warning("The homeserver refuses a room key for a device of %(user_id)s: %(problem)s", values)
        if failure:
            raise not_sent(failure)

    def _progress(self, session: Any) -> Shared:
        return self._shared.setdefault(session, Shared())

    def _room(self, room_id: str) -> Any:
        room = self._client.rooms.get(room_id)
        if room is None:
            raise nio.LocalProtocolError(f"not in the room {room_id}")
        return room

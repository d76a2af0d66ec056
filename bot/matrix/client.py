"""Our account on the homeserver: signing in, following what happens, and doing what the outbox asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from bot.config import Matrix
from bot.events import Redacted, Relations
from bot.matrix.account import signing
from bot.matrix.account.examining import Examined, examine
from bot.matrix.account.generation import Keeper
from bot.matrix.account.session import forget, sign_in
from bot.matrix.account.store import Store, store_of
from bot.matrix.crypto import verifying
from bot.matrix.crypto.ciphers import ENCRYPTION
from bot.matrix.listening import Handle, Listener
from bot.matrix.media import Media
from bot.matrix.opening import Opening
from bot.matrix.relations import Related
from bot.matrix.rooms import Rooms
from bot.matrix.safe import SafeClient
from bot.matrix.sender import Poster
from bot.matrix.state import State
from bot.matrix.succession import Succession
from bot.others import Unread
from bot.post import Fingerprints, NewRoom, Post, Stands, Unheard, Upload
from bot.store.lease import Lease
from bot.vitals import Vitals
from bot.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Parts:
    """What works through one client that is signed in."""

    client: SafeClient
    listener: Listener
    poster: Poster
    media: Media
    rooms: Rooms
    opening: Opening
    state: State
    succession: Succession
    related: Related

    @classmethod
    def of(cls, client: SafeClient, us: str, vitals: Vitals) -> Self:
        """All parts for this client."""
        rooms = Rooms(client, us)
        verifying.refuse_all(client)
        return cls(
            client=client,
            listener=Listener(client, us, vitals),
            poster=Poster(client, us),
            media=Media(client),
            rooms=rooms,
            opening=Opening(client, us),
            state=State(client),
            succession=Succession(client, us, rooms),
            related=Related(client, us),
        )


class Account:
    """One Matrix account on one device; implements `bot.post.Sender`."""

    def __init__(self, settings: Matrix, vitals: Vitals | None = None, lease: Lease | None = None) -> None:
        """With a `lease` we lead on a PostgreSQL, and the keys are there; else in the folder of the settings."""
        self._settings = settings
        self._vitals = vitals or Vitals()
        self._store: Store = store_of(settings, lease=lease)
        self._signed_in: Parts | None = None
        self._keeper: Keeper | None = None
        self._fingerprints: Fingerprints | None = None

    @property
    def user_id(self) -> str:
        return self._settings.user_id

    @property
    def device_id(self) -> str:
        """The device we send from. Known after the login."""
        return str(self._parts.client.device_id)

    @property
    def fingerprints(self) -> Fingerprints:
        """What a person compares to know that it is us. Known after the login."""
        if self._fingerprints is None:
            raise RuntimeError("login() comes first")
        return self._fingerprints

    def encryption(self) -> str:
        """One line for the operator: whether we can read and write encrypted rooms, and as which device."""
        olm = self._parts.client.olm
        keys = olm.account.identity_keys if olm else None
        return f"on, device key {keys['ed25519']}" if keys else "off: the crypto store could not be opened"

    async def examined(self) -> Examined:
        """How our identity stands on the homeserver. Raises OperatorError, TryAgain or Rejected."""
        return await examine(self._parts.client, self._settings, self._store.seeds)

    async def login(self) -> None:
        """Take up the last session, or log in.

        Raises OperatorError when only a person can mend it; Unreachable when the homeserver is down: call again later.
        """
        if self._signed_in is None:
            try:
                client = await sign_in(self._settings, self._store)
            except BaseException:
                self._store.close()
                raise
            self._fingerprints = signing.fingerprints(client, self._settings, self._store.seeds)
            self._keeper = Keeper(client, self._store, self._settings)
            self._signed_in = Parts.of(client, self.user_id, self._vitals)

    async def listen(
        self,
        handle: Handle,
        token: str | None,
        alive_at: datetime | None,
        waiting: Waiting | None = None,
        unread: Unread | None = None,
    ) -> None:
        """Hand over what happens, batch by batch, for ever; see `Listener.listen`."""
        work = self._parts.listener.listen(handle, token, alive_at, waiting, unread)
        await (self._keeper.beside(work) if self._keeper else work)

    async def nothing_waiting(self, until: datetime) -> bool:
        """Whether everything that reached our homeserver up to `until` has been handled."""
        return await self._parts.listener.nothing_waiting(until)

    async def close(self) -> None:
        """Finish what is being sent and let go of the session's files. Never logs out: the device stays ours."""
        if self._signed_in is not None:
            parts, self._signed_in = self._signed_in, None
            await parts.poster.close()
            if self._keeper:
                await self._keeper.leave()
            await parts.client.close()
            forget(parts.client)
        self._store.close()

    # The Sender; each method is described there.

    async def reached(self) -> None:
        await self._client.reach.back()

    async def send(self, post: Post) -> str:
        return await self._parts.poster.send(post)

    async def is_clear(self, room_id: str) -> bool:
        return await self._parts.poster.is_clear(room_id)

    async def find(self, post: Post) -> str | None:
        return await self._parts.poster.find(post)

    async def standing(self, room_id: str, since: datetime) -> Mapping[str, Stands]:
        return await self._parts.poster.standing(room_id, since)

    async def upload(self, room_id: str, upload: Upload) -> dict[str, Any]:
        return await self._parts.poster.upload(room_id, upload)

    async def download(self, source: Mapping[str, Any], at_most: int) -> bytes:
        return await self._parts.media.download(source, at_most)

    async def join(self, room_id: str) -> None:
        await self._parts.rooms.join(room_id)

    async def leave(self, room_id: str, reason: str) -> None:
        await self._parts.rooms.leave(room_id, reason)

    async def open_room(self, room: NewRoom) -> str:
        return await self._parts.opening.open_room(room)

    async def invite(self, room_id: str, person: str) -> None:
        await self._parts.rooms.invite(room_id, person)

    async def set_state(self, room_id: str, event_type: str, state_key: str, content: Mapping[str, Any]) -> None:
        await self._parts.state.set_state(room_id, event_type, state_key, content)

    async def pin(self, room_id: str, event_ids: Sequence[str], without: Sequence[str] = ()) -> None:
        await self._parts.state.pin(room_id, event_ids, without)

    async def empower(self, room_id: str, person: str, level: int | None) -> None:
        await self._parts.state.empower(room_id, {person: level})

    async def follow(self, room_id: str, successor: str, by: str) -> bool:
        return await self._parts.succession.follow(room_id, successor, by)

    async def is_encrypted(self, room_id: str) -> bool:
        return await self._parts.state.content(room_id, ENCRYPTION) is not None

    async def relations(self, posts: Sequence[tuple[str, str]], unheard: Unheard) -> Relations:
        return await self._parts.related.relations(posts, unheard)

    async def redactions(self, rooms: Sequence[str], event_ids: Sequence[str]) -> tuple[Redacted, ...]:
        return await self._parts.related.redactions(rooms, event_ids)

    async def open_direct(self, person: str, *, encrypt: bool) -> str:
        return await self._parts.rooms.open_direct(person, encrypt=encrypt)

    @property
    def _client(self) -> SafeClient:
        return self._parts.client

    @property
    def _parts(self) -> Parts:
        if self._signed_in is None:
            raise RuntimeError("login() comes first")
        return self._signed_in

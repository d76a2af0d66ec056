"""nio's client, hardened against what strangers may send and against its own retries.

Everything here mends a behaviour of nio 0.26 that was reproduced; each method says which. Kept apart from the client so
that it can go, piece by piece, when nio learns better.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.matrix import schemas, sieve
from bot.matrix.answers import NETWORK_ERRORS
from bot.matrix.crypto.ciphers import Ciphers
from bot.matrix.crypto.claiming import Claims
from bot.matrix.crypto.devices import DeviceLists
from bot.matrix.crypto.fallback import Synced
from bot.matrix.crypto.machine import Machine
from bot.matrix.crypto.pacing import Turn
from bot.matrix.crypto.sharing import Sharing
from bot.matrix.crypto.storage import KeyStore, OpenKeys, whole
from bot.matrix.decode import CONTENT_KEY
from bot.matrix.forgiving import Forgiving, guarded
from bot.matrix.raw import Raw
from bot.matrix.reach import LOOK_TIMEOUT, Away, Reach
from bot.store.lease import Lease

REQUEST_TIMEOUT = 60
"""Seconds for one request that is not a long poll."""

log = logging.getLogger(__name__)


class SafeClient(nio.AsyncClient):  # type: ignore[misc]  # nio ships no types
    """One request is one attempt: retries, their order and their pace belong to the outbox and to the sync loop."""

    def __init__(
        self,
        homeserver: str,
        user_id: str,
        device_id: str,
        store: Path,
        pickle_key: str,
        lease: Lease | None = None,
        open_keys: OpenKeys | None = None,
    ) -> None:
        """With a `lease` (PostgreSQL), nothing is asked of the homeserver unless we lead.

        The keys are in a file in the folder `store`, unless `open_keys` opens them elsewhere.
        """
        schemas.install()
        config = nio.AsyncClientConfig(
            max_limit_exceeded=0,
            max_timeouts=0,
            request_timeout=REQUEST_TIMEOUT,
            store=KeyStore,
            store_sync_tokens=False,
            encryption_enabled=True,
            pickle_key=pickle_key,
        )
        super().__init__(homeserver.rstrip("/"), user_id, device_id, store_path=str(store), config=config)
        self._closed = False
        self._lease = lease
        self._open_keys = open_keys
        self.reach = Reach(self._look)
        self.ciphers = Ciphers()
        self._turn = Turn()
        self._watching: list[tuple[str, set[str]]] = []
        self.device_lists = DeviceLists(self)
        self.claims = Claims(self)
        self.sharing = Sharing(self, self.device_lists, self.claims)

    def load_store(self) -> None:
        """nio's own, with our olm machine."""
        if self.store:
            return
        self.store: Any = self._opened_keys()
        self.olm = Machine(self.user_id, self.device_id, self.store)
        self.encrypted_rooms = self.store.load_encrypted_rooms()

    def _opened_keys(self) -> Any:
        if self._open_keys is not None:
            return self._open_keys(self.user_id, self.device_id, self.config.pickle_key)
        return KeyStore(self.user_id, self.device_id, self.store_path, self.config.pickle_key)

    async def send(self, *arguments: Any, **named: Any) -> Any:
        """While the homeserver is away, nothing goes out (`reach`); `Away` is one of the network's errors.

        And nio opens a new connection for a request after the end, and nobody closes that one. Every request of ours
        goes through here, so that one who was stopped, and wakes while another leads, asks for nothing.
        """
        if not self._closed:
            await self.reach.require()
        if self._lease is not None and not self._lease.is_held:
            raise Away("the lease on the database is not ours now: another process leads, or the database is away")
        return await self.reach.heard(self._ask(*arguments, **named))

    async def _ask(self, *arguments: Any, **named: Any) -> Any:
        if self._closed:
            raise aiohttp.ClientConnectionError("we are stopping")
        return await super().send(*arguments, **named)

    async def _look(self) -> None:
        """Ask for what every homeserver tells everybody."""
        (await self.reach.heard(self._ask("GET", "/_matrix/client/versions", timeout=LOOK_TIMEOUT))).release()

    async def close(self) -> None:
        """Close the connections; no request goes out any more."""
        self._closed = True
        await super().close()

    async def create_matrix_response(
        self, response_class: Any, transport_response: Any, data: Any = None, save_to: Any = None
    ) -> Any:
        """nio parses an answer as a whole: one event it chokes on would stop the bot at this place for ever.

        And some of its answers never look whether they are a refusal.
        """
        reading = Synced if response_class is nio.SyncResponse else response_class
        try:
            response = await super().create_matrix_response(reading, transport_response, data, save_to)
        except NETWORK_ERRORS:
            raise
        except Exception as error:
            # The body is cached by aiohttp; nio's first attempt has changed its own copy.
            sifted = sieve.sifted(response_class, await self.parse_body(transport_response))
            if sifted is None:
                raise
            kind = type(error).__name__  # its message may quote what people wrote
            log.warning("The homeserver's answer has parts that cannot be read; they are left out: %s", kind)
            response = reading.from_dict(sifted, *(data or ()))
        if transport_response.status >= 400 and not isinstance(response, nio.ErrorResponse):
            body = await self.parse_body(transport_response)
            response = nio.ErrorResponse.from_dict(body) if "errcode" in body else response
        response.transport_response = transport_response
        return response

    async def receive_response(self, response: Any) -> None:
        """nio drops our token at a soft logout, and the next request would raise without the homeserver's reason."""
        if not isinstance(response, nio.ErrorResponse):
            await super().receive_response(response)

    async def _handle_sync(self, response: Any) -> None:
        """nio keeps a room that we have left, members included, and would go on sharing keys with them."""
        self.next_batch = ""  # the same answer again (after a failure of ours) must be read again, not skipped
        for room_id in response.rooms.leave:
            self.rooms.pop(room_id, None)
            self.invited_rooms.pop(room_id, None)
            if self.olm:
                self.olm.outbound_group_sessions.pop(room_id, None)
        await super()._handle_sync(response)

    async def _on_to_device(self, event: Any) -> None:
        """Called after each of the messages to our device, of which an answer may bring a hundred."""
        await super()._on_to_device(event)
        await self._turn.give()

    async def _on_event(self, event: Any, room: Any) -> None:
        """Called after each event that an answer of /sync brings, opened or not."""
        if not isinstance(event, Raw):
            await super()._on_event(event, room)
        await self._turn.give()

    def _handle_decrypt_to_device(self, to_device_event: Any) -> Any:
        """Any stranger can send these, and several malformed ones raise deep inside."""
        with Forgiving("to-device message"), whole(self.store, self.olm, to_device_event):
            return guarded("to-device message", super()._handle_decrypt_to_device, to_device_event)
        return None

    async def _collect_key_requests(self) -> None:
        with Forgiving("key request"):
            await super()._collect_key_requests()

    def _handle_joined_state(self, room_id: str, join_info: Any, encrypted_rooms: set[str]) -> None:
        """One odd state event must not hide the others."""
        events, join_info.state = join_info.state, []
        with Forgiving("room summary"):
            super()._handle_joined_state(room_id, join_info, encrypted_rooms)
        join_info.state = events
        room = self.rooms[room_id]
        for event in events:
            guarded("state event", self._handle_timeline_event, event, room_id, room, encrypted_rooms)

    def _handle_timeline_event(self, event: Any, room_id: str, room: Any, encrypted_rooms: set[str]) -> Any:
        """nio applies decrypted events to the room's state, so that any member could make up names and power levels."""
        if isinstance(event, Raw):
            return None
        if is_sealed(event):
            return self.opened(event, room_id)
        sealed = room_id in self.encrypted_rooms or room_id in encrypted_rooms
        if self.ciphers.refused(event, room_id, room, sealed=sealed):
            return None
        if isinstance(event, nio.RoomMemberEvent):
            for _, left in (each for each in self._watching if each[0] == room_id):
                (left.discard if event.membership in ("join", "invite") else left.add)(event.state_key)
        return guarded("event", super()._handle_timeline_event, event, room_id, room, encrypted_rooms)

    @contextmanager
    def departures(self, room_id: str) -> Iterator[set[str]]:
        """Who leaves the room while the block runs, by what the sync loop hears: an answer to us may be older."""
        watch: tuple[str, set[str]] = (room_id, set())
        self._watching.append(watch)
        try:
            yield watch[1]
        finally:
            self._watching = [each for each in self._watching if each is not watch]

    def _handle_messages_response(self, response: Any) -> None:
        """Pages of history carry their room in the request, not in the event."""
        response.chunk = [
            (self.opened(event, response.room_id) if is_sealed(event) else None) or event for event in response.chunk
        ]

    def opened(self, event: Any, room_id: str) -> Any:
        """The event inside of one that `is_sealed`, or None.

        nio lets a malformed one keep the sender it claims: that counts as unreadable. An event of which we have read
        the same ciphertext under another ID gets the mark `replayed`.
        """
        if not self.olm:
            return None
        locked = event
        if isinstance(event, nio.MegolmEvent):
            event.room_id = room_id
        else:
            locked = guarded("encrypted event", self.olm.completed, event.source, room_id)
        inside = guarded("encrypted event", self.olm._decrypt_megolm_no_error, locked) if locked else None
        event.replayed = getattr(locked, "replayed", False)
        source = getattr(inside, "source", None)
        outside = (event.event_id, event.sender)
        genuine = isinstance(source, dict) and (source.get("event_id"), source.get("sender")) == outside
        return inside if genuine else None

    def _handle_olm_events(self, response: Any) -> None:
        """nio ignores a count of 0 one-time keys, uploads none, and nobody new can write to us any more.

        And it drops the news of a device of somebody who is in no encrypted room now; they come but once.
        """
        super()._handle_olm_events(response)
        if self.olm:
            self.olm.add_changed_users(self.olm.tracked_users.intersection(response.device_list.changed))
        if self.olm and response.device_key_count.signed_curve25519 == 0:
            self.olm.uploaded_key_count = 0
        if self.olm:
            self.olm.fallback_wanted = getattr(response, "fallback_wanted", False)

    def encrypt(self, room_id: str, message_type: str, content: dict[Any, Any]) -> tuple[str, dict[str, Any]]:
        """nio's own; what a post of ours is known by stands outside, too: a new device cannot read what is inside."""
        kind, sealed = super().encrypt(room_id, message_type, content)
        if CONTENT_KEY in content:
            sealed[CONTENT_KEY] = content[CONTENT_KEY]
        return kind, sealed

    # Sharing keys; nio's own ways of it are described, and avoided, in `sharing`, `devices` and `claiming`.

    async def room_send(
        self,
        room_id: str,
        message_type: str,
        content: dict[Any, Any],
        tx_id: str | None = None,
        ignore_unverified_devices: bool = False,
    ) -> Any:
        """nio's own, after everybody in the room has the key. (Reactions are never encrypted.)"""
        if self.olm and message_type != "m.reaction" and (room := self.rooms.get(room_id)) and room.encrypted:
            await self.sharing.ready(room_id)
        return await super().room_send(room_id, message_type, content, tx_id, ignore_unverified_devices)

    async def share_group_session(self, room_id: str, ignore_unverified_devices: bool = False) -> Any:
        """Share the room's key with everybody in it before the next message."""
        await self.sharing.ready(room_id)
        return nio.ShareGroupSessionResponse(room_id, self.olm.outbound_group_sessions[room_id].users_shared_with)

    def _invalidate_session_for_member_event(self, room_id: str) -> None:
        """nio begins a new session also when somebody joins; who is there is compared before each message."""

    @property
    def should_query_keys(self) -> bool:
        """Whether there are people to ask about now."""
        return bool(self.device_lists.due())

    async def keys_query(self) -> Any:
        """Ask about the devices of people."""
        await self.device_lists.refresh()
        return []

    async def keys_claim(self, user_set: Any) -> Any:
        """Begin sessions with devices whose session is broken."""
        await self.claims.begin_again(user_set)
        return []


def is_sealed(event: Any) -> bool:
    """Whether this is an encrypted event of a room. One that does not name its device is malformed to nio."""
    return isinstance(event, nio.MegolmEvent) or (isinstance(event, nio.BadEvent) and event.type == "m.room.encrypted")

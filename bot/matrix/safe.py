"""nio's client, hardened against what strangers may send and against its own retries.

Everything here mends a behaviour of nio 0.26 that was reproduced; each method says which. Kept apart from the client so
that it can go, piece by piece, when nio learns better.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.matrix import schemas, sharing, sieve
from bot.matrix.answers import NETWORK_ERRORS
from bot.matrix.machine import Machine
from bot.matrix.storage import STORE_DOWN, KeyStore, whole

REQUEST_TIMEOUT = 60
"""Seconds for one request that is not a long poll."""

log = logging.getLogger(__name__)


class SafeClient(nio.AsyncClient):  # type: ignore[misc]  # nio ships no types
    """One request is one attempt: retries, their order and their pace belong to the outbox and to the sync loop."""

    def __init__(self, homeserver: str, user_id: str, device_id: str, store: Path, pickle_key: str) -> None:
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

    def load_store(self) -> None:
        """nio's own, with our olm machine."""
        if self.store:
            return
        self.store: Any = KeyStore(self.user_id, self.device_id, self.store_path, self.config.pickle_key)
        self.olm = Machine(self.user_id, self.device_id, self.store)
        self.encrypted_rooms = self.store.load_encrypted_rooms()

    async def create_matrix_response(
        self, response_class: Any, transport_response: Any, data: Any = None, save_to: Any = None
    ) -> Any:
        """nio parses an answer as a whole: one event it chokes on would stop the bot at this place for ever.

        And some of its answers never look whether they are a refusal.
        """
        try:
            response = await super().create_matrix_response(response_class, transport_response, data, save_to)
        except NETWORK_ERRORS:
            raise
        except Exception:
            # The body is cached by aiohttp; nio's first attempt has changed its own copy.
            sifted = sieve.sifted(response_class, await self.parse_body(transport_response))
            if sifted is None:
                raise
            log.exception("The homeserver's answer has parts that cannot be read; they are left out")
            response = response_class.from_dict(sifted, *(data or ()))
        if transport_response.status >= 400 and not isinstance(response, nio.ErrorResponse):
            body = await self.parse_body(transport_response)
            response = nio.ErrorResponse.from_dict(body) if "errcode" in body else response
        response.transport_response = transport_response
        return response

    async def _handle_sync(self, response: Any) -> None:
        """nio keeps a room that we have left, members included, and would go on sharing keys with them."""
        self.next_batch = ""  # the same answer again (after a failure of ours) must be read again, not skipped
        for room_id in response.rooms.leave:
            self.rooms.pop(room_id, None)
            self.invited_rooms.pop(room_id, None)
            if self.olm:
                self.olm.outbound_group_sessions.pop(room_id, None)
        await super()._handle_sync(response)

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
        if isinstance(event, nio.MegolmEvent):
            event.room_id = room_id
            return self._opened(event)
        return guarded("event", super()._handle_timeline_event, event, room_id, room, encrypted_rooms)

    def _handle_messages_response(self, response: Any) -> None:
        """Pages of history carry their room in the request, not in the event."""
        for event in response.chunk:
            if isinstance(event, nio.MegolmEvent):
                event.room_id = response.room_id
        response.chunk = [self._opened(event) or event for event in response.chunk]

    def opened(self, event: Any, room_id: str) -> Any:
        """What is inside an encrypted event that came past nio's own answers; None without its key."""
        event.room_id = room_id
        return self._opened(event)

    def _opened(self, event: Any) -> Any:
        """The event inside, or None. nio lets a malformed one keep the sender it claims: that counts as unreadable."""
        if not isinstance(event, nio.MegolmEvent) or not self.olm:
            return None
        inside = guarded("encrypted event", self.olm._decrypt_megolm_no_error, event)
        source = getattr(inside, "source", None)
        outside = (event.event_id, event.sender)
        genuine = isinstance(source, dict) and (source.get("event_id"), source.get("sender")) == outside
        return inside if genuine else None

    def _handle_olm_events(self, response: Any) -> None:
        """nio ignores a count of 0 one-time keys, uploads none, and nobody new can write to us any more."""
        super()._handle_olm_events(response)
        if self.olm and response.device_key_count.signed_curve25519 == 0:
            self.olm.uploaded_key_count = 0

    async def share_group_session(self, room_id: str, ignore_unverified_devices: bool = False) -> Any:
        """Share the room's key with everybody in it before the first message; see `bot.matrix.sharing`."""
        return await sharing.share(self, super().share_group_session, room_id, ignore_unverified_devices)


def guarded(what: str, read: Callable[..., Any], *arguments: Any) -> Any:
    """What `read` returns, or None when it fails on `what` a stranger sent. A failing key store comes through."""
    with Forgiving(what):
        return read(*arguments)
    return None


class Forgiving:
    """Swallows a failure and logs it by its kind only: its message may quote what people wrote."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        # A panic in vodozemac (Rust) arrives as a BaseException of pyo3. A failing key store is no stranger's doing.
        if kind is None or issubclass(kind, STORE_DOWN):
            return False
        if not (issubclass(kind, Exception) or kind.__name__ == "PanicException"):
            return False
        log.warning("Skipped a malformed %s: %s", self._what, kind.__name__)
        return True

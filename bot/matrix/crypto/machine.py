"""nio's olm machine: what it does with keys, and where we know better.

A room key is filed under the device that gave it to us over Olm, and under no other: `m.room_key`, or
`m.forwarded_room_key` from the device that owns the session, if we asked it. So whoever slips us a key can only make
readable what claims to come from themselves. What an event claims is looked at once more when it is opened.
(https://spec.matrix.org/latest/client-server-api/#key-requests, #mroom_keywithheld)
"""

import logging
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types
import nio.crypto  # type: ignore[import-untyped]  # nio ships no types

from bot.events import Undecryptable, Withheld
from bot.matrix.crypto.fallback import fallback_keys
from bot.matrix.crypto.withholding import NO_OLM, WITHHELD, withheld
from bot.waiting import Session

MEGOLM = "m.megolm.v1.aes-sha2"
MOST_ASKED = 1000
"""Requests that may wait for an answer; most never get one."""

UNNAMED = "-"
"""Stands for the device of an event that names none."""
MOST_WITHHELD = 1000
"""Notes that one answer of /sync may bring: more is nobody's need."""

log = logging.getLogger(__name__)


class Machine(nio.crypto.Olm):  # type: ignore[misc]  # nio ships no types
    """Keys, sessions and devices of one device of ours.

    `came` are the rooms and sessions of which keys came, `withheld` who gave us none; both until `told` is called.
    """

    _message_index_store_size = 10_000  # in memory, for what one process sees; more is in our database (`sealed`)

    def __init__(self, user_id: str, device_id: str, store: Any) -> None:
        self.came: set[Session] = set()
        self.withheld: list[Withheld] = []
        self.fallback_wanted = False
        super().__init__(user_id, device_id, store)

    def told(self) -> None:
        """What is in `came` and `withheld` has been looked at."""
        self.came.clear()
        self.withheld.clear()

    # keys of ours

    def share_keys(self) -> dict[str, Any]:
        """nio's own; the new one-time keys are on disk before they go out.

        Killed in between, nio would make others under the same IDs, and the homeserver refuse them for ever.
        """
        content: dict[str, Any] = super().share_keys() if super().should_upload_keys else {}
        if self.fallback_wanted:
            content["fallback_keys"] = fallback_keys(self)
        self.save_account()
        return content

    @property
    def should_upload_keys(self) -> bool:
        """Whether one-time keys are lacking, or a fallback key."""
        return bool(super().should_upload_keys or self.fallback_wanted)

    def handle_response(self, response: Any) -> None:
        super().handle_response(response)
        if isinstance(response, nio.KeysUploadResponse):
            self.fallback_wanted = False

    # keys that come

    def create_group_session(
        self, sender_key: str, sender_fp_key: str, room_id: str, session_id: str, session_key: str
    ) -> None:
        """File a key that came by `m.room_key`, or one of ours; the store keeps what opens more."""
        self._file(nio.crypto.InboundGroupSession(session_key, sender_fp_key, sender_key, room_id), session_id)

    def has_key(self, room_id: str, session_id: str) -> bool:
        """Whether any device has given us this session in this room."""
        return bool(self.inbound_group_store.senders(room_id, session_id))

    def _file(self, session: Any, session_id: str) -> bool:
        if session.id != session_id:
            log.warning("A room key is not the one it says it is")
            return False
        if "\0" in session.room_id:
            raise ValueError("no room has that sign in its name, and PostgreSQL cannot keep it")
        self.inbound_group_store.add(session)
        self.save_inbound_group_session(session)  # whatever was at hand: it may not have reached the disk before
        if session.sender_key != self.account.identity_keys["curve25519"]:
            self.came.add((session.room_id, session.id))
        return True

    def _handle_room_key_event(self, sender: str, sender_key: str, payload: dict[Any, Any]) -> Any:
        event = super()._handle_room_key_event(sender, sender_key, payload)
        if isinstance(event, nio.RoomKeyEvent):
            self._asked_no_more(sender, sender_key, event)
        return event

    def _should_accept_forward(self, sender: str, sender_key: str, event: Any) -> bool:
        """Only what we asked for, and only from the device that owns the session."""
        owner = self.device_store.device_from_sender_key(sender, sender_key)
        if event.algorithm == MEGOLM and owner is not None and self._asked(sender, sender_key, event):
            return True
        log.warning("%(user_id)s forwards a room key that was not asked of them; it is left alone", {"user_id": sender})
        return False

    def _handle_forwarded_room_key_event(self, sender: str, sender_key: str, payload: dict[Any, Any]) -> Any:
        event = nio.ForwardedRoomKeyEvent.from_dict(payload, sender, sender_key)
        if not isinstance(event, nio.ForwardedRoomKeyEvent):
            return event
        content = payload["content"]
        if content["sender_key"] != sender_key or not self._should_accept_forward(sender, sender_key, event):
            return None
        owner = self.device_store.device_from_sender_key(sender, sender_key)
        session = self._import_group_session(content["session_key"], owner.ed25519, sender_key, event.room_id, [])
        if session is None or not self._file(session, event.session_id):
            return None
        self._asked_no_more(sender, sender_key, event)
        return event

    # keys that do not come

    def ask(self, kept: Undecryptable, number: int) -> None:
        """Queue the `number`th request for the key of an event: first to the device that sent it, then to all."""
        sealed = self.completed(source_of(kept), kept.room_id)
        if sealed is None:
            return
        for unanswered in list(self.outgoing_key_requests)[:-MOST_ASKED]:
            self.store.remove_outgoing_key_request(self.outgoing_key_requests.pop(unanswered))
        owner = self.device_store.device_from_sender_key(kept.sender, sealed.sender_key)
        device = owner.id if owner is not None and number == 1 else "*"
        request_id = f"{number} {sealed.session_id} {sealed.sender_key} {kept.sender}"
        self.outgoing_to_device_messages.append(
            sealed.as_key_request(kept.sender, self.device_id, request_id, device),
        )

    def check_if_wedged(self, event: Any) -> None:
        """nio asks here, for each event anew, and forgets it at a restart; we ask by `ask`."""
        if not self._belongs(event.sender, event.sender_key):
            self.users_for_key_query.add(event.sender)

    def _asked(self, sender: str, sender_key: str, event: Any) -> list[str]:
        """The requests that we have made to this device, or to this person, for the session that a key is of."""
        return [
            request_id
            for request_id, request in self.outgoing_key_requests.items()
            if (request.room_id, request.session_id) == (event.room_id, event.session_id)
            and request_id.partition(" ")[2] in (f"{event.session_id} {key} {sender}" for key in (sender_key, UNNAMED))
        ]

    def _asked_no_more(self, sender: str, sender_key: str, event: Any) -> None:
        """The key is here: what we asked for it is settled, and whoever has not answered need not."""
        for request_id in self._asked(sender, sender_key, event):
            self.store.remove_outgoing_key_request(self.outgoing_key_requests.pop(request_id))
            content = {
                "action": "request_cancellation",
                "request_id": request_id,
                "requesting_device_id": self.device_id,
            }
            self.outgoing_to_device_messages.append(
                nio.event_builders.ToDeviceMessage("m.room_key_request", sender, "*", content)
            )

    def handle_to_device_event(self, event: Any) -> Any:
        """nio's own, and `m.room_key.withheld`, which it does not know."""
        if isinstance(event, nio.UnknownToDeviceEvent) and event.type in WITHHELD:
            self._note_withheld(withheld(event))
            return None
        return super().handle_to_device_event(event)

    def _note_withheld(self, note: Withheld | None) -> None:
        if note is None or len(self.withheld) >= MOST_WITHHELD:
            return
        if note.code == NO_OLM:  # „the recipient should start a new session“
            self._mark_device_for_unwedging(note.sender, note.sender_key)
            if not self._belongs(note.sender, note.sender_key):
                return
        values = {"user_id": note.sender, "room_id": note.room_id or "any room", "code": note.code}
        log.warning("%(user_id)s gives us no key of %(room_id)s: %(code)s", values)
        self.withheld.append(note)

    # what an event says of itself

    def completed(self, source: Any, room_id: str) -> Any:
        """An event locked by a session, from its JSON, or None if it is none.

        Clients need not say any more which device they are (MSC3700), nio wants it said: then it is the device of the
        sender that has given us the session.
        """
        event = nio.Event.parse_encrypted_event(source)
        if isinstance(event, nio.BadEvent):
            content = source["content"]
            known = self.inbound_group_store.senders(room_id, str(content.get("session_id")))
            own = next((device for device in self._devices(event.sender) if device.curve25519 in known), None)
            named = (own.curve25519, own.id) if own is not None else (UNNAMED, UNNAMED)
            content = dict(zip(("sender_key", "device_id"), named, strict=True)) | content
            event = nio.Event.parse_encrypted_event(source | {"content": content})
        if not isinstance(event, nio.MegolmEvent):
            return None
        event.room_id = room_id
        return event

    def message_index_ok(self, message_index: int, event: Any) -> bool:
        """nio's own, which forgets at a restart; so the event gets a name for its ciphertext to be remembered by."""
        event.sealed = f"megolm {event.sender_key}/{event.session_id}/{message_index}"
        if super().message_index_ok(message_index, event):
            return True
        event.replayed = True
        values = {"event_id": event.event_id}
        log.warning("%(event_id)s repeats what was sent as another event; it is left alone", values)
        return False

    def decrypt_megolm_event(self, event: Any, room_id: str | None = None) -> Any:
        """nio's own, unless the session is known to be somebody else's: a server can put anybody's name on an event."""
        if not self._belongs(event.sender, event.sender_key) and self._owner(event.sender_key) is not None:
            self.users_for_key_query.add(event.sender)
            values = {"event_id": event.event_id, "room_id": room_id}
            log.warning("%(event_id)s is locked with a session of somebody else than its sender", values)
            raise nio.EncryptionError("the session is somebody else's")
        inside = super().decrypt_megolm_event(event, room_id)
        inside.sealed = event.sealed
        return inside

    def _belongs(self, user_id: str, sender_key: str) -> bool:
        """Whether this is the key of a device of theirs, be it a former one."""
        if user_id == self.user_id and sender_key == self.account.identity_keys["curve25519"]:
            return True
        return any(device.curve25519 == sender_key for device in self._devices(user_id))

    def _devices(self, user_id: str) -> list[Any]:
        """The devices of a person, former ones included."""
        return list(self.device_store[user_id].values()) if user_id in self.device_store.users else []

    def _owner(self, sender_key: str) -> str | None:
        """Whose device has this key, as far as we know."""
        if sender_key == self.account.identity_keys["curve25519"]:
            return str(self.user_id)
        return next((device.user_id for device in self.device_store if device.curve25519 == sender_key), None)


def source_of(kept: Undecryptable) -> dict[str, Any]:
    """The event as the homeserver sent it, as far as it is needed for reading it."""
    return {
        "type": "m.room.encrypted",
        "event_id": kept.event_id,
        "sender": kept.sender,
        "origin_server_ts": round(kept.sent_at.timestamp() * 1000),
        "content": dict(kept.content),
    }

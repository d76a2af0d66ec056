"""A room's key reaches everybody in the room before the first message that it locks."""

from collections.abc import Awaitable, Callable
from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types


async def share(client: Any, share_session: Callable[..., Awaitable[Any]], room_id: str, unverified_too: bool) -> Any:
    """Share the key of this room through nio's `share_session`.

    nio leaves a lock behind when the claim of one-time keys fails, and marks a session as shared even when the
    homeserver took no message of it: then nobody can read what follows.
    """
    already = room_id in client.sharing_session
    try:
        if client.should_query_keys:
            await client.keys_query()
        response = await share_session(room_id, unverified_too)
    except BaseException:
        if not already and (event := client.sharing_session.pop(room_id, None)):
            event.set()
        raise
    _check(client, room_id)
    return response


def _check(client: Any, room_id: str) -> None:
    session = client.olm.outbound_group_sessions[room_id]
    reached = session.users_shared_with | session.users_ignored
    for user in client.rooms[room_id].users:
        for device in client.device_store.active_user_devices(user):
            has_session = client.olm.session_store.get(device.curve25519) is not None
            if device.id != client.device_id and has_session and (user, device.id) not in reached:
                session.shared = False
                raise nio.EncryptionError("the homeserver did not take all messages with the room's key")

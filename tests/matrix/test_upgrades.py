"""The folder with session and keys as 0.1.0 to 0.4.0 left it: this version takes the same device up.

They wrote it alike: nio's own store in its own way of keeping a journal, a session of three fields, a key of 43
characters; no signing keys, and nothing on record with the homeserver.
"""

import json
import secrets
from collections.abc import Awaitable, Callable

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.config import Matrix
from bot.matrix.account.seeds import Seeds
from bot.matrix.client import Account
from tests.matrix.identities import password_of, signed_in
from tests.matrix.stores import devices, generation_of, our_session, record, saved

NewSettings = Callable[[], Awaitable[Matrix]]
ROOM = "!alt:netz.example"


async def old_store(settings: Matrix) -> tuple[str, str, str]:
    """Log in and publish keys as those releases did; the device, its key, and a message under a room key it has."""
    settings.store.mkdir(mode=0o700, parents=True)
    key = secrets.token_urlsafe(32)
    settings.key_file.write_text(key + "\n")
    config = nio.AsyncClientConfig(store_sync_tokens=False, encryption_enabled=True, pickle_key=key)
    device = "ZSALTESGER"
    client = nio.AsyncClient(
        settings.homeserver, settings.user_id, device, store_path=str(settings.store), config=config
    )
    answer = await client.login(password_of(settings), "Zwischenstand")
    assert isinstance(answer, nio.LoginResponse), answer
    await client.keys_upload()
    own = client.olm.account.identity_keys
    session = nio.crypto.OutboundGroupSession()
    session.mark_as_shared()
    given = (own["ed25519"], own["curve25519"], ROOM)
    client.store.save_inbound_group_session(nio.crypto.InboundGroupSession(session.session_key, *given))
    content = {"type": "m.room.message", "room_id": ROOM, "content": {"msgtype": "m.text", "body": "Guten Tag"}}
    sealed = session.encrypt(json.dumps(content))
    told = {"user_id": settings.user_id, "device_id": device, "access_token": answer.access_token}
    (settings.store / "session.json").write_text(json.dumps(told, indent=2) + "\n")
    client.store.database.close()
    await client.close()
    return device, own["ed25519"], f"{session.id} {own['curve25519']} {sealed}"


async def test_the_device_goes_on_and_is_signed(new_settings: NewSettings) -> None:
    settings = await new_settings()
    device, key, sealed = await old_store(settings)
    account = Account(settings)
    await account.login()
    try:
        assert account.device_id == device
        assert key in account.encryption()
        session_id, sender_key, ciphertext = sealed.split()
        found = account._parts.client.olm.inbound_group_store.get(ROOM, sender_key, session_id)
        assert json.loads(found.decrypt(ciphertext)[0])["content"]["body"] == "Guten Tag"
    finally:
        await account.close()
    assert (await our_session(settings).known()).trusts(device)
    assert await devices(settings) == {device}
    assert Seeds(settings).read() is not None
    assert saved(settings)["recorded"]
    assert (await record(settings))["device_id"] == device
    assert generation_of(settings) == (await record(settings))["generation"]
    assert await signed_in(settings) == device, "and again"

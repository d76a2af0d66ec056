"""A fallback key: what people begin a session with when all our one-time keys are taken.

Anybody with an account may claim one-time keys until none are left, and nio knows no fallback keys: whoever has no
session with us yet could not write to us until we have uploaded more, and what they wrote meanwhile is lost, because a
client refuses to hand it in later. The homeserver never runs out of a fallback key, and says when it was used: then
it is replaced, and vodozemac keeps the one before for messages under way.
(https://spec.matrix.org/latest/client-server-api/#one-time-and-fallback-keys)
"""

from typing import Any

import nio  # type: ignore[import-untyped]  # nio ships no types

from bot.matrix.talk import put_back, taken_out

KIND = "signed_curve25519"


class Synced(nio.SyncResponse):  # type: ignore[misc]  # nio ships no types
    """Reads an answer of /sync as nio does, but for talk (`talk`), and `fallback_wanted`, which nio drops."""

    @classmethod
    def from_dict(cls, parsed_dict: dict[Any, Any]) -> Any:
        """Where a homeserver says nothing about fallback keys, it knows none."""
        talk = taken_out(parsed_dict)
        response = nio.SyncResponse.from_dict(parsed_dict)
        if isinstance(response, nio.SyncResponse):
            put_back(response, talk)
        unused = parsed_dict.get("device_unused_fallback_key_types") if isinstance(parsed_dict, dict) else None
        response.fallback_wanted = isinstance(unused, list) and KIND not in unused
        return response


def fallback_keys(machine: Any) -> dict[str, Any]:
    """A new fallback key for /keys/upload, or the one that was made and not seen to be uploaded."""
    account = machine.account._account
    if not account.fallback_key:
        account.generate_fallback_key()
    [(key_id, key)] = account.fallback_key.items()
    signed = {"key": key.to_base64(), "fallback": True}
    signature = machine.sign_json(signed)
    return {f"{KIND}:{key_id}": signed | {"signatures": {machine.user_id: {f"ed25519:{machine.device_id}": signature}}}}

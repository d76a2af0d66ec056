"""Our seeds on the homeserver, sealed by a key that only an administrator has: the recovery key.

Account data, encrypted as `m.secret_storage.v1.aes-hmac-sha2`: Element reads what we wrote, and we what Element wrote.
(https://spec.matrix.org/latest/client-server-api/#secret-storage)
"""

import hmac
import secrets
from typing import Any

import base58
from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF

from bot.errors import OperatorError
from bot.matrix.account.identity import ROLES, SEED_BYTES, Identity, decoded, encoded
from bot.matrix.answers import Refusal, not_sent
from bot.matrix.asking import ask, told
from bot.matrix.safe import SafeClient

Json = dict[str, Any]

ALGORITHM = "m.secret_storage.v1.aes-hmac-sha2"
DEFAULT_KEY = "m.secret_storage.default_key"
KEY_BYTES = 32
IV_BYTES = 16
RECOVERY_PREFIX = b"\x8b\x01"
GROUP = 4  # letters of a recovery key that stand together


def new_recovery_key() -> str:
    """A storage key nobody has, as people write it down."""
    return recovery_key(secrets.token_bytes(KEY_BYTES))


def recovery_key(key: bytes) -> str:
    """A storage key as text (https://spec.matrix.org/latest/appendices/#cryptographic-key-representation)."""
    content = RECOVERY_PREFIX + key
    letters = base58.b58encode(content + bytes([_parity(content)])).decode()
    return " ".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))


def storage_key(written: str) -> bytes:
    """The storage key in a recovery key. Raises OperatorError, without quoting it, when it is none."""
    letters = "".join(written.split())
    try:
        content = base58.b58decode(letters)
    except ValueError:
        content = b""
    whole = len(content) == len(RECOVERY_PREFIX) + KEY_BYTES + 1
    if not whole or not content.startswith(RECOVERY_PREFIX) or _parity(content) != 0:
        raise OperatorError(
            "that is no recovery key: it has about 48 letters and digits in groups of four and begins with Es; "
            "look for a mistyped or missing one. Where a passphrase was set besides, take the recovery key nevertheless"
        )
    return content[len(RECOVERY_PREFIX) : -1]


def sealed(key: bytes, name: str, secret: bytes) -> dict[str, str]:
    """A secret, encrypted under the storage key and its own name."""
    iv = bytearray(secrets.token_bytes(IV_BYTES))
    iv[8] &= 0x7F  # bit 63, from the right, is 0: some counters of 64 bits would overflow otherwise
    return _sealed(key, name, secret, bytes(iv))


def opened(key: bytes, name: str, box: Any) -> bytes | None:
    """The secret inside; None when another key sealed it, or somebody changed it."""
    try:
        iv, ciphertext, mac = (decoded(box[part]) for part in ("iv", "ciphertext", "mac"))
    except (KeyError, TypeError, ValueError):
        return None
    aes, mac_key = _derived(key, name)
    if len(iv) != IV_BYTES or not hmac.compare_digest(hmac.digest(mac_key, ciphertext, "sha256"), mac):
        return None
    return AES.new(aes, AES.MODE_CTR, nonce=b"", initial_value=iv).decrypt(ciphertext)


def description(key: bytes) -> Json:
    """What is published of a storage key: by `iv` and `mac` one sees whether a recovery key fits."""
    check = sealed(key, "", bytes(KEY_BYTES))
    return {"name": "Zwischenstand", "algorithm": ALGORITHM, "iv": check["iv"], "mac": check["mac"]}


def fits(key: bytes, described: Json) -> bool:
    """Whether this is the described storage key. One without `iv` and `mac` may be; its secrets will tell."""
    if described.get("algorithm") != ALGORITHM:
        return False
    if "iv" not in described or "mac" not in described:
        return True
    try:
        check = _sealed(key, "", bytes(KEY_BYTES), decoded(described["iv"]))
        return hmac.compare_digest(decoded(check["mac"]), decoded(described["mac"]))
    except ValueError:
        return False


async def store(client: SafeClient, identity: Identity, written: str) -> None:
    """Seal our seeds under this recovery key, and make it the account's. Raises TryAgain or Rejected.

    The default comes after all that it opens, and only then goes what another key opens: broken off anywhere, one of
    the two keys brings everything back.
    """
    key, key_id = storage_key(written), secrets.token_hex(16)
    before = {role: await _boxes(client, role) for role in ROLES}
    boxes = {role: {key_id: sealed(key, _name(role), encoded(identity.seed(role)).encode())} for role in ROLES}
    await _put(client, f"m.secret_storage.key.{key_id}", description(key))
    for role in ROLES:
        await _put(client, _name(role), {"encrypted": before[role] | boxes[role]})
    await _put(client, DEFAULT_KEY, {"key": key_id})
    for role in filter(before.get, ROLES):
        await _put(client, _name(role), {"encrypted": boxes[role]})


async def load(client: SafeClient, written: str) -> Identity:
    """The identity that secret storage holds under this recovery key, whoever put it there.

    Raises OperatorError when the key fits nothing or a secret is missing, TryAgain, Rejected.
    """
    key = storage_key(written)
    boxes = {role: await _boxes(client, role) for role in ROLES}
    ids = list(dict.fromkeys(key_id for found in boxes.values() for key_id in found))
    if not ids:
        raise OperatorError(f"the secret storage of {client.user_id} holds no signing keys: nothing can be recovered")
    for key_id in ids:
        described = await _get(client, f"m.secret_storage.key.{key_id}")
        if described is not None and fits(key, described):
            seeds = [_seed(key, role, boxes[role].get(key_id)) for role in ROLES]
            return Identity(str(client.user_id), *seeds)
    raise OperatorError(f"this recovery key does not open the secret storage of {client.user_id}; is it the latest?")


async def missing(client: SafeClient) -> str | None:
    """Why the recovery key cannot bring our three keys back; None when it can. Raises TryAgain or Rejected."""
    default = await _get(client, DEFAULT_KEY)
    key_id = default.get("key") if default else None
    if not isinstance(key_id, str):
        return "the account has no recovery key"
    described = await _get(client, f"m.secret_storage.key.{key_id}")
    if described is None or described.get("algorithm") != ALGORITHM:
        return f"the account's recovery key {key_id} is not described, or of another kind"
    absent = [_name(role) for role in ROLES if not _is_box((await _boxes(client, role)).get(key_id))]
    return f"{', '.join(absent)} not stored under the account's recovery key" if absent else None


def _seed(key: bytes, role: str, box: Any) -> bytes:
    secret = opened(key, _name(role), box)
    try:
        seed = decoded(secret.decode("ascii")) if secret is not None else b""
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise OperatorError(f"{_name(role)} is missing in the secret storage, or damaged: the identity is not whole")
    return seed


async def _boxes(client: SafeClient, role: str) -> Json:
    """What is stored of a secret, by the key it is sealed under."""
    content = await _get(client, _name(role))
    boxes = content.get("encrypted") if content else None
    return boxes if isinstance(boxes, dict) else {}


def _is_box(box: object) -> bool:
    return isinstance(box, dict) and all(isinstance(box.get(part), str) for part in ("iv", "ciphertext", "mac"))


async def _get(client: SafeClient, kind: str) -> Json | None:
    """A piece of our account data; None when it is not there, or was emptied."""
    answer = await ask(client, "GET", "user", str(client.user_id), "account_data", kind)
    if isinstance(answer, Refusal):
        if answer.status == 404:
            return None
        raise not_sent(answer)
    return answer or None


async def _put(client: SafeClient, kind: str, content: Json) -> None:
    await told(client, "PUT", "user", str(client.user_id), "account_data", kind, body=content)


def _name(role: str) -> str:
    return f"m.cross_signing.{role}"


def _sealed(key: bytes, name: str, secret: bytes, iv: bytes) -> dict[str, str]:
    aes, mac_key = _derived(key, name)
    ciphertext = AES.new(aes, AES.MODE_CTR, nonce=b"", initial_value=iv).encrypt(secret)
    mac = hmac.digest(mac_key, ciphertext, "sha256")
    return {"iv": encoded(iv), "ciphertext": encoded(ciphertext), "mac": encoded(mac)}


def _derived(key: bytes, name: str) -> tuple[bytes, bytes]:
    """The keys for AES and for HMAC; an empty salt stands for 32 zero bytes (RFC 5869)."""
    both = HKDF(key, 2 * KEY_BYTES, b"", SHA256, context=name.encode())
    return both[:KEY_BYTES], both[KEY_BYTES:]


def _parity(content: bytes) -> int:
    parity = 0
    for byte in content:
        parity ^= byte
    return parity

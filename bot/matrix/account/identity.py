"""Cross-signing keys: three Ed25519 pairs made from seeds, and signatures on JSON. No disk, no network.

The master key stands for the account, the self-signing key signs the account's devices, the user-signing key other
people's master keys. (https://spec.matrix.org/latest/client-server-api/#cross-signing)
"""

import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import nio  # type: ignore[import-untyped]  # nio ships no types
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

Json = dict[str, Any]

SEED_BYTES = 32
MASTER, SELF_SIGNING, USER_SIGNING = ROLES = ("master", "self_signing", "user_signing")


def encoded(content: bytes) -> str:
    """Unpadded base64, as Matrix writes keys and signatures."""
    return b64encode(content).decode().rstrip("=")


def decoded(text: object) -> bytes:
    """The bytes of base64, padded or not. Raises ValueError for anything else."""
    if not isinstance(text, str):
        raise ValueError("no base64")  # noqa: TRY004 - it comes from JSON of others, and is as wrong as other letters
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except NotBase64 as error:
        raise ValueError("no base64") from error


@dataclass(frozen=True, slots=True)
class Identity:
    """The three key pairs of an account, as seeds of 32 bytes each."""

    user_id: str
    master: bytes = field(repr=False)
    self_signing: bytes = field(repr=False)
    user_signing: bytes = field(repr=False)

    @classmethod
    def new(cls, user_id: str) -> Self:
        """Keys that nobody has seen yet."""
        return cls(user_id, *(secrets.token_bytes(SEED_BYTES) for _ in ROLES))

    def seed(self, role: str) -> bytes:
        """The secret of a role."""
        seeds: dict[str, bytes] = {
            MASTER: self.master,
            SELF_SIGNING: self.self_signing,
            USER_SIGNING: self.user_signing,
        }
        return seeds[role]

    def public(self, role: str) -> str:
        """The public key of a role, unpadded base64."""
        return encoded(self._pair(role).public_key().export_key(format="raw"))

    def key_object(self, role: str) -> Json:
        """What is published of a role's key; the master key signs the other two."""
        key = self.public(role)
        content = {"user_id": self.user_id, "usage": [role], "keys": {f"ed25519:{key}": key}}
        return content if role == MASTER else self.signed(MASTER, content)

    def signed(self, role: str, content: Mapping[str, Any]) -> Json:
        """The content with this role's signature, and no other."""
        signature = eddsa.new(self._pair(role), "rfc8032").sign(signable(content))
        mine = {f"ed25519:{self.public(role)}": encoded(signature)}
        return {**_bare(content), "signatures": {self.user_id: mine}}

    def _pair(self, role: str) -> ECC.EccKey:
        return ECC.construct(curve="Ed25519", seed=self.seed(role))


def signable(content: Mapping[str, Any]) -> bytes:
    """The bytes that are signed (https://spec.matrix.org/latest/appendices/#signing-json)."""
    return nio.Api.to_canonical_json(_bare(content)).encode()  # type: ignore[no-any-return]


def genuine(content: Mapping[str, Any], user_id: str, key_id: str, key: str) -> bool:
    """Whether the content carries this user's valid signature by `key` (unpadded base64) under `key_id`."""
    try:
        signature = decoded(content["signatures"][user_id][f"ed25519:{key_id}"])
        eddsa.new(eddsa.import_public_key(decoded(key)), "rfc8032").verify(signable(content), signature)
    except (KeyError, TypeError, ValueError):
        return False
    return True


def key_of(content: Mapping[str, Any] | None) -> str | None:
    """The public key in a published cross-signing key; None where there is none that names itself."""
    keys = content.get("keys") if content else None
    if not isinstance(keys, dict) or len(keys) != 1:
        return None
    ((name, key),) = keys.items()
    return key if isinstance(key, str) and name == f"ed25519:{key}" else None


def _bare(content: Mapping[str, Any]) -> Json:
    return {name: part for name, part in content.items() if name not in ("signatures", "unsigned")}

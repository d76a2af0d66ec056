"""Secrets sealed for a database that others may read: without the key file they are noise.

XChaCha20-Poly1305 under a key derived from that of `matrix.pickle_key_file` (HKDF). Account and name are authenticated
with the content, so whoever writes into the table can neither change one nor put it in another's place.
(https://datatracker.ietf.org/doc/html/rfc8439, https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha)
"""

import secrets

from Crypto.Cipher import ChaCha20_Poly1305
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF

FORMAT = b"\x01"
NONCE, TAG = 24, 16  # bytes; nonces of this length may be drawn at random


class Unopened(ValueError):
    """Another key sealed it, somebody changed it, or it is another thing than it is asked for."""


def sealed(key: str, account: str, name: str, content: str) -> bytes:
    """The content, as it may lie in the table under this name of this account."""
    nonce = secrets.token_bytes(NONCE)
    box, tag = _cipher(key, account, name, nonce).encrypt_and_digest(content.encode())
    return FORMAT + nonce + tag + box


def opened(key: str, account: str, name: str, box: bytes) -> str:
    """What is inside. Raises Unopened."""
    nonce, tag = box[1 : 1 + NONCE], box[1 + NONCE : 1 + NONCE + TAG]
    if box[:1] != FORMAT or len(tag) != TAG:
        raise Unopened
    try:
        inside = _cipher(key, account, name, nonce).decrypt_and_verify(box[1 + NONCE + TAG :], tag)
    except ValueError as error:
        raise Unopened from error
    return inside.decode()


def _cipher(key: str, account: str, name: str, nonce: bytes) -> ChaCha20_Poly1305.ChaCha20Poly1305Cipher:
    derived = HKDF(key.encode(), 32, b"", SHA256, context=b"zwischenstand sealed secrets")
    cipher = ChaCha20_Poly1305.new(key=derived, nonce=nonce)
    cipher.update(FORMAT + f"{len(account)}:{account}{name}".encode())
    return cipher

"""Secret storage: the letters of a recovery key, what is sealed under it, and what lies on the homeserver."""

import hmac
import secrets
from base64 import b64decode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Matrix
from bot.errors import OperatorError
from bot.matrix.account import recovery
from bot.matrix.account.identity import ROLES, Identity, encoded
from bot.matrix.account.secret_storage import (
    description,
    fits,
    new_recovery_key,
    opened,
    recovery_key,
    sealed,
    storage_key,
)
from bot.matrix.account.seeds import Seeds
from tests.matrix.edge import edge_of
from tests.matrix.identities import Session, running, signed_in
from tests.matrix.stores import lose_session

NewSettings = Callable[[], Awaitable[Matrix]]

# The pair by which other clients test themselves.
KEY = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
WRITTEN = "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d"


def test_a_recovery_key_as_others_write_it() -> None:
    assert recovery_key(KEY) == WRITTEN
    assert storage_key(WRITTEN) == KEY
    assert storage_key(f"  {WRITTEN.replace(' ', '')}\n") == KEY


@given(st.binary(min_size=32, max_size=32))
def test_every_key_comes_back(key: bytes) -> None:
    assert storage_key(recovery_key(key)) == key


@pytest.mark.parametrize(
    "written",
    [
        "",
        "EsTc",
        WRITTEN[:-1],
        WRITTEN + "d",
        WRITTEN.replace("K", "L"),
        WRITTEN.lower(),
        "das steht auf einem Zettel",
        "0OIl",
        "ä" * 48,
    ],
)
def test_a_mistyped_key_is_told_and_not_quoted(written: str) -> None:
    with pytest.raises(OperatorError, match="that is no recovery key") as refused:
        storage_key(written)
    assert len(written) < 10 or written not in str(refused.value)


def by_hand(key: bytes, name: str, box: dict[str, str]) -> bytes:
    """The specification's algorithm, by another library."""
    both = HKDF(algorithm=SHA256(), length=64, salt=bytes(32), info=name.encode()).derive(key)
    iv, ciphertext, mac = (b64decode(box[part] + "==") for part in ("iv", "ciphertext", "mac"))
    assert hmac.digest(both[32:], ciphertext, sha256) == mac
    decryptor = Cipher(algorithms.AES(both[:32]), modes.CTR(iv)).decryptor()
    return decryptor.update(ciphertext) + decryptor.finalize()


def test_what_is_sealed_is_opened_by_another_library_and_by_nobody_else() -> None:
    for _ in range(50):  # the IV is random: its bit 63 must be 0 each time
        box = sealed(KEY, "m.cross_signing.master", b"geheim")
        assert b64decode(box["iv"] + "==")[8] & 0x80 == 0
    assert by_hand(KEY, "m.cross_signing.master", box) == b"geheim"
    assert opened(KEY, "m.cross_signing.master", box) == b"geheim"
    padded = {part: text + "=" * (-len(text) % 4) for part, text in box.items()}
    assert opened(KEY, "m.cross_signing.master", padded) == b"geheim"
    assert opened(KEY, "m.cross_signing.self_signing", box) is None
    assert opened(secrets.token_bytes(32), "m.cross_signing.master", box) is None
    for part in box:
        assert opened(KEY, "m.cross_signing.master", {**box, part: "AAAA"}) is None
        assert opened(KEY, "m.cross_signing.master", {**box, part: 7}) is None
    assert opened(KEY, "m.cross_signing.master", None) is None


def test_a_description_tells_the_right_key() -> None:
    described = description(KEY)
    assert fits(KEY, described)
    assert not fits(secrets.token_bytes(32), described)
    assert fits(KEY, {"algorithm": described["algorithm"]})  # old ones have no check
    assert not fits(KEY, {**described, "algorithm": "m.other"})
    assert not fits(KEY, {**described, "mac": "?"})
    assert by_hand(KEY, "", {**sealed(KEY, "", bytes(32))}) == bytes(32)


async def account_data(session: Session, settings: Matrix, kind: str) -> dict[str, Any]:
    _, answer = await session.ask("GET", f"user/{settings.user_id}/account_data/{kind}")
    return answer


async def test_after_the_first_sign_in_the_seeds_lie_there_sealed(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    with Seeds(settings).showing() as shown:
        assert shown is not None
        key = storage_key(shown)
    session, kept = await Session.of(settings), Seeds(settings).read()
    assert kept is not None
    assert kept.stored
    assert kept.recovery_key is None
    key_id = (await account_data(session, settings, "m.secret_storage.default_key"))["key"]
    described = await account_data(session, settings, f"m.secret_storage.key.{key_id}")
    assert described["algorithm"] == "m.secret_storage.v1.aes-hmac-sha2"
    assert fits(key, described)
    for role in ROLES:
        boxes = (await account_data(session, settings, f"m.cross_signing.{role}"))["encrypted"]
        assert by_hand(key, f"m.cross_signing.{role}", boxes[key_id]).decode() == encoded(kept.identity.seed(role))


async def test_what_is_missing_for_a_recovery_is_said(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    session = await Session.of(settings)

    async def gap() -> str | None:
        async with running(settings) as account:
            return (await account.examined()).unrecoverable

    async def put(kind: str, content: dict[str, Any]) -> None:
        assert (await session.ask("PUT", f"user/{settings.user_id}/account_data/{kind}", content))[0] == 200

    assert await gap() is None
    await put("m.cross_signing.self_signing", {})
    assert await gap() == "m.cross_signing.self_signing not stored under the account's recovery key"
    await put("m.secret_storage.default_key", {"key": "another"})
    assert str(await gap()).startswith("the account's recovery key another is not described")
    await put("m.secret_storage.default_key", {})
    assert await gap() == "the account has no recovery key"


def test_new_keys_differ() -> None:
    assert len({new_recovery_key() for _ in range(20)}) == 20


async def test_another_key_that_is_broken_off(new_settings: NewSettings, tmp_path: Path) -> None:
    """Until the new one opens all, the one before does."""
    settings = await new_settings()
    await signed_in(settings)
    first, identity = waiting(settings), identity_of(settings)
    async with edge_of(settings.homeserver) as edge:
        edge.cut("m.secret_storage.default_key")
        with pytest.raises(OperatorError, match="run the same once more"):
            await recovery.new_key(edge.before(settings))
    elsewhere = settings.model_copy(update={"store": tmp_path / "new" / "crypto"})
    await recovery.recover(elsewhere, lambda: first)
    assert identity_of(elsewhere) == identity
    lose_session(settings)  # the one elsewhere took its place
    await signed_in(settings)
    second = waiting(settings)
    settings.signing_file.unlink()
    with pytest.raises(OperatorError, match="does not open"):
        await recovery.recover(settings, lambda: first)
    await recovery.recover(settings, lambda: second)
    assert identity_of(settings) == identity


def waiting(settings: Matrix) -> str:
    """The recovery key, as `check` gets it."""
    with Seeds(settings).showing() as key:
        assert key is not None
        return key


def identity_of(settings: Matrix) -> Identity:
    kept = Seeds(settings).read()
    assert kept is not None
    return kept.identity

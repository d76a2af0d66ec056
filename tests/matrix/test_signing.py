"""Cross-signed at the sign-in, whatever happened before: checked with other people's library, on a real homeserver."""

import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.config import Matrix
from bot.demo.homeserver import Homeserver
from bot.errors import Unreachable, Unsigned
from bot.matrix.account.identity import Identity, genuine
from bot.matrix.account.seeds import Kept, Seeds
from tests.matrix.edge import Edge, edge_of
from tests.matrix.identities import Session, running, signed_in

NewSettings = Callable[[], Awaitable[Matrix]]

UPLOAD, SIGNATURES = "keys/device_signing/upload", "keys/signatures/upload"


@pytest.fixture
async def edge(homeserver: Homeserver) -> AsyncIterator[Edge]:
    async with edge_of(homeserver.url) as edge:
        yield edge


def file_of(settings: Matrix) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(settings.signing_file.read_text(encoding="utf-8"))
    return content


def wide(folder: Path) -> Path:
    folder.mkdir()
    folder.chmod(0o755)
    return folder


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def of_folder(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir() if file.is_file()}


async def test_the_first_sign_in_ends_with_a_signed_device(new_settings: NewSettings) -> None:
    settings = await new_settings()
    async with running(settings) as account:
        prints = account.fingerprints
    known = await (await Session.of(settings)).known()
    device = known.devices[prints.device_id]
    assert known.trusts(prints.device_id)
    assert known.signs(device, known.master)  # other clients sign it, too
    assert known.signs(device, device)
    assert (prints.master_key, prints.device_key) == (
        known.master_key,
        device["keys"][f"ed25519:{prints.device_id}"],
    )
    assert mode(settings.signing_file) == 0o600
    assert settings.signing_file.parent != settings.store
    assert of_folder(settings.signing_file.parent) == {"crypto.key", "crypto.signing"}


async def test_a_restart_asks_once_and_uploads_nothing(new_settings: NewSettings, edge: Edge) -> None:
    settings = edge.before(await new_settings())
    await signed_in(settings)
    before = settings.signing_file.read_bytes()
    edge.seen.clear()
    await signed_in(settings)
    assert [path for path in edge.seen if path.startswith("keys/") or "secret" in path or "cross" in path] == [
        "keys/query"
    ]
    assert settings.signing_file.read_bytes() == before


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "path", ["keys/upload", UPLOAD, SIGNATURES, "m.cross_signing.self_signing", "m.secret_storage.default_key"]
)
async def test_broken_off_anywhere_the_next_start_goes_on(
    new_settings: NewSettings, edge: Edge, path: str, after: bool
) -> None:
    settings = edge.before(await new_settings())
    edge.cut(path, after=after)
    with pytest.raises(Unreachable):
        await signed_in(settings)
    begun = file_of(settings) if settings.signing_file.exists() else {}
    edge.cut_before.clear()
    edge.cut_after.clear()
    device = await signed_in(settings)
    known = await (await Session.of(settings)).known()
    assert known.trusts(device)
    assert len(known.devices) == 1
    kept = file_of(settings)
    assert kept["stored"]
    assert {**kept, **begun, "stored": True} == kept  # the same seeds, and the same recovery key


async def test_one_time_keys_whose_upload_was_not_seen_to_end_stay_the_same(
    new_settings: NewSettings, edge: Edge
) -> None:
    settings = edge.before(await new_settings())
    uploads: list[dict[str, Any]] = []
    edge.instead["keys/upload"] = lambda body: uploads.append(body["one_time_keys"])
    edge.cut("keys/upload", after=True)
    with pytest.raises(Unreachable):
        await signed_in(settings)
    edge.cut_after.clear()
    await signed_in(settings)
    first, second = uploads
    assert first
    assert {**second, **first} == second


async def test_a_homeserver_that_has_lost_our_device_keys_gets_them_again(
    new_settings: NewSettings, edge: Edge
) -> None:
    settings = edge.before(await new_settings())
    device = await signed_in(settings)
    uploads: list[dict[str, Any]] = []
    edge.instead["keys/upload"] = uploads.append

    def forgotten(answer: dict[str, Any]) -> dict[str, Any]:
        return answer if uploads else {**answer, "device_keys": {}}

    edge.change["keys/query"] = forgotten
    assert await signed_in(settings) == device
    assert [upload["device_keys"]["device_id"] for upload in uploads] == [device]
    assert (await (await Session.of(settings)).known()).trusts(device)


async def test_another_device_of_ours_is_signed_by_the_same_identity(new_settings: NewSettings) -> None:
    settings = await new_settings()
    first = await signed_in(settings)
    session = await Session.of(settings)
    before = await session.known()
    for database in settings.store.glob("*.db*"):
        database.unlink()
    second = await signed_in(settings)
    after = await session.known()
    assert second != first
    assert after.master == {**before.master, "signatures": after.master["signatures"]}
    assert after.trusts(second)
    assert after.signs(after.devices[second], after.master)


async def test_other_keys_under_our_device_id(new_settings: NewSettings, edge: Edge) -> None:
    settings = edge.before(await new_settings())
    device = await signed_in(settings)

    def exchanged(answer: dict[str, Any]) -> dict[str, Any]:
        answer["device_keys"][settings.user_id][device]["keys"][f"ed25519:{device}"] = "A" * 43
        return answer

    edge.change["keys/query"] = exchanged
    with pytest.raises(Unsigned, match=f"has other keys for our device {device}"):
        await signed_in(settings)


async def test_a_half_published_identity_is_completed(new_settings: NewSettings, edge: Edge) -> None:
    """Synapse stores the three keys one after the other, and may be killed in between."""
    settings = edge.before(await new_settings())
    edge.rewrite[UPLOAD] = lambda body: {"master_key": body["master_key"]}
    with pytest.raises(Unsigned):
        await signed_in(settings)
    edge.rewrite.clear()
    assert (await (await Session.of(settings)).known()).self_signing == {}
    device = await signed_in(settings)
    assert (await (await Session.of(settings)).known()).trusts(device)


async def test_without_the_seeds_nothing_is_begun_anew(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    session = await Session.of(settings)
    before = await session.known()
    settings.signing_file.unlink()
    with pytest.raises(Unsigned, match=r"crypto\.signing .* is missing") as lost:
        await signed_in(settings)
    assert "zwischenstand recover` with the recovery key" in str(lost.value)
    assert "zwischenstand recover --new-identity" in str(lost.value)
    assert not settings.signing_file.exists()
    after = await session.known()
    assert (after.master, after.self_signing) == (before.master, before.self_signing)


async def test_an_identity_that_was_reset_elsewhere(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    before = settings.signing_file.read_bytes()
    await (await Session.of(settings)).reset_identity()
    with pytest.raises(Unsigned, match="publishes other signing keys") as replaced:
        await signed_in(settings)
    assert "zwischenstand recover" in str(replaced.value)
    assert settings.signing_file.read_bytes() == before


async def test_seeds_of_another_account(new_settings: NewSettings) -> None:
    settings, other = await new_settings(), await new_settings()
    await signed_in(settings)
    with pytest.raises(Unsigned, match=f"belongs to {settings.user_id}, but matrix.user_id is {other.user_id}"):
        await signed_in(other.model_copy(update={"signing_keys_file": settings.signing_file}))
    assert (await (await Session.of(other)).known()).master == {}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"master": "AA"}', "\x00" * 40, '{"user_id": 1}'])
async def test_damaged_seeds(new_settings: NewSettings, content: str) -> None:
    settings = await new_settings()
    await signed_in(settings)
    settings.signing_file.write_text(content, encoding="utf-8")
    with pytest.raises(Unsigned, match="is damaged; put it back from the backup, or run `zwischenstand recover`"):
        await signed_in(settings)
    assert settings.signing_file.read_text(encoding="utf-8") == content


async def test_seeds_that_everybody_may_read_are_closed(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    settings.signing_file.chmod(0o644)
    await signed_in(settings)
    assert mode(settings.signing_file) == 0o600


async def test_a_file_that_cannot_be_written_or_read(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    no_folder, folder = tmp_path / "file", wide(tmp_path / "folder")
    no_folder.write_text("", encoding="utf-8")
    with pytest.raises(Unsigned, match=r"matrix\.signing_keys_file .*Not a directory"):
        await signed_in(settings.model_copy(update={"signing_keys_file": no_folder / "keys"}))
    with pytest.raises(Unsigned, match=r"matrix\.signing_keys_file .*Is a directory"):
        await signed_in(settings.model_copy(update={"signing_keys_file": folder}))
    assert mode(folder) == 0o755
    with pytest.raises(Unsigned, match=r"matrix\.signing_keys_file .* cannot be written: "):
        await signed_in(settings.model_copy(update={"signing_keys_file": Path("/proc/self/keys")}))
    assert (await (await Session.of(settings)).known()).master == {}


async def test_the_seeds_are_on_disk_before_they_are_published(
    new_settings: NewSettings, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = edge.before(await new_settings())
    synced: list[str] = []
    really = os.fsync

    def fsync(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        really(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    at_upload: list[str] = []
    edge.instead[UPLOAD] = lambda _body: at_upload.extend(synced)
    await signed_in(settings)
    written = at_upload[at_upload.index(f"{settings.signing_file}.new") :]
    assert str(settings.signing_file.parent) in written


async def test_a_homeserver_that_refuses_or_hides_the_signature(new_settings: NewSettings, edge: Edge) -> None:
    settings = edge.before(await new_settings())
    refused = {"failures": {settings.user_id: {"X": {"errcode": "M_INVALID_SIGNATURE", "error": "no\nsuch"}}}}
    edge.instead[SIGNATURES] = lambda _body: web.json_response(refused)
    with pytest.raises(Unsigned, match=r"refuses the signatures of .*M_INVALID_SIGNATURE"):
        await signed_in(settings)
    edge.instead[SIGNATURES] = lambda _body: web.json_response({"failures": {}})
    with pytest.raises(Unsigned, match=r"took the signatures .* but does not publish them"):
        await signed_in(settings)
    edge.instead[SIGNATURES] = lambda _body: web.json_response({"errcode": "M_UNKNOWN"}, status=502)
    with pytest.raises(Unreachable):
        await signed_in(settings)
    edge.instead.clear()
    await signed_in(settings)


@pytest.mark.parametrize("where", ["device_keys", "master_keys", "self_signing_keys", "user_signing_keys"])
@pytest.mark.parametrize("how", ["forged", "left out"])
async def test_a_signature_that_does_not_hold_is_noticed(
    new_settings: NewSettings, edge: Edge, where: str, how: str
) -> None:
    """A homeserver that puts any letters in the place of a signature, or loses it."""
    settings = edge.before(await new_settings())
    device = await signed_in(settings)

    def spoilt(answer: dict[str, Any]) -> dict[str, Any]:
        keys = answer[where][settings.user_id]
        signatures = (keys[device] if where == "device_keys" else keys)["signatures"][settings.user_id]
        for name in list(signatures):
            if where != "device_keys" or name != f"ed25519:{device}":
                del signatures[name]
                signatures |= {name: "A" * 86} if how == "forged" else {}
        return answer

    edge.change["keys/query"] = spoilt
    with pytest.raises(Unsigned, match="does not publish them"):
        await signed_in(settings)


def test_signatures_hold_for_what_was_signed_only() -> None:
    identity = Identity.new("@bot:example.org")
    key = identity.public("master")
    signed = identity.signed("master", {"a": 1, "ä": "ö"})
    assert genuine(signed, identity.user_id, key, key)
    assert genuine({**signed, "unsigned": {"age": 1}}, identity.user_id, key, key)
    assert not genuine({**signed, "a": 2}, identity.user_id, key, key)
    assert not genuine(signed, "@other:example.org", key, key)
    other = Identity.new("@bot:example.org").public("master")
    assert not genuine(signed, identity.user_id, key, other)
    for odd in ("", "?", "AAAA", "A" * 86):
        broken = {**signed, "signatures": {identity.user_id: {f"ed25519:{key}": odd}}}
        assert not genuine(broken, identity.user_id, key, key)
    assert key not in repr(identity)
    assert identity.master.hex() not in repr(identity)


async def test_the_log_says_that_a_recovery_key_waits_and_no_secret(
    new_settings: NewSettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    settings = await new_settings()
    await signed_in(settings)
    await signed_in(settings)
    assert caplog.text.count("a recovery key waits to be written down: `zwischenstand check` shows it, once") == 2
    kept = file_of(settings)
    for secret in (kept["master"], kept["self_signing"], kept["user_signing"], kept["recovery_key"]):
        assert secret not in caplog.text
    with Seeds(settings).showing():
        caplog.clear()
    await signed_in(settings)
    assert "a recovery key waits" not in caplog.text


async def test_two_at_once_show_the_recovery_key_to_one(new_settings: NewSettings) -> None:
    settings = (await new_settings()).model_copy(update={"user_id": "@bot:example.org"})
    seeds = Seeds(settings)
    seeds.write(Kept(Identity.new("@bot:example.org"), "EsTw ABCD"))

    def look() -> str | None:
        with Seeds(settings).showing() as key:
            return key

    shown = await asyncio.gather(*(asyncio.to_thread(look) for _ in range(8)))
    assert sorted(shown, key=str) == ["EsTw ABCD", *[None] * 7]
    assert "recovery_key" not in file_of(settings)

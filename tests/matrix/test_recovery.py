"""`zwischenstand recover` and `check`, as an operator runs them, against a real homeserver."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.config import Matrix
from bot.errors import OperatorError, Unsigned
from bot.matrix.account import recovery
from bot.matrix.account.secret_storage import new_recovery_key
from bot.matrix.account.seeds import Seeds
from tests.matrix.edge import edge_of
from tests.matrix.identities import Session, password_of, running, signed_in

NewSettings = Callable[[], Awaitable[Matrix]]
BOX = ("iv", "ciphertext", "mac")
ZWISCHENSTAND = (sys.executable, "-m", "bot")


def shown(settings: Matrix) -> str:
    """The recovery key, as `check` gets it."""
    with Seeds(settings).showing() as key:
        assert key is not None
        return key


def seeds_of(settings: Matrix) -> dict[str, str]:
    content = json.loads(settings.signing_file.read_text(encoding="utf-8"))
    return {role: content[role] for role in ("master", "self_signing", "user_signing")}


async def test_lost_seeds_come_back_by_the_recovery_key(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    key, before = shown(settings), seeds_of(settings)
    settings.signing_file.unlink()
    prints = await recovery.recover(settings, lambda: key)
    assert seeds_of(settings) == before
    assert await signed_in(settings) == prints.device_id
    assert (await (await Session.of(settings)).known()).trusts(prints.device_id)
    assert recovery.set_aside(settings) is None


async def test_on_a_new_machine_the_recovery_key_is_enough(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    first = await signed_in(settings)
    key, before = shown(settings), seeds_of(settings)
    elsewhere = settings.model_copy(update={"store": tmp_path / "new" / "crypto"})
    prints = await recovery.recover(elsewhere, lambda: key.replace(" ", ""))
    assert prints.device_id != first
    assert seeds_of(elsewhere) == before
    assert (await (await Session.of(settings)).known()).trusts(prints.device_id)


async def test_a_damaged_file_is_put_aside(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    key, before = shown(settings), seeds_of(settings)
    settings.signing_file.write_text("{", encoding="utf-8")
    await recovery.recover(settings, lambda: key)
    assert seeds_of(settings) == before
    old = recovery.set_aside(settings)
    assert old is not None
    assert settings.signing_file.with_name(Path(old).name).read_text(encoding="utf-8") == "{"


async def test_keys_that_do_not_fit(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    key = shown(settings)
    before = settings.signing_file.read_bytes()
    with pytest.raises(OperatorError, match="does not open the secret storage"):
        await recovery.recover(settings, new_recovery_key)
    with pytest.raises(OperatorError, match="that is no recovery key"):
        await recovery.recover(settings, lambda: "ein Passwort")
    await (await Session.of(settings)).reset_identity()
    with pytest.raises(Unsigned, match="somebody has made new ones since"):
        await recovery.recover(settings, lambda: key)
    assert settings.signing_file.read_bytes() == before


async def test_an_account_without_secret_storage(new_settings: NewSettings) -> None:
    settings = await new_settings()
    with pytest.raises(Unsigned, match="holds no signing keys: nothing can be recovered"):
        await recovery.recover(settings, new_recovery_key)
    assert not settings.signing_file.exists()
    await signed_in(settings)


async def test_a_secret_that_is_missing_or_spoilt(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    key, session = shown(settings), await Session.of(settings)
    place = f"user/{settings.user_id}/account_data/m.cross_signing.user_signing"
    _, content = await session.ask("GET", place)
    (key_id,) = content["encrypted"]
    boxes: tuple[dict[str, Any], ...] = ({}, {"encrypted": {}}, {"encrypted": {key_id: dict.fromkeys(BOX, "AA")}})
    for spoilt in boxes:
        await session.ask("PUT", place, spoilt)
        with pytest.raises(Unsigned, match=r"m\.cross_signing\.user_signing is missing in the secret storage"):
            await recovery.recover(settings, lambda: key)


async def test_beside_a_running_bot_it_refuses(new_settings: NewSettings) -> None:
    settings = await new_settings()

    def nobody_is_asked() -> str:
        raise AssertionError

    async with running(settings):
        with pytest.raises(OperatorError, match="in use by another running bot"):
            await recovery.recover(settings, nobody_is_asked)
        for attempt in (recovery.renew, recovery.new_key):
            with pytest.raises(OperatorError, match="in use by another running bot"):
                await attempt(settings)


async def test_the_seeds_of_another_account_are_left_alone(new_settings: NewSettings) -> None:
    settings, other = await new_settings(), await new_settings()
    await signed_in(settings)
    await signed_in(other)
    key = shown(other)
    before = settings.signing_file.read_bytes()
    mixed = other.model_copy(update={"signing_keys_file": settings.signing_file})
    with pytest.raises(OperatorError, match=f"belongs to {settings.user_id}"):
        await recovery.recover(mixed, lambda: key)
    with pytest.raises(OperatorError, match=f"belongs to {settings.user_id}"):
        await recovery.renew(mixed)
    assert settings.signing_file.read_bytes() == before


async def test_a_new_identity(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    session = await Session.of(settings)
    before, lost = await session.known(), shown(settings)
    settings.signing_file.unlink()
    prints = await recovery.renew(settings)
    after = await session.known()
    assert after.master_key == prints.master_key != before.master_key
    assert after.trusts(prints.device_id)
    assert await signed_in(settings) == prints.device_id
    key = shown(settings)
    settings.signing_file.unlink()
    with pytest.raises(OperatorError):
        await recovery.recover(settings, lambda: lost)
    assert (await recovery.recover(settings, lambda: key)).master_key == prints.master_key


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("path", ["keys/device_signing/upload", "keys/signatures/upload"])
async def test_a_new_identity_that_is_broken_off(new_settings: NewSettings, path: str, after: bool) -> None:
    """Before it is published the old one holds, after that the new one: the bot starts in either case."""
    settings = await new_settings()
    await signed_in(settings)
    before = seeds_of(settings)
    async with edge_of(settings.homeserver) as edge:
        edge.cut(path, after=after)
        with pytest.raises(OperatorError, match="run the same once more"):
            await recovery.renew(edge.before(settings))
    device = await signed_in(settings)
    assert (await (await Session.of(settings)).known()).trusts(device)
    published = path.endswith("signatures/upload")  # the upload itself is cut at its first answer, the demand
    assert (seeds_of(settings) != before) == published
    await recovery.renew(settings)
    assert seeds_of(settings) != before


async def test_a_new_identity_that_was_published_without_our_knowing(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    before = seeds_of(settings)
    async with edge_of(settings.homeserver) as edge:
        path = "keys/device_signing/upload"
        edge.instead[path] = lambda body: edge.cut(path, after=True) if "auth" in body else None
        with pytest.raises(OperatorError, match="run the same once more"):
            await recovery.renew(edge.before(settings))
    assert seeds_of(settings) == before
    device = await signed_in(settings)
    known = await (await Session.of(settings)).known()
    assert known.trusts(device)
    assert seeds_of(settings) != before
    key = shown(settings)
    settings.signing_file.unlink()
    assert (await recovery.recover(settings, lambda: key)).master_key == known.master_key


async def test_a_new_identity_with_a_wrong_password(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    before = settings.signing_file.read_bytes()
    with pytest.raises(Unsigned, match=r"refuses the password .* mend matrix\.password"):
        await recovery.renew(settings.model_copy(update={"password": SecretStr("falsch")}))
    assert settings.signing_file.read_bytes() == before
    await signed_in(settings)


async def test_another_recovery_key(new_settings: NewSettings) -> None:
    settings = await new_settings()
    await signed_in(settings)
    first, before = shown(settings), seeds_of(settings)
    await recovery.new_key(settings)
    second = shown(settings)
    assert second != first
    settings.signing_file.unlink()
    with pytest.raises(Unsigned, match="does not open"):
        await recovery.recover(settings, lambda: first)
    await recovery.recover(settings, lambda: second)
    assert seeds_of(settings) == before


# As an operator runs it.


def configured(settings: Matrix, folder: Path, url: str | None = None) -> Path:
    """`url` is of a database elsewhere than usual."""
    folder.mkdir(exist_ok=True)
    config = folder / "config.toml"
    database = "" if url is None else f'[database]\nurl = "{url}"'
    config.write_text(
        f"""
        coordinators = ["@anna:example.org"]
        [matrix]
        homeserver = "{settings.homeserver}"
        user_id = "{settings.user_id}"
        password = "{password_of(settings)}"
        store = "{settings.store}"
        {database}
        """,
        encoding="utf-8",
    )
    return config


async def zwischenstand(config: Path, *words: str, typed: str = "") -> tuple[int, str]:
    """Exit status, and what was said on both ways."""
    done = await asyncio.to_thread(
        subprocess.run,
        [*ZWISCHENSTAND, words[0], "-c", str(config), *words[1:]],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def line(said: str, what: str) -> str:
    (found,) = [line for line in said.splitlines() if line[2:].startswith(f"{what}: ")]
    return found


async def test_killed_while_the_identity_is_published(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    async with edge_of(settings.homeserver) as edge:
        arrived = edge.held["keys/device_signing/upload"] = asyncio.Event()
        config = configured(edge.before(settings), tmp_path)
        bot = await asyncio.create_subprocess_exec(
            *(*ZWISCHENSTAND, "run", "-c", str(config)), stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(30):
            await arrived.wait()
        before = seeds_of(settings)
        bot.kill()
        await bot.wait()
    status, said = await zwischenstand(configured(settings, tmp_path), "check")
    assert status == 0, said
    assert seeds_of(settings) == before
    assert "recovery key: Es" in said


async def test_check_says_it_all_and_the_recovery_key_once(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    config = configured(settings, tmp_path)
    status, said = await zwischenstand(config, "check")
    assert status == 0, said
    known = await (await Session.of(settings)).known()
    (device,) = (name for name in known.devices if name.startswith("ZS"))
    assert line(said, "cross-signing") == f"✓ cross-signing: device {device} signed, master key {known.master_key}"
    assert line(said, "one-time keys") == "✓ one-time keys: 50 on the homeserver"
    assert line(said, "recovery") == "✓ recovery: the signing keys are in secret storage, under the recovery key"
    key = line(said, "recovery key").partition(": ")[2].partition(" (")[0]
    assert "(shown this once: write it down" in line(said, "recovery key")
    _, again = await zwischenstand(config, "check")
    assert "recovery key: " not in again
    settings.signing_file.unlink()
    status, said = await zwischenstand(config, "check")
    assert status == 1
    assert "is missing" in line(said, "cross-signing")
    assert line(said, "login").startswith("✓")
    status, said = await zwischenstand(config, "recover", typed=key + "\n")
    assert status == 0, said
    assert line(said, "signing keys") == f"✓ signing keys: back in {settings.signing_file}"
    assert known.master_key in line(said, "cross-signing")
    assert key not in said
    assert (await zwischenstand(config, "check"))[0] == 0


async def test_the_recovery_key_is_shown_while_the_bot_runs(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    config = configured(settings, tmp_path)
    async with running(settings) as account:
        said = [said for _, said in await asyncio.gather(*(zwischenstand(config, "check") for _ in range(3)))]
        await (await Session.of(settings)).reset_identity()
        status, after = await zwischenstand(config, "check")
    assert sum("recovery key: Es" in each for each in said) == 1
    for each in said:
        assert "the running bot holds the session" in line(each, "login")
        assert account.fingerprints.master_key in line(each, "cross-signing")
        assert line(each, "one-time keys") == "✓ one-time keys: 50 on the homeserver"
        assert line(each, "recovery").startswith("✓")
    assert status == 1
    assert "publishes other signing keys" in line(after, "cross-signing")
    assert "recovery_key" not in json.loads(settings.signing_file.read_text(encoding="utf-8"))


async def test_a_recovery_key_that_could_not_be_printed_waits_on(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    await signed_in(settings)
    config = configured(settings, tmp_path)

    def into_nowhere() -> int:
        with Path("/dev/full").open("w", encoding="utf-8") as full:
            command = [*ZWISCHENSTAND, "check", "-c", str(config)]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
        return done.returncode

    assert await asyncio.to_thread(into_nowhere) != 0
    assert shown(settings).startswith("Es")


async def test_a_new_identity_is_asked_twice_about(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    await signed_in(settings)
    config, before = configured(settings, tmp_path), seeds_of(settings)
    for answer in ("", "no\n", "nein\n"):
        status, said = await zwischenstand(config, "recover", "--new-identity", typed=answer)
        assert status == 1
        assert "nothing was changed" in said
        assert seeds_of(settings) == before
    status, said = await zwischenstand(config, "recover", "--new-identity", typed="yes\n")
    assert status == 0, said
    assert "Whoever has verified the bot then sees a warning" in said
    assert "recovery key: Es" in said
    assert f"{settings.signing_file}.old" in line(said, "former signing keys")
    assert seeds_of(settings) != before
    assert (await zwischenstand(config, "recover", "--new-identity", "--new-key"))[0] == 1


async def test_on_a_terminal_the_recovery_key_is_not_shown(new_settings: NewSettings, tmp_path: Path) -> None:
    settings = await new_settings()
    await signed_in(settings)
    key, config = shown(settings), configured(settings, tmp_path)
    settings.signing_file.unlink()

    def at_a_terminal() -> str:
        child, terminal = pty.fork()
        if child == 0:
            os.execv(sys.executable, [*ZWISCHENSTAND, "recover", "-c", str(config)])  # noqa: S606
        said = b""
        while b"besides): " not in said:
            said += os.read(terminal, 1000)
        os.write(terminal, key.encode() + b"\n")
        try:
            while part := os.read(terminal, 1000):
                said += part
        except OSError:  # the child has ended
            pass
        os.waitpid(child, 0)
        os.close(terminal)
        return said.decode()

    said = await asyncio.to_thread(at_a_terminal)
    assert "back in" in said
    assert key not in said
